"""Where one engine's pods run: a namespace's account, credentials, quota and code, and the pod of each step."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    LocalObjectReferenceArgs,
    ResourceQuota,
    ResourceQuotaSpecArgs,
    Secret,
    ServiceAccount,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pydantic import model_validator

from ..base import Args, Text
from ..catalog import image
from ..compute.queues.contracts import QUEUE
from ..compute.queues.local import open_queues
from ..data.claims import claim_in
from ..k8s.cloud import admitted
from ..k8s.labels import Identity
from ..k8s.network import Peer, connect
from ..k8s.plain import plain
from ..k8s.volumes import config_files, given, scratch
from ..k8s.workload import Workload
from ..sources import texts
from .contracts import PipelineContext
from .features import FeatureAccess, feature_access
from .step import StepSettings

STEP = "step"
"""The container of a step's pod."""

LABELS = {"app.kubernetes.io/component": "step"}
"""Which pods are steps: network policies lead these, and no others, to the tracking server and the bucket."""

_CODE = "/step"
_USER = 1000


class PipelineSpaceArgs(Args):
    """`namespace` is where steps run, `context` what they are given, `steps` what may be run, by name."""

    namespace: Text
    """One engine's pods and nothing else: whoever may start pods in a namespace may read its Secrets."""
    context: PipelineContext
    steps: Mapping[str, StepSettings]

    @model_validator(mode="after")
    def _gives_what_steps_ask_for(self) -> Self:
        for name, step in self.steps.items():
            for dataset in step.datasets:
                if dataset not in self.context.datasets:
                    raise ValueError(f"the step `{name}` reads `{dataset}`: add that to the context's `datasets`")
            team = step.queue or self.context.queue
            if team and (self.context.queues is None or team not in self.context.queues.teams):
                raise ValueError(f"the step `{name}` waits in the queue of `{team}`: give the context such `queues`")
            if step.features and self.context.features is None:
                raise ValueError(f"the step `{name}` reads features: give the context a `features`")
        return self


@dataclass(frozen=True)
class Space:
    """What an engine needs to know of the namespace that its pods run in."""

    name: str
    namespace: Text
    account: Output[str]
    """Of the steps: it has no rights in the Kubernetes API, and only those that read features get its token."""
    credentials: Output[str]
    """Name of the Secret with the logins of the tracking server and the bucket, as environment variables."""
    environment: Mapping[str, Text]
    """The plain part of the same."""
    context: PipelineContext
    steps: Mapping[str, StepSettings]
    code: Mapping[str, Output[str]]
    """Step -> name of the ConfigMap with its files."""
    claims: Mapping[str, Output[str]] = field(default_factory=dict)
    """Data set -> name of the claim by which a step mounts it."""
    features: FeatureAccess | None = None
    queues: Mapping[str, Output[str]] = field(default_factory=dict)
    """Team -> the name of its queue in this namespace."""

    @property
    def peer(self) -> Peer:
        """The steps' pods as clients of other systems."""
        return Peer(self.namespace, LABELS)

    def queue(self, step: str) -> dict[str, Output[str]]:
        """Labels of what an engine starts for a step, its Job or else its pod, by which it waits for its quota."""
        team = self.steps[step].queue or self.context.queue
        return {QUEUE: self.queues[team]} if team else {}

    def patience(self, step: str) -> int:
        """Seconds that a step may wait for its quota, beside those that it takes."""
        queues = self.context.queues if self.queue(step) else None
        return queues.patience if queues else 0

    def workload(self, step: str) -> Workload:
        """A step as this project's own builders take it."""
        settings = self.steps[step]
        pool = self.context.gpu
        features = self.features if settings.features else None
        return Workload(
            identity=Identity("pipeline", step, LABELS["app.kubernetes.io/component"]),
            name=STEP,
            image=image(settings.image).reference,
            user=_USER,
            command=list(settings.command),
            working_dir=_CODE,
            env={
                **self.environment,
                **(features.environment if features else {}),
                "STEP": step,
                # MLflow's client puts these tags on each run, which the server notes as one user's.
                "MLFLOW_RUN_CONTEXT": json.dumps({"mlops.space": self.name, "mlops.step": step}),
                **settings.env,
            },
            secrets=[self.credentials],
            mounts=[
                config_files("code", _CODE, self.code[step]),
                scratch("tmp", "/tmp", "4Gi"),
                *(given(name, self.context.datasets[name].path, self.claims[name]) for name in settings.datasets),
                *(features.mounts if features else ()),
            ],
            resources=settings.resources,
            service_account=self.account,
            pull_secrets=self.context.pull_secrets,
            **({"placement": pool.placement(settings.gpus)} if pool else {}),
        )

    def pod(self, step: str) -> dict[str, Any]:
        """A step's complete pod specification as Kubernetes writes it, with Outputs inside; it carries LABELS."""
        return dict(plain(self.workload(step).pod(restart_policy="Never").spec))


class PipelineSpace(ComponentResource):
    """Usable by any engine. Its steps may take as many GPUs at once as their queue gives them, or the pool's quota."""

    space: Space

    def __init__(self, name: str, args: PipelineSpaceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:PipelineSpace", name, None, opts)
        child = ResourceOptions(parent=self)
        context, bucket = args.context, args.context.artifacts
        account = ServiceAccount(
            f"{name}-steps",
            metadata=ObjectMetaArgs(namespace=args.namespace),
            automount_service_account_token=False,
            image_pull_secrets=[LocalObjectReferenceArgs(name=secret) for secret in context.pull_secrets],
            opts=child,
        )
        place = ObjectMetaArgs(namespace=args.namespace)
        logins = {**context.tracking.credentials, **context.artifacts.credentials}
        credentials = Secret(f"{name}-credentials", metadata=place, string_data=logins, opts=child)
        # It counts pods that wait in a queue too, and would refuse what is only to wait.
        if context.gpu and not context.queue:
            most = ResourceQuotaSpecArgs(hard={f"requests.{context.gpu.resource}": str(context.gpu.quota)})
            ResourceQuota(f"{name}-gpus", metadata=place, spec=most, opts=child)
        code = {
            step: ConfigMap(
                f"{name}-{step}-code", metadata=place, data=texts(settings.source), opts=child
            ).metadata.name
            for step, settings in args.steps.items()
        }
        claims = {
            dataset: claim_in(f"{name}-{dataset}", context.datasets[dataset], args.namespace, child)
            for dataset in dict.fromkeys(name for step in args.steps.values() for name in step.datasets)
        }
        steps = Peer(args.namespace, LABELS)
        reads = context.features if any(step.features for step in args.steps.values()) else None
        self.space = Space(
            name=name,
            namespace=args.namespace,
            account=admitted(f"{name}-steps", bucket.identity, account.metadata.name, args.namespace, child),
            credentials=credentials.metadata.name,
            environment={
                # The numeric user has no entry in an image's passwd.
                "USER": name,
                "HOME": "/tmp",
                # MLflow would like to note a commit, and says at length where it finds no git.
                "GIT_PYTHON_REFRESH": "quiet",
                **context.tracking.environment,
                **context.artifacts.environment,
                "ARTIFACTS": context.artifacts.url,
            },
            context=context,
            steps=args.steps,
            code=code,
            claims=claims,
            features=feature_access(name, reads, steps, child) if reads else None,
            queues=open_queues(f"{name}-queue", context.queues, args.namespace, child) if context.queues else {},
        )
        for system, peer in (("tracking", context.tracking.peer), ("artifacts", context.artifacts.peer)):
            if peer:
                connect(f"{name}-{system}", steps, peer, child)
        self.register_outputs({"namespace": args.namespace})
