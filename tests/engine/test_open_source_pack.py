"""The real `pulumi` with the policy pack: what a user sees of a refusal, and that good programs pass."""

import json
from pathlib import Path

from tests.engine.project import Project

PACK = Path(__file__).parents[2] / "policies" / "open_source"

DEPLOYMENT = """
    labels = {{"app": "cache"}}
    k8s.apps.v1.Deployment(
        "cache",
        metadata={{"name": "cache", "namespace": "default"}},
        spec={{
            "selector": {{"matchLabels": labels}},
            "template": {{
                "metadata": {{"labels": labels}},
                "spec": {{"containers": [{{"name": "cache", "image": {image}}}]}},
            }},
        }},
    )
"""
REDIS = '"redis:7.4.1"'
VALKEY = '"docker.io/valkey/valkey:9.1.1"'
# Known only once the random name is made, so not at the first preview.
LATER = 'random.RandomInteger("minor", min=4, max=4).result.apply(lambda minor: f"redis:7.{minor}.1")'


def judged(*options: str) -> list[str]:
    return [*options, "--policy-pack", str(PACK)]


def test_a_preview_refuses_redis_7_4_and_names_what_to_use(project: Project) -> None:
    project.write(DEPLOYMENT.format(image=REDIS))
    said = project.refused("preview", *judged())
    assert "[mandatory]" in said and "open-source-images" in said
    assert (
        "docker.io/library/redis:7.4.1 (spec.template.spec.containers[0].image) is under "
        "LicenseRef-RSALv2 OR SSPL-1.0 since 7.4, which is not open source. Use docker.io/valkey/valkey instead."
    ) in " ".join(said.split())


def test_a_preview_of_valkey_passes(project: Project) -> None:
    project.write(DEPLOYMENT.format(image=VALKEY))
    said = project.preview(*judged()).text
    assert "open-source" in said and "[mandatory]" not in said and "[advisory]" not in said


def test_an_update_does_not_create_what_is_refused(project: Project) -> None:
    project.write(DEPLOYMENT.format(image=REDIS))
    said = project.refused("up", "--yes", "--skip-preview", *judged())
    assert "is not open source" in said
    assert not any(resource["type"].endswith(":Deployment") for resource in project.state())


def test_an_image_that_is_known_only_during_the_update_is_announced_and_then_refused(project: Project) -> None:
    project.write(DEPLOYMENT.format(image=LATER))
    said = project.preview(*judged()).text
    assert "[advisory]" in said and "it is judged during the update" in " ".join(said.split())
    said = project.refused("up", "--yes", "--skip-preview", *judged())
    assert "docker.io/library/redis:7.4.1" in said
    assert not any(resource["type"].endswith(":Deployment") for resource in project.state())


def test_a_stack_configures_the_rules_by_a_file(project: Project, tmp_path: Path) -> None:
    config = tmp_path / "policies.json"
    exception = {"repository": "redis", "reason": "until the move", "owner": "data team", "until": "2999-01-31"}
    config.write_text(json.dumps({"open-source-images": {"exceptions": [exception]}}))
    project.write(DEPLOYMENT.format(image=REDIS))
    assert "[mandatory]" not in project.preview(*judged("--policy-pack-config", str(config))).text
    config.write_text(json.dumps({"pinned-images": {"requireDigest": True}, "open-source-images": "disabled"}))
    said = project.refused("preview", *judged("--policy-pack-config", str(config)))
    assert "has no digest" in said and "is not open source" not in said


def test_a_configuration_that_breaks_the_schema_stops_the_command(project: Project, tmp_path: Path) -> None:
    config = tmp_path / "policies.json"
    config.write_text(json.dumps({"open-source-images": {"exceptions": [{"repository": "redis"}]}}))
    project.write(DEPLOYMENT.format(image=VALKEY))
    said = project.refused("preview", *judged("--policy-pack-config", str(config)))
    assert all(f"{field} is required" in said for field in ("reason", "owner", "until"))
