"""Which logs an export holds, and up to which signed checkpoint of each.

Nothing after a checkpoint is exported: what nobody has signed yet proves nothing, and an export
that ends at a checkpoint can be made again, byte for byte, when the log has grown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hotline.audit.checkpoints import cosigned, newest_given
from hotline.audit.entries import Log, logs_of
from hotline.errors import HotlineError, UsageError
from hotline.journal.banner import exercises_in
from hotline.model.kinds import Status
from hotline.model.letter import banner
from hotline.model.times import shorten
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey
from hotline.trust.notes import Note
from hotline.wire.codec import unpack

NODE = "node"
"""The name that stands for the log of the node's own affairs."""


@dataclass(frozen=True, slots=True)
class Part:
    """One log of an export: its first ``size`` entries, which have ``root`` (32 bytes).

    ``note`` is the signed checkpoint with its cosignatures; ``newer`` counts the entries after it.
    ``exercises`` are the names of those that it is about.
    """

    log: Log
    size: int
    root: bytes
    note: bytes
    newer: int
    exercises: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The parts of an export, and the logs that have entries but no checkpoint yet."""

    parts: Sequence[Part]
    unsigned: Sequence[Log]


@dataclass(frozen=True, slots=True)
class Record:
    """What an export is made from: one snapshot of a journal, its parts, and public keys.

    ``witnesses`` are outside ones, by name; ``peers`` are the pinned cards by centre.
    """

    connection: sqlite3.Connection
    centre: str
    status: str
    card: Card
    peers: Mapping[str, Card]
    witnesses: Mapping[str, WitnessKey]
    parts: Sequence[Part]

    @property
    def traffic(self) -> str:
        """What the whole is marked with: ``EXERCISE`` and its name; empty for actual traffic."""
        return self.traffic_of(*self.parts)

    def traffic_of(self, *parts: Part) -> str:
        """Return what some parts are marked with."""
        return banner(Status(self.status), [name for part in parts for name in part.exercises])


def named(logs: Sequence[Log], name: str) -> list[Log]:
    """Return our logs that a name stands for: a peer's id, ``node``, or a whole origin.

    Newest first. Raises UsageError (``node.unknown-log``).
    """
    found = [
        log
        for log in logs
        if log.own and (name in (log.origin, log.peer) or (name == NODE and log.peer is None))
    ]
    if not found:
        raise UsageError(
            "node.unknown-log",
            f"this journal has no log {shorten(name)}",
            "give a peer's id, `node`, or a log's whole name as `hotline log show` prints it",
        )
    return sorted(found, key=lambda log: (log.epoch or 0, log.id), reverse=True)


def choose(
    connection: sqlite3.Connection,
    *,
    log: str | None = None,
    line: str | None = None,
    at: Sequence[tuple[str | None, int]] = (),
) -> Choice:
    """Return the parts of an export: every log of ours that has a checkpoint, or those named.

    ``at`` gives sizes of checkpoints, each with the name of its log, and then no other log is
    chosen: a log that gets its first checkpoint tomorrow must not change what is made again. A
    name of None is the only log there is. Raises UsageError (``export.no-checkpoint``,
    ``export.no-checkpoint-at``, ``export.ambiguous-at``, ``node.unknown-log``).
    """
    logs = [one for one in logs_of(connection) if one.own]
    if line is not None:
        logs = [one for one in named(logs, line) if one.peer is not None]
    if log is not None:
        logs = named(logs, log)
    logs.sort(key=lambda one: one.id)
    sizes = {_only(logs, name).id: size for name, size in at}
    chosen = [one for one in logs if one.size and (one.id in sizes or not sizes)]
    parts, unsigned = [], []
    for one in chosen:
        part = _part(connection, one, sizes.get(one.id))
        if part is None:
            unsigned.append(one)
        else:
            parts.append(part)
    if not parts:
        raise no_checkpoint(", ".join(one.origin for one in logs))
    return Choice(parts, unsigned)


def again(parts: Sequence[Part]) -> list[str]:
    """Return the options that choose the same checkpoints when logs have grown and epochs begun."""
    return [word for part in parts for word in ("--at", f"{part.log.origin}={part.size}")]


def no_checkpoint(origins: str) -> UsageError:
    """Return the error for a record of which nothing is signed."""
    return UsageError(
        "export.no-checkpoint",
        f"no checkpoint of {origins} was signed yet",
        "an export begins from a checkpoint: start the node and bring the line up",
    )


def single(connection: sqlite3.Connection, log: str | None) -> Log:
    """Return the one log that a format of one log is about: as named, else the only line's.

    Of several epochs it is the newest. Raises UsageError (``export.several-lines``,
    ``node.unknown-log``).
    """
    logs = logs_of(connection)
    if log is not None:
        return named(logs, log)[0]
    peers = sorted({one.peer for one in logs if one.own and one.peer is not None})
    if len(peers) != 1:
        raise UsageError(
            "export.several-lines",
            "this format holds one log, and there are several"
            if peers
            else "this format holds one log, and there is no line",
            f"say which with --log: {', '.join([*peers, NODE])}",
        )
    return named(logs, peers[0])[0]


def _only(logs: Sequence[Log], name: str | None) -> Log:
    if name is not None:
        return named(logs, name)[0]
    if len(logs) != 1:
        raise UsageError(
            "export.ambiguous-at",
            "a size alone does not say of which log it is",
            "write LOG=SIZE, one for each log: "
            + ", ".join(f"{one.peer or NODE}=SIZE" for one in logs),
        )
    return logs[0]


def _part(connection: sqlite3.Connection, log: Log, at: int | None) -> Part | None:
    found = newest_given(connection, log, at)
    if at is not None and log.peer is None and (found is None or found[0] != at):
        found = _anchored(connection, log, at) or found
    if at is not None and (found is None or found[0] != at):
        before = f"{found[0]} is the one before" if found is not None else "none is smaller"
        raise UsageError(
            "export.no-checkpoint-at",
            f"no checkpoint of {log.origin} over {at} entries is kept; {before}",
            "give the size that an earlier export states, or leave --at out",
        )
    if found is None:
        return None
    size, note = found
    checkpoint = Checkpoint.parse(Note.parse(note).text)
    return Part(
        log,
        size,
        checkpoint.root,
        cosigned(connection, log.id, size, note),
        log.size - size,
        exercises_in(connection, log.origin, size),
    )


def _anchored(connection: sqlite3.Connection, log: Log, size: int) -> tuple[int, bytes] | None:
    """Return an older checkpoint of the node's log, as a line's log keeps it in an anchor."""
    for (payload,) in connection.execute("SELECT payload FROM record WHERE kind = 'anchor'"):
        try:
            note = unpack(payload)["checkpoint"]  # type: ignore[index]
            checkpoint = Checkpoint.parse(Note.parse(note).text)
        except (HotlineError, TypeError, KeyError):
            continue
        if (checkpoint.origin, checkpoint.size) == (log.origin, size):
            return size, note
    return None
