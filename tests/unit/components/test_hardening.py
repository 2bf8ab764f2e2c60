"""What holds for every pod of every component: checked over all of them at once, so that a new one can't forget."""

import json
import runpy
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pulumi
import pytest
import yaml

from components.k8s.namespace import Namespace, NamespaceArgs
from components.storage.postgres import Postgres, PostgresArgs
from components.tracking.model_server import ModelServer, ModelServerArgs, ModelServerSettings
from components.tracking.project import MlflowProject, ProjectArgs, ProjectSettings
from tests.recording import Engine, Made
from tests.unit.components.test_mlflow import mlflow
from tests.unit.components.test_storage import database, store
from tests.unit.components.wires import tracking_server


def project() -> MlflowProject:
    settings = ProjectSettings(source=Path("examples/training"))
    return MlflowProject("training", ProjectArgs(settings=settings, namespace="projects", tracking=tracking_server()))


def model_server(version: int = 1) -> ModelServer:
    settings = ModelServerSettings(model="iris", version=version)
    return ModelServer("iris", ModelServerArgs(settings=settings, namespace="serving", tracking=tracking_server()))


def postgres() -> Postgres:
    return Postgres("postgres", PostgresArgs(namespace="databases"))


def local_stack() -> None:
    """All that `make up` makes: whatever a stack file switches on is judged here without being named."""
    environment = yaml.safe_load(Path("stacks/Pulumi.local.yaml").read_text())["config"][KEY]
    pulumi.runtime.set_all_config({KEY: json.dumps(environment)})
    runpy.run_path("__main__.py")


KEY = "exquisite-mlops:environment"
COMPONENTS = [mlflow, store, database, postgres, project, model_server, local_stack]


def pod_of(made: Made) -> dict | None:
    spec = made.inputs.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template") if made.kind in {"Deployment", "StatefulSet", "Job", "CronJob"} else None


@cache
def built(component: Callable[[], object]) -> Engine:
    engine = Engine()
    engine.build(component)
    return engine


def pods(component: Callable[[], object]) -> list[tuple[Made, dict]]:
    engine = built(component)
    found = [(made, pod["spec"]) for made in engine.made if (pod := pod_of(made))]
    assert found, "the component runs nothing"
    return found


def containers(pod: dict) -> list[dict]:
    return [*pod["containers"], *pod.get("initContainers", [])]


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_pod_meets_the_restricted_level_with_a_read_only_root(component):
    for _, pod in pods(component):
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_pod_says_what_it_needs_and_may_use_at_most(component):
    for _, pod in pods(component):
        for container in containers(pod):
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_pod_has_an_account_of_its_own_and_a_token_only_where_a_role_is_bound_to_it(component):
    bound = {
        subject["name"]
        for made in built(component).made
        if made.kind in {"RoleBinding", "ClusterRoleBinding"}
        for subject in made.inputs["subjects"]
    }
    for _, pod in pods(component):
        assert pod["serviceAccountName"]
        assert pod["automountServiceAccountToken"] is (pod["serviceAccountName"] in bound)


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_server_is_probed(component):
    for made, pod in pods(component):
        if made.kind in {"Deployment", "StatefulSet"}:
            for container in pod["containers"]:
                assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()


@pytest.mark.parametrize("component", COMPONENTS)
def test_no_environment_literal_holds_a_secret(component):
    for _, pod in pods(component):
        for container in containers(pod):
            literals = (
                str(container.get("env", "")) + str(container.get("args", "")) + str(container.get("command", ""))
            )
            assert "generated-" not in literals and "-password" not in literals and "the-bucket-key" not in literals


def test_a_namespace_enforces_restricted_pods_and_denies_all_traffic_but_name_resolution():
    engine = Engine()
    engine.build(lambda: Namespace("storage", NamespaceArgs(name="storage")))
    made = next(made for made in engine.made if made.type == "kubernetes:core/v1:Namespace")
    assert made.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    policy = engine.only("NetworkPolicy").inputs["spec"]
    assert policy["podSelector"] == {} and policy["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in policy
    assert [port["port"] for rule in policy["egress"] for port in rule["ports"]] == [53, 53]


def test_the_next_version_of_a_model_is_a_change_of_the_pods_alone():
    def made(version: int) -> dict[str, str]:
        engine = Engine()
        engine.build(lambda: model_server(version))
        return {one.name: str(one.inputs) for one in engine.made}

    before, after = made(1), made(2)
    assert [name for name in before if before[name] != after[name]] == ["iris-server"]


def test_a_project_without_a_schedule_waits_to_be_started():
    engine = Engine()
    engine.build(project)
    assert engine.only("CronJob").inputs["spec"]["suspend"] is True


def test_no_stateful_set_that_is_there_is_replaced_for_other_claims():
    engine = built(local_stack)
    sets = engine.all("StatefulSet")
    assert {"postgres-server", "mariadb-server", "kafka-server"} <= {made.name for made in sets}
    assert [engine.ignored[made.type, made.name] for made in sets] == [["spec.volumeClaimTemplates"]] * len(sets)
