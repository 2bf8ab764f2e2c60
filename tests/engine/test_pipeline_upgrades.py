"""A new version of a pipeline engine's image: the real engine plans it, and makes it, on a real API server."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from local.paths import REPOSITORY
from tests.cluster.platform import ENGINES, KEY
from tests.engine import project as projects
from tests.engine.project import Project
from tests.engine.server import Server

ENVIRONMENT = yaml.safe_load((REPOSITORY / "stacks/Pulumi.local.yaml").read_text())["config"][KEY]
CHOSEN = [engine for engine in ENGINES if engine in ENVIRONMENT]
MIGRATES_ITSELF = {"argo"}  # its controller does, at each start

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
               if name.split("-")[0] in {engines!r}}}
    catalog._entries = lambda: {{**found, **raised}}

    def without_waiting(args):
        if args.type_.startswith("kubernetes:") and not args.type_.endswith("CustomResourceDefinition"):
            metadata = args.props["metadata"]
            metadata.annotations = {{**(metadata.annotations or {{}}), "pulumi.com/skipAwait": "true"}}
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    pulumi.runtime.register_stack_transformation(without_waiting)
    runpy.run_path("__main__.py")
"""


def raise_versions(project: Project, *engines: str) -> None:
    project.write(PROGRAM.format(repository=str(REPOSITORY), engines=engines))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, engine: dict[str, str], server: Server) -> Iterator[Project]:
    """All engines of the local stack, at the versions of the catalogue."""
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
    if name not in MIGRATES_ITSELF:
        assert any(kind == "Job" and "migration" in job for kind, job in replaced)
    others = {other for other in CHOSEN if other != name}
    assert not {thing for thing in steps if thing[1].split("-")[0] in others}, "only that engine is touched"


def test_an_upgrade_of_all_leaves_what_holds_something_in_its_place(deployed: Project, server: Server):
    before = identities(server)
    raise_versions(deployed, *CHOSEN)
    deployed.up()
    after = identities(server)
    assert {name: after.get(name) for name in before} == before
    assert planned(deployed) == {}
