"""Which clouds' SDKs an environment loads: that of the cloud it stands in, and no other."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys, yaml
from components.compute.ground import ground
from stacks.environment import Environment
from tests.recording import Engine
raw = yaml.safe_load(open("stacks/Pulumi.{stack}.yaml"))["config"]["exquisite-mlops:environment"]
cluster = Environment.model_validate(raw).cluster
assert not {{"pulumi_aws", "pulumi_gcp"}} & sys.modules.keys(), "reading the file has loaded one"
Engine().build(lambda: ground("cluster", cluster))
print(*sorted({{"pulumi_aws", "pulumi_gcp"}} & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("stack", "loaded"),
    [("local", ""), ("aws-dev", "pulumi_aws"), ("gcp-prod", "pulumi_gcp")],
)
def test_the_sdk_of_one_cloud_is_loaded_by_those_alone_who_stand_there(stack: str, loaded: str):
    script = SCRIPT.format(stack=stack)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == loaded
