"""That an epoch of a line was opened is entered in the node's own log, once.

Otherwise nobody would miss an epoch that is taken out with its line, nor see one that was put in:
whose log is empty has no signature to show, and of a line that is gone no table speaks.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import msgspec

from hotline.errors import ConfigError, HotlineError, TrustError
from hotline.journal.records import append_record
from hotline.model.letter_rules import MAX_EXERCISE_NAME
from hotline.trust.merkle import MAX_TREE_SIZE
from hotline.wire.records import Record, decode_record, encode_record
from hotline.wire.shapes import Count

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

LINE_OPENED = "line-opened"
"""The kind of the record."""


class LineOpened(Record, frozen=True, omit_defaults=True):
    """The payload of a ``line-opened`` record: the origins of a line's two logs in an epoch.

    ``exercise`` is the exercise whose record this is, as the letter names it; empty for none.
    """

    origin: Annotated[str, msgspec.Meta(max_length=256)]
    mirror: Annotated[str, msgspec.Meta(max_length=256)]
    peer: Annotated[str, msgspec.Meta(max_length=256)]
    epoch: Count
    exercise: Annotated[str, msgspec.Meta(max_length=MAX_EXERCISE_NAME)] = ""


def read_line_opened(payload: bytes) -> LineOpened:
    """Decode the payload of a ``line-opened`` record. Raises TrustError (``line.unreadable``)."""
    try:
        return decode_record(payload, LineOpened, LINE_OPENED)
    except HotlineError as error:
        raise TrustError(
            "line.unreadable", f"what was entered about a line's epoch cannot be read: {error}"
        ) from error


def enter_opened(journal: Journal, now_us: int) -> None:
    """Enter each epoch of a line that has no record yet, in the order of their rows.

    The epochs of the letters in use bear the names of their exercises.

    A fenced node enters none: the log of its own affairs is one that it must not continue, and the
    recovery, which opens the next, does it there.
    """
    rows = journal.execute(
        "SELECT o.origin, m.origin, l.peer, l.epoch FROM line l JOIN log o ON o.id = l.log"
        " JOIN log m ON m.id = l.mirror ORDER BY l.log"
    ).fetchall()
    known = opened(journal.connection)
    named = {
        line.own.origin: journal.exercises.get(peer, "") for peer, line in journal.lines.items()
    }
    for row in rows:
        origin, mirror, peer, epoch = row
        said = LineOpened(origin, mirror, peer, epoch, named.get(origin, ""))
        if said.origin not in known:
            payload = encode_record(said)
            append_record(journal, journal.node_log, LINE_OPENED, payload, now_us)


def check_exercises(journal: Journal) -> None:
    """Refuse to go on in one exercise's record with another's letter. Raises ConfigError.

    ``journal.another-exercise``: what was said in two exercises, or with and without one, must
    not lie in one record.
    """
    known = opened(journal.connection)
    for peer, line in journal.lines.items():
        said, now = known.get(line.own.origin), journal.exercises.get(peer, "")
        if said is not None and said.exercise != now:
            raise ConfigError(
                "journal.another-exercise",
                f"epoch {said.epoch} of the line with {peer} is the record of"
                f" {_named(said.exercise)}, and the letter is of {_named(now)}",
                "raise the letter's epoch for another exercise, or give it a journal of its own",
            )


def _named(exercise: str) -> str:
    return f"the exercise {exercise}" if exercise else "no exercise by name"


def opened(
    connection: sqlite3.Connection, origin: str | None = None, size: int = MAX_TREE_SIZE
) -> dict[str, LineOpened]:
    """Return what the node's own logs say was opened, by the origin of the line's log.

    With ``origin`` only what the first ``size`` entries of that one log say. Records that cannot
    be read are passed over: verification finds them.
    """
    found: dict[str, LineOpened] = {}
    for (payload,) in connection.execute(
        # The kind is written out, as the index has it.
        "SELECT r.payload FROM log g CROSS JOIN record r"
        " ON r.log = g.id AND r.kind = 'line-opened'"
        " WHERE g.own AND g.id NOT IN (SELECT log FROM line)"
        " AND (?1 IS NULL OR g.origin = ?1) AND r.idx < ?2",
        (origin, size),
    ):
        with suppress(TrustError):
            said = read_line_opened(payload)
            found[said.origin] = said
    return found
