"""Checkpoints (C2SP tlog-checkpoint v1.0.0): what a log stakes its name on.

The text is three lines, ``origin``, ``size`` and ``root``; it is signed as a note by the log's
key, under the origin as key name. Extension lines, which the standard allows and advises against,
are refused: two nodes that read a checkpoint must read the same.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass

from hotline.errors import KeysError, TrustError
from hotline.model.times import shorten
from hotline.trust.keys import PrivateKey, PublicKey, Role
from hotline.trust.merkle import HASH_SIZE, MAX_TREE_SIZE
from hotline.trust.names import status_and_centre_of
from hotline.trust.notes import Note, NoteKey, check_key_name, decode_base64, sign_text

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The root (32 bytes) of the log ``origin`` when it held ``size`` entries.

    Raises ``TrustError`` (``trust.malformed-checkpoint``, ``trust.malformed-key-name``).
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_key_name(self.origin)
        if not 0 <= self.size <= MAX_TREE_SIZE or len(self.root) != HASH_SIZE:
            raise _malformed("its size or root is out of range")

    def text(self) -> str:
        """Return the text that is signed and cosigned."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read ``text()`` back; raises ``TrustError`` (``trust.malformed-checkpoint``)."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise _malformed("it is not three lines")
        origin, size, encoded, _ = lines
        root = decode_base64(encoded)
        if not _SIZE.fullmatch(size) or root is None:
            raise _malformed("its lines are not origin, size and root")
        return cls(origin, int(size), root)


def sign_checkpoint(checkpoint: Checkpoint, log_key: PrivateKey) -> bytes:
    """Return the checkpoint as a note signed by the log's key.

    Raises ``KeysError``: ``keys.wrong-role``, ``keys.wrong-status`` for a log of another status,
    ``keys.wrong-log`` for a log of another centre.
    """
    log_key.require_role(Role.LOG)
    declared = status_and_centre_of(checkpoint.origin)
    if declared is None or declared[1] != log_key.centre:
        raise KeysError(
            "keys.wrong-log",
            f"the log {shorten(checkpoint.origin, 100)} is not one of {log_key.centre}",
            "a centre signs checkpoints of its own logs only",
        )
    log_key.require_status(declared[0])
    text = checkpoint.text()
    return Note(text, (sign_text(text, checkpoint.origin, log_key),)).encode()


def open_checkpoint(note: bytes, origin: str, log_public: PublicKey) -> Checkpoint:
    """Return the checkpoint in ``note``, once it is known to be of that log and signed by it.

    1. Read the note (``hotline.trust.notes``, steps 1 to 3).
    2. Verify the signature of ``log_public`` under the name ``origin`` (step 4).
    3. Read the text; its first line must be ``origin``.

    Raises ``TrustError``, among others ``trust.wrong-origin``, ``trust.bad-signature``,
    ``trust.unsigned-note``.
    """
    return checkpoint_in(Note.parse(note), NoteKey(origin, log_public))


def checkpoint_in(note: Note, key: NoteKey) -> Checkpoint:
    """Do as ``open_checkpoint`` (steps 2 and 3) with a note that was read, and the key made."""
    note.verified_by((key,))
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise TrustError(
            "trust.wrong-origin",
            f"a checkpoint of {shorten(checkpoint.origin, 100)} is not of {shorten(key.name, 100)}",
        )
    return checkpoint


def open_lone_checkpoint(note: bytes, key: NoteKey) -> Checkpoint:
    """Do as ``open_checkpoint``, with a note that bears the log's one signature and no other line.

    Such a note has one spelling only: nothing can hang on it that nobody answers for. Raises
    ``TrustError`` as that does, and ``trust.other-signatures``.
    """
    opened = Note.parse(note)
    checkpoint = checkpoint_in(opened, key)
    if len(opened.signatures) != 1:
        raise TrustError(
            "trust.other-signatures",
            "a checkpoint bears more signatures than that of its log, which must stand alone here",
        )
    return checkpoint


def _malformed(what: str) -> TrustError:
    return TrustError("trust.malformed-checkpoint", f"this is not a checkpoint: {what}")
