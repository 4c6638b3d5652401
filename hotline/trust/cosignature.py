"""Cosignatures (C2SP tlog-cosignature v1.0.1, ``cosignature/v1``): a witness saw this log state.

A signature line whose payload is ``u64be timestamp || signature[64]``, the signature being over
``cosignature/v1``, ``time <timestamp>`` and the checkpoint's text. It means: of this log, the
witness has seen this checkpoint, consistent with every one that it cosigned before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.errors import KeysError, TrustError
from hotline.model.times import shorten
from hotline.trust.keys import SIGNATURE_SIZE, PrivateKey, PublicKey, Role
from hotline.trust.names import status_and_centre_of
from hotline.trust.notes import NoteKey, NoteSignature, key_id

MAX_TIMESTAMP_S = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class WitnessKey(NoteKey):
    """A named public key that cosigns (type 0x04)."""

    algorithm: ClassVar[int] = 0x04

    def verify(self, text: str, signature: bytes) -> None:
        """Raise ``TrustError`` (``trust.bad-signature``) unless the witness cosigned ``text``."""
        timestamp_s, signature = split_cosignature(signature)
        self.public.verify(signature, cosigned_bytes(text, timestamp_s))


def cosigned_bytes(text: str, timestamp_s: int) -> bytes:
    """Return the bytes that a cosignature of a note's ``text`` at that second signs."""
    return f"cosignature/v1\ntime {timestamp_s}\n{text}".encode()


def split_cosignature(payload: bytes) -> tuple[int, bytes]:
    """Return the second since 1970 and the signature; raises ``TrustError``."""
    timestamp_s = int.from_bytes(payload[:8], "big")
    if len(payload) != 8 + SIGNATURE_SIZE or timestamp_s > MAX_TIMESTAMP_S:
        raise TrustError(
            "trust.malformed-cosignature", "a cosignature is a time and a signature of 64 bytes"
        )
    return timestamp_s, payload[8:]


def cosign_text(text: str, witness_key: PrivateKey, timestamp_s: int) -> NoteSignature:
    """Return the cosignature of a note's ``text``, whatever it is about."""
    witness_key.require_role(Role.WITNESS)
    payload = timestamp_s.to_bytes(8, "big") + witness_key.sign(cosigned_bytes(text, timestamp_s))
    name = witness_key.name
    return NoteSignature(name, key_id(name, WitnessKey.algorithm, witness_key.public), payload)


def cosign(checkpoint_text: str, witness_key: PrivateKey, timestamp_s: int) -> bytes:
    """Return the signature line, with its LF, over a checkpoint's text.

    The caller has verified the checkpoint and its consistency with the last one that it cosigned,
    and stored that fact; this function cannot know. Appended to the signed checkpoint, the line
    makes a cosigned one. Raises ``KeysError``: ``keys.wrong-role``, ``keys.wrong-status``,
    ``keys.wrong-log``.
    """
    origin = checkpoint_text.partition("\n")[0]
    declared = status_and_centre_of(origin)
    if declared is None:
        raise KeysError(
            "keys.wrong-log",
            f"the log {shorten(origin, 100)} is not one of a hotline centre",
            "a centre cosigns the logs of its peers only",
        )
    witness_key.require_status(declared[0])
    return cosign_text(checkpoint_text, witness_key, timestamp_s).line().encode()


def verify_cosignature(
    checkpoint_text: str, line: bytes, name: str, witness_public: PublicKey
) -> int:
    """Return when the witness says it cosigned (seconds since 1970), once the line verifies.

    ``line`` is one signature line with exactly one LF, at its end; ``name`` is the witness key's.
    Raises ``TrustError``: ``trust.malformed-note``, ``trust.malformed-cosignature``,
    ``trust.wrong-witness``, ``trust.bad-signature``.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = ""
    # Lines are joined to notes as they are: one without its end would run into the next.
    if not text.endswith("\n"):
        raise TrustError("trust.malformed-note", "a cosignature is one line, with its LF")
    signature = NoteSignature.parse(text.removesuffix("\n"))
    key = WitnessKey(name, witness_public)
    if (signature.name, signature.key_id) != (key.name, key.key_id):
        raise TrustError("trust.wrong-witness", f"a cosignature is not one of {shorten(name)}")
    key.verify(checkpoint_text, signature.signature)
    return split_cosignature(signature.signature)[0]
