"""The journal of one node: opened once, changed by one thread, one transaction at a time.

A transaction changes memory (trees, streams) and the open SQLite transaction together. When the
commit fails nobody knows what is on disk, so memory is thrown away and everything is loaded
again by the code that opens a journal: recovery is the normal path. Until that has succeeded
nothing else is done.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotline.errors import ConfigError, FencedError, HotlineError, JournalError, TrustError
from hotline.journal.access_schema import make_access_tables
from hotline.journal.incoming import seal
from hotline.journal.log import LogTree, stored_root
from hotline.journal.opening import check_exercises, enter_opened
from hotline.journal.outgoing import Composed, Draft, compose, groups_of
from hotline.journal.schema import connect, create_or_check, store_error
from hotline.journal.signer import Signer
from hotline.journal.state import Committed, LineState, load_line, load_or_create_log
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.names import node_log_origin
from hotline.wire.frames import Receipt

if TYPE_CHECKING:
    from hotline.journal.forks import Fork

JOURNAL_FILE = "journal.sqlite"
LOCK_FILE = "journal.lock"
MAX_GROUP = 256
"""Messages in one signed group, unless the caller wants fewer."""
CLOSE_WAIT_MS = 1000
"""How long a journal that is closed waits for who reads beside it."""


def _wall_us() -> int:
    """Return the time by this machine's clock, in microseconds since 1970."""
    return time.time_ns() // 1000


class Journal:
    """All that happened at one node. Every method belongs to the thread that owns the journal.

    ``lines`` maps each peer to the epoch of the letter in force, ``exercises`` to the name of its
    exercise; ``clock_us`` tells when an epoch is opened. Raises JournalError (full, corrupt, of
    another node, in use) and ConfigError (an epoch that goes back, or is of another exercise).
    """

    def __init__(
        self,
        directory: Path,
        *,
        centre: str,
        status: Status,
        lines: dict[str, int],
        signer: Signer,
        exercises: Mapping[str, str] | None = None,
        group_limit: int = MAX_GROUP,
        clock_us: Callable[[], int] = _wall_us,
    ) -> None:
        self.directory = directory
        self.path = directory / JOURNAL_FILE
        self.centre = centre
        self.status = status
        self.signer = signer
        self.group_limit = group_limit
        self._epochs = dict(lines)
        self.exercises = exercises or {}
        self._clock_us = clock_us
        self._lock: int | None = _claim(directory)
        self.connection: sqlite3.Connection
        self.lines: dict[str, LineState] = {}
        self.node_log: LogTree
        # Memory may differ from what is on disk; set from a failed commit to a complete reload.
        self._stale = True
        # Receipts that the current transaction has sealed, by peer.
        self._sealed: dict[str, Receipt] = {}
        # Forks that the current transaction has met; whoever finds one adds it.
        self.found_forks: list[Fork] = []
        # What an exercise lays on every commit, on purpose; None where nothing is broken.
        self.burden: Callable[[Journal], None] | None = None
        try:
            self.reload()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the store and let another process open it; closing twice does nothing.

        What the write-ahead log holds goes into the file first, so that the file alone is the
        record. A reader beside may keep it from that, for which nobody waits long.
        """
        if hasattr(self, "connection"):
            with suppress(sqlite3.Error):
                self.execute(f"PRAGMA busy_timeout = {CLOSE_WAIT_MS}")
                self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self.connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def reload(self) -> None:
        """Open the store afresh and load every edge from disk; O(log n) a log.

        A fence stays, even one that could not be stored. Raises JournalError and ConfigError;
        then nothing can be done with the journal until this succeeds.
        """
        self._stale = True
        if hasattr(self, "connection"):
            self.connection.close()
        try:
            self.connection = connect(self.path, writable=True)
            create_or_check(self.connection, {"centre": self.centre, "status": str(self.status)})
            self.execute("BEGIN IMMEDIATE")
            make_access_tables(self.connection)
            generation = int(self.meta("generation") or "1")
            origin = node_log_origin(self.status, self.centre, generation)
            self.node_log = load_or_create_log(self.connection, origin, own=True)
            (known,) = self.execute("SELECT count(*) FROM line").fetchone()
            for peer, epoch in self._epochs.items():
                line = load_line(self.connection, self.status, self.centre, peer, epoch)
                # Whoever shows a line holds on to its state, so that object stays the same.
                self.lines.setdefault(peer, line).become(line)
            check_exercises(self)
            fence = self.meta("fence") or self.signer.fence or self._self_check()
            if fence is None and self.execute("SELECT count(*) FROM line").fetchone() != (known,):
                enter_opened(self, self._clock_us())
                self.node_log.flush(self.connection)
            self.execute("COMMIT")
        except sqlite3.Error as error:
            self._release_store()
            raise store_error(error) from error
        except BaseException:
            self._release_store()
            raise
        self.signer.fence = fence
        self._stale = False

    def _release_store(self) -> None:
        """Give up a connection that failed; closing alone leaves a transaction that a row holds."""
        if hasattr(self, "connection"):
            with suppress(sqlite3.Error):
                self.connection.rollback()
            self.connection.close()

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
        """Fence this node: from now on it signs nothing, also after a restart.

        What this transaction has taken before still gets its receipt. The fence holds at once,
        whether or not it can be stored.
        """
        try:
            self.seal_taken()
        finally:
            self.signer.fence = reason
        self.set_meta("fence", reason)

    def seal_node_log(self) -> bytes | None:
        """Sign a checkpoint of the node's own log; None when the newest one still holds."""
        tree = self.node_log
        checkpoint = Checkpoint(tree.origin, tree.size, tree.frontier.root())
        if not tree.size or tree.note.startswith(checkpoint.text().encode()):
            return None
        tree.note = self.signer.sign_checkpoint(checkpoint)
        tree.dirty = True
        return tree.note

    def _has_no_line(self) -> bool:
        """Whether this node never had a line: it only witnesses for others."""
        return not self.lines and self.execute("SELECT 1 FROM line LIMIT 1").fetchone() is None

    def seal_taken(self) -> None:
        """Sign the receipts and the checkpoint updates that are due by now, unless fenced.

        Every transaction ends with it; one that has to know a receipt does it earlier.
        """
        if self.signer.fence is not None:
            return
        for peer, line in self.lines.items():
            if line.seal_due:
                receipt = seal(self, line)
                if receipt is not None:
                    self._sealed[peer] = receipt

    def transact(
        self,
        actions: Sequence[Callable[[Journal], Any]],
        drafts: dict[tuple[str, int], list[Draft]],
        clock_us: Callable[[], int],
    ) -> tuple[list[Any], dict[tuple[str, int], list[Composed | HotlineError]], Committed]:
        """Do all ``actions`` and sign all ``drafts`` (by peer and stream) in one transaction.

        Returns each action's result, a Composed for each draft in order, and what became durable
        and may now be released. An action that raises a HotlineError, which it does before it
        changes anything, and a draft that cannot be signed leave the others alone: the error is
        their result. Raises JournalError when the commit fails; then nothing happened.
        """
        if self._stale:
            self.reload()
        try:
            self.execute("BEGIN IMMEDIATE")
            self._sealed, self.found_forks = {}, []
            results = [self._attempt(action) for action in actions]
            committed = Committed()
            composed: dict[tuple[str, int], list[Composed | HotlineError]] = {}
            # FLASH first, so that within one commit too it has the lowest entry numbers.
            for (peer, stream), waiting in sorted(drafts.items(), key=lambda item: item[0][1]):
                composed[peer, stream] = self._compose(committed, peer, stream, waiting, clock_us)
            self.seal_taken()
            if self._has_no_line() and self.signer.fence is None:
                # No line carries an anchor, which would have this log signed in its turn.
                self.seal_node_log()
            for line in self.lines.values():
                line.flush(self.connection)
            if self.node_log.written != self.node_log.size or self.node_log.dirty:
                self.node_log.flush(self.connection)
            if self.burden is not None:
                self.burden(self)
            self.execute("COMMIT")
        except sqlite3.Error as error:
            failure = store_error(error)
            self.abandon()
            raise failure from error
        except BaseException:
            self.abandon()
            raise
        committed.receipts, committed.forks = self._sealed, self.found_forks
        return results, composed, committed

    def _attempt(self, action: Callable[[Journal], Any]) -> Any:
        changes = self.connection.total_changes
        try:
            return action(self)
        except HotlineError as error:
            if self.connection.total_changes != changes:
                # Half of it must not be committed, and only all of it can be taken back.
                raise JournalError(
                    "journal.defect", f"an action failed halfway: {error}", "report it"
                ) from error
            return error

    def _compose(
        self,
        committed: Committed,
        peer: str,
        stream: int,
        waiting: Sequence[Draft],
        clock_us: Callable[[], int],
    ) -> list[Composed | HotlineError]:
        try:
            line = self.line(peer)
        except ConfigError as error:
            return [error] * len(waiting)
        composed: list[Composed | HotlineError] = []
        groups = [*groups_of(waiting, self.group_limit)]
        while groups:
            drafts = groups.pop(0)
            try:
                group = compose(self, line, stream, drafts, clock_us())
            except HotlineError as error:
                if len(drafts) == 1 or isinstance(error, FencedError):
                    composed.extend([error] * len(drafts))
                else:
                    # One draft that cannot be sent must not keep back its neighbours.
                    groups[:0] = [[draft] for draft in drafts]
                continue
            committed.groups.setdefault(peer, []).append(group)
            composed.extend(
                Composed(id_, stream, group.first_seq + i, group.first_index + i, group.created_us)
                for i, id_ in enumerate(group.ids)
            )
        return composed

    def abandon(self) -> None:
        """Forget what the failed transaction changed in memory, and load what is on disk."""
        self._stale = True
        with suppress(sqlite3.Error):
            self.connection.rollback()
        # Where the disk still refuses, the next transaction tries this again before all else.
        with suppress(HotlineError):
            self.reload()

    def _self_check(self) -> str | None:
        """Compare each own log with the newest checkpoint of it that we signed, if we can.

        A data directory of which some files were put back is found out here, before any peer
        has to notice. Raises JournalError when another key than ours signed it.
        """
        public = PublicKey(self.signer.log_public)
        for tree in (self.node_log, *(line.own for line in self.lines.values())):
            if not tree.note:
                continue
            try:
                checkpoint = open_checkpoint(tree.note, tree.origin, public)
            except TrustError as error:
                raise JournalError(
                    "journal.of-other-keys",
                    f"this node's log key did not sign the newest checkpoint of {tree.origin}",
                    "put back the keys that the journal was written with; a log has one key",
                ) from error
            if checkpoint.size > tree.size or (
                stored_root(self.connection, tree.id, checkpoint.size) != checkpoint.root
            ):
                return f"its log {tree.origin} contradicts its own newest checkpoint"
        return None


def _claim(directory: Path) -> int:
    """Hold the journal for this process. Raises JournalError when another one holds it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(
            "journal.cannot-open",
            f"the data directory cannot be used ({error.strerror})",
            "check that it exists, can be written, and belongs to the node's user",
        ) from error
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
