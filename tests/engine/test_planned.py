"""Programs for clouds under the real engine, on a machine that has no account in either."""

import re

from tests.engine.project import Project

AWS = """
import pulumi_aws as aws
cloud = aws.Provider("cloud", region="eu-west-1", default_tags={"tags": {"owner": "ml"}})
"""
GCP = """
import pulumi_gcp as gcp
cloud = gcp.Provider("cloud", project="ml", region="europe-west4")
"""


def test_what_only_the_cloud_knows_is_unknown_and_what_the_program_says_is_not(bare_project: Project):
    bare_project.write(
        AWS
        + """
vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(provider=cloud))
config = {"subnet_ids": [vpc.id], "endpoint_private_access": True}
role = vpc.arn.apply(lambda _: "unseen")
cluster = aws.eks.Cluster("cluster", role_arn=role, vpc_config=config, opts=pulumi.ResourceOptions(provider=cloud))
pulumi.export("range", vpc.cidr_block)
pulumi.export("vpc", vpc.id)
pulumi.export("private", cluster.vpc_config.endpoint_private_access)
pulumi.export("group", cluster.vpc_config.cluster_security_group_id)
pulumi.export("endpoint", cluster.endpoint)
"""
    )
    said = bare_project.preview().text
    shown = [" ".join(line.split()) for line in said.splitlines()]
    for output in ('range : "10.0.0.0/16"', "private : true", "vpc : [unknown]", "group : [unknown]"):
        assert f"+ {output}" in shown or output in shown, said


def test_an_input_that_the_sdk_does_not_know_is_refused_by_resource_and_field(bare_project: Project):
    """Python's own SDKs refuse most of it by themselves, but not what is written as a map."""
    bare_project.write(
        GCP
        + """
class Raw(pulumi.CustomResource):
    def __init__(self, type, name, inputs):
        super().__init__(type, name, inputs, pulumi.ResourceOptions(provider=cloud))
Raw("gcp:container/nodePool:NodePool", "gpus", {"nodeConfig": {"spot": "yes", "machineTypes": "g2"}})
"""
    )
    said = bare_project.refused("preview")
    for field in ("cluster", "nodeConfig.spot", "nodeConfig.machineTypes"):
        assert re.search(rf"gpus.*property {field}\b", said), said
    assert "must be true or false, not a string" in said and "did you mean machineType?" in said


def test_a_mistake_in_the_settings_of_the_cloud_itself_is_refused(bare_project: Project):
    bare_project.write(AWS.replace('{"tags": {"owner": "ml"}}', '{"tag": {"owner": "ml"}}'))
    assert "did you mean tags?" in bare_project.refused("preview")


def test_an_update_is_refused_and_leads_to_the_plugin_that_makes_it(bare_project: Project):
    bare_project.write(AWS + 'aws.ec2.Vpc("net", opts=pulumi.ResourceOptions(provider=cloud))')
    said = bare_project.refused("up", "--yes", "--skip-preview")
    assert "plans and can't make anything" in said and "install Pulumi" in said
    assert not [one for one in bare_project.state() if one["type"] == "aws:ec2/vpc:Vpc"]


def test_a_question_to_the_cloud_is_refused_by_name(bare_project: Project):
    bare_project.write(AWS + "aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=cloud))")
    assert "aws:index/getCallerIdentity:getCallerIdentity asks aws" in bare_project.refused("preview")
