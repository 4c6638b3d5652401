"""What hotline means to be worth beside its peers, and whether this run shows it."""

from __future__ import annotations

from typing import Any

import msgspec

P50_SHARE, TIMES_64, TIMES_1024, TIMES_AS2 = 0.75, 4.0, 6.0, 100.0


class Aim(msgspec.Struct, frozen=True):
    """One aim: the figure that is meant, the one that was found, and against whom."""

    text: str
    measured: str
    holds: bool


def aims(found: dict[str, Any]) -> list[Aim]:
    """Judge what ``rounds.measure`` returned; without a product to compare with there is none."""
    products = [peer for peer in found["peers"] if peer["product"]]
    ours = named(found, "hotline")
    held = named(found, "hotline-1")
    if not products or not ours or not held:
        return []
    judged = [
        _latency("p50 at 1 in flight below 0.75 of the best peer's", ours, products, P50_SHARE)
    ]
    judged += [
        _throughput(f"at least {times:.0f} times the best peer at {at}", ours, products, at, times)
        for at, times in ((64, TIMES_64), (1024, TIMES_1024))
    ]
    if as2 := named(found, "as2"):
        best = max(rate(as2, at) for at in (1, 64, 1024))
        ratio = rate(ours, 1024) / best
        text = f"at least {TIMES_AS2:.0f} times AS2, each at its best"
        judged.append(Aim(text, f"{ratio:,.0f} times", ratio >= TIMES_AS2))
    judged.append(_latency("groups of one: p50 at 1 below every peer's", held, products, 1.0))
    judged += [
        _throughput(f"groups of one: ahead of every peer at {at}", held, products, at, 1.0)
        for at in (1, 64, 1024)
    ]
    return judged


def named(found: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return the peer of a name, None where it was not measured."""
    return next((peer for peer in found["peers"] if peer["name"] == name), None)


def load(peer: dict[str, Any], in_flight: int) -> dict[str, Any]:
    """Return what a peer did with so many in flight."""
    one: dict[str, Any] = next(at for at in peer["loads"] if at["in_flight"] == in_flight)
    return one


def rate(peer: dict[str, Any], in_flight: int) -> float:
    """Return the median of messages a second."""
    return float(load(peer, in_flight)["per_s"]["median"])


def p50(peer: dict[str, Any], in_flight: int) -> float:
    """Return the median of the median latencies, in milliseconds."""
    return float(load(peer, in_flight)["p50_ms"]["median"])


def _latency(text: str, ours: dict[str, Any], products: list[dict[str, Any]], share: float) -> Aim:
    best = min(products, key=lambda peer: p50(peer, 1))
    ratio = p50(ours, 1) / p50(best, 1)
    return Aim(text, f"{ratio:.2f} of {best['title']}'s", ratio < share)


def _throughput(
    text: str, ours: dict[str, Any], products: list[dict[str, Any]], at: int, times: float
) -> Aim:
    best = max(products, key=lambda peer: rate(peer, at))
    ratio = rate(ours, at) / rate(best, at)
    return Aim(text, f"{ratio:.1f} times {best['title']}", ratio > times)
