"""A user's own DAG on top of the platform's step: each Sunday, the training step with three strengths at once.

It belongs into the repository that `airflow.dags` names, or into the image's /opt/airflow/dags.
"""

from datetime import datetime, timedelta

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG

TRAINING = "/opt/airflow/steps/training.pod.json"  # the step's pod, with its code, logins and limits

with DAG("sweep", schedule="0 5 * * 0", start_date=datetime(2026, 1, 1), catchup=False, tags=["examples"]):
    for strength in ("0.1", "0.5", "2.0"):
        KubernetesPodOperator(
            task_id=f"strength-{strength.replace('.', '-')}",
            pod_template_file=TRAINING,
            base_container_name="step",
            cmds=["sh", "-ec", f"python data.py && python train.py {strength} iris-sweep"],
            in_cluster=True,
            kubernetes_conn_id=None,
            retries=1,
            retry_delay=timedelta(seconds=30),
            execution_timeout=timedelta(hours=1),
        )
