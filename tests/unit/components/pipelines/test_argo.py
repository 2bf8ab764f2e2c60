"""Argo Workflows, on the recording engine."""

import json
from typing import Any

import pytest

from components.pipelines.argo.argo import Argo, ArgoArgs
from components.pipelines.argo.definitions import ArgoDefinitions, ArgoDefinitionsArgs
from components.pipelines.argo.settings import ArgoSettings
from components.pipelines.contracts import GpuPool
from policies.open_source.images import images
from tests.recording import Engine, Made
from tests.unit.components.wires import pipeline_space, sql_client

SIGN_ON = {
    "issuer": "https://login.example.org",
    "redirect_url": "https://argo.example.org/oauth2/callback",
    "secret": "argo-login",
    "rule": "'research' in groups",
}


def built(gpu: GpuPool | None = GpuPool(node_labels={"accelerator": "a100"}), **settings: Any) -> Engine:  # noqa: B008
    engine = Engine()
    engine.build(
        lambda: Argo(
            "argo",
            ArgoArgs(
                settings=ArgoSettings(**settings),
                namespace="argo",
                space=pipeline_space(gpu, "argo"),
                database=sql_client(),
            ),
        )
    )
    return engine


def configuration(engine: Engine) -> dict[str, Any]:
    return json.loads(engine.only("ConfigMap", "argo-config").inputs["data"]["config"])


def template(engine: Engine, step: str) -> dict[str, Any]:
    (only,) = engine.only("WorkflowTemplate", f"argo-{step}").inputs["spec"]["templates"]
    return only


def pod(engine: Engine, part: str) -> dict[str, Any]:
    return engine.only("Deployment", part).inputs["spec"]["template"]["spec"]


def rules(engine: Engine, start: str) -> list[tuple[str, dict[str, Any]]]:
    roles = [made.inputs for made in engine.all("Role", start)]
    return [(role["metadata"]["namespace"], rule) for role in roles for rule in role["rules"]]


def definitions(keep: bool) -> Engine:
    engine = Engine()
    engine.build(lambda: ArgoDefinitions("kinds", ArgoDefinitionsArgs(keep=keep)))
    return engine


def test_a_step_is_a_template_of_its_name_with_its_command_its_limits_and_its_retries():
    step = template(built(), "training")
    assert step["container"]["command"] == ["python", "train.py"] and "name" not in step["container"]
    assert step["activeDeadlineSeconds"] == 3600
    assert step["retryStrategy"]["limit"] == 1 and step["retryStrategy"]["retryPolicy"] == "Always"
    assert {"name": "DEPTH", "value": "3"} in step["container"]["env"]


def test_a_step_keeps_the_hardening_of_its_pod():
    step = template(built(), "training")
    assert step["securityContext"]["runAsNonRoot"] and step["container"]["securityContext"]["readOnlyRootFilesystem"]
    assert json.loads(step["podSpecPatch"])["enableServiceLinks"] is False


def test_a_step_that_asks_for_a_gpu_goes_to_the_pool_and_another_does_not():
    engine = built()
    wanted = template(engine, "accelerated")
    assert wanted["nodeSelector"] == {"accelerator": "a100"} and wanted["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert wanted["container"]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "tolerations" not in template(engine, "training")


def test_only_argos_own_containers_get_a_token_and_it_is_short_lived():
    defaults = configuration(built())["workflowDefaults"]["spec"]
    (volume,) = json.loads(defaults["podSpecPatch"])["volumes"]
    assert defaults["automountServiceAccountToken"] is False
    assert volume["secret"] is None and volume["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"]


def test_passwords_and_keys_are_in_secrets_alone():
    engine = built()
    for value, holder in (("the-database-password", "argo-database"), ("the-bucket-key", "argo-artifacts")):
        holders = {made.name for made in engine.made if value in str(made.inputs)} - {"argo-steps-credentials"}
        assert holders == {holder}


def test_logs_and_artefacts_go_to_the_bucket_and_in_it_to_a_folder_of_their_own():
    repository = configuration(built())["artifactRepository"]
    assert repository["archiveLogs"] and repository["s3"]["keyFormat"].startswith("workflows/{{workflow.namespace}}/")
    assert repository["s3"]["endpoint"] == "object-store.storage:8333" and repository["s3"]["insecure"] is True


def test_no_part_prints_the_stores_key_with_each_artefact():
    """At the level `info` they do, the executor at the controller's."""
    engine = built()
    for part in ("argo-controller", "argo-server"):
        assert "--loglevel=warn" in pod(engine, part)["containers"][0]["args"]


def test_workflows_are_archived_and_leave_the_cluster_in_the_end():
    config = configuration(built(archive_days=30, keep_failed=60))
    assert config["persistence"]["archive"] and config["persistence"]["nodeStatusOffLoad"]
    assert config["persistence"]["archiveTTL"] == "30d"
    assert config["workflowDefaults"]["spec"]["ttlStrategy"]["secondsAfterFailure"] == 60


def test_one_controller_needs_no_election_and_never_runs_twice():
    several, alone = built(), built(controller={"replicas": 1})
    deployment = alone.only("Deployment", "argo-controller").inputs["spec"]
    assert deployment["strategy"] == {"type": "Recreate"}
    assert {"name": "LEADER_ELECTION_DISABLE", "value": "true"} in pod(alone, "argo-controller")["containers"][0]["env"]
    assert "LEADER_ELECTION_IDENTITY" in str(pod(several, "argo-controller"))
    assert several.only("PodDisruptionBudget", "argo-controller")


def test_the_server_asks_for_a_token_over_https():
    container = pod(built(), "argo-server")["containers"][0]
    assert [flag for flag in container["args"] if "auth-mode" in flag] == ["--auth-mode=client"]
    assert "--secure" in container["args"] and container["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_single_sign_on_stands_beside_tokens_and_acts_as_the_users_account():
    engine = built(single_sign_on=SIGN_ON)
    flags = pod(engine, "argo-server")["containers"][0]["args"]
    assert {"--auth-mode=client", "--auth-mode=sso"} <= set(flags)
    assert configuration(engine)["sso"]["rbac"] == {"enabled": True}
    (user,) = [made for made in engine.all("ServiceAccount") if made.inputs["metadata"].get("name") == "argo-user"]
    assert user.inputs["metadata"]["annotations"] == {"workflows.argoproj.io/rbac-rule": SIGN_ON["rule"]}


def test_nobody_has_a_right_outside_the_two_namespaces_and_nobody_may_do_everything():
    engine = built(single_sign_on=SIGN_ON)
    assert not engine.all("ClusterRole")
    for namespace, rule in rules(engine, "argo"):
        assert namespace in ("argo", "argo-runs")
        assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]


@pytest.mark.parametrize("settings", [{}, {"single_sign_on": SIGN_ON, "certificate": "argo-tls"}])
def test_a_secret_is_read_by_name_alone(settings: dict[str, Any]):
    for _, rule in rules(built(**settings), "argo"):
        if "secrets" in rule["resources"] and rule["verbs"] != ["create"]:
            assert rule["resourceNames"] and rule["verbs"] == ["get"]


def test_the_executor_may_tell_how_a_step_ended_and_nothing_else():
    ((namespace, rule),) = rules(built(), "argo-executor")
    assert namespace == "argo-runs" and rule["resources"] == ["workflowtaskresults"]
    assert rule["verbs"] == ["create", "patch"]


def test_two_installations_leave_each_others_workflows_alone():
    engine = built()
    flags = pod(engine, "argo-controller")["containers"][0]["args"]
    assert {"--namespaced", "--managed-namespace=argo-runs"} <= set(flags)
    labels = engine.only("WorkflowTemplate", "argo-training").inputs["metadata"]["labels"]
    assert labels["workflows.argoproj.io/controller-instanceid"] == configuration(engine)["instanceID"] == "argo"


def found(made: Made) -> set[str]:
    return {one.text for one in images(made.type, made.inputs).found}


def test_the_policies_see_the_images_that_argo_starts_later():
    engine = built()
    assert any("argoexec:" in image for image in found(engine.only("Deployment", "argo-controller")))
    assert any("mlflow:" in image for image in found(engine.only("WorkflowTemplate", "argo-training")))


def test_a_workflow_without_a_specification_is_refused_by_its_definition():
    made = definitions(keep=True).only("CustomResourceDefinition", "kinds-workflows")
    (version,) = made.inputs["spec"]["versions"]
    assert version["schema"]["openAPIV3Schema"]["required"] == ["metadata", "spec"]


def test_all_kinds_of_argo_are_there_and_each_is_owned_by_this_installation():
    made = definitions(keep=False).all("CustomResourceDefinition")
    assert len(made) == 8
    assert {one.inputs["metadata"]["name"].partition(".")[2] for one in made} == {"argoproj.io"}
    assert all(one.inputs["metadata"]["ownerReferences"][0]["kind"] == "ClusterRole" for one in made)
