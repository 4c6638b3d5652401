"""Step 10: what each side has cosigned of the other's log."""

from __future__ import annotations

import sqlite3

from hotline.audit.verification.findings import Run
from hotline.audit.verification.replay import Cursor
from hotline.errors import HotlineError
from hotline.model.kinds import Status
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import Role
from hotline.trust.merkle import Frontier
from hotline.trust.names import key_name

NEVER = 1 << 63
"""A size that no log reaches and no row can state."""


class Cosignatures:
    """The cosignatures over one log, checked as it is grown again; ``witness`` is who gives them.

    Whoever grows the log calls ``check`` when it has come to ``size``, and once more at its end.
    """

    __slots__ = ("_key", "_name", "_origin", "_rows", "_run", "_witness", "size")

    def __init__(self, run: Run, log: int, origin: str, witness: Card) -> None:
        rows: sqlite3.Cursor = run.db.execute(
            "SELECT size, witness, root, line FROM cosignature WHERE log = ? ORDER BY size", (log,)
        )
        self._run = run
        self._origin = origin
        self._witness = witness.centre
        self._name = key_name(Status(run.own.status), witness.centre, Role.WITNESS)
        self._key = witness.witness
        self._rows = Cursor(rows)
        # The size of the tree that the next cosignature is of.
        self.size = self._next()

    def _next(self) -> int:
        return NEVER if self._rows.row is None else int(self._rows.row[0])

    def check(self, frontier: Frontier | None) -> None:
        """Check all cosignatures up to the tree's size; None when it grows no more."""
        root = None if frontier is None else frontier.root()
        while self._rows.row is not None and (frontier is None or self.size <= frontier.size):
            size, witness, said, line = self._rows.take()
            self.size = self._next()
            if witness != self._witness:
                self._run.fail(10, self._origin, size - 1, f"{witness} is no witness of this log")
            elif frontier is None or (size, said) != (frontier.size, root):
                self._run.fail(10, self._origin, size - 1, "a cosignature is of another tree")
            else:
                self._verify(Checkpoint(self._origin, size, said), line)

    def _verify(self, checkpoint: Checkpoint, line: str) -> None:
        try:
            verify_cosignature(checkpoint.text(), line.encode(), self._name, self._key)
        except HotlineError as error:
            self._run.fail(10, self._origin, checkpoint.size - 1, str(error))
        else:
            self._run.report.signatures += 1
            self._run.report.cosigned[self._origin] = checkpoint.size
