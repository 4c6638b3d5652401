"""What was found, as a JSON document and as tables; every figure a median with its range."""

from __future__ import annotations

import os
import platform
import sqlite3
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import cryptography
import msgspec

from benchmarks.shapes import Case, Growth, Machine, Measured

Runs = dict[tuple[str, Case], list[Measured]]
"""Measurements by way of grouping and load, one a repetition."""


def circumstances(command: str) -> dict[str, Any]:
    """Say on what machine, with which versions, and beside what load this is measured."""
    return {
        "command": command,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cryptography": cryptography.__version__,
        "openssl": ssl.OPENSSL_VERSION,
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the range of what the repetitions gave."""
    return {
        "median": round(median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def spreads(found: Sequence[msgspec.Struct]) -> dict[str, dict[str, float]]:
    """Return median and range of every field of measurements of one kind."""
    names = found[0].__struct_fields__
    return {name: spread([getattr(one, name) for one in found]) for name in names}


def document(runs: Runs, machines: Sequence[Machine]) -> dict[str, Any]:
    """Return all that was measured, as JSON can hold it."""
    return {
        "machine": {
            **spreads(machines),
            "floor_ms": spread([machine.floor_ms for machine in machines]),
        },
        "cases": [
            {"groups": groups, **msgspec.to_builtins(case), **spreads(found)}
            for (groups, case), found in runs.items()
        ],
    }


def table(found: dict[str, Any]) -> str:
    """Lay out what ``document`` returned."""
    lines = list(HEAD)
    for case in found["cases"]:
        rate = case["per_s"]
        name = f"{case['groups']:13}{case['through']:8}{case['in_flight']:8}"
        rest = "".join(f"{case[key]['median']:{width}.{digits}f}" for key, width, digits in REST)
        p50 = f"{case['p50_ms']['median']:6.2f} {_range(case['p50_ms'], 1):11}"
        lines.append(f"{name}{rate['median']:8,.0f}  {_range(rate, 0):15}{p50}{rest}")
    machine = found["machine"]
    lines += ["", "The machine itself, microseconds:"]
    for name, what in LIMITS.items():
        lines.append(f"  {what:45} {machine[name]['median']:8.1f}  {_range(machine[name], 1)}")
    floor = machine["floor_ms"]
    lines.append(
        f"A lone message cannot take less than {floor['median']:.2f} ms ({_range(floor, 2)}):"
        " two signatures made, two verified, three commits."
    )
    return "\n".join(lines)


HEAD = (
    (
        f"{'':31}{'messages/s':26}{'p50 ms':17}{'p99 ms':7}  {'CPU us/message':18}"
        f"{'octets/message':15}messages a"
    ),
    (
        f"{'groups':13}{'through':9}{'at once':9}{'median':9}{'min-max':17}{'median':8}"
        f"{'min-max':10}{'median':9}{'sender':8}{'peer':8}{'out':7}{'in':7}{'group':7}receipt"
    ),
)

REST = (
    ("p99_ms", 7, 1),
    ("sender_cpu_us", 10, 0),
    ("receiver_cpu_us", 8, 0),
    ("octets_out", 7, 0),
    ("octets_in", 7, 0),
    ("messages_a_group", 8, 1),
    ("messages_a_receipt", 8, 1),
)

LIMITS = {
    "sign_us": "Ed25519 signature",
    "verify_us": "Ed25519 verification",
    "hash_us": "SHA-256 of 640 bytes",
    "fdatasync_us": "append of 1 KiB and fdatasync",
    "commit_us": "SQLite commit of one row, WAL and FULL",
}


def growth_table(found: Sequence[Growth], openings: dict[str, list[float]]) -> str:
    """Lay out what a growing journal did to throughput, memory and the time to open it."""
    lines = [
        "  entries  messages/s  sender MiB (most)  receiver MiB (most)",
        *(
            f"{at.entries:9,} {at.per_s:11,.0f}"
            f" {at.sender_kib / 1024:11.0f} ({at.sender_peak_kib / 1024:4.0f})"
            f" {at.receiver_kib / 1024:13.0f} ({at.receiver_peak_kib / 1024:4.0f})"
            for at in found
        ),
    ]
    for centre, seconds in openings.items():
        shown = ", ".join(f"{taken * 1e3:.1f}" for taken in seconds)
        lines.append(f"Opening the journal of {centre}: {shown} ms")
    return "\n".join(lines)


def _range(values: dict[str, float], digits: int) -> str:
    return f"{values['min']:,.{digits}f}-{values['max']:,.{digits}f}"
