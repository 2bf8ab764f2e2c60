"""The plugin for other languages: what it offers, what it takes, and what it says of a wrong argument."""

import inspect
import json
import re
from typing import Any

import pytest
from pulumi import Output
from pulumi.errors import InputPropertiesError
from pulumi.output import UNKNOWN

from plugin import schema
from plugin.offered import NOT_OFFERED, VERSION, offered
from plugin.provider import Components
from tests.recording import SECRET_MARK, Engine

MLFLOW = "mlops:tracking:Mlflow"
BUCKET = {"name": "models", "region": "eu-central-1", "accessKey": "the-key", "secretKey": "the-secret-key"}
DATABASE = {"host": "postgres.test", "port": 5432.0, "username": "mlflow", "password": "the-password"}
WIRES = {"namespace": "experiments", "artifacts": BUCKET, "database": DATABASE}


def construct(engine: Engine, *asked: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The state of each component that a consumer asks one process for: (token, name, inputs)."""
    plugin = Components()
    made = []
    engine.build(lambda: made.extend(plugin.construct(name, token, inputs).state for token, name, inputs in asked))
    return made


def refused(inputs: dict[str, Any], token: str = MLFLOW) -> dict[str, str]:
    """Field -> what is said of it."""
    engine = Engine()
    with pytest.raises(InputPropertiesError) as error:
        construct(engine, (token, "mlflow", inputs))
    assert not engine.made, "nothing is made for arguments that are refused"
    return {one["property_path"]: one["reason"] for one in error.value.errors}


def container(engine: Engine) -> dict[str, Any]:
    return engine.only("Deployment").inputs["spec"]["template"]["spec"]["containers"][0]


def test_the_committed_schema_is_that_of_the_models():
    """`make schema` writes it anew."""
    assert schema.FILE.read_text(encoding="utf-8") == schema.render()


def test_a_component_has_the_token_that_it_registers_itself_under():
    for token, one in offered().items():
        assert f'"{token}"' in inspect.getsource(one.kind.__init__), token


def test_what_is_not_offered_is_told_with_its_reason():
    for name, reason in NOT_OFFERED.items():
        with pytest.raises(LookupError, match=reason):
            construct(Engine(), (f"mlops:compute:{name}", "it", {}))
    with pytest.raises(LookupError, match=r"there is no mlops:tracking:Mlfow; there are .*mlops:tracking:Mlflow"):
        construct(Engine(), ("mlops:tracking:Mlfow", "it", {}))


def test_the_schema_describes_every_component_and_keeps_secrets_secret():
    package = json.loads(schema.render())
    assert all(len(one["description"]) > 40 for one in package["resources"].values())
    assert package["types"]["mlops:storage:Bucket"]["properties"]["secretKey"]["secret"] is True
    assert package["types"]["mlops:tracking:MlflowSettings"]["properties"]["workers"]["description"] == (
        "Processes per replica, each about 250 MB. Default: 2."
    )


def test_every_reference_of_the_schema_leads_to_a_type():
    package = json.loads(schema.render())
    text = json.dumps(package)
    for token in package["types"]:
        assert f'"#/types/{token}"' in text, f"nobody uses {token}"
    for part in text.split('"#/types/')[1:]:
        assert part.partition('"')[0] in package["types"]


def test_a_consumers_words_and_settings_reach_the_pods():
    engine = Engine()
    construct(engine, (MLFLOW, "mlflow", {**WIRES, "settings": {"replicas": 3.0, "defaultPermission": "READ"}}))
    assert engine.only("Deployment").inputs["spec"]["replicas"] == 3
    assert "default_permission = READ" in engine.only("ConfigMap", "mlflow-login").inputs["data"]["auth.ini"]


def test_a_secret_of_the_consumer_stays_one():
    engine = Engine()
    secret = {**DATABASE, "password": Output.secret("the-password")}
    construct(engine, (MLFLOW, "mlflow", {**WIRES, "database": secret}))
    assert [made.name for made in engine.made if "the-password" in str(made.inputs)] == ["mlflow-credentials"]
    assert SECRET_MARK in str(engine.only("Secret", "mlflow-credentials").inputs["stringData"])


def test_one_components_output_is_anothers_argument():
    engine = Engine()
    (namespace, store) = (
        ("mlops:k8s:Namespace", "experiments", {"name": "experiments"}),
        (
            "mlops:storage:ObjectStore",
            "store",
            {"namespace": "experiments", "buckets": ["models"], "folders": {"models": ["tracked"]}},
        ),
    )
    states = construct(engine, namespace, store)
    assert states[1]["buckets"].keys() == {"models", "models/tracked"}
    construct(engine, (MLFLOW, "mlflow", {**WIRES, "artifacts": states[1]["buckets"]["models/tracked"]}))
    environment = {one["name"]: one.get("value") for one in container(engine)["env"]}
    assert environment["MLFLOW_ARTIFACTS_DESTINATION"] == "s3://models/tracked"


def test_its_version_is_one_of_semantic_versioning():
    """In which a version may end in `-dev.0`, and not in `.dev0`."""
    assert re.fullmatch(r"\d+\.\d+\.\d+(-dev\.\d+)?", VERSION)
    assert json.loads(schema.FILE.read_text(encoding="utf-8"))["version"] == VERSION == Components().version


def test_every_mistake_is_told_with_its_field_and_what_to_write():
    said = refused(
        {
            "namespace": "experiments",
            "artifacts": {key: BUCKET[key] for key in ("name", "region", "accessKey")},
            "databse": DATABASE,
            "settings": {"replicas": 200.0, "default_permission": "READ"},
        }
    )
    assert said["databse"] == "there is no such argument; did you mean `database`?"
    assert said["database"] == "is missing; add it"
    assert said["artifacts"] == "a bucket has either `accessKey` and `secretKey`, or an `identity`"
    assert said["settings.replicas"] == "Input should be less than or equal to 100"
    assert said["settings.default_permission"].endswith("did you mean `defaultPermission`?")


def test_a_setting_that_is_known_too_late_is_refused_with_what_to_do():
    said = refused({**WIRES, "artifacts": {**BUCKET, "region": UNKNOWN}})
    assert said["artifacts.region"] == "must be known when the program starts; write the value itself"
