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

from benchmarks.shapes import Case, Cost, Figure, Growth, Machine, Measured

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


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return the median and the range of what the repetitions gave."""
    return {
        "median": round(median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
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


def figures_document(repetitions: Sequence[Sequence[Figure]]) -> list[dict[str, Any]]:
    """Return the audit's figures with median and range of each, in the order of measuring."""
    found: dict[str, list[Figure]] = {}
    for figure in (one for figures in repetitions for one in figures):
        found.setdefault(figure.name, []).append(figure)
    return [
        {"name": name, "unit": figures[0].unit}
        | {
            field: spread(values, 7)
            for field in ("per_s", "seconds", "peak_mib", "mb_per_s")
            if (values := [at for one in figures if (at := getattr(one, field)) is not None])
        }
        for name, figures in found.items()
    ]


def figures_table(found: Sequence[dict[str, Any]]) -> str:
    """Lay out what ``figures_document`` returned; of signatures, what share of the raw rate."""
    raw = next((one["per_s"]["median"] for one in found if one["name"].startswith("raw ")), 0.0)
    lines = [f"{'':51}{'a second':>10} {'min-max':19}{'':12} {'seconds':>8}{'MiB':>6}{'MB/s':>7}"]
    for one in found:
        rate, seconds = one.get("per_s"), one.get("seconds")
        text = f"{one['name']:51}"
        text += f"{rate['median']:10,.0f} {_range(rate, 0):19}" if rate else " " * 30
        text += f"{one['unit'] if rate else '':12} "
        text += f"{_seconds(seconds['median']):>8}" if seconds else " " * 8
        for field in ("peak_mib", "mb_per_s"):
            width = 6 if field == "peak_mib" else 7
            text += f"{one[field]['median']:{width},.0f}" if field in one else " " * width
        if raw and rate and one["unit"] == "signatures/s":
            text += f"  {rate['median'] / raw:.0%} of raw"
        lines.append(text.rstrip())
    return "\n".join(lines)


def costs_table(found: Sequence[Cost]) -> str:
    """Lay out what a growing record costs, as a table for the documentation."""
    lines = [
        f"| {' | '.join(COSTS)} |",
        f"|{'---:|' * len(COSTS)}",
    ]
    for at in found:
        cells = (
            f"{at.entries:,}",
            f"{at.group_limit:,}",
            _octets(at.octets),
            f"{at.octets / at.entries:,.0f} B",
            f"{at.append_per_s:,.0f}/s",
            _seconds(at.open_s),
            f"{_seconds(at.verify_s)}, {at.entries / at.verify_s:,.0f}/s",
            f"{at.verify_peak_mib:,.0f} MiB",
            _seconds(at.verify_new_s),
            _seconds(at.proof_s),
            _seconds(at.find_s),
            _seconds(at.search_s),
            f"{_seconds(at.export_s)}, {_octets(at.export_octets)}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


COSTS = (
    "entries",
    "groups of",
    "on disk",
    "an entry",
    "append",
    "open",
    "verify",
    "its memory",
    "verify the newest",
    "proof",
    "find by reference",
    "search for a text",
    "export (JSON Lines)",
)


def _seconds(seconds: float) -> str:
    """Return a duration with three digits and the unit that fits."""
    for limit, factor, unit in ((1e-3, 1e6, "us"), (1.0, 1e3, "ms"), (100.0, 1.0, "s")):
        if seconds < limit:
            shown = seconds * factor
            return f"{shown:.{max(0, 3 - len(str(int(shown))))}f} {unit}"
    return f"{seconds:,.0f} s"


def _octets(octets: int) -> str:
    return f"{octets / 1e9:,.2f} GB" if octets >= 1e9 else f"{octets / 1e6:,.1f} MB"


def _range(values: dict[str, float], digits: int) -> str:
    return f"{values['min']:,.{digits}f}-{values['max']:,.{digits}f}"
