"""Which pods open which folder of the pipelines' bucket, from the machines up, as each environment's plan has it."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from reference.programs import environment, run
from reference.recording import Engine
from stacks.environment import PIPELINES

ENGINES = {"argo", "prefect", "luigi", "airflow", "mlrun"}


@cache
def planned(stack: str) -> Engine:
    return run(environment(Path(f"stacks/Pulumi.{stack}.yaml")))


def in_aws() -> dict[str, set[str]]:
    """Namespace -> folders that its accounts may open."""
    engine, opened = planned("aws-prod"), {}
    bucket = f"arn:aws:test:::object-store-{PIPELINES}"
    for made in engine.all("PodIdentityAssociation"):
        policy = json.loads(engine.only("RolePolicy", made.name).inputs["policy"])["Statement"]
        objects = {at for one in policy if "s3:GetObject" in one["Action"] for at in one["Resource"]}
        for at in objects:
            if at.startswith(f"{bucket}/"):
                opened.setdefault(made.inputs["namespace"], set()).add(at.removeprefix(f"{bucket}/"))
    return opened


def in_google() -> dict[str, set[str]]:
    engine, opened = planned("gcp-prod"), {}
    for made in engine.all("BucketIAMMember"):
        said = made.inputs
        if said["bucket"].endswith(f"-{PIPELINES}") and said["role"].startswith("roles/storage.object"):
            namespace = said["member"].partition("/subject/ns/")[2].partition("/")[0]
            condition = said.get("condition", {}).get("expression", '/objects/")')
            within = condition.partition("/objects/")[2].removesuffix('")')
            opened.setdefault(namespace, set()).add(f"{within}*")
    return opened


@pytest.mark.parametrize("opened", [in_aws, in_google])
def test_a_cloud_lets_no_engines_pods_into_what_another_engine_keeps(opened: Callable[[], dict[str, set[str]]]):
    found = opened()
    assert {namespace.removesuffix("-runs") for namespace in found} == ENGINES - {"mlrun"}, "which they do without"
    for namespace, folders in found.items():
        assert folders == {f"{namespace.removesuffix('-runs')}/*"}


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engines_steps_have_the_key_of_its_folder_and_no_other(engine: str):
    logins = str(planned("local").only("Secret", f"{engine}-steps-credentials").inputs["stringData"])
    assert {one for one in ENGINES if f"object-store-key-pipelines_{one}" in logins} == {engine}
    assert "'generated-object-store-key-pipelines'" not in logins, "which would open them all"
