"""Where steps run, what they are given, and that they are given no more."""

import json
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pydantic import ValidationError

from components.data.fluid.contracts import Volume
from components.features.contracts import FeatureStoreClient
from components.k8s.network import Peer
from components.k8s.plain import as_json
from components.pipelines.contracts import GpuPool, PipelineContext
from components.pipelines.settings import PipelineSettings
from components.pipelines.space import PipelineSpace, PipelineSpaceArgs, Space
from components.pipelines.step import StepSettings
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.wires import STEPS, bucket, pipeline_space, tracking_server


def rendered(step: str, gpu: GpuPool | None = None) -> dict:
    """A step's pod as the text that an engine is given."""
    return all_rendered(Engine(), lambda: pipeline_space(gpu=gpu), step)[step]


def all_rendered(engine: Engine, space: Callable[[], Space], *steps: str) -> dict[str, dict]:
    """The pods of several steps of one space."""
    told: dict[str, dict] = {}

    def program() -> None:
        made = space()
        for step in steps:
            as_json(made.pod(step)).apply(lambda text, step=step: told.update({step: json.loads(text)}))

    engine.build(program)
    return told


def test_a_steps_pod_is_complete_hardened_and_in_kubernetes_own_words():
    pod = rendered("training")
    (container,) = pod["containers"]
    assert pod["restartPolicy"] == "Never" and pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"].startswith("luigi-steps-steps")
    assert container["name"] == "step" and container["command"] == ["python", "train.py"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/step", "/tmp"}
    assert "tolerations" not in pod and "nodeSelector" not in pod


def test_a_step_finds_the_tracking_server_and_the_bucket_in_its_environment_and_the_logins_in_a_secret():
    (container,) = rendered("training")["containers"]
    env = {one["name"]: one["value"] for one in container["env"]}
    assert env["MLFLOW_TRACKING_URI"] == "http://mlflow.tracking:5000" and env["ARTIFACTS"] == "s3://mlflow"
    assert env["DEPTH"] == "3", "what the stack file says of the step"
    assert json.loads(env["MLFLOW_RUN_CONTEXT"]) == {"mlops.space": "luigi-steps", "mlops.step": "training"}
    assert container["envFrom"] == [{"secretRef": {"name": "luigi-steps-credentials-1a2b3c4d"}}]


def test_the_logins_reach_one_secret_and_nothing_else():
    engine = Engine()
    engine.build(pipeline_space)
    for login in ("the-tracking-password", "the-bucket-key"):
        assert [made.name for made in engine.made if login in str(made.inputs)] == ["luigi-steps-credentials"]
    assert SECRET_MARK in str(engine.only("Secret").inputs["stringData"])


def test_a_step_that_asks_for_a_gpu_tolerates_the_pools_taint_and_keeps_to_its_nodes():
    pod = rendered("accelerated", GpuPool(node_labels={"accelerator": "nvidia-a100"}))
    assert pod["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}
    ]
    assert pod["nodeSelector"] == {"accelerator": "nvidia-a100"}
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_a_step_reads_its_data_sets_by_claims_of_its_own_namespace():
    volume = Volume(name="images", namespace="datasets", path="/data/images", source="/runtime-mnt/x", folder="images")
    context = PipelineContext(tracking=tracking_server(), artifacts=bucket(), datasets={"images": volume})
    steps = {"reads": STEPS["training"].model_copy(update={"datasets": ("images",)}), "other": STEPS["training"]}
    args = PipelineSpaceArgs(namespace="luigi-runs", context=context, steps=steps)
    engine = Engine()
    told = all_rendered(engine, lambda: PipelineSpace("luigi-steps", args).space, *steps)
    assert engine.only("PersistentVolumeClaim").inputs["metadata"]["namespace"] == "luigi-runs"
    # Or else pods that have ended, and are kept to be looked at, would hold up whoever takes the stack down.
    for kind in ("PersistentVolume", "PersistentVolumeClaim"):
        assert engine.only(kind).inputs["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    (container,) = told["reads"]["containers"]
    assert {"name": "images", "mountPath": "/data/images"} in container["volumeMounts"]
    assert {"name": "images", "persistentVolumeClaim": {"claimName": "images"}} in told["reads"]["volumes"]
    assert "images" not in str(told["other"])


def feature_store() -> FeatureStoreClient:
    online = Peer("features", {"app": "online"}, (6566,))
    return FeatureStoreClient(
        project="features",
        online="http://feast-online.features:6566",
        registry="feast-registry.features:6570",
        offline_host="feast-offline.features",
        offline_port=8815,
        peers={"online": online},
    )


def test_a_step_that_asks_for_features_gets_addresses_and_a_token_and_others_get_neither():
    context = PipelineContext(tracking=tracking_server(), artifacts=bucket(), features=feature_store())
    steps = {"asks": STEPS["training"].model_copy(update={"features": True}), "other": STEPS["training"]}
    args = PipelineSpaceArgs(namespace="luigi-runs", context=context, steps=steps)
    engine = Engine()
    told = all_rendered(engine, lambda: PipelineSpace("luigi-steps", args).space, *steps)
    (container,) = told["asks"]["containers"]
    env = {one["name"]: one["value"] for one in container["env"]}
    assert env["FEATURES_URL"] == "http://feast-online.features:6566"
    token = {"serviceAccountToken": {"expirationSeconds": 3600, "path": "token"}}
    assert {"name": "token", "projected": {"sources": [token]}} in told["asks"]["volumes"]
    folders = {mount["mountPath"] for mount in container["volumeMounts"] if mount.get("readOnly")}
    assert str(Path(env["FEATURES_TOKEN_FILE"]).parent) in folders
    assert str(Path(env["FEAST_FS_YAML_FILE_PATH"]).parent) in folders
    (told_of_store,) = [made for made in engine.all("ConfigMap") if "feature_store.yaml" in made.inputs["data"]]
    assert json.loads(told_of_store.inputs["data"]["feature_store.yaml"])["registry"]["path"].endswith(":6570")
    assert {f"luigi-steps-features-online-{way}" for way in ("in", "out")} <= {
        made.name for made in engine.all("NetworkPolicy")
    }
    assert "FEAST" not in str(told["other"]) and "serviceAccountToken" not in str(told["other"])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"features": True}, r"`s` reads features: give the context a `features`"),
        ({"datasets": ("images",)}, r"`s` reads `images`: add that to the context's `datasets`"),
    ],
)
def test_a_space_that_lacks_what_a_step_asks_for_is_refused(asked: dict, told: str):
    context = PipelineContext(tracking=tracking_server(), artifacts=bucket())
    step = STEPS["training"].model_copy(update=asked)
    with pytest.raises(ValidationError, match=told):
        PipelineSpaceArgs(namespace="luigi-runs", context=context, steps={"s": step})


def test_other_steps_stay_away_from_the_gpu_pool():
    assert "tolerations" not in rendered("training", GpuPool())


def test_the_pools_quota_holds_in_the_space():
    engine = Engine()
    engine.build(lambda: pipeline_space(gpu=GpuPool(quota=4)))
    assert engine.only("ResourceQuota").inputs["spec"]["hard"] == {"requests.nvidia.com/gpu": "4"}


def test_a_change_of_a_steps_code_changes_its_config_map_alone():
    engine = Engine()
    engine.build(pipeline_space)
    assert set(engine.only("ConfigMap", "luigi-steps-training").inputs["data"]) == {"MLproject", "data.py", "train.py"}


def test_only_steps_are_led_to_the_tracking_server_and_the_bucket():
    engine = Engine()
    engine.build(pipeline_space)
    ways_out = [made for made in engine.all("NetworkPolicy") if made.name.endswith("-out")]
    assert len(ways_out) == 2
    assert {str(made.inputs["spec"]["podSelector"]) for made in ways_out} == {
        str({"matchLabels": {"app.kubernetes.io/component": "step"}})
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source": "no/such/folder"}, "write the path of a folder with code"),
        ({"image": "nothing"}, "the catalogue has no image 'nothing'"),
        ({"command": []}, "at least 1 item"),
        ({"env": {"API_TOKEN": "x"}}, "API_TOKEN would stand in the clear"),
        ({"env": {"OPENAI_API_KEY": "x"}}, "OPENAI_API_KEY would stand in the clear"),
        ({"env": {"apikey": "x", "KEY": "x", "DB_PASSWD": "x"}}, "apikey, KEY, DB_PASSWD would stand in the clear"),
        ({"timeout": 5}, "greater than or equal to 60"),
        ({"gpus": -1}, "greater than or equal to 0"),
    ],
)
def test_a_step_that_could_not_run_is_refused(change: dict, told: str):
    with pytest.raises(ValidationError, match=told):
        StepSettings(**{"source": Path("examples/training"), "command": ["python", "train.py"], **change})


def test_a_variable_that_only_sounds_like_a_secret_is_taken():
    env = {"MONKEY": "1", "KEY_COLUMN": "id", "TOKENS": "512"}
    assert StepSettings(source=Path("examples/training"), command=["true"], env=env).env == env


def test_an_ask_for_gpus_without_a_pool_is_refused_with_the_remedy():
    with pytest.raises(ValidationError, match=r"`accelerated` asks for 1 GPU.* add `gpu:`"):
        PipelineSettings(steps=STEPS)


def test_an_ask_that_no_quota_admits_is_refused():
    step = STEPS["accelerated"].model_copy(update={"gpus": 3})
    with pytest.raises(ValidationError, match=r"asks for 3 GPUs where `gpu.quota` admits 2"):
        PipelineSettings(steps={"greedy": step}, gpu=GpuPool(quota=2))


def teardown_module() -> None:
    pulumi.runtime.set_all_config({})
