"""A report as people and programs read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.__main__ import main
from policies.report.forms import FORMATS
from tests.unit.policies.report.previews import NODES, made, reported, said, urn, written

SCALING = {"minSize": 1, "maxSize": 2}
TOP = made("mlops:tracking:Mlflow", "mlflow")
MACHINES = made(NODES, "gpus", {"instanceTypes": ["g5.xlarge"], "scalingConfig": SCALING, "region": "eu-west-1"})


def pod(image: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": image, "env": [{"name": "JOB_IMAGE", "value": "redis:7.4.1"}]}]}
    return made("kubernetes:core/v1:Pod", "web", {"spec": spec}, parent=urn("mlops:tracking:Mlflow", "mlflow"))


def test_resources_are_those_of_the_outermost_component(tmp_path: Path):
    inner = made("mlops:k8s:Namespace", "inner", parent=urn("mlops:tracking:Mlflow", "mlflow"))
    below = made("kubernetes:core/v1:Namespace", "place", parent=urn("mlops:k8s:Namespace", "inner"))
    found = reported(tmp_path, TOP, inner, below, pod("nginx:1.27"), MACHINES, made("pulumi:providers:aws", "cloud"))
    assert [(layer.name, layer.components, layer.resources) for layer in found.layers] == [
        ("(no component)", (), {"aws": 1}),
        ("tracking", ("mlflow",), {"kubernetes": 2}),
    ]
    assert found.total == 3


def test_text_has_the_verdict_every_table_and_no_sum_of_a_single_stack(tmp_path: Path):
    shown = FORMATS["text"]([reported(tmp_path, TOP, pod("nginx:1.27"), MACHINES)])
    assert shown.startswith("shop: passed, 2 resources")
    for title in ("Findings\nnone", "Resources by layer", "Cost", "GPUs and quotas", "Images by licence"):
        assert f"\n{title}" in shown
    assert "all stacks" not in shown
    row = next(line for line in shown.splitlines() if line.startswith("g5.xlarge"))
    assert row.split() == ["g5.xlarge", "1", "to", "2", "gpus", "734", "1,469"]


def test_an_image_that_something_starts_later_is_among_the_licences(tmp_path: Path):
    shown = FORMATS["text"]([reported(tmp_path, TOP, pod("nginx:1.27"))])
    rows = [line.split() for line in shown.splitlines() if "docker.io" in line]
    assert rows == [
        ["BSD-2-Clause", "docker.io/library/nginx:1.27", "by", "the", "stack"],
        ["LicenseRef-RSALv2", "OR", "SSPL-1.0", "docker.io/library/redis:7.4.1", "later"],
    ]


def test_several_stacks_end_with_one_table_over_all_of_them(tmp_path: Path):
    good, bad = reported(tmp_path, MACHINES), reported(tmp_path, MACHINES, said("budget", "gpus", "too dear"))
    tail = FORMATS["text"]([good, bad]).rpartition("all stacks\n")[2].splitlines()
    assert tail[0].split()[:3] == ["stack", "verdict", "resources"]
    assert "passed" in tail[2] and "1 refused" in tail[3]


def test_a_refusal_and_an_error_are_shown_with_rule_resource_and_reason(tmp_path: Path):
    error = {"diagnosticEvent": {"severity": "error", "message": "no such region"}}
    found = reported(tmp_path, TOP, said("budget", "gpus", "costs | too\nmuch"), error)
    assert not found.passed
    text, markdown = FORMATS["text"]([found]), FORMATS["markdown"]([found])
    assert text.startswith("shop: 1 refused, 1 error(s)")
    assert any(" ".join(line.split()) == "refused budget gpus costs | too much" for line in text.splitlines())
    assert (
        "| refused | budget | gpus | costs \\| too much |" in markdown
        and "| error |  |  | no such region |" in markdown
    )


def test_what_waits_for_the_update_is_counted_and_refuses_nothing(tmp_path: Path):
    waits = [said("named-rights", name, "can't run policy 'named-rights' during preview", "advisory") for name in "ab"]
    found = reported(tmp_path, *waits)
    assert found.passed and "2 answer(s) of named-rights wait for the update" in FORMATS["text"]([found])


def test_an_unknown_price_is_said_and_marks_the_sum(tmp_path: Path):
    strange = made(NODES, "gpus", {"instanceTypes": ["x9.huge"], "scalingConfig": SCALING})
    found = reported(tmp_path, strange, made("aws:eks/cluster:Cluster", "plane"))
    row = next(line for line in FORMATS["text"]([found]).splitlines() if line.startswith("x9.huge"))
    assert row.count("no price known") == 2
    assert "| 73 + ? | 73 + ? |" in FORMATS["markdown"]([found])


def test_what_is_billed_by_use_and_what_is_reserved_are_named(tmp_path: Path):
    target = {"capacityReservationSpecification": {"capacityReservationTarget": {"capacityReservationId": "cr-1"}}}
    used = [made("aws:s3/bucket:Bucket", "models")]
    used += [made("aws:route53/record:Record", "a"), made("gcp:dns/recordSet:RecordSet", "b")]
    events = [*used, made("aws:ec2/launchTemplate:LaunchTemplate", "big", target)]
    shown = FORMATS["text"]([reported(tmp_path, *events)])
    assert "not in the sum: questions to DNS, S3 buckets." in shown and "big is reserved: paid when idle, too." in shown


def test_json_has_the_numbers_as_numbers(tmp_path: Path):
    (stack,) = json.loads(FORMATS["json"]([reported(tmp_path, TOP, pod("nginx:1.27"), MACHINES)]))["stacks"]
    assert (stack["stack"], stack["passed"], stack["resources"]) == ("shop", True, 2)
    assert (stack["cost"]["idle"], stack["cost"]["full"]) == (734.38, 1468.76)
    assert stack["quotas"][0]["amount"] == 8 and stack["gpus"][0]["what"] == "A10G"
    assert {image["image"]: image["startedLater"] for image in stack["images"]} == {
        "docker.io/library/nginx:1.27": False,
        "docker.io/library/redis:7.4.1": True,
    }


@pytest.mark.parametrize(("level", "code"), [("advisory", 0), ("mandatory", 1)])
def test_the_command_ends_with_what_the_preview_came_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str, code: int
):
    file = written(tmp_path, MACHINES, said("budget", "gpus", "too dear", level))
    assert main(["report", str(file), "--format", "markdown"]) == code
    assert "too dear" in capsys.readouterr().out


def test_the_command_says_what_it_can_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "is no event log" in capsys.readouterr().err
