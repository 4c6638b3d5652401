"""Step 11 for the node's own log: that the watch, faults and play went the ways they can go.

A step of the watch that no officer could take, such as an assumption without a brief, is found by
following the same table as the node does (`hotline.model.watch`). Read from the beginning of each
log, also where its entries are trusted: who has the watch follows from all that was said of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from hotline.audit.verification.projections import Finding
from hotline.errors import HotlineError
from hotline.journal.duty import (
    EXERCISE,
    FAULT,
    WATCH,
    Entered,
    play_with,
    read_entered,
    taking_of,
)
from hotline.model.play import NO_PLAY
from hotline.model.watch import NOBODY, advance
from hotline.wire.records import FaultBegun, Played


def check_duty(
    db: sqlite3.Connection, log: int, origin: str, begin: int, *, whole: bool
) -> Iterator[Finding]:
    """Yield what cannot be of the watch, faults and play in one log of the node, from ``begin`` on.

    ``whole`` is whether every line's entries are still in the journal: only then must a message
    that stopped play be there. What cannot be read is no news: step 4 names it.
    """
    found = read_entered(db, log)
    for index, why in (
        *_watch(found[WATCH]),
        *_faults(found[FAULT]),
        *_play(db, found[EXERCISE], whole=whole),
    ):
        if index >= begin:
            yield origin, index, why


def _watch(entries: list[Entered]) -> Iterator[tuple[int, str]]:
    watch = NOBODY
    for entry in entries:
        try:
            watch = advance(watch, taking_of(entry))
        except HotlineError as error:
            yield entry.index, f"a step of the watch that could not be taken: {error.message}"


def _faults(entries: list[Entered]) -> Iterator[tuple[int, str]]:
    begun: set[tuple[str, str]] = set()
    for entry in entries:
        said = entry.said
        which = (said.kind, said.peer)
        if isinstance(said, FaultBegun) == (which in begun):
            what = "begins that has not ended" if which in begun else "ends that was not begun"
            yield entry.index, f"a fault {what}: {said.kind}"
        begun ^= {which}


def _play(
    db: sqlite3.Connection, entries: list[Entered], *, whole: bool
) -> Iterator[tuple[int, str]]:
    play = NO_PLAY
    for entry in entries:
        said: Played = entry.said
        try:
            play = play_with(play, entry)
        except HotlineError as error:
            yield entry.index, f"an event of an exercise that could not be: {error.message}"
        if said.message is None or not whole:
            continue
        if not db.execute("SELECT 1 FROM message WHERE id = ?", (said.message,)).fetchone():
            yield entry.index, "the message that is said to have stopped play is not there"
