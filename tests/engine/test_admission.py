"""What the pack says of an object at a preview, a real API server says of it at admission."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.open_source.admission.shapes import BUILT_IN
from policies.open_source.catalogue import Catalogue
from tests.corpus.bypasses import ALLOWED, BAD, REFUSED, anything
from tests.corpus.custom_resources import RESOURCES, custom_resources
from tests.corpus.references import CLOSED, OPEN, UNREADABLE
from tests.corpus.workloads import GOOD, KINDS, container, workloads
from tests.engine.admission import Cluster, Object, apply, armed, definitions, settle
from tests.engine.server import Server
from tests.unit.policies.analysis import analyze

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

PLAIN, SET = "admission-plain", "admission-set"
SHA = "@sha256:" + "0" * 64
CONFIG = {
    "open-source-images": {
        "exceptions": [
            {"repository": "redis", "reason": "until the move is done", "owner": "data team", "until": "2099-12-31"},
            {"repository": "mongo", "reason": "until the move is done", "owner": "data team", "until": "2024-12-31"},
        ],
        "additions": [
            {"repository": "registry.example.org:5000/team/*", "licence": "Apache-2.0", "source": "git.example.org"},
            {"repository": "registry.example.org:5000/team/closed", "licence": "SSPL-1.0", "source": "git.example.org"},
            {"repository": "docker.io/redis/enterprise*", "licence": "MIT", "source": "git.example.org"},
        ],
        "mirrors": {"mirror.example.org/hub": "docker.io", "mirror.example.org/quay": "quay.io"},
        "refusedLicences": ["AGPL-3.0-only"],
    },
    "pinned-images": {"requireDigest": True},
    "allowed-registries": {"registries": ["docker.io", "registry.example.org:5000/team", "Mirror.example.org/"]},
}
CONFIGURED = (
    f"redis:7.4.1{SHA}",
    "redis:7.4.1",
    f"mongo:7.0{SHA}",
    f"registry.example.org:5000/team/tool:1{SHA}",
    f"registry.example.org:5000/team/closed:1{SHA}",
    f"registry.example.org:5000/teamx/tool:1{SHA}",
    f"registry.example.org/team/tool:1{SHA}",
    f"redis/enterprise-x:1{SHA}",
    f"mirror.example.org/hub/valkey/valkey:9.1.1{SHA}",
    f"mirror.example.org/hub/postgres:17.2{SHA}",
    f"mirror.example.org/hub/mongo:7.0{SHA}",
    f"mirror.example.org/hubx/valkey/valkey:9.1.1{SHA}",
    f"mirror.example.org/quay/prometheus/prometheus:v3.0.0{SHA}",
    f"ghcr.io/mlflow/mlflow:v3.1.0{SHA}",
    f"valkey/valkey{SHA}",
    f"valkey/valkey:latest{SHA}",
    "valkey/valkey:9.1.1",
    f"grafana/grafana:7.5.0{SHA}",
    f"grafana/grafana:11.1.0{SHA}",
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("config") / "open_source.json"
    file.write_text(json.dumps(CONFIG))
    return file


@pytest.fixture(scope="module")
def cluster(server: Server, config: Path) -> Iterator[Cluster]:
    kinds = [(kind, version) for kind, version, _ in RESOURCES]
    policies, stand_ins = [*armed(PLAIN), *armed(SET, config)], list(definitions(kinds))
    apply(server, [*policies, *stand_ins])
    made = Cluster(server)
    for kind, version in kinds:
        settle(made, {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": {"image": BAD}}, PLAIN)
    settle(made, anything({"image": "acme/tool:1"}), SET)
    for namespace in (PLAIN, SET):
        server.kubectl("wait", "-n", namespace, "--for=create", "serviceaccount/default")
    yield made
    # The kinds, too: another test may bring the real ones.
    cluster_wide = [*(one for one in policies if "admission" in one["apiVersion"]), *stand_ins]
    server.kubectl("delete", *(f"{one['kind']}/{one['metadata']['name']}" for one in cluster_wide))


def corpus() -> Iterator[tuple[str, Object, bool]]:
    """Several hundred objects: each image, each place, each attempt, with what is to be said of it."""
    for image in (*OPEN, *CLOSED):
        yield f"{image} in a pod", KINDS["Pod"]({"containers": [container(image)]}), image in OPEN
    for image in (*OPEN, *CLOSED, *UNREADABLE):
        yield f"{image!r} in a custom resource", anything({"image": image}), image in OPEN
    for image in (GOOD, f"docker.io/library/{BAD}", "docker.io/acme/tool:1"):
        for name, made in (*workloads(image), *custom_resources(image)):
            yield f"{image} in {name}", made, image == GOOD
    for name, made in REFUSED.items():
        yield name, made, False
    for name, made in ALLOWED.items():
        yield name, made, True


def allowed_by_pack(thing: Object, config: Object | None = None) -> bool:
    version = thing["apiVersion"]
    token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{thing['kind']}"
    return not any(finding.mandatory for finding in analyze(token, thing, config))


def test_both_enforcers_say_the_same_of_every_object_of_the_corpus(cluster: Cluster):
    names, things, expected = zip(*corpus(), strict=True)
    assert len(things) > 500
    said = cluster.refusals(things, PLAIN)
    wrong = [
        f"{name}: should be {'allowed' if good else 'refused'}; API server: {message or 'allowed'}; pack: {pack}"
        for name, thing, good, message in zip(names, things, expected, said, strict=True)
        if not ((pack := allowed_by_pack(thing)) == good == (not message))
    ]
    assert not wrong, "\n".join(wrong)


def test_both_enforcers_say_the_same_of_every_repository_of_the_catalogue(cluster: Cluster):
    images = {
        f"{name.replace('*', 'any')}:{tag}"
        for name, _, entry in Catalogue.load().by_precedence()
        for tag in (
            "1.2.3",
            "latest-x",
            *(bound for terms in entry.terms for bound in (terms.since, terms.before) if bound),
        )
    }
    judged = {image: allowed_by_pack(anything({"image": image})) for image in sorted(images)}
    good = [image for image, allowed in judged.items() if allowed]
    bad = [image for image, allowed in judged.items() if not allowed]
    assert len(good) > 200 and len(bad) > 200
    batches = [anything({"images": good[start : start + 25]}) for start in range(0, len(good), 25)]
    assert [message for message in cluster.refusals(batches, PLAIN) if message] == []
    # Of several refusals the server names a few, so each of these has an object of its own.
    said = cluster.refusals((anything({"image": image}) for image in bad[::3]), PLAIN)
    assert [image for image, message in zip(bad[::3], said, strict=True) if not message] == []


def test_both_enforcers_go_by_the_same_settings(cluster: Cluster):
    said = cluster.refusals((anything({"image": image}) for image in CONFIGURED), SET)
    pack = [allowed_by_pack(anything({"image": image}), CONFIG) for image in CONFIGURED]
    both = {image: (not message, allowed) for image, message, allowed in zip(CONFIGURED, said, pack, strict=True)}
    assert {image: verdicts for image, verdicts in both.items() if len(set(verdicts)) > 1} == {}
    assert 5 < sum(pack) < len(pack) - 5


def test_a_refusal_names_the_image_its_licence_and_what_to_use(cluster: Cluster):
    said = cluster.refusal(KINDS["Pod"]({"containers": [container(BAD), container("acme/tool:latest", "two")]}), PLAIN)
    assert "docker.io/library/redis:7.4.1" in said and "LicenseRef-RSALv2 OR SSPL-1.0 since 7.4" in said
    assert "Use docker.io/valkey/valkey instead." in said
    assert "docker.io/acme/tool:latest is not in the licence catalogue" in said and "name the version" in said


def test_more_refusals_than_a_message_can_hold_are_still_refused(cluster: Cluster):
    assert cluster.refusal(anything({"images": [f"example.org/{'a' * 200}/{n}:1" for n in range(60)]}), PLAIN)


def test_an_object_with_thousands_of_fields_is_judged_within_the_budget(cluster: Cluster):
    rows = [{f"field{column}": {"value": str(row), "on": True} for column in range(40)} for row in range(60)]
    assert cluster.refusal(anything({"rows": rows, "image": GOOD}), PLAIN) == ""
    assert "library/redis" in cluster.refusal(anything({"rows": [*rows, {"image": BAD}]}), PLAIN)


def test_what_is_nested_deeper_than_the_walk_goes_is_refused(cluster: Cluster):
    deep: Object = {"a": 1}
    for _ in range(40):
        deep = {"a": deep}
    assert "nested too deeply" in cluster.refusal(anything(deep), PLAIN)


def test_an_image_that_comes_with_an_update_is_refused(cluster: Cluster):
    place = cluster.create(KINDS["Deployment"]({"containers": [container(GOOD)]}), PLAIN)
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "one", "image": BAD}]}}}}
    answer = cluster.send("PATCH", place, patch, "strategic-merge-patch+json")
    assert "denied request" in answer.text


def test_an_image_that_comes_with_a_debugging_container_is_refused(cluster: Cluster):
    place = cluster.create(KINDS["Pod"]({"containers": [container(GOOD)]}), PLAIN)
    patch = {"spec": {"ephemeralContainers": [container(BAD, "debug")]}}
    answer = cluster.send("PATCH", f"{place}/ephemeralcontainers", patch, "strategic-merge-patch+json")
    assert "denied request" in answer.text
    patch = {"spec": {"ephemeralContainers": [container(GOOD, "debug")]}}
    assert cluster.send("PATCH", f"{place}/ephemeralcontainers", patch, "strategic-merge-patch+json").ok


@pytest.mark.parametrize("made", [KINDS["Job"]({"containers": [container(BAD)]}), anything({"image": BAD})])
def test_what_ran_before_the_policy_can_be_changed_and_deleted_as_long_as_its_images_stay(
    cluster: Cluster, made: Object
):
    namespace = f"admission-before-{made['kind'].lower()}"
    apply(cluster.server, [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}])
    made = {**made, "metadata": {"name": "before", "finalizers": ["example.org/held"]}}
    place = cluster.create(made, namespace)
    policies = [{**one} for one in armed(PLAIN) if one["kind"].endswith("Binding")]
    for one in policies:
        one["metadata"]["name"] += f"-{namespace}"
        one["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"][0]["values"] = [namespace]
    apply(cluster.server, policies)
    settle(cluster, {**made, "metadata": {"name": "after"}}, namespace)
    assert cluster.send("PATCH", place, {"metadata": {"labels": {"a": "b"}}}, "merge-patch+json").ok
    assert cluster.send("DELETE", place, {}).ok
    assert cluster.send("PATCH", place, {"metadata": {"finalizers": None}}, "merge-patch+json").ok
    cluster.server.kubectl("delete", *(f"{one['kind']}/{one['metadata']['name']}" for one in policies))


def test_every_group_of_kubernetes_itself_is_left_to_the_policy_for_workloads(cluster: Cluster):
    groups = {line.partition("/")[0] if "/" in line else "" for line in cluster.server.kubectl("api-versions").split()}
    custom = {version.partition("/")[0] for _, version, _ in RESOURCES}
    assert groups - custom - set(BUILT_IN) == set()
