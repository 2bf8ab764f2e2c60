"""What keeps a running Airflow from growing without end: old runs leave the database, ended pods the cluster."""

from dataclasses import replace

from pulumi import ResourceOptions
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...base import Text
from ...k8s.server import service_account
from . import grants
from .parts import Parts

_CLEAN_DATABASE = """
before=$(date --utc --date="-$KEEP_DAYS days" +%Y-%m-%dT%H:%M:%SZ)
exec airflow db clean --clean-before-timestamp "$before" --skip-archive --yes
"""
_CLEAN_PODS = ("airflow", "kubernetes", "cleanup-pods", "--namespace=$(AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE)")
_HOURLY = "17 * * * *"


def schedule(name: str, parts: Parts, namespace: Text, opts: ResourceOptions) -> None:
    """Tasks' pods that failed stay to be looked at, an hour at most; all others go at once."""
    history = parts.job("history", "sh", "-ec", _CLEAN_DATABASE)
    history = replace(history, env={**history.env, "KEEP_DAYS": str(parts.settings.keep_history)})
    pods = parts.job("cleaner", *_CLEAN_PODS, rules=grants.CLEANER)
    for part, when in ((history, parts.settings.history_schedule), (pods, _HOURLY)):
        key = f"{name}-{part.identity.component}"
        work = replace(part, service_account=service_account(key, part, namespace, opts))
        place = ObjectMetaArgs(namespace=namespace, labels=part.identity.labels)
        job = work.job(timeout=3600, retries=1, keep=24 * 3600)
        CronJob(key, metadata=place, spec=work.cron_job(job, when), opts=opts)
