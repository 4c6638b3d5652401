"""What an association reports, and what follows from it: entries, alarms, answers.

Each event has one handler. What has to be durable goes to the journal's writer; what the writer
cannot take ends the session, so that nothing is answered that was not recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from hotline.errors import (
    FencedError,
    HotlineError,
    JournalError,
    LineError,
    RemoteError,
    TrustError,
    WireError,
)
from hotline.journal.duty import Entered
from hotline.journal.forks import OnTheWay, note_said
from hotline.journal.incoming import (
    Taken,
    cosigned_by,
    fence_reason,
    repeated,
    take,
    take_cosignature,
)
from hotline.journal.outgoing import take_receipt
from hotline.journal.queries import stored_receipt
from hotline.journal.records import append_record
from hotline.line import events as ev
from hotline.trust.notes import NoteKey
from hotline.wire.codec import pack
from hotline.wire.frames import (
    HASH_SIZE,
    Cosignature,
    Hello,
    Receipt,
    ReceiptItem,
    Rejection,
    decode_frame,
)

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.desk import Desk, Judged
    from hotline.node.line import Line
    from hotline.node.session import Session

MAX_UNJOURNALED = 4 * 1024 * 1024
"""Bytes received and not yet durable, beyond which the socket is no longer read."""
MAX_UNDEFINED_LOGGED = 10
"""Undefined events of one connection that are logged; a hostile peer can cause thousands."""

FORKS = frozenset({"line.forked-log", "line.peer-rolled-back"})
"""Misbehaviour in which the peer may have signed two logs; then its notes are kept as proof."""

HEAVY = 16 * 1024
"""Bytes of a message above which its group is judged in a thread."""

_log = structlog.get_logger()


class Reports:
    """Handles the events of one session."""

    def __init__(self, line: Line, session: Session) -> None:
        self._line = line
        self._session = session
        self._unjournaled = 0
        self._clock_recorded = False
        self._undefined_seen = 0
        # The peer has said why it ends the association; what follows is only its consequence.
        self._told = False
        # The checkpoint in the peer's HELLO, which it has signed; empty without one.
        self._claimed = b""

    async def handle(self, event: ev.Event) -> None:
        """Act on one event."""
        handler = _HANDLERS.get(type(event))
        if handler is None:
            return
        try:
            await handler(self, event)
        except JournalError as error:
            self._session.give_up(error)

    async def _identified(self, event: ev.PeerIdentified) -> None:
        """Compare the peer's HELLO with the journal, and associate if nothing is amiss.

        That the journal takes an entry is part of it: a node that cannot record associates with
        nobody.
        """
        line = self._line
        clock = line.centre.clock
        hello = event.hello
        self._claimed = hello.checkpoint
        await line.note_letter(event.letter_differs)
        try:
            reason, cosigned = await line.centre.writer.do(
                partial(
                    _identify,
                    peer=line.peer,
                    hello=hello,
                    remote=self._session.remote,
                    log_key=self._log_key,
                    now_us=clock.wall_us(),
                )
            )
        except RemoteError as forged:
            await self.misbehaved(ev.PeerMisbehaved(forged, hello.mirror_checkpoint))
            return
        if reason is not None:
            await line.centre.fence(reason)
            self._session.association.shutdown(
                "journal.fenced", f"this node was rolled back: {reason}", clock.now()
            )
            return
        self._session.announced = hello.mirror_size
        try:
            self._session.association.associate(clock.now())
        except FencedError as error:
            # What the peer claims to hold beyond its proof binds this line only.
            await line.hold(error.message)
            self._session.association.shutdown(error.code, error.message, clock.now())
            return
        await line.release()
        await line.misconduct.note_mirror(hello.mirror_size, cosigned)

    async def _associated(self, event: ev.Associated) -> None:
        del event
        self._session.groups_ready()
        # A cosignature may have been lost with the last connection.
        self._session.mirror_moved = True
        await self._line.note_up(self._session.remote)

    async def _group(self, event: ev.GroupReceived) -> None:
        line = self._line
        desk = line.centre.desk
        size = len(event.envelope)
        if any(len(body.payload) > HEAVY for body in event.bodies):
            # Judging a huge outline takes long; other lines must not wait for it.
            judged = await asyncio.to_thread(_judge, desk, line, event)
        else:
            judged = [desk.judge(line, body) for body in event.bodies]
        shown = desk.present(line, event, judged)
        exercise = line.centre.exercise
        stops = exercise.heard(line, [one.message for one in judged], event.ids)
        self._unjournaled += size

        def enter(journal: Journal) -> tuple[Taken, list[Entered]]:
            now_us = line.centre.clock.wall_us()
            taken = take(
                journal,
                journal.line(line.peer),
                stream=event.stream,
                first_seq=event.first_seq,
                envelope=event.envelope,
                bodies=event.bodies,
                ids=event.ids,
                spans=event.spans,
                presentations=shown,
                now_us=now_us,
            )
            return taken, exercise.enter_heard(journal, stops, now_us)

        future = line.centre.writer.do(enter)
        future.add_done_callback(partial(self._taken, event, size))
        if self._unjournaled > MAX_UNJOURNALED:
            await asyncio.wait([future])

    def _taken(
        self,
        event: ev.GroupReceived,
        size: int,
        future: asyncio.Future[tuple[Taken, list[Entered]]],
    ) -> None:
        self._unjournaled -= size
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            taken, stops = future.result()
            self._line.note_received(event, taken)
            self._line.centre.exercise.heard_entered(stops)
            return
        # Nothing was recorded, so nothing is receipted: the peer sends it again on a new
        # association, which resumes from what is durable.
        self._line.airspace.failed()
        self._session.give_up(_as_hotline(error))

    async def _repeated(self, event: ev.GroupRepeated) -> None:
        line = self._line
        if line.misconduct.equivocates:
            # Each case is kept with its bytes: without a bound the peer could fill the disk.
            error = LineError("line.equivocation", "too many contradictions within a minute")
            await self.misbehaved(ev.PeerMisbehaved(error, b""))
            return
        size = await line.centre.writer.do(
            lambda journal: repeated(
                journal,
                journal.line(line.peer),
                stream=event.stream,
                first_seq=event.first_seq,
                ids=event.ids,
                envelope=event.envelope,
                now_us=line.centre.clock.wall_us(),
            )
        )
        line.centre.metrics.repeated.labels(line.peer).inc(len(event.ids))
        if size is None:
            code = "line.equivocation"
            text = f"{line.peer} signed two different messages under one number; both are kept"
            await line.misconduct.note_equivocation(f"{event.stream}/{event.first_seq}", text)
            self._session.association.send_rejection(
                Rejection(event.stream, event.first_seq, event.ids[0], code, text),
                line.centre.clock.now(),
            )
            return
        receipt = await line.centre.reader.run(
            lambda connection: stored_receipt(connection, line.log, size)
        )
        # What the peer's mirror has not reached yet comes in its turn, with all that is before it.
        if receipt is not None and size <= (self._session.announced or 0):
            self._session.association.send_receipt(receipt, line.centre.clock.now())

    async def _receipt(self, event: ev.ReceiptVerified) -> None:
        line = self._line
        size = len(event.receipt.leaf_hashes)
        self._unjournaled += size
        items = [ReceiptItem(*item) for item in event.acknowledged]
        future = line.centre.writer.do(
            lambda journal: take_receipt(
                journal,
                journal.line(line.peer),
                event.receipt,
                event.frontier,
                items,
                line.centre.clock.wall_us(),
            )
        )
        future.add_done_callback(partial(self._receipted, items, size))
        if self._unjournaled > MAX_UNJOURNALED:
            await asyncio.wait([future])

    def _receipted(
        self, items: list[ReceiptItem], size: int, future: asyncio.Future[int | None]
    ) -> None:
        self._unjournaled -= size
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            # The mirror in memory is ahead of the journal now: begin again from the journal.
            self._session.give_up(_as_hotline(error))
            return
        self._session.mirror_moved = True
        self._line.note_receipted(items)

    async def _cosigned(self, event: ev.CosignatureVerified) -> None:
        line = self._line
        cosignature = Cosignature(event.size, event.root, event.line)
        try:
            await line.centre.writer.do(
                lambda journal: take_cosignature(journal, journal.line(line.peer), cosignature)
            )
        except TrustError as error:
            await self.misbehaved(ev.PeerMisbehaved(error, event.line.encode()))
            return
        line.note_witnessed(event.size)

    async def _clock(self, event: ev.ClockMeasured) -> None:
        first = not self._clock_recorded
        self._clock_recorded = True
        await self._line.peer_clock.note(event.offset_us, event.round_trip_us, record=first)

    async def misbehaved(self, event: ev.PeerMisbehaved) -> None:
        """Enter what the peer did wrong, and end the connection."""
        await self._line.misconduct.note_misbehaviour(event.error, event.frame)
        if not self._session.association.closed:
            self._session.end(event.error.code, event.error.message)
        if event.error.code in FORKS:
            await self._keep_proof(event.frame)

    async def _keep_proof(self, data: bytes) -> None:
        """Keep what a HELLO or receipt proves of a fork; mostly, of a rollback, that is nothing."""
        try:
            frame = decode_frame(data)
        except WireError:
            return
        way = None
        if isinstance(frame, Receipt) and self._claimed:
            hashes = frame.leaf_hashes
            leaves = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
            way = OnTheWay(self._claimed, leaves)
        if isinstance(frame, Hello | Receipt):
            await self._line.centre.writer.do(
                partial(
                    note_said,
                    key=self._log_key,
                    note=frame.checkpoint,
                    now_us=self._line.centre.clock.wall_us(),
                    on_the_way=way,
                )
            )

    @property
    def _log_key(self) -> NoteKey:
        return NoteKey(self._line.terms.peer_origin, self._line.card.log)

    async def _rejected(self, event: ev.RejectionReceived) -> None:
        await self._line.misconduct.note_rejection(event)

    async def _shut_down(self, event: ev.ShutdownReceived) -> None:
        self._told = True
        self._line.fail(f"{self._line.peer} says: {event.text} [{event.code}]", event.code)
        await self._line.note_down()
        # SHUTDOWN ends the association; a new one needs what is durable by then, so it gets
        # a new connection.
        self._session.end("line.shutdown", "the association was ended")

    async def _closed(self, event: ev.Closed) -> None:
        if event.reason is not None and not self._told:
            self._line.fail(str(event.reason), event.reason.code)
        await self._line.note_down()

    async def _undefined(self, event: ev.Undefined) -> None:
        self._undefined_seen += 1
        if self._undefined_seen <= MAX_UNDEFINED_LOGGED:
            _log.warning(
                "event_undefined", line=self._line.peer, event_name=event.event, state=event.state
            )


def _judge(desk: Desk, line: Line, event: ev.GroupReceived) -> list[Judged]:
    """Judge a group in a thread."""
    return [desk.judge(line, body, ahead=len(body.payload) > HEAVY) for body in event.bodies]


def _identify(
    journal: Journal, peer: str, hello: Hello, remote: str, log_key: NoteKey, now_us: int
) -> tuple[str | None, int]:
    """Enter that the peer was identified; return why this node is fenced, None if it is not.

    The peer's newest checkpoint is held against what it has submitted to be cosigned. Returned,
    too, is how many entries of our log it has cosigned on the line.
    """
    line = journal.line(peer)
    held = hello.mirror_checkpoint
    reason = journal.signer.fence or fence_reason(journal, line, held, journal.signer.log_public)
    what = {
        "state": "identified",
        "remote": remote,
        "letter": hello.letter_hash,
        "checkpoint": hello.checkpoint,
    }
    append_record(journal, line, "association", pack(what), now_us)
    note_said(journal, log_key, hello.checkpoint, now_us)
    return reason, cosigned_by(journal.connection, line)


def _as_hotline(error: BaseException) -> HotlineError:
    if isinstance(error, HotlineError):
        return error
    return JournalError("journal.defect", f"the journal failed: {error!r}", "report it")


_HANDLERS: dict[type, Callable[..., Awaitable[None]]] = {
    ev.PeerIdentified: Reports._identified,
    ev.Associated: Reports._associated,
    ev.GroupReceived: Reports._group,
    ev.GroupRepeated: Reports._repeated,
    ev.ReceiptVerified: Reports._receipt,
    ev.CosignatureVerified: Reports._cosigned,
    ev.ClockMeasured: Reports._clock,
    ev.PeerMisbehaved: Reports.misbehaved,
    ev.RejectionReceived: Reports._rejected,
    ev.ShutdownReceived: Reports._shut_down,
    ev.Closed: Reports._closed,
    ev.Undefined: Reports._undefined,
}
