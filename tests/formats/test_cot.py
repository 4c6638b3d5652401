from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest

from hotline.errors import ModelError
from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.formats.cot import AreaEvent, area_events, removal_event
from hotline.formats.losses import Effect
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence, Status
from hotline.model.letter import AltitudeMargin
from hotline.model.messages import Revision
from hotline.model.times import parse_time
from hotline.model.volume import Altitude, Circle, Corridor, Position, Volume4D
from tests.model.samples import END, NOW_US, START, notice, shaped, volume

CIRCLE = shaped(Circle(Position(34.0, 33.0), 5000.0))
CORRIDOR = shaped(Corridor((Position(34.0, 33.0), Position(34.5, 33.0)), 4000.0))
EVENT = {"version", "uid", "type", "how", "time", "start", "stale", "opex"}


def events_of(
    *volumes: Volume4D, status: Status | None = Status.ACTUAL, centre: str = "iaf", **words: object
) -> list[AreaEvent]:
    """Return the events of a notice."""
    sample = notice(volumes=volumes, **words)
    announcement = Announcement(sample, Precedence.FLASH, centre, status)
    return area_events(announcement, AltitudeMargin(), NOW_US)[0]


def parsed(*volumes: Volume4D, status: Status = Status.ACTUAL, **words: object) -> list[Element]:
    """Return the events of a notice as elements."""
    return [fromstring(event.data) for event in events_of(*volumes, status=status, **words)]  # type: ignore[arg-type]


def test_an_event_has_every_attribute_that_the_schema_requires() -> None:
    """Version 2.0, uid, type, how and times; a point with all five numbers; a detail."""
    for event in parsed(volume(), CIRCLE, CORRIDOR):
        assert event.tag == "event"
        assert set(event.attrib) == EVENT
        assert event.get("version") == "2.0"
        point, detail = event
        assert set(point.attrib) == {"lat", "lon", "hae", "ce", "le"}
        assert all(float(value) is not None for value in point.attrib.values())
        assert [child.tag for child in detail] == ["contact", "shape", "remarks"]


def test_an_area_is_a_marker_and_no_drawing_so_that_it_expires() -> None:
    """ATAK never removes a stale u-d-f; a marker with a shape it does, at the end of the volume."""
    (event,) = parsed(volume())
    assert str(event.get("type")).startswith("a-")
    assert event.get("start") == START.replace("Z", ".000Z")
    assert event.get("stale") == END.replace("Z", ".000Z")
    assert event.get("time") == "2026-03-01T10:00:00.000Z"


def test_shapes_are_a_closed_polyline_or_an_ellipse() -> None:
    """The ring is closed twice, by the attribute and by its last vertex."""
    square, circle, corridor = parsed(volume(), CIRCLE, CORRIDOR)
    for event, least in ((square, 5), (corridor, 20)):
        line = event.find("detail/shape/polyline")
        assert line is not None
        assert line.get("closed") == "true"
        vertices = [vertex.attrib for vertex in line]
        assert vertices[0] == vertices[-1]
        assert len(vertices) >= least
        assert set(vertices[0]) == {"lat", "lon", "hae"}
    ellipse = circle.find("detail/shape/ellipse")
    assert ellipse is not None
    assert ellipse.attrib == {"major": "5000.0", "minor": "5000.0", "angle": "360"}


def test_the_point_bounds_the_area() -> None:
    """Centre and circular error hold the circle, height and linear error the levels."""
    low, high = Altitude(1000.0, "m", "wgs84"), Altitude(3000.0, "m", "wgs84")
    (event,) = parsed(shaped(Circle(Position(34.0, 33.0), 5000.0)), CIRCLE)[:1]
    point = event.find("point")
    assert point is not None
    assert (float(point.attrib["lat"]), float(point.attrib["ce"])) == (34.0, 5000.0)
    (event,) = parsed(volume(altitude_lower=low, altitude_upper=high))
    point = event.find("point")
    assert point is not None
    assert (point.attrib["hae"], point.attrib["le"]) == ("2000.0", "1000.0")
    (event,) = parsed(volume(altitude_lower=None))
    point = event.find("point")
    assert point is not None
    assert (point.attrib["hae"], point.attrib["le"]) == ("9999999.0", "9999999.0")


def test_a_revision_has_the_uids_of_its_notice() -> None:
    """So it replaces what was shown; another notice, volume or centre has others."""
    first = events_of(volume(), CIRCLE)
    revised = Announcement(
        Revision("IAF-0001", 2, "New", "patrol", (volume(), CIRCLE)),
        Precedence.FLASH,
        "iaf",
        Status.ACTUAL,
    )
    second, _ = area_events(revised, AltitudeMargin(), NOW_US)
    assert [event.uid for event in first] == [event.uid for event in second]
    assert b"revision 2" in second[0].data
    others = [
        *first,
        *events_of(volume(), reference="IAF-0002"),
        *events_of(volume(), centre="hmeimim"),
    ]
    assert len({event.uid for event in others}) == 4


@pytest.mark.parametrize(
    ("status", "opex"), [(Status.ACTUAL, "o"), (Status.EXERCISE, "e"), (Status.TEST, "s")]
)
def test_the_status_is_in_the_event_and_before_every_eye(status: Status, opex: str) -> None:
    """Opex for machines; callsign and remarks for people, of what is not real."""
    (event,) = parsed(volume(), status=status)
    callsign = str(event.find("detail/contact").get("callsign"))  # type: ignore[union-attr]
    remarks = str(event.findtext("detail/remarks"))
    assert event.get("opex") == opex
    marked = status is not Status.ACTUAL
    assert callsign.startswith(f"{status.upper()} ") == marked
    assert remarks.startswith(f"{status.upper()} ONLY\n") == marked


def test_remarks_keep_the_words_and_the_levels_as_announced() -> None:
    """What the map cannot show can be read, in every script."""
    (event,) = parsed(volume(), remarks="Два\n«<&>»\x00", contact="Desk 1")
    remarks = str(event.findtext("detail/remarks")).split("\n")
    assert remarks == [
        "IAF-0001 of iaf, FLASH",
        "patrol: Patrol",
        "FL180 to FL240",
        "2026-03-01 11:00:00 UTC to 2026-03-01 13:00:00 UTC",
        "Два",
        "«<&>»\N{REPLACEMENT CHARACTER}",
        "contact: Desk 1",
    ]


def test_one_line_is_one_event() -> None:
    """A server's stream is events one after the other; a file of them is lines."""
    announcement = Announcement(
        notice(volumes=(volume(), CIRCLE), remarks="a\nb"), Precedence.FLASH, "iaf", Status.TEST
    )
    lines = write(announcement, Format.COT, Wishes(NOW_US)).data.splitlines()
    assert [fromstring(line).tag for line in lines] == ["event", "event"]


def test_open_times_are_shown_from_now_for_a_day() -> None:
    """What has no end is said again by the bridge, and told of as a loss here."""
    announcement = Announcement(
        notice(volumes=(volume(time_start="", time_end="soon", altitude_upper=None),)),
        Precedence.FLASH,
        "iaf",
        Status.ACTUAL,
    )
    (event,), losses = area_events(announcement, AltitudeMargin(), NOW_US)
    assert event.stale_us == parse_time("2026-03-02T10:00:00Z")
    assert b'start="2026-03-01T10:00:00.000Z"' in event.data
    assert {loss.field: loss.effect for loss in losses} == {
        "volumes[0].altitude_lower": Effect.APPROXIMATE,
        "volumes[0].time_start": Effect.APPROXIMATE,
        "volumes[0].time_end": Effect.APPROXIMATE,
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reference": ""}, "formats.no-reference"),
        ({"centre": ""}, "formats.no-centre"),
        ({"status": None}, "formats.no-status"),
    ],
)
def test_what_cannot_be_told_from_others_is_refused(changes: dict[str, object], code: str) -> None:
    """Two areas never share a uid, and an exercise never looks real."""
    with pytest.raises(ModelError) as caught:
        events_of(volume(), **changes)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_removal_names_the_area_and_is_stale_at_once() -> None:
    """ATAK's delete: t-x-d-d, a link to the uid, forced; gone by the time it is read."""
    (shown,) = events_of(volume())
    event = fromstring(removal_event(shown.uid, NOW_US))
    assert event.get("type") == "t-x-d-d"
    assert event.get("stale") == event.get("time")
    link = event.find("detail/link")
    assert link is not None
    assert link.get("uid") == shown.uid
    assert event.get("uid") != shown.uid
    assert event.find("detail/__forcedelete") is not None
    assert set(event[0].attrib) == {"lat", "lon", "hae", "ce", "le"}


def outside_of(*planned: Volume4D, outside: tuple[Volume4D, ...], life: str) -> list[Element]:
    """Return the events of what flies in other volumes than it should."""
    announcement = Announcement(
        notice(volumes=planned), Precedence.FLASH, "iaf", Status.ACTUAL, off_nominal=outside
    )
    events, _ = area_events(announcement, AltitudeMargin(), NOW_US, life=life)
    assert len({event.uid for event in events}) == len(events)
    return [fromstring(event.data) for event in events]


@pytest.mark.parametrize("count", [1, 2])
def test_where_it_is_outside_of_its_volumes_is_an_area_of_its_own(count: int) -> None:
    """From now on and beyond its end, under a uid of its own, and said to be outside."""
    first, *outside = outside_of(volume(), outside=(CIRCLE,) * count, life="nonconforming")
    remarks = [event.findtext("detail/remarks") or "" for event in (first, *outside)]
    assert ["OUTSIDE" in text for text in remarks] == [False] + [True] * count
    assert all("nonconforming: shown until its end is said" in text for text in remarks)
    names = [event.find("detail/contact").get("callsign") for event in outside]  # type: ignore[union-attr]
    assert len(set(names)) == count
    assert all(str(event.get("stale")) > END for event in (first, *outside))
    assert all(str(event.get("start")) <= str(event.get("time")) for event in outside)
