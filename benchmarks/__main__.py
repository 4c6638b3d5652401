"""``make bench``: hotline beside its peers, and each of its parts by itself.

Without a word: the peers. Nothing here fails because a machine is slow.
"""

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

from benchmarks import airspace, audit, collecting, growth, outage, recovery, report, runs
from benchmarks.options import DIRECTORY, read
from benchmarks.peers import catalogue, picture, rounds
from benchmarks.peers import table as ratios
from benchmarks.shapes import Case, Machine, Measured
from benchmarks.shares import profile, shares_table

MESSAGES = 30_000
"""Of one load with 1024 in flight, unless another number is asked for."""


def main() -> None:
    """Measure as the options say; write the JSON file, print the tables."""
    options = read(sys.argv[1:])
    options.directory.mkdir(parents=True, exist_ok=True)
    if options.show:
        print(_shown(json.loads(options.show.read_text()), options))
        return
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    found = report.circumstances(command)
    say(f"load average of this machine before: {found['load_before']}")
    tables = []
    if options.what in ("all", "peers"):
        tables.append(_peers(found, options))
    if options.what in ("all", "line"):
        tables.append(_line(found, options))
    if options.what in ("all", "audit"):
        tables.append(_audit(found, options))
    if options.what in ("all", "airspace"):
        tables.append(_airspace(found, options))
    if options.what in ("all", "outage"):
        tables.append(_outage(found, options))
    if options.what == "recovery":
        tables.append(_recovery(found, options))
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


def _peers(found: dict[str, Any], options: argparse.Namespace) -> str:
    if not options.no_set_up:
        rounds.set_up()
    chosen = catalogue.chosen(options.peers)
    application = ["kept-first"] if options.kept_first else []
    found |= rounds.measure(
        options.directory, chosen, options.rounds, options.seconds, application, say
    )
    return _shown(found, options)


def _shown(found: dict[str, Any], options: argparse.Namespace) -> str:
    drawn = options.picture or options.directory / "peers.svg"
    drawn.write_text(picture.picture(found))
    return f"{ratios.table(found)}\n\nDrawn in {drawn}"


def _line(found: dict[str, Any], options: argparse.Namespace) -> str:
    if options.profile:
        return _profile(found, options.messages or MESSAGES)
    if options.what == "line" and options.entries:
        return _grow(found, options.directory, max(options.entries))
    return _repeat(found, options.directory, options.messages or MESSAGES, options.repetitions)


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


def _outage(found: dict[str, Any], options: argparse.Namespace) -> str:
    one = outage.measured(options.directory, options.messages or outage.MESSAGES, say)
    found["outage"] = msgspec.to_builtins(one)
    return outage.table(one)


def _recovery(found: dict[str, Any], options: argparse.Namespace) -> str:
    entries = max(options.entries or [recovery.ENTRIES])
    recoveries = recovery.measured(options.directory, entries, options.repetitions, say)
    found["recovery"] = [msgspec.to_builtins(one) for one in recoveries]
    return recovery.table(recoveries)


def _costs(found: dict[str, Any], options: argparse.Namespace) -> str:
    sizes = options.entries or [10_000, 100_000]
    # Each row is shown as soon as it is measured: the last takes longer than all before.
    costs = []
    for cost in growth.costs(options.directory, sizes, options.groups, say):
        costs.append(cost)
        say(report.costs_table([cost]).splitlines()[-1])
    found["costs"] = [msgspec.to_builtins(cost) for cost in costs]
    return report.costs_table(costs)


if __name__ == "__main__":
    main()
