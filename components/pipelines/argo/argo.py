"""Argo Workflows: a controller that runs workflows, a server for clients, an archive, and each step as a template."""

from dataclasses import replace

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ConfigMap, Secret, ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...access import Access, Endpoint
from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect, to_kubernetes
from ...k8s.probes import Probes
from ...k8s.rbac import grant
from ...k8s.server import run_forever, serve
from ...k8s.volumes import scratch
from ...k8s.workload import Workload
from ...storage.contracts import SqlClient
from ...storage.trust import trusted
from ..space import Space
from . import grants
from .configuration import METRICS, Secrets, configuration
from .definitions import API_VERSION
from .settings import ArgoSettings
from .templates import specification

_USER = 8737
_PORT, _HEALTH = 2746, 6060
_INSTANCE = "workflows.argoproj.io/controller-instanceid"

USER = "argo-user"
"""The account whose tokens clients log in with; its name is given, because people type it."""

_TOKEN = f"{USER}.service-account-token"


class ArgoArgs(Args):
    """Needs ArgoDefinitions in the cluster. `database` owns ARGO_DATABASE; logs go to the space's bucket."""

    settings: ArgoSettings = ArgoSettings()
    namespace: Text
    space: Space
    database: SqlClient
    access: Access = Access()


class Argo(ComponentResource):
    """The controller brings the tables of its archive to its own version whenever it takes the lead."""

    endpoint: Endpoint

    def __init__(self, name: str, args: ArgoArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:pipelines:Argo", name, None, opts)
        child = ResourceOptions(parent=self)
        runs, bucket, labels = args.space.namespace, args.space.context.artifacts, Identity("argo", name).labels
        home = ObjectMetaArgs(namespace=args.namespace, labels=labels)
        there = ObjectMetaArgs(namespace=runs, labels=labels)
        login = {"username": args.database.username, "password": args.database.password}
        secrets = Secrets(
            database=Secret(f"{name}-database", metadata=home, string_data=login, opts=child).metadata.name,
            artifacts=Secret(
                f"{name}-artifacts", metadata=there, string_data=bucket.credentials, opts=child
            ).metadata.name,
        )
        document = configuration(args.settings, args.namespace, args.space, args.database, secrets)
        config = ConfigMap(f"{name}-config", metadata=home, data={"config": document}, opts=child).metadata.name
        self._grant(name, args, secrets, child)
        known_by = trusted(name, args.database.tls, args.namespace, child)
        controller, server = (
            # Its driver reads libpq's variables for what the configuration has no words for.
            replace(part, env={**part.env, **args.database.tls.environment()}, mounts=[*part.mounts, *known_by])
            for part in (_controller(name, args, config, secrets), _server(name, args, config, secrets))
        )
        self._connect(name, args, controller, server, child)
        run_forever(f"{name}-controller", controller, args.namespace, child)
        made = serve(name, server, args.namespace, args.access, child)
        for step, settings in args.space.steps.items():
            CustomResource(
                f"{name}-{step}",
                api_version=API_VERSION,
                kind="WorkflowTemplate",
                metadata=ObjectMetaArgs(name=step, namespace=runs, labels={**labels, _INSTANCE: args.namespace}),
                spec=specification(step, settings, args.space.pod(step), args.space.queue(step)),
                opts=child,
            )
        self.endpoint = Endpoint(
            url=Output.concat("https://", args.access.address_of(made.service)),
            token=Output.format("kubectl create token {0} --namespace {1} --duration 1h", USER, runs),
            page=made.page(_PORT, tls=True, streams=True),
        )
        self.register_outputs({"url": self.endpoint.url})

    def _grant(self, name: str, args: ArgoArgs, secrets: Secrets, opts: ResourceOptions) -> None:
        """The accounts that are not of the controller's or the server's pods."""
        runs, chosen = args.space.namespace, args.settings.single_sign_on
        annotations = {"workflows.argoproj.io/rbac-rule": chosen.rule} if chosen else {}
        user = ServiceAccount(
            f"{name}-user",
            metadata=ObjectMetaArgs(name=USER, namespace=runs, annotations=annotations),
            automount_service_account_token=False,
            opts=opts,
        )
        grant(f"{name}-user", grants.user(runs, secrets.artifacts), user.metadata.name, runs, opts)
        grant(f"{name}-executor", grants.executor(runs), args.space.account, runs, opts)
        if chosen:
            # The server acts for those who come through single sign-on by this token.
            owner = {"kubernetes.io/service-account.name": user.metadata.name}
            Secret(
                f"{name}-user-token",
                metadata=ObjectMetaArgs(name=_TOKEN, namespace=runs, annotations=owner),
                type="kubernetes.io/service-account-token",
                opts=opts,
            )

    def _connect(
        self, name: str, args: ArgoArgs, controller: Workload, server: Workload, opts: ResourceOptions
    ) -> None:
        """All go to the API, the controller and the server to the archive, the server and the steps to the bucket."""
        bucket = args.space.context.artifacts
        parts = {
            "controller": Peer(args.namespace, controller.identity.selector),
            "server": Peer(args.namespace, server.identity.selector),
            "steps": args.space.peer,
        }
        for part, peer in parts.items():
            to_kubernetes(f"{name}-{part}-api", peer, opts)
            if args.database.peer and part != "steps":
                connect(f"{name}-{part}-database", peer, args.database.peer, opts)
        if bucket.peer:
            connect(f"{name}-server-artifacts", parts["server"], bucket.peer, opts)


# One level lower, each part that reads or writes an artefact prints the store's secret key with it; the executor takes
# its level from the controller's.
_LOGGING = ("--log-format=json", "--loglevel=warn")


def _controller(name: str, args: ArgoArgs, config: Output[str], secrets: Secrets) -> Workload:
    settings, runs = args.settings.controller, args.space.namespace
    lease = Output.concat("workflow-controller-", args.namespace)
    alone = settings.replicas == 1
    return Workload(
        identity=Identity("argo", name, "controller"),
        image=image("argo-controller").reference,
        user=_USER,
        command=["workflow-controller"],
        args=[
            "--namespaced",
            Output.concat("--managed-namespace=", runs),
            Output.concat("--configmap=", config),
            # Here, and not in the ConfigMap, whose text is unknown to policies before an update.
            f"--executor-image={image('argo-executor').reference}",
            *_LOGGING,
        ],
        ports={"metrics": METRICS, "health": _HEALTH},
        env={"LEADER_ELECTION_DISABLE": "true"} if alone else election(args.settings.takeover),
        fields={} if alone else {"LEADER_ELECTION_IDENTITY": "metadata.name"},
        mounts=[scratch("tmp", "/tmp", "64Mi")],
        probes=Probes(port=_HEALTH, path="/healthz", timeout=30),
        resources=settings.resources,
        replicas=settings.replicas,
        recreate=alone,
        grants=grants.controller(args.namespace, runs, config, secrets.database, lease),
    )


def election(takeover: int) -> dict[str, str]:
    """The leader renews its lease three times in the time after which it is lost, as Kubernetes' own controllers do."""
    seconds = {"LEASE_DURATION": takeover, "RENEW_DEADLINE": takeover * 2 // 3, "RETRY_PERIOD": takeover // 3}
    return {f"LEADER_ELECTION_{name}": f"{value}s" for name, value in seconds.items()}


def _server(name: str, args: ArgoArgs, config: Output[str], secrets: Secrets) -> Workload:
    settings, runs = args.settings, args.space.namespace
    certificate = [f"--tls-certificate-secret-name={settings.certificate}"] if settings.certificate else []
    return Workload(
        identity=Identity("argo", name),
        image=image("argo-server").reference,
        user=_USER,
        args=[
            "server",
            "--auth-mode=client",
            *(["--auth-mode=sso"] if settings.single_sign_on else []),
            "--secure",
            *certificate,
            "--namespaced",
            Output.concat("--managed-namespace=", runs),
            Output.concat("--configmap=", config),
            *_LOGGING,
        ],
        ports={"https": _PORT},
        env={"HOME": "/tmp"},
        mounts=[scratch("tmp", "/tmp", "256Mi")],
        probes=Probes(port=_PORT, path="/", scheme="HTTPS"),
        resources=settings.server.resources,
        replicas=settings.server.replicas,
        cloud=args.space.context.artifacts.identity,
        grants=grants.server(settings, args.namespace, runs, config, secrets.database, _TOKEN),
    )
