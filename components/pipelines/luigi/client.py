"""Luigi's client, one pod for each run of a step: it asks the scheduler, starts the step's Job and follows that."""

from dataclasses import replace
from pathlib import Path

from pulumi import Input, Output
from pulumi_kubernetes.batch.v1 import (
    CronJobSpecArgs,
    PodFailurePolicyArgs,
    PodFailurePolicyOnExitCodesRequirementArgs,
    PodFailurePolicyRuleArgs,
)

from ...base import Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.plain import as_json
from ...k8s.rbac import Grant, Rule
from ...k8s.volumes import config_files, scratch, secret_files
from ...k8s.workload import Workload
from ...sources import texts
from ..space import Space
from ..step import StepSettings
from . import proxy, scheduler
from .settings import LuigiSettings

_FILES, _LOGIN, _STEP = "/etc/luigi", "/etc/luigi-login", "/etc/luigi-step"
_KEPT_SECONDS = 7 * 24 * 3600
_AWAY_SECONDS = 300  # for so long a client waits for a scheduler that is being moved or upgraded

# Drive the steps' Jobs, show their logs, and say what keeps one from starting.
_RULES = (
    Rule("batch", ["jobs"], ["create", "get", "delete"]),
    Rule("", ["pods", "events"], ["list"]),
    Rule("", ["pods/log"], ["get"]),
)

_MISSING, _NOT_RUN, _FAILED = 20, 25, 30
"""Exit codes of a run that has failed for good. After any other one, such as a kill, its client is started anew."""

_BEHAVIOUR = f"""
log_level = INFO
rpc_retry_attempts = {_AWAY_SECONDS // 10}
rpc_retry_wait = 10

[worker]
# One run, one worker: a client that takes the place of a dead one is handed the dead one's task.
id = ${{{{RUN}}}}
keep_alive = true
wait_jitter = 0
send_failure_email = false
max_keep_alive_idle_duration = {{idle}} seconds

[retcode]
already_running = 10
missing_data = {_MISSING}
not_run = {_NOT_RUN}
task_failed = {_FAILED}
scheduling_error = 35
unhandled_exception = 40
"""


def files(url: Output[str], settings: LuigiSettings) -> dict[str, Input[str]]:
    """For a ConfigMap: the tasks, and how the client behaves."""
    # A scheduler that was killed knows nothing of a task that is to be tried again: then the client gives up.
    behaviour = _BEHAVIOUR.format(idle=2 * settings.retry_seconds + 60)
    configuration = Output.concat("[core]\ndefault_scheduler_url = ", url, behaviour)
    return {"luigi.cfg": configuration, **texts(Path(__file__).with_name("tasks"))}


def login(host: Text, password: Output[str]) -> dict[str, Output[str]]:
    """For a Secret: a .netrc, and no URL with the password in it, which the client would log when a call fails."""
    return {"netrc": Output.concat("machine ", host, " login ", proxy.USERNAME, " password ", password, "\n")}


def client(
    name: str, settings: LuigiSettings, space: Space, files: Input[str], login: Input[str], key: Input[str]
) -> Workload:
    """What the clients of all steps have in common. `files` names a ConfigMap, `login` and `key` name Secrets."""
    return Workload(
        identity=Identity("luigi", name, "client"),
        name="client",
        image=settings.image or image("luigi").reference,
        user=scheduler.USER,
        working_dir="/tmp",
        env={
            "HOME": "/tmp",
            "PYTHONPATH": _FILES,
            # Luigi knows some of its own settings by one of its ways to read them, and warns of them by the other.
            "PYTHONWARNINGS": "ignore:The configuration contains the parameter",
            "NETRC": f"{_LOGIN}/netrc",
            "STEP_FILE": f"{_STEP}/step.json",
            "ARTIFACTS": space.context.artifacts.url,
            **space.context.artifacts.environment,
        },
        fields={
            "NAMESPACE": "metadata.namespace",
            "RUN": "metadata.labels['batch.kubernetes.io/job-name']",
            "RUN_UID": "metadata.labels['batch.kubernetes.io/controller-uid']",
        },
        secrets=[key],
        mounts=[
            config_files("files", _FILES, files),
            secret_files("login", _LOGIN, login),
            scratch("tmp", "/tmp", "64Mi"),
        ],
        resources=settings.client,
        pull_secrets=space.context.pull_secrets,
        grants=[Grant(_RULES, space.namespace)],
        cloud=space.context.artifacts.identity,
    )


def run_of(step: str, client: Workload, step_file: Input[str], seconds: int) -> CronJobSpecArgs:
    """Waits for `kubectl create job --from`; the Job's name becomes the name of the run."""
    work = replace(
        client,
        command=["luigi", "--module", "steps", step, "--name", "$(RUN)"],
        mounts=[*client.mounts, config_files("step", _STEP, step_file)],
    )
    job = work.job(timeout=seconds, retries=3, keep=_KEPT_SECONDS)
    final = PodFailurePolicyOnExitCodesRequirementArgs(operator="In", values=[_MISSING, _NOT_RUN, _FAILED])
    stop = PodFailurePolicyRuleArgs(action="FailJob", on_exit_codes=final)
    job.pod_failure_policy = PodFailurePolicyArgs(rules=[stop])
    return work.cron_job(job, schedule=None)


def step_file(name: str, space: Space, seconds: int) -> dict[str, Input[str]]:
    """For a ConfigMap: the step as the task in `tasks/steps.py` reads it, with the whole Job that runs it."""
    step, work = space.steps[name], space.workload(name)
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"labels": {**work.identity.labels, **space.queue(name)}},
        # Luigi counts the attempts; each is a Job of its own, which the client removes when it has ended.
        "spec": work.job(timeout=step.timeout, retries=0, keep=_KEPT_SECONDS),
    }
    return {"step.json": as_json({"name": name, "attempts": step.retries + 1, "seconds": seconds, "job": job})}


def most_seconds(step: StepSettings, settings: LuigiSettings, patience: int) -> int:
    """How long a run may take with all its attempts, each of which may wait for its quota."""
    return (step.retries + 1) * (patience + step.timeout + settings.retry_seconds) + _AWAY_SECONDS
