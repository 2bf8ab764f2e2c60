"""What a stack file says of the front door: its domain, who may come in, by which certificate, from where."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ...base import Settings
from ...k8s.resources import Resources
from ...types import Cidr, Count, Domain, Name, Rotation

LOGIN = "login"
"""The system of that name in the domain is where people log in, and out."""

UNAWAITED = "pulumi.com/skipAwait"
"""An annotation by which Pulumi takes a Service for made before it has an address."""

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"


class LoginSettings(Settings):
    """A client at a provider of OpenID Connect, known there by the address `https://login.<domain>/oauth2/callback`."""

    issuer: str = Field(pattern=r"^https://[^/?#\s]+(/[^?#\s]*)?$")
    client_id: str = Field(min_length=1)
    secret: Name | None = None
    """A Secret in the front door's namespace that has the client's under `client-secret`, from whatever keeps secrets;
    without it, it is the configuration's: `pulumi config set --secret frontDoorClientSecret`."""
    groups: tuple[str, ...] = ()
    """Who is in one of them comes in."""
    email_domains: tuple[Domain, ...] = ()
    """Whose address is in one of them comes in; with `groups`, both must hold."""
    groups_claim: str = "groups"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    """Some providers tell groups only to who asks for a scope `groups`."""
    hours: int = Field(default=8, ge=1, le=7 * 24)
    """Until one logs in anew. Who is shut out at the provider stays in for as long."""
    session_rotation: Rotation = 1
    """At each rise all have to log in anew."""
    authority: str | None = Field(default=None, pattern=r"^-----BEGIN CERTIFICATE-----")
    """In PEM, who signed the provider's certificate, if no public authority did."""

    @model_validator(mode="after")
    def _lets_some_in(self) -> Self:
        if not self.groups and not self.email_domains:
            raise ValueError("says not who may come in: write `groups` or `emailDomains`")
        return self


class AcmeSettings(Settings):
    """An account at an authority such as Let's Encrypt. It is shown by a DNS record whose domain this is."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    server: str = Field(default=LETS_ENCRYPT, pattern=r"^https://")
    dns01: dict[str, Any] | None = Field(default=None, min_length=1)
    """How cert-manager writes the record, in its own words, such as `route53: {region: us-east-1}`; if not given, into
    `dns.zone`."""


class CertificateSettings(Settings):
    """One of four ways to a certificate; all but `secret` need cert-manager, by `certManager` or on the cluster."""

    issuer: Name | None = None
    """A ClusterIssuer that is there."""
    acme: AcmeSettings | None = None
    self_signed: bool = False
    """To try: browsers warn."""
    secret: Name | None = None
    """A TLS Secret in the front door's namespace, from somebody else, for all names of the domain."""

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [self.issuer, self.acme, self.self_signed or None, self.secret]
        if sum(one is not None for one in given) != 1:
            raise ValueError("write one of `issuer`, `acme`, `selfSigned: true` and `secret`")
        return self


class DnsSettings(Settings):
    """Who makes the records of the names: one of these, or else somebody by hand."""

    zone: str | None = None
    """This program, in a zone that is there in the cloud's own DNS: the ID of a hosted zone of Route 53, or the name of
    a managed zone of Cloud DNS."""
    external_dns: bool = False
    """external-dns, which is on the cluster: it is told the names by an annotation."""

    @model_validator(mode="after")
    def _are_made_once(self) -> Self:
        if self.zone is not None and self.external_dns:
            raise ValueError("`zone` and `externalDns` would both make the records: remove one of them")
        return self


class ServiceSettings(Settings):
    """How the world reaches the front door's pods."""

    type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = "LoadBalancer"
    class_name: str | None = None
    """Of the load balancer, where the cluster knows several."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """In the words of whoever makes load balancers: inside a network alone, with which address, of which kind."""
    sources: tuple[Cidr, ...] = ()
    """Whom a load balancer lets through; everybody, if not given, up to the login."""

    @model_validator(mode="after")
    def _says_it_to_a_load_balancer(self) -> Self:
        if self.type != "LoadBalancer" and (self.sources or self.class_name):
            raise ValueError(f"only a load balancer heeds `sources` and `className`, and this is a {self.type}")
        return self


class FrontDoorSettings(Settings):
    """Each page at `https://<system>.<domain>`, behind one login."""

    namespace: Name = "front-door"
    domain: Domain
    login: LoginSettings
    certificates: CertificateSettings
    service: ServiceSettings = ServiceSettings()
    dns: DnsSettings = DnsSettings()
    pages: tuple[Name, ...] = ()
    """Systems whose pages are shown; all that have one, if not given."""
    replicas: Count = 2
    proxy: Resources = Resources(cpu="100m", memory="64Mi", memory_limit="256Mi")
    login_resources: Resources = Resources(cpu="50m", memory="64Mi", memory_limit="128Mi")

    @property
    def proves_in_its_zone(self) -> bool:
        """Whether cert-manager writes into `dns.zone` what shows an authority whose domain it is."""
        return self.certificates.acme is not None and self.certificates.acme.dns01 is None

    @model_validator(mode="after")
    def _has_an_address_for_its_records(self) -> Self:
        if self.dns.zone is None:
            return self
        if self.service.type != "LoadBalancer":
            raise ValueError(
                f"dns.zone: records lead to a load balancer, and the service is a {self.service.type}; write "
                "`LoadBalancer`, or remove the zone and make the records yourself"
            )
        if self.service.annotations.get(UNAWAITED, "false") == "true":
            raise ValueError(
                f"service.annotations: with {UNAWAITED} nobody waits for the address that the records in `dns.zone` "
                "need; remove it"
            )
        return self

    @model_validator(mode="after")
    def _can_show_whose_domain_it_is(self) -> Self:
        acme = self.certificates.acme
        if acme and acme.dns01 is None and self.dns.zone is None:
            raise ValueError(
                "certificates.acme: says not where the record goes that shows whose domain it is; write `dns.zone`, or "
                "`dns01` in cert-manager's words"
            )
        return self
