"""The lines of a JSON Lines export (``docs/spec/export.md``), each in its one form.

An export is the same bytes whenever it is made again, so a line has one spelling: what is decoded
is written again and has to be the very line. That leaves no room for a key twice, an unknown key,
or a number that two readers take differently. What is decoded for people (``said``, ``what``,
``reference``, ``about``) is decoded again from the bytes beside it, and has to be the same; as it
stands in the file it is never built, so that neither size nor nesting costs anything. ``flags`` are
held against the entries that bind them, which come later (``export_remarks``).
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Annotated, BinaryIO, Literal, TypeVar

import msgspec
from msgspec import Meta

from hotline.audit.entries import Entry, MessageEntry, RecordEntry
from hotline.audit.export.jsonl import TYPE, VERSION
from hotline.audit.export.values import base64_text, json_text, said_in, told_in
from hotline.audit.verification.projections import check_message
from hotline.errors import HotlineError, TrustError, UsageError, WireError
from hotline.journal.state import OUT
from hotline.model.kinds import Precedence
from hotline.model.times import parse_time, shorten
from hotline.wire.body import MAX_BODY, decode_body, message_id
from hotline.wire.shapes import Count, Epoch, Seq, Word

MAX_LINE = 4 * 1024 * 1024
"""Bytes in one line: an equivocation keeps a whole envelope, twice over in this form."""
MAX_LOGS = 1000
MAX_CARDS = 1000
MAX_TRAFFIC = 64 * MAX_LOGS
"""Characters of a mark: a word, and the name of an exercise for each line."""

T = TypeVar("T")

Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Base64 = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9+/]*={0,2}\Z")]


class LogHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One log: up to which checkpoint its entries follow. ``root`` is hexadecimal."""

    origin: Annotated[str, Meta(max_length=200)]
    peer: Annotated[str, Meta(max_length=32)] | None
    epoch: Epoch | None
    size: Count
    root: Digest
    checkpoint: str


class Header(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """The first line: whose record this is, up to where, and by which keys.

    ``traffic`` is what it is marked with: left out for actual traffic.
    """

    type: Literal["hotline-export"]
    version: Literal[1]
    centre: Annotated[str, Meta(max_length=32)]
    status: Word
    traffic: Annotated[str, Meta(max_length=MAX_TRAFFIC)] = ""
    filter: msgspec.Raw
    logs: Annotated[tuple[LogHeader, ...], Meta(max_length=MAX_LOGS)]
    cards: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_CARDS)]
    witnesses: Annotated[tuple[str, ...], Meta(max_length=MAX_CARDS)]


class MessageLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="message"
):
    """A message; ``said`` is for people, and ``flags`` are what an entry behind it binds."""

    log: Count
    entry: Count
    kind: Word
    time: str
    direction: Literal["in", "out"]
    precedence: Literal["FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"]
    seq: Seq
    id: Digest
    created: str
    reference: str | None
    about: Digest | None
    flags: tuple[dict[str, str], ...]
    leaf: Base64
    body: Base64
    said: msgspec.Raw


class RecordLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="record"
):
    """Any other entry; ``what`` is for people."""

    log: Count
    entry: Count
    kind: Word
    time: str
    salt: Base64
    payload: Base64
    leaf: Base64
    what: msgspec.Raw


class EndLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="end"):
    """The last line; ``entries`` is how many lines of entries there were."""

    entries: Count


Line = MessageLine | RecordLine | EndLine

_line_decoder = msgspec.json.Decoder(Line)
_header_decoder = msgspec.json.Decoder(Header)


class _Beginning(msgspec.Struct):
    """As much of any version's first line as says what it is."""

    type: str
    version: int = 0


def read_line(file: BinaryIO, number: int) -> bytes:
    """Return the next line without its LF.

    Raises WireError: ``export.line-too-long``, ``export.cut-short`` for a line without an end, and
    where there is none any more.
    """
    line = file.readline(MAX_LINE + 1)
    if not line:
        raise cut_short("the line that ends it is not there")
    if not line.endswith(b"\n"):
        if len(line) > MAX_LINE:
            raise WireError(
                "export.line-too-long",
                f"line {number} has more than {MAX_LINE} bytes",
                "no export has such a line: ask for the file again",
            )
        raise cut_short(f"line {number} has no end")
    return line[:-1]


def cut_short(why: str) -> WireError:
    """Return the error for an export that does not go to its end."""
    return WireError(
        "export.cut-short",
        f"the export was cut short: {why}",
        "ask for the whole file again; `hotline log export` ends it with a line that counts",
    )


def malformed(number: int, why: str) -> WireError:
    """Return the error for a line that is not one of an export."""
    return WireError(
        "export.malformed",
        f"line {number} is not a line of an export: {why}",
        "use the file as `hotline log export` wrote it, changed by no other program",
    )


def decode_header(line: bytes) -> Header:
    """Decode the first line.

    Raises WireError (``export.malformed``, ``export.unknown-version``) and UsageError
    (``export.filtered``).
    """
    try:
        beginning = msgspec.json.decode(line, type=_Beginning)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise malformed(1, f"it is not the header of one ({_reason(error)})") from error
    if beginning.type != TYPE:
        raise malformed(1, f"its type is {shorten(beginning.type)}, not {TYPE}")
    if beginning.version != VERSION:
        raise WireError(
            "export.unknown-version",
            f"the export has version {beginning.version}, this program reads {VERSION}",
            "read it with the release of hotline that wrote it",
        )
    header = _decode(_header_decoder.decode, line, 1)
    if bytes(header.filter) != b"{}":
        raise UsageError(
            "export.filtered",
            "the export holds only entries that passed a filter",
            "a part of a record cannot be compared: export it again without filters",
        )
    return header


def decode_line(line: bytes, number: int) -> Line:
    """Decode a line after the first. Raises WireError (``export.malformed``)."""
    found: Line = _decode(_line_decoder.decode, line, number)
    return found


def _decode(decode: Callable[[bytes], T], line: bytes, number: int) -> T:
    try:
        found = decode(line)
        again = json_text(found).encode()
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise malformed(number, _reason(error)) from error
    if again != line:
        raise malformed(number, "it is spelled in another way than an export is")
    return found


def entry_of(line: MessageLine | RecordLine, number: int) -> Entry:
    """Return the entry that a line holds, once its leaf, its body and its words say the same.

    Raises WireError (``export.malformed``) and TrustError (``export.leaf-differs``,
    ``export.words-differ``).
    """
    time_us = _time(line.time, number)
    entry: Entry
    if isinstance(line, MessageLine):
        body = _bytes(line.body, number)
        entry = MessageEntry(
            line.entry,
            line.kind,
            time_us,
            line.direction,
            Precedence[line.precedence].value,
            line.seq,
            bytes.fromhex(line.id),
            _time(line.created, number),
            body,
            line.reference,
            bytes.fromhex(line.about) if line.about is not None else None,
            None,
            0,
        )
        _check_body(entry, line, number)
    else:
        entry = RecordEntry(
            line.entry, line.kind, time_us, _bytes(line.salt, number), _bytes(line.payload, number)
        )
    if base64_text(entry.leaf()) != line.leaf:
        raise _differs(number, "its leaf is not the one that its fields give")
    if isinstance(line, RecordLine) and isinstance(entry, RecordEntry):
        _check_words(line.what, told_in(entry.payload), number)
    return entry


def _check_body(entry: MessageEntry, line: MessageLine, number: int) -> None:
    if len(entry.body) > MAX_BODY or message_id(entry.body) != entry.id:
        raise _differs(number, "its id is not the hash of its body")
    try:
        body = decode_body(entry.body)
    except WireError as error:
        raise _differs(number, f"its body cannot be read: {error.message}") from error
    if (body.kind, body.precedence, body.seq, body.created_us) != (
        entry.kind,
        entry.stream,
        entry.seq,
        entry.created_us,
    ):
        raise _differs(number, "its fields say something else than its body")
    _check_words(line.said, said_in(entry.body), number)
    reference = entry.reference.encode() if entry.reference is not None else None
    for wrong in check_message(body, OUT, reference, entry.about, None):
        raise words_differ(number, wrong)
    if line.flags and entry.direction == "out":
        raise words_differ(number, "a message that the centre sent has remarks of its desk")


def _check_words(told: msgspec.Raw, due: object, number: int) -> None:
    """Check that what is told beside an entry's bytes is what they say."""
    if bytes(told) != json_text(due).encode():
        raise words_differ(number, "what it is told to say is not what its bytes say")


def words_differ(number: int, why: str) -> TrustError:
    """Return the error for a line that tells something else than bytes in the file say."""
    return TrustError(
        "export.words-differ",
        f"line {number} contradicts itself: {why}",
        "the file was changed after it was written: ask for it again",
    )


def _differs(number: int, why: str) -> TrustError:
    return TrustError(
        "export.leaf-differs",
        f"line {number} contradicts itself: {why}",
        "the file was changed after it was written: ask for it again",
    )


def _time(text: str, number: int) -> int:
    try:
        return parse_time(text)
    except HotlineError as error:
        raise malformed(number, error.message) from error


def _bytes(text: str, number: int) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise malformed(number, "what should be base64 is not") from error


def _reason(error: BaseException) -> str:
    """Return why JSON could not be decoded, on one short line of ASCII."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return ascii(str(error))[1:-1][:200].rstrip(".")
