"""A session: the sans-I/O association of one connection, driven over its WebSocket.

Three tasks share it: one reads frames, one writes them, one keeps the timers. What the association
reports goes to the journal (``reports``), and what the journal has committed goes back to the
association: nothing is sent or receipted before it is durable.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import WebSocketError, WSMessage, WSMsgType

from hotline.errors import HotlineError, JournalError, LineError
from hotline.journal.incoming import witness
from hotline.journal.queries import groups_from, receipts_after
from hotline.journal.resume import Resume, resume
from hotline.line import events as ev
from hotline.line.association import Association
from hotline.line.states import State
from hotline.line.terms import IncomingState, OutgoingState, ResumeState
from hotline.node.reports import Reports
from hotline.wire.frames import Cosignature, Receipt

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.line import Line

TICK_S = 0.25
COSIGN_EVERY_S = 0.25
"""Cosignatures are for the newest checkpoint only, so that a busy line needs few of them."""
RECEIPTS_AT_ONCE = 4


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


async def open_session(line: Line, socket: Socket, remote: str) -> Session:
    """Read from the journal where to resume, and begin an association there.

    Raises JournalError.
    """
    stored = await line.centre.writer.do(
        lambda journal: resume(journal, journal.line(line.peer), line.terms.window.most_unreceipted)
    )
    now = line.centre.clock.now()
    association = Association(line.terms, _resume_state(stored), dials=line.dials, now=now)
    association.start(now)
    return Session(line, socket, remote, association, stored.sealed)


class Session:
    """Drives one association until it is over."""

    def __init__(
        self, line: Line, socket: Socket, remote: str, association: Association, sealed: int
    ) -> None:
        self.association = association
        self.remote = remote
        # Size of the peer's mirror of our log once everything queued so far has arrived; None
        # until the peer has said what it holds.
        self.announced: int | None = None
        # The peer's log has grown since we cosigned it.
        self.mirror_moved = False
        self._line = line
        self._socket = socket
        self._reports = Reports(line, self)
        self._wake = asyncio.Event()
        # The newest size that a receipt or update of ours covers.
        self._sealed = sealed
        self._cosign_after = 0.0

    async def handle_events(self) -> None:
        """Act on what the association has reported."""
        for event in self.association.events():
            await self._reports.handle(event)

    def give_up(self, error: HotlineError) -> None:
        """End the connection because the journal fails: nothing of this may be answered.

        The next connection resumes from what is durable by then.
        """
        if not self.association.closed:
            self.end("node.journal-unavailable", error.message)

    def end(self, code: str, text: str) -> None:
        """End the association; the tasks end by themselves when the last frames are out."""
        now = self._line.centre.clock.now()
        self.association.shutdown(code, text, now)
        self.association.receive_eof(now)
        self._wake.set()

    def lose(self) -> None:
        """Take note that the transport is gone, or is to go."""
        self.association.receive_eof(self._line.centre.clock.now())
        self._wake.set()

    def groups_ready(self) -> None:
        """Take note that the line has more durable messages."""
        for stream, through in enumerate(self._line.durable):
            self.association.extend_durable(stream, through)
        self._wake.set()

    def receipt_ready(self, receipt: Receipt) -> None:
        """Send a receipt that is durable now, at once if it is the next one that is due."""
        self._sealed = receipt.old_size + len(receipt.leaf_hashes) // 32
        if self.announced == receipt.old_size and self.association.send_receipt(
            receipt, self._line.centre.clock.now()
        ):
            self.announced = self._sealed
        self._wake.set()

    # --- The three tasks ------------------------------------------------------------------

    async def receive(self) -> None:
        """Feed the association with what the peer sends, until it is over."""
        clock = self._line.centre.clock
        while not self.association.closed:
            message = await self._socket.receive()
            if message.type is WSMsgType.BINARY:
                self.association.receive_frame(message.data, clock.now())
            elif message.type in (WSMsgType.PING, WSMsgType.PONG):
                # They would pass by the rate limit; HEARTBEAT keeps a line up.
                error = LineError("line.websocket-ping", "the peer sent a WebSocket PING or PONG")
                await self._reports.misbehaved(ev.PeerMisbehaved(error, b""))
                return
            elif message.type is WSMsgType.TEXT:
                error = LineError("line.text-message", "the peer sent text where frames belong")
                evidence = message.data.encode()[:4096]
                await self._reports.misbehaved(ev.PeerMisbehaved(error, evidence))
                return
            else:
                await self._note_websocket_error(message)
                self.association.receive_eof(clock.now())
            await self.handle_events()
            self._wake.set()

    async def _note_websocket_error(self, message: WSMessage) -> None:
        """Record what the WebSocket layer refused, such as a message above the limit."""
        if message.type is WSMsgType.ERROR and isinstance(message.data, WebSocketError):
            error = LineError(
                "line.bad-websocket", f"the peer's WebSocket broke a rule: {message.data}"
            )
            await self._reports.misbehaved(ev.PeerMisbehaved(error, b""))

    async def send(self) -> None:
        """Send what the association has for the peer, until it is over and said so."""
        while True:
            self._wake.clear()
            await self._fill()
            frames = self.association.frames_to_send()
            spoiling, peer = self._line.centre.faults.spoiling, self._line.peer
            for frame in frames:
                await self._socket.send_bytes(spoiling.on_the_way(peer, frame))
            for frame in await spoiling.replayed(self._line):
                await self._socket.send_bytes(frame)
            if self.association.closed and not frames:
                return
            if not frames:
                await self._wake.wait()

    async def keep_time(self) -> None:
        """Keep the association's timers, and cosign the peer's log now and then."""
        line = self._line
        clock = line.centre.clock
        while not self.association.closed:
            due = self.association.next_deadline()
            wait = TICK_S if due is None else min(TICK_S, max(0.0, due - clock.now().mono))
            await asyncio.sleep(wait)
            now = clock.now()
            self.association.tick(now)
            await self.handle_events()
            associated = self.association.state is State.DATA_READY
            if self.mirror_moved and associated and now.mono >= self._cosign_after:
                self.mirror_moved = False
                self._cosign_after = now.mono + COSIGN_EVERY_S
                await self._cosign()
            self._wake.set()

    async def _cosign(self) -> None:
        line = self._line
        try:
            cosignature = await line.centre.writer.do(self._witness)
        except JournalError as error:
            self.give_up(error)
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
            self.announced is not None
            and self.announced < self._sealed
            and not self.association.closed
        ):
            found = await line.centre.reader.run(
                lambda connection: list(
                    receipts_after(connection, line.log, self.announced or 0, RECEIPTS_AT_ONCE)
                )
            )
            now = line.centre.clock.now()
            for receipt in found:
                if receipt.old_size != self.announced:
                    break
                if not self.association.send_receipt(receipt, now):
                    return
                self.announced = receipt.old_size + len(receipt.leaf_hashes) // 32
            if not found or self.association.backlog > RECEIPTS_AT_ONCE:
                return

    def _witness(self, journal: Journal) -> Cosignature | None:
        line = self._line
        return witness(journal, journal.line(line.peer), line.centre.clock.wall_us())


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
