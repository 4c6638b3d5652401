"""What was found, as tables for a terminal: ratios, limits, aims, and what each has synced."""

from __future__ import annotations

from typing import Any

from benchmarks.peers.aims import aims, load, named, p50, rate
from benchmarks.peers.rounds import IN_FLIGHT

LIMITS = {
    "sign_us": "Ed25519 signature",
    "verify_us": "Ed25519 verification",
    "fdatasync_us": "append of 1 KiB and fdatasync",
    "commit_us": "SQLite commit of one row, WAL and FULL",
    "group_commit_us": "SQLite commit of 64 rows, a row",
    "echo_us": "TLS 1.3, 719 octets there and 74 back",
}
REST = (
    ("p99_ms", 9, 1),
    ("sender_cpu_us", 9, 0),
    ("receiver_cpu_us", 9, 0),
    ("broker_cpu_us", 8, 0),
    ("octets", 8, 0),
)


def table(found: dict[str, Any]) -> str:
    """Lay out all of it."""
    parts = [_block(found, in_flight) for in_flight in IN_FLIGHT]
    parts += [_limits(found), _synced(found)]
    if found["left_out"]:
        left_out = found["left_out"].items()
        parts.append("\n".join(["Left out:", *(f"  {name}: {why}" for name, why in left_out)]))
    parts.append(_aims(found))
    return "\n\n".join(parts)


def _block(found: dict[str, Any], in_flight: int) -> str:
    ours = named(found, "hotline")
    assert ours is not None
    lines = [
        f"{in_flight} in flight",
        (
            f"{'':26}{'messages/s':>11} {'min-max':17}{'hotline':>9}{'p50 ms':>9}{'hotline':>9}"
            f"{'p99 ms':>9}{'CPU us a message':>23}{'octets':>11}"
        ),
        f"{'':54}{'x':>9}{'':9}{'x':>9}{'':9}{'sender':>9}{'receiver':>9}{'broker':>8}",
    ]
    for peer in found["peers"]:
        one = load(peer, in_flight)
        span = f"{one['per_s']['min']:,.0f}-{one['per_s']['max']:,.0f}"
        line = f"{_title(peer, one):26}{rate(peer, in_flight):11,.0f} {span:17}"
        line += f"{rate(ours, in_flight) / rate(peer, in_flight):9.2f}"
        line += f"{p50(peer, in_flight):9.2f}{p50(ours, in_flight) / p50(peer, in_flight):9.2f}"
        line += "".join(f"{one[name]['median']:{width},.{digits}f}" for name, width, digits in REST)
        lines.append(line)
    return "\n".join(lines)


def _title(peer: dict[str, Any], one: dict[str, Any]) -> str:
    fewer = one["asked"] != one["in_flight"]
    return f"{peer['title']} ({one['asked']} at once)" if fewer else str(peer["title"])


def _limits(found: dict[str, Any]) -> str:
    limits = found["limits"]
    lines = ["The machine itself, microseconds:"]
    for name, what in LIMITS.items():
        one = limits[name]
        lines.append(f"  {what:45} {one['median']:8.1f}  {one['min']:,.1f}-{one['max']:,.1f}")
    floor, kept = limits["floor_ms"]["median"], limits["kept_first_ms"]["median"]
    lines.append(
        f"A lone message cannot take less than {floor:.2f} ms: two signatures made, two verified,"
        f" two commits, there and back;\n{kept:.2f} ms where the sender keeps it first, as hotline"
        " does. Times that at 1 in flight:"
    )
    lines += [
        f"  {peer['title']:26} {p50(peer, 1) / floor:5.1f} times the floor"
        for peer in found["peers"]
    ]
    return "\n".join(lines)


def _synced(found: dict[str, Any]) -> str:
    lines = ["On the disk when the sender is told that a message has arrived:"]
    lines += [f"  {peer['title']:26} {peer['synced']}" for peer in found["peers"]]
    return "\n".join(lines)


def _aims(found: dict[str, Any]) -> str:
    judged = aims(found)
    if not judged:
        return "No product was measured, so no aim is judged."
    lines = [f"{'aim':54}{'measured':44}"]
    lines += [
        f"{aim.text:54}{aim.measured:44}{'holds' if aim.holds else 'DOES NOT HOLD'}"
        for aim in judged
    ]
    if found["load_before"] > QUIET:
        lines.append(
            f"Measured beside other work: the load average was {found['load_before']} before."
        )
    return "\n".join(lines)


QUIET = 0.7
"""Load average above which figures are those of a machine that others use as well."""
