"""One line of this node: it lives as long as the node, across all its connections.

It holds what must survive a connection (who waits for which receipt, the last groups in memory,
what the status shows) and keeps the line up: by dialling where the letter says so, by taking the
peer's connection otherwise. The newest authenticated connection wins, since an old one may be
half dead without knowing it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from hotline.errors import FencedError, HotlineError
from hotline.journal.incoming import Taken
from hotline.journal.records import append_record
from hotline.journal.state import STREAMS, LineState, OutGroup
from hotline.line import events as ev
from hotline.line.association import Association
from hotline.line.terms import RateLimit, Terms, Timers, Window
from hotline.model.kinds import Precedence
from hotline.node.airspace.line_airspace import LineAirspace
from hotline.node.anchoring import Anchoring
from hotline.node.config import Line as LineSettings
from hotline.node.connection import Connection
from hotline.node.dialling import Dialler
from hotline.node.misconduct import LASTING, LASTING_MENDS, Misconduct
from hotline.node.peer_clock import PeerClock
from hotline.node.recent import Recent
from hotline.node.session import Session, Socket
from hotline.trust.card import Card
from hotline.wire.codec import pack
from hotline.wire.frames import Receipt, ReceiptItem

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.centre import Centre

_log = structlog.get_logger()


class Line:
    """The line with one peer. Everything here belongs to the event loop."""

    def __init__(
        self, centre: Centre, settings: LineSettings, card: Card, stored: LineState
    ) -> None:
        self.centre = centre
        self.settings = settings
        self.card = card
        self.peer = settings.peer
        self.letter = settings.letter
        self.dials = settings.dials(centre.config.centre)
        self.log = stored.log
        timers = self.letter.timers
        self.terms = Terms(
            centre=centre.config.centre,
            peer=self.peer,
            status=str(centre.config.status),
            epoch=self.letter.epoch,
            letter_hash=settings.letter_hash,
            own_origin=stored.own.origin,
            peer_origin=stored.mirror.origin,
            peer_signing=card.signing,
            peer_log=card.log,
            peer_witness=card.witness,
            timers=Timers(timers.heartbeat_s, timers.receive_s, timers.identification_s),
            window=Window(),
            rate=RateLimit(),
        )
        self.durable = [stream.next_seq - 1 for stream in stored.outgoing]
        self.receipted = [stream.receipted for stream in stored.outgoing]
        self.recent = Recent()
        self.peer_clock = PeerClock(self)
        self.misconduct = Misconduct(self)
        self.anchoring = Anchoring(self)
        self.airspace = LineAirspace(self)
        self._waiters: list[deque[tuple[int, asyncio.Future[None]]]] = [
            deque() for _ in range(STREAMS)
        ]
        self._connection: Connection | None = None
        # Held while one connection makes way for the next, so that there is never more than one.
        self._changing = asyncio.Lock()
        self._dialling: asyncio.Task[None] | None = None
        # Why the line is, or was last, down: in words, and as a code where there is one.
        self.last_error = ""
        self.last_code = ""
        self.up = False
        self.changed_us = centre.clock.wall_us()
        # The same moment by the monotonic clock, which nobody can set.
        self.changed_at = centre.clock.now().mono
        # Why nothing is signed on this line: the peer claims to hold more than this node does.
        self.held: str | None = None
        self.letter_differs = False
        self.witnessed = 0
        # Monotonic time since which some entry has waited for the peer's cosignature.
        self.unwitnessed_since: float | None = None
        self.checked_at = centre.clock.now().mono
        # When the peer was last heard: on connections that are over (monotonic time), and by what
        # the record holds of it from before the node started (microseconds since 1970).
        self._heard_at: float | None = None
        self.recorded_us: int | None = None
        # Whether the line was up since the node started: before that nobody has said whether this
        # node's log is the one that the peer knows, and nothing is signed on it unasked.
        self.met = False
        self.oldest_unreceipted_s = 0.0
        # Per stream, the oldest message without a receipt and since when (monotonic) it was it.
        self.waiting_since: dict[int, tuple[int, float]] = {}

    @property
    def stored(self) -> LineState:
        """The journal's own state of this line; the loop only reads sizes of it, to be shown.

        Asked for anew each time: after a failed commit the journal loads another one.
        """
        return self.centre.journal.line(self.peer)

    def fail(self, text: str, code: str) -> None:
        """Note why the line is down, or nearly was."""
        self.last_error, self.last_code = text, code

    @property
    def mend(self) -> str:
        """What the operators can do about a line that is down."""
        if self.last_code in LASTING:
            return LASTING_MENDS[self.last_code]
        if self.dials:
            places = " or ".join(f"{host}:{port}" for host, port in self.settings.addresses)
            return f"see that {self.peer} runs and that {places} can be reached"
        return (
            f"ask {self.peer} whether its node runs and dials port {self.centre.port} here; "
            "check the network between both"
        )

    # --- Keeping the line up --------------------------------------------------------------

    def start(self) -> None:
        """Begin to dial, where the letter has this side do it."""
        if self.dials:
            self._dialling = self.centre.spawn(Dialler(self).run())

    async def stop(self) -> None:
        """Stop dialling and end the connection in order."""
        if self._connection is not None:
            await self._connection.close("line.stopping", "the node is being stopped")
        if self._dialling is not None:
            self._dialling.cancel()
            await asyncio.gather(self._dialling, return_exceptions=True)

    async def serve(self, socket: Socket, remote: str) -> None:
        """Run one connection of this peer; an older one makes way for it."""
        async with self._changing:
            if self._connection is not None:
                await self._connection.close("line.superseded", "a newer connection has come")
            if self.centre.stopping:
                await socket.close()
                return
            connection = self._connection = Connection(self, socket, remote)
        try:
            await connection.run()
        except HotlineError as error:
            # The journal would not even say where to resume; the next connection asks again.
            self.fail(str(error), error.code)
            _log.warning("connection_failed", line=self.peer, error=str(error))
        finally:
            self._heard_at = self.heard_at
            if self._connection is connection:
                self._connection = None

    # --- What the journal has committed ---------------------------------------------------

    def groups_committed(self, groups: Sequence[OutGroup]) -> None:
        """Release groups that are durable now."""
        metrics = self.centre.metrics
        for group in groups:
            self.recent.add(group)
            metrics.sent.labels(self.peer, group.stream).inc(len(group.ids))
            self.durable[group.stream] = group.first_seq + len(group.ids) - 1
        if self._session is not None:
            self._session.groups_ready()

    def receipt_committed(self, receipt: Receipt) -> None:
        """Release a receipt, or a checkpoint update, that is durable now."""
        if self._session is not None:
            self._session.receipt_ready(receipt)

    def receipt_of(self, stream: int, seq: int) -> asyncio.Future[None]:
        """Give a future that is done when the peer's receipt for a message is durable here."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seq <= self.receipted[stream]:
            future.set_result(None)
        else:
            self._waiters[stream].append((seq, future))
        return future

    # --- What a connection reports --------------------------------------------------------

    def note_received(self, event: ev.GroupReceived, taken: Taken) -> None:
        """Tell the desk and the listeners of a group that is durable and presented."""
        self.centre.metrics.received.labels(self.peer, event.stream).inc(len(event.ids))
        self.centre.desk.received(self, event, taken)

    def note_receipted(self, items: Sequence[ReceiptItem]) -> None:
        """Wake whoever waits for these receipts, which are durable here now."""
        now_us = self.centre.clock.wall_us()
        metrics = self.centre.metrics
        for item in items:
            last = item.first_seq + item.count - 1
            self.receipted[item.stream] = last
            metrics.receipted.labels(self.peer, item.stream).inc(item.count)
            for group in self.recent.drop_through(item.stream, last):
                metrics.receipt_seconds.labels(self.peer, item.stream).observe(
                    max(0, now_us - group.created_us) / 1e6
                )
            waiters = self._waiters[item.stream]
            while waiters and waiters[0][0] <= last:
                future = waiters.popleft()[1]
                if not future.done():
                    future.set_result(None)
        which = [[Precedence(item.stream).name, item.first_seq, item.count] for item in items]
        count = sum(item.count for item in items)
        self.centre.publish("receipt", {"line": self.peer, "count": count, "which": which})

    def note_witnessed(self, size: int) -> None:
        """Take note that the peer has cosigned our log up to ``size`` entries."""
        if size > self.witnessed:
            self.witnessed = size
            self.unwitnessed_since = None

    async def note_letter(self, differs: bool) -> None:
        """Alarm when the peer acts under another letter; the line comes up all the same."""
        self.letter_differs = differs
        if differs:
            await self.centre.bell.ring(
                "line.letter-mismatch",
                self.peer,
                "",
                f"{self.peer} acts under another letter of agreement than this node",
            )
        else:
            await self.centre.bell.clear("line.letter-mismatch", self.peer, "")

    async def note_up(self, remote: str) -> None:
        """Record that the line is up."""
        self.up = self.met = True
        self._changed()
        self.fail("", "")
        _log.info("line_up", line=self.peer, remote=remote)
        await self.record("association", {"state": "up", "remote": remote})
        await self.centre.bell.clear("line.down", self.peer, "")
        for code in self.centre.bell.active("line.peer-misbehaved", self.peer) & LASTING:
            await self.centre.bell.clear("line.peer-misbehaved", self.peer, code)
        self.centre.publish("line", {"line": self.peer, "up": True})
        if self.anchoring.due:
            with suppress(HotlineError):  # the watch tries it again
                await self.anchoring.enter()

    async def note_down(self) -> None:
        """Record that the line is down, and alarm."""
        if not self.up:
            return
        self.up = False
        self._changed()
        reason = self.last_error or "ended in order"
        _log.warning("line_down", line=self.peer, reason=reason)
        self.centre.publish("line", {"line": self.peer, "up": False, "reason": reason})
        if not self.centre.stopping:
            await self.record("association", {"state": "down", "reason": reason})

    async def hold(self, reason: str) -> None:
        """Sign nothing on this line: the peer claims to hold more of our record than we do.

        It has not proved it with our signature, so the node is not fenced, and lines with other
        peers go on; but signing under numbers that are perhaps used up would contradict us.
        """
        self.held = reason
        await self.centre.bell.ring(
            "line.rolled-back", self.peer, "", f"nothing is signed on this line: {reason}"
        )

    async def release(self) -> None:
        """Take note that both sides hold the same of this line again."""
        self.held = None
        await self.centre.bell.clear("line.rolled-back", self.peer, "")

    @property
    def known_newest(self) -> bool:
        """Whether a checkpoint of this line's log may be signed without being asked for.

        If this record is an older copy, that makes two logs of one, which looks like forgery. So
        not until the peer has shown what it holds, unless it has never cosigned anything.
        """
        return self.met or not self.witnessed

    def require_signing(self) -> None:
        """Raise FencedError while nothing may be signed on this line."""
        self.centre.require_unfenced()
        if self.held is not None:
            raise FencedError(
                "line.rolled-back",
                f"nothing is signed on the line with {self.peer}: {self.held}",
                "compare both records by voice; if this node's was restored, begin a new epoch",
            )

    # --- Duties by the clock --------------------------------------------------------------

    def want_seal(self, journal: Journal) -> None:
        """Have the next commit sign a checkpoint update if there are entries since the last."""
        state = journal.line(self.peer)
        state.seal_wanted = bool(state.unsealed)

    @property
    def association(self) -> Association | None:
        """The present association; None without a connection, and while one is being resumed."""
        return self._session.association if self._session is not None else None

    @property
    def heard_at(self) -> float | None:
        """When anything of the peer last came (monotonic time); None: not since the node started.

        It outlives the connection: since when nothing is heard matters most when there is none.
        """
        association = self.association
        now = association.statistics.last_contact if association is not None else None
        return self._heard_at if now is None else now

    @property
    def _session(self) -> Session | None:
        return self._connection.session if self._connection is not None else None

    @property
    def connection(self) -> Connection | None:
        """The present connection, whatever its state."""
        return self._connection

    @property
    def backlog(self) -> tuple[int, ...]:
        """Messages without a receipt, by precedence."""
        return tuple(
            durable - receipted
            for durable, receipted in zip(self.durable, self.receipted, strict=True)
        )

    def _changed(self) -> None:
        now = self.centre.clock.now()
        self.changed_us, self.changed_at = now.wall_us, now.mono

    async def record(self, kind: str, what: dict[str, object]) -> None:
        """Enter something about this line in its log; a failure is logged, and that is all."""
        payload = pack(what)
        try:
            await self.centre.writer.do(
                lambda journal: append_record(
                    journal, journal.line(self.peer), kind, payload, self.centre.clock.wall_us()
                )
            )
        except HotlineError as error:
            _log.error("record_failed", line=self.peer, kind=kind, error=str(error))
