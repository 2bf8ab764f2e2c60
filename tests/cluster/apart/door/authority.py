"""An authority of the test's own: it signs for the provider, and cert-manager signs in its name."""

import datetime
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


class Authority:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests of the front door")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        made = self._begun(self._name, self._key).add_extension(basic, critical=True).sign(self._key, hashes.SHA256())
        self.certificate = made.public_bytes(serialization.Encoding.PEM).decode()

    def signed(self, names: Sequence[str]) -> dict[str, str]:
        """Certificate and key, as a TLS Secret calls them."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        made = self._begun(subject, key).add_extension(alternatives, critical=False).sign(self._key, hashes.SHA256())
        return _pair(made.public_bytes(serialization.Encoding.PEM).decode(), key)

    @property
    def own(self) -> dict[str, str]:
        """The same of its own, for somebody who signs in its name."""
        return _pair(self.certificate, self._key)

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(issuer_name=self._name, subject_name=subject, public_key=key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - _DAY).not_valid_after(now + 2 * _DAY)


def _pair(certificate: str, key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {"tls.crt": certificate, "tls.key": key.private_bytes(*plain).decode()}
