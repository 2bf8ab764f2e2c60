"""What custom resources are refused for by the definitions that the same plan makes."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.compute.queues.definitions import KueueDefinitions, KueueDefinitionsArgs
from components.data.fluid.definitions import FluidDefinitions, FluidDefinitionsArgs
from local import plan
from local.plugins.planned import custom
from local.plugins.planned.schemas import Check
from policies.open_source.reading import UNKNOWN as UNKNOWN_TO_RULES
from policies.report.events import Finding, Planned, Preview
from policies.report.forms import FORMATS
from policies.report.report import report
from tests.recording import Engine

QUEUE, DATASET = "kubernetes:kueue.x-k8s.io/v1beta1:ClusterQueue", "kubernetes:data.fluid.io/v1alpha1:Dataset"
FLAVOUR = {"name": "gpu", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 8}]}


def misfits(one: Planned, others: list[Planned]) -> list[Finding]:
    """What is said of the first; the recorded definitions lack what only a real engine fills in."""
    return [found for found in plan.misfits([one, *others]) if found.urn == one.urn]


def planned(token: str, props: Mapping[str, Any], name: str = "it") -> Planned:
    return Planned(f"urn:pulumi:s::p::{token}::{name}", token, "", "", True, dict(props))


@pytest.fixture(scope="module")
def definitions() -> list[Planned]:
    """Those of the platform, as its components make them."""
    engine = Engine()

    def program() -> None:
        KueueDefinitions("queues", KueueDefinitionsArgs())
        FluidDefinitions("fluid", FluidDefinitionsArgs())

    engine.build(program)
    return [planned(custom.DEFINITION, one.inputs, one.name) for one in engine.all("CustomResourceDefinition")]


def queue(**changed: Any) -> dict[str, Any]:
    group = {"coveredResources": ["nvidia.com/gpu"], "flavors": [FLAVOUR], **changed.pop("group", {})}
    return {"metadata": {"name": "blue"}, "spec": {"cohort": "all", "resourceGroups": [group], **changed}}


def dataset(mount: Mapping[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    mounts = [{"name": "lake", "mountPoint": "s3://lake/", "readOnly": True, **(mount or {})}]
    return {"metadata": {"name": "lake"}, "spec": {"placement": "Shared", "mounts": mounts, **changed}}


@pytest.mark.parametrize(
    ("token", "props", "message"),
    [
        (
            DATASET,
            dataset(mount={"mountpoint": "x"}),
            "spec.mounts[0].mountpoint: is no field here; did you mean mount",
        ),
        (DATASET, dataset(acessModes=[]), "spec.acessModes: is no field here; did you mean accessModes?"),
        (DATASET, dataset(placement="shared"), "spec.placement: must be one of Exclusive, , Shared, not 'shared'"),
        (DATASET, dataset(mount={"mountPoint": None}), "spec.mounts[0].mountPoint: is required"),
        (DATASET, dataset(mounts=[]), "spec.mounts: must have 1"),
        (QUEUE, queue(resourceGroups="all"), "spec.resourceGroups: must be a list, not a string"),
        (QUEUE, queue(cohort=["all"]), "spec.cohort: must be a string, not a list"),
        (
            QUEUE,
            queue(group={"flavors": [{**FLAVOUR, "resources": [{"name": "cpu", "nominalQuota": True}]}]}),
            "spec.resourceGroups[0].flavors[0].resources[0].nominalQuota: "
            "must be a whole number or a string, not true or false",
        ),
        ("kubernetes:kueue.x-k8s.io/v1:ClusterQueue", queue(), "apiVersion: is not served for ClusterQueue; did you "),
    ],
)
def test_what_its_definition_does_not_allow_is_refused_with_the_field_and_the_way_out(
    definitions: list[Planned], token: str, props: Mapping[str, Any], message: str
):
    of = token.split(":")
    props = {"apiVersion": of[1], "kind": of[2], **props}
    (found,) = misfits(planned(token, props), definitions)
    assert found.refused and found.rule == "schema" and found.urn.endswith("::it")
    assert found.message.startswith(message)


@pytest.mark.parametrize(
    ("token", "props"),
    [
        (QUEUE, queue()),
        (QUEUE, queue(group={"flavors": [{**FLAVOUR, "resources": [{"name": "memory", "nominalQuota": "16Gi"}]}]})),
        (QUEUE, queue(namespaceSelector={"matchLabels": {"any": "thing"}})),
        (QUEUE, queue(fairSharing=None)),
        (DATASET, dataset(nodeAffinity={"required": {"nodeSelectorTerms": []}})),
        # What the update will bring fits everywhere.
        (DATASET, dataset(mount={"options": UNKNOWN_TO_RULES, "mountPoint": UNKNOWN_TO_RULES})),
        (DATASET, dataset(mounts=UNKNOWN_TO_RULES, placement=UNKNOWN_TO_RULES)),
        (QUEUE, queue(group={"flavors": [UNKNOWN_TO_RULES]})),
        # A part of an object lacks what others have said.
        (f"{DATASET}Patch", dataset(mounts=[{"readOnly": False}])),
    ],
)
def test_what_its_definition_allows_or_nobody_knows_yet_passes(
    definitions: list[Planned], token: str, props: Mapping[str, Any]
):
    of = token.removesuffix("Patch").split(":")
    assert misfits(planned(token, {"apiVersion": of[1], "kind": of[2], **props}), definitions) == []


def test_an_unknown_part_does_not_hide_a_mistake_beside_it(definitions: list[Planned]):
    props = {"apiVersion": "data.fluid.io/v1alpha1", "kind": "Dataset", **dataset(mounts=UNKNOWN_TO_RULES, owner=7)}
    assert [one.message for one in misfits(planned(DATASET, props), definitions)] == [
        "spec.owner: must be a block, not a number"
    ]


def test_one_whose_definition_the_plan_lacks_is_named_in_the_report_and_not_refused():
    token = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
    props = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "spec": {"any": "thing"}}
    found = report(Preview("shop"), more=list(plan.misfits([planned(token, props, "watch")])))
    assert found.passed
    assert "watch     ServiceMonitor of monitoring.coreos.com/v1 is not validated" in FORMATS["text"]([found])


def test_a_definition_that_the_update_completes_refuses_nothing():
    definition = {"spec": {"group": "shop.io", "names": {"kind": "Widget"}, "versions": UNKNOWN_TO_RULES}}
    widget = planned("kubernetes:shop.io/v1:Widget", {"apiVersion": "shop.io/v1", "kind": "Widget", "spec": {}})
    (found,) = misfits(widget, [planned(custom.DEFINITION, definition, "widgets")])
    assert found.message.startswith("Widget of shop.io/v1 is not validated") and not found.refused


def wrong(schema: Mapping[str, Any], given: Any) -> list[tuple[str, str]]:
    whole = {"type": "object", "properties": {"spec": schema}}
    return list(Check(whole).wrong({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "spec": given}))


SIZES = {"type": "integer", "minimum": 1, "maximum": 9, "exclusiveMaximum": True}


@pytest.mark.parametrize(
    ("schema", "given", "reason"),
    [
        (SIZES, 0, "must be at least 1"),
        (SIZES, 9, "must be at most 9, and not that itself"),
        (SIZES, 1.5, "must be a whole number, not a number"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "A", "must match ^[a-z]+$"),
        ({"type": "string", "maxLength": 2}, "abc", "must have no more than 2 characters"),
        ({"type": "integer", "enum": [1, 2]}, 3, "must be one of 1, 2"),
        ({"type": "object", "anyOf": [{"required": ["a"]}], "additionalProperties": {}}, {}, "fits none of the forms"),
        ({"x-kubernetes-int-or-string": True}, [], "must be a whole number or a string, not a list"),
    ],
)
def test_bounds_are_held(schema: Mapping[str, Any], given: Any, reason: str):
    ((path, why),) = wrong(schema, given)
    assert path == "spec" and why.startswith(reason) and "abc" not in why


def test_an_open_block_takes_any_field_and_still_holds_those_that_it_lists():
    fields = {"a": {"type": "string"}}
    schema = {"type": "object", "properties": fields, "x-kubernetes-preserve-unknown-fields": True}
    assert wrong(schema, {"b": 1}) == []
    assert wrong(schema, {"a": 1}) == [("spec.a", "must be a string, not a number")]


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        (SIZES, 8.0),
        # The API server fills in a default before it asks.
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "default": "x"}}}, {}),
        # Only Go has this form.
        ({"type": "string", "pattern": r"^\pL+\z"}, "a"),
        ({"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {}}}, {"kind": "Pod"}),
        # By itself each of these would fit both forms, or fit what must not be.
        ({"oneOf": [{"enum": ["a"]}, {"enum": ["b"]}]}, UNKNOWN_TO_RULES),
        ({"type": "object", "not": {"properties": {"a": {"enum": ["x"]}}}, "additionalProperties": {}}, {"a": "?"}),
    ],
)
def test_what_the_api_server_would_take_is_not_refused(schema: Mapping[str, Any], given: Any):
    assert wrong(schema, plan._own(given)) == []


def test_a_refusal_quotes_no_value():
    schemas = ({"type": "string", "enum": ["a"]}, {"type": "string", "pattern": "^a$"}, {"type": "integer"})
    assert "hunter2" not in str([wrong(schema, "hunter2") for schema in schemas])
    assert wrong({"type": "object"}, {"key": "hunter2"}) == [("spec.key", "is no field here; leave it out")]
