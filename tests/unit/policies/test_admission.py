"""The rules as objects for a cluster: what they hold, and that the committed copies are those of the catalogue."""

import json
from pathlib import Path

import pytest
import yaml

from policies.__main__ import main
from policies.admission import manifest
from policies.open_source.admission.parameter import Inexpressible, key_of, parameter
from policies.open_source.catalogue import Catalogue, entry
from policies.outside.configuration import read

SETTINGS = Path("stacks/policies")
ON = {"open-source-images": {}, "pinned-images": {}, "allowed-registries": {}}
CATALOGUE_LIMIT = 900_000  # a ConfigMap may have a mebibyte


def line_of(name: str) -> list[str]:
    lines = parameter(ON)[key_of(name)].split("\n")
    (found,) = [line.split(" | ") for line in lines if line.startswith((f"{name} ", f"~{name} "))]
    return found


@pytest.mark.parametrize(
    "name, editions, versions, digest",
    [
        ("docker.io/library/redis", "-", "..7.4 8..", "no"),
        ("docker.io/grafana/grafana", "-", "..", "yes"),
        ("docker.io/library/mongo", "-", "-", "no"),
        ("docker.io/library/neo4j", "-.*enterprise.*", "..", "no"),
        ("docker.io/juicedata/mount", "+ce-.* -ee-.*", "-", "no"),
        ("docker.io/langfuse/langfuse*", "-", "-", "no"),
    ],
)
def test_the_parameter_says_which_editions_and_versions_may_be_used(name, editions, versions, digest):
    assert line_of(name)[1:4] == [editions, versions, digest]


def test_the_parameter_says_what_to_use_instead():
    assert line_of("docker.io/library/redis")[5].endswith("Use docker.io/valkey/valkey instead.")


def test_a_licence_that_the_house_refuses_closes_what_is_under_it():
    assert "docker.io/grafana/grafana | - | .. |" in parameter(ON)["docker.io_grafana"]
    strict = {**ON, "open-source-images": {"refusedLicences": ["AGPL-3.0-only"]}}
    assert "docker.io/grafana/grafana | - | ..8 |" in parameter(strict)["docker.io_grafana"]


def test_the_parameter_fits_into_a_config_map_ten_times_over():
    assert sum(len(key) + len(text) for key, text in parameter(ON).items()) < CATALOGUE_LIMIT / 10


@pytest.mark.parametrize(
    "versions",
    [
        [{"licence": "MIT"}, {"tags": ["*-ee"], "licence": "SSPL-1.0"}],
        [{"tags": ["*-ee"], "before": "2", "licence": "SSPL-1.0"}, {"licence": "MIT"}],
        [{"before": "3", "licence": "MIT"}, {"from": "2", "licence": "SSPL-1.0"}],
    ],
)
def test_an_entry_that_the_parameter_has_no_words_for_is_an_error_and_not_a_gap(monkeypatch, versions):
    odd = entry({"repositories": ["docker.io/acme/odd"], "project": "Odd", "versions": versions})
    monkeypatch.setattr(Catalogue, "load", classmethod(lambda cls: cls([odd], {})))
    with pytest.raises(Inexpressible, match="Odd"):
        parameter(ON)


def test_the_command_prints_what_kubectl_takes(capsys):
    assert main(["admission"]) == 0
    kinds = [one["kind"] for one in yaml.safe_load_all(capsys.readouterr().out)]
    policies = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert kinds == ["Namespace", "ConfigMap", *policies, *policies]


def test_only_mandatory_rules_are_enforced(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"pinned-images": "advisory", "allowed-registries": "disabled"}))
    (data,) = (one["data"] for one in yaml.safe_load_all(manifest(read(file))) if one["kind"] == "ConfigMap")
    assert data["_rules"] == "open-source-images"


@pytest.mark.parametrize("settings", [None, *sorted(SETTINGS.glob("*.json"))], ids=str)
def test_what_each_stack_deploys_is_what_the_catalogue_and_its_settings_say_today(settings):
    own = settings and settings.with_suffix(".admission.yaml")
    file = own if own and own.exists() else SETTINGS / "admission.yaml"
    assert file.read_text() == manifest(read(settings)), "run `make admission`"
