"""Nodes with GPUs whose machine is that of a launch template, before and after the template is made."""

from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import of_stack

NODES = "aws:eks/nodeGroup:NodeGroup"
TAINT = [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
FROM_TEMPLATE = {"launchTemplate": {"id": UNKNOWN}, "scalingConfig": {"minSize": 0}}
BY_TEMPLATE = {("group", "launchTemplate"): [f"{TEMPLATE}::mine"]}


def of_templates(machine: Any, group: dict[str, Any], uses: Any = None) -> list[tuple[str, bool]]:
    """With another template beside it that has the opposite machine."""
    other = "m6i.large" if machine == "g5.xlarge" else "g5.xlarge"
    templates = [(TEMPLATE, "mine", {"instanceType": machine}), (TEMPLATE, "other", {"instanceType": other})]
    return list(of_stack("gpu-templates", {}, *templates, (NODES, "group", group), uses=uses))


def test_a_template_that_is_yet_to_be_made_is_found_by_what_the_node_group_is_made_of():
    assert of_templates("g5.xlarge", FROM_TEMPLATE, BY_TEMPLATE) == [
        ("group: taints: takes any pod onto nodes with GPUs; taint them with nvidia.com/gpu.", True)
    ]
    assert of_templates("m6i.large", FROM_TEMPLATE, BY_TEMPLATE) == []


@pytest.mark.parametrize(
    ("machine", "group", "uses"),
    [
        ("m6i.large", FROM_TEMPLATE, None),  # which one it is
        ("m6i.large", {**FROM_TEMPLATE, "launchTemplate": {"id": "lt-1"}}, None),  # one of another stack
        (UNKNOWN, FROM_TEMPLATE, BY_TEMPLATE),
        ("g5.xlarge", {**FROM_TEMPLATE, "taints": UNKNOWN}, BY_TEMPLATE),
    ],
)
def test_a_template_that_nobody_can_read_yet_is_announced(machine: Any, group: dict[str, Any], uses: Any):
    ((message, mandatory),) = of_templates(machine, group, uses)
    assert not mandatory and "group: " in message


def test_nodes_that_are_kept_for_gpus_need_no_template_that_can_be_read():
    assert of_templates(UNKNOWN, {**FROM_TEMPLATE, "taints": TAINT}, BY_TEMPLATE) == []
