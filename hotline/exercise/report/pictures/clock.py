"""The scenario's clock as the report tells it: which moment shows what, and when it showed that."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate

from hotline.exercise.report.document import Report
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.wording import clock_of

SECOND_US = 1_000_000


class SceneClock:
    """Knows what the clock showed at each moment that the report has both of.

    Between two of these it ran by the time factor, as far as the second one; then it stood, because
    play was paused, or nobody directed it. Behind the last one it stands.
    """

    def __init__(self, report: Report) -> None:
        known = sorted(_known(report)) or [(us_of(report.exercise.starts), 0.0)]
        self._factor = report.exercise.time_factor or 1.0
        self._us = [us for us, _ in known]
        # Each is rounded by itself: no clock runs backwards for that.
        self._t = list(accumulate((t for _, t in known), max))

    def t(self, us: int) -> float:
        """Return the scenario's seconds at a moment (microseconds, the director's clock)."""
        place = bisect_right(self._us, us) - 1
        if place < 0:
            return self._t[0]
        after = self._t[min(place + 1, len(self._t) - 1)]
        return min(after, self._t[place] + (us - self._us[place]) / SECOND_US * self._factor)

    def us(self, t: float) -> int:
        """Return the first moment at which the clock showed ``t``; later than all for more."""
        place = bisect_left(self._t, t)
        if place == 0:
            return self._us[0]
        before_us, before_t = self._us[place - 1], self._t[place - 1]
        us = before_us + round((t - before_t) / self._factor * SECOND_US)
        return min(us, self._us[place]) if place < len(self._us) else us

    def shown(self, us: int) -> str:
        """Return what it showed at a moment, as ``T+01:02:03``."""
        return clock_of(self.t(us))


def _known(report: Report) -> Iterator[tuple[int, float]]:
    """Yield the moments of which the report says what the clock showed."""
    pairs = [
        *((one.at, one.t) for one in report.moments),
        *((row.at, row.t) for row in report.msel),
        *((one.at, one.at_s) for row in report.msel for one in row.verdicts),
        *((one.began, one.began_t) for one in report.faults),
        *((one.ended, one.ended_t) for one in report.faults),
    ]
    yield from ((us_of(at), t) for at, t in pairs if at and t is not None)
