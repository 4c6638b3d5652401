"""How far the two clocks were apart, from what each node measured by heartbeats.

A measurement says: the peer's clock was ahead by so much, and half of the round trip is how wrong
that can be at most (``docs/spec/reconcile.md``, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.findings import Clock, SideName
from hotline.audit.reconcile.plain import span
from hotline.audit.reconcile.tables import Tables
from hotline.model.times import SECOND_US

NEAR_US = 60 * SECOND_US
"""Measurements of both sides within so much time are of the same clocks, for clocks drift."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: b's clock minus a's, within ``half_us``, at ``time_us`` by a's clock."""

    time_us: int
    offset_us: int
    half_us: int

    @property
    def low_us(self) -> int:
        """The least that b's clock can have been ahead."""
        return self.offset_us - self.half_us

    @property
    def high_us(self) -> int:
        """The most that b's clock can have been ahead."""
        return self.offset_us + self.half_us


def compare_clocks(tables: Tables, account: Account) -> list[Clock]:
    """Return what each side measured, and what both together say; tell of contradictions."""
    found = [clock for side in ("a", "b") if (clock := _measured(side, _samples(tables, side)))]
    both = _together(tables, account)
    return [*found, both] if both is not None else found


def _samples(tables: Tables, side: SideName) -> Iterator[Sample]:
    """Yield a side's measurements in order of time, b's turned round and in a's time."""
    for time_us, offset_us, round_trip_us in tables.clocks(side):
        half_us = (round_trip_us + 1) // 2
        if side == "a":
            yield Sample(time_us, offset_us, half_us)
        else:
            yield Sample(time_us + offset_us, -offset_us, half_us)


@dataclass(slots=True)
class _Summary:
    """What samples say together: the surest of them, and the extremes."""

    best: Sample | None = None
    count: int = 0
    earliest_us: int = 0
    latest_us: int = 0

    def add(self, sample: Sample) -> None:
        """Take one more sample; of those that are equally sure the first is the best."""
        if self.best is None:
            self.earliest_us = self.latest_us = sample.offset_us
        if self.best is None or sample.half_us < self.best.half_us:
            self.best = sample
        self.earliest_us = min(self.earliest_us, sample.offset_us)
        self.latest_us = max(self.latest_us, sample.offset_us)
        self.count += 1

    def clock(self, measured_by: Literal["a", "b", "both"]) -> Clock | None:
        """Return it as a finding; None without a sample."""
        best = self.best
        if best is None:
            return None
        return Clock(
            measured_by, self.count, best.offset_us, best.half_us, self.earliest_us, self.latest_us
        )


def _measured(side: SideName, samples: Iterator[Sample]) -> Clock | None:
    """Return what one side measured: the sample of the shortest round trip, and the extremes."""
    summary = _Summary()
    for sample in samples:
        summary.add(sample)
    return summary.clock(side)


def _together(tables: Tables, account: Account) -> Clock | None:
    """Return what both sides together say, where two measurements near in time agree best."""
    summary = _Summary()
    apart = worst_us = 0
    for ours, theirs in _near(_samples(tables, "a"), _samples(tables, "b")):
        low_us, high_us = max(ours.low_us, theirs.low_us), min(ours.high_us, theirs.high_us)
        if low_us > high_us:
            apart += 1
            worst_us = max(worst_us, low_us - high_us)
            continue
        summary.add(Sample(ours.time_us, (low_us + high_us) // 2, (high_us - low_us + 1) // 2))
    if apart:
        account.remark(
            "clock-contradiction",
            f"{apart} of {apart + summary.count} times the two sides measured clock differences "
            f"that cannot both be true, at worst {span(worst_us)} apart: a clock was set in "
            "between, or one side's measurements are false",
        )
    return summary.clock("both")


def _near(ours: Iterator[Sample], theirs: Iterator[Sample]) -> Iterator[tuple[Sample, Sample]]:
    """Yield each of their samples with that of ours which is nearest to it in time."""
    before: Sample | None = None
    after = next(ours, None)
    for sample in theirs:
        while after is not None and after.time_us <= sample.time_us:
            before, after = after, next(ours, None)
        near = [one for one in (before, after) if one is not None]
        if near:
            nearest = min(near, key=lambda one: abs(one.time_us - sample.time_us))
            if abs(nearest.time_us - sample.time_us) <= NEAR_US:
                yield nearest, sample
