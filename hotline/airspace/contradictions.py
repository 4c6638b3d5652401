"""Contradictions: what a notice says in words against what it says in geometry. Flags, no mending.

The numbers are what counts and stay as they are; whoever reads the notice is told that its words
say something else, and what. On 17 September 2018 "northern Syria" was announced and the west was
struck. `docs/spec/contradictions.md` lists what is looked for, with every tolerance.

Here are limits too that only the letter and the clock know: an area or a horizon beyond them. A
start after the end and edges that cross are rules of the model (`hotline.model.rules`).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from hotline.airspace.levels import Band, Level, band_of
from hotline.airspace.periods import bounded, period_of
from hotline.airspace.said.levels import Height
from hotline.airspace.said.places import Whereabouts
from hotline.airspace.said.reading import Said, read
from hotline.airspace.said.times import MINUTES_PER_DAY, Date, Times
from hotline.airspace.surface import covered_m2
from hotline.airspace.whereabouts import Area, Sight, area_of, plainly_agrees, sight
from hotline.model.letter import AltitudeMargin, Letter
from hotline.model.messages import Notice, Revision
from hotline.model.phrasing import altitude_text
from hotline.model.problem import Problem
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Position, Volume4D

MAX_FLAGS: Final = 20
"""No more of what words say is flagged: nobody reads on, and a peer must not choose our records."""
LEVEL_TOLERANCE_M: Final = 100.0
"""Words are round: 10 000 ft and 3 000 m are the same."""
TIME_TOLERANCE_US: Final = 60 * SECOND_US
DAY_US: Final = 86_400 * SECOND_US
DAY_MARGIN_US: Final = 5 * 3600 * SECOND_US
"""A day without a zone may be that of any zone so many hours from UTC."""
_COMPASS: Final = (
    *("north", "north-north-east", "north-east", "east-north-east"),
    *("east", "east-south-east", "south-east", "south-south-east"),
    *("south", "south-south-west", "south-west", "west-south-west"),
    *("west", "west-north-west", "north-west", "north-north-west"),
)


def contradictions(
    message: Notice | Revision, letter: Letter, now_us: int | None = None
) -> list[Problem]:
    """Return what a notice says against itself, and beyond what the letter allows.

    ``now_us`` is the moment of composing or receiving in microseconds since the epoch; None leaves
    the horizon unchecked. Nothing is raised whatever the message holds. At most `MAX_FLAGS` flags
    are about words.
    """
    found = [*_too_large(message.volumes, letter), *_too_far_ahead(message, letter, now_us)]
    found += upside_down(message.volumes, letter.altitude_margin)
    if message.volumes:
        said = read(message.title, message.remarks)
        found += islice(_words_against_numbers(said, message.volumes, letter), MAX_FLAGS)
    return found


def upside_down(volumes: Sequence[Volume4D], margin: AltitudeMargin) -> list[Problem]:
    """Return the first volume whose upper level is below the lower one, whatever the margin.

    Of levels that count from one reference the rules of the model say it.
    """
    for index, volume in enumerate(volumes):
        lower, upper = volume.altitude_lower, volume.altitude_upper
        if lower is None or upper is None or lower.reference == upper.reference:
            continue
        band = band_of(volume)
        if band.under(margin) is not band:
            return [
                Problem(
                    "airspace.levels-upside-down",
                    f"volumes[{index}].altitude_upper",
                    f"{altitude_text(upper)} is surely below the lower level, "
                    f"{altitude_text(lower)}",
                    "exchange the two, or check what they count from",
                )
            ]
    return []


def _words_against_numbers(
    said: Said, volumes: Sequence[Volume4D], letter: Letter
) -> Iterator[Problem]:
    doubtful = [one for one in said.where if not plainly_agrees(one, volumes)]
    area = area_of(volumes) if doubtful else None
    if area is not None:
        for one in doubtful:
            yield from _where(one, area)
    if said.heights:
        bands = [band_of(volume) for volume in volumes]
        for height in said.heights:
            yield from _how_high(height, bands, letter.altitude_margin)
    if said.moments:
        yield from _when(said.moments, volumes)


def _where(said: Whereabouts, area: Area) -> Iterator[Problem]:
    """Compare one statement about a place with the area: a direction and a distance."""
    sights = [sight(place, area) for place in said.places]
    nearest = min(sights, key=lambda one: one.distance_m)
    is_far = nearest.distance_m > said.limit_m
    if said.bearings:
        # Of several places with one name, those that are near enough are meant.
        meant = [one for one in sights if one.distance_m <= said.limit_m] or [nearest]
        if not any(one.reaches(bearing) for one in meant for bearing in said.bearings):
            yield _direction_differs(said, min(meant, key=lambda one: one.distance_m))
    if is_far:
        yield Problem(
            "airspace.place-differs",
            said.field,
            f'says "{said.quote}"; the area lies {nearest.distance_m / 1000:.0f} km from '
            f"{nearest.place.name}, {compass(nearest.bearing)} of it",
            "go by the area on the map; ask which of the two is meant, and revise the other",
        )


def _direction_differs(said: Whereabouts, seen: Sight) -> Problem:
    directions = " or ".join(dict.fromkeys(compass(bearing) for bearing in said.bearings))
    place = f"the middle of {seen.place.name}" if seen.place.is_extent else seen.place.name
    return Problem(
        "airspace.direction-differs",
        said.field,
        f'says "{said.quote}", {directions} of {place}; the area lies {compass(seen.bearing)} of '
        f"it, bearing {seen.bearing:03.0f}, at {degrees(seen.area.middle)}",
        "go by the area on the map; ask which of the two is meant, and revise the other",
    )


def compass(bearing: float) -> str:
    """Return the nearest of sixteen directions as a word."""
    return _COMPASS[round(bearing / 22.5) % 16]


def degrees(position: Position) -> str:
    """Return a position to a tenth of a degree, as in ``35.5 N 35.8 E``."""
    latitude = f"{abs(position.lat):.1f} {'N' if position.lat >= 0 else 'S'}"
    return f"{latitude} {abs(position.lon):.1f} {'E' if position.lon >= 0 else 'W'}"


def _how_high(said: Height, bands: Sequence[Band], margin: AltitudeMargin) -> Iterator[Problem]:
    """Compare one statement about height with the levels of all volumes."""
    for metres in said.metres:
        level = Level(metres, said.reference, "")
        under_top = [said.bound == "below" or _is_under(level, one.upper, margin) for one in bands]
        over_floor = [said.bound == "above" or _is_under(one.lower, level, margin) for one in bands]
        if any(top and floor for top, floor in zip(under_top, over_floor, strict=True)):
            continue
        low = [one.lower for one in bands if one.lower is not None]
        high = [one.upper for one in bands if one.upper is not None]
        if not any(under_top):
            reach = f"the volumes reach only up to {_highest(high, margin).text}"
        elif not any(over_floor):
            reach = f"the volumes begin only at {_lowest(low, margin).text}"
        else:
            reach = "it lies between the levels of the volumes"
        yield Problem(
            "airspace.level-differs",
            said.field,
            f'says "{said.quote}"; {reach}',
            "go by the levels of the volumes; ask which are meant, and revise the others",
        )
        return


def _is_under(lower: Level | None, upper: Level | None, margin: AltitudeMargin) -> bool:
    """Say whether one level may lie below another, or at it; an absent one bounds nothing."""
    if lower is None or upper is None:
        return True
    if lower.reference is upper.reference:
        return lower.metres <= upper.metres + LEVEL_TOLERANCE_M
    return lower.span(margin)[0] <= upper.span(margin)[1] + LEVEL_TOLERANCE_M


def _highest(levels: Sequence[Level], margin: AltitudeMargin) -> Level:
    return max(levels, key=lambda level: level.span(margin)[1])


def _lowest(levels: Sequence[Level], margin: AltitudeMargin) -> Level:
    return min(levels, key=lambda level: level.span(margin)[0])


def _when(said: Sequence[Times | Date], volumes: Sequence[Volume4D]) -> Iterator[Problem]:
    """Compare times of day and days with the period from the first start to the last end."""
    periods = [period_of(volume) for volume in volumes]
    start_us = bounded(min(period.start_us for period in periods))
    end_us = bounded(max(period.end_us for period in periods))
    if start_us is None or end_us is None:
        return
    for one in said:
        if isinstance(one, Times):
            agrees = all(_has_time(minute, start_us, end_us) for minute in one.minutes)
        else:
            agrees = _has_day(one, start_us, end_us)
        if not agrees:
            yield Problem(
                "airspace.time-differs",
                one.field,
                f'says "{one.quote}"; the volumes are from {format_time(start_us)} to '
                f"{format_time(end_us)}",
                "go by the times of the volumes; ask which are meant, and revise the others",
            )


def _has_time(minute: int, start_us: int, end_us: int) -> bool:
    """Say whether a time of day occurs within a period, one minute more or less."""
    first_us, last_us = start_us - TIME_TOLERANCE_US, end_us + TIME_TOLERANCE_US
    moment_us = minute * (DAY_US // MINUTES_PER_DAY)
    return first_us + (moment_us - first_us) % DAY_US <= last_us


def _has_day(said: Date, start_us: int, end_us: int) -> bool:
    """Say whether a day, in whatever zone, has a moment in a period; of some year, if of none."""
    around = datetime.fromtimestamp(start_us // SECOND_US, UTC).year
    last = datetime.fromtimestamp(end_us // SECOND_US, UTC).year
    # A day without a year comes round within one year on either side, or the period has it anyway.
    years = (said.year,) if said.year else range(around - 1, min(last, around + 1) + 2)
    for year in years:
        day_us = calendar.timegm((year, said.month, said.day, 0, 0, 0)) * SECOND_US
        if day_us - DAY_MARGIN_US <= end_us and start_us <= day_us + DAY_US + DAY_MARGIN_US:
            return True
    return False


def _too_large(volumes: Sequence[Volume4D], letter: Letter) -> Iterator[Problem]:
    """Flag an area larger than the letter allows: that of all different outlines, added up."""
    square_km = covered_m2(volumes, letter.limits.area_km2 * 1e6) / 1e6
    if square_km > letter.limits.area_km2:
        yield Problem(
            "airspace.area-too-large",
            "volumes",
            f"cover {square_km:.0f} square km together; the letter allows "
            f"{letter.limits.area_km2:.0f}",
            "announce the area that is needed, or send a notice for each part and time",
        )


def _too_far_ahead(
    message: Notice | Revision, letter: Letter, now_us: int | None
) -> Iterator[Problem]:
    """Flag the first volume that starts beyond the letter's horizon."""
    if now_us is None:
        return
    horizon_us = now_us + letter.limits.horizon_days * DAY_US
    for index, volume in enumerate(message.volumes):
        start_us = volume.start_us
        if start_us is not None and start_us > horizon_us:
            days = (start_us - now_us) / DAY_US
            yield Problem(
                "airspace.beyond-horizon",
                f"volumes[{index}].time_start",
                f"lies {days:.1f} days ahead; the letter allows {letter.limits.horizon_days:g}",
                "check the date; announce it again when it is nearer",
            )
            return
