"""One line of this node: it lives as long as the node, across all its connections.

It holds what must survive a connection (who waits for which receipt, the last groups in memory,
what the status shows) and keeps the line up: by dialling where the letter says so, by taking the
peer's connection otherwise. The newest authenticated connection wins, since an old one may be
half dead without knowing it.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import structlog

from hotline.errors import FencedError, HotlineError, RemoteError, TrustError
from hotline.journal.incoming import Taken
from hotline.journal.records import anchor, append_record
from hotline.journal.state import STREAMS, LineState, OutGroup
from hotline.line import events as ev
from hotline.line.association import Association
from hotline.line.terms import RateLimit, Terms, Timers, Window
from hotline.model.kinds import Precedence
from hotline.node.config import Line as LineSettings
from hotline.node.connection import Connection
from hotline.node.gate import MAX_MESSAGE, PATH
from hotline.node.session import Session, Socket
from hotline.node.tls import dialling_context, identify
from hotline.trust.card import Card
from hotline.trust.names import tls_name
from hotline.wire.codec import pack
from hotline.wire.frames import MAX_FRAME, Receipt, ReceiptItem

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.centre import Centre

RECENT_BYTES = 8 * 1024 * 1024
"""Groups kept in memory until they are receipted; what is beyond is read from the journal."""
DIAL_S = 5.0
"""From the first packet to the open WebSocket; beyond it, the next address is tried."""
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
MAX_EVIDENCE = MAX_FRAME
"""Bytes of a refused frame that are kept in the journal: all, since a part proves nothing."""
PROOF = frozenset(
    {"line.forked-log", "line.forged-leaf", "line.inconsistent-root", "line.broken-chain"}
)
"""Misbehaviour that the frame itself proves by the peer's signature; always entered."""
ANCHOR_EVERY_S = 60.0
"""At most one anchor of the node's own log in a line's in so long, but for line checks."""
SETTLED_S = 1.0
"""A line that was up for less than this is dialled with growing pauses, like one that was not."""

_ROLLED_BACK = (
    "compare both records by voice; agree on a letter with the next epoch, and on the side that "
    "was restored stop the node and run `hotline recover`"
)
LASTING_MENDS = {
    "line.peer-rolled-back": _ROLLED_BACK,
    "line.rolled-back": _ROLLED_BACK,
    "line.forked-log": _ROLLED_BACK,
    "journal.fenced": _ROLLED_BACK,
    "line.wrong-epoch": "the letters name different epochs: install the same letter on both sides, "
    "then restart",
    "line.wrong-status": "one side is not on this status: compare node.toml and letter by voice",
    "line.wrong-centre": "compare the centres' ids in both letters by voice",
    "line.no-common-version": "bring both nodes to releases that share a version",
}
LASTING = frozenset(LASTING_MENDS)
"""Reasons that no new connection changes by itself: each is told once, until the line is up."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Recent:
    """Groups of one line that are durable here and not receipted yet, oldest first a stream."""

    by_seq: dict[tuple[int, int], OutGroup] = field(default_factory=dict)
    order: list[deque[OutGroup]] = field(default_factory=lambda: [deque() for _ in range(STREAMS)])
    octets: int = 0

    def get(self, key: tuple[int, int]) -> OutGroup | None:
        """Return the group of (stream, first sequence number), if it is still in memory."""
        return self.by_seq.get(key)

    def add(self, group: OutGroup) -> None:
        """Keep a group, unless memory is taken up by older ones."""
        if self.octets + len(group.envelope) > RECENT_BYTES:
            return
        self.octets += len(group.envelope)
        self.by_seq[group.stream, group.first_seq] = group
        self.order[group.stream].append(group)

    def drop_through(self, stream: int, seq: int) -> list[OutGroup]:
        """Forget the groups of a stream up to a receipted sequence number; return them."""
        dropped = []
        waiting = self.order[stream]
        while waiting and waiting[0].first_seq <= seq:
            group = waiting.popleft()
            self.octets -= len(group.envelope)
            del self.by_seq[stream, group.first_seq]
            dropped.append(group)
        return dropped

    def oldest(self, stream: int, seq: int) -> OutGroup | None:
        """Return the group that begins with ``seq``, when it is the oldest in memory."""
        waiting = self.order[stream]
        return waiting[0] if waiting and waiting[0].first_seq == seq else None


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
        self._waiters: list[deque[tuple[int, asyncio.Future[None]]]] = [
            deque() for _ in range(STREAMS)
        ]
        self._connection: Connection | None = None
        # Held while one connection makes way for the next, so that there is never more than one.
        self._changing = asyncio.Lock()
        self._dialler: asyncio.Task[None] | None = None
        # Why the line is, or was last, down: in words, and as a code where there is one.
        self.last_error = ""
        self.last_code = ""
        self.up = False
        self.changed_us = centre.clock.wall_us()
        # The same moment by the monotonic clock, which nobody can set.
        self.changed_at = centre.clock.now().mono
        # Why nothing is signed on this line: the peer claims to hold more than this node does.
        self.held: str | None = None
        self._equivocating_until = 0.0
        self.letter_differs = False
        self.offset_us: int | None = None
        self.round_trip_us: int | None = None
        # Newest measurements of this association: (round trip, offset), a minute of heartbeats.
        self._measured: deque[tuple[int, int]] = deque(maxlen=12)
        self._clock_entered_at = centre.clock.now().mono
        self.witnessed = 0
        # Monotonic time since which some entry has waited for the peer's cosignature.
        self.unwitnessed_since: float | None = None
        self.checked_at = centre.clock.now().mono
        # Whether the line was up since the node started: before that nobody has said whether this
        # node's log is the one that the peer knows, and nothing is signed on it unasked.
        self.met = False
        # Size of the node's own log in the newest anchor here, and when (monotonic) it was entered.
        self.anchored = 0
        self.anchored_at: float | None = None
        # Size up to which the peer had cosigned when it was told that its mirror shrank.
        self.shrunk_below = 0
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
            self._dialler = self.centre.spawn(self._dial())

    async def stop(self) -> None:
        """Stop dialling and end the connection in order."""
        if self._connection is not None:
            await self._connection.close("line.stopping", "the node is being stopped")
        if self._dialler is not None:
            self._dialler.cancel()
            await asyncio.gather(self._dialler, return_exceptions=True)

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
            if self._connection is connection:
                self._connection = None

    async def _dial(self) -> None:
        attempt = 0
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                for host, port in self.settings.addresses:
                    begun, changed_us = self.centre.clock.now().mono, self.changed_us
                    await self._dial_once(session, host, port)
                    lasted_s = self.centre.clock.now().mono - begun
                    if self.changed_us != changed_us and lasted_s > SETTLED_S:
                        attempt = 0
                    wait = BACK_OFF_S[min(attempt, len(BACK_OFF_S) - 1)]
                    attempt += 1
                    # Full jitter keeps two nodes, or many lines, from knocking in step.
                    await asyncio.sleep(wait * (0.5 + random.random() / 2))  # noqa: S311

    async def _dial_once(self, session: aiohttp.ClientSession, host: str, port: int) -> None:
        status = self.centre.config.status
        shown = f"[{host}]" if ":" in host else host
        try:
            # An address that takes the connection and then says nothing is as dead as any other.
            async with asyncio.timeout(DIAL_S):
                socket = await session.ws_connect(
                    f"https://{shown}:{port}{PATH}",
                    ssl=dialling_context(self.centre.keyring, self.card),
                    server_hostname=tls_name(status, self.peer),
                    max_msg_size=MAX_MESSAGE,
                    compress=0,
                    autoping=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
            async with socket:
                secured = socket.get_extra_info("ssl_object")
                der = secured.getpeercert(binary_form=True) if secured is not None else None
                identify(der, {self.peer: self.card}, status, self.centre.clock.wall_us())
                await self.serve(socket, f"{host}:{port}")
        except aiohttp.WSServerHandshakeError as error:
            self._note_dial_failure(host, port, f"the peer refused: HTTP {error.status}")
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
            text = f"the peer's TLS does not hold: {_reason(error)}"
            self._note_dial_failure(host, port, text)
            self.centre.note_refusal(TrustError("trust.peer-certificate", text), f"{host}:{port}")
        except TrustError as error:
            self._note_dial_failure(host, port, str(error))
            self.centre.note_refusal(error, f"{host}:{port}")
        except (aiohttp.ClientError, OSError, TimeoutError, HotlineError) as error:
            self._note_dial_failure(host, port, _reason(error))
        except Exception as error:  # a defect of ours must not end the dialling for ever
            self._note_dial_failure(host, port, repr(error))
            _log.exception("dial_failed", line=self.peer)

    def _note_dial_failure(self, host: str, port: int, text: str) -> None:
        self.fail(f"{host}:{port}: {text}", "line.unreachable")
        _log.info("dial_failed", line=self.peer, host=host, port=port, error=text)

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
        self.centre.publish("receipt", {"line": self.peer, "count": sum(i.count for i in items)})

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
        await self._record("association", {"state": "up", "remote": remote})
        await self.centre.bell.clear("line.down", self.peer, "")
        for code in self.centre.bell.active("line.peer-misbehaved", self.peer) & LASTING:
            await self.centre.bell.clear("line.peer-misbehaved", self.peer, code)
        self.centre.publish("line", {"line": self.peer, "up": True})
        if self.anchor_due:
            with suppress(HotlineError):  # the watch tries it again
                await self.anchor_node_log()

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
            await self._record("association", {"state": "down", "reason": reason})

    async def note_clock(self, offset_us: int, round_trip_us: int, *, record: bool) -> None:
        """Take note of the peer's clock; alarm when it is further off than the letter allows.

        With ``record``, and as often as the line is checked, the measurement is entered: of the
        last minute the one with the shortest round trip, whose uncertainty is the smallest.
        """
        self.offset_us, self.round_trip_us = offset_us, round_trip_us
        mono = self.centre.clock.now().mono
        if record:
            self._measured.clear()
        self._measured.append((round_trip_us, offset_us))
        if record or mono - self._clock_entered_at >= self.letter.timers.line_check_s:
            self._clock_entered_at = mono
            trip, offset = min(self._measured)
            await self._record("clock", {"offset_us": offset, "round_trip_us": trip})
        limit_ms = self.letter.clock.maximum_offset_ms
        if abs(offset_us) > limit_ms * 1000:
            await self.centre.bell.ring(
                "line.clock-offset",
                self.peer,
                "",
                f"the clock of {self.peer} is {offset_us / 1e6:+.1f} s off this node's; "
                f"the letter allows {limit_ms / 1000:g} s",
            )
        else:
            await self.centre.bell.clear("line.clock-offset", self.peer, "")

    async def note_misbehaviour(self, error: RemoteError, frame: bytes) -> None:
        """Enter what the peer did wrong, with the frame as evidence."""
        self.fail(str(error), error.code)
        _log.warning("peer_misbehaved", line=self.peer, code=error.code, error=error.message)
        self.centre.metrics.refused.labels(error.code).inc()
        lasting = error.code in LASTING
        if lasting and error.code in self.centre.bell.active("line.peer-misbehaved", self.peer):
            return  # the same as at the last connection, and it is known
        if error.code not in PROOF and not self.centre.may_record_refusal(
            f"{self.peer} {error.code}"
        ):
            return
        await self._record(
            "refusal", {"code": error.code, "text": error.message, "frame": frame[:MAX_EVIDENCE]}
        )
        ring = self.centre.bell.ring if lasting else self.centre.bell.once
        await ring("line.peer-misbehaved", self.peer, error.code, f"{self.peer}: {error}")

    async def note_mirror(self, size: int, cosigned: int) -> None:
        """Alarm when the peer holds less of our log (``size`` entries) than it has ``cosigned``.

        Once until it has cosigned more: a peer that says it at each connection rings no more.
        """
        if size >= cosigned or cosigned <= self.shrunk_below:
            return
        self.shrunk_below = cosigned
        _log.error("mirror_shrank", line=self.peer, size=size, cosigned=cosigned)
        await self.centre.bell.once(
            "line.mirror-shrank",
            self.peer,
            "",
            f"{self.peer} has cosigned {cosigned} entries of this node's log and holds {size}: its "
            "record was put back to an earlier state; compare both records",
        )

    async def note_equivocation(self, subject: str, text: str) -> None:
        """Alarm about two messages under one number; too many of them, and no more are taken."""
        self.centre.metrics.refused.labels("line.equivocation").inc()
        self.fail(f"{text} [line.equivocation]", "line.equivocation")
        _log.error("peer_equivocated", line=self.peer, subject=subject)
        if not self.centre.may_record_refusal(f"{self.peer} line.equivocation"):
            self._equivocating_until = self.centre.clock.now().mono + 60
            return
        await self.centre.bell.once("line.equivocation", self.peer, subject, text)

    @property
    def equivocates(self) -> bool:
        """Whether the peer has contradicted itself so often that its repeats are not looked at."""
        return self.centre.clock.now().mono < self._equivocating_until

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

    def require_signing(self) -> None:
        """Raise FencedError while nothing may be signed on this line."""
        self.centre.require_unfenced()
        if self.held is not None:
            raise FencedError(
                "line.rolled-back",
                f"nothing is signed on the line with {self.peer}: {self.held}",
                "compare both records by voice; if this node's was restored, begin a new epoch",
            )

    async def note_rejection(self, event: ev.RejectionReceived) -> None:
        """Enter the peer's logical rejection of a message of ours, and alarm."""
        self.fail(f"{self.peer} rejected a message: {event.text} [{event.code}]", event.code)
        if not self.centre.may_record_refusal(f"{self.peer} rejection"):
            return
        await self._record(
            "rejection",
            {
                "stream": event.stream,
                "seq": event.seq,
                "message": event.message_id,
                "code": event.code,
                "text": event.text,
            },
        )
        await self.centre.bell.once(
            "line.rejected",
            self.peer,
            event.code,
            f"{self.peer} rejected message {event.seq} of {Precedence(event.stream).name}: "
            f"{event.text} [{event.code}]",
        )

    # --- Duties by the clock --------------------------------------------------------------

    def want_seal(self, journal: Journal) -> None:
        """Have the next commit sign a checkpoint update if there are entries since the last."""
        state = journal.line(self.peer)
        state.seal_wanted = bool(state.unsealed)

    async def anchor_node_log(self) -> None:
        """Enter the node log's checkpoint in this line's log, so that the peer witnesses it.

        It is announced to the peer with it. Raises FencedError, JournalError.
        """
        now_us = self.centre.clock.wall_us()

        def enter(journal: Journal) -> int:
            line = journal.line(self.peer)
            anchor(journal, line, now_us)
            line.seal_wanted = True
            return journal.node_log.size

        # Before it is durable: whoever asks meanwhile must not enter a second one.
        before, self.anchored_at = self.anchored_at, self.centre.clock.now().mono
        try:
            self.anchored = await self.centre.writer.do(enter)
        except HotlineError:
            self.anchored_at = before
            raise

    @property
    def anchor_due(self) -> bool:
        """Whether the node's own log has to be anchored here: it has grown since, and may be.

        At most one a line in ``ANCHOR_EVERY_S``, or in the time that the letter gives the peer to
        cosign where that is shorter: an anchor can lead to an alarm, and so to an entry that has to
        be anchored, and two nodes must not keep each other busy with it.
        """
        if self.centre.fenced is not None or self.held is not None or not self.met:
            return False
        if self.centre.journal.node_log.written <= self.anchored:
            return False
        every_s = min(ANCHOR_EVERY_S, self.letter.max_unwitnessed_s)
        now = self.centre.clock.now().mono
        return self.anchored_at is None or now - self.anchored_at >= every_s

    @property
    def association(self) -> Association | None:
        """The present association; None without a connection, and while one is being resumed."""
        return self._session.association if self._session is not None else None

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

    async def _record(self, kind: str, what: dict[str, object]) -> None:
        payload = pack(what)
        try:
            await self.centre.writer.do(
                lambda journal: append_record(
                    journal, journal.line(self.peer), kind, payload, self.centre.clock.wall_us()
                )
            )
        except HotlineError as error:
            _log.error("record_failed", line=self.peer, kind=kind, error=str(error))


def _reason(error: Exception) -> str:
    """Say why dialling failed, in the words of the system rather than of the HTTP client."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        known = os.strerror(cause.errno) if cause.errno and cause.errno > 0 else ""
        return (known or cause.strerror or type(cause).__name__).lower()
    return str(error) or type(error).__name__
