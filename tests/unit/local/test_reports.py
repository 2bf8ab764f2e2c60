"""What people read: progress, the table at the end, and the picture in README."""

import io
from pathlib import Path
from typing import Any

import pytest

from local.cluster import PodPlacement
from local.errors import LocalError
from local.graph import draw, replaced
from local.progress import Progress
from local.report import endpoint_table

MLFLOW = {"url": "http://127.0.0.1:30500", "username": "admin", "password": "hidden"}


def pod(node: str | None, system: str = "mlflow") -> PodPlacement:
    return PodPlacement("tracking", "pod", node, "Running", {"app.kubernetes.io/instance": system})


def test_the_table_tells_real_from_simulated_and_shows_no_password():
    from local.cluster.names import NODE

    table = endpoint_table({"endpoints": {"mlflow": MLFLOW}}, [pod(NODE), pod("simulated-1")])
    assert "1 real, 1 simulated" in table and MLFLOW["url"] in table and "hidden" not in table


def test_a_part_with_an_endpoint_of_its_own_is_found_by_its_systems_name_and_its_own():
    from local.cluster.names import NODE

    labels = {"app.kubernetes.io/instance": "feast", "app.kubernetes.io/component": "registry"}
    running = [PodPlacement("features", "pod", NODE, "Running", labels)]
    assert "1 real" in endpoint_table({"endpoints": {"feast-registry": MLFLOW}}, running)
    assert "none running" in endpoint_table({"endpoints": {"feast-page": MLFLOW}}, running)


def test_a_system_whose_pods_are_gone_is_not_called_running():
    assert "none running" in endpoint_table({"endpoints": {"mlflow": MLFLOW}}, [pod(None, "other")])


def test_progress_numbers_its_steps_and_says_when_each_is_done():
    out = io.StringIO()
    progress = Progress(2, out)
    with progress.step("first") as say:
        say("too soon after the start of the step to be worth a line in a log")
    with progress.step("second"):
        pass
    lines = out.getvalue().splitlines()
    assert [line[:5] for line in lines] == ["[1/2]", "[1/2]", "[2/2]", "[2/2]"]
    assert "done in" in lines[1] and "too soon" not in out.getvalue()


def resource(name: str, kind: str, parent: str = "", needs: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"urn": urn(name, kind), "type": kind, "parent": parent, "dependencies": list(needs)}


def urn(name: str, kind: str) -> str:
    return f"urn:pulumi:local::p::{kind}::{name}"


def test_the_picture_draws_what_a_components_children_wait_for_and_leaves_detours_out():
    kinds = ("mlops:compute:GivenCluster", "mlops:storage:Postgres", "mlops:tracking:Mlflow")
    space, sql, mlflow = (urn(name, kind) for name, kind in zip(("space", "sql", "mlflow"), kinds, strict=True))
    picture = draw(
        [
            resource("space", kinds[0]),
            # Where others are is not one of them; its name may be that of a system.
            resource("mlflow", "mlops:k8s:Namespace"),
            resource("sql", kinds[1]),
            resource("mlflow", kinds[2]),
            resource("sql-server", "kubernetes:apps/v1:StatefulSet", sql, (space,)),
            resource(
                "mlflow-server",
                "kubernetes:apps/v1:Deployment",
                mlflow,
                (urn("sql-server", "kubernetes:apps/v1:StatefulSet"), space),
            ),
        ]
    )
    arrows = [line.strip() for line in picture.splitlines() if "-->" in line]
    assert arrows == ["mlflow --> sql", "sql --> space"]


def test_the_picture_needs_its_place_in_readme():
    with pytest.raises(LocalError, match="put back the lines"):
        replaced("# a page without marks", "picture")


def test_readme_has_a_place_for_the_picture():
    text = Path(__file__).parents[3].joinpath("README.md").read_text()
    assert "flowchart" in text and "flowchart" not in replaced(text, "")
