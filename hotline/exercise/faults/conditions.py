"""What a line is like while faults last: conditions for each way, whoever imposes them.

A fault is one line of a scenario; several may last at once. ``conditions_of`` says what all of them
together come to, so that the proxy and the containers' network are told the same thing.
``docs/spec/faults.md`` has the units and limits.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec

from hotline.errors import ExerciseError
from hotline.exercise.scenario.shape import LINE_FAULTS, Fault, FaultKind

MAX_DELAY_S = 60.0
"""Each way; a node gives a line up long before."""
MIN_BITS_PER_S, MAX_BITS_PER_S = 300.0, 1e9
MAX_LOSS_PERCENT = 90.0

Delay = Annotated[float, msgspec.Meta(ge=0.0, le=MAX_DELAY_S)]
Percent = Annotated[float, msgspec.Meta(ge=0.0, le=MAX_LOSS_PERCENT)]
Rate = Annotated[float, msgspec.Meta(ge=MIN_BITS_PER_S, le=MAX_BITS_PER_S)]


class Way(StrEnum):
    """A way over the line: from the centre that dials to the one that listens, or back."""

    FORTH = "forth"
    BACK = "back"


class Conditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What befalls the bytes on one way.

    ``held``: nothing passes, and nobody is told. ``delay_s`` befalls every byte, and up to
    ``jitter_s`` more, evenly distributed. ``loss_percent`` is of packets. ``bits_per_s`` None is
    without a limit.
    """

    held: bool = False
    delay_s: Delay = 0.0
    jitter_s: Delay = 0.0
    loss_percent: Percent = 0.0
    bits_per_s: Rate | None = None


class LineConditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The conditions of both ways."""

    forth: Conditions = Conditions()
    back: Conditions = Conditions()

    def on(self, way: Way) -> Conditions:
        """Return the conditions of one way."""
        return self.forth if way is Way.FORTH else self.back


WHOLE = LineConditions()
"""A line without faults."""
DEAD = LineConditions(forth=Conditions(held=True), back=Conditions(held=True))
"""A line on which nothing arrives at either end, and neither is told."""


def conditions_of(faults: Iterable[Fault], dialler: str) -> LineConditions:
    """Return what faults of the line that last at once come to together.

    Delays and jitters add up, of bandwidths the smallest counts, losses are independent of each
    other. A cut is of both ways; any other fault that names a centre is of what that one sends.
    Faults of nodes do not count. Raises ExerciseError as ``check_amount`` does.
    """
    lasting = [fault for fault in faults if fault.kind in LINE_FAULTS]
    for fault in lasting:
        check_amount(fault)
    return LineConditions(
        forth=_together([fault for fault in lasting if _is_on(fault, Way.FORTH, dialler)]),
        back=_together([fault for fault in lasting if _is_on(fault, Way.BACK, dialler)]),
    )


def check_amount(fault: Fault) -> None:
    """Raise ExerciseError (``exercise.fault-amount``) for a line's fault that cannot be had."""
    low, high, unit = _RANGES.get(fault.kind, (0.0, float("inf"), ""))
    # Written so that what is no number is refused too.
    if not low <= fault.amount <= high:
        raise ExerciseError(
            "exercise.fault-amount",
            f"a {fault.kind} of {fault.amount:g} {unit} cannot be had",
            f"give between {low:g} and {high:g} {unit}",
        )
    if fault.kind is FaultKind.ONE_WAY and not fault.centre:
        raise ExerciseError(
            "exercise.fault-centre",
            "a one-way cut has to say whose sending it stops",
            "name the centre that is not heard any more",
        )


_RANGES = {
    FaultKind.DELAY: (0.0, MAX_DELAY_S, "seconds"),
    FaultKind.JITTER: (0.0, MAX_DELAY_S, "seconds"),
    FaultKind.LOSS: (0.0, MAX_LOSS_PERCENT, "percent"),
    FaultKind.BANDWIDTH: (MIN_BITS_PER_S, MAX_BITS_PER_S, "bits a second"),
}


def _is_on(fault: Fault, way: Way, dialler: str) -> bool:
    if fault.kind is FaultKind.CUT or not fault.centre:
        return True
    return (fault.centre == dialler) is (way is Way.FORTH)


def _together(faults: list[Fault]) -> Conditions:
    def amounts(kind: FaultKind) -> list[float]:
        return [fault.amount for fault in faults if fault.kind is kind]

    passes = 1.0
    for percent in amounts(FaultKind.LOSS):
        passes *= 1.0 - percent / 100.0
    return Conditions(
        held=any(fault.kind in (FaultKind.CUT, FaultKind.ONE_WAY) for fault in faults),
        delay_s=min(MAX_DELAY_S, sum(amounts(FaultKind.DELAY))),
        jitter_s=min(MAX_DELAY_S, sum(amounts(FaultKind.JITTER))),
        loss_percent=min(MAX_LOSS_PERCENT, (1.0 - passes) * 100.0),
        bits_per_s=min(amounts(FaultKind.BANDWIDTH), default=None),
    )
