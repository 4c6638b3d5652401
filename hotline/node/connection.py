"""One transport connection of a line: the sans-I/O association driven over a WebSocket.

Three tasks share the association: one reads frames, one writes them, one keeps the timers. What
the association reports goes to the journal, and what the journal has committed goes back to the
association: nothing is sent or receipted before it is durable.
"""

from __future__ import annotations

import asyncio
import os
import socket as sockets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from aiohttp import WebSocketError, WSMessage, WSMsgType

from hotline.errors import (
    FencedError,
    HotlineError,
    JournalError,
    LineError,
    RemoteError,
    TrustError,
)
from hotline.journal.incoming import (
    Taken,
    fence_reason,
    repeated,
    take,
    take_cosignature,
    witness,
)
from hotline.journal.outgoing import take_receipt
from hotline.journal.queries import groups_from, receipts_after, stored_receipt
from hotline.journal.records import append_record
from hotline.journal.resume import Resume, resume
from hotline.line import events as ev
from hotline.line.association import Association
from hotline.line.states import State
from hotline.line.terms import (
    IncomingState,
    OutgoingState,
    ResumeState,
)
from hotline.wire.codec import pack
from hotline.wire.frames import Cosignature, Receipt, ReceiptItem, Rejection

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.line import Line

TICK_S = 0.25
COSIGN_EVERY_S = 0.25
"""Cosignatures are for the newest checkpoint only, so that a busy line needs few of them."""
MAX_UNJOURNALED = 4 * 1024 * 1024
"""Bytes received and not yet durable, beyond which the socket is no longer read."""
RECEIPTS_AT_ONCE = 4
GOODBYE_S = 1.0
"""How long a peer may take to read the last frames before its connection is cut."""
MAX_UNDEFINED_LOGGED = 10
"""Undefined events of one connection that are logged; a hostile peer can cause thousands."""

_log = structlog.get_logger()


class Socket(Protocol):
    """What a connection needs of aiohttp's two WebSocket classes."""

    async def receive(self) -> WSMessage:
        """Return the next message, whatever its type."""

    async def send_bytes(self, data: bytes) -> None:
        """Send one binary message; wait while too much is buffered."""

    async def close(self) -> object:
        """Close the WebSocket in order."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows; ``socket`` is asked for."""


class Connection:
    """Runs one association until its transport is gone."""

    def __init__(self, line: Line, socket: Socket, remote: str) -> None:
        self._line = line
        self._socket = socket
        self.remote = remote
        self.association: Association
        self._wake = asyncio.Event()
        self._unjournaled = 0
        # Size of the peer's mirror of our log once everything queued so far has arrived.
        self._announced: int | None = None
        # The newest size that a receipt or update of ours covers.
        self._sealed = 0
        self._cosign_after = 0.0
        self._mirror_moved = False
        self._clock_recorded = False
        self._undefined_seen = 0
        self._ended = asyncio.Event()

    @property
    def associated(self) -> bool:
        """Whether messages may flow."""
        return self.association.state is State.DATA_READY

    async def run(self) -> RemoteError | None:
        """Drive the association until it ends; return why it ended."""
        line = self._line
        twin = _twin(self._socket)
        try:
            stored = await line.centre.writer.do(self._resume)
        except BaseException:
            await self._hang_up(twin)
            self._ended.set()
            raise
        self._sealed = stored.sealed
        self.association = Association(
            line.terms, _resume_state(stored), dials=line.dials, now=line.centre.clock.now()
        )
        self.association.start(line.centre.clock.now())
        tasks = [
            asyncio.create_task(work, name=f"{line.peer}-{name}")
            for name, work in (
                ("receive", self._receive()),
                ("send", self._send()),
                ("time", self._keep_time()),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.association.receive_eof(line.centre.clock.now())
            self._wake.set()
            # The last frames say why, and what was reported is still being entered: each task
            # ends by itself now, unless the peer reads nothing.
            await asyncio.wait(tasks[1:2], timeout=GOODBYE_S)
            await self._hang_up(twin)
            await asyncio.wait(tasks, timeout=GOODBYE_S)
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                self._note_failure(outcome)
            await self._handle_events()
            self._ended.set()
        return line.last_reason

    async def close(self, code: str, text: str) -> None:
        """End the association and the connection, saying why; wait until it is over."""
        if hasattr(self, "association"):
            self.association.shutdown(code, text, self._line.centre.clock.now())
            self.association.receive_eof(self._line.centre.clock.now())
            self._wake.set()
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._socket.close()
        await self._ended.wait()

    async def _hang_up(self, twin: sockets.socket | None) -> None:
        """Close the WebSocket in order, or cut it where the peer does not play along."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._socket.close()
        except (TimeoutError, OSError):
            _log.info("connection_cut", line=self._line.peer, remote=self.remote)
        finally:
            if twin is not None:
                with suppress(OSError):
                    twin.shutdown(sockets.SHUT_RDWR)
                twin.close()

    def _note_failure(self, outcome: object) -> None:
        if isinstance(outcome, HotlineError | ConnectionError):
            _log.info("connection_failed", line=self._line.peer, error=str(outcome))
        elif isinstance(outcome, Exception):
            _log.error("connection_failed", line=self._line.peer, exc_info=outcome)

    def groups_ready(self) -> None:
        """Take note that the line has more durable messages."""
        if hasattr(self, "association"):
            for stream, through in enumerate(self._line.durable):
                self.association.extend_durable(stream, through)
            self._wake.set()

    def receipt_ready(self, receipt: Receipt) -> None:
        """Send a receipt that is durable now, at once if it is the next one that is due."""
        self._sealed = receipt.old_size + len(receipt.leaf_hashes) // 32
        if (
            self._announced == receipt.old_size
            and hasattr(self, "association")
            and self.association.send_receipt(receipt, self._line.centre.clock.now())
        ):
            self._announced = self._sealed
        self._wake.set()

    # --- The three tasks ------------------------------------------------------------------

    async def _receive(self) -> None:
        clock = self._line.centre.clock
        while not self.association.closed:
            message = await self._socket.receive()
            if message.type is WSMsgType.BINARY:
                self.association.receive_frame(message.data, clock.now())
            elif message.type is WSMsgType.TEXT:
                error = LineError("line.text-message", "the peer sent text where frames belong")
                await self._misbehaved(ev.PeerMisbehaved(error, message.data.encode()[:4096]))
                return
            else:
                await self._note_websocket_error(message)
                self.association.receive_eof(clock.now())
            await self._handle_events()
            self._wake.set()

    async def _note_websocket_error(self, message: WSMessage) -> None:
        """Record what the WebSocket layer refused, such as a message above the limit."""
        if message.type is WSMsgType.ERROR and isinstance(message.data, WebSocketError):
            error = LineError(
                "line.bad-websocket", f"the peer's WebSocket broke a rule: {message.data}"
            )
            await self._misbehaved(ev.PeerMisbehaved(error, b""))

    async def _send(self) -> None:
        while True:
            self._wake.clear()
            await self._fill()
            frames = self.association.frames_to_send()
            for frame in frames:
                await self._socket.send_bytes(frame)
            if self.association.closed and not frames:
                return
            if not frames:
                await self._wake.wait()

    async def _keep_time(self) -> None:
        line = self._line
        clock = line.centre.clock
        while not self.association.closed:
            due = self.association.next_deadline()
            wait = TICK_S if due is None else min(TICK_S, max(0.0, due - clock.now().mono))
            await asyncio.sleep(wait)
            now = clock.now()
            self.association.tick(now)
            await self._handle_events()
            if self._mirror_moved and now.mono >= self._cosign_after and self.associated:
                self._mirror_moved = False
                self._cosign_after = now.mono + COSIGN_EVERY_S
                await self._cosign()
            self._wake.set()

    async def _cosign(self) -> None:
        line = self._line
        try:
            cosignature = await line.centre.writer.do(self._witness)
        except JournalError as error:
            self._give_up(error)
            return
        if cosignature is not None:
            self.association.send_cosignature(cosignature, line.centre.clock.now())

    # --- Sending --------------------------------------------------------------------------

    async def _fill(self) -> None:
        """Hand the association the receipts and groups that may go now."""
        await self._fill_receipts()
        line, association = self._line, self.association
        clock = line.centre.clock
        for want in association.wanted():
            group = line.recent.get((want.stream, want.from_seq))
            if group is not None:
                groups = [group]
            else:
                groups = await line.centre.reader.run(
                    partial(
                        groups_from,
                        log=line.log,
                        stream=want.stream,
                        first_seq=want.from_seq,
                        max_messages=want.max_messages,
                        max_bytes=want.max_bytes,
                    )
                )
            for found in groups:
                sent = association.send_group(
                    found.stream, found.first_seq, found.ids, found.envelope, clock.now()
                )
                if not sent:
                    break
            if groups:
                # There may be more behind it; FLASH is looked at first again.
                self._wake.set()

    async def _fill_receipts(self) -> None:
        line = self._line
        while (
            self._announced is not None
            and self._announced < self._sealed
            and not self.association.closed
        ):
            found = await line.centre.reader.run(
                lambda connection: list(
                    receipts_after(connection, line.log, self._announced or 0, RECEIPTS_AT_ONCE)
                )
            )
            now = line.centre.clock.now()
            for receipt in found:
                if receipt.old_size != self._announced:
                    break
                if not self.association.send_receipt(receipt, now):
                    return
                self._announced = receipt.old_size + len(receipt.leaf_hashes) // 32
            if not found or self.association.backlog > RECEIPTS_AT_ONCE:
                return

    # --- What the association reports -----------------------------------------------------

    async def _handle_events(self) -> None:
        for event in self.association.events():
            handler = _HANDLERS.get(type(event))
            if handler is None:
                continue
            try:
                await handler(self, event)
            except JournalError as error:
                self._give_up(error)

    def _give_up(self, error: HotlineError) -> None:
        """End the connection because the journal fails: nothing of this may be answered.

        The next connection resumes from what is durable by then.
        """
        if not self.association.closed:
            now = self._line.centre.clock.now()
            self.association.shutdown("node.journal-unavailable", error.message, now)
            self._line.centre.spawn(self.close("node.journal-unavailable", error.message))

    async def _identified(self, event: ev.PeerIdentified) -> None:
        """Compare the peer's HELLO with the journal, and associate if nothing is amiss.

        That the journal takes an entry is part of it: a node that cannot record associates with
        nobody.
        """
        line = self._line
        clock = line.centre.clock
        hello = event.hello
        await line.note_letter(event.letter_differs)
        try:
            reason = await line.centre.writer.do(
                partial(
                    _identify,
                    peer=line.peer,
                    note=hello.mirror_checkpoint,
                    what={
                        "state": "identified",
                        "remote": self.remote,
                        "letter": hello.letter_hash,
                        "checkpoint": hello.checkpoint,
                    },
                    now_us=clock.wall_us(),
                )
            )
        except RemoteError as forged:
            await self._misbehaved(ev.PeerMisbehaved(forged, hello.mirror_checkpoint))
            return
        if reason is not None:
            await line.centre.fence(reason)
            self.association.shutdown(
                "journal.fenced", f"this node was rolled back: {reason}", clock.now()
            )
            return
        self._announced = hello.mirror_size
        try:
            self.association.associate(clock.now())
        except FencedError as error:
            # What the peer claims to hold beyond its proof binds this line only.
            await line.hold(error.message)
            self.association.shutdown(error.code, error.message, clock.now())
            return
        await line.release()

    async def _associated(self, event: ev.Associated) -> None:
        del event
        self.groups_ready()
        await self._line.note_up(self)

    async def _group(self, event: ev.GroupReceived) -> None:
        line = self._line
        desk = line.centre.desk
        shown = [desk.present(line, body) for body in event.bodies]
        size = len(event.envelope)
        self._unjournaled += size
        future = line.centre.writer.do(
            lambda journal: take(
                journal,
                journal.line(line.peer),
                stream=event.stream,
                first_seq=event.first_seq,
                envelope=event.envelope,
                bodies=event.bodies,
                ids=event.ids,
                spans=event.spans,
                presentations=shown,
                now_us=line.centre.clock.wall_us(),
            )
        )
        future.add_done_callback(partial(self._taken, event, size))
        if self._unjournaled > MAX_UNJOURNALED:
            await asyncio.wait([future])

    def _taken(self, event: ev.GroupReceived, size: int, future: asyncio.Future[Taken]) -> None:
        self._unjournaled -= size
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._line.note_received(event, future.result())
            return
        # Nothing was recorded, so nothing is receipted: the peer sends it again on a new
        # association, which resumes from what is durable.
        self._give_up(_as_hotline(error))

    async def _repeated(self, event: ev.GroupRepeated) -> None:
        line = self._line
        if line.equivocates:
            # Each case is kept with its bytes: without a bound the peer could fill the disk.
            error = LineError("line.equivocation", "too many contradictions within a minute")
            await self._misbehaved(ev.PeerMisbehaved(error, b""))
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
            await line.note_equivocation(f"{event.stream}/{event.first_seq}", text)
            self.association.send_rejection(
                Rejection(event.stream, event.first_seq, event.ids[0], code, text),
                line.centre.clock.now(),
            )
            return
        receipt = await line.centre.reader.run(
            lambda connection: stored_receipt(connection, line.log, size)
        )
        if receipt is not None:
            self.association.send_receipt(receipt, line.centre.clock.now())

    async def _receipt(self, event: ev.ReceiptVerified) -> None:
        line = self._line
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
        future.add_done_callback(partial(self._receipted, items))

    def _receipted(self, items: list[ReceiptItem], future: asyncio.Future[int | None]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            # The mirror in memory is ahead of the journal now: begin again from the journal.
            self._give_up(_as_hotline(error))
            return
        self._mirror_moved = True
        self._line.note_receipted(items)

    async def _cosigned(self, event: ev.CosignatureVerified) -> None:
        line = self._line
        cosignature = Cosignature(event.size, event.root, event.line)
        try:
            await line.centre.writer.do(
                lambda journal: take_cosignature(journal, journal.line(line.peer), cosignature)
            )
        except TrustError as error:
            await self._misbehaved(ev.PeerMisbehaved(error, event.line.encode()))
            return
        line.note_witnessed(event.size)

    async def _clock(self, event: ev.ClockMeasured) -> None:
        first = not self._clock_recorded
        self._clock_recorded = True
        await self._line.note_clock(event.offset_us, event.round_trip_us, record=first)

    async def _misbehaved(self, event: ev.PeerMisbehaved) -> None:
        await self._line.note_misbehaviour(event.error, event.frame)
        if not self.association.closed:
            self.association.shutdown(
                event.error.code, event.error.message, self._line.centre.clock.now()
            )
            self._line.centre.spawn(self.close(event.error.code, event.error.message))

    async def _rejected(self, event: ev.RejectionReceived) -> None:
        await self._line.note_rejection(event)

    async def _shut_down(self, event: ev.ShutdownReceived) -> None:
        self._line.last_error = f"{event.text} [{event.code}]"
        await self._line.note_down()
        # SHUTDOWN ends the association; a new one needs what is durable by then, so it gets
        # a new connection.
        self._line.centre.spawn(self.close("line.shutdown", "the association was ended"))

    async def _closed(self, event: ev.Closed) -> None:
        self._line.last_reason = event.reason
        if event.reason is not None:
            self._line.last_error = str(event.reason)
        await self._line.note_down()
        self._wake.set()

    async def _undefined(self, event: ev.Undefined) -> None:
        self._undefined_seen += 1
        if self._undefined_seen <= MAX_UNDEFINED_LOGGED:
            _log.warning(
                "event_undefined", line=self._line.peer, event_name=event.event, state=event.state
            )

    # --- Journal actions ------------------------------------------------------------------

    def _resume(self, journal: Journal) -> Resume:
        line = self._line
        return resume(journal, journal.line(line.peer), line.terms.window.most_unreceipted)

    def _witness(self, journal: Journal) -> Cosignature | None:
        line = self._line
        return witness(journal, journal.line(line.peer), line.centre.clock.wall_us())


def _identify(
    journal: Journal, peer: str, note: bytes, what: dict[str, object], now_us: int
) -> str | None:
    """Enter that the peer was identified; return why this node is fenced, None if it is not."""
    line = journal.line(peer)
    reason = journal.signer.fence or fence_reason(journal, line, note, journal.signer.log_public)
    append_record(journal, line, "association", pack(what), now_us)
    return reason


def _as_hotline(error: BaseException) -> HotlineError:
    if isinstance(error, HotlineError):
        return error
    return JournalError("journal.defect", f"the journal failed: {error!r}", "report it")


def _twin(socket: Socket) -> sockets.socket | None:
    """Return a second handle on the connection, by which it can be cut whatever waits in it.

    Closing in order waits for a peer that may never read again. The handle is a duplicate, so
    its number cannot have come to mean another connection meanwhile.
    """
    raw = socket.get_extra_info("socket")
    if raw is None or raw.fileno() < 0:
        return None
    return sockets.socket(fileno=os.dup(raw.fileno()))


def _resume_state(stored: Resume) -> ResumeState:
    return ResumeState(
        outgoing=tuple(
            OutgoingState(receipted, durable, ids)
            for receipted, durable, ids in zip(
                stored.receipted, stored.durable, stored.unreceipted_ids, strict=True
            )
        ),
        incoming=tuple(
            IncomingState(expected, last)
            for expected, last in zip(stored.next_expected, stored.last_ids, strict=True)
        ),
        own_size=stored.own_size,
        own_checkpoint=stored.own_note,
        mirror=stored.mirror,
        mirror_checkpoint=stored.mirror_note,
    )


_HANDLERS: dict[type, Callable[..., Awaitable[None]]] = {
    ev.PeerIdentified: Connection._identified,
    ev.Associated: Connection._associated,
    ev.GroupReceived: Connection._group,
    ev.GroupRepeated: Connection._repeated,
    ev.ReceiptVerified: Connection._receipt,
    ev.CosignatureVerified: Connection._cosigned,
    ev.ClockMeasured: Connection._clock,
    ev.PeerMisbehaved: Connection._misbehaved,
    ev.RejectionReceived: Connection._rejected,
    ev.ShutdownReceived: Connection._shut_down,
    ev.Closed: Connection._closed,
    ev.Undefined: Connection._undefined,
}
