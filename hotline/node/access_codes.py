"""The second factor: a code of this half minute (TOTP, RFC 6238), and how its secret is kept.

In the journal a secret lies sealed by a key that lies with the centre's keys, so that a copy of
the journal alone, such as a backup, opens nobody's second factor.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hotline.errors import KeysError
from hotline.node.keyfiles import make_directory, read_private, write_private

STEP_S: Final = 30
SECRET_BYTES: Final = 20
"""Bytes of a secret: those of an HMAC-SHA-1, as RFC 4226, section 4, recommends."""
KEY_FILE: Final = "console-secrets.key"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Seal:
    """Seals and opens secrets with the key in the directory of the centre's keys."""

    def __init__(self, keys: Path) -> None:
        self._path = keys / KEY_FILE
        self._aead: AESGCM | None = None
        self._data = b""
        # Stands for the key before there is one: then nobody has logged in anyway.
        self._unkept = secrets.token_bytes(_KEY_BYTES)

    def close_over(self, secret: bytes, name: str) -> bytes:
        """Return a secret sealed for one officer, by a key that is made for the first one.

        Raises KeysError.
        """
        self.prepare()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._key().encrypt(nonce, secret, name.encode())

    def prepare(self) -> None:
        """Make the key where there is none yet. Raises KeysError."""
        if self._aead is None and not self._path.exists():
            make_directory(self._path.parent)
            write_private(self._path, secrets.token_bytes(_KEY_BYTES))

    def open(self, sealed: bytes, name: str) -> bytes | None:
        """Return the secret of an officer; None where this key did not seal it."""
        try:
            return self._key().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError, KeysError):
            return None

    def derived(self, purpose: bytes) -> bytes:
        """Return another key, for one purpose; where this one is not there, one of this run."""
        try:
            self._key()
        except KeysError:
            return hmac.digest(self._unkept, purpose, sha256)
        return hmac.digest(self._data, purpose, sha256)

    def _key(self) -> AESGCM:
        if self._aead is None:
            data = read_private(self._path)
            if len(data) != _KEY_BYTES:
                raise KeysError(
                    "keys.unreadable",
                    f"{self._path} does not hold a key of {_KEY_BYTES} bytes",
                    "put the file back; without it each officer needs a new second factor",
                )
            self._aead, self._data = AESGCM(data), data
        return self._aead


def new_secret() -> bytes:
    """Return a secret that nobody else can know."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """Return a secret in base32, as authenticator programs take it."""
    return base64.b32encode(secret).decode()


def secret_uri(secret: bytes, name: str, centre: str) -> str:
    """Return a secret as the key URI that authenticator programs read from a picture."""
    return pyotp.TOTP(secret_text(secret)).provisioning_uri(
        name=name, issuer_name=f"hotline {centre}"
    )


def step_of(secret: bytes, code: str, now_us: int, last_step: int) -> int:
    """Return the time step that a code is of; 0 where it is none that may be used.

    The step before this one and the next are taken too, for clocks that differ (RFC 6238, section
    5.2), but none that is not after ``last_step``: a code that somebody saw is of no use to him.
    """
    given = "".join(code.split())
    totp = pyotp.TOTP(secret_text(secret), interval=STEP_S)
    now = now_us // 1_000_000 // STEP_S
    found = 0
    for step in (now - 1, now, now + 1):
        right = compare_digest(
            totp.generate_otp(max(step, 0)).encode(), given.encode(errors="replace")
        )
        if right and step > max(last_step, 0):
            found = step
    return found
