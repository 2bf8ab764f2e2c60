"""A new version of a system's image: the real engine plans it, and makes it, on a real API server."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from local.paths import REPOSITORY
from tests.cluster.platform import ENGINES, stack_file
from tests.engine import project as projects
from tests.engine.project import Project
from tests.engine.server import Server

SYSTEMS = {**{engine: engine for engine in ENGINES}, "fluid": "fluid"}
"""Section of the stack file -> the first word of its images' and objects' names."""
# Without search: it reads back what a Job's pods have made, and there are none here.
ENVIRONMENT = stack_file("upgrades-", keep={"projects", "datasets", *ENGINES})
CHOSEN = [name for section, name in SYSTEMS.items() if section in ENVIRONMENT]
MIGRATIONS = {name: f"{name}-migration-job" for name in ("prefect", "airflow", "luigi", "mlrun")}
"""The others' servers take over what they find, at each start."""

CACHES = {"AlluxioRuntime", "DataProcess"}
"""A data set's servers, which Fluid never changes once they run, and what fills them."""
IRREPLACEABLE = "namespaces,secrets,statefulsets,persistentvolumeclaims,customresourcedefinitions"

# The repository's own program, on a catalogue of which some images are raised. There is no node here, so nothing gets
# ready; but kinds of objects do, and have to be before objects of them.
PROGRAM = """
    import os, runpy, sys
    sys.path.insert(0, {repository!r})
    os.chdir({repository!r})
    from components import catalog

    found = catalog._entries()
    raised = {{name: image.model_copy(update={{"version": f"{{image.version}}-next"}}) for name, image in found.items()
               if name.split("-")[0] in {systems!r}}}
    catalog._entries = lambda: {{**found, **raised}}

    def without_waiting(args):
        is_read = bool(args.opts.id)
        if args.type_.startswith("kubernetes:") and not (is_read or args.type_.endswith("CustomResourceDefinition")):
            metadata = args.props["metadata"]
            metadata.annotations = {{**(metadata.annotations or {{}}), "pulumi.com/skipAwait": "true"}}
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    pulumi.runtime.register_stack_transformation(without_waiting)
    runpy.run_path("__main__.py")
"""


def raise_versions(project: Project, *systems: str) -> None:
    project.write(PROGRAM.format(repository=str(REPOSITORY), systems=systems))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, engine: dict[str, str], server: Server) -> Iterator[Project]:
    """The engines of the local stack, and a data set, at the versions of the catalogue."""
    made = projects.make(tmp_path_factory.mktemp("upgrades"), {**engine, "KUBECONFIG": str(server.kubeconfig)})
    made.pulumi("config", "set", "environment", json.dumps(ENVIRONMENT))
    raise_versions(made)
    made.up()
    yield made
    made.pulumi("destroy", "--yes", "--skip-preview")


def planned(project: Project) -> dict[tuple[str, str], set[str]]:
    """(kind, name) -> what is to be done with it, of all that is to be touched."""
    text = project.preview("--json").text
    steps: dict[tuple[str, str], set[str]] = defaultdict(set)
    for step in json.loads(text[text.index("{") :])["steps"]:
        _, kinds, name = step["urn"].rsplit("::", 2)
        if step["op"] != "same":
            steps[kinds.rpartition(":")[2], name].add(step["op"])
    return steps


def identities(server: Server) -> dict[str, str]:
    """The objects that hold something, each with the identity that it keeps as long as it is the same object."""
    items: list[dict[str, Any]] = server.get(IRREPLACEABLE, "--all-namespaces")["items"]
    return {f"{item['kind']} {item['metadata']['name']}": item["metadata"]["uid"] for item in items}


def test_the_same_versions_change_nothing(deployed: Project):
    raise_versions(deployed)
    assert planned(deployed) == {}


@pytest.mark.parametrize("name", CHOSEN)
def test_a_new_version_is_an_update_in_place_with_its_migration_run_anew(deployed: Project, name: str):
    raise_versions(deployed, name)
    steps = planned(deployed)
    replaced = {thing for thing, done in steps.items() if done != {"update"}}
    assert {kind for kind, _ in replaced} <= {"Job", "ConfigMap"}, "whose pods or content can't be changed"
    assert any(kind in ("Deployment", "StatefulSet") for kind, _ in set(steps) - replaced)
    if name in MIGRATIONS:
        assert ("Job", MIGRATIONS[name]) in replaced
    others = {other for other in CHOSEN if other != name}
    assert not {thing for thing in steps if thing[1].split("-")[0] in others}, "only that system is touched"


def test_other_settings_of_a_cache_take_new_servers_that_are_filled_anew_and_nothing_else(deployed: Project):
    raise_versions(deployed)
    (name,) = ENVIRONMENT["datasets"]
    other = {name: {**ENVIRONMENT["datasets"][name], "quota": "96Mi"}}
    deployed.pulumi("config", "set", "environment", json.dumps({**ENVIRONMENT, "datasets": other}))
    try:
        steps = planned(deployed)
    finally:
        deployed.pulumi("config", "set", "environment", json.dumps(ENVIRONMENT))
    assert {kind for kind, _ in steps} == CACHES
    assert not [done for done in steps.values() if "update" in done]


def test_an_upgrade_of_all_leaves_what_holds_something_in_its_place(deployed: Project, server: Server):
    before = identities(server)
    raise_versions(deployed, *CHOSEN)
    deployed.up()
    after = identities(server)
    assert {name: after.get(name) for name in before} == before
    assert planned(deployed) == {}
