"""Step 10: what each side, and outside witnesses, have cosigned of a log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import partial

from hotline.audit.verification.findings import Run
from hotline.audit.verification.replay import Tree, after, clipped
from hotline.audit.verification.signed import Witnesses, check_cosignature
from hotline.audit.verification.trusted import stored_edge
from hotline.journal.log import HASH
from hotline.model.kinds import Status
from hotline.trust.card import Card
from hotline.trust.keys import Role
from hotline.trust.names import key_name
from hotline.trust.notes import MAX_NOTE_SIZE

NEVER = 1 << 63
"""A size that no log reaches and no row can state."""
LOOK_BACK = 64
"""Cosignatures up to where a log begins in which the newest of each witness is looked for."""

_Row = tuple[int, str, bytes, bytes]


def witnesses_of(run: Run, origin: str, centre: Card | None, *, outside: bool) -> Witnesses:
    """Return who may cosign a log: a centre, and the outside witnesses that this node asks."""
    keys: dict[str, tuple[str, bytes]] = {}
    if outside:
        keys.update({name: (key.name, key.public.raw) for name, key in run.witnesses.items()})
    if centre is not None:
        name = key_name(Status(run.own.status), centre.centre, Role.WITNESS)
        keys[centre.centre] = (name, centre.witness.raw)
    return Witnesses(origin, keys)


class Cosignatures:
    """The cosignatures over one log, checked as it is grown again from ``begin`` on.

    Whoever grows the log calls ``check`` when it has come to ``size``, and once more at its end.
    """

    __slots__ = ("_checked", "_next", "_origin", "_run", "size")

    def __init__(self, run: Run, log: int, witnesses: Witnesses, begin: int) -> None:
        self._run = run
        self._origin = witnesses.origin
        if begin:
            self._look_back(log, witnesses, begin)
        rows: sqlite3.Cursor = run.db.execute(
            f"{_SELECT} AND size >= ? ORDER BY size, witness",
            (HASH + 1, MAX_NOTE_SIZE, log, after(begin)),
        )
        self._checked: Iterator[tuple[_Row, str]] = run.crew.map(
            partial(check_cosignature, witnesses), rows, lambda row: len(row[3])
        )
        # The size of the tree that the next cosignature is of.
        self.size = NEVER
        self._next: tuple[_Row, str] | None = None
        self._step()

    def _look_back(self, log: int, witnesses: Witnesses, begin: int) -> None:
        """Check the newest cosignature of each witness over the trusted part, to count it."""
        rows = self._run.db.execute(
            f"{_SELECT} AND size <= ? ORDER BY size DESC LIMIT ?",
            (HASH + 1, MAX_NOTE_SIZE, log, begin, LOOK_BACK),
        ).fetchall()
        seen = set()
        for row in rows:
            if row[1] in seen:
                continue
            seen.add(row[1])
            edge = stored_edge(self._run, log, row[0])
            self._take(row, check_cosignature(witnesses, row), edge.root() if edge else b"")

    def _step(self) -> None:
        self._next = next(self._checked, None)
        self.size = NEVER if self._next is None else self._next[0][0]

    def check(self, tree: Tree | None) -> None:
        """Check all cosignatures up to the tree's size; None when it grows no more."""
        while self._next is not None and (tree is None or self.size <= tree.frontier.size):
            row, wrong = self._next
            grown = tree is not None and self.size == tree.frontier.size
            self._take(row, wrong, tree.root() if tree is not None and grown else b"")
            self._step()

    def _take(self, row: _Row, wrong: str, root: bytes) -> None:
        """Report a cosignature, or count it; ``root`` is what the tree has at its size, if any."""
        size, witness, said, _ = row
        if said != root:
            wrong = wrong or "a cosignature is of another tree"
        if wrong:
            self._run.fail(10, self._origin, size - 1, wrong)
            return
        self._run.report.signatures += 1
        counts = self._run.report.cosigned.setdefault(self._origin, {})
        counts[witness] = max(size, counts.get(witness, 0))


_SELECT = (
    f"SELECT size, witness, {clipped('root')}, {clipped('line')} FROM cosignature WHERE log = ?"
)
