"""Prefect on the recording engine: what it is made of, who may do what, and what a run may choose."""

import json

import pytest
from pydantic import ValidationError

from components.data.contracts import Cache
from components.k8s.network import Peer
from components.pipelines.contracts import GpuPool
from components.pipelines.prefect.engine import Prefect
from components.pipelines.prefect.settings import PrefectArgs, PrefectSettings
from tests.recording import Engine
from tests.unit.components.wires import pipeline_space, sql_client
from tests.unit.policies.analysis import refusals

CACHE = Cache(host="valkey.cache", password="the-cache-password", peer=Peer("cache", {"app": "valkey"}, (6379,)))


def built(cache: Cache | None = None, **settings: object) -> Engine:
    engine = Engine()

    def program() -> None:
        space = pipeline_space(GpuPool(), "prefect")
        wanted = PrefectSettings(**settings)
        args = PrefectArgs(settings=wanted, namespace="prefect", space=space, database=sql_client(), cache=cache)
        Prefect("prefect", args)

    engine.build(program)
    return engine


def pod(engine: Engine, name: str, kind: str = "Deployment") -> dict:
    return engine.only(kind, name).inputs["spec"]["template"]["spec"]


def environment(engine: Engine, name: str, kind: str = "Deployment") -> dict[str, str]:
    return {one["name"]: one.get("value") for one in pod(engine, name, kind)["containers"][0]["env"]}


def template(engine: Engine) -> dict:
    return json.loads(engine.only("ConfigMap", "prefect-pool").inputs["data"]["template.json"])


def rules(engine: Engine, name: str) -> dict[str, list[str]]:
    role = engine.only("Role", name).inputs
    assert role["metadata"]["namespace"] == "prefect-runs"
    return {rule["resources"][0]: sorted(rule["verbs"]) for rule in role["rules"]}


def test_logins_reach_secrets_and_nothing_else():
    engine = built(CACHE, replicas=2)
    holders = {
        value: {made.name for made in engine.made if value in str(made.inputs)}
        for value in ("generated-prefect-admin", "the-database-password", "the-cache-password")
    }
    assert holders == {
        "generated-prefect-admin": {"prefect-server", "prefect-login", "prefect-flow-login"},
        "the-database-password": {"prefect-server"},
        "the-cache-password": {"prefect-server"},
    }
    assert {made.kind for made in engine.made if "generated-prefect-admin" in str(made.inputs)} == {"Secret"}


def test_one_replica_is_a_whole_server_that_never_runs_twice():
    engine = built()
    deployment = engine.only("Deployment", "prefect-server").inputs["spec"]
    assert deployment["strategy"]["type"] == "Recreate"
    assert "--no-services" not in pod(engine, "prefect-server")["containers"][0]["args"]
    assert not engine.all("Deployment", "prefect-services") and not engine.all("PodDisruptionBudget")


def test_several_replicas_serve_the_api_alone_and_leave_the_services_to_a_pod_apart():
    engine = built(CACHE, replicas=3)
    assert "--no-services" in pod(engine, "prefect-server")["containers"][0]["args"]
    services = engine.only("Deployment", "prefect-services").inputs["spec"]
    assert services["replicas"] == 1 and "--no-services" not in str(services)
    selector = engine.only("Service").inputs["spec"]["selector"].items()
    assert not selector <= services["template"]["metadata"]["labels"].items()
    assert engine.only("PodDisruptionBudget")


@pytest.mark.parametrize("part", ["prefect-server", "prefect-services"])
def test_all_that_one_process_would_keep_in_memory_is_shared_by_several(part: str):
    shared = {name: value for name, value in environment(built(CACHE, replicas=2), part).items() if value}
    assert sorted(name for name, value in shared.items() if value.startswith("prefect_redis.")) == [
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING",
        "PREFECT_SERVER_EVENTS_MESSAGING_BROKER",
        "PREFECT_SERVER_EVENTS_MESSAGING_CACHE",
        "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE",
    ]


def test_one_replica_leaves_the_cache_alone():
    engine = built(CACHE)
    assert not [made.name for made in engine.made if "cache" in str(made.inputs)]


def test_several_replicas_without_a_cache_are_refused():
    with pytest.raises(ValidationError, match="give one, or ask for one replica"):
        built(replicas=2)


def test_the_database_is_migrated_by_a_job_before_the_server_starts_and_not_by_the_server():
    engine = built()
    job = pod(engine, "prefect-migration", "Job")["containers"][0]
    assert job["command"] == ["prefect", "server", "database", "upgrade", "-y"]
    assert job["image"] == pod(engine, "prefect-server")["containers"][0]["image"]
    assert environment(engine, "prefect-server")["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] == "false"


def test_the_worker_may_start_and_watch_jobs_where_runs_take_place_and_nothing_more():
    assert rules(built(), "prefect-worker") == {
        "jobs": ["create", "delete", "get", "list", "watch"],
        "pods": ["get", "list", "watch"],
        "pods/log": ["get"],
    }


def test_a_runs_pod_may_start_its_steps_job_and_read_that_jobs_log_and_nothing_more():
    assert rules(built(), "prefect-flow") == {
        "jobs": ["create", "delete", "get"],
        "pods": ["list"],
        "pods/log": ["get"],
        "events": ["list"],
    }


def test_the_worker_watches_one_namespace_and_refers_to_the_login_by_name():
    env = environment(built(), "prefect-worker")
    assert env["PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES"] == "prefect-runs"
    prefix = "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET"
    assert env[f"{prefix}_NAME"].startswith("prefect-flow-login") and env[f"{prefix}_KEY"] == "PREFECT_API_AUTH_STRING"


def test_a_run_may_choose_its_pods_resources_and_nothing_else():
    made = template(built())
    assert set(made["variables"]["properties"]) == {"cpu_request", "memory_request", "memory_limit"}
    assert made["variables"]["additionalProperties"] is False
    holes = {word for word in json.dumps(made["job_configuration"]).split('"') if "{{" in word}
    assert holes == {"{{ cpu_request }}", "{{ memory_request }}", "{{ memory_limit }}"}


def test_a_runs_pod_is_pinned_hardened_and_goes_some_time_after_its_end():
    job = template(built(keep_runs=1200))["job_configuration"]["job_manifest"]["spec"]
    spec = job["template"]["spec"]
    (container,) = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True and spec["securityContext"]["runAsNonRoot"]
    assert container["image"].startswith("docker.io/prefecthq/prefect:3.")
    assert spec["serviceAccountName"].startswith("prefect-flow-account")
    assert job["ttlSecondsAfterFinished"] == 1200 and job["backoffLimit"] == 0
    assert "AUTH_STRING" not in json.dumps(spec)


@pytest.mark.parametrize("files", ["prefect-pool", "prefect-flows"])
def test_the_policies_judge_the_images_of_pods_that_prefect_will_start(files: str):
    made = built().only("ConfigMap", files)
    assert not refusals("open-source-images", made.type, made.inputs)
    for repository in ("docker.io/prefecthq/prefect", "ghcr.io/mlflow/mlflow"):
        swapped = json.loads(json.dumps(made.inputs).replace(repository, "docker.io/redis/redis-stack"))
        assert bool(refusals("open-source-images", made.type, swapped)) is (repository in json.dumps(made.inputs))


def test_each_step_lies_beside_the_flow_as_a_job_that_is_tried_once_and_cut_off_in_time():
    files = built().only("ConfigMap", "prefect-flows").inputs["data"]
    assert set(files) == {"step.py", "training.json", "accelerated.json"}
    told = json.loads(files["accelerated.json"])
    assert told["retries"] == 1
    job = told["job"]["spec"]
    assert job["backoffLimit"] == 0 and job["activeDeadlineSeconds"] == 3600
    assert job["template"]["spec"]["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert job["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == "step"


def test_every_step_is_registered_as_a_deployment_before_the_worker_polls():
    engine = built()
    command = pod(engine, "prefect-registration", "Job")["containers"][0]["command"]
    assert command == ["python", "/pool/register.py", "kubernetes", "/flows", "accelerated", "training"]


def test_only_the_server_and_its_migration_may_reach_the_database():
    clients = {
        made.inputs["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for made in built().all("NetworkPolicy")
        if made.name.startswith("prefect-") and "postgres" in str(made.inputs["spec"].get("egress"))
    }
    assert clients == {"server", "migration"}
