"""What the node looks at by itself, once a second: overdue receipts and replies, clocks, disk.

Each duty is a small function; one that fails is logged and does not keep the others from their
turn.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from hotline.errors import HotlineError
from hotline.journal.counts import OVERDUE_OUT
from hotline.journal.outgoing import Composed
from hotline.journal.queries import groups_from
from hotline.journal.records import append_record
from hotline.model.kinds import Kind, Precedence
from hotline.model.messages import LineCheck, encode_payload
from hotline.model.rules import MAX_REFERENCE, is_reference
from hotline.node.witness.asking import late_text
from hotline.wire.codec import pack

if TYPE_CHECKING:
    from hotline.node.centre import Centre
    from hotline.node.line import Line

EVERY_S = 1.0
LOW_DISK_BYTES = 200 * 1024 * 1024
DAY_US = 86_400_000_000
EXPIRY_WARNING_DAYS = 30
MAX_OVERDUE = 50
"""Alarms about overdue answers at once, of each side of each line; the status counts them all."""

_log = structlog.get_logger()


async def keep_watch(centre: Centre) -> None:
    """Do every duty once a second until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        for duty in (
            _journal,
            _clock_steps,
            _disk,
            _renewal,
            _expiry,
            _reply_deadlines,
            _commit_times,
            _outside_witnesses,
            _shelf,
            _sessions,
        ):
            await _attempt(duty(centre), duty.__name__)
        for line in centre.lines.values():
            for line_duty in (_receipts, _down, _anchor, _witness, _line_check, _airspace):
                await _attempt(line_duty(centre, line), line_duty.__name__)


async def _attempt(duty: object, name: str) -> None:
    try:
        await duty  # type: ignore[misc]
    except HotlineError as error:
        _log.warning("duty_failed", duty=name.strip("_"), error=str(error))


async def _clock_steps(centre: Centre) -> None:
    step_us = centre.clock.step_us()
    if not step_us:
        return
    payload = pack({"step_us": step_us})
    await centre.writer.do(
        lambda journal: append_record(
            journal, journal.node_log, "clock-stepped", payload, centre.clock.wall_us()
        )
    )
    await centre.bell.once(
        "node.clock-stepped", "", "", f"this node's clock was set by {step_us / 1e6:+.1f} s"
    )


async def _shelf(centre: Centre) -> None:
    await centre.bell.unshelve_over()


async def _sessions(centre: Centre) -> None:
    await centre.access.sweep()


def free_bytes(centre: Centre) -> int:
    """Return how much the journal can still grow."""
    return shutil.disk_usage(centre.config.data).free


async def _disk(centre: Centre) -> None:
    free = free_bytes(centre)
    if free < LOW_DISK_BYTES:
        await centre.bell.ring(
            "node.disk-low", "", "", f"the data directory has {free // 2**20} MiB left"
        )
    else:
        await centre.bell.clear("node.disk-low", "", "")


async def _renewal(centre: Centre) -> None:
    await centre.look_for_renewal()


async def _expiry(centre: Centre) -> None:
    now_us = centre.clock.wall_us()
    ends = {"own keys": centre.keyring.expires_us}
    ends |= {f"card of {line.peer}": line.card.expires_us for line in centre.lines.values()}
    for what, end_us in ends.items():
        days = (end_us - now_us) // DAY_US
        if days < EXPIRY_WARNING_DAYS:
            await centre.bell.ring("node.keys-expiring", "", what, f"{what}: {days} days left")
        else:
            await centre.bell.clear("node.keys-expiring", "", what)


@dataclass(frozen=True, slots=True)
class Overdue:
    """A message whose answer is overdue; ``name`` is its reference where that can be one."""

    peer: str
    direction: str
    id: bytes
    reference: str | None

    @property
    def name(self) -> str:
        """What to call it, in few characters; a peer chooses its references."""
        known = self.reference is not None and is_reference(self.reference)
        return str(self.reference) if known else self.id.hex()[:12]

    @property
    def subject(self) -> str:
        """What tells its alarm from every other, also from one about the same reference."""
        return f"{self.name} {self.id.hex()[:8]}"


def overdue_answers(connection: sqlite3.Connection, now_us: int) -> list[Overdue]:
    """Return the messages whose answer is overdue, of each side of each line the oldest ones.

    Each side has its own share: what one peer has waiting must not hide what another has.
    """
    overdue_in = (
        "FROM deadline d JOIN message m ON m.log = d.log AND m.idx = d.idx"
        " WHERE d.direction = 1 AND d.due_us < ?1"
    )
    return [
        Overdue(peer, direction, *row)
        for log, peer in connection.execute("SELECT log, peer FROM line").fetchall()
        for direction, source in (("out", OVERDUE_OUT), ("in", overdue_in))
        for row in connection.execute(
            f"SELECT m.id, substr(m.reference, 1, ?3) {source} AND d.log = ?2"
            " ORDER BY d.due_us LIMIT ?4",
            (now_us, log, MAX_REFERENCE + 1, MAX_OVERDUE),
        )
    ]


async def _reply_deadlines(centre: Centre) -> None:
    now_us = centre.clock.wall_us()
    found = await centre.reader.run(partial(overdue_answers, now_us=now_us))
    standing: dict[str, set[str]] = {peer: set() for peer in centre.lines}
    for late in found:
        standing.setdefault(late.peer, set()).add(late.subject)
        text = (
            f"{late.name} of {late.peer} should have been answered here"
            if late.direction == "in"
            else f"{late.peer} should have answered {late.name}"
        )
        await centre.bell.ring("desk.reply-overdue", late.peer, late.subject, text)
    for peer, subjects in standing.items():
        for gone in centre.bell.active("desk.reply-overdue", peer) - subjects:
            await centre.bell.clear("desk.reply-overdue", peer, gone)


async def _commit_times(centre: Centre) -> None:
    taken, centre.writer.commit_seconds = centre.writer.commit_seconds, []
    for seconds in taken:
        centre.metrics.commit_seconds.observe(seconds)


async def _outside_witnesses(centre: Centre) -> None:
    """Alarm when an outside witness owes a cosignature for longer than the letter allows."""
    for asking in centre.witnesses.values():
        centre.metrics.witness_waiting.labels(asking.name).set(asking.waiting_s)
        if asking.late:
            await centre.bell.ring("witness.late", "", asking.name, late_text(asking))
        else:
            await centre.bell.clear("witness.late", "", asking.name)


async def _journal(centre: Centre) -> None:
    """While the journal fails, try whether it takes an entry again."""
    if centre.journal_error is not None:
        await centre.record("node", {"state": "journal works again"})
        await centre.note_journal_works()
    await centre.bell.retry()


async def _receipts(centre: Centre, line: Line) -> None:
    """Alarm, by precedence, when the oldest message has no receipt in the letter's time."""
    oldest_s = 0.0
    for stream, waiting in enumerate(line.backlog):
        subject = Precedence(stream).name
        created_us = await _oldest_created(centre, line, stream) if waiting else None
        if created_us is None:
            line.waiting_since.pop(stream, None)
            await centre.bell.clear("line.receipt-overdue", line.peer, subject)
            continue
        age_s = _age_s(centre, line, stream, created_us)
        oldest_s = max(oldest_s, age_s)
        if age_s > line.letter.timers.receipt_alarm_s:
            await centre.bell.ring(
                "line.receipt-overdue",
                line.peer,
                subject,
                f"{waiting} {subject} without a receipt of {line.peer}, the oldest for "
                f"{age_s:.0f} s: use the voice line",
            )
        else:
            await centre.bell.clear("line.receipt-overdue", line.peer, subject)
    centre.metrics.oldest_unreceipted.labels(line.peer).set(oldest_s)
    line.oldest_unreceipted_s = oldest_s


def _age_s(centre: Centre, line: Line, stream: int, created_us: int) -> float:
    """Return how long the oldest message of a stream has waited.

    By the wall clock where that says more (the node was restarted), by the monotonic clock
    where the wall clock was set back: an alarm must not wait for it.
    """
    now = centre.clock.now()
    oldest = line.receipted[stream] + 1
    seq, since = line.waiting_since.get(stream, (0, 0.0))
    if seq != oldest:
        since = now.mono
        line.waiting_since[stream] = (oldest, since)
    return max((now.wall_us - created_us) / 1e6, now.mono - since)


async def _oldest_created(centre: Centre, line: Line, stream: int) -> int | None:
    first = line.receipted[stream] + 1
    group = line.recent.oldest(stream, first)
    if group is not None:
        return group.created_us
    found = await centre.reader.run(
        partial(
            groups_from,
            log=line.log,
            stream=stream,
            first_seq=first,
            max_messages=1,
            max_bytes=1,
        )
    )
    return found[0].created_us if found else None


async def _down(centre: Centre, line: Line) -> None:
    """Alarm when a line is down for longer than its receive timer."""
    down_s = centre.clock.now().mono - line.changed_at
    if not line.up and down_s > line.letter.timers.receive_s:
        await centre.bell.ring(
            "line.down", line.peer, "", f"the line with {line.peer} is down: use the voice line"
        )


async def _witness(centre: Centre, line: Line) -> None:
    """Announce what the peer has not been told of our log, and see that it is cosigned."""
    mono = centre.clock.now().mono
    if line.stored.unsealed and line.known_newest and not centre.fenced and line.held is None:
        await centre.writer.do(line.want_seal)
    waiting = line.stored.own.written - line.witnessed
    centre.metrics.unwitnessed.labels(line.peer).set(waiting)
    if waiting <= 0:
        line.unwitnessed_since = None
    elif line.unwitnessed_since is None:
        line.unwitnessed_since = mono
    since = line.unwitnessed_since
    if since is not None and mono - since > line.letter.max_unwitnessed_s:
        await centre.bell.ring(
            "line.unwitnessed",
            line.peer,
            "",
            f"{waiting} entries wait for the cosignature of {line.peer}",
        )
    else:
        await centre.bell.clear("line.unwitnessed", line.peer, "")


async def _anchor(centre: Centre, line: Line) -> None:
    """Sign what was entered in the node's own log, an alarm above all, and have it witnessed."""
    if line.anchoring.due:
        await line.anchoring.enter()


async def _airspace(centre: Centre, line: Line) -> None:
    """Let the notices of the line expire, and alarm about those that are late."""
    del centre
    await line.airspace.tick()


async def _line_check(centre: Centre, line: Line) -> None:
    """Check the line by the letter's hour."""
    mono = centre.clock.now().mono
    if (
        centre.fenced
        or line.held
        or not line.up
        or mono - line.checked_at < line.letter.timers.line_check_s
    ):
        return
    await check_line(centre, line)


async def check_line(centre: Centre, line: Line) -> Composed:
    """Anchor the node's log in the line's, so that the peer witnesses it, and say a phrase.

    Raises FencedError, JournalError.
    """
    line.require_signing()
    line.checked_at = centre.clock.now().mono
    await line.anchoring.enter()
    check = LineCheck(phrase="line check", operator="node")
    draft = centre.desk.draft(
        line, Kind.LINE_CHECK, encode_payload(check), check, Precedence.ROUTINE
    )
    return await centre.desk.enter(line, Precedence.ROUTINE, draft)
