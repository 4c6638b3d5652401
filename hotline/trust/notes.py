"""Signed notes (C2SP signed-note v1.0.0): text, a blank line, signature lines.

::

    <text, one line or more>

    — <key name> <base64 of key id[4] || signature>

Reading, in this order:

1. At most 64 KiB, strict UTF-8, no control character below U+0020 but LF.
2. Split at the last blank line; both parts are there and end with LF.
3. Between 1 and 64 signature lines, each well-formed.
4. A signature whose name and key id are those of a known key must verify; one bad signature of a
   known key refuses the note. Signatures of unknown keys are ignored.
5. What each purpose requires: here, that at least one known key signed.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, Self

from hotline.errors import TrustError
from hotline.model.times import shorten
from hotline.trust.keys import PrivateKey, PublicKey

MAX_NOTE_SIZE = 64 * 1024
MAX_SIGNATURES = 64
"""Room for four times the 16 signatures that every reader of notes must accept."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_NAME = re.compile(r"[^\s+]+")


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """Return the 4 bytes that tell keys of one name apart; a hint, not a proof."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A named public key that signs notes with plain Ed25519 (type 0x01).

    Raises ``TrustError`` (``trust.malformed-key-name``) for a name with a space or a plus.
    """

    algorithm: ClassVar[int] = 0x01

    name: str
    public: PublicKey
    key_id: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_key_name(self.name)
        object.__setattr__(self, "key_id", key_id(self.name, self.algorithm, self.public.raw))

    def vkey(self) -> str:
        """Return the key as one word, ``name+<key id>+<base64 of type || public key>``."""
        encoded = b64encode(bytes([self.algorithm]) + self.public.raw).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Read ``vkey()`` back; raises ``TrustError`` (``trust.malformed-vkey``)."""
        name, _, rest = vkey.partition("+")
        hex_id, _, encoded = rest.partition("+")
        data = decode_base64(encoded)
        if data is None or len(data) != 33 or data[0] != cls.algorithm:
            raise TrustError(
                "trust.malformed-vkey", f"{shorten(vkey)} is not a key of type {cls.algorithm:#04x}"
            )
        key = cls(name, PublicKey(data[1:]))
        if key.key_id.hex() != hex_id:
            raise TrustError(
                "trust.malformed-vkey", f"the key id in {shorten(vkey)} is of another key"
            )
        return key

    def verify(self, text: str, signature: bytes) -> None:
        """Raise ``TrustError`` (``trust.bad-signature``) unless ``signature`` is over ``text``."""
        self.public.verify(signature, text.encode())


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who claims to have signed, and the bytes that bear it out."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the signature line, with its LF."""
        return f"— {self.name} {b64encode(self.key_id + self.signature).decode()}\n"

    @classmethod
    def parse(cls, line: str) -> NoteSignature:
        """Read one signature line, without its LF; raises ``TrustError``."""
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        data = decode_base64(encoded)
        if dash != "—" or not _KEY_NAME.fullmatch(name) or data is None or len(data) < 5:
            raise _malformed("a signature line is not `— name base64`")
        return cls(name, data[:4], data[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A note's text, which ends with LF, and its signatures, of which nothing is known yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """Return the note's bytes."""
        return "".join((self.text, "\n", *(s.line() for s in self.signatures))).encode()

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Read a note (steps 1 to 3); raises ``TrustError`` (``trust.malformed-note``)."""
        if len(data) > MAX_NOTE_SIZE:
            raise _malformed(f"it is longer than {MAX_NOTE_SIZE} bytes")
        try:
            content = data.decode()
        except UnicodeDecodeError:
            raise _malformed("it is not UTF-8") from None
        if _CONTROL.search(content):
            raise _malformed("it contains a control character")
        text, blank_line, signature_lines = content.rpartition("\n\n")
        if not blank_line or not text or not signature_lines.endswith("\n"):
            raise _malformed("it is not text, a blank line and signature lines")
        lines = signature_lines[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise _malformed(f"it bears more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(NoteSignature.parse(line) for line in lines))

    def verified_by(self, keys: Iterable[NoteKey]) -> tuple[NoteKey, ...]:
        """Return those of ``keys`` that signed (steps 4 and 5), in the order of the lines.

        Raises ``TrustError``: ``trust.bad-signature`` when a known key's signature fails,
        ``trust.unsigned-note`` when none of ``keys`` signed.
        """
        known = {(key.name, key.key_id): key for key in keys}
        signers: dict[NoteKey, None] = {}
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_id))
            if key is not None:
                key.verify(self.text, signature.signature)
                signers[key] = None
        if not signers:
            raise TrustError("trust.unsigned-note", "a note bears no signature of a known key")
        return tuple(signers)


def sign_text(text: str, name: str, key: PrivateKey) -> NoteSignature:
    """Return the signature of ``key`` under ``name`` over ``text``, which must end with LF."""
    public = key.public
    return NoteSignature(name, key_id(name, NoteKey.algorithm, public), key.sign(text.encode()))


def check_key_name(name: str) -> None:
    """Raise ``TrustError`` (``trust.malformed-key-name``) unless ``name`` can name a key."""
    if not _KEY_NAME.fullmatch(name) or _CONTROL.search(name):
        raise TrustError(
            "trust.malformed-key-name",
            f"{shorten(name)} cannot name a key: it is empty or has a space",
        )


def decode_base64(text: str) -> bytes | None:
    """Return the bytes, or ``None`` unless ``text`` is the one standard spelling of them."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if b64encode(data).decode() == text else None


def _malformed(what: str) -> TrustError:
    return TrustError("trust.malformed-note", f"this is not a signed note: {what}")
