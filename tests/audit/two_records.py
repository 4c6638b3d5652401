"""Two honest records of a line on which some things happened, and copies of them to be bent."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hotline.audit.reconcile.findings import Reconciliation
from tests.audit.falsifying import Forger, forged
from tests.audit.histories import CENTRES, Line, compared, copied, journal_record, path_of
from tests.journal.ledger import PEER

OWN = {centre: f"hotline/exercise/{centre}/{PEER[centre]}/1" for centre in CENTRES}
"""The log that each centre keeps of the line."""


@dataclass(frozen=True)
class Honest:
    """Where two honest journals lie, and where an older copy of each lies."""

    now: dict[str, Path]
    before: dict[str, Path]


def make_honest(directory: Path) -> Honest:
    """Make two journals of a line on which some things happened."""
    line = Line(directory)
    steps = [
        (what, centre, stream, number)
        for stream, number in ((0, 1), (3, 5), (1, 3))
        for what in ("say", "carry", "clock", "read")
        for centre in CENTRES
    ]
    line.play(steps)
    line.settle()
    before = {each: copied(path_of(directory, each), directory / f"{each}.old") for each in CENTRES}
    line.play(steps)
    line.settle()
    line.close()
    now = {each: copied(path_of(directory, each), directory / f"{each}.now") for each in CENTRES}
    return Honest(now, before)


@dataclass
class Two:
    """A copy of both journals, to be bent."""

    paths: dict[str, Path]

    def forge(self, centre: str, bend: Callable[[Forger], object]) -> None:
        """Bend one side with its own keys."""
        with forged(self.paths[centre], centre) as forger:
            bend(forger)

    def change(self, centre: str, statement: str, *values: object) -> int:
        """Change one side as whoever can write the file; ``:own`` and ``:mirror`` are its logs."""
        with closing(sqlite3.connect(self.paths[centre])) as db:
            named = {"own": _log(db, OWN[centre]), "mirror": _log(db, OWN[PEER[centre]])}
            done = db.execute(
                statement.replace(":own", str(named["own"])).replace(
                    ":mirror", str(named["mirror"])
                ),
                values,
            )
            db.commit()
            return done.rowcount

    def compare(self, *, verify: bool = False) -> Reconciliation:
        """Reconcile both."""
        return compared(
            *(journal_record(self.paths[centre], centre) for centre in CENTRES), verify=verify
        )


def _log(db: sqlite3.Connection, origin: str) -> int:
    (id_,) = db.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
    return int(id_)


def copy_of(honest: Honest, directory: Path) -> Two:
    """Give a fresh copy of both journals."""
    return Two({each: copied(path, directory / each) for each, path in honest.now.items()})


def entry_of(two: Two, centre: str, where: str) -> int:
    """Return an entry of a centre's log, the first that fits."""
    with closing(sqlite3.connect(two.paths[centre])) as db:
        for table in ("message", "record"):
            if ("direction" in where) == (table == "message"):
                row = db.execute(
                    f"SELECT idx FROM {table} WHERE log = ? AND {where} ORDER BY idx LIMIT 1",
                    (_log(db, OWN[centre]),),
                ).fetchone()
                return int(row[0])
    raise AssertionError(where)
