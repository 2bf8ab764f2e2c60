"""In production everything that costs money says whose it is."""

from typing import Any

import pytest

from tests.unit.policies.analysis import UNKNOWN
from tests.unit.policies.guardrails.judged import DEPLOYMENT, findings

SAID = {"owner": "platform", "cost-center": "4711"}
NODES, BUCKET = "aws:eks/nodeGroup:NodeGroup", "aws:s3/bucket:Bucket"
POOL, SQL = "gcp:container/nodePool:NodePool", "gcp:sql/databaseInstance:DatabaseInstance"


def said(props: dict[str, Any], token: str, **settings: Any) -> list[tuple[str, bool]]:
    found = findings(props, token, {"owner-and-cost": {"required": True, **settings}})
    return [(one.message, one.mandatory) for one in found if one.policy == "owner-and-cost"]


@pytest.mark.parametrize(
    "token, props",
    [
        (DEPLOYMENT, {"metadata": {"labels": SAID}}),
        (NODES, {"tags": SAID}),
        (BUCKET, {"tags": {"owner": "a"}, "tagsAll": SAID}),
        (POOL, {"nodeConfig": {"resourceLabels": SAID}}),
        (SQL, {"settings": {"userLabels": SAID}}),
        ("aws:iam/role:Role", {}),
        ("kubernetes:core/v1:Service", {}),
    ],
)
def test_what_says_both_passes_and_what_costs_nothing_need_not_say_it(token: str, props: dict[str, Any]):
    assert said(props, token) == []


@pytest.mark.parametrize(
    "token, props, missing",
    [
        (DEPLOYMENT, {"metadata": {}}, 2),
        (DEPLOYMENT, {"metadata": {"annotations": SAID}}, 2),
        (DEPLOYMENT, {"metadata": {"labels": {**SAID, "owner": " "}}}, 1),
        (DEPLOYMENT, {"spec": {"template": {"metadata": {"labels": SAID}}}}, 2),
        (NODES, {"tags": {"Owner": "a", "cost-center": "1"}}, 1),
        (POOL, {"nodeConfig": {"labels": SAID}}, 2),
        ("gcp:storage/bucket:Bucket", {"tagsAll": SAID}, 2),
    ],
)
def test_what_says_it_elsewhere_or_with_nothing_is_refused(token: str, props: dict[str, Any], missing: int):
    assert [mandatory for _, mandatory in said(props, token)] == [True] * missing


def test_a_stack_names_its_own_labels_and_tags():
    assert said({"metadata": {"labels": {"team": "a"}}}, DEPLOYMENT, labels=["team"]) == []
    (found,) = said({"tags": SAID}, NODES, tags=["Team"])
    assert found[0].endswith("tags: does not say `Team`, so nobody answers or pays for it; set `tags.Team`.")


def test_what_is_not_known_yet_is_announced():
    ((message, mandatory),) = said({"metadata": {"labels": {**SAID, "owner": UNKNOWN}}}, DEPLOYMENT)
    assert not mandatory and "metadata.labels[owner]" in message
    ((message, mandatory),) = said({"tags": UNKNOWN}, NODES)
    assert not mandatory and "tags[owner], tags[cost-center]" in message


def test_outside_production_nothing_is_asked():
    assert findings({}, NODES) == [] and said({}, NODES, required=False) == []
