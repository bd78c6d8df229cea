"""An authority that lives for one run, and certificates of it for addresses of loopback."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates for one key of all hosts: making thousands of keys would only take time."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._hosts = ec.generate_private_key(ec.SECP256R1())
        self._begun = datetime.now(UTC) - DAY
        self._certificate = (
            self._builder("Throw-away authority", self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=True,
                    crl_sign=True,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(self._key, hashes.SHA256())
        )

    def _builder(self, name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("Throw-away authority"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._begun)
            .not_valid_after(self._begun + 3 * DAY)
        )

    def _host(self, address: str) -> bytes:
        built = (
            self._builder(address, self._hosts.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        return built.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def write(self, folder: Path, authority: Path, addresses: Iterable[str]) -> None:
        """`ADDRESS.pem` for each, their `key.pem`, and the authority's own certificate."""
        authority.write_bytes(self._certificate.public_bytes(Encoding.PEM))
        (folder / "key.pem").write_bytes(self._hosts.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        for address in addresses:
            (folder / f"{address}.pem").write_bytes(self._host(address))
