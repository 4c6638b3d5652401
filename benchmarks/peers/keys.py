"""Throw-away keys and certificates: one CA, a certificate for each program, signing keys."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

NAMES = ("broker", "sender", "receiver")
_LIFE = timedelta(days=1)
_Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def make(directory: Path) -> None:
    """Write ca.pem; for each name NAME.pem and NAME.key for TLS, and the keys that sign messages.

    TLS has keys on P-256. Messages are signed with Ed25519 (NAME.signing.pem); AS2 knows RSA only
    (NAME.as2.key, NAME.as2.pem).
    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("the benchmark's CA")
    ca = _certificate(ca_name, ca_name, ca_key, ca_key, ca=True)
    (directory / "ca.pem").write_bytes(_pem(ca))
    for name in NAMES:
        key = ec.generate_private_key(ec.SECP256R1())
        (directory / f"{name}.key").write_bytes(_key_pem(key))
        certificate = _certificate(_name(name), ca_name, key, ca_key, ca=False)
        (directory / f"{name}.pem").write_bytes(_pem(certificate))
        signing = ed25519.Ed25519PrivateKey.generate()
        (directory / f"{name}.signing.pem").write_bytes(_key_pem(signing))
        as2_key = rsa.generate_private_key(65537, 2048)
        as2 = _certificate(_name(name), _name(name), as2_key, as2_key, ca=False)
        (directory / f"{name}.as2.pem").write_bytes(_pem(as2))
        (directory / f"{name}.as2.key").write_bytes(_key_pem(as2_key) + _pem(as2))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: _Key,
    issuer_key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    addresses = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
    )
    return builder.sign(issuer_key, SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: _Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
