"""The wizard for stack files: what it writes is valid, what it refuses it names, and flags do instead of a terminal."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks import new
from stacks.draft import KEY, LAYERS, Answers, environment
from stacks.environment import Environment
from tests.unit.test_program import run

AWS = {
    "ground": "aws",
    "region": "eu-west-1",
    "account": "123456789012",
    "administrator": "arn:aws:iam::123456789012:role/platform",
    "owner": "ml-platform",
}
GCP = {
    "ground": "gcp",
    "region": "europe-west4",
    "account": "acme-ml-dev",
    "number": "123456789012",
    "administrator": "group:ml-platform@acme.example",
    "owner": "ml-platform",
}


def written(folder: Path, **asked: Any) -> dict[str, Any]:
    file = new.write(Answers(name="team-a", **asked), folder)
    return yaml.safe_load(file.read_text(encoding="utf-8"))["config"][KEY]


@pytest.mark.parametrize("size", ["small", "standard"])
def test_every_layer_can_be_had_on_a_given_cluster(tmp_path: Path, size: Any):
    read, mistakes = Environment.read(written(tmp_path, layers=LAYERS, size=size))
    assert mistakes == [] and read
    assert all(getattr(read, layer) for layer in LAYERS)


def test_what_a_layer_stands_on_is_there_and_the_program_makes_it():
    engine = run(environment(Answers(name="team-a", size="small", layers=("argo",))))
    assert {"Argo", "Mlflow", "PostgresCluster", "ObjectStore"} <= {made.kind for made in engine.made}
    assert not engine.all("Kafka")


@pytest.mark.parametrize("accelerator, cloud", [("A10G", AWS), ("L4", GCP)])
def test_a_cloud_gets_its_pool_of_gpus_and_its_own_buckets(tmp_path: Path, accelerator: str, cloud: dict[str, Any]):
    said = written(tmp_path, layers=("argo",), accelerator=accelerator, gpu_nodes=3, **cloud)
    assert said["cluster"]["gpuPools"] == {"gpu": {"accelerator": accelerator, "max": 3}}
    assert said["objectStore"] == {"kind": "cloud", "prefix": "team-a"}
    assert said["pipelines"]["gpu"] == {"pool": "gpu"}


@pytest.mark.parametrize(
    "accelerator, cloud, machine, quota",
    [
        ("A10G", AWS, "g5.xlarge", "AWS for a quota of 12 vCPUs of g5"),
        ("L4", GCP, "g2-standard-4", "Google Cloud for a quota of 12 vCPUs of g2-standard"),
    ],
)
def test_the_quota_that_a_pool_needs_is_told(accelerator: str, cloud: dict[str, Any], machine: str, quota: str):
    told = new.told(Answers(name="team-a", layers=("tracking",), accelerator=accelerator, gpu_nodes=3, **cloud))
    assert told[-1] == f"GPU pool gpu: up to 3 of {machine}, 1 GPU(s) each; ask {quota}"


def test_each_section_says_what_it_is_and_what_else_it_takes(tmp_path: Path):
    text = new.write(Answers(name="team-a", size="small"), tmp_path).read_text(encoding="utf-8")
    told = (
        "# The tracking server.",
        "# Also: namespace, defaultPermission, passwordRotation, resources.",
        "tracking:\n",
    )
    assert "\n    ".join(told) in text


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"name": "Team A"}, "name: write lower-case letters, digits and '-'"),
        ({"layers": ("argoo",)}, "layers: there is no layer `argoo`; there are tracking, "),
        ({**AWS, "account": "12"}, "cluster.account: String should match pattern"),
        ({**AWS, "accelerator": "H900"}, "cluster.gpuPools.gpu.accelerator: Input should be "),
        ({**AWS, "accelerator": "H200", "region": "sa-east-1"}, "cluster"),
        ({**AWS, "layers": ("alluxio",)}, "alluxio: Alluxio opens buckets by a key alone"),
    ],
)
def test_a_wrong_answer_is_refused_by_the_models_and_nothing_is_written(tmp_path: Path, asked: Any, said: str):
    with pytest.raises(new.Refused, match=said.replace("(", r"\(")):
        new.write(Answers(**{"name": "team-a", **asked}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(tmp_path: Path):
    (tmp_path / "Pulumi.team-a.yaml").write_text("mine")
    with pytest.raises(new.Refused, match=r"Pulumi.team-a.yaml is there already"):
        new.write(Answers(name="team-a"), tmp_path)
    assert (tmp_path / "Pulumi.team-a.yaml").read_text() == "mine"


def test_without_a_terminal_flags_are_enough_and_what_they_lack_is_named():
    asked = new.answers({"name": "team-a", "layers": "argo, luigi", "accelerator": "yes", "gpu_nodes": "4"}, None)
    assert asked == Answers(name="team-a", layers=("argo", "luigi"), accelerator="yes", gpu_nodes=4)
    with pytest.raises(new.Refused, match="--name is missing"):
        new.answers({}, None)
    with pytest.raises(new.Refused, match="--region is missing"):
        new.answers({"name": "team-a", "ground": "aws"}, None)
    with pytest.raises(new.Refused, match="--number is missing"):
        new.answers({"name": "team-a", **{**GCP, "number": None}}, None)
    assert new.answers({"name": "team-a", **AWS}, None) == Answers(name="team-a", **AWS)


def test_in_a_terminal_it_asks_for_what_the_flags_leave_open():
    asked: list[str] = []
    said = iter(["", "small", "", ""])

    def ask(question: str) -> str:
        asked.append(question)
        return next(said)

    assert new.answers({"name": "team-a"}, ask) == Answers(name="team-a", size="small")
    assert [question.partition(":")[0].partition(" ")[0] for question in asked] == [
        "Where",
        "`small`,",
        "Layers,",
        "GPUs",
    ]
