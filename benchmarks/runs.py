"""What is run: repetitions interleaved, each on a fresh pair, and the growth of one journal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from benchmarks import machine
from benchmarks.pair import RECEIVER, ROOT, SENDER, Pair, pair
from benchmarks.shapes import Case, Growth, Machine, Measured, Result
from benchmarks.system import cpu_seconds, resident_kib
from hotline.journal.journal import MAX_GROUP

GROUPS = {"as formed": MAX_GROUP, "held to one": 1}
"""How the sender groups: with what waits when it signs, or each message by itself."""
STEPS = 10
"""Samples of a growing journal."""

Say = Callable[[str], None]


def cases(messages: int) -> list[Case]:
    """Return the loads of one repetition; the fewer in flight, the fewer messages it takes."""
    return [
        Case(max(messages // 20, 50), 1),
        Case(max(messages // 2, 50), 64),
        Case(messages, 1024),
        Case(max(messages // 20, 50), 1, "desk"),
        Case(max(messages // 4, 50), 64, "desk"),
    ]


def repetition(
    directory: Path, messages: int, say: Say
) -> Iterator[tuple[str, Case, Measured, Result]]:
    """Run every load once with either way of grouping, each way on a fresh pair."""
    for name, limit in GROUPS.items():
        with pair(directory, limit) as both:
            warm_up(both, messages)
            for case in cases(messages):
                measured, result = measure(both, case)
                say(f"{name}, {case.in_flight} in flight: {measured.per_s:,.0f}/s")
                yield name, case, measured, result


def warm_up(both: Pair, messages: int) -> None:
    """Run a load that is not counted: caches fill, and the journals have their first pages."""
    both.sender.ask(msgspec.to_builtins(Case(min(messages, 2000), 64)))


def measure(both: Pair, case: Case) -> tuple[Measured, Result]:
    """Run one load, and add what its receiver spent."""
    before = cpu_seconds(both.receiver.pid)
    result = msgspec.convert(both.sender.ask(msgspec.to_builtins(case)), Result)
    receiver_s = cpu_seconds(both.receiver.pid) - before
    count = result.messages
    measured = Measured(
        per_s=count / result.seconds,
        p50_ms=result.p50_ms,
        p99_ms=result.p99_ms,
        sender_cpu_us=result.cpu_s / count * 1e6,
        receiver_cpu_us=receiver_s / count * 1e6,
        octets_out=result.octets_out / count,
        octets_in=result.octets_in / count,
        messages_a_group=count / max(1, result.groups),
        messages_a_receipt=count / max(1, result.receipts),
    )
    return measured, result


def limits(directory: Path) -> Machine:
    """Measure the machine itself, on the disk of the journals."""
    return machine.measure(directory)


def grow(directory: Path, entries: int, say: Say) -> tuple[list[Growth], dict[str, list[float]]]:
    """Fill a journal up to ``entries`` of the sender's log, then open both journals afresh.

    Returns memory and throughput on the way, and the seconds of three openings a centre.
    """
    found: list[Growth] = []
    with pair(directory, MAX_GROUP) as both:
        warm_up(both, min(entries, 1000))
        while not found or found[-1].entries < entries:
            step = max(entries // STEPS, 1)
            wanted = min(step, entries - (found[-1].entries if found else 0))
            case = Case(max(wanted, 1), 1024)
            result = msgspec.convert(both.sender.ask(msgspec.to_builtins(case)), Result)
            found.append(_standing(both, result))
            say(f"{result.entries:,} entries: {found[-1].per_s:,.0f}/s")
        both.sender.end()
        both.receiver.end()
        openings = {centre: _openings(both.directory, centre) for centre in (SENDER, RECEIVER)}
    return found, openings


def _standing(both: Pair, result: Result) -> Growth:
    sender, receiver = resident_kib(both.sender.pid), resident_kib(both.receiver.pid)
    return Growth(
        entries=result.entries,
        per_s=result.messages / result.seconds,
        sender_kib=sender[0],
        receiver_kib=receiver[0],
        sender_peak_kib=sender[1],
        receiver_peak_kib=receiver[1],
    )


def _openings(directory: Path, centre: str) -> list[float]:
    config = str(directory / centre / "node.toml")
    command = [sys.executable, "-m", "benchmarks.opening", config]
    return [
        json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)[0]
        for _ in range(3)
    ]
