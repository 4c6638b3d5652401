"""Entries with all that a table tells about them, so that each row can be made by itself.

Reading is done in one process, in order. What a row says follows from its case alone, so any
process may make it (``hotline.audit.verification.crew``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter

import msgspec

from hotline.audit.entries import Entry, Log, MessageEntry
from hotline.audit.export.selection import Record
from hotline.audit.export.standing import Standing, Stood

Numbered = tuple[int, Entry]
"""An entry with the index of its log among the parts of the export."""

TOGETHER = 256
"""Entries whose standing is asked for at once."""


class Case(msgspec.Struct, frozen=True, gc=False):
    """One entry of part ``part`` of an export; ``stood`` is None for what is no message.

    ``centre`` is whose record it is, ``traffic`` what the log's entries are marked with.
    """

    part: int
    log: Log
    centre: str
    entry: Entry
    stood: Stood | None = None
    traffic: str = ""


def cases_of(record: Record, stood: Standing, entries: Iterable[Numbered]) -> Iterator[Case]:
    """Yield a case for each entry, in their order. Memory stays flat."""
    for number, numbered in groupby(entries, key=itemgetter(0)):
        part = record.parts[number]
        traffic = record.traffic_of(part)
        while together := [entry for _, entry in islice(numbered, TOGETHER)]:
            messages = [entry for entry in together if isinstance(entry, MessageEntry)]
            standings = iter(stood.of(number, messages))
            for entry in together:
                is_message = isinstance(entry, MessageEntry)
                standing = next(standings) if is_message else None
                yield Case(number, part.log, record.centre, entry, standing, traffic)


def size_of(case: Case) -> int:
    """Return about how many bytes a case takes."""
    entry = case.entry
    return len(entry.body or b"") if isinstance(entry, MessageEntry) else len(entry.payload)
