"""cert-manager's kinds of objects: one set of them in a cluster, as cert-manager itself is there once."""

from functools import partial

from pulumi import ComponentResource, ResourceOptions
from pulumi_kubernetes.apiextensions.v1 import CustomResourceColumnDefinitionArgs

from ...base import Args
from ...k8s import definitions
from ...k8s.definitions import OPEN, column, define
from ...k8s.schemas import keyed, open_but
from .schemas import CERTIFICATE, ISSUER, REFERENCE

GROUP, ACME_GROUP = "cert-manager.io", "acme.cert-manager.io"
API_VERSION = f"{GROUP}/v1"


def _condition(name: str, field: str = "status", of: str = "", priority: int = 0) -> CustomResourceColumnDefinitionArgs:
    return column(name, f'.status.conditions[?(@.type == "{of or name}")].{field}', priority=priority)


# It is cert-manager itself that writes the rest.
_STATUS = open_but(conditions=keyed("type"))
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
    schemas={"spec": open_but(issuerRef=REFERENCE)},
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
        schemas={"spec": open_but(issuerRef=REFERENCE), "status": _STATUS},
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
