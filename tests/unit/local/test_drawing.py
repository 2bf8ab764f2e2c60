"""The pictures of stacks: what is drawn of the engine's graph, and that those in docs show the stack as it is."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from typing import Any

import pytest

from local import drawing
from tests import golden
from tests.unit.test_program import STACKS

PICTURES = sorted(drawing.FOLDER.glob("*.svg"))
OWN = re.compile(r"mlops:(\w+):(\w+) (\S+)")


def urn(kinds: str, name: str) -> str:
    return f"urn:pulumi:local::mlops::{kinds}::{name}"


def resource(kinds: str, name: str, **known: Any) -> dict[str, Any]:
    return {"urn": urn(kinds, name), "type": kinds.rpartition("$")[2], **known}


def test_a_layer_is_a_frame_a_component_a_box_and_a_wire_an_arrow():
    server = resource(
        "mlops:storage:Postgres$kubernetes:apps/v1:StatefulSet",
        "postgres-server",
        parent=urn("mlops:storage:Postgres", "postgres"),
    )
    drawn = drawing.dot(
        [
            resource("mlops:storage:Postgres", "postgres"),
            server,
            resource("mlops:tracking:Mlflow", "mlflow", dependencies=[server["urn"]]),
            resource("mlops:k8s:Namespace", "tracking"),
        ]
    )
    assert "subgraph cluster_storage" in drawn and "subgraph cluster_tracking" in drawn
    assert 'mlflow [label="Mlflow\\nmlflow"]' in drawn and "mlflow -> postgres;" in drawn
    assert "tracking [" not in drawn, "a namespace is where others are, and no box"


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.name)
def test_a_picture_in_docs_has_all_components_of_its_stack_and_no_other(file):
    """`make graph STACK=...` draws it anew."""
    (stack,) = (stack for stack in STACKS if stack.name == f"Pulumi.{file.stem}.yaml")
    listed = OWN.findall(golden.file_of(stack).read_text())
    texts = [one.text for one in ElementTree.parse(file).iter() if one.tag.endswith("}text")]
    wanted = {(kind, name) for _, kind, name in listed if kind != "Namespace"}
    assert wanted and wanted <= set(pairwise(texts))
    assert len(texts) == 2 * len(wanted) + len({layer for layer, kind, _ in listed if kind != "Namespace"})
