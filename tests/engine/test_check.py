"""`make check` on the real engine: what a whole stack comes to, and what each mistake is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import plan
from local.stack import ENVIRONMENT, Stack
from policies.report.events import name_of, read
from policies.report.forms import FORMATS
from tests.engine.project import Project

POLICIES = Path(__file__).parents[2] / "policies"
ADMINISTRATORS = {"platform": "arn:aws:iam::123456789012:role/ml-platform"}


def aws(**changed: Any) -> dict[str, Any]:
    api = {"administrators": ADMINISTRATORS, **changed.pop("api", {})}
    pools = {"shared": {"accelerator": "A10G", "max": 2, **changed.pop("pool", {})}}
    where = {"kind": "aws", "account": "123456789012", "region": "eu-west-1", "api": api}
    return {**where, "gpuPools": pools, **changed}


def stack(folder: Path, engine: dict[str, str], cluster: dict[str, Any]) -> Stack:
    """The platform's own program on a stack file of this test."""
    source = folder / "Pulumi.shop.yaml"
    source.write_text(yaml.safe_dump({"config": {ENVIRONMENT: {"cluster": cluster}}}))
    return Stack("shop", folder / "home", source, engine)


def test_a_stack_that_breaks_rules_is_reported_whole(tmp_path: Path, engine: dict[str, str]):
    open_to_all = {"production": False, "api": {"publicFrom": ["0.0.0.0/0"]}, "pool": {"min": 1}}
    found = plan.check(stack(tmp_path, engine, aws(**open_to_all)))
    assert not found.passed
    assert {(one.rule, name_of(one.urn)) for one in found.refused} == {
        ("no-public-clusters", "cluster-plane"),
        ("gpu-pools", "cluster-shared-nodes"),
    }
    text = FORMATS["text"]([found])
    assert "offers the cluster's API to everybody" in text and "keeps 1 nodes with GPUs" in text
    assert [(need.region, need.what, need.amount) for need in found.gpus] == [("eu-west-1", "A10G", 2)]
    assert found.monthly > found.idle > 1.006 * 730


def test_what_the_parser_refuses_is_in_the_report_too(tmp_path: Path, engine: dict[str, str]):
    found = plan.check(stack(tmp_path, engine, aws(pool={"min": 3})))
    assert not found.passed and found.stack == "shop"
    assert "environment.cluster.gpuPools.shared: min is 3 and max 2" in FORMATS["markdown"]([found])


KUBERNETES = """
later = random.RandomPet("later").id
cluster = k8s.Provider("cluster", kubeconfig=later)
class Raw(pulumi.CustomResource):
    def __init__(self, type, name, inputs):
        super().__init__(type, name, inputs, pulumi.ResourceOptions(provider=cluster))

def deployment(called, **container):
    container = {"name": "main", "image": "nginx:1.27", **container}
    template = {"metadata": {"labels": {"app": called}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": called}}, "template": template}
    Raw("kubernetes:apps/v1:Deployment", called, {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec})

deployment("good", image=later)
deployment("mistyped", ports=[{"containerPort": "80"}])
deployment("lacking", name=None)
deployment("misspelt", imagePullPolicy="always")
deployment("unheard-of", immage="nginx:1.27")

fields = {"size": {"type": "string"}, "count": {"type": "integer"}}
schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
k8s.apiextensions.v1.CustomResourceDefinition("widgets", metadata={"name": "widgets.shop.io"}, spec={
    "group": "shop.io", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
}, opts=pulumi.ResourceOptions(provider=cluster))
for called, spec in {"fitting": {"size": later, "count": 3}, "miscounted": {"size": later, "count": "3"}}.items():
    Raw("kubernetes:shop.io/v1:Widget", called, {"apiVersion": "shop.io/v1", "kind": "Widget", "spec": spec})
"""


def test_objects_of_a_cluster_that_is_yet_to_be_made_are_checked_all_the_same(bare_project: Project):
    """The engine asks no provider whose settings it doesn't know yet."""
    project = replace(bare_project, environment={**bare_project.environment, "PULUMI_DEBUG_COMMANDS": "true"})
    project.write(KUBERNETES)
    events = project.folder / "events.json"
    project.preview(f"--event-log={events}")
    found = {name_of(one.urn): one.message for one in plan.misfits(read(events).resources)}
    place = "spec.template.spec.containers[0]"
    assert found == {
        "mistyped": f"{place}.ports[0].containerPort: must be a whole number, not a string",
        "lacking": f"{place}.name: is required",
        "misspelt": f"{place}.imagePullPolicy: must be one of Always, Never, IfNotPresent, not 'always'",
        "unheard-of": f"{place}.immage: is no field here; did you mean image?",
        "miscounted": "spec.count: must be a whole number, not a string",
    }


UNSAFE = """
import pulumi_aws as aws
cloud = aws.Provider("cloud", region="eu-west-1")
made = pulumi.ResourceOptions(provider=cloud)
aws.s3.BucketPublicAccessBlock("open-bucket", bucket="models", block_public_acls=True, opts=made)
aws.eks.Cluster(
    "open-api", role_arn="r", opts=made,
    vpc_config={"subnet_ids": ["a"], "endpoint_public_access": True, "public_access_cidrs": ["0.0.0.0/0"]},
    encryption_config={"resources": ["secrets"], "provider": {"key_arn": "k"}},
)
aws.eks.NodeGroup(
    "untainted", cluster_name="c", node_role_arn="r", subnet_ids=["a"], instance_types=["g5.xlarge"],
    scaling_config={"min_size": 0, "max_size": 2, "desired_size": 0}, opts=made,
)
"""


@pytest.mark.parametrize(
    ("name", "rule", "reason"),
    [
        ("open-bucket", "no-public-buckets", "lets the bucket become public; set `blockPublicPolicy: true`"),
        ("open-api", "no-public-clusters", "offers the cluster's API to everybody; set `endpointPublicAccess: false`"),
        ("untainted", "gpu-pools", "takes any pod onto nodes with GPUs; taint them with nvidia.com/gpu"),
    ],
)
def test_what_a_program_says_past_the_stack_file_is_refused_by_the_packs(said: str, name: str, rule: str, reason: str):
    heads, reasons = zip(*(part.split("\n", 1) for part in said.split("[mandatory]")[1:]), strict=True)
    found = [why for head, why in zip(heads, reasons, strict=True) if f": {name})" in head and rule in head]
    assert any(reason in why for why in found), said


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, engine: dict[str, str]) -> str:
    """What the engine says of all of them at once."""
    from tests.engine import project as projects

    project = projects.make(tmp_path_factory.mktemp("unsafe"), engine)
    project.write(UNSAFE)
    return project.refused("preview", f"--policy-pack={POLICIES / 'guardrails'}")
