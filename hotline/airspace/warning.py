"""Warning time: from the moment that a notice was durable at the peer to its start.

Computed from signed times only: the start is in the notice, the moment in the receipt, so that
both sides, and anybody who holds the evidence, compute the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotline.model.letter import Letter
from hotline.model.times import SECOND_US
from hotline.model.volume import Volume4D


@dataclass(frozen=True, slots=True)
class WarningTime:
    """How long before its start a notice was received, and how long it should have been.

    ``given_us`` is negative where it came after the start, None where the start is not known.
    """

    given_us: int | None
    needed_us: int

    @property
    def short(self) -> bool:
        """Whether it is less than was agreed; so it is where the start is not known."""
        return self.given_us is None or self.given_us < self.needed_us

    @property
    def missing_us(self) -> int | None:
        """By how much it is short, 0 where it is not; None where the start is not known."""
        return None if self.given_us is None else max(0, self.needed_us - self.given_us)


def warning(start_us: int | None, receipt_us: int, needed_s: float) -> WarningTime:
    """Return the warning time of a notice that was received at ``receipt_us``.

    ``needed_s`` is the letter's minimum (`Letter.warning_needed`).
    """
    given_us = None if start_us is None else start_us - receipt_us
    return WarningTime(given_us, round(needed_s * SECOND_US))


def start_of(volumes: Sequence[Volume4D]) -> int | None:
    """Return the first start of some volumes; None where one of them has none that can be read.

    A volume that may have begun already gives no warning, whatever the others say.
    """
    if len(volumes) == 1:
        return volumes[0].start_us
    starts = [volume.start_us for volume in volumes]
    known = [start for start in starts if start is not None]
    return min(known) if known and len(known) == len(starts) else None


def ample_us(letter: Letter) -> int:
    """Return the warning time with which no notice is short, whatever it is and how urgent."""
    minimum = letter.minimum_warning_s
    needed = (minimum.default, *minimum.precedence.values(), *minimum.activity.values())
    return round(max(needed) * SECOND_US)
