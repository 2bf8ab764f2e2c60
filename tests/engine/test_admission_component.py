"""The rules for admission as a stack deploys, changes and removes them: the real engine on a real API server."""

from time import monotonic, sleep

import pytest
import requests

from local.paths import REPOSITORY
from tests.corpus.bypasses import BAD
from tests.corpus.workloads import GOOD, KINDS, container
from tests.engine.admission import Cluster, Object, apply, settle
from tests.engine.project import Project
from tests.engine.server import Server

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

PLACE = "admission-governed"
# The server has other tests' objects, too: these rules are for one namespace.
PROGRAM = f"""
    import sys
    sys.path.insert(0, {str(REPOSITORY)!r})
    from components.governance.admission import Admission, AdmissionArgs, AdmissionSettings
    from stacks.admission import rules

    settings = AdmissionSettings(
        actions=%(actions)r, match_conditions={{"here": "has(request.namespace) && request.namespace == {PLACE!r}"}})
    rules = rules("any")
    parameter = {{**rules.parameter, **%(parameter)r}}
    place = k8s.core.v1.Namespace("place", metadata={{"name": {PLACE!r}}})
    Admission("admission", AdmissionArgs(
        settings=settings, namespace=place.metadata.name, rules=rules.model_copy(update={{"parameter": parameter}})))
"""


def program(actions: tuple[str, ...] = ("Deny", "Audit"), **parameter: str) -> str:
    return PROGRAM % {"actions": actions, "parameter": parameter}


def pod(image: str) -> Object:
    return KINDS["Pod"]({"containers": [container(image)]})


def asked(cluster: Cluster, thing: Object) -> requests.Response:
    return cluster.send("POST", f"/api/v1/namespaces/{PLACE}/pods", thing, dryRun="All")


def test_a_stack_arms_its_cluster_changes_the_rules_without_a_gap_and_disarms_it(project: Project, server: Server):
    cluster = Cluster(server)
    project.write(program())
    project.up()
    server.kubectl("wait", "-n", PLACE, "--for=create", "serviceaccount/default")
    settle(cluster, pod(BAD), PLACE)
    assert asked(cluster, pod(GOOD)).ok
    assert project.up().changes == {"unchanged": 8}

    # Other settings are another ConfigMap. Until the API server knows it, everything is refused: nothing slips through.
    project.write(program(**{"_require-digest": "true"}))
    assert project.up().changes == {"replaced": 1, "updated": 2, "unchanged": 5}
    assert not asked(cluster, pod(BAD)).ok
    settle(cluster, pod(GOOD), PLACE)
    assert "has no digest" in asked(cluster, pod(GOOD)).text

    project.destroy()
    apply(server, [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}}])
    server.kubectl("wait", "-n", PLACE, "--for=create", "serviceaccount/default")
    assert asked(cluster, pod(BAD)).ok
    server.kubectl("delete", "namespace", PLACE)


def test_rules_that_only_warn_let_a_refused_image_through_and_say_so(project: Project, server: Server):
    cluster = Cluster(server)
    project.write(program(actions=("Warn",)))
    project.up()
    server.kubectl("wait", "-n", PLACE, "--for=create", "serviceaccount/default")
    ends = monotonic() + 60
    while not (said := (answer := asked(cluster, pod(BAD))).headers.get("Warning", "")) and monotonic() < ends:
        sleep(0.2)
    assert answer.ok and "Use docker.io/valkey/valkey instead" in said
