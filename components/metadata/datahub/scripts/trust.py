"""Put certificates from a PEM file into a key store that Java trusts: trust.py <from> <to>. TRUST_PASSWORD locks it."""

import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore


def main(source: Path, target: Path, password: str) -> None:
    found = x509.load_pem_x509_certificates(source.read_bytes())
    named = [PKCS12Certificate(certificate, f"authority-{at}".encode()) for at, certificate in enumerate(found)]
    target.write_bytes(serialize_java_truststore(named, BestAvailableEncryption(password.encode())))
    print(f"{len(found)} certificate(s) to trust")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), os.environ["TRUST_PASSWORD"])
