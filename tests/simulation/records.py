"""What both disks hold when a history is over, held against all that was said on the way.

The code of ``hotline log verify`` and ``hotline reconcile`` looks at both journals first. What they
cannot know is what left the nodes meanwhile: each root and leaf that a centre ever sent, each
receipt that it gave and each message that an officer was told is durable must be in its record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hotline.audit.reconcile import journal_record
from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.audit.verification import journal as verification
from hotline.audit.verification.journal import verify_journal
from hotline.journal import schema
from hotline.journal.log import leaf_hashes
from hotline.trust.merkle import Frontier
from tests.simulation.ground import PEER, Ground

Fail = Callable[[str, str], None]


@dataclass(slots=True)
class Said:
    """What one centre has told the other of its own log."""

    # Roots by size, in its checkpoints and in the other's cosignatures of them.
    roots: dict[int, bytes] = field(default_factory=dict)
    # Leaf hashes by index, and indices by (stream, seq) of what is there, in its receipts.
    leaves: dict[int, bytes] = field(default_factory=dict)
    entries: dict[tuple[int, int], int] = field(default_factory=dict)


class _Kept:
    """A connection that one reader after another uses; its statements are prepared but once."""

    def __init__(self, path: Path) -> None:
        self._db = schema.connect(path, writable=False)
        self.execute = self._db.execute

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    @property
    def text_factory(self) -> Any:
        """How text is read."""
        return self._db.text_factory

    @text_factory.setter
    def text_factory(self, factory: Any) -> None:
        self._db.text_factory = factory

    def close(self) -> None:
        """Leave the connection to the next reader, as it was."""
        self._db.rollback()
        self._db.text_factory = str

    def end(self) -> None:
        """Close it."""
        self._db.close()


class Records:
    """The journals of both nodes, which are stopped; ``fail`` is told what does not hold."""

    def __init__(self, ground: Ground, fail: Fail) -> None:
        self._ground = ground
        self._fail = fail
        self._kept: dict[Path, _Kept] = {}

    @contextmanager
    def held(self) -> Iterator[Records]:
        """Have the product's own audit read by these connections, until all is looked at."""
        with (
            patch.object(verification, "connect", self._connect),
            patch.object(journal_record, "connect", self._connect),
        ):
            try:
                yield self
            finally:
                for kept in self._kept.values():
                    kept.end()
                self._kept.clear()

    def _connect(self, path: Path, *, writable: bool) -> _Kept:
        assert not writable
        if path not in self._kept:
            self._kept[path] = _Kept(path)
        return self._kept[path]

    def path(self, name: str) -> Path:
        """Return where a node's journal is."""
        return Path(self._ground.data_of(name)) / "journal.sqlite"

    @contextmanager
    def _open(self, name: str) -> Iterator[_Kept]:
        with closing(self._connect(self.path(name), writable=False)) as db:
            db.execute("BEGIN")
            yield db

    def verify(self, name: str, *, fenced: bool) -> None:
        """Verify one journal, as its operators would."""
        keys = self._ground.keyrings[name]
        failures = verify_journal(self.path(name), keys.card, keys.peers, jobs=1).failures
        if fenced:
            failures = [one for one in failures if "is fenced" not in one.text]
        if failures:
            self._fail("verifies", f"{name}: {failures[0]}")

    def reconcile(self, names: Iterable[str]) -> None:
        """Reconcile both journals."""
        records: list[JournalRecord] = []
        try:
            for name in names:
                keys = self._ground.keyrings[name]
                records.append(JournalRecord(name, self.path(name), keys.card, keys.peers))
            found = reconcile(*records, verify=False)
        finally:
            for record in records:
                record.close()
        if not found.agree:
            text = found.differences[0].text if found.differences else found.why_nothing
            self._fail("reconciles", text)

    def hold_to(self, name: str, said: Said, cosigned: dict[int, bytes]) -> None:
        """Hold one journal against what its node ``said`` and what it has ``cosigned``."""
        with self._open(name) as db:
            log, mirror = db.execute("SELECT log, mirror FROM line").fetchone()
            leaves, roots = _tree(db, log)
            for size, root in said.roots.items():
                if roots.get(size) != root:
                    self._fail("no fork", f"{name}'s log has another root at {size}")
            for index, leaf in said.leaves.items():
                if index >= len(leaves) or leaves[index] != leaf:
                    self._fail("receipts hold", f"{name} has sent another leaf {index}")
            entries = {
                (stream, seq): index
                for stream, seq, index in db.execute(
                    "SELECT stream, seq, idx FROM message WHERE log = ? AND direction = 1", (log,)
                )
            }
            for place, index in said.entries.items():
                if entries.get(place) != index:
                    self._fail("receipts hold", f"{name} has no {place} at {index}, as receipted")
            _, mirrored = _tree(db, mirror)
            for size, root in cosigned.items():
                if mirrored.get(size) != root:
                    self._fail("no fork cosigned", f"{name} cosigned what it does not hold")

    def hold(self, name: str, owed: dict[tuple[int, int], bytes], submitted: int) -> None:
        """See that a node has received all that is ``owed``, and no more than was said."""
        with self._open(name) as db:
            rows = db.execute("SELECT stream, seq, id, kind FROM message WHERE direction = 1")
            held = {(stream, seq): (id_, kind) for stream, seq, id_, kind in rows}
        for place, id_ in owed.items():
            if held.get(place, (b"", ""))[0] != id_:
                self._fail("nothing told is lost", f"{name} does not hold {place}")
        if sum(kind == "service" for _, kind in held.values()) > submitted:
            self._fail("shown once", f"{name} holds more than {PEER[name]} said")


def _tree(db: Any, log: int) -> tuple[list[bytes], dict[int, bytes]]:
    """Return the leaf hashes of a log, and the root that it had at each size."""
    (size,) = db.execute("SELECT size FROM log WHERE id = ?", (log,)).fetchone()
    leaves = leaf_hashes(db, log, 0, size)
    frontier = Frontier()
    roots = {0: frontier.root()}
    for leaf in leaves:
        frontier.append(leaf)
        roots[frontier.size] = frontier.root()
    return leaves, roots
