import datetime
import stat
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from local.cluster import certificates
from local.cluster.network import Network

HERE = Network(IPv4Network("10.201.0.0/16"), IPv4Network("10.202.0.0/16"))
MOVED = Network(IPv4Network("172.29.0.0/16"), IPv4Network("172.30.0.0/16"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(certificates, "PKI", tmp_path)
    certificates.ensure(HERE)
    return tmp_path


def load(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificates.pair(name).certificate.read_bytes())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_certificate_is_signed_by_its_authority() -> None:
    for subject in certificates.subjects(HERE):
        load(subject.file).verify_directly_issued_by(load(subject.authority))


def test_only_those_that_serve_may_serve() -> None:
    for subject in certificates.subjects(HERE):
        usages = load(subject.file).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert (ExtendedKeyUsageOID.SERVER_AUTH in usages) == bool(subject.addresses), subject.file


def test_the_api_server_is_known_by_every_address_that_it_is_called_by() -> None:
    names = load("apiserver").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"127.0.0.1", "10.201.0.1", "10.202.0.1"} <= {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}
    assert "kubernetes.default.svc.cluster.local" in names.get_values_for_type(x509.DNSName)


def test_a_second_time_nothing_is_made_again(folder: Path) -> None:
    before = contents(folder)
    certificates.ensure(HERE)
    assert contents(folder) == before


def test_a_moved_network_renews_those_that_name_it_and_no_other(folder: Path) -> None:
    before = contents(folder)
    certificates.ensure(MOVED)
    after = contents(folder)
    changed = {name.removesuffix(".crt") for name in after if name.endswith(".crt") and after[name] != before[name]}
    assert changed == {"apiserver", "kubelet-server"}


def test_certificates_are_renewed_before_they_expire(folder: Path) -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=330)
    before = contents(folder)
    certificates.ensure(HERE, soon)
    after = contents(folder)
    assert after["apiserver.crt"] != before["apiserver.crt"]
    assert after["ca.crt"] == before["ca.crt"]
    assert after["service-accounts.key"] == before["service-accounts.key"], "tokens in use stay valid"


def test_a_new_authority_means_new_certificates(folder: Path) -> None:
    for name in ("ca.crt", "ca.key"):
        (folder / name).unlink()
    before = contents(folder)
    certificates.ensure(HERE)
    assert contents(folder)["admin.crt"] != before["admin.crt"]
    load("admin").verify_directly_issued_by(load("ca"))


def test_keys_can_be_read_by_their_owner_alone(folder: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_certificate_and_its_key_belong_together() -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    for subject in certificates.subjects(HERE):
        key = load_pem_private_key(certificates.pair(subject.file).key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.public_key() == load(subject.file).public_key()
