"""The journal of one node: opened once, changed by one thread, one transaction at a time.

A transaction changes memory (trees, streams) and the open SQLite transaction together. When the
commit fails nobody knows what is on disk, so memory is thrown away and everything is loaded
again by the code that opens a journal: recovery is the normal path.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hotline.errors import ConfigError, FencedError, HotlineError, JournalError
from hotline.journal.incoming import seal
from hotline.journal.log import LogTree, stored_root
from hotline.journal.outgoing import Composed, Draft, compose, groups_of
from hotline.journal.schema import connect, create_or_check, store_error
from hotline.journal.signer import Signer
from hotline.journal.state import Committed, LineState, load_line, load_or_create_log
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.names import node_log_origin

JOURNAL_FILE = "journal.sqlite"
LOCK_FILE = "journal.lock"
MAX_GROUP = 256
"""Messages in one signed group, unless the caller wants fewer."""

T = TypeVar("T")


class Journal:
    """All that happened at one node. Every method belongs to the thread that owns the journal.

    ``lines`` maps each peer to the epoch of the letter in force. Raises JournalError (full,
    corrupt, of another node, in use) and ConfigError (an epoch that goes back).
    """

    def __init__(
        self,
        directory: Path,
        *,
        centre: str,
        status: Status,
        lines: dict[str, int],
        signer: Signer,
        group_limit: int = MAX_GROUP,
    ) -> None:
        self.directory = directory
        self.path = directory / JOURNAL_FILE
        self.centre = centre
        self.status = status
        self.signer = signer
        self.group_limit = group_limit
        self._epochs = dict(lines)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(directory / LOCK_FILE)
        self.connection: sqlite3.Connection
        self.lines: dict[str, LineState] = {}
        self.node_log: LogTree
        try:
            self.reload()
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Close the store and let another process open it."""
        self.connection.close()
        os.close(self._lock)

    def reload(self) -> None:
        """Open the store afresh and load every edge from disk; O(log n) a log."""
        if hasattr(self, "connection"):
            self.connection.close()
        self.connection = connect(self.path, writable=True)
        create_or_check(self.connection, {"centre": self.centre, "status": str(self.status)})
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            generation = int(self.meta("generation") or "1")
            origin = node_log_origin(self.status, self.centre, generation)
            self.node_log = load_or_create_log(self.connection, origin, own=True)
            self.lines = {
                peer: load_line(self.connection, self.status, self.centre, peer, epoch)
                for peer, epoch in self._epochs.items()
            }
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise store_error(error) from error
        self.signer.fence = self.meta("fence") or self._self_check()

    def meta(self, key: str) -> str | None:
        """Return one value of the table ``meta``."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set_meta(self, key: str, value: str) -> None:
        """Store one value in the table ``meta``, in the open transaction."""
        self.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement in the open transaction."""
        return self.connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows in the open transaction."""
        self.connection.executemany(sql, rows)

    def line(self, peer: str) -> LineState:
        """Return the line with ``peer``. Raises ConfigError for a centre that is no peer."""
        try:
            return self.lines[peer]
        except KeyError:
            raise ConfigError(
                "node.unknown-peer",
                f"this node has no line with {peer!r}",
                f"its peers are: {', '.join(sorted(self.lines)) or 'none'}",
            ) from None

    def set_fence(self, reason: str) -> None:
        """Fence this node: from now on it signs nothing, also after a restart."""
        self.set_meta("fence", reason)
        self.signer.fence = reason

    def seal_node_log(self) -> bytes | None:
        """Sign a checkpoint of the node's own log; None when the newest one still holds."""
        tree = self.node_log
        checkpoint = Checkpoint(tree.origin, tree.size, tree.frontier.root())
        if not tree.size or tree.note.startswith(checkpoint.text().encode()):
            return None
        tree.note = self.signer.sign_checkpoint(checkpoint)
        tree.dirty = True
        return tree.note

    def transact(
        self,
        actions: Sequence[Callable[[Journal], Any]],
        drafts: dict[tuple[str, int], list[Draft]],
        clock_us: Callable[[], int],
    ) -> tuple[list[Any], dict[tuple[str, int], list[Composed]], Committed]:
        """Do all ``actions`` and sign all ``drafts`` (by peer and stream) in one transaction.

        Returns each action's result, a Composed for each draft in order, and what became durable
        and may now be released. An action that raises a HotlineError, which it does before it
        changes anything, leaves the others alone: the error is its result. Raises JournalError
        when the commit fails; then nothing happened.
        """
        try:
            self.execute("BEGIN IMMEDIATE")
            results = [self._attempt(action) for action in actions]
            committed = Committed()
            composed: dict[tuple[str, int], list[Composed]] = {}
            # FLASH first, so that within one commit too it has the lowest entry numbers.
            for (peer, stream), waiting in sorted(drafts.items(), key=lambda item: item[0][1]):
                composed[peer, stream] = self._compose(committed, peer, stream, waiting, clock_us)
            for peer, line in self.lines.items():
                if line.items or line.seal_wanted:
                    receipt = seal(self, line)
                    if receipt is not None:
                        committed.receipts[peer] = receipt
                line.flush(self.connection)
            if self.node_log.written != self.node_log.size or self.node_log.dirty:
                self.node_log.flush(self.connection)
            self.execute("COMMIT")
        except sqlite3.Error as error:
            failure = store_error(error)
            self.abandon()
            raise failure from error
        except FencedError:
            self.abandon()
            raise
        return results, composed, committed

    def _attempt(self, action: Callable[[Journal], Any]) -> Any:
        try:
            return action(self)
        except HotlineError as error:
            return error

    def _compose(
        self,
        committed: Committed,
        peer: str,
        stream: int,
        waiting: Sequence[Draft],
        clock_us: Callable[[], int],
    ) -> list[Composed]:
        line = self.line(peer)
        composed: list[Composed] = []
        for drafts in groups_of(waiting, self.group_limit):
            group = compose(self, line, stream, drafts, clock_us())
            committed.groups.setdefault(peer, []).append(group)
            composed.extend(
                Composed(id_, stream, group.first_seq + i, group.first_index + i, group.created_us)
                for i, id_ in enumerate(group.ids)
            )
        return composed

    def abandon(self) -> None:
        """Forget what the failed transaction changed in memory, and load what is on disk."""
        try:
            self.connection.rollback()
            self.reload()
        except (sqlite3.Error, JournalError):
            # The disk still refuses: the next transaction fails, and tries this again.
            return

    def _self_check(self) -> str | None:
        """Compare each own log with the newest checkpoint of it that we signed, if we can.

        A data directory of which some files were put back is found out here, before any peer
        has to notice.
        """
        public = PublicKey(self.signer.log_public)
        for tree in (self.node_log, *(line.own for line in self.lines.values())):
            if not tree.note:
                continue
            checkpoint = open_checkpoint(tree.note, tree.origin, public)
            if checkpoint.size > tree.size or (
                stored_root(self.connection, tree.id, checkpoint.size) != checkpoint.root
            ):
                return f"its log {tree.origin} contradicts its own newest checkpoint"
        return None


def _lock(path: Path) -> int:
    """Hold the journal for this process. Raises JournalError when another one holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise JournalError(
            "journal.in-use",
            "another process has this journal open",
            "stop the other node; one journal has one node",
        ) from error
    return descriptor
