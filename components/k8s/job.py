"""Work that runs to its end once, with an account of its own; Pulumi waits for it, so what follows can rely on it."""

from dataclasses import replace

from pulumi import CustomTimeouts, Input, Output, ResourceOptions
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from .server import service_account
from .workload import Workload


def run(name: str, workload: Workload, namespace: Input[str], opts: ResourceOptions, timeout: int = 600) -> Output[str]:
    """Run `workload` to completion. The name that comes back is known once it has succeeded within `timeout` seconds.

    A Job's pods can't be changed: any change of the workload makes a new Job, so the work has to be safe to repeat.
    """
    work = replace(workload, service_account=service_account(name, workload, namespace, opts))
    place = ObjectMetaArgs(namespace=namespace, labels=workload.identity.labels)
    patience = CustomTimeouts(create=f"{timeout}s", update=f"{timeout}s")
    waited_for = ResourceOptions.merge(opts, ResourceOptions(custom_timeouts=patience))
    return Job(f"{name}-job", metadata=place, spec=work.job(timeout=timeout), opts=waited_for).metadata.name
