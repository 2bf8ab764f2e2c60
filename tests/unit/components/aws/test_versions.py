"""What goes with a version of Kubernetes, and versions of which nothing is known."""

import pytest
from pydantic import ValidationError

from components.catalog import image
from components.compute.aws.addons import AFTER_NODES, BEFORE_NODES
from components.compute.aws.cluster import AwsCluster, AwsClusterArgs
from components.compute.aws.settings import AwsSettings
from components.compute.aws.versions import VERSIONS
from tests.recording import Engine

SETTINGS = {
    "kind": "aws",
    "account": "123456789012",
    "region": "eu-west-1",
    "api": {"administrators": {"ml": "arn:aws:iam::123456789012:role/ml"}},
}


def test_a_cluster_has_by_itself_a_version_that_is_not_about_to_leave_support():
    # 1.34 does so on 2026-12-02.
    assert AwsSettings.model_validate(SETTINGS).version == "1.36"


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_everything_that_depends_on_the_version_follows_it(version: str):
    engine = Engine()
    settings = AwsSettings.model_validate({**SETTINGS, "version": version})
    engine.build(lambda: AwsCluster("cluster", AwsClusterArgs(settings=settings)))
    assert engine.only("Cluster").inputs["version"] == version
    addons = {made.inputs["addonName"]: made.inputs["addonVersion"] for made in engine.all("Addon")}
    assert addons == VERSIONS[version].addons and addons.keys() == {*BEFORE_NODES, *AFTER_NODES}
    assert addons["kube-proxy"].startswith(f"v{version}.")
    (container,) = engine.only("Deployment", "cluster-autoscaler").inputs["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith(f"{image(VERSIONS[version].autoscaler).repository}:v{version}.")


@pytest.mark.parametrize("version", ["1.29", "1.99", "latest"])
def test_a_version_without_known_add_ons_is_refused_with_those_that_have_some(version: str):
    complaint = rf"{version} has no add-ons in components/compute/aws/versions.py: write 1.34, 1.35, 1.36"
    with pytest.raises(ValidationError, match=complaint):
        AwsSettings.model_validate({**SETTINGS, "version": version})
