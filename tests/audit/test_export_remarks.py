"""The flags in an export are held against the entries that bind them, as its lines are read."""

from __future__ import annotations

import msgspec
import pytest

from hotline.audit.entries import Entry, MessageEntry, RecordEntry
from hotline.audit.reconcile.export_lines import MessageLine, RecordLine
from hotline.audit.reconcile.export_remarks import Flagged
from hotline.errors import TrustError
from hotline.wire.envelope import MAX_GROUP
from hotline.wire.records import Flag, Remarked, encode_record

Line = tuple[MessageLine | RecordLine, Entry]
LATE = Flag("notice.short-warning", "warning time 9 s")
ODD = Flag("model.unknown-field", "the field x is not known", "volumes[0]")


def message(number: int, *flags: Flag, direction: str = "in") -> Line:
    """Make a message's line; only what is looked at is true."""
    id_ = bytes([number % 256, number // 256]) * 16
    told = [msgspec.to_builtins(flag) for flag in flags]
    fields = ("time", direction, "FLASH", 1, id_.hex(), "created", None, None, told, "", "")
    line = MessageLine(0, number, "notice", *fields, said=msgspec.Raw(b"null"))
    entry = MessageEntry(number, "notice", 0, direction, 0, 1, id_, 0, b"", None, None, None, 0)
    return line, entry


def record(number: int, kind: str, payload: bytes) -> Line:
    """Make a record's line, in the same way."""
    line = RecordLine(0, number, kind, "time", "", "", "", what=msgspec.Raw(b"null"))
    return line, RecordEntry(number, kind, 0, bytes(16), payload)


def remark(number: int, on: Line, *flags: Flag) -> Line:
    """Make the line of what was remarked on a message."""
    entry = on[1]
    assert isinstance(entry, MessageEntry)
    return record(number, "remarked", encode_record(Remarked(entry.id, flags)))


A, B, C = message(1, LATE), message(2), message(3, ODD, LATE)
CLOCK = record(9, "clock", b"\x80")

HONEST = {
    "none": (B, CLOCK, B),
    "one": (A, remark(4, A, LATE), CLOCK),
    "a group": (A, B, C, remark(4, A, LATE), remark(5, C, ODD, LATE), CLOCK, message(9, ODD)),
    "cut behind a group": (A, B, C),
    "cut between remarks": (A, B, C, remark(4, A, LATE)),
}
FALSE = {
    "without its flags": (B, remark(4, B, LATE)),
    "with other flags": (A, remark(4, A, ODD)),
    "with one flag less": (C, remark(4, C, ODD)),
    "in another order": (C, remark(4, C, LATE, ODD)),
    "remarked on twice": (A, remark(4, A, LATE), remark(5, A, LATE)),
    "never remarked on": (A, CLOCK),
    "never remarked on, before what was sent": (A, message(7, direction="out")),
    "a remark that cannot be read": (A, record(4, "remarked", b"\x80")),
    "more than any group": tuple(message(n, LATE) for n in range(MAX_GROUP + 1)),
}


def read(*lines: Line) -> None:
    """Read the lines of one log."""
    flagged = Flagged()
    for number, (line, entry) in enumerate(lines, 2):
        flagged.take(line, entry, number)


@pytest.mark.parametrize("name", HONEST)
def test_what_a_node_exports_is_read(name: str) -> None:
    """Also where the export ends between a message and what was remarked on it."""
    read(*HONEST[name])


@pytest.mark.parametrize("name", FALSE)
def test_flags_that_were_not_entered_are_refused(name: str) -> None:
    """Missing, more, other, doubled: with the line at which it shows."""
    with pytest.raises(TrustError) as caught:
        read(*FALSE[name])
    assert caught.value.code == "export.words-differ"
