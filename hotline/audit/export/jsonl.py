"""JSON Lines: a record in full, one entry a line, for machines that check it.

Line 1 is the header with checkpoints and public keys, the last line says how many entries lie
between, so that an export that was cut short is refused. ``docs/spec/export.md`` gives the form.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from hotline.audit.entries import Entry, MessageEntry
from hotline.audit.export.selection import Record
from hotline.audit.export.stating import export_stated
from hotline.audit.export.values import base64_text, json_text, said_in, time_text, told_in
from hotline.audit.search.decoding import flags_in, precedence_name

TYPE = "hotline-export"
VERSION = 1


def write_jsonl(
    out: BinaryIO,
    record: Record,
    entries: Iterable[tuple[int, Entry]],
    stated: dict[str, object],
) -> int:
    """Write a record, and return how many entries were written. Memory stays flat.

    ``entries`` comes with the index of the entry's log in ``record.parts``, log by log in their
    order; ``stated`` is the filter that they passed, empty for a whole record.
    """
    out.write(json_text(header(record, stated)).encode() + b"\n")
    count = 0
    for part, entry in entries:
        out.write(json_text(line_of(part, entry)).encode() + b"\n")
        count += 1
    out.write(json_text({"type": "end", "entries": count}).encode() + b"\n")
    return count


def header(record: Record, stated: dict[str, object]) -> dict[str, object]:
    """Return what the first line says: whose record, up to where, and how to check it."""
    peers = {part.log.peer for part in record.parts}
    cards = [record.card, *(card for peer, card in sorted(record.peers.items()) if peer in peers)]
    return {
        "type": TYPE,
        "version": VERSION,
        **export_stated(record, stated),
        "cards": [card.note.decode() for card in cards],
        "witnesses": [record.witnesses[name].vkey() for name in sorted(record.witnesses)],
    }


def line_of(part: int, entry: Entry) -> dict[str, object]:
    """Return what the line of one entry says."""
    common: dict[str, object] = {
        "log": part,
        "entry": entry.index,
        "kind": entry.kind,
        "time": time_text(entry.time_us),
    }
    if isinstance(entry, MessageEntry):
        return {
            "type": "message",
            **common,
            "direction": entry.direction,
            "precedence": precedence_name(entry.stream),
            "seq": entry.seq,
            "id": entry.id.hex(),
            "created": time_text(entry.created_us),
            "reference": entry.reference,
            "about": entry.about.hex() if entry.about is not None else None,
            "flags": flags_in(entry.flags),
            "leaf": base64_text(entry.leaf()),
            "body": base64_text(entry.body),
            "said": said_in(entry.body),
        }
    return {
        "type": "record",
        **common,
        "salt": base64_text(entry.salt),
        "payload": base64_text(entry.payload),
        "leaf": base64_text(entry.leaf()),
        "what": told_in(entry.payload),
    }
