"""The front door: nginx before every page, with TLS, and with the login of a provider of OpenID Connect."""

from collections.abc import Mapping
from typing import Any, Self

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap, Secret, Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword
from pydantic import Field, model_validator

from ... import base
from ...access import Page
from ...base import Args, Text
from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Peer, connect, open_to_outside
from ...k8s.order import after
from ...k8s.probes import Probes
from ...k8s.server import run_forever
from ...k8s.volumes import config_files, scratch, secret_files
from ...k8s.workload import Workload
from ...types import Name
from ..dns import DnsZone
from .certificates import certificate
from .configuration import CERTIFICATE, FOLDER, HEALTH, HTTP, HTTPS, files, names
from .login import AUTHORITY, CLIENT_KEY, COOKIE_KEY, provider, proxy
from .settings import LOGIN, FrontDoorSettings

_USER = 101  # `nginx` in the image


class FrontDoorArgs(Args):
    """`pages` are those of `Endpoint.page`; a system's is at `https://<system>.<domain>`."""

    settings: FrontDoorSettings
    namespace: Text
    pages: Mapping[Name, Page] = Field(min_length=1)
    client_secret: base.Secret | None = None
    """Of the client at the provider, where `settings.login` names no Secret that has it."""
    zone: DnsZone | None = None
    """Where the records of the names are made: `cluster.dns_zone(...)` of the zone that `settings.dns` names."""

    @model_validator(mode="after")
    def _has_one_client_secret(self) -> Self:
        if (self.client_secret is None) == (self.settings.login.secret is None):
            raise ValueError("the login needs its client's secret once: by `client_secret`, or by `login.secret`")
        return self

    @model_validator(mode="after")
    def _has_the_zone_that_is_named(self) -> Self:
        if (self.zone is None) != (self.settings.dns.zone is None):
            raise ValueError("`zone` is the one that `settings.dns.zone` names: give both, or neither")
        return self

    @model_validator(mode="after")
    def _leaves_the_login_its_name(self) -> Self:
        if LOGIN in self.pages:
            raise ValueError(f"no page can be called `{LOGIN}`: that is where people log in")
        return self


class FrontDoor(ComponentResource):
    """Several pods that hold no state, behind one Service: sessions are in the cookies of who has them."""

    urls: Mapping[str, str]
    """System -> where people find its page."""
    address: Output[str]
    """What the records of all these names have to lead to; known once they do, where they are made here."""

    def __init__(self, name: str, args: FrontDoorArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:edge:FrontDoor", name, None, opts)
        child = ResourceOptions(parent=self)
        settings, identity = args.settings, Identity("front-door", name)
        place = ObjectMetaArgs(namespace=args.namespace, labels=identity.labels)
        hosts = names(settings.domain, args.pages)
        workload = _nginx(
            name,
            args,
            ConfigMap(f"{name}-nginx", metadata=place, data=files(settings.domain, args.pages), opts=child),
            certificate(name, settings.certificates, args.zone, hosts, args.namespace, child),
            self._login(name, args, place, child),
        )
        peer = Peer(args.namespace, identity.selector, (HTTP, HTTPS))
        open_to_outside(f"{name}-from-outside", peer, child)
        connect(f"{name}-provider", peer, provider(settings.login), child)
        for system, page in args.pages.items():
            connect(f"{name}-{system}", peer, page.peer, child)
        pods = run_forever(name, workload, args.namespace, child)
        service = _service(name, args, identity, hosts, child)
        self.urls = {system: f"https://{system}.{settings.domain}" for system in args.pages}
        address = after(pods, _address(service, settings.service.type))
        self.address = args.zone.lead(hosts, address) if args.zone else address
        self.register_outputs({"address": self.address})

    def _login(self, name: str, args: FrontDoorArgs, place: ObjectMetaArgs, opts: ResourceOptions) -> Workload:
        settings = args.settings
        rotation = {"rotation": str(settings.login.session_rotation)}
        key = RandomPassword(f"{name}-cookies", length=32, special=False, keepers=rotation, opts=opts).result
        own = Secret(f"{name}-login", metadata=place, string_data={COOKIE_KEY: key}, opts=opts).metadata.name
        client: Input[str] = settings.login.secret or ""
        if args.client_secret is not None:
            content = {CLIENT_KEY: args.client_secret}
            client = Secret(f"{name}-client", metadata=place, string_data=content, opts=opts).metadata.name
        trusted = None
        if settings.login.authority:
            told = {AUTHORITY: settings.login.authority}
            trusted = ConfigMap(f"{name}-authority", metadata=place, data=told, opts=opts).metadata.name
        return proxy(name, settings, _USER, own, client, trusted)


def _nginx(
    name: str, args: FrontDoorArgs, configuration: ConfigMap, certified: Input[str], login: Workload
) -> Workload:
    return Workload(
        identity=Identity("front-door", name),
        name="nginx",
        image=image("nginx").reference,
        user=_USER,
        command=["sh", "-eu", f"{FOLDER}/start.sh"],
        ports={"http": HTTP, "https": HTTPS, "health": HEALTH},
        mounts=[
            config_files("door", FOLDER, configuration.metadata.name),
            secret_files("certificate", CERTIFICATE, certified),
            scratch("tmp", "/tmp", "1Gi"),
        ],
        probes=Probes(port=HEALTH, path="/health"),
        resources=args.settings.proxy,
        replicas=args.settings.replicas,
        beside=[login],
        grace_seconds=60,
    )


def _service(name: str, args: FrontDoorArgs, identity: Identity, hosts: list[str], opts: ResourceOptions) -> Service:
    settings = args.settings.service
    balanced = settings.type == "LoadBalancer"
    records = {"external-dns.alpha.kubernetes.io/hostname": ",".join(hosts)} if args.settings.dns.external_dns else {}
    return Service(
        f"{name}-service",
        metadata=ObjectMetaArgs(
            name=name,
            namespace=args.namespace,
            labels=identity.labels,
            annotations={**settings.annotations, **records},
        ),
        spec=ServiceSpecArgs(
            type=settings.type,
            load_balancer_class=settings.class_name,
            load_balancer_source_ranges=list(settings.sources) or None,
            # So that nginx's log has the address of who came, and not of a node.
            external_traffic_policy="Local" if balanced else None,
            selector=identity.selector,
            ports=[
                ServicePortArgs(name="http", port=80, target_port="http"),
                ServicePortArgs(name="https", port=443, target_port="https"),
            ],
        ),
        opts=opts,
    )


def _address(service: Service, kind: str) -> Output[str]:
    if kind == "LoadBalancer":
        return service.status.apply(_balancer)
    return Output.concat(service.metadata.name, ".", service.metadata.namespace)


def _balancer(status: Any) -> str:
    """A name or an address, whatever the cloud gives; before there is one, a preview has nothing to tell."""
    given = status and status.load_balancer and status.load_balancer.ingress
    return (given[0].hostname or given[0].ip or "") if given else ""
