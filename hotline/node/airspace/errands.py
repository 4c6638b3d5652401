"""What would hold the event loop for tens of milliseconds, and is so done in a thread.

Two things take long by themselves, however little is compared at once: cutting an outline of
thousands of corners into pieces, and measuring two such outlines. Both depend on what was said
alone, so a thread may do them while the loop goes on; until then the notice waits, as a possible
conflict with whatever may be near (`hotline.node.airspace.compared`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from hotline.airspace.activity import Key, Planned
from hotline.airspace.elsewhere import Elsewhere, Long
from hotline.airspace.laterals import Between
from hotline.airspace.reason import Reason
from hotline.airspace.stumbling import STUMBLED, Stumble, unheard
from hotline.node.airspace.standing import Standing

MOST_PIECES: Final = 3_000
"""Pieces of outlines of a notice that are cut on the loop, in some 10 ms; more are elsewhere."""
MOST_DRAWN: Final = 4
"""Notices that are held drawn until they are compared; what is let go is drawn again."""


@dataclass(slots=True, eq=False)
class Drawing:
    """A notice to be drawn: a copy, since what is said of it meanwhile changes the notice."""

    standing: Standing
    stumble: Stumble = unheard
    drawn: Planned | None = None
    error: Exception | None = None

    def run(self) -> None:
        """Draw it, which raises nothing; may be called in any thread."""
        try:
            self.drawn = self.standing.planned(self.stumble)
        except Exception as error:  # a defect of ours, raised again for whoever compares it
            self.error = error

    def is_of(self, standing: Standing) -> bool:
        """Whether a notice is still as it was drawn."""
        one, other = self.standing, standing
        return (
            one.payload is other.payload
            and (one.outside, one.life) == (other.outside, other.life)
            and (one.begun_us, one.prolonged_us) == (other.begun_us, other.prolonged_us)
        )


@dataclass(slots=True, eq=False)
class Measuring:
    """Two long outlines to be measured."""

    pair: Long
    stumble: Stumble = unheard
    between: Between | Reason | None = None

    def run(self) -> None:
        """Measure them, which raises nothing; may be called in any thread."""
        try:
            self.between = self.pair.measure()
        except Exception as error:  # a defect of ours must not make anything clear
            self.stumble("", error)
            self.between = STUMBLED


Errand = Drawing | Measuring


class Errands:
    """What is to be done in a thread for one line, one at a time, and what has been done."""

    def __init__(self, stumble: Stumble = unheard) -> None:
        self._stumble = stumble
        self.elsewhere = Elsewhere()
        self._drawn: dict[Key, Drawing] = {}
        self._undrawn: Standing | None = None

    def begin(self) -> None:
        """Forget what was wanted: whoever goes on comparing wants it again."""
        self._undrawn = self.elsewhere.wanted = None

    def planned(self, standing: Standing) -> Planned | None:
        """Return what is compared of a notice; None if it has to be drawn in a thread first.

        Raises what was raised there.
        """
        if standing.pieces <= MOST_PIECES:
            return standing.planned(self._stumble)
        drawing = self._drawn.pop(standing.key, None)
        if drawing is not None and drawing.is_of(standing):
            if drawing.error is not None:
                raise drawing.error
            return drawing.drawn
        self._undrawn = standing
        return None

    @property
    def wanted(self) -> Errand | None:
        """What whoever compared last could not go on without."""
        if self._undrawn is not None:
            return Drawing(msgspec.structs.replace(self._undrawn), self._stumble)
        pair = self.elsewhere.wanted
        return None if pair is None else Measuring(pair, self._stumble)

    def done(self, errand: Errand) -> None:
        """Take what was done in a thread."""
        if isinstance(errand, Measuring):
            self.elsewhere.put(errand.pair, errand.between)
            return
        while len(self._drawn) >= MOST_DRAWN:
            del self._drawn[next(iter(self._drawn))]
        self._drawn[errand.standing.key] = errand
