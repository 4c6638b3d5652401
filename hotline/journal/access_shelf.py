"""Alarms that somebody keeps quiet for a while, by name and with a reason (ISA-18.2: shelving)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hotline.errors import UsageError
from hotline.journal.access_schema import has_table
from hotline.journal.records import append_record
from hotline.model.times import SECOND_US
from hotline.wire.access_records import SHELVED, UNSHELVED, AlarmShelved, AlarmUnshelved
from hotline.wire.records import AlarmRaised, decode_record, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

LONGEST_US: Final = 24 * 60 * 60 * SECOND_US
"""Nobody keeps an alarm quiet for longer at once: the next watch decides for itself."""

CLOCK_SLACK_US: Final = 60 * 60 * SECOND_US
"""How far an entry's time may lie before that of the entry before it, where a clock was set."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """Who keeps an alarm quiet, why, and between which times (microseconds since 1970)."""

    alarm: int
    officer: str
    reason: str
    since_us: int
    until_us: int


def shelf(connection: sqlite3.Connection) -> dict[int, Shelved]:
    """Return the alarms that are kept quiet, by their numbers."""
    if not has_table(connection, "shelf"):
        return {}
    rows = connection.execute("SELECT alarm, officer, reason, since_us, until_us FROM shelf")
    return {row[0]: Shelved(*row) for row in rows}


def shelve_alarm(
    journal: Journal, alarm: int, officer: str, reason: str, until_us: int, now_us: int
) -> None:
    """Keep an alarm quiet until ``until_us``. Raises UsageError.

    ``alarm.unknown``, ``alarm.settled`` (it does not stand any more) and ``alarm.bad-until``.
    """
    row = journal.execute(
        "SELECT cleared_us, acknowledged_us FROM alarm WHERE id = ?", (alarm,)
    ).fetchone()
    if row is None:
        raise UsageError(
            "alarm.unknown", f"there is no alarm {alarm}", "see `hotline status` for the open ones"
        )
    if None not in row:
        raise UsageError(
            "alarm.settled", f"alarm {alarm} does not stand any more", "nothing is left to do"
        )
    if not now_us < until_us <= now_us + LONGEST_US:
        raise UsageError(
            "alarm.bad-until",
            "an alarm is shelved until a time within the next 24 hours",
            "choose an earlier end; it can be shelved again then",
        )
    said = AlarmShelved(alarm, officer, reason, until_us)
    append_record(journal, journal.node_log, SHELVED, encode_record(said), now_us)
    journal.execute(
        "INSERT OR REPLACE INTO shelf VALUES (?, ?, ?, ?, ?)",
        (alarm, officer, reason, now_us, until_us),
    )


def unshelve_alarm(journal: Journal, alarm: int, officer: str, now_us: int) -> None:
    """Have an alarm heard again. Raises UsageError (``alarm.not-shelved``)."""
    if journal.execute("SELECT 1 FROM shelf WHERE alarm = ?", (alarm,)).fetchone() is None:
        raise UsageError(
            "alarm.not-shelved", f"alarm {alarm} is not shelved", "nothing is left to do"
        )
    _unshelve(journal, alarm, officer, now_us)


def unshelve_over(journal: Journal, now_us: int) -> list[int]:
    """Have those heard again whose time is over; forget those that do not stand any more."""
    over = [
        row[0]
        for row in journal.execute(
            "SELECT s.alarm FROM shelf s LEFT JOIN alarm a ON a.id = s.alarm WHERE s.until_us <= ?"
            " OR a.id IS NULL OR (a.cleared_us IS NOT NULL AND a.acknowledged_us IS NOT NULL)",
            (now_us,),
        )
    ]
    for alarm in over:
        _unshelve(journal, alarm, "", now_us)
    return over


def _unshelve(journal: Journal, alarm: int, officer: str, now_us: int) -> None:
    said = AlarmUnshelved(alarm, officer)
    append_record(journal, journal.node_log, UNSHELVED, encode_record(said), now_us)
    journal.execute("DELETE FROM shelf WHERE alarm = ?", (alarm,))


def raised_since(connection: sqlite3.Connection, since_us: int) -> list[tuple[int, str]]:
    """Return (time in us, code) of each alarm that was raised since, oldest first.

    Counted by the entries: an alarm that comes back before anybody saw it was raised twice. Each
    of the node's own logs is read from its end, no further than it has to be.
    """
    found: list[tuple[int, str]] = []
    logs = connection.execute("SELECT id FROM log WHERE own AND id NOT IN (SELECT log FROM line)")
    for (log,) in logs.fetchall():
        for time_us, kind, payload in connection.execute(
            "SELECT time_us, kind, payload FROM record WHERE log = ? ORDER BY idx DESC", (log,)
        ):
            if time_us < since_us - CLOCK_SLACK_US:
                break
            if kind == "alarm-raised" and time_us >= since_us:
                said = decode_record(payload, AlarmRaised, kind)
                found.append((time_us, said.code))
    return sorted(found)
