"""MLRun's API, its page and Nuclio, on the recording engine."""

import json

import pytest
from pydantic import ValidationError

from components.k8s.plain import plain
from components.k8s.security import container_security, pod_security
from components.pipelines.contracts import GpuPool
from components.pipelines.mlrun.definitions import NuclioDefinitions, NuclioDefinitionsArgs
from components.pipelines.mlrun.hardening import expression
from components.pipelines.mlrun.mlrun import Mlrun, MlrunArgs
from components.pipelines.mlrun.settings import RELEASES, MlrunSettings, NuclioSettings
from tests.recording import Engine
from tests.unit.components.wires import bucket, mysql_client, pipeline_space

POOL = GpuPool(node_labels={"accelerator": "a100"})


def mlrun(**settings: object) -> Mlrun:
    space = pipeline_space(gpu=POOL, engine="mlrun")
    wanted = MlrunSettings(**{"nuclio": NuclioSettings(), **settings})
    return Mlrun(
        "mlrun",
        MlrunArgs(settings=wanted, namespace="mlrun", space=space, database=mysql_client(), artifacts=bucket()),
    )


def built(**settings: object) -> Engine:
    engine = Engine()
    engine.build(lambda: mlrun(**settings))
    return engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return built()


def pod(engine: Engine, name: str) -> dict:
    return engine.only("Deployment", name).inputs["spec"]["template"]["spec"]


def environment(engine: Engine, name: str = "mlrun-chief") -> dict[str, str]:
    (container,) = pod(engine, name)["containers"]
    return {one["name"]: one.get("value") for one in container["env"]}


def functions(engine: Engine) -> dict[str, dict]:
    text = engine.only("ConfigMap", "mlrun-functions").inputs["data"]["functions.json"]
    return {one["metadata"]["name"]: one for one in json.loads(text)}


def test_there_is_one_chief_which_never_runs_twice(engine: Engine):
    spec = engine.only("Deployment", "mlrun-chief").inputs["spec"]
    assert spec["replicas"] == 1 and spec["strategy"] == {"type": "Recreate"}


def test_workers_ask_the_chief_and_share_its_volume():
    engine = built(workers=2, shared_volume=True)
    told = environment(engine, "mlrun-worker")
    assert told["MLRUN_HTTPDB__CLUSTERIZATION__ROLE"] == "worker"
    assert told["MLRUN_HTTPDB__CLUSTERIZATION__CHIEF__URL"] == "http://mlrun-chief.mlrun:8080"
    assert engine.only("PersistentVolumeClaim").inputs["spec"]["accessModes"] == ["ReadWriteMany"]


def test_workers_without_a_volume_for_several_nodes_are_refused_with_the_remedy():
    with pytest.raises(ValidationError, match="write `sharedVolume: true`, or `workers: 0`"):
        MlrunSettings(workers=1)


def test_the_front_selects_chief_and_workers_and_neither_the_page_nor_nuclio():
    engine = built(workers=1, shared_volume=True)
    selector = engine.only("Service", "mlrun-api").inputs["spec"]["selector"].items()
    selected = {
        made.name
        for made in engine.all("Deployment")
        if selector <= made.inputs["spec"]["template"]["metadata"]["labels"].items()
    }
    assert selected == {"mlrun-chief-server", "mlrun-worker-server"}


def test_nobody_gets_in_without_the_token(engine: Engine):
    assert environment(engine)["MLRUN_HTTPDB__AUTHENTICATION__MODE"] == "bearer"
    holders = {made.name for made in engine.made if "generated-mlrun-token" in str(made.inputs)}
    assert holders == {"mlrun-credentials", "mlrun-login"}


def test_the_configuration_with_its_passwords_is_not_printed_at_the_start(engine: Engine):
    assert environment(engine)["MLRUN_LOG_LEVEL"] == "WARNING"


def test_nothing_leads_to_iguazios_own_store(engine: Engine):
    told = environment(engine)
    assert told["MLRUN_STORAGE__AUTO_MOUNT_TYPE"] == "none"
    for key in ("ARTIFACT_PATH", "FEATURE_STORE__DATA_PREFIXES__DEFAULT", "FEATURE_STORE__DATA_PREFIXES__NOSQL"):
        assert told[f"MLRUN_{key}"].startswith("s3://mlflow/projects/")


def test_servers_and_runs_are_apart(engine: Engine):
    assert environment(engine)["MLRUN_NAMESPACE"] == "mlrun-runs"
    for made in engine.all("Role"):
        assert made.inputs["metadata"]["namespace"] == "mlrun-runs"
    assert not engine.all("ClusterRole")


def test_a_step_is_a_function_that_runs_its_command_in_its_own_image(engine: Engine):
    spec = functions(engine)["training"]["spec"]
    assert spec["mode"] == "pass" and spec["image"].startswith("ghcr.io/mlflow/mlflow:")
    assert spec["args"][-3:] == ["training", "python", "train.py"]
    env = {one["name"]: one for one in spec["env"]}
    assert env["STEP_ATTEMPTS"]["value"] == "2" and env["STEP_TIMEOUT"]["value"] == "3600"


def test_a_steps_logins_are_references_to_a_secret(engine: Engine):
    spec = functions(engine)["training"]["spec"]
    secret = {one["name"] for one in spec["env"] if "valueFrom" in one}
    assert secret == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "MLFLOW_TRACKING_USERNAME",
        "MLFLOW_TRACKING_PASSWORD",
    }
    assert "the-bucket-key" not in str(functions(engine)) and "the-tracking-password" not in str(functions(engine))


def test_a_step_with_a_gpu_goes_to_the_pool(engine: Engine):
    spec = functions(engine)["accelerated"]["spec"]
    assert spec["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert spec["node_selector"] == {"accelerator": "a100"}
    assert spec["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_braces_of_a_command_are_the_steps_own(engine: Engine):
    """MLRun formats the words of a command with a run's parameters."""
    for word in functions(engine)["training"]["spec"]["args"]:
        assert "{" not in word.format()


def test_pods_of_runs_are_completed_to_what_this_projects_own_pods_have(engine: Engine):
    for key, value in {**plain(pod_security(1000)), **plain(container_security())}.items():
        assert f"{key}: {json.dumps(value)}" in expression() or isinstance(value, dict)
    assert 'drop: ["ALL"]' in expression() and 'type: "RuntimeDefault"' in expression()
    (policy,) = engine.all("MutatingAdmissionPolicy")
    there = policy.inputs["spec"]["matchConstraints"]["namespaceSelector"]["matchLabels"]
    assert there == {"kubernetes.io/metadata.name": "mlrun-runs"}


@pytest.mark.parametrize("release", sorted(RELEASES))
def test_a_release_changes_images_and_nothing_that_keeps_data(release: str):
    engine = built(release=release)
    (container,) = pod(engine, "mlrun-chief")["containers"]
    assert container["image"].startswith(f"docker.io/mlrun/mlrun-api:{release}.")
    assert ("command" in container) is (release == "1.5")
    assert release not in str(engine.only("PersistentVolumeClaim").inputs)
    assert release not in str(engine.only("Deployment", "mlrun-chief").inputs["spec"]["selector"])


def test_without_nuclio_nobody_asks_for_it():
    engine = built(nuclio=None)
    assert environment(engine)["MLRUN_NUCLIO_MODE"] == "disabled"
    assert not [made for made in engine.made if "nuclio" in made.name]


def test_nuclio_asks_for_no_docker_socket_and_no_builder(engine: Engine):
    told = environment(engine, "mlrun-nuclio-dashboard")
    assert told["NUCLIO_CONTAINER_BUILDER_KIND"] == "kaniko" and told["NUCLIO_DASHBOARD_REGISTRY_URL"] == ""
    assert "hostPath" not in str(pod(engine, "mlrun-nuclio-dashboard"))


def test_nuclios_definitions_stay_when_a_stack_goes():
    engine = Engine()
    engine.build(lambda: NuclioDefinitions("kinds", NuclioDefinitionsArgs()))
    names = {made.inputs["metadata"]["name"] for made in engine.all("CustomResourceDefinition")}
    kinds = ("functions", "projects", "functionevents", "apigateways")
    assert names == {f"nuclio{kind}.nuclio.io" for kind in kinds}


def test_nuclios_kinds_are_as_open_as_its_own_and_go_with_their_last_owner():
    engine = Engine()
    engine.build(lambda: NuclioDefinitions("kinds", NuclioDefinitionsArgs(keep=False)))
    assert engine.only("ClusterRole").name == "kinds-owner"
    for made in engine.all("CustomResourceDefinition"):
        (version,) = made.inputs["spec"]["versions"]
        parts = version["schema"]["openAPIV3Schema"]["properties"]
        merged = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
        assert version["name"] == "v1beta1" and parts["spec"] == parts["status"] == merged
        assert made.inputs["metadata"]["ownerReferences"][0]["kind"] == "ClusterRole"


@pytest.mark.parametrize("nuclio", [NuclioSettings(), None])
def test_from_the_page_no_way_leads_to_a_dashboard_without_a_login(nuclio: NuclioSettings | None):
    engine = built(nuclio=nuclio)
    told = environment(engine, "mlrun-ui")
    assert told["MLRUN_NUCLIO_MODE"] == "disable" and "MLRUN_NUCLIO_API_URL" not in told
    wires = {made.name for made in engine.all("NetworkPolicy") if "mlrun-ui" in str(made.inputs)}
    assert wires == {"mlrun-ui-api-in", "mlrun-ui-api-out"}
