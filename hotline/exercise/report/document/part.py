"""What all parts of a report have in common."""

from __future__ import annotations

import msgspec

LIFE, SCENARIO = "life", "scenario"
"""The clocks by which a crew may live: people by life's, a simulated crew by the scenario's."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What all parts of a report have in common."""


class Ref(Part, frozen=True):
    """One entry of a journal: whose, in which log, and where it stands there."""

    centre: str
    log: str
    entry: int


class Spread(Part, frozen=True):
    """How values lie: ``p90`` is the smallest that nine of ten do not exceed (nearest rank).

    All but ``n`` are None where there is no value. ``values`` has them in ascending order, thinned
    out evenly above 400.
    """

    n: int
    min: float | None = None
    median: float | None = None
    p90: float | None = None
    max: float | None = None
    values: list[float] = []
