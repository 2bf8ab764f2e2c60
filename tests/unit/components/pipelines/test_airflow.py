"""Airflow, on the recording engine: who holds which key, who may do what, and what each pod is told."""

import base64
import json

import pytest
from pydantic import ValidationError

from components.access import Access
from components.pipelines.airflow.configuration import bundles
from components.pipelines.airflow.engine import Airflow, fernet_key
from components.pipelines.airflow.settings import AirflowArgs, AirflowSettings, DagsSettings
from components.pipelines.contracts import GpuPool
from tests.recording import SECRET_MARK, Engine
from tests.unit.components.wires import bucket, pipeline_space, sql_client

GIT = {"from": "git", "url": "https://git.example/team/dags.git", "ref": "prod", "subdir": "dags"}
SERVERS = {"airflow-server", "airflow-scheduler-server", "airflow-dag-processor-server", "airflow-triggerer-server"}


def airflow(**settings: object) -> Airflow:
    args = AirflowArgs(
        settings=AirflowSettings(**settings),
        namespace="airflow",
        space=pipeline_space(gpu=GpuPool(), engine="airflow"),
        database=sql_client(),
        artifacts=bucket(),
        access=Access(),
    )
    return Airflow("airflow", args)


def built(**settings: object) -> Engine:
    engine = Engine()
    engine.build(lambda: airflow(**settings))
    return engine


def container(engine: Engine, kind: str, name: str) -> dict:
    return engine.only(kind, name).inputs["spec"]["template"]["spec"]["containers"][0]


def environment(one: dict) -> dict[str, str]:
    return {each["name"]: each["value"] for each in one["env"]}


def worker_pod(engine: Engine) -> dict:
    return json.loads(engine.only("ConfigMap", "airflow-templates").inputs["data"]["worker.json"])


def holders(engine: Engine, value: str) -> set[str]:
    return {made.name for made in engine.made if value in str(made.inputs)}


def rules(engine: Engine, role: str) -> dict[str, list[str]]:
    made = engine.only("Role", role).inputs
    assert made["metadata"]["namespace"] == "airflow-runs", "no rights where the servers are"
    return {resource: rule["verbs"] for rule in made["rules"] for resource in rule["resources"]}


def test_the_servers_keys_are_in_one_secret_and_nowhere_else():
    engine = built()
    fernet = fernet_key("generated-airflow-fernet-key")
    for value in ("the-database-password", "generated-airflow-jwt", "generated-airflow-session", fernet):
        assert holders(engine, value) == {"airflow-keys"}, value
    assert SECRET_MARK in str(engine.only("Secret", "airflow-keys").inputs["stringData"])


def test_the_administrators_password_is_in_the_secret_of_the_job_that_sets_it():
    engine = built()
    assert holders(engine, "generated-airflow-admin") == {"airflow-admin"}
    job = container(engine, "Job", "airflow-administrator")
    assert {one["secretRef"]["name"] for one in job["envFrom"]} == {
        "airflow-keys-1a2b3c4d",
        "airflow-admin-1a2b3c4d",
    }


def test_a_fernet_key_is_32_bytes_in_the_alphabet_for_urls():
    assert len(base64.urlsafe_b64decode(fernet_key("a" * 32))) == 32


def test_a_tasks_pod_knows_the_bucket_and_neither_the_database_nor_the_servers_keys():
    engine = built()
    (base,) = worker_pod(engine)["spec"]["containers"]
    assert base["envFrom"] == [{"secretRef": {"name": "airflow-worker-1a2b3c4d"}}]
    assert holders(engine, "the-bucket-key") == {"airflow-steps-credentials", "airflow-keys", "airflow-worker"}
    assert not [name for name in environment(base) if "DATABASE" in name or "FERNET" in name or "JWT" in name]
    assert environment(base)["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://airflow.airflow:8080/execution/"


def test_a_tasks_pod_is_as_the_executor_wants_it_and_as_hardened_as_any_other():
    pod = worker_pod(built())
    (base,) = pod["spec"]["containers"]
    assert (base["name"], pod["spec"]["restartPolicy"], pod["metadata"]["name"]) == ("base", "Never", "worker")
    assert base["image"].startswith("docker.io/apache/airflow:")
    assert base["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["enableServiceLinks"] is False
    assert pod["spec"]["serviceAccountName"].startswith("airflow-worker-account")
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "worker", "by which wires lead it"


def test_accounts_may_do_in_the_runs_namespace_what_their_part_does_and_no_more():
    engine = built()
    assert rules(engine, "airflow-scheduler") == {"pods": ["create", "get", "list", "watch", "patch", "delete"]}
    assert rules(engine, "airflow-worker") == {
        "pods": ["create", "get", "list", "patch", "delete"],
        "pods/log": ["get"],
        "events": ["list"],
    }
    assert rules(engine, "airflow-role") == {"pods": ["list"], "pods/log": ["get"]}, "the API server reads logs"
    assert rules(engine, "airflow-cleaner") == {"pods": ["list", "delete"]}
    assert not engine.all("Role", "airflow-dag-processor"), "it runs what users wrote, and needs no rights"
    assert not engine.all("ClusterRole")


def test_with_the_local_executor_the_scheduler_runs_tasks_and_has_their_code_and_rights():
    engine = built(executor="LocalExecutor")
    assert rules(engine, "airflow-scheduler") == rules(built(), "airflow-worker")
    mounts = [one["mountPath"] for one in container(engine, "Deployment", "airflow-scheduler")["volumeMounts"]]
    assert "/opt/airflow/steps" in mounts


def test_servers_start_on_the_database_that_the_migration_has_brought_up_to_date():
    engine = built()
    jobs_and_servers = [made.name for made in engine.made if made.kind in {"Job", "Deployment"}]
    assert jobs_and_servers[0] == "airflow-migration-job"
    assert {made.name for made in engine.all("Deployment")} == SERVERS
    images = {container(engine, "Deployment", server)["image"] for server in SERVERS}
    assert images == {container(engine, "Job", "airflow-migration")["image"]}


def test_every_step_has_its_pod_beside_the_file_that_makes_the_dags():
    engine = built()
    for place, namespace in (("server", "airflow"), ("worker", "airflow-runs")):
        made = engine.only("ConfigMap", f"airflow-{place}-dags").inputs
        assert made["metadata"]["namespace"] == namespace
        assert set(made["data"]) == {
            ".airflowignore",
            "steps.py",
            "steps.json",
            "training.pod.json",
            "accelerated.pod.json",
        }
    assert json.loads(made["data"]["steps.json"])["training"] == {"retries": 1, "timeout": 3600, "patience": 0}
    pod = json.loads(made["data"]["accelerated.pod.json"])
    assert pod["metadata"]["labels"] == {"app.kubernetes.io/component": "step"}
    assert pod["metadata"]["namespace"] == "airflow-runs"
    assert pod["spec"]["tolerations"] and pod["spec"]["activeDeadlineSeconds"] == 3600


def test_users_dags_come_from_the_image_or_from_git_beside_the_platforms_own():
    assert [one["name"] for one in bundles(DagsSettings())] == ["steps", "image"]
    steps, git = bundles(DagsSettings(**GIT))
    assert steps["kwargs"] == {"path": "/opt/airflow/steps"}
    assert git["kwargs"] == {"repo_url": GIT["url"], "tracking_ref": "prod", "subdir": "dags", "refresh_interval": 60}


def test_whoever_reads_dags_from_git_is_led_to_it_and_gets_its_login():
    engine = built(dags={**GIT, "credentials": "git-login"})
    policies = {made.name for made in engine.all("NetworkPolicy") if "repository" in made.name}
    assert policies == {"airflow-dag-processor-repository", "airflow-tasks-repository"}
    for one in (container(engine, "Deployment", "airflow-dag"), worker_pod(engine)["spec"]["containers"][0]):
        assert "git-login" in str(one["envFrom"])
        # A literal would hide the Secret's key of the same name.
        assert "AIRFLOW_CONN_GIT_DEFAULT" not in environment(one)
    assert "git-login" not in str(container(engine, "Deployment", "airflow-triggerer"))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"executor": "CeleryExecutor"}, "'KubernetesExecutor' or 'LocalExecutor'"),
        ({"dags": {"from": "git"}}, "write `url:` with `from: git`"),
        ({"dags": {"url": "https://git.example/x.git"}}, "write `url:` with `from: git`"),
        ({"dags": {**GIT, "url": "https://me:token@git.example/x.git"}}, "String should match pattern"),
        ({"scheduler": {"replicas": 0}}, "greater than or equal to 1"),
        ({"public_url": "airflow.example"}, "String should match pattern"),
    ],
)
def test_settings_that_could_not_work_are_refused(settings: dict, told: str):
    with pytest.raises(ValidationError, match=told):
        AirflowSettings(**settings)


def test_the_next_version_changes_pods_and_reruns_the_migration_and_replaces_nothing_that_is_kept(monkeypatch):
    from components.pipelines.airflow import parts

    def made() -> dict[str, str]:
        return {f"{one.kind} {one.name}": str(one.inputs) for one in built().made}

    before = made()
    newer = parts.image("airflow").model_copy(update={"version": "3.4.0"})
    monkeypatch.setattr(parts, "image", lambda name: newer)
    after = made()
    changed = {key.split()[0] for key in before if before[key] != after[key]}
    assert before.keys() == after.keys()
    assert changed == {"Deployment", "Job", "CronJob", "ConfigMap"}
    assert "Job airflow-migration-job" in [key for key in before if before[key] != after[key]]


def test_a_setting_that_does_not_concern_the_database_does_not_run_the_migration_again():
    before, after = ({one.name: str(one.inputs) for one in built(parallelism=n).made} for n in (32, 64))
    assert before["airflow-scheduler-server"] != after["airflow-scheduler-server"]
    for job in ("airflow-migration-job", "airflow-administrator-job"):
        assert before[job] == after[job]
