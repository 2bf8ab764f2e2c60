"""The certificate for all names of the domain: cert-manager writes it into a Secret."""

from typing import Any

from pulumi import Output, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from ...base import Text
from ...k8s.labels import Identity
from ...k8s.order import after
from ..cert_manager.definitions import API_VERSION, GROUP
from ..dns import DnsZone
from .settings import AcmeSettings, CertificateSettings


def certificate(
    name: str,
    settings: CertificateSettings,
    zone: DnsZone | None,
    names: list[str],
    namespace: Text,
    opts: ResourceOptions,
) -> Output[str]:
    """The name of the Secret, in which there is something as soon as the authority has signed.

    `zone` is where cert-manager shows whose domain it is, unless the settings say it themselves.
    """
    if settings.secret:
        return Output.from_input(settings.secret)
    place = ObjectMetaArgs(namespace=namespace, labels=Identity("front-door", name, "certificate").labels)
    secret = f"{name}-certificate"
    asked = CustomResource(
        f"{name}-certificate",
        api_version=API_VERSION,
        kind="Certificate",
        metadata=place,
        spec={
            "secretName": secret,
            "dnsNames": names,
            "issuerRef": _issuer(name, settings, zone, place, opts),
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "usages": ["digital signature", "server auth"],
        },
        opts=opts,
    )
    return after(asked.metadata["name"], secret)


def _issuer(
    name: str, settings: CertificateSettings, zone: DnsZone | None, place: ObjectMetaArgs, opts: ResourceOptions
) -> dict[str, str | Output[str]]:
    if settings.issuer:
        return {"group": GROUP, "kind": "ClusterIssuer", "name": settings.issuer}
    spec = _acme(name, settings.acme, zone) if settings.acme else {"selfSigned": {}}
    made = CustomResource(
        f"{name}-issuer", api_version=API_VERSION, kind="Issuer", metadata=place, spec=spec, opts=opts
    )
    return {"group": GROUP, "kind": "Issuer", "name": made.metadata["name"]}


def _acme(name: str, settings: AcmeSettings, zone: DnsZone | None) -> dict[str, Any]:
    known = settings.dns01 or (zone and zone.solver)
    return {
        "acme": {
            "email": settings.email,
            "server": settings.server,
            "privateKeySecretRef": {"name": f"{name}-acme-account"},
            "solvers": [{"dns01": known}],
        }
    }
