"""What a journal, an export or an evidence file of the other centre holds, as it is audited."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

from hotline.audit.evidence.check import check as check_evidence
from hotline.audit.reconcile.export_lines import (
    EndLine,
    decode_header,
    decode_line,
    entry_of,
    read_line,
)
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.search.area import parse_area
from hotline.audit.verification.node import read_recovered
from hotline.audit.verification.records import OF_A_LINE, OF_THE_NODE, check_record
from hotline.audit.verification.starts import read_anchor
from hotline.journal.forks import read_fork
from hotline.journal.incoming import decode_items
from hotline.journal.opening import read_line_opened
from hotline.journal.prune import read_archived
from tests.security.fuzzing.target import Target, chosen, text

_BEFORE: Final = tuple(
    (kind, of_line)
    for of_line, kinds in ((True, OF_A_LINE), (False, OF_THE_NODE))
    for kind, form in kinds.items()
    if form is not None
)
_BY_STEPS: Final = (
    decode_items,
    read_anchor,
    read_archived,
    read_fork,
    read_line_opened,
    read_recovered,
)


@contextmanager
def in_a_file(data: bytes, suffix: str = "") -> Iterator[Path]:
    """Put bytes where a reader of files finds them."""
    with tempfile.NamedTemporaryFile(dir=_memory(), suffix=suffix) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def record(data: bytes) -> None:
    """Read a record of any kind, as step 4 of a verification reads it."""
    (kind, of_line), rest = chosen(_BEFORE, data)
    check_record(kind, rest, of_line=of_line)


def stepped(data: bytes) -> None:
    """Read a record that a later step of a verification reads by itself."""
    read, rest = chosen(_BY_STEPS, data)
    read(rest)


def evidence(data: bytes) -> None:
    """Read an evidence file, through every step."""
    check_evidence(data)


def export_line(data: bytes) -> None:
    """Read one line of an export: the first, or any other with the entry that it holds."""
    reading, rest = chosen((0, 1), data)
    line = read_line(BytesIO(rest), 2)
    if reading == 0:
        decode_header(line)
        return
    found = decode_line(line, 2)
    if not isinstance(found, EndLine):
        entry_of(found, 2)


def export(data: bytes) -> None:
    """Read a whole export, as a reconciliation reads it."""
    with in_a_file(data) as path:
        record = ExportRecord("theirs", path)
        try:
            record.begin("iaf")
            for line in record.lines():
                for _ in record.cosigned(line.epoch):
                    pass
            for epoch, _, place in record.entries():
                record.body(epoch, place)
        finally:
            record.close()


def area(data: bytes) -> None:
    """Read an area that somebody looks for."""
    parse_area(text(data))


JSON_WORDS: Final = ('"type"', '"version"', '"entry"', '"log"', '":', '",', "null", "true", "[]")
TARGETS: Final = (
    Target("record", ("wire.records:decode_record",), record),
    Target(
        "stepped",
        (
            "journal.incoming:decode_items",
            "audit.verification.starts:read_anchor",
            "journal.prune:read_archived",
            "journal.forks:read_fork",
            "journal.opening:read_line_opened",
            "audit.verification.node:read_recovered",
        ),
        stepped,
    ),
    Target(
        "evidence",
        ("audit.evidence.form:decode",),
        evidence,
        65_536,
        JSON_WORDS,
    ),
    Target(
        "export-line",
        ("audit.reconcile.export_lines:decode_header", "audit.reconcile.export_lines:decode_line"),
        export_line,
        words=JSON_WORDS,
    ),
    Target("export", ("audit.reconcile.export_record:ExportRecord",), export, 65_536, JSON_WORDS),
    Target("area", ("audit.search.area:parse_area",), area),
)
"""The targets behind files of a record."""
