"""The form of an evidence file: its fields, its one spelling, its limits.

docs/spec/evidence.md, section 2, describes every field. A file is written in exactly one way, and
read only when it is: so nothing in it can be doubled, unknown, left over or said twice.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hotline.errors import TrustError
from hotline.trust.notes import decode_base64

MAX_FILE = 32 * 1024 * 1024
"""Bytes in one file."""
MAX_PARTS = 400_000
"""Values in one file; no honest file has more, and each costs a reader more than its bytes."""

MAX_MESSAGES = 2000
"""Messages in one file; a peer can put as many as it likes under one reference."""
MAX_RECORDS = 8000

Text = Annotated[str, Meta(max_length=512 * 1024)]
Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A JSON object with exactly these fields, in this order."""


class LogPart(Part, frozen=True):
    """The checkpoints used of one log, by size, and what joins each of them to the next."""

    origin: Text
    checkpoints: tuple[Text, ...]
    consistency: tuple[tuple[Text, ...], ...]


class GroupPart(Part, frozen=True):
    """The group that a message was signed in: its root, and the message's path to it."""

    signatures: tuple[Text, ...]
    root: Text
    size: Number
    index: Number
    path: tuple[Text, ...]


class MessagePart(Part, frozen=True):
    """One message: its bytes, its signature, and tlog-proofs of its entries in both logs."""

    id: Hex
    body: Text
    group: GroupPart
    sent: tuple[Text, ...]
    received: tuple[Text, ...]


class RecordPart(Part, frozen=True):
    """An entry that is no message, and its tlog-proof; null where nothing has signed it yet."""

    payload: Text
    proof: Text | None


class Gap(Part, frozen=True):
    """One thing that the file does not prove, and of which message."""

    code: Text
    message: Hex | None


class Evidence(Part, frozen=True, omit_defaults=True):
    """A whole file; ``exercise`` is left out where the record names none."""

    type: Literal["hotline-evidence"]
    version: Literal[1]
    centre: Text
    peer: Text
    status: Text
    epoch: Number
    cards: tuple[Text, ...]
    witnesses: tuple[Text, ...]
    logs: tuple[LogPart, ...]
    messages: Annotated[tuple[MessagePart, ...], Meta(min_length=1, max_length=MAX_MESSAGES)]
    records: Annotated[tuple[RecordPart, ...], Meta(max_length=MAX_RECORDS)]
    not_proven: tuple[Gap, ...]
    exercise: Text = ""


_decoder = msgspec.json.Decoder(Evidence)


def encode(evidence: Evidence) -> bytes:
    """Return the file: JSON in UTF-8, two blanks a level, fields in their order, LF at the end."""
    return msgspec.json.format(msgspec.json.encode(evidence), indent=2) + b"\n"


def decode(data: bytes) -> Evidence:
    """Read ``encode`` back; bytes that are anything else raise ``TrustError``.

    Raises ``evidence.too-large``, ``evidence.malformed``. Memory stays within a small multiple of
    the file's size: a value costs at least a comma, and commas are counted first.
    """
    if len(data) > MAX_FILE:
        raise TrustError(
            "evidence.too-large",
            f"the file has more than {MAX_FILE} bytes",
            "an evidence file holds one exchange; check that this is the right file",
        )
    if data.count(b",") > MAX_PARTS:
        raise malformed(f"it has more than {MAX_PARTS} values")
    try:
        evidence = _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise malformed(str(error)[:200]) from None
    except (ValueError, RecursionError) as error:
        # msgspec.DecodeError and UnicodeDecodeError are both ValueErrors.
        what = "it is cut short" if "truncated" in str(error) else str(error)[:200]
        raise malformed(what) from None
    try:
        again = encode(evidence)
    except (ValueError, UnicodeEncodeError):
        again = b""
    if again != data:
        raise malformed(
            "it is not byte for byte as it was written: a field is doubled, or it was reformatted"
        )
    return evidence


def in_base64(data: bytes) -> str:
    """Return bytes as the file holds them."""
    return b64encode(data).decode()


def from_base64(text: str, what: str) -> bytes:
    """Return the bytes of a field; raises ``TrustError`` (``evidence.malformed``)."""
    data = decode_base64(text)
    if data is None:
        raise malformed(f"{what} is not base64")
    return data


def malformed(what: str) -> TrustError:
    """Return the error for bytes that are no evidence file."""
    return TrustError(
        "evidence.malformed",
        f"this is not an evidence file: {what}",
        "have it sent again, unchanged; `hotline log evidence` writes it",
    )
