"""``make bench``: what the line carries, what the audit takes, how fast notices are compared.

Without a word: the line, the audit, the airspace. Nothing here fails because a machine is slow.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import airspace, audit, collecting, growth, report, runs
from benchmarks.pair import ROOT
from benchmarks.shapes import Case, Machine, Measured
from benchmarks.shares import profile, shares_table

DIRECTORY = ROOT / "var" / "bench"
WHAT = ("all", "line", "audit", "airspace", "growth")


def main() -> None:
    """Measure as the options say; write the JSON file, print the tables."""
    options = _options(sys.argv[1:])
    options.directory.mkdir(parents=True, exist_ok=True)
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    found = report.circumstances(command)
    say(f"load average of this machine before: {found['load_before']}")
    tables = []
    if options.what in ("all", "line"):
        tables.append(_line(found, options))
    if options.what in ("all", "audit"):
        tables.append(_audit(found, options))
    if options.what in ("all", "airspace"):
        tables.append(_airspace(found, options))
    if options.what == "growth":
        tables.append(_costs(found, options))
    found["load_after"] = round(os.getloadavg()[0], 2)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    output = options.output or DIRECTORY / f"{moment}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=2) + "\n")
    load = f"load average {found['load_before']} before, {found['load_after']} after"
    table = "\n\n".join(tables)
    print(f"{found['time']}  {command}  ({load})\n\n{table}\n\nWritten to {output}")


def say(text: str) -> None:
    """Tell how far it is, apart from the result."""
    print(text, file=sys.stderr, flush=True)


def _line(found: dict[str, Any], options: argparse.Namespace) -> str:
    if options.profile:
        return _profile(found, options.messages)
    if options.what == "line" and options.entries:
        return _grow(found, options.directory, max(options.entries))
    return _repeat(found, options.directory, options.messages, options.repetitions)


def _repeat(found: dict[str, Any], directory: Path, messages: int, repetitions: int) -> str:
    measured: dict[tuple[str, Case], list[Measured]] = defaultdict(list)
    machines: list[Machine] = []
    for number in range(repetitions):
        say(f"line: repetition {number + 1} of {repetitions}")
        machines.append(runs.limits(directory))
        for groups, case, one, result in runs.repetition(directory, messages, say):
            measured[groups, case].append(one)
            found["body_octets"] = result.body_octets
    found |= {"repetitions": repetitions, **report.document(dict(measured), machines)}
    return report.table(found)


def _grow(found: dict[str, Any], directory: Path, entries: int) -> str:
    growing, openings = runs.grow(directory, entries, say)
    found |= {"growth": [msgspec.to_builtins(at) for at in growing], "opening_s": openings}
    return report.growth_table(growing, openings)


def _profile(found: dict[str, Any], messages: int) -> str:
    measured, shares = profile(DIRECTORY, Case(messages, 1024))
    found |= {"measured": msgspec.to_builtins(measured), "samples": shares}
    return shares_table(shares)


def _audit(found: dict[str, Any], options: argparse.Namespace) -> str:
    entries = max(options.entries or [audit.ENTRIES])
    repetitions = []
    for number in range(options.repetitions):
        say(f"audit: repetition {number + 1} of {options.repetitions}")
        repetitions.append([*audit.figures(options.directory, entries, say)])
    found |= {"entries": entries, "audit": report.figures_document(repetitions)}
    return f"The audit of {entries:,} entries:\n{report.figures_table(found['audit'])}"


def _airspace(found: dict[str, Any], options: argparse.Namespace) -> str:
    compared = [*airspace.figures(options.volumes, options.notices, say)]
    found["airspace"] = [msgspec.to_builtins(one) for one in compared]
    notices = min(collecting.NOTICES, max(options.volumes))
    say(f"airspace: the collector of garbage beside {notices:,} notices")
    collected = collecting.measured(notices)
    found["collected"] = [msgspec.to_builtins(one) for one in collected]
    return (
        f"A new notice, against all that is current:\n{airspace.table(compared)}\n\n"
        f"How long the collector of garbage holds the loop:\n{collecting.table(collected)}"
    )


def _costs(found: dict[str, Any], options: argparse.Namespace) -> str:
    sizes = options.entries or [10_000, 100_000]
    # Each row is shown as soon as it is measured: the last takes longer than all before.
    costs = []
    for cost in growth.costs(options.directory, sizes, options.groups, say):
        costs.append(cost)
        say(report.costs_table([cost]).splitlines()[-1])
    found["costs"] = [msgspec.to_builtins(cost) for cost in costs]
    return report.costs_table(costs)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=WHAT,
        default="all",
        help="line: throughput and latency of a pair; audit: verify, prove, search, export,"
        " reconcile; airspace: comparing a notice with all that is current; growth: what a record"
        " costs as it grows; all: line, audit and airspace",
    )
    parser.add_argument(
        "--messages", type=int, default=30_000, help="line: with 1024 in flight; fewer with less"
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--entries",
        type=int,
        nargs="+",
        help="audit: of the record (100000); growth: one size or more (10000 100000);"
        " line: instead, fill one journal up to so many entries",
    )
    parser.add_argument(
        "--volumes",
        type=int,
        nargs="+",
        default=[*airspace.VOLUMES],
        help="airspace: current at once (100 1000 10000 100000)",
    )
    parser.add_argument(
        "--notices", type=int, default=200, help="airspace: compared for each of these"
    )
    parser.add_argument(
        "--groups", type=int, nargs="+", default=[64, 1], help="growth: messages a signature"
    )
    parser.add_argument(
        "--profile",
        action="store_true",
        help="line: instead, say where the time goes (needs py-spy)",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=DIRECTORY,
        help="on whose disk everything is written, and removed at the end (var/bench)",
    )
    parser.add_argument(
        "--output", type=Path, help="the JSON file, in place of var/bench/TIME.json"
    )
    options = parser.parse_args(arguments)
    # An entry count alone has always meant to fill one journal of a running pair.
    if options.what == "all" and (options.entries or options.profile):
        options.what = "line"
    return options


if __name__ == "__main__":
    main()
