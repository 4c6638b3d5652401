"""Devices on which an officer has logged in before: they say so themselves, and can show it.

A token names no session and lets nobody in: it only has attempts under a name be counted by the
device, so that whoever tries an officer's name elsewhere does not keep him out. It is bound to the
name, and nothing of it is kept here; a browser keeps those of the last officers who used it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from hashlib import sha256
from typing import Final

from hotline.model.access import name_key
from hotline.model.times import SECOND_US

VALID_S: Final = 180 * 24 * 3600
"""How long a device is known after a login on it."""
MOST_NAMES: Final = 8
"""Officers whose tokens one browser keeps."""
_ID_BYTES: Final = 16
_TIME_BYTES: Final = 5
_MAC_BYTES: Final = 16
_BYTES: Final = _ID_BYTES + _TIME_BYTES + _MAC_BYTES
_MAX_TEXT: Final = 1000


def device_of(key: bytes, kept: str, name: str, now_us: int) -> str:
    """Return which device shows by what it ``kept`` that it is known under a name, or nothing."""
    for token in _tokens(kept):
        id_, said = token[:_ID_BYTES], token[_ID_BYTES:-_MAC_BYTES]
        age_s = now_us // SECOND_US - int.from_bytes(said)
        if hmac.compare_digest(_mac(key, id_, said, name), token[-_MAC_BYTES:]) and (
            age_s <= VALID_S
        ):
            return id_.hex()
    return ""


def known_from_now(key: bytes, kept: str, name: str, now_us: int) -> str:
    """Return what a device keeps after a login: what it kept, with a new token of this name."""
    known = device_of(key, kept, name, now_us)
    id_ = bytes.fromhex(known) if known else secrets.token_bytes(_ID_BYTES)
    said = (now_us // SECOND_US).to_bytes(_TIME_BYTES)
    token = id_ + said + _mac(key, id_, said, name)
    others = [
        one
        for one in _tokens(kept)
        if not hmac.compare_digest(
            _mac(key, one[:_ID_BYTES], one[_ID_BYTES:-_MAC_BYTES], name), one[-_MAC_BYTES:]
        )
    ]
    return ".".join(
        base64.urlsafe_b64encode(one).decode().rstrip("=") for one in [token, *others][:MOST_NAMES]
    )


def _tokens(kept: str) -> list[bytes]:
    found = []
    for text in kept.split(".")[:MOST_NAMES] if len(kept) <= _MAX_TEXT else ():
        try:
            token = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            continue
        if len(token) == _BYTES:
            found.append(token)
    return found


def _mac(key: bytes, id_: bytes, said: bytes, name: str) -> bytes:
    text = b"hotline device\0" + id_ + said + name_key(name).encode()
    return hmac.digest(key, text, sha256)[:_MAC_BYTES]
