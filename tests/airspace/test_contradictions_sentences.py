"""The checked list: what each of some 380 sentences says against an area, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.airspace.contradictions import contradictions
from hotline.model.kinds import Status
from hotline.model.letter import Letter, Separation
from hotline.model.messages import Notice
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

LETTER = Letter(
    title="Letter",
    edition="1",
    status=Status.TEST,
    epoch=1,
    centres=("iaf", "hmeimim"),
    dials="iaf",
    separation=Separation(lateral_m=5556.0, vertical_m=600.0, time_s=60.0),
)


def circle(lat: float, lon: float, radius_m: float) -> Volume4D:
    """Return a circle at FL180 to FL240 on 1 March 2026 from 10:00 to 11:30 UTC."""
    return volume(outline_circle=Circle(Position(lat, lon), radius_m))


def volume(
    outline_polygon: Polygon | None = None,
    outline_circle: Circle | None = None,
    corridor: Corridor | None = None,
) -> Volume4D:
    """Return an outline with the levels and times of all areas of the list."""
    return Volume4D(
        outline_polygon,
        outline_circle,
        corridor,
        altitude_lower=Altitude(180.0, "fl", "standard"),
        altitude_upper=Altitude(240.0, "fl", "standard"),
        time_start="2026-03-01T10:00:00Z",
        time_end="2026-03-01T11:30:00Z",
    )


AREAS = {
    "coast": circle(35.5, 35.7, 15_000.0),
    "sea": circle(35.5, 35.3, 10_000.0),
    "homs": circle(34.7, 37.2, 10_000.0),
    "galilee": circle(33.0, 35.4, 8_000.0),
    "cyprus": volume(
        outline_polygon=Polygon((Position(34.1, 32.6), Position(34.1, 33.4), Position(33.6, 33.4)))
    ),
}
LINES = [
    tuple(column.strip() for column in line.split("|"))
    for line in (Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def flags(area: str, field: str, sentence: str) -> str:
    """Return the flags that a sentence gets, as the list writes them."""
    notice = Notice(
        reference="IAF-0001",
        activity="strike",
        volumes=(AREAS[area],),
        title=sentence if field == "title" else "Activity",
        remarks=sentence if field == "remarks" else "",
    )
    found = contradictions(notice, LETTER, None)
    assert all(problem.field == field for problem in found)
    codes = {problem.code.removeprefix("airspace.").removesuffix("-differs") for problem in found}
    return ",".join(sorted(codes)) or "-"


@pytest.mark.parametrize(("area", "field", "expected", "sentence"), LINES)
def test_sentence(area: str, field: str, expected: str, sentence: str) -> None:
    """A sentence of the list gets the flags that somebody who read it would give, and no others."""
    assert flags(area, field, sentence) == expected


def test_list_is_large_and_mostly_harmless() -> None:
    """The list has 150 sentences and more, at least a third of them without a flag."""
    assert len(LINES) >= 150
    assert len([line for line in LINES if line[2] == "-"]) * 3 >= len(LINES)
