"""Activities to be compared, and how hypothesis draws them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from msgspec.structs import replace

from hotline.airspace.activity import Planned, plan
from hotline.airspace.terms import Terms
from hotline.model.kinds import Precedence
from hotline.model.letter import AltitudeMargin
from hotline.model.messages import Notice
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

BEGIN_US = 1_772_359_200 * SECOND_US
"""2026-03-01 10:00 UTC."""
HOUR_US = 3600 * SECOND_US
MARGIN = AltitudeMargin(
    geoid_m=(10.0, 40.0), terrain_m=(-430.0, 4000.0), pressure_m=450.0, pressure_percent=10.0
)
TERMS = Terms(lateral_m=5_000.0, vertical_m=300.0, time_us=300 * SECOND_US, margin=MARGIN)
HERE = Position(34.0, 33.0)


def fl(level: float) -> Altitude:
    """Return a flight level."""
    return Altitude(float(level), "fl", "standard")


def feet(value: float, reference: str = "msl") -> Altitude:
    """Return an altitude in feet."""
    return Altitude(float(value), "ft", reference)


def metres(value: float, reference: str = "wgs84") -> Altitude:
    """Return an altitude in metres, above the ellipsoid unless said otherwise."""
    return Altitude(float(value), "m", reference)


def at(us: int) -> str:
    """Return the time so many microseconds after the beginning."""
    return format_time(BEGIN_US + us)


def volume(
    center: Position = HERE,
    radius_m: float = 10_000.0,
    *,
    lower: Altitude | None = fl(180),  # noqa: B008 - frozen
    upper: Altitude | None = fl(200),  # noqa: B008 - frozen
    start: str = "2026-03-01T10:00:00Z",
    end: str = "2026-03-01T11:00:00Z",
) -> Volume4D:
    """Return a circle with levels and times."""
    return Volume4D(
        outline_circle=Circle(center, radius_m),
        altitude_lower=lower,
        altitude_upper=upper,
        time_start=start,
        time_end=end,
    )


def planned(
    reference: str,
    *volumes: Volume4D,
    centre: str = "iaf",
    precedence: Precedence = Precedence.ROUTINE,
    beside: Sequence[Volume4D] = (),
) -> Planned:
    """Return an activity of these volumes; of a sound one where none is given."""
    notice = Notice(
        reference=reference, title="Patrol", activity="patrol", volumes=volumes or (volume(),)
    )
    return plan(centre, notice, precedence, beside=beside)


def ours(*volumes: Volume4D, precedence: Precedence = Precedence.ROUTINE) -> Planned:
    """Return an activity of hmeimim."""
    return planned("HM-0003", *volumes, centre="hmeimim", precedence=precedence)


def theirs(*volumes: Volume4D, precedence: Precedence = Precedence.ROUTINE) -> Planned:
    """Return an activity of iaf."""
    return planned("IAF-0007", *volumes, centre="iaf", precedence=precedence)


def positions(side: float = 0.5) -> st.SearchStrategy[Position]:
    """Draw positions within so many degrees of `HERE`."""
    return st.builds(
        Position,
        st.floats(HERE.lat - side, HERE.lat + side),
        st.floats(HERE.lon - side, HERE.lon + side),
    )


LEVELS = st.one_of(
    st.none(),
    st.integers(0, 300).map(fl),
    st.integers(0, 30_000).map(feet),
    st.integers(0, 9_000).map(metres),
    st.integers(0, 3_000).map(lambda value: feet(value, "ground")),
    st.just(Altitude(3.0, "furlong", "msl")),
)
TIMES = st.one_of(
    st.integers(0, 6 * 3600).map(lambda second: at(second * SECOND_US)),
    st.sampled_from(["", "2026-03-01T10:00:00", "noon"]),
)


@st.composite
def volumes(draw: st.DrawFn) -> Volume4D:
    """Draw a volume that may have anything wrong in its heights or times, or have no outline."""
    found = Volume4D(
        altitude_lower=draw(LEVELS),
        altitude_upper=draw(LEVELS),
        time_start=draw(TIMES),
        time_end=draw(TIMES),
    )
    match draw(st.integers(0, 7)):
        case 0:
            corners = draw(st.lists(positions(), min_size=3, max_size=5))
            return replace(found, outline_polygon=Polygon(tuple(corners)))
        case 1:
            line = draw(st.lists(positions(), min_size=2, max_size=4))
            width_m = draw(st.floats(100, 20_000))
            return replace(found, corridor=Corridor(tuple(line), width_m))
        case 2:
            return found
        case _:
            circle = Circle(draw(positions()), draw(st.floats(100, 30_000)))
            return replace(found, outline_circle=circle)


def activities(centre: str, references: Sequence[str]) -> st.SearchStrategy[Planned]:
    """Draw activities of a centre."""
    return st.builds(
        lambda reference, drawn, precedence: planned(
            reference, *drawn, centre=centre, precedence=precedence
        ),
        st.sampled_from(references),
        st.lists(volumes(), min_size=1, max_size=3),
        st.sampled_from(Precedence),
    )
