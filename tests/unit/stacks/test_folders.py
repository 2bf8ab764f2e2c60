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


def test_steps_of_two_engines_find_each_their_own_folder_and_the_key_of_that_alone():
    engine = planned("local")
    for one in ENGINES:
        (logins,) = [made for made in engine.all("Secret") if made.name == f"{one}-steps-credentials"]
        assert f"object-store-key-pipelines_{one}" in str(logins.inputs["stringData"])
