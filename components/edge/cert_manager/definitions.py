"""cert-manager's kinds of objects: one set of them in a cluster, as cert-manager itself is there once."""

from functools import partial

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.apiextensions.v1 import CustomResourceColumnDefinitionArgs, JSONSchemaPropsArgs

from ...base import Args
from ...k8s import definitions
from ...k8s.definitions import OPEN, column, define
from ...k8s.schemas import TEXT
from .schemas import CERTIFICATE, ISSUER, REFERENCE

GROUP, ACME_GROUP = "cert-manager.io", "acme.cert-manager.io"

_CONDITIONS = JSONSchemaPropsArgs(
    type="array",
    items=JSONSchemaPropsArgs(
        type="object", required=["type"], properties={"type": TEXT}, x_kubernetes_preserve_unknown_fields=True
    ),
    x_kubernetes_list_type="map",
    x_kubernetes_list_map_keys=["type"],
)
"""Told apart by their type: cert-manager's parts write into the list side by side, each its own."""


def _with(**fields: JSONSchemaPropsArgs) -> JSONSchemaPropsArgs:
    """Open but for these fields: it is cert-manager itself that writes the rest."""
    return JSONSchemaPropsArgs(type="object", properties=fields, x_kubernetes_preserve_unknown_fields=True)


def _condition(name: str, field: str = "status", of: str = "", priority: int = 0) -> CustomResourceColumnDefinitionArgs:
    return column(name, f'.status.conditions[?(@.type == "{of or name}")].{field}', priority=priority)


_STATUS = _with(conditions=_CONDITIONS)
_AGE = column("Age", ".metadata.creationTimestamp", "date")
_READY, _WHY = _condition("Ready"), _condition("Status", "message", "Ready", priority=1)
_STATE, _REASON = column("State", ".status.state"), column("Reason", ".status.reason", priority=1)
_BY_ISSUER = tuple(f".spec.issuerRef.{field}" for field in ("group", "kind", "name"))

Definition = partial(
    definitions.Definition,
    group=GROUP,
    version="v1",
    parts=("spec", "status"),
    part=OPEN,
    own_status=True,
    categories=("cert-manager",),
)
_acme = partial(
    Definition,
    group=ACME_GROUP,
    categories=("cert-manager", "cert-manager-acme"),
    schemas={"spec": _with(issuerRef=REFERENCE)},
    selectable=_BY_ISSUER,
)
_issuer = partial(Definition, schemas={"spec": ISSUER, "status": _STATUS}, columns=(_READY, _WHY, _AGE))

DEFINITIONS = (
    Definition(
        kind="Certificate",
        short=("cert", "certs"),
        schemas={"spec": CERTIFICATE, "status": _STATUS},
        selectable=_BY_ISSUER,
        columns=(
            _READY,
            column("Secret", ".spec.secretName"),
            column("Issuer", ".spec.issuerRef.name", priority=1),
            _WHY,
            _AGE,
        ),
    ),
    Definition(
        kind="CertificateRequest",
        short=("cr", "crs"),
        schemas={"spec": _with(issuerRef=REFERENCE), "status": _STATUS},
        selectable=_BY_ISSUER,
        columns=(
            _condition("Approved"),
            _condition("Denied"),
            _READY,
            column("Issuer", ".spec.issuerRef.name"),
            column("Requester", ".spec.username"),
            _WHY,
            _AGE,
        ),
    ),
    _issuer(kind="Issuer", short=("iss",)),
    _issuer(kind="ClusterIssuer", scope="Cluster", short=("ciss",)),
    _acme(kind="Order", columns=(_STATE, column("Issuer", ".spec.issuerRef.name", priority=1), _REASON, _AGE)),
    _acme(kind="Challenge", columns=(_STATE, column("Domain", ".spec.dnsName"), _REASON, _AGE)),
)
"""All six: the controller watches each of them, whatever of it is used."""


class CertManagerDefinitionsArgs(Args):
    """Only whether they stay."""

    keep: bool = True
    """Leave the definitions behind when cert-manager goes: with them would go all certificates in the cluster."""


class CertManagerDefinitions(ComponentResource):
    """They must be there before cert-manager starts, which waits for each of them."""

    def __init__(self, name: str, args: CertManagerDefinitionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlops:edge:CertManagerDefinitions", name, None, opts)
        define(name, DEFINITIONS, keep=args.keep, parent=self)
        self.register_outputs({})
