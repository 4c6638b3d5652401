"""Broken variants of the product, each of which the simulation must catch.

A mutant replaces a function of the real code, as a careless change could. That all of them are
caught, in how many histories and by which invariant, is what says that the simulation bites.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from hotline.errors import HotlineError
from hotline.journal import journal as journal_module
from hotline.journal.journal import Journal
from hotline.journal.state import OUT, LineState
from hotline.line import association, incoming, mirror, sending
from hotline.line.association import Association
from hotline.line.incoming import IncomingStream, Place
from hotline.line.outgoing import OutgoingStream
from hotline.line.terms import Instant
from hotline.node import reports, session
from hotline.node.connection import Connection
from hotline.node.line import Line
from hotline.node.reports import Reports
from hotline.trust.checkpoint import open_checkpoint
from hotline.wire.body import decode_body, encode_body, message_id
from hotline.wire.envelope import decode_envelope, encode_envelope, group_input
from hotline.wire.frames import Cosignature
from tests.simulation.ground import Ground, SimulatedClock

Mutant = Callable[[Ground], AbstractContextManager[Any]]


def receipt_before_fsync(ground: Ground) -> AbstractContextManager[Any]:
    """Return from a commit before it is on the platter."""
    return _synchronous(ground, "OFF")


def commits_without_fsync(ground: Ground) -> AbstractContextManager[Any]:
    """Have SQLite write commits but not fsync them, as ``synchronous = NORMAL`` does."""
    return _synchronous(ground, "NORMAL")


def _synchronous(ground: Ground, level: str) -> AbstractContextManager[Any]:
    connect = ground.connect

    def careless(path: Path, *, writable: bool) -> sqlite3.Connection:
        connection = connect(path, writable=writable)
        if writable:
            connection.execute(f"PRAGMA synchronous = {level}")
        return connection

    return patch.object(journal_module, "connect", careless)


def retry_with_a_new_id(ground: Ground) -> AbstractContextManager[Any]:
    """Sign again, with another time, what is sent again."""
    stored = session.groups_from

    def anew(*args: Any, **kwargs: Any) -> Iterator[Any]:
        for group in stored(*args, **kwargs):
            bodies = []
            for old in decode_envelope(group.envelope).bodies:
                body = decode_body(old)
                again = msgspec.structs.replace(body, created_us=body.created_us + 1)
                bodies.append(encode_body(again))
            key = ground.keyrings[body.sender].signing
            envelope = encode_envelope([key.sign(group_input(bodies))], bodies)
            yield replace(group, ids=tuple(map(message_id, bodies)), envelope=envelope)

    return patch.object(session, "groups_from", anew)


def forgotten_previous_hash(_: Ground) -> AbstractContextManager[Any]:
    """Begin the chain after a restart with another hash than that of the last message."""
    load = journal_module.load_line

    def forgetful(*args: Any) -> LineState:
        line = load(*args)
        for stream in line.outgoing:
            if stream.next_seq > 1:
                stream.last_id = b"f" * 32
        return line

    return patch.object(journal_module, "load_line", forgetful)


def shown_twice(_: Ground) -> AbstractContextManager[Any]:
    """Lay a message on the desk again that comes again."""
    answer = Reports._repeated

    async def again(self: Reports, event: Any) -> None:
        await answer(self, event)
        self._line.centre.desk.received(self._line, event, None)  # type: ignore[arg-type]

    return patch.dict(reports._HANDLERS, {reports.ev.GroupRepeated: again})


def dropped_resend(_: Ground) -> AbstractContextManager[Any]:
    """Leave out on a new connection what was under way on the old one."""
    resume = OutgoingStream.resume

    def careless(self: OutgoingStream, next_expected: int) -> None:
        resume(self, next_expected)
        self._cursor = self.durable_through + 1

    return patch.object(OutgoingStream, "resume", careless)


def receipt_for_nothing(_: Ground) -> AbstractContextManager[Any]:
    """Give a receipt for a group without keeping its messages."""
    take = reports.take

    def careless(journal: Journal, line: LineState, **what: Any) -> Any:
        taken = take(journal, line, **what)
        journal.execute(
            "DELETE FROM message WHERE log = ? AND direction = 1 AND stream = ? AND seq >= ?",
            (line.log, taken.stream, taken.first_seq),
        )
        return taken

    return patch.object(reports, "take", careless)


@contextmanager
def no_rollback_fence(_: Ground) -> Iterator[None]:
    """Go on, whatever the peer proves to hold beyond our record."""
    with (
        patch.object(reports, "fence_reason", lambda *_: None),
        patch.object(association, "holds_more", lambda *_: False),
    ):
        yield


@contextmanager
def cosigned_fork(ground: Ground) -> Iterator[None]:
    """Cosign what the peer claims in its HELLO, as it stands."""
    identified = Reports._identified

    async def trusting(self: Reports, event: Any) -> None:
        await identified(self, event)
        line = self._line
        if event.hello.checkpoint:
            terms = line.terms
            claimed = open_checkpoint(event.hello.checkpoint, terms.peer_origin, terms.peer_log)
            signer = line.centre.journal.signer
            try:
                text = signer.cosign(claimed, line.centre.clock.wall_us() // 1_000_000)
            except HotlineError:
                return
            self._session.association.send_cosignature(
                Cosignature(claimed.size, claimed.root, text.decode()), line.centre.clock.now()
            )

    with (
        patch.dict(reports._HANDLERS, {reports.ev.PeerIdentified: trusting}),
        patch.object(mirror, "check_not_forked", lambda *_: None),
        patch.object(association, "check_not_forked", lambda *_: None),
    ):
        yield


@contextmanager
def wrong_order(_: Ground) -> Iterator[None]:
    """Take a group that comes after a gap, on the line and in the journal."""
    place, take = IncomingStream.place, reports.take

    def lenient(self: IncomingStream, group: Any) -> Place:
        found = place(self, group)
        return Place.NEXT if found is Place.AFTER_A_GAP else found

    def careless(journal: Journal, line: LineState, **what: Any) -> Any:
        state = line.incoming[what["stream"]]
        state.next_seq, state.last_id = what["first_seq"], what["bodies"][0].previous
        return take(journal, line, **what)

    with (
        patch.object(IncomingStream, "place", lenient),
        patch.object(reports, "take", careless),
    ):
        yield


def flash_waits_in_line(_: Ground) -> AbstractContextManager[Any]:
    """Queue FLASH behind everything else."""
    last = len(sending.SendQueue()._queues) - 1
    rank = sending._rank_of
    return patch.object(sending, "_rank_of", lambda stream: rank(stream) if stream else last)


def torn_transaction(_: Ground) -> AbstractContextManager[Any]:
    """Commit each action by itself, before the trees and the receipt that belong to it."""
    attempt = Journal._attempt

    def careless(self: Journal, action: Any) -> Any:
        result = attempt(self, action)
        self.execute("COMMIT")
        self.execute("BEGIN IMMEDIATE")
        return result

    return patch.object(Journal, "_attempt", careless)


def lost_outgoing_state(_: Ground) -> AbstractContextManager[Any]:
    """Keep in memory alone where the outgoing streams stand."""
    flush = LineState.flush

    def forgetful(self: LineState, connection: sqlite3.Connection) -> None:
        self.changed = {change for change in self.changed if change[0] != OUT}
        flush(self, connection)

    return patch.object(LineState, "flush", forgetful)


def memory_kept_after_a_failed_commit(_: Ground) -> AbstractContextManager[Any]:
    """Roll a failed commit back on disk, and go on in memory as if it had not failed."""

    def careless(self: Journal) -> None:
        self.connection.rollback()

    return patch.object(Journal, "abandon", careless)


def unchecked_signatures(_: Ground) -> AbstractContextManager[Any]:
    """Take for signed whatever looks like an envelope."""
    return patch.object(incoming, "verify_group", lambda *_: None)


def sealed_before_the_peer_is_met(_: Ground) -> AbstractContextManager[Any]:
    """Sign checkpoints of a line's log before its peer has shown what it holds."""
    return patch.object(Line, "known_newest", True)


def failed_commit_taken_for_one(_: Ground) -> AbstractContextManager[Any]:
    """Overlook that a commit has failed: tell, send and receipt what it should have stored."""
    execute = Journal.execute

    def careless(self: Journal, sql: str, parameters: Any = ()) -> Any:
        try:
            return execute(self, sql, parameters)
        except sqlite3.Error:
            if sql != "COMMIT":
                raise
            self.connection.rollback()

    return patch.object(Journal, "execute", careless)


def session_outlives_the_journal(_: Ground) -> AbstractContextManager[Any]:
    """Go on with a connection although the journal has not taken what came on it."""
    return patch.object(session.Session, "give_up", lambda *_: None)


def old_connection_kept(_: Ground) -> AbstractContextManager[Any]:
    """Let an older connection of a line go on beside the new one."""

    async def careless(*_: Any) -> None:
        pass

    return patch.object(Connection, "close", careless)


def silence_borne(_: Ground) -> AbstractContextManager[Any]:
    """Wait for ever for a peer of whom nothing comes any more."""
    return patch.object(Association, "_time_out", lambda *_: None)


def timers_by_the_wall_clock(_: Ground) -> AbstractContextManager[Any]:
    """Measure lengths of time with a clock that somebody can set."""

    def careless(self: SimulatedClock) -> Instant:
        wall_us = self.wall_us()
        return Instant(wall_us / 1e6, wall_us)

    return patch.object(SimulatedClock, "now", careless)


MUTANTS: dict[str, Mutant] = {
    function.__name__.replace("_", " "): function
    for function in (
        receipt_before_fsync,
        commits_without_fsync,
        retry_with_a_new_id,
        forgotten_previous_hash,
        shown_twice,
        dropped_resend,
        receipt_for_nothing,
        no_rollback_fence,
        cosigned_fork,
        wrong_order,
        flash_waits_in_line,
        torn_transaction,
        lost_outgoing_state,
        memory_kept_after_a_failed_commit,
        unchecked_signatures,
        sealed_before_the_peer_is_met,
        failed_commit_taken_for_one,
        session_outlives_the_journal,
        old_connection_kept,
        silence_borne,
        timers_by_the_wall_clock,
    )
}

STORIES = {
    "no rollback fence": "older disk",
    "sealed before the peer is met": "older disk",
    "cosigned fork": "lying peer",
    "flash waits in line": "backlog",
    "wrong order": "frame swallowed",
    "unchecked signatures": "broken peer",
    "old connection kept": "broken connection",
}
"""Stories, or single kinds of fault, in which alone a mutant can show itself."""
