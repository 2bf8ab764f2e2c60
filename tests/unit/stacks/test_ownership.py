"""Production says whose everything is and who pays, in the names that its own stack file has for that."""

import json
from pathlib import Path

from reference.programs import whole
from tests.unit.policies.guardrails.judged import findings

RULE = "owner-and-cost"


def test_all_of_production_in_google_cloud_passes_the_rule_that_is_on_for_it():
    settings = json.loads(Path("stacks/policies/gcp-prod.json").read_text())[RULE]
    assert settings["required"]
    made = whole(Path("stacks/Pulumi.gcp-prod.yaml")).made
    found = [one for each in made for one in findings(each.inputs, each.type, {RULE: settings}) if one.policy == RULE]
    assert found == []
