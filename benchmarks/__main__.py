"""``make bench``: measure one pair of processes on loopback, and print what was found."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import report, runs
from benchmarks.pair import ROOT
from benchmarks.shapes import Case, Machine, Measured
from benchmarks.shares import profile, shares_table

DIRECTORY = ROOT / "var" / "bench"


def main() -> None:
    """Measure as the options say; write the JSON file, print the tables."""
    options = _options()
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    found = report.circumstances(command)
    say(f"load average of this machine before: {found['load_before']}")
    if options.profile:
        table = _profile(found, options.messages)
    elif options.entries:
        table = _grow(found, options.entries)
    else:
        table = _repeat(found, options.messages, options.repetitions)
    found["load_after"] = round(os.getloadavg()[0], 2)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    output = options.output or DIRECTORY / f"{moment}.json"
    output.write_text(json.dumps(found, indent=2) + "\n")
    load = f"load average {found['load_before']} before, {found['load_after']} after"
    print(f"{found['time']}  {command}  ({load})\n\n{table}\n\nWritten to {output}")


def say(text: str) -> None:
    """Tell how far it is, apart from the result."""
    print(text, file=sys.stderr, flush=True)


def _repeat(found: dict[str, Any], messages: int, repetitions: int) -> str:
    measured: dict[tuple[str, Case], list[Measured]] = defaultdict(list)
    machines: list[Machine] = []
    for number in range(repetitions):
        say(f"repetition {number + 1} of {repetitions}")
        machines.append(runs.limits(DIRECTORY))
        for groups, case, one, result in runs.repetition(DIRECTORY, messages, say):
            measured[groups, case].append(one)
            found["body_octets"] = result.body_octets
    found |= {"repetitions": repetitions, **report.document(dict(measured), machines)}
    return report.table(found)


def _grow(found: dict[str, Any], entries: int) -> str:
    growth, openings = runs.grow(DIRECTORY, entries, say)
    found |= {"growth": [msgspec.to_builtins(at) for at in growth], "opening_s": openings}
    return report.growth_table(growth, openings)


def _profile(found: dict[str, Any], messages: int) -> str:
    measured, shares = profile(DIRECTORY, Case(messages, 1024))
    found |= {"measured": msgspec.to_builtins(measured), "samples": shares}
    return shares_table(shares)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--messages", type=int, default=30_000, help="with 1024 in flight; fewer with less"
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--entries", type=int, default=0, help="instead, fill one journal up to so many entries"
    )
    parser.add_argument(
        "--profile", action="store_true", help="instead, say where the time goes (needs py-spy)"
    )
    parser.add_argument(
        "--output", type=Path, help="the JSON file, in place of var/bench/TIME.json"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
