"""What was read out and written down over a telephone: the ``voice`` records of a line's log.

A call is rare and short-lived, so nothing but the log holds it: whoever asks for calls looks
through the newest entries of each line, and costs the same at any size of the record.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hotline.errors import HotlineError
from hotline.journal.records import append_record
from hotline.journal.state import LineState
from hotline.wire.records import (
    VoiceConfirmed,
    VoiceHeard,
    VoiceSpoken,
    decode_record,
    encode_record,
)

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

VOICE = "voice"
"""The kind of the record."""
LOOKED_THROUGH = 50_000
"""Newest entries of each log that are looked through for calls."""

Said = VoiceSpoken | VoiceHeard | VoiceConfirmed
_FORM: Any = Said


@dataclass(frozen=True, slots=True)
class Call:
    """One ``voice`` record: the ``peer`` and ``log`` of its line, its entry, its time in us."""

    peer: str
    log: int
    index: int
    time_us: int
    said: Said


def enter_voice(journal: Journal, line: LineState, said: Said, now_us: int) -> Call:
    """Enter one record of a call."""
    index = append_record(journal, line, VOICE, encode_record(said), now_us)
    return Call(line.peer, line.log, index, now_us, said)


def calls(connection: sqlite3.Connection, peer: str | None = None) -> list[Call]:
    """Return what the newest entries say of calls, of one line or all, the newest first.

    A record that cannot be read is left out; the verification names it.
    """
    lines = connection.execute(
        "SELECT l.peer, l.log, g.size FROM line l JOIN log g ON g.id = l.log"
        " WHERE ?1 IS NULL OR l.peer = ?1",
        (peer,),
    ).fetchall()
    found = []
    for name, log, size in lines:
        for index, time_us, payload in connection.execute(
            "SELECT idx, time_us, payload FROM record WHERE log = ? AND idx >= ? AND kind = ?",
            (log, size - LOOKED_THROUGH, VOICE),
        ):
            try:
                said: Said = decode_record(payload, _FORM, VOICE)
            except HotlineError:
                continue
            found.append(Call(name, log, index, time_us, said))
    return sorted(found, key=lambda call: (call.time_us, call.index), reverse=True)
