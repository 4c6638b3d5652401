"""Play many histories, one again, or hunt the mutants: ``python -m tests.simulation --help``."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from math import inf

from tests.simulation.mutants import MUTANTS
from tests.simulation.playing import (
    Totals,
    cut_on,
    hunt,
    laid,
    outcomes,
    play_on,
    usable_cores,
)
from tests.simulation.progress import Progress

SHARE = 100
"""Histories that a process plays before it is asked for more; it lays its ground anew each time."""
SHOWN = 10


def main(arguments: list[str]) -> int:
    """Do what the command line says; 1 when an invariant was violated, or a mutant got away."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many histories to play")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="processes")
    parser.add_argument("--seed", type=int, help="play this one history and say what came of it")
    parser.add_argument("--minutes", type=float, default=inf, help="play no longer than this")
    parser.add_argument(
        "--every-write",
        type=int,
        nargs="?",
        const=3,
        metavar="TURNS",
        help="fail power at each write of one history, in three turns or so many",
    )
    parser.add_argument("--mutants", action="store_true", help="hunt every broken variant")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="hunt this one alone")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    if options.every_write:
        return _cut(options.jobs, options.every_write)
    if options.mutants or options.mutant:
        return _hunt([options.mutant] if options.mutant else [*MUTANTS])
    if options.seed is not None:
        return _one(options.seed)
    return _many(options)


def _one(seed: int) -> int:
    with laid() as made:
        (outcome,) = outcomes(made, [seed])
    print(f"seed {seed}: trace {outcome.trace}")
    print(
        f"{outcome.steps} steps, {outcome.messages} messages, {outcome.simulated_s:.1f} simulated s"
    )
    for kind, number in sorted((outcome.faults + outcome.followed).items()):
        print(f"  {number:6}  {kind}")
    print(outcome.violation or "every invariant holds")
    return 1 if outcome.violation else 0


def _many(options: argparse.Namespace) -> int:
    totals = Totals()
    progress = Progress(options.seeds)
    with closing(play_on(options.jobs, options.first, options.seeds, SHARE)) as parts:
        for part in parts:
            totals.merge(part)
            for seed, violation in part.violations:
                print(f"\rseed {seed}: {violation}", file=sys.stderr, flush=True)
            progress.note(totals.histories)
            if progress.seconds > options.minutes * 60:
                break
    seconds = progress.seconds
    if options.json:
        print(json.dumps(_figures(totals, seconds)))
        return 1 if totals.violations else 0
    print(
        f"seeds from {options.first} on: {totals.histories} histories, {totals.messages} "
        f"messages, {totals.steps} steps in {seconds:.0f} s on {options.jobs} cores: "
        f"{totals.steps / seconds:.0f} steps/s"
    )
    each_ms = totals.cpu_s / max(1, totals.histories) * 1000
    print(
        f"{each_ms:.1f} ms of a processor each; {totals.simulated_s / 3600:.1f} simulated hours; "
        f"slowest delivery after the last fault {totals.slowest_s:.1f} s"
    )
    for title, counts in (("faults injected", totals.faults), ("of it came", totals.followed)):
        print(f"\n{title}: {counts.total()}")
        for kind, number in counts.most_common():
            print(f"  {number:9}  {kind}")
    print()
    for seed, violation in sorted(totals.violations)[:SHOWN]:
        print(f"seed {seed}: {violation}")
    if totals.violations:
        print(f"{len(totals.violations)} violated; `python -m tests.simulation --seed N` replays")
    else:
        print("every invariant holds in all of them")
    return 1 if totals.violations else 0


def _figures(totals: Totals, seconds: float) -> dict[str, object]:
    return {
        "histories": totals.histories,
        "steps": totals.steps,
        "messages": totals.messages,
        "simulated_s": round(totals.simulated_s),
        "seconds": round(seconds, 1),
        "cpu_s": round(totals.cpu_s, 1),
        "slowest_delivery_s": round(totals.slowest_s, 1),
        "faults": dict(sorted(totals.faults.items())),
        "followed": dict(sorted(totals.followed.items())),
        "violations": sorted(totals.violations)[:SHOWN],
    }


def _cut(jobs: int, turns: int) -> int:
    violated = 0
    for node, totals in cut_on(jobs, turns):
        print(
            f"{node:8} power failed at each of {totals.histories} writes and fsyncs: "
            f"{len(totals.violations)} violations",
            flush=True,
        )
        for step, violation in totals.violations[:SHOWN]:
            print(f"  step {step}: {violation}")
        violated += len(totals.violations)
    return 1 if violated else 0


def _hunt(names: list[str]) -> int:
    print(f"{'mutant':36} {'invariant':28} seeds")
    free = 0
    for name in names:
        caught = hunt(name)
        free += not caught.violation
        print(f"{name:36} {caught.invariant or 'NOT CAUGHT':28} {caught.seeds:5}", flush=True)
    return 1 if free else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
