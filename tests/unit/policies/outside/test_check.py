"""The packs' rules from a command line, on files that no engine has previewed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.__main__ import PASSED, REFUSED, UNUSABLE, main
from tests.unit.policies.guardrails import judged

Capture = pytest.CaptureFixture[str]


def pod(name: str, image: str) -> dict[str, Any]:
    spec = judged.pod(judged.container(image=image))["spec"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


GOOD, CLOSED = pod("good", "nginx:1.27"), pod("bad", "redis:7.4.1")
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def manifests(folder: Path, *documents: Any) -> Path:
    file = folder / "all.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return file


def state(folder: Path, *images: Any) -> Path:
    """As `pulumi stack export` prints it."""
    resources = [
        {
            "urn": f"urn:pulumi:dev::shop::kubernetes:core/v1:Pod::pod-{index}",
            "custom": True,
            "type": "kubernetes:core/v1:Pod",
            "inputs": judged.pod(judged.container(image=image)),
        }
        for index, image in enumerate(images)
    ]
    stack = {
        "urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
    }
    file = folder / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [stack, *resources]}}))
    return file


def told(capsys: Capture, *words: object) -> tuple[int, str]:
    code = main(["check", *map(str, words)])
    written = capsys.readouterr()
    return code, written.out + written.err


def test_good_manifests_pass(tmp_path: Path, capsys: Capture):
    assert told(capsys, manifests(tmp_path, GOOD)) == (PASSED, "0 refused, 0 noted\n")


def test_a_refusal_names_the_file_the_line_the_object_and_the_way_out(tmp_path: Path, capsys: Capture):
    file = manifests(tmp_path, GOOD, CLOSED)
    code, text = told(capsys, file)
    line = file.read_text().splitlines().index("---") + 2
    assert code == REFUSED and text.startswith(f"{file}:{line} (Pod bad): refused by open-source-images: ")
    assert "Use docker.io/valkey/valkey" in text and text.endswith("1 refused, 0 noted\n")


def test_folders_are_searched_and_lists_are_looked_into(tmp_path: Path, capsys: Capture):
    (tmp_path / "below").mkdir()
    manifests(tmp_path / "below", {"apiVersion": "v1", "kind": "List", "items": [GOOD, CLOSED]})
    assert told(capsys, tmp_path)[0] == REFUSED


def test_a_state_file_is_judged_resource_by_resource(tmp_path: Path, capsys: Capture):
    code, text = told(capsys, state(tmp_path, "nginx:1.27", "redis:7.4.1"))
    assert code == REFUSED and "(Pod pod-1)" in text and "(Pod pod-0)" not in text


def test_what_is_secret_in_a_state_file_is_noted_and_refuses_nothing(tmp_path: Path, capsys: Capture):
    code, text = told(capsys, state(tmp_path, SECRET))
    assert code == PASSED and "secret in this state file" in text and "noted by open-source-images" in text


def test_a_file_configures_the_rules_as_it_does_for_the_engine(tmp_path: Path, capsys: Capture):
    config = tmp_path / "policies.txt"
    config.write_text(json.dumps({"open-source-images": "advisory", "pinned-images": {"requireDigest": True}}))
    code, text = told(capsys, manifests(tmp_path, CLOSED), "--config", config)
    assert code == REFUSED and "noted by open-source-images" in text and "refused by pinned-images" in text
    config.write_text(json.dumps({"open-source-images": "disabled"}))
    assert told(capsys, manifests(tmp_path, CLOSED), "--config", config)[0] == PASSED


@pytest.mark.parametrize(
    "said, problem",
    [
        ({"open-sauce": "disabled"}, "open-sauce: there is no such rule; there are open-source-images"),
        ({"pinned-images": "loud"}, "pinned-images.enforcementLevel: 'loud' is not one of"),
        ({"pinned-images": {"requireDigests": True}}, "'requireDigests' was unexpected"),
        (
            {"allowed-registries": {"registries": "docker.io"}},
            "allowed-registries.registries: 'docker.io' is not of type",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(tmp_path: Path, capsys: Capture, said, problem):
    config = tmp_path / "policies.txt"
    config.write_text(json.dumps(said))
    code, text = told(capsys, manifests(tmp_path, GOOD), "--config", config)
    assert code == UNUSABLE and problem in text


@pytest.mark.parametrize(
    "content, problem",
    [
        ("a: {{ .Values.image }}\n}", "render templates before they are judged"),
        ("- a\n", "is no object"),
        ("replicas: 1\n", "has no `apiVersion` and `kind`"),
        ("---\n---\n", "there is no object in these files"),
    ],
)
def test_what_is_no_manifest_is_never_taken_for_a_good_one(tmp_path: Path, capsys: Capture, content, problem):
    file = tmp_path / "x.yaml"
    file.write_text(content)
    code, text = told(capsys, file)
    assert code == UNUSABLE and problem in text


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path, capsys: Capture):
    assert told(capsys, tmp_path / "none")[0] == UNUSABLE


def test_sarif_points_code_hosts_to_the_line(tmp_path: Path, capsys: Capture):
    code, text = told(capsys, manifests(tmp_path, CLOSED), "--format", "sarif")
    (run,) = json.loads(text)["runs"]
    (result,) = run["results"]
    assert code == REFUSED and result["ruleId"] == "open-source-images" and result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["open-source-images"]


def test_json_and_markdown_say_the_same(tmp_path: Path, capsys: Capture):
    file = manifests(tmp_path, CLOSED)
    (one,) = json.loads(told(capsys, file, "--format", "json")[1])
    assert one["rule"] == "open-source-images" and one["refused"] is True and one["name"] == "bad"
    table = told(capsys, file, "--format", "markdown")[1]
    assert table.startswith("1 refused, 0 noted") and one["message"].replace("|", "\\|") in table
