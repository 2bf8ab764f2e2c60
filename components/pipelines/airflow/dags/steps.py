"""A DAG for each step of the platform: one task, which starts the step's pod, follows its log and waits for its end."""

import json
from datetime import timedelta
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG

HERE = Path(__file__).parent
MINUTES_FOR_A_NODE = 15  # as long as a pool without nodes may take to get one


def offer(name: str, retries: int, timeout: int, patience: int) -> None:
    """A DAG made in a `with` registers itself."""
    starts_within = MINUTES_FOR_A_NODE * 60 + patience
    with DAG(name, schedule=None, is_paused_upon_creation=False, tags=["platform"]):
        KubernetesPodOperator(
            task_id="step",
            name=name,
            # Read when the task runs. As a value of its own it would be a template, and the step's braces Jinja's.
            pod_template_file=str(HERE / f"{name}.pod.json"),
            base_container_name="step",
            in_cluster=True,
            kubernetes_conn_id=None,
            retries=retries,
            # Longer than a pod may take to go: a retry that finds the last attempt's still there goes down with it.
            retry_delay=timedelta(seconds=40),
            # Of the pod's start too. The step alone has its `timeout`: the pod's own deadline, from when a node has it.
            execution_timeout=timedelta(seconds=starts_within + timeout),
            startup_timeout_seconds=starts_within,
            startup_check_interval_seconds=2,
            on_finish_action="delete_pod",
            log_events_on_failure=True,
            log_pod_spec_on_failure=False,
            container_name_log_prefix_enabled=False,
        )


for step, how in json.loads((HERE / "steps.json").read_text()).items():
    offer(step, **how)
