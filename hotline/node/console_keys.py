"""The certificate of the console, made by the centre's own authority.

Its key lies open (0600) beside the others, since the console is a process of its own that is never
told the passphrase, and stands for nothing but this web page.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hotline.errors import KeysError
from hotline.node.console_settings import CERTIFICATE_FILE, KEY_FILE
from hotline.node.keyfiles import read_public, write_private, write_public
from hotline.node.keyring import load_ca_key, load_cards
from hotline.trust.certificates import (
    TLS_KEY_ENTROPY,
    build_console_certificate,
    console_name,
    make_tls_key,
)

CONSOLE_DAYS: Final = 825
"""How long it lasts: browsers of one maker take no certificate that lasts longer."""
RENEW_DAYS: Final = 30
LOOPBACK: Final = ("127.0.0.1", "::1")
_DAY_US: Final = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class ConsoleCertificate:
    """What was made: for which names, and until when (microseconds since 1970)."""

    certificate: Path
    key: Path
    names: tuple[str, ...]
    expires_us: int


def make_console_certificate(
    keys: Path,
    passphrase: bytes | None,
    addresses: Iterable[str],
    now_us: int,
    days: int = CONSOLE_DAYS,
) -> ConsoleCertificate:
    """Make a new key and certificate of the console in the directory of keys.

    An earlier one is replaced: browsers trust the authority. Raises KeysError.
    """
    card = load_cards(keys)[0]
    ca_key = load_ca_key(keys, passphrase)
    key = make_tls_key(token_bytes(TLS_KEY_ENTROPY))
    reached = tuple(dict.fromkeys((*LOOPBACK, *addresses)))
    der = build_console_certificate(
        card.centre, card.status, key.public_key(), card.ca_der, ca_key, reached, now_us, days
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(keys / KEY_FILE, pem)
    write_public(keys / CERTIFICATE_FILE, ssl.DER_cert_to_PEM_cert(der).encode())
    return ConsoleCertificate(
        keys / CERTIFICATE_FILE,
        keys / KEY_FILE,
        (console_name(card.status, card.centre), *reached),
        _ends_us(x509.load_der_x509_certificate(der)),
    )


def is_due(keys: Path, now_us: int) -> bool:
    """Whether the console has no certificate that it can still show for a month."""
    try:
        pem = read_public(keys / CERTIFICATE_FILE)
        ends_us = _ends_us(x509.load_pem_x509_certificate(pem))
    except (KeysError, ValueError):
        return True
    return not (keys / KEY_FILE).exists() or ends_us - now_us < RENEW_DAYS * _DAY_US


def _ends_us(certificate: x509.Certificate) -> int:
    return round(certificate.not_valid_after_utc.timestamp()) * 1_000_000


def authority_pem(keys: Path) -> str:
    """Return the authority's certificate, which a browser is told to trust. Raises KeysError."""
    return ssl.DER_cert_to_PEM_cert(load_cards(keys)[0].ca_der)
