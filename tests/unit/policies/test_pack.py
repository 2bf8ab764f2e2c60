"""The pack as the engine starts it, and as others import it."""

import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import ResourceValidationPolicy

from policies.guardrails import pack as guardrails
from policies.open_source.pack import POLICIES

ROOT = Path(__file__).parents[3]
PACK = ROOT / "policies" / "open_source"
DOCUMENTATION = ROOT / "docs" / "policies.md"


@pytest.fixture
def analyzer(tmp_path):
    """The pack started with nothing but its folder's path, from a folder that has nothing to do with it."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip()
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


def test_the_engine_gets_the_rules_from_a_process_of_their_own(analyzer):
    about = analyzer.GetAnalyzerInfo(Empty())
    assert about.name == "open-source"
    assert [rule.name for rule in about.policies] == [
        "open-source-images",
        "pinned-images",
        "allowed-registries",
        "no-opaque-releases",
    ]
    assert all(rule.enforcementLevel == proto.MANDATORY for rule in about.policies)


@pytest.mark.parametrize("rule", POLICIES, ids=lambda rule: rule.name)
def test_every_rule_has_a_severity_and_documentation(rule):
    assert isinstance(rule, ResourceValidationPolicy) and rule.severity and rule.description.endswith(".")
    text = DOCUMENTATION.read_text()
    assert f"## `{rule.name}`" in text
    for setting in rule.config_schema.properties if rule.config_schema else ():
        assert f"`{setting}`" in text


def test_every_setting_has_a_description_and_a_default():
    for rule in POLICIES:
        for name, schema in (rule.config_schema.properties if rule.config_schema else {}).items():
            assert schema["description"].endswith(".") and "default" in schema, f"{rule.name}: {name}"


def test_the_pack_needs_nothing_of_the_platform():
    script = (
        "import sys; import policies.open_source.pack;"
        "print([name for name in sys.modules if name.split('.')[0] in ('components', 'stacks', 'local', 'pydantic')])"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("rule", guardrails.POLICIES, ids=lambda rule: rule.name)
def test_every_guard_rail_is_documented_with_its_settings(rule):
    text = DOCUMENTATION.read_text()
    assert f"| `{rule.name}` |" in text and rule.severity and rule.description.endswith(".")
    assert all(f"`{name}" in text or f'"{name}"' in text for name in rule.config_schema.properties)
