"""What each activity looks like: its area, its levels, how long it takes.

Figures are those of the trade in round numbers, for training only: a tanker flies up and down a
track of a hundred kilometres for hours, a strike takes minutes in a small area up from the ground.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hotline.exercise.traffic.chance import Chance
from hotline.exercise.traffic.plane import Outline, box, disc, field, route, track
from hotline.model.kinds import Activity


@dataclass(frozen=True, slots=True)
class Levels:
    """A block of levels: whole numbers in ``unit`` (fl, ft, m); a lower one of None is the ground.

    Feet and metres count from mean sea level.
    """

    unit: str
    lower: int | None
    upper: int

    def short_forms(self) -> tuple[str, str]:
        """Return both levels as a message's file has them in short."""
        if self.unit == "fl":
            return f"FL{self.lower or 0:03}", f"FL{self.upper:03}"
        lower = "ground" if self.lower is None else f"{self.lower} {self.unit} msl"
        return lower, f"{self.upper} {self.unit} msl"

    def higher(self, by: int) -> Levels:
        """Return a block that lies so many of its units higher, but for the ground."""
        return Levels(self.unit, None if self.lower is None else self.lower + by, self.upper + by)


@dataclass(frozen=True, slots=True)
class Profile:
    """How an activity is drawn: its outline, its levels, and how many minutes it takes."""

    outline: Callable[[Chance], Outline]
    levels: Callable[[Chance], Levels]
    minutes: tuple[int, int]


def _block(low: int, high: int, thick: tuple[int, int]) -> Callable[[Chance], Levels]:
    """Return a drawer of flight levels from ``low``, at most ``high``, so many hundred feet thick.

    The tens of a block are what is flown: FL180 to FL240.
    """

    def draw(chance: Chance) -> Levels:
        thickness = chance.stepped(*thick, 10)
        lower = chance.stepped(low, high - thickness, 10)
        return Levels("fl", lower, lower + thickness)

    return draw


def _from_ground(low_ft: int, high_ft: int) -> Callable[[Chance], Levels]:
    """Return a drawer of levels from the ground up, in feet or, one time in three, in metres."""

    def draw(chance: Chance) -> Levels:
        if chance.happens(1 / 3):
            return Levels("m", None, chance.stepped(low_ft * 3 // 1000 * 100, high_ft // 3, 100))
        return Levels("ft", None, chance.stepped(low_ft, high_ft, 500))

    return draw


def _low_band(chance: Chance) -> Levels:
    """Draw a band of some thousand feet above the sea, in feet or, one time in three, in metres."""
    if chance.happens(1 / 3):
        lower = chance.stepped(300, 2400, 100)
        return Levels("m", lower, lower + chance.stepped(300, 1500, 100))
    lower = chance.stepped(1000, 8000, 500)
    return Levels("ft", lower, lower + chance.stepped(1000, 5000, 500))


def _heading(chance: Chance) -> int:
    return chance.stepped(0, 355, 5)


def _unmanned(chance: Chance) -> Outline:
    """Draw a corridor or, one time in three, an orbit."""
    if chance.happens(1 / 3):
        return disc(chance.stepped(5, 15, 1))
    length_km, width_km = chance.between(40, 110), chance.stepped(4, 12, 2)
    return route(chance, chance.whole(3, 5), length_km, width_km, _heading(chance))


def _struck(chance: Chance) -> Outline:
    """Draw a circle or, half of the time, an uneven polygon, of some kilometres."""
    if chance.happens(0.5):
        return disc(chance.stepped(3, 12, 1))
    return field(chance, chance.whole(5, 7), chance.between(6, 15))


PROFILES = {
    Activity.STRIKE: Profile(_struck, _from_ground(14_000, 25_000), (10, 30)),
    Activity.PATROL: Profile(
        lambda chance: box(chance.between(40, 80), chance.between(15, 30), _heading(chance)),
        _block(180, 380, (40, 100)),
        (60, 180),
    ),
    Activity.TANKER: Profile(
        lambda chance: track(chance.between(80, 140), chance.stepped(20, 36, 4), _heading(chance)),
        _block(200, 290, (20, 40)),
        (90, 240),
    ),
    Activity.UAS: Profile(_unmanned, _low_band, (60, 360)),
    Activity.SAR: Profile(
        lambda chance: disc(chance.stepped(15, 40, 5)), _from_ground(2_000, 6_000), (60, 240)
    ),
    Activity.TRANSPORT: Profile(
        lambda chance: route(
            chance, 3, chance.between(60, 180), chance.stepped(10, 18, 2), _heading(chance)
        ),
        _block(100, 250, (20, 20)),
        (30, 80),
    ),
    Activity.TRAINING: Profile(
        lambda chance: field(chance, chance.whole(5, 8), chance.between(20, 45)),
        _block(100, 360, (60, 180)),
        (60, 180),
    ),
    Activity.RECCE: Profile(
        lambda chance: route(
            chance, chance.whole(3, 4), chance.between(60, 160), chance.stepped(10, 20, 2),
            _heading(chance),
        ),
        _block(250, 410, (20, 60)),
        (45, 120),
    ),
    Activity.OTHER: Profile(
        lambda chance: disc(chance.stepped(4, 14, 1)), _from_ground(8_000, 14_000), (30, 90)
    ),
}  # fmt: skip
"""By activity. Every one of the model has its own."""

SHARES = {
    "patrol": 22.0,
    "training": 22.0,
    "uas": 16.0,
    "tanker": 12.0,
    "recce": 8.0,
    "transport": 8.0,
    "strike": 5.0,
    "sar": 4.0,
    "other": 3.0,
}
"""How often each comes where a traffic says nothing about it."""
