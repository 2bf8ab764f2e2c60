"""The cluster's certificate authorities, and a certificate for everyone who must prove who they are."""

import datetime
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.cluster.files import write
from local.cluster.names import DOMAIN, NODE, PKI
from local.cluster.network import Network

YEAR = datetime.timedelta(days=365)
RENEW = datetime.timedelta(days=60)
LOCAL = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Subject:
    """Who a certificate speaks for: in Kubernetes the name is the user and the organisations are the groups."""

    file: str
    name: str
    groups: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    """Names and addresses it serves on; none for a client that serves nothing."""
    authority: str = "ca"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


def pair(file: str) -> Pair:
    return Pair(PKI / f"{file}.crt", PKI / f"{file}.key")


def subjects(network: Network) -> list[Subject]:
    bridge = str(network.bridge)
    api = (
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        f"kubernetes.default.svc.{DOMAIN}",
        *LOCAL,
        bridge,
        str(network.api_service),
    )
    return [
        Subject("etcd", "etcd", addresses=LOCAL, authority="etcd-ca"),
        Subject("etcd-client", "kube-apiserver", authority="etcd-ca"),
        Subject("apiserver", "kube-apiserver", addresses=api),
        Subject("apiserver-kubelet", "kube-apiserver-kubelet", ("exquisite-mlops:kubelet-client",)),
        Subject("front-proxy", "front-proxy", authority="front-proxy-ca"),
        Subject("kubelet-server", f"system:node:{NODE}", addresses=(NODE, bridge)),
        Subject("loopback-server", "localhost", addresses=LOCAL),
        Subject("admin", "admin", ("system:masters",)),
        Subject("controller-manager", "system:kube-controller-manager"),
        Subject("scheduler", "system:kube-scheduler"),
        Subject("kubelet", f"system:node:{NODE}", ("system:nodes",)),
        Subject("proxy", "system:kube-proxy"),
        Subject("coredns", "exquisite-mlops:coredns"),
        Subject("kwok", "exquisite-mlops:kwok"),
        Subject("provisioner", "exquisite-mlops:provisioner"),
    ]


def ensure(network: Network, now: datetime.datetime | None = None) -> None:
    """Make what is missing, about to expire, or made for another address or authority."""
    now = now or datetime.datetime.now(datetime.UTC)
    for name in ("ca", "etcd-ca", "front-proxy-ca"):
        if not _good(pair(name), now):
            _save(pair(name), *_authority(name, now))
    for subject in subjects(network):
        if not _good(pair(subject.file), now) or not _matches(subject):
            _save(pair(subject.file), *_issue(subject, now))
    signing = pair("service-accounts")
    if not signing.key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write(signing.certificate, public)
        write(signing.key, _pem(key))


def _good(files: Pair, now: datetime.datetime) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    return x509.load_pem_x509_certificate(files.certificate.read_bytes()).not_valid_after_utc - RENEW > now


def _matches(subject: Subject) -> bool:
    mine = x509.load_pem_x509_certificate(pair(subject.file).certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(pair(subject.authority).certificate.read_bytes())
    wanted = x509.SubjectAlternativeName(_addresses(subject)) if subject.addresses else None
    found = next((item.value for item in mine.extensions if isinstance(item.value, x509.SubjectAlternativeName)), None)
    key = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    issuer = mine.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    return mine.subject == _name(subject) and found == wanted and key == issuer


def _authority(name: str, now: datetime.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"exquisite-mlops {name}")])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    made = (
        _builder(who, who, key, now, 10 * YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return made.sign(key, hashes.SHA256()), key


def _issue(subject: Subject, now: datetime.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    authority = x509.load_pem_x509_certificate(pair(subject.authority).certificate.read_bytes())
    signer = serialization.load_pem_private_key(pair(subject.authority).key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if subject.addresses else [])]
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    made = (
        _builder(_name(subject), authority.subject, key, now, YEAR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    if subject.addresses:
        made = made.add_extension(x509.SubjectAlternativeName(_addresses(subject)), critical=False)
    return made.sign(signer, hashes.SHA256()), key


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    life: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + life)
    )


def _name(subject: Subject) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in subject.groups]
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, subject.name)])


def _addresses(subject: Subject) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_address(item)) if item[0].isdigit() else x509.DNSName(item) for item in subject.addresses]


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _save(files: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    write(files.key, _pem(key))
    write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
