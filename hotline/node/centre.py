"""One centre's node, put together: the only place where the parts are wired.

``Centre`` is what the API stands on: send, read, reply, status, alarms. It owns the journal's
writer and reader, the lines, the desk, the bell and the port.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from hotline.airspace.readiness import make_ready
from hotline.errors import FencedError, HotlineError, JournalError, UsageError
from hotline.journal.closing import close_logs
from hotline.journal.forks import Fork, kept_forks
from hotline.journal.incoming import cosigned_by
from hotline.journal.journal import MAX_GROUP, Journal
from hotline.journal.queries import Reader, last_taken_us
from hotline.journal.records import append_record
from hotline.journal.recovery import undelivered
from hotline.journal.state import Committed
from hotline.journal.writer import Writer
from hotline.model.times import format_time
from hotline.node.access import Access
from hotline.node.alarms import Bell
from hotline.node.clock import Clock
from hotline.node.config import NodeConfig
from hotline.node.desk import Desk
from hotline.node.drafts import Drafts
from hotline.node.duty import Duty
from hotline.node.exercise import Exercise
from hotline.node.faults import Faults
from hotline.node.gate import Gate
from hotline.node.keyring import Keyring
from hotline.node.line import Line
from hotline.node.metrics import Metrics
from hotline.node.opening import open_journal
from hotline.node.renewal import Renewal
from hotline.node.tls import listening_context
from hotline.node.voice import Voice
from hotline.node.watch import keep_watch
from hotline.node.witness.asking import Asking
from hotline.node.witness.listener import Listener
from hotline.node.witness.service import Service
from hotline.trust.names import status_and_centre_of
from hotline.wire.codec import pack

REFUSALS_A_MINUTE = 10
"""Records that one remote end can cause in the journal; the rest is only counted."""
STRANGERS_A_MINUTE = 60
"""Records that all strangers together can cause: addresses cost them nothing."""
LISTENER_BACKLOG = 1000

_log = structlog.get_logger()

Event = tuple[str, dict[str, Any]]


class Centre:
    """A running node. Use ``start`` and ``stop``; everything else needs it running."""

    def __init__(
        self,
        config: NodeConfig,
        keyring: Keyring,
        *,
        clock: Clock | None = None,
        group_limit: int = MAX_GROUP,
    ) -> None:
        self.config = config
        self.keyring = keyring
        self.clock = clock or Clock()
        self.metrics = Metrics()
        self.lines: dict[str, Line] = {}
        self.desk = Desk(self)
        self.voice = Voice(self)
        self.exercise = Exercise(self)
        self.faults = Faults(self)
        self.duty = Duty(self)
        self.bell = Bell(self)
        self.access = Access(self)
        self.drafts = Drafts(self)
        # Changed by the writer's thread only; the loop reads sizes of it.
        self.journal: Journal
        self.writer: Writer
        self.reader: Reader
        # Port of the line's listener once it is open; differs from the file's when that is 0.
        self.port: int | None = None
        self.started_us = self.clock.wall_us()
        self.stopping = False
        # The fence that was alarmed about; it is met again at each connection.
        self._told_fence = ""
        self._group_limit = group_limit
        self._gate: Gate | None = None
        self._renewal = Renewal(keyring)
        self._listener: Listener | None = None
        # Outside witnesses that are asked, by their names.
        self.witnesses: dict[str, Asking] = {}
        # Port of the witness service once it is open, where there is one.
        self.witness_port: int | None = None
        # Names of the logs that are written now, for the witnesses.
        self.own_origins: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        self._refusals: dict[str, deque[float]] = {}
        # When strangers caused a record, whoever they were.
        self._strangers: deque[float] = deque()
        # What is wrong with the journal just now; empty while it works.
        self.journal_error: HotlineError | None = None

    async def start(self) -> None:
        """Open the journal, then the port, then dial. Raises ConfigError, JournalError, OSError."""
        keyring = self.keyring
        keyring.require_valid(self.clock.wall_us())
        self.journal = journal = await asyncio.to_thread(
            open_journal, self.config, keyring, self.clock, group_limit=self._group_limit
        )
        self.writer = Writer(
            journal, clock_us=self.clock.wall_us, released=self._released, failed=self._failed
        )
        self.reader = Reader(journal.path)
        for settings in self.config.lines:
            card = keyring.peer(settings.peer)
            self.lines[settings.peer] = Line(self, settings, card, journal.line(settings.peer))
        service = Service(self)
        self.witnesses = {
            witness.key.name: Asking(self, witness)
            for witness in self.config.witnesses
            if witness.url is not None
        }
        self.own_origins = [line.terms.own_origin for line in self.lines.values()]
        self.own_origins.append(journal.node_log.origin)
        for line in self.lines.values():
            line.note_witnessed(
                await self.reader.run(partial(cosigned_by, line=journal.line(line.peer)))
            )
            line.recorded_us = await self.reader.run(partial(last_taken_us, log=line.log))
        await self.bell.open()
        await self._tell_forks()
        await self.desk.open()
        await self.voice.open()
        await self.exercise.open()
        await self.faults.open()
        await self.duty.open()
        await self.access.open()
        await self.drafts.open()
        await self._tell_undelivered()
        await self.record("node", {"state": "started"})
        await self.note_journal_works()
        if self.fenced is not None:
            await self.fence(self.fenced)
        else:
            await self.bell.clear("journal.fenced", "", "")
        if self.config.listen is not None:
            self._gate = Gate(
                context=listening_context(keyring, self._cards()),
                cards=self._cards(),
                status=self.config.status,
                clock=self.clock,
                serve=self._serve,
                submit=lambda peer, request: service.respond(request, peer),
                refuse=self.note_refusal,
            )
            self.port = await self._gate.open(self.config.listen.host, self.config.listen.port)
        if self.config.witness_service is not None:
            self._listener = Listener(service)
            self.witness_port = await self._listener.open(
                self.config.witness_service.host, self.config.witness_service.port
            )
        for line in self.lines.values():
            self.spawn(asyncio.to_thread(make_ready, line.letter))
            line.airspace.start()
            line.start()
        for asking in self.witnesses.values():
            self.spawn(asking.run())
        self.spawn(keep_watch(self))
        _log.info("node_started", centre=self.config.centre, status=str(self.config.status))

    async def stop(self) -> None:
        """End the associations in order, seal the logs, commit what waits, close everything."""
        self.stopping = True
        await self.faults.close()
        self.dismiss()
        for line in self.lines.values():
            await line.stop()
        if self._listener is not None:
            await self._listener.close()
        if self._gate is not None:
            await self._gate.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        held = [
            peer
            for peer, line in self.lines.items()
            if line.held is not None or not line.known_newest
        ]
        with suppress(HotlineError):
            await self.writer.do(lambda journal: close_logs(journal, held, self.clock.wall_us()))
        # Who closes the journal last merges its write-ahead log, which a reader may not.
        await asyncio.to_thread(self.reader.close)
        await self.writer.close()
        _log.info("node_stopped", centre=self.config.centre)

    async def _tell_undelivered(self) -> None:
        """Alarm, when a new epoch begins, about what the old one never got a receipt for."""
        fresh = {peer for peer, line in self.lines.items() if not line.stored.own.size}
        names: dict[str, list[str]] = {}
        if fresh:
            for peer, name in await self.writer.do(undelivered):
                names.setdefault(peer, []).append(name)
        for peer in fresh & names.keys():
            lost = names[peer]
            shown = ", ".join(lost[:5]) + (", ..." if len(lost) > 5 else "")
            many = "1 message" if len(lost) == 1 else f"{len(lost)} messages"
            text = f"{many} to {peer} of an older epoch without a receipt: {shown}"
            await self.bell.ring("line.epoch-closed", peer, "", f"{text}; say them again")
            # It is over as soon as it is said; it stands until somebody has read it.
            await self.bell.clear("line.epoch-closed", peer, "")

    async def _tell_forks(self) -> None:
        """Alarm about forks of logs that are written still, also where a crash kept it untold."""
        forks = {fork.origin: fork for fork in await self.reader.run(kept_forks)}
        current = {line.terms.peer_origin for line in self.lines.values()}
        if self.config.witness_service is not None:
            current |= self.config.witness_service.logs.keys()
        for peer in {alarm.peer for alarm in self.bell.standing}:
            # A new epoch has new logs; of those that are closed the proof is kept, and no alarm.
            for origin in self.bell.active("trust.fork", peer) - current:
                await self.bell.clear("trust.fork", peer, origin)
        for origin in forks.keys() & current:
            await self._tell_fork(forks[origin])

    async def _tell_fork(self, fork: Fork) -> None:
        _, centre = status_and_centre_of(fork.origin) or ("", "")
        peer = centre if centre in self.lines else ""
        await self.bell.ring("trust.fork", peer, fork.origin, f"{fork}; the proof is kept")

    async def look_for_renewal(self) -> None:
        """Take over a node certificate that was renewed; every connection from now on shows it."""
        renewed = await asyncio.to_thread(self._renewal.renewed, self.keyring)
        if renewed is None:
            return
        self.keyring = renewed
        if self._gate is not None:
            self._gate.use(listening_context(renewed, self._cards()))
        _log.info("certificate_renewed", expires=format_time(renewed.expires_us))
        await self.record("node", {"state": "certificate renewed"})

    # --- What the parts ask of each other -------------------------------------------------

    def line(self, peer: str) -> Line:
        """Return the line with ``peer``; with an empty name, the only one. Raises UsageError."""
        if not peer and len(self.lines) == 1:
            return next(iter(self.lines.values()))
        if peer not in self.lines:
            raise UsageError(
                "node.unknown-peer",
                f"this node has no line with {peer!r}"
                if peer
                else ("this node has several lines" if self.lines else "this node has no line"),
                f"name one of: {', '.join(sorted(self.lines))}"
                if self.lines
                else "a node without a line only witnesses: say it on one that has a line",
            )
        return self.lines[peer]

    @property
    def fenced(self) -> str | None:
        """Why this node may not sign; None while it may."""
        return self.journal.signer.fence

    def require_unfenced(self) -> None:
        """Raise FencedError while this node may not sign."""
        if self.fenced is not None:
            raise FencedError(
                "journal.fenced",
                f"this node signs nothing: {self.fenced}",
                "agree a new epoch with the peer by voice, then run `hotline recover`",
            )

    async def fence(self, reason: str) -> None:
        """Stop signing, durably, and alarm."""
        if self._told_fence == reason:
            return
        self._told_fence = reason
        _log.error("node_fenced", reason=reason)
        await self.writer.do(lambda journal: journal.set_fence(reason))
        self.metrics.fenced.set(1)
        await self.bell.ring("journal.fenced", "", "", f"this node signs nothing: {reason}")

    async def record(self, kind: str, what: dict[str, Any]) -> None:
        """Enter something about the node itself in its own log."""
        payload = pack(what)
        await self.writer.do(
            lambda journal: append_record(
                journal, journal.node_log, kind, payload, self.clock.wall_us()
            )
        )

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside everything else, until the node stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def may_record_refusal(self, remote: str) -> bool:
        """Whether ``remote`` has not yet used up the records that it may cause this minute."""
        now = self.clock.now().mono
        recent = self._refusals.setdefault(remote, deque())
        while recent and now - recent[0] > 60:
            recent.popleft()
        if len(recent) >= REFUSALS_A_MINUTE:
            return False
        recent.append(now)
        if len(self._refusals) > 1000:
            self._refusals = {r: t for r, t in self._refusals.items() if t and now - t[-1] < 60}
        return True

    def may_record_stranger(self, remote: str) -> bool:
        """Whether all strangers together, and ``remote``, have records left in this minute."""
        now = self.clock.now().mono
        while self._strangers and now - self._strangers[0] > 60:
            self._strangers.popleft()
        if len(self._strangers) >= STRANGERS_A_MINUTE or not self.may_record_refusal(remote):
            return False
        self._strangers.append(now)
        return True

    def note_refusal(self, error: HotlineError, remote: str) -> None:
        """Record somebody who could not be identified; the lines of peers are not touched.

        What is over the bound is counted, and neither entered nor logged.
        """
        self.metrics.refused.labels(error.code).inc()
        if self.stopping or not self.may_record_stranger(remote):
            return
        _log.warning("connection_refused", remote=remote, code=error.code, error=error.message)
        what = {"code": error.code, "text": error.message, "remote": remote}
        self.spawn(self._record_quietly("refusal", what))

    async def _record_quietly(self, kind: str, what: dict[str, Any]) -> None:
        with suppress(HotlineError):
            await self.record(kind, what)

    # --- Listeners ------------------------------------------------------------------------

    @property
    def listened_to(self) -> bool:
        """Whether anybody hears what is published."""
        return bool(self._listeners)

    def publish(self, name: str, what: dict[str, Any]) -> None:
        """Tell every listener; one that does not keep up is let go."""
        for queue in list(self._listeners):
            try:
                queue.put_nowait((name, what))
            except asyncio.QueueFull:
                self._listeners.discard(queue)

    def dismiss(self) -> None:
        """End what every listener listens to."""
        for queue in self._listeners:
            with suppress(asyncio.QueueFull):  # such a listener has been let go already
                queue.put_nowait(None)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield what happens from now on, until the node stops or the listener falls behind."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(LISTENER_BACKLOG)
        self._listeners.add(queue)
        try:
            while queue in self._listeners:
                event = await queue.get()
                if event is None:
                    return
                yield event
        finally:
            self._listeners.discard(queue)

    # --- The journal's callbacks ----------------------------------------------------------

    def _released(self, committed: Committed) -> None:
        """Let go what is durable now. The only place where saving turns into sending."""
        for peer, groups in committed.groups.items():
            self.lines[peer].groups_committed(groups)
        for peer, receipt in committed.receipts.items():
            self.lines[peer].receipt_committed(receipt)
        if committed.receipts:
            for asking in self.witnesses.values():
                asking.wake()
        for fork in committed.forks:
            self.spawn(self._tell_fork(fork))

    def _failed(self, error: HotlineError) -> None:
        _log.error("commit_failed", code=error.code, error=error.message)
        if isinstance(error, JournalError):
            first = self.journal_error is None
            self.journal_error = error
            # A node that ends has nobody left to ring for, and soon nothing to read alarms from.
            if first and not self.stopping:
                self.spawn(self.bell.ring("journal.failed", "", "", str(error)))

    async def note_journal_works(self) -> None:
        """Take note that the journal has taken an entry, after it had failed or at the start."""
        self.journal_error = None
        await self.bell.clear("journal.failed", "", "")

    async def _serve(self, centre: str, socket: Any) -> None:
        line = self.lines[centre]
        remote = socket.get_extra_info("peername") or ("?", 0)
        if line.dials:
            self.note_refusal(
                UsageError("line.wrong-role", f"{centre} dialled, but the letter has us dial it"),
                str(remote[0]),
            )
            await socket.close()
            return
        await line.serve(socket, f"{remote[0]}:{remote[1]}")

    def _cards(self) -> dict[str, Any]:
        return {peer: line.card for peer, line in self.lines.items()}

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("task_failed", exc_info=task.exception())
