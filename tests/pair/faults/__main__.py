"""Try every fault against two real nodes, and print the table of docs/topics/reliability.md.

    python -m tests.pair.faults [--times N] [--pace quick|full|long] [--only NAME ...]

As root on Linux. Each try is of messages of its own; all tries of a fault share one pair of nodes,
which has a new network each time that one is begun. The status is 1 when anything was lost, came
twice or in another order, when a node did not recover in time, or when the records differ.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from tests.pair.faults.catalogue import CATALOGUE, Entry
from tests.pair.faults.trial import FULL, LONG, QUICK, Outcome, Pace, trial
from tests.pair.namespaces import why_no_network

PACES = {pace.name: pace for pace in (QUICK, FULL, LONG)}
HEAD = (
    "| fault | tried | messages | lost | twice | out of order | recovered after, median / longest |"
)


@dataclass(slots=True)
class Row:
    """What came of all tries of one fault."""

    entry: Entry
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    untried: str = ""

    def __str__(self) -> str:
        """Return the row as the table has it."""
        if self.untried:
            return f"| {self.entry.words} | not here: {self.untried} | | | | | |"
        done = self.outcomes
        times = [one.recovered_s for one in done] or [0.0]
        wrong = f" ({len(self.failures)} failed)" if self.failures else ""
        return (
            f"| {self.entry.words} | {len(done) + len(self.failures)}{wrong} "
            f"| {sum(one.sent for one in done)} | {sum(one.lost for one in done)} "
            f"| {sum(one.duplicated for one in done)} | {sum(one.disordered for one in done)} "
            f"| {statistics.median(times):.1f} s / {max(times):.1f} s |"
        )


async def attempt(row: Row, directory: Path, pace: Pace, times: int) -> None:
    """Try one fault so many times."""
    row.untried = row.entry.needs() or ""
    if row.untried:
        return
    async with trial(directory, pace) as pair:
        for number in range(times):
            print(f"{row.entry.words}: {number + 1} of {times}", file=sys.stderr)
            try:
                row.outcomes.append(await row.entry.run(pair))
            except (AssertionError, OSError) as error:
                row.failures.append(str(error))
                traceback.print_exc()
                return  # what this pair is worth now, nobody knows


async def run(names: list[str], pace: Pace, times: int) -> int:
    """Try these faults, printing each row once it is known; return the status for the shell."""
    print(f"{HEAD}\n|---|---|---|---|---|---|---|", flush=True)
    bad = False
    for name in names:
        row = Row(CATALOGUE[name])
        with tempfile.TemporaryDirectory(prefix="hotline-faults-") as directory:
            await attempt(row, Path(directory), pace, times)
        print(row, flush=True)
        bad |= bool(row.failures)
    return int(bad)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.pair.faults")
    parser.add_argument("--times", type=int, default=1, help="how often each fault is tried")
    parser.add_argument("--pace", choices=PACES, default="full", help="how long each lasts")
    parser.add_argument("--only", nargs="+", choices=CATALOGUE, default=list(CATALOGUE))
    given = parser.parse_args()
    if reason := why_no_network():
        print(f"no fault can be tried here: {reason}", file=sys.stderr)
        return 1
    return asyncio.run(run(given.only, PACES[given.pace], given.times))


if __name__ == "__main__":
    sys.exit(main())
