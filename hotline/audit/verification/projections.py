"""What the desk's tables must say, by the entries: references, flags, readings, alarms, deadlines.

These tables only serve reading. Here they are derived again, and any difference is reported.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from hotline.audit.verification.replay import Cursor, distinct, since
from hotline.audit.verification.spans import held_reference
from hotline.errors import HotlineError
from hotline.journal.deadlines import ANSWER_DUE, ANSWER_TIME, RETIRING, SETTLING
from hotline.journal.remarks import REMARKED, flags_text
from hotline.journal.state import IN, OUT
from hotline.model.answering import ANSWERED, wants_answer
from hotline.model.messages import Message, Reply, decode_own_form, decode_payload
from hotline.wire.body import Body, decode_body
from hotline.wire.codec import unpack
from hotline.wire.records import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmRaised,
    AnswerDue,
    AnswerTime,
    Reading,
    Record,
    Remarked,
    decode_record,
)

Finding = tuple[str, int, str]
"""Origin of the log, entry (-1: none), what is wrong."""

NOT_DUE = "an answer is awaited that nobody has to give"
SETTLED = "an answer is awaited that was given, or that nobody wants any more"
OTHERWISE_DUE = "its answer is due at another time than the entries say"
UNREADABLE_TIME = "how long an answer may take cannot be read"
NOT_REMARKED = "the desk shows flags that were not entered"


Told = AlarmRaised | AlarmCleared | AlarmAcknowledged
_F = TypeVar("_F", bound=Record)
_ALARMS: dict[str, type[Told]] = {
    "alarm-raised": AlarmRaised,
    "alarm-cleared": AlarmCleared,
    "alarm-acknowledged": AlarmAcknowledged,
}


def check_message(
    body: Body, direction: int, reference: object, about: bytes | None, flags: bool | None
) -> Iterator[str]:
    """Yield what the desk says of a message otherwise than its signed body does.

    ``reference`` is the bytes of its text, or what `held_reference` makes of them; None where there
    is none. Anything else is wrong.
    ``flags`` is whether the desk's remarks on it can be read; None where there are none.
    """
    message = _open(body)
    if isinstance(reference, bytes):
        reference = held_reference(reference)
    if reference != (held_reference(getattr(message, "reference", "").encode()) or None):
        yield "the desk's reference is not the one in the message"
    if about != (_answered(message.to) if isinstance(message, Reply) else None):
        yield "what the desk shows as answered is not what the message answers"
    if flags is not None and (direction == OUT or not flags):
        yield "the desk's remarks on the message cannot be read"


def check_readings(
    db: sqlite3.Connection, log: int, origin: str, begin: int, later: Mapping[int, int]
) -> Iterator[Finding]:
    """Yield each difference between a line's ``read`` records and what the desk shows as read.

    Only entries from ``begin`` on are looked at; from 0, all are. A message may be opened when a
    later epoch is in force, and is then entered there: ``later`` are the logs of these epochs, and
    from which entry each is looked at.
    """
    for idx, time_us, payload in db.execute(_READ, (log, since(begin))):
        said = _said(payload, Reading)
        if said is None:
            yield origin, idx, "a reading cannot be read"
            continue
        row = db.execute(
            "SELECT time_us FROM reading WHERE message = ? AND officer = ?",
            (said.message, said.officer),
        ).fetchone()
        if row != (time_us,):
            yield origin, idx, "the desk's reading is not the one entered"
    if not begin:
        return  # all of them are counted together
    # Every reading entered was found, and each (message, officer) once: equal numbers will do.
    read = _readings_of(db, log, begin, log, begin)
    read += sum(_readings_of(db, log, begin, by, first) for by, first in later.items())
    shown = _count(
        db,
        "SELECT count(*) FROM message m CROSS JOIN reading r ON r.message = m.id"
        " WHERE m.log = ? AND m.idx >= ?",
        log,
        begin,
    )
    if shown > read:
        # The rest may have been entered in the trusted part of a later epoch.
        read += sum(_readings_of(db, log, begin, by, 0, first) for by, first in later.items())
    if shown != read:
        yield origin, -1, f"the desk shows {shown} readings where {read} were entered"


_READ = (
    "SELECT idx, time_us, payload FROM record"
    " WHERE log = ? AND idx >= ? AND kind = 'read' ORDER BY idx"
)


def _readings_of(
    db: sqlite3.Connection, log: int, begin: int, by: int, first: int, end: int | None = None
) -> int:
    """Count what the log ``by`` says, in its entries from ``first`` to ``end``, was read of a log.

    Only messages from ``begin`` on count.
    """
    count = 0
    for idx, _, payload in db.execute(_READ, (by, since(first))):
        if end is not None and idx >= end:
            break
        said = _said(payload, Reading)
        if said is not None:
            count += _count(
                db,
                "SELECT count(*) FROM message WHERE id = ? AND log = ? AND idx >= ?",
                said.message,
                log,
                begin,
            )
    return count


def check_projections(
    db: sqlite3.Connection, lines: Mapping[int, str], begins: Mapping[int, int]
) -> Iterator[Finding]:
    """Yield the differences between the desk's other tables and the entries.

    ``lines`` are the lines' own logs, id to origin. ``begins`` is from which entry each of our
    logs is looked at; where that is not 0, what follows from earlier entries is trusted.
    """
    if not any(begins.values()):
        shown = _count(db, "SELECT count(*) FROM reading")
        entered = _count(db, "SELECT count(*) FROM record WHERE kind = 'read'")
        if shown != entered:
            yield "", -1, f"the desk shows {shown} readings where {entered} were entered"
    yield from _alarms(db, {log: begin for log, begin in begins.items() if log not in lines})
    for log in distinct(db, "deadline", "log"):
        if log not in lines:
            for origin, idx in db.execute(
                "SELECT coalesce(g.origin, d.log), d.idx FROM deadline d"
                " LEFT JOIN log g ON g.id = d.log WHERE d.log = ? ORDER BY d.idx",
                (log,),
            ):
                yield str(origin), idx, NOT_DUE
    for log, origin in lines.items():
        yield from check_remarks(db, log, origin, begins.get(log, 0))
        yield from _deadlines(db, log, origin, begins.get(log, 0))
        yield from _due_times(db, log, origin, begins.get(log, 0))


def _count(db: sqlite3.Connection, query: str, *values: object) -> int:
    return int(db.execute(query, values).fetchone()[0])


def _alarms(db: sqlite3.Connection, begins: Mapping[int, int]) -> Iterator[Finding]:
    """Hold the alarms against what was entered about them; ``...`` is what is trusted.

    ``begins`` are the generations of the node's own log, in which all alarms are entered: each
    goes on after the one before, so what is trusted of a later one follows all of an earlier one.
    """
    trusted = {log: begin for log, begin in begins.items() if begin}
    due: dict[int, tuple[object, ...]] = {}
    for log in sorted(begins):
        if log in trusted:
            _go_through(db, log, trusted[log], due)
        for idx, time_us, kind, payload in db.execute(
            f"{_ENTERED} AND idx >= ? ORDER BY idx", (log, since(begins[log]))
        ):
            said = _said(payload, _ALARMS[kind])
            if said is None:
                text = "what is entered about an alarm cannot be read"
                yield _origin(db, log), idx, text
            elif not isinstance(said, AlarmRaised) and said.alarm not in due and not trusted:
                yield _origin(db, log), idx, f"alarm {said.alarm} was never raised"
            else:
                due[said.alarm] = _changed(due.get(said.alarm, (...,) * 8), said, time_us)
    if trusted:
        yield from _later_alarms(db, due, trusted)
        return
    for number, *shown in db.execute(_ALARM):
        if due.pop(number, None) != tuple(shown):
            yield "", -1, f"alarm {number} is not what the entries say"
    for number in due:
        yield "", -1, f"alarm {number} is not shown"


_ENTERED = (
    "SELECT idx, time_us, kind, payload FROM record WHERE log = ?"
    " AND kind IN ('alarm-raised', 'alarm-cleared', 'alarm-acknowledged')"
)


def _origin(db: sqlite3.Connection, log: int) -> str:
    (origin,) = db.execute("SELECT origin FROM log WHERE id = ?", (log,)).fetchone()
    return str(origin)


def _changed(known: tuple[object, ...], said: Told, time_us: int) -> tuple[object, ...]:
    """Return an alarm as it is shown once this was entered about it."""
    if isinstance(said, AlarmRaised):
        return (said.code, said.peer, said.subject, said.text, time_us, None, None, None)
    if isinstance(said, AlarmAcknowledged):
        return (*known[:6], time_us, said.officer)
    return (*known[:5], time_us, *known[6:])


def _go_through(
    db: sqlite3.Connection, log: int, begin: int, due: dict[int, tuple[object, ...]]
) -> None:
    """Take what a trusted part says of alarms that were raised in an earlier generation.

    Read from its beginning until each of them is cleared and acknowledged: such a one is over.
    """
    unsettled = {number for number, told in due.items() if {told[5], told[6]} & {None, ...}}
    if not unsettled:
        return
    for _, time_us, kind, payload in db.execute(
        f"{_ENTERED} AND idx < ? ORDER BY idx", (log, begin)
    ):
        said = _said(payload, _ALARMS[kind])
        if said is None or said.alarm not in unsettled:
            continue
        told = due[said.alarm] = _changed(due[said.alarm], said, time_us)
        if not {told[5], told[6]} & {None, ...}:
            unsettled.remove(said.alarm)
        if not unsettled:
            return


_ALARM = (
    "SELECT id, code, peer, subject, text, raised_us, cleared_us, acknowledged_us,"
    " acknowledged_by FROM alarm"
)


def _later_alarms(
    db: sqlite3.Connection, due: Mapping[int, tuple[object, ...]], trusted: Mapping[int, int]
) -> Iterator[Finding]:
    """Hold only those alarms against the entries of which something was entered since.

    Alarms are numbered in order, so one that nobody raised is the newest; the newest that is not
    accounted for must have been raised in the trusted part.
    """
    for number, told in due.items():
        row = db.execute(f"{_ALARM} WHERE id = ?", (number,)).fetchone()
        if row is None:
            yield "", -1, f"alarm {number} is not shown"
        elif any(said not in (..., shown) for said, shown in zip(told, row[1:], strict=True)):
            yield "", -1, f"alarm {number} is not what the entries say"
    for (number,) in db.execute("SELECT id FROM alarm ORDER BY id DESC"):
        if number not in due:
            if number < 1 or not _was_raised(db, number, trusted):
                yield "", -1, f"alarm {number} is not what the entries say"
            return


def _was_raised(db: sqlite3.Connection, number: int, trusted: Mapping[int, int]) -> bool:
    """Whether an alarm was raised in a trusted part; looked for from its end."""
    for log in sorted(trusted, reverse=True):
        for (payload,) in db.execute(
            "SELECT payload FROM record WHERE log = ? AND idx < ? AND kind = 'alarm-raised'"
            " ORDER BY idx DESC",
            (log, trusted[log]),
        ):
            said = _said(payload, AlarmRaised)
            if isinstance(said, AlarmRaised) and said.alarm == number:
                return True
    return False


def check_remarks(db: sqlite3.Connection, log: int, origin: str, begin: int) -> Iterator[Finding]:
    """Yield each difference between the flags of a line's messages and its ``remarked`` records.

    Both are read side by side: remarks are entered in the order of their messages, behind them.
    """
    flagged = Cursor(
        db.execute(
            "SELECT idx FROM message WHERE log = ? AND idx >= ? AND flags IS NOT NULL ORDER BY idx",
            (log, since(begin)),
        )
    )
    newest = -1
    for idx, said in entered(db, log, begin, REMARKED, Remarked):
        if said is None:
            yield origin, idx, "what was remarked on a message cannot be read"
            continue
        row = db.execute(
            "SELECT idx, flags FROM message WHERE id = ? AND log = ? AND direction = ?",
            (said.message, log, IN),
        ).fetchone()
        if row is None or row[0] >= idx:
            yield origin, idx, "it is remarked on a message that was not received before"
        elif row[0] <= newest:
            yield origin, idx, "what it remarks on was remarked on before, or is older"
        else:
            newest, flags = row
            while flagged.row is not None and flagged.row[0] < newest:
                yield origin, flagged.take()[0], NOT_REMARKED
            if flagged.row is not None and flagged.row[0] == newest:
                flagged.take()
            if flags != flags_text(said.flags):
                yield origin, newest, f"the desk's flags are not those of entry {idx}"
    while flagged.row is not None:
        yield origin, flagged.take()[0], NOT_REMARKED


def entered(
    db: sqlite3.Connection, log: int, begin: int, kind: str, form: type[_F]
) -> Iterator[tuple[int, _F | None]]:
    """Yield the records of one kind from an entry on; None for what cannot be read."""
    for idx, payload in db.execute(
        "SELECT idx, payload FROM record WHERE log = ? AND idx >= ? AND kind = ? ORDER BY idx",
        (log, since(begin), kind),
    ):
        yield idx, _said(payload, form)


def _due_times(db: sqlite3.Connection, log: int, origin: str, begin: int) -> Iterator[Finding]:
    """Hold the moments at which answers are due against what was entered about them.

    A message is due so long after its own entry as the ``answer-time`` of its precedence before it
    says, unless an ``answer-due`` says otherwise; the newest of these counts.
    """
    moved: dict[int, int] = {}
    for idx, said in entered(db, log, begin, ANSWER_DUE, AnswerDue):
        if said is None:
            yield origin, idx, "when an answer is due cannot be read"
            continue
        row = db.execute(
            "SELECT m.idx, d.due_us FROM message m"
            " LEFT JOIN deadline d ON d.log = m.log AND d.idx = m.idx WHERE m.id = ? AND m.log = ?",
            (said.message, log),
        ).fetchone()
        if row is None or row[0] >= idx:
            yield origin, idx, "an answer is due to no message that was entered before"
        elif row[1] is not None:
            moved[row[0]] = said.due_us
    for idx, due_us in moved.items():
        found = db.execute("SELECT due_us FROM deadline WHERE log = ? AND idx = ?", (log, idx))
        if found.fetchone() != (due_us,):
            yield origin, idx, OTHERWISE_DUE
    times = _Times(db, log, begin)
    for idx, due_us, time_us, stream in db.execute(
        "SELECT d.idx, d.due_us, m.time_us, m.stream FROM deadline d"
        " JOIN message m ON m.log = d.log AND m.idx = d.idx"
        " WHERE d.log = ? AND d.idx >= ? ORDER BY d.idx",
        (log, since(begin)),
    ):
        yield from ((origin, at, UNREADABLE_TIME) for at in times.go_to(idx))
        within_us = times.of(stream)
        if idx in moved:
            continue
        if within_us is None:
            yield origin, idx, "how long its answer may take was not entered before it"
        elif due_us != time_us + within_us:
            yield origin, idx, OTHERWISE_DUE
    yield from ((origin, at, UNREADABLE_TIME) for at in times.go_to(None))


class _Times:
    """How long an answer may take, by precedence, as the entries of a log say one after another."""

    def __init__(self, db: sqlite3.Connection, log: int, begin: int) -> None:
        self._db, self._log, self._begin = db, log, begin
        self._new = Cursor(entered(db, log, begin, ANSWER_TIME, AnswerTime))
        self._within_us: dict[int, int | None] = {}

    def go_to(self, end: int | None) -> Iterator[int]:
        """Take what lies before the entry ``end``, or all; yield which cannot be read."""
        while self._new.row is not None and (end is None or self._new.row[0] < end):
            idx, said = self._new.take()
            if said is None:
                yield idx
            else:
                self._within_us[said.stream] = said.within_us

    def of(self, stream: int) -> int | None:
        """Return the time of a precedence; from the trusted part where it was not entered since."""
        if stream not in self._within_us:
            self._within_us[stream] = self._trusted(stream) if self._begin else None
        return self._within_us[stream]

    def _trusted(self, stream: int) -> int | None:
        # Looked for from the end: it is entered each time the node starts.
        for (payload,) in self._db.execute(
            "SELECT payload FROM record WHERE log = ? AND idx < ? AND kind = ? ORDER BY idx DESC",
            (self._log, self._begin, ANSWER_TIME),
        ):
            said = _said(payload, AnswerTime)
            if said is not None and said.stream == stream:
                return said.within_us
        return None


def _deadlines(db: sqlite3.Connection, log: int, origin: str, begin: int) -> Iterator[Finding]:
    """Hold the awaited answers against the messages and their answers.

    Which kinds are answered is seen in the rows; whether one such message is the exception
    (`hotline.model.answering`) is read in it, but only where that decides something.
    """
    answered = sorted(ANSWERED)
    for (idx,) in db.execute(
        "SELECT d.idx FROM deadline d"
        " LEFT JOIN message m ON m.log = d.log AND m.idx = d.idx AND m.direction = d.direction"
        " WHERE d.log = ? AND d.idx >= ?"
        " AND (m.idx IS NULL OR m.kind NOT IN (?, ?, ?) OR d.due_us < m.time_us) ORDER BY d.idx",
        (log, since(begin), *answered),
    ):
        yield origin, idx, NOT_DUE
    for idx, direction, id_, awaited, retired in db.execute(
        "SELECT m.idx, m.direction, m.id, d.idx IS NOT NULL,"
        " EXISTS (SELECT 1 FROM message r WHERE r.reference = m.reference AND r.log = m.log"
        " AND r.idx > m.idx AND r.direction = m.direction AND r.kind IN (?, ?, ?))"
        " FROM message m LEFT JOIN deadline d ON d.log = m.log AND d.idx = m.idx"
        " WHERE m.log = ? AND m.idx >= ? AND m.kind IN (?, ?, ?) ORDER BY m.idx",
        (*sorted(RETIRING), log, since(begin), *answered),
    ):
        settled = retired or _is_answered(db, log, direction, id_)
        if awaited and settled:
            yield origin, idx, SETTLED
        elif not settled and bool(awaited) is not _is_wanted(db, log, idx):
            yield origin, idx, NOT_DUE if awaited else "no answer is awaited, though none was given"
    if begin:
        yield from _settled_since(db, log, origin, begin)


def _settled_since(db: sqlite3.Connection, log: int, origin: str, begin: int) -> Iterator[Finding]:
    """Yield what is awaited still for trusted messages, though entries since have settled it."""
    awaited = "EXISTS (SELECT 1 FROM deadline d WHERE d.log = o.log AND d.idx = o.idx)"
    for idx, direction, id_ in db.execute(
        "SELECT o.idx, o.direction, o.id FROM message n CROSS JOIN message o"
        " ON o.id = n.about AND o.log = n.log AND o.direction <> n.direction"
        f" WHERE n.log = ?1 AND n.idx >= ?2 AND n.about IS NOT NULL AND o.idx < ?2 AND {awaited}",
        (log, begin),
    ):
        if _is_answered(db, log, direction, id_):
            yield origin, idx, SETTLED
    for (idx,) in db.execute(
        "SELECT o.idx FROM message n CROSS JOIN message o ON o.reference = n.reference"
        " AND o.log = n.log AND o.direction = n.direction AND o.idx < ?2"
        " WHERE n.log = ?1 AND n.idx >= ?2 AND n.reference IS NOT NULL"
        f" AND n.kind IN (?3, ?4, ?5) AND {awaited}",
        (log, begin, *sorted(RETIRING)),
    ):
        yield origin, idx, SETTLED


def _is_wanted(db: sqlite3.Connection, log: int, idx: int) -> bool:
    """Whether a message of a kind that is answered wants an answer; step 2 reports what it is."""
    (data,) = db.execute(
        "SELECT substr(e.bytes, m.position + 1, m.length)"
        " FROM message m JOIN envelope e ON e.id = m.envelope WHERE m.log = ? AND m.idx = ?",
        (log, idx),
    ).fetchone() or (b"",)
    try:
        body = decode_body(data)
    except (HotlineError, TypeError, ValueError):
        return True
    return wants_answer(body.kind, _open(body), body.status)


def _is_answered(db: sqlite3.Connection, log: int, direction: int, id_: bytes) -> bool:
    """Whether the other side of the line answered a message for good."""
    for data, position, length in db.execute(
        "SELECT e.bytes, m.position, m.length FROM message m JOIN envelope e ON e.id = m.envelope"
        " WHERE m.about = ? AND m.log = ? AND m.direction <> ? ORDER BY m.idx",
        (id_, log, direction),
    ):
        try:
            message = _open(decode_body(data[position : position + length]))
        except (HotlineError, ValueError):
            continue  # step 2 reports it
        if isinstance(message, Reply) and message.answer in SETTLING:
            return True
    return False


def _said(payload: bytes, form: type[_F]) -> _F | None:
    try:
        return decode_record(payload, form, "a record")
    except HotlineError:
        return None


def _open(body: Body) -> Message | None:
    message = decode_own_form(body.kind, body.payload)
    if message is not None:
        return message
    try:
        return decode_payload(body.kind, unpack(body.payload))
    except HotlineError:
        return None


def _answered(to: str) -> bytes | None:
    """Return the id in a reply, as the desk takes it; a peer's may name no message at all."""
    try:
        id_ = bytes.fromhex(to)
    except ValueError:
        return None
    return id_ if len(id_) == 32 else None


def is_list(flags: str) -> bool:
    """Whether a message's remarks are what they must be in form, a JSON list."""
    try:
        return isinstance(msgspec.json.decode(flags), list)
    except (ValueError, RecursionError):
        return False
