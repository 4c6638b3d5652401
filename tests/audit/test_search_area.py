"""Areas: what meets what, over the antimeridian, at the poles, and for any bytes as input."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.airspace.footprint import Footprint, footprint_of
from hotline.airspace.geodesy import ELLIPSOID
from hotline.airspace.lateral import lateral
from hotline.audit.export.maps import bounds, drawn, shapes_of
from hotline.audit.search.area import parse_area, places_of
from hotline.errors import HotlineError, UsageError
from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    Contingency,
    Nonconformance,
    Notice,
    Reply,
)
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D

lats = st.floats(-80, 80)
lons = st.floats(-180, 180)


def circle(lat: float, lon: float, radius_m: float) -> Volume4D:
    """Return a volume around a point."""
    return Volume4D(outline_circle=Circle(Position(lat, lon), radius_m))


def corridor(width_m: float, *points: tuple[float, float]) -> Volume4D:
    """Return a volume along points, given as latitude and longitude."""
    return Volume4D(corridor=Corridor(tuple(Position(*point) for point in points), width_m))


def polygon(*points: tuple[float, float]) -> Volume4D:
    """Return a volume within corners, given as latitude and longitude."""
    return Volume4D(outline_polygon=Polygon(tuple(Position(*point) for point in points)))


def touches(area: str, volume: Volume4D) -> bool:
    """Say whether a volume lies in an area as it is written."""
    return parse_area(area).touches(volume)


SQUARE = polygon((34, 33), (34, 34), (35, 34), (35, 33))


@pytest.mark.parametrize(
    ("area", "volume", "meets"),
    [
        # Boxes and polygons: within, around, touching at an edge or a corner, beside.
        ("34.2,33.2,34.4,33.4", SQUARE, True),
        ("30,30,40,40", SQUARE, True),
        ("35,33,36,34", SQUARE, True),
        ("35,34,36,35", SQUARE, True),
        # The northern edge is a geodesic: its middle lies 114 m north of its ends.
        ("35.001,33,36,34", SQUARE, True),
        ("35.0011,33,36,34", SQUARE, False),
        ("34.4,33.0,34.6,33.2", SQUARE, True),
        # The edges of a box are parallels, however long.
        ("0,-60,49.999,120", circle(50, 30, 100.0), False),
        ("0,-60,49.999,120", circle(50, 30, 120.0), True),
        ("50.001,-60,89,120", circle(50, 30, 100.0), False),
        ("50.001,-60,89,120", circle(50, 30, 120.0), True),
        ("34,33,34,34", SQUARE, True),
        ("34.5,30,34.5,40", SQUARE, True),
        ("34.5,33.5,34.5,33.5", SQUARE, True),
        ("33.9,33.5,33.9,33.5", SQUARE, False),
        ("30,33.5,40,33.5", SQUARE, True),
        # An area in the bay of a polygon is not in it, though it is in its bounding box.
        ("34.4,33.4,34.6,33.6", polygon((34, 33), (34, 34), (34.1, 33.1), (35, 33)), False),
        # Circles: a degree of latitude is 60 nm.
        ("34,33,60.1nm", circle(35, 33, 10.0), True),
        ("34,33,59nm", circle(35, 33, 10.0), False),
        ("34,33,59nm", circle(35, 33, 2000.0), True),
        ("34,33,111.5km", circle(35, 33, 0.0), True),
        ("34,33,110000m", circle(35, 33, 0.0), False),
        # East and west a degree is shorter: 49.9 nm at this latitude.
        ("34,33,50.2nm", circle(34, 34, 0.0), True),
        ("34,33,49nm", circle(34, 34, 0.0), False),
        # Corridors, and how wide they are.
        ("34.5,33,10nm", corridor(1000, (33, 30), (33, 36)), False),
        ("33.05,33,2nm", corridor(8000, (33, 30), (33, 36)), True),
        # The line is a geodesic: it runs 4 km north of its parallel in the middle.
        ("33.035,33,1nm", corridor(1000, (33, 30), (33, 36)), True),
        ("33,33,1nm", corridor(1000, (33, 30), (33, 36)), False),
        ("33.08,33,1nm", corridor(1000, (33, 30), (33, 36)), False),
        # Over the antimeridian: boxes, circles, polygons, corridors.
        ("-1,179,1,-179", circle(0, -179.5, 1000), True),
        ("-1,179,1,-179", circle(0, 0, 1000), False),
        ("0,179.9,20nm", circle(0, -179.9, 1000), True),
        ("0,179.9,5nm", circle(0, -179.9, 1000), False),
        ("-0.5,-179.9,0.5,-179.5", polygon((-1, 179), (1, 179), (1, -179), (-1, -179)), True),
        ("-0.5,0,0.5,1", polygon((-1, 179), (1, 179), (1, -179), (-1, -179)), False),
        ("-1,-180,1,-179.9", corridor(500, (0, 179), (0, -179)), True),
        # Near a pole: the nearer cap is meant by a ring once round the globe.
        ("89,0,1nm", polygon((80, 0), (80, 90), (80, 180), (80, -90)), True),
        ("70,0,1nm", polygon((80, 0), (80, 90), (80, 180), (80, -90)), False),
        # What crosses itself is looked at as it would be drawn.
        ("34.9,33.4,34.95,33.6", polygon((34, 33), (35, 34), (35, 33), (34, 34)), True),
        ("34.4,33.0,34.6,33.2", polygon((34, 33), (35, 34), (35, 33), (34, 34)), False),
        # Without a place on the globe there is nothing to meet.
        ("-90,-180,90,180", circle(200, 33, 1000), False),
        ("-90,-180,90,180", circle(34, math.inf, 1000), False),
        ("-90,-180,90,180", circle(math.nan, 33, 1000), False),
        ("-90,-180,90,180", circle(34, 33, -5), False),
        ("-90,-180,90,180", circle(34, 33, math.nan), False),
        ("-90,-180,90,180", polygon(), False),
        ("-90,-180,90,180", Volume4D(), False),
        # Fewer corners than a polygon has are a line, or a point.
        ("34,33,1nm", polygon((34, 33)), True),
        ("34.5,33,1nm", polygon((34, 33), (35, 33)), True),
    ],
)
def test_what_lies_in_an_area(area: str, volume: Volume4D, meets: bool) -> None:
    """True geometry, not bounding boxes; limits are closed; the globe is round."""
    assert touches(area, volume) is meets


@given(lats, lons, st.floats(0, 360), st.floats(100, 200_000))
@settings(max_examples=60, deadline=None)
def test_a_circle_ends_where_its_radius_does(
    lat: float, lon: float, bearing: float, radius_m: float
) -> None:
    """A point at a known distance along the geodesic is in just beyond it, out just before."""
    there_lon, there_lat, _ = ELLIPSOID.fwd(lon, lat, bearing, radius_m)
    spot = circle(there_lat, there_lon, 0.0)
    assert touches(f"{lat:.9f},{lon:.9f},{radius_m * 1.0001 + 0.01:.3f}m", spot)
    assert not touches(f"{lat:.9f},{lon:.9f},{radius_m * 0.9999 - 0.01:.3f}m", spot)


@given(st.lists(st.tuples(lats, lons), min_size=3, max_size=8), lats, lons)
@settings(max_examples=60, deadline=None)
def test_searching_is_what_the_airspace_compares(
    corners: list[tuple[float, float]], lat: float, lon: float
) -> None:
    """A volume lies in a circle exactly if the two footprints meet."""
    found = footprint_of(polygon(*corners))
    around = footprint_of(circle(lat, lon, 50_000.0))
    assert isinstance(around, Footprint)
    meets = isinstance(found, Footprint) and lateral(found, around, beyond_m=0.0) is not None
    assert touches(f"{lat:.17f},{lon:.17f},50km", polygon(*corners)) is meets


@pytest.mark.parametrize(
    ("volume", "box"),
    [
        (SQUARE, (33.0, 34.0, 34.0, 35.0)),
        (polygon((-1, 179), (1, 179), (1, -179), (-1, -179)), (179.0, -1.0, -179.0, 1.0)),
        (circle(0, 0, 111_195.0), (-1.0, -1.0, 1.0, 1.0)),
    ],
)
def test_bounds_and_drawings_are_for_maps(
    volume: Volume4D, box: tuple[float, float, float, float]
) -> None:
    """West lies east of east over the antimeridian, and no drawing leaves -180 to 180."""
    shapes = list(shapes_of(volume))
    assert bounds(shapes) == pytest.approx(box, abs=1e-6)
    shown = drawn(shapes)
    assert shown is not None
    west, south, east, north = shown.bounds
    assert west >= -180
    assert east <= 180
    assert (south, north) == pytest.approx((box[1], box[3]), abs=1e-6)
    assert shown.is_valid


def test_only_what_was_announced_or_proposed_has_a_place() -> None:
    """Notices and where they flew instead, positions, counter-proposals; no read-back."""
    volume = circle(34, 33, 1000)
    for kind in (Nonconformance, Contingency):
        assert len(list(places_of(kind(volumes=(volume,))))) == 1
    assert len(list(places_of(Conflict(position=Position(34, 33))))) == 1
    assert len(list(places_of(Conflict()))) == len(list(places_of(Activation()))) == 0
    assert len(list(places_of(Notice(volumes=(volume, volume))))) == 2
    assert len(list(places_of(Advisory(position=Position(34, 33))))) == 1
    assert len(list(places_of(Advisory()))) == 0
    assert len(list(places_of(Reply(proposal=(volume,))))) == 1


def feature(geometry: object, **properties: object) -> str:
    """Return GeoJSON of one feature."""
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": properties})


def turned(ring: list[list[float]], turn: float) -> list[list[float]]:
    """Return a ring drawn on another copy of the world, as maps that go round and round do."""
    return [[lon - turn, lat] for lon, lat in ring]


RING = [[32.9, 33.9], [34.1, 33.9], [34.1, 35.1], [32.9, 35.1], [32.9, 33.9]]
SMALL = [[33.5, 34.5], [33.6, 34.5], [33.6, 34.6], [33.5, 34.6], [33.5, 34.5]]
HOLE = [[32.95, 33.95], [34.05, 33.95], [34.05, 35.05], [32.95, 35.05], [32.95, 33.95]]


@pytest.mark.parametrize(
    ("text", "meets"),
    [
        (feature({"type": "Polygon", "coordinates": [RING]}, stroke="#f00"), True),
        (feature({"type": "Polygon", "coordinates": [RING, HOLE]}), False),
        (feature({"type": "MultiPolygon", "coordinates": [[RING], [HOLE]]}), True),
        (feature({"type": "Point", "coordinates": [33.5, 36, 120]}, radius_m=112_000), True),
        (feature({"type": "Point", "coordinates": [33.5, 36]}), False),
        (feature({"type": "LineString", "coordinates": [[30, 34.5], [40, 34.5]]}), True),
        (feature({"type": "LineString", "coordinates": [[30, 33], [40, 33]]}, width_m=9), False),
        (
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [json.loads(feature({"type": "Polygon", "coordinates": [RING]}))],
                }
            ),
            True,
        ),
        (json.dumps({"type": "Polygon", "coordinates": [RING]}), True),
        (
            json.dumps({"type": "Polygon", "coordinates": [turned(RING, 360), turned(HOLE, 360)]}),
            False,
        ),
        (json.dumps({"type": "Polygon", "coordinates": [RING, SMALL]}), True),
    ],
)
def test_an_area_may_be_drawn(text: str, meets: bool) -> None:
    """GeoJSON as map tools write it, foreign properties and heights and holes included."""
    assert touches(text, SQUARE) is meets


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "1,2,3",
        "1,2,3,4,5",
        "91,0,1nm",
        "0,181,1nm",
        "0,0,1mi",
        "0,0,-1nm",
        "0,0,nannm",
        "0,0,99999999nm",
        "35,33,34,34",
        "a,b,c,d",
        "1e3,0,0,0",
        "{}",
        "{",
        '{"type":"Polygon"}',
        '{"type":"Polygon","coordinates":[[[0,0],[1,"x"]]]}',
        '{"type":"Polygon","coordinates":[[[0,95],[1,1],[2,2]]]}',
        '{"type":"Feature","geometry":null}',
        '{"type":"FeatureCollection","features":[]}',
        '{"type":"Point","coordinates":[0,0],"coordinates":[1,1]}',
        '{"type":"Topology"}',
        '{"type":"GeometryCollection","geometries":' * 30 + "1" + "}" * 30,
    ],
)
def test_an_area_that_is_none_is_refused(text: str) -> None:
    """With one code, and both ways to write one in the hint."""
    with pytest.raises(UsageError) as caught:
        parse_area(text)
    assert caught.value.code == "search.bad-area"
    assert "S,W,N,E" in caught.value.hint


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "coordinates", "features", "geometry", "geometries"]), inner
        )
    ),
    max_leaves=8,
)
types = st.sampled_from(
    ["Polygon", "MultiPolygon", "Point", "LineString", "Feature", "FeatureCollection", "x"]
)


@given(
    st.text(max_size=40)
    | st.builds(
        lambda t, v: json.dumps(v | {"type": t}),
        types,
        st.dictionaries(st.sampled_from(["coordinates", "features", "geometry"]), json_values),
    )
)
@settings(max_examples=150, deadline=None)
def test_any_text_is_an_area_or_refused(text: str) -> None:
    """The contract of every reader of outside text: never any other exception."""
    try:
        area = parse_area(text)
    except HotlineError as error:
        assert error.code == "search.bad-area"
    else:
        area.touches(SQUARE)


def test_a_ring_of_many_crossings_takes_no_time() -> None:
    """A peer's outline of the most corners there may be, each edge across all others, is looked at.

    Cut into clean parts it would have some ten million, and hold up whoever searches.
    """
    corners = [(30 + (n * 7919 % 9973) / 9973, 30 + (n * 6007 % 9967) / 9967) for n in range(5000)]
    volume = polygon(*corners)
    assert touches("30.2,30.2,30.8,30.8", volume)
    assert not touches("29,29,29.9,29.9", volume)
    (shape,) = shapes_of(volume)
    assert shape.crossed
    assert drawn([shape]) is not None
    assert bounds([shape]) == pytest.approx((30, 30, 31, 31), abs=0.01)
