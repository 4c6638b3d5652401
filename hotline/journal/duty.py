"""Records about exercises, faults and the watch, all in the node's own log.

They are rare, so nothing but the log holds them: a node that starts looks through its own log, of
this generation, and knows where play, the faults and the watch stand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hotline.errors import HotlineError
from hotline.journal.records import append_record
from hotline.model.play import NO_PLAY, Play, PlayEvent
from hotline.model.play import advance as advance_play
from hotline.model.watch import NOBODY, Taking, Watch, WatchStep, advance
from hotline.wire.records import (
    FaultBegun,
    FaultEnded,
    Played,
    Record,
    WatchAssumed,
    WatchBriefed,
    WatchRecord,
    brief_digest,
    decode_record,
    encode_record,
)

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

EXERCISE: Final = "exercise"
FAULT: Final = "fault"
WATCH: Final = "watch"
"""The kinds of the records."""
FAULT_FORM: Any = FaultBegun | FaultEnded
WATCH_FORM: Any = WatchRecord
FORMS: Final[dict[str, Any]] = {EXERCISE: Played, FAULT: FAULT_FORM, WATCH: WATCH_FORM}


@dataclass(frozen=True, slots=True)
class Entered:
    """One of these records: its entry in the node's own log, its time in us, what it says."""

    index: int
    time_us: int
    said: Any


def enter(journal: Journal, kind: str, said: Record, now_us: int) -> Entered:
    """Enter one of these records in the node's own log."""
    index = append_record(journal, journal.node_log, kind, encode_record(said), now_us)
    return Entered(index, now_us, said)


def read_entered(connection: sqlite3.Connection, log: int) -> dict[str, list[Entered]]:
    """Return what a log of the node has of each kind, oldest first.

    A record that cannot be read is left out; the verification names it.
    """
    found: dict[str, list[Entered]] = {kind: [] for kind in FORMS}
    for index, time_us, kind, payload in connection.execute(
        "SELECT idx, time_us, kind, payload FROM record"
        " WHERE log = ? AND kind IN ('exercise', 'fault', 'watch') ORDER BY idx",
        (log,),
    ):
        try:
            found[kind].append(Entered(index, time_us, decode_record(payload, FORMS[kind], kind)))
        except HotlineError:
            continue
    return found


def taking_of(entry: Entered) -> Taking:
    """Return the step of the watch that a ``watch`` record tells of."""
    said: WatchRecord = entry.said
    step = WatchStep(str(said.__struct_config__.tag))
    if isinstance(said, WatchBriefed):
        digest = brief_digest(said.sections)
        return Taking(step, said.officer, entry.time_us, entry.index, digest=digest)
    if isinstance(said, WatchAssumed):
        return Taking(
            step,
            said.officer,
            entry.time_us,
            entry.index,
            relieved=said.relieved,
            brief=said.brief,
            digest=said.digest,
        )
    return Taking(step, said.officer, entry.time_us, entry.index)


def watch_after(entries: list[Entered], before: Watch = NOBODY) -> Watch:
    """Return how the watch stands after these records; a step that cannot be is passed over."""
    watch = before
    for entry in entries:
        try:
            watch = advance(watch, taking_of(entry))
        except HotlineError:
            continue
    return watch


def play_with(play: Play, entry: Entered) -> Play:
    """Return where play stands after one more record. Raises UsageError for one that cannot be."""
    said: Played = entry.said
    event = PlayEvent(said.event)
    return advance_play(play, event, said.name, entry.time_us, binds=bool(said.record))


def play_after(entries: list[Entered]) -> Play:
    """Return where play stands after these records."""
    play = NO_PLAY
    for entry in entries:
        with suppress(HotlineError):
            play = play_with(play, entry)
    return play


def faults_open(entries: list[Entered]) -> Iterator[FaultBegun]:
    """Yield the faults that were begun and of which no end was entered."""
    begun: dict[tuple[str, str], FaultBegun] = {}
    for entry in entries:
        said = entry.said
        if isinstance(said, FaultBegun):
            begun[said.kind, said.peer] = said
        else:
            begun.pop((said.kind, said.peer), None)
    yield from begun.values()
