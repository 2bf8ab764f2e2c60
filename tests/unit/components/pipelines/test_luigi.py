"""Luigi's scheduler behind its login, and the clients of its steps, on the recording engine."""

import base64
import hashlib
import json

import pytest
from pydantic import ValidationError

from components.k8s.login import htpasswd
from components.pipelines.contracts import GpuPool
from components.pipelines.luigi import scheduler
from components.pipelines.luigi.engine import Luigi
from components.pipelines.luigi.settings import LuigiArgs, LuigiSettings
from tests.recording import Engine
from tests.unit.components.wires import STEPS, pipeline_space, sql_client


def luigi(gpu: GpuPool | None = None, **settings: object) -> Luigi:
    space = pipeline_space(gpu=gpu or GpuPool())
    args = LuigiArgs(settings=LuigiSettings(**settings), namespace="luigi", space=space, database=sql_client())
    return Luigi("luigi", args)


@pytest.fixture(scope="module")
def engine() -> Engine:
    made = Engine()
    made.build(luigi)
    return made


def pod(engine: Engine, kind: str, name: str = "") -> dict:
    spec = engine.only(kind, name).inputs["spec"]
    return spec.get("jobTemplate", {}).get("spec", spec)["template"]["spec"]


def file(engine: Engine, config_map: str, key: str) -> str:
    return engine.only("ConfigMap", config_map).inputs["data"][key]


def reached(engine: Engine, namespace: str, labels: dict[str, str]) -> set[str]:
    """The wires by which pods with these labels may leave their namespace."""
    return {
        made.name.removesuffix("-out")
        for made in engine.all("NetworkPolicy", "luigi-")
        if "Egress" in made.inputs["spec"]["policyTypes"]
        and made.inputs["metadata"]["namespace"] == namespace
        and made.inputs["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()
    }


def test_the_scheduler_listens_on_loopback_and_the_way_in_leads_to_the_proxy(engine: Engine):
    luigid, nginx = pod(engine, "StatefulSet")["containers"]
    assert luigid["command"][1:] == ["--address", "127.0.0.1", "--port", "8083"]
    assert [port["port"] for port in engine.only("Service", "luigi-service").inputs["spec"]["ports"]] == [8082]
    configuration = file(engine, "luigi-proxy", "proxy.conf")
    assert "listen 8082;" in configuration and "server 127.0.0.1:8083;" in configuration
    assert nginx["command"][-1] == "/etc/luigi-proxy/proxy.conf"


def test_the_password_file_holds_a_salted_hash_that_stays_while_the_password_stays():
    line = htpasswd("luigi", "the-password", "the-salt")
    assert line == htpasswd("luigi", "the-password", "the-salt")
    user, _, stored = line.strip().partition(":{SSHA}")
    kept = base64.b64decode(stored)
    assert user == "luigi" and kept[20:] == b"the-salt"
    assert kept[:20] == hashlib.sha1(b"the-passwordthe-salt").digest()


def test_passwords_and_keys_are_in_secrets_alone(engine: Engine):
    holders = {
        value: {made.name for made in engine.made if value in str(made.inputs)}
        for value in ("generated-luigi-login", "the-database-password", "the-bucket-key")
    }
    assert holders == {
        "generated-luigi-login": {"luigi-client-login"},
        "the-database-password": {"luigi-database"},
        "the-bucket-key": {"luigi-client-key", "luigi-steps-credentials"},
    }


def test_the_client_logs_in_without_a_password_in_its_url(engine: Engine):
    assert file(engine, "luigi-client", "luigi.cfg").startswith(
        "[core]\ndefault_scheduler_url = http://luigi.luigi:8082\n"
    )
    netrc = engine.only("Secret", "luigi-client-login").inputs["stringData"]
    assert "machine luigi.luigi login luigi password generated-luigi-login\n" in str(netrc).replace("\\n", "\n")


def test_a_failed_run_ends_with_a_code_by_which_its_job_is_not_repeated(engine: Engine):
    configuration = file(engine, "luigi-client", "luigi.cfg")
    assert "task_failed = 30" in configuration and "not_run = 25" in configuration
    job = engine.only("CronJob", "luigi-training").inputs["spec"]["jobTemplate"]["spec"]
    (rule,) = job["podFailurePolicy"]["rules"]
    assert rule == {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [20, 25, 30]}}


def test_a_client_that_takes_the_place_of_a_dead_one_is_the_same_worker(engine: Engine):
    assert "id = ${RUN}\n" in file(engine, "luigi-client", "luigi.cfg")
    (container,) = pod(engine, "CronJob", "luigi-training")["containers"]
    fields = {one["name"]: one["valueFrom"]["fieldRef"]["fieldPath"] for one in container["env"] if "valueFrom" in one}
    assert fields["RUN"] == "metadata.labels['batch.kubernetes.io/job-name']"
    assert container["command"] == ["luigi", "--module", "steps", "training", "--name", "$(RUN)"]


def test_every_step_waits_under_its_own_name(engine: Engine):
    made = {one.inputs["metadata"]["name"]: one.inputs["spec"] for one in engine.all("CronJob")}
    assert set(made) == set(STEPS) and all(spec["suspend"] for spec in made.values())


def test_a_steps_job_is_the_spaces_pod_tried_once_by_kubernetes_and_as_often_as_declared_by_luigi(engine: Engine):
    told = json.loads(file(engine, "luigi-accelerated-step", "step.json"))
    assert told["name"] == "accelerated" and told["attempts"] == STEPS["accelerated"].retries + 1
    job = told["job"]["spec"]
    assert job["backoffLimit"] == 0 and job["activeDeadlineSeconds"] == STEPS["accelerated"].timeout
    inner = job["template"]["spec"]
    assert inner["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert inner["tolerations"] and inner["automountServiceAccountToken"] is False
    assert job["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == "step"


def test_the_client_may_wait_for_all_attempts_of_its_step(engine: Engine):
    step, told = STEPS["training"], json.loads(file(engine, "luigi-training-step", "step.json"))
    most = engine.only("CronJob", "luigi-training").inputs["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"]
    assert most == told["seconds"] > (step.retries + 1) * step.timeout


def test_only_the_client_has_rights_and_they_end_at_the_runs_namespace(engine: Engine):
    (role,) = engine.all("Role")
    assert role.inputs["metadata"]["namespace"] == "luigi-runs" and not engine.all("ClusterRole")
    assert {(tuple(rule["resources"]), tuple(rule["verbs"])) for rule in role.inputs["rules"]} == {
        (("jobs",), ("create", "get", "delete")),
        (("pods", "events"), ("list",)),
        (("pods/log",), ("get",)),
    }
    assert pod(engine, "CronJob", "luigi-training")["automountServiceAccountToken"] is True
    assert pod(engine, "StatefulSet")["automountServiceAccountToken"] is False


def test_the_scheduler_reaches_the_database_and_the_client_the_scheduler_the_bucket_and_the_api(engine: Engine):
    server = engine.only("StatefulSet").inputs["spec"]["template"]["metadata"]["labels"]
    job = engine.only("CronJob", "luigi-training").inputs["spec"]["jobTemplate"]["spec"]
    assert reached(engine, "luigi", server) == {"luigi-database"}
    assert reached(engine, "luigi-runs", job["template"]["metadata"]["labels"]) == {
        "luigi-client-scheduler",
        "luigi-client-artifacts",
        "luigi-client-kubernetes",
    }


def test_the_tables_are_made_by_the_version_that_is_to_run_before_it_runs(engine: Engine):
    (migration,), (luigid, _) = pod(engine, "Job")["containers"], pod(engine, "StatefulSet")["containers"]
    assert migration["image"] == luigid["image"] and migration["env"] == luigid["env"]
    order = [made.name for made in engine.made]
    assert order.index("luigi-migration-job") < order.index("luigi-server")


def test_the_scheduler_keeps_its_state_on_a_claim_and_has_time_to_write_it(engine: Engine):
    (claim,) = engine.only("StatefulSet").inputs["spec"]["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "state"
    assert "state_path = /var/lib/luigi/state.pickle" in file(engine, "luigi-scheduler", "luigi.cfg")
    assert pod(engine, "StatefulSet")["terminationGracePeriodSeconds"] >= 30


def test_what_is_said_of_retries_reaches_the_scheduler():
    told = scheduler.files(LuigiSettings(retry_seconds=7, shown_seconds=120))["luigi.cfg"]
    assert "retry_delay = 7\n" in told and "remove_delay = 120\n" in told and "${HISTORY}" in told


def test_ones_own_image_is_used_wherever_luigi_runs():
    engine = Engine()
    engine.build(lambda: luigi(image="registry.example.org/ml/luigi:3.8.1"))
    places = ("StatefulSet", "Job", "CronJob")
    images = {pod(engine, kind, "luigi-training" * (kind == "CronJob"))["containers"][0]["image"] for kind in places}
    assert images == {"registry.example.org/ml/luigi:3.8.1"}


@pytest.mark.parametrize("image", ["registry.example.org/ml/luigi", "registry.example.org:5000/luigi"])
def test_an_image_without_a_version_is_refused(image: str):
    with pytest.raises(ValidationError, match="write an image with its version"):
        LuigiSettings(image=image)
