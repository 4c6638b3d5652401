from __future__ import annotations

import json
from typing import Any

import pytest

from hotline.errors import HotlineError
from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.formats.given import Given
from hotline.formats.reading import read
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence, Status
from hotline.model.volume import Circle, Corridor, Position, Volume4D
from tests.model.samples import NOW_US, notice, polygon, shaped, volume

CIRCLE = shaped(Circle(Position(34.0, 33.0), 5000.0))
CORRIDOR = shaped(Corridor((Position(10.0, 179.0), Position(12.0, -179.0)), 4000.0))
TURNED = shaped(polygon((34, 33), (34, 34), (33, 33)))


def written(*volumes: Volume4D, drawn: bool = False) -> Any:
    """Return a notice of an exercise as a GeoJSON object."""
    announcement = Announcement(notice(volumes=volumes), Precedence.ROUTINE, "iaf", Status.EXERCISE)
    return json.loads(write(announcement, Format.GEOJSON, Wishes(NOW_US, drawn=drawn)).data)


def refused(value: object) -> str:
    """Return the code for which an object is refused."""
    with pytest.raises(HotlineError) as caught:
        read(json.dumps(value).encode(), Given())
    assert caught.value.hint
    return caught.value.code


def test_a_plain_ring_needs_no_exact_property() -> None:
    """A counter-clockwise polygon, a circle and a line are what our own reader takes."""
    plain = shaped(polygon((33, 33), (33, 34), (34, 33)))
    for feature in written(plain, CIRCLE)["features"]:
        assert "exact" not in feature["properties"]


def test_the_collection_is_marked_as_an_exercise() -> None:
    """Whoever opens the file in a map sees what it is worth."""
    assert written(CIRCLE)["name"].startswith("EXERCISE IAF-0001")


def test_rings_are_closed_counter_clockwise_and_cut() -> None:
    """As RFC 7946 has it; a corridor over the antimeridian is cut as well."""
    turned, line = written(TURNED, CORRIDOR)["features"]
    (ring,) = turned["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert ring[1] == [33.0, 33.0]
    assert line["geometry"]["type"] == "MultiLineString"
    assert line["properties"]["exact"]["type"] == "LineString"
    over = shaped(polygon((10, 179), (10, -179), (12, -179)))
    assert written(over)["features"][0]["geometry"]["type"] == "MultiPolygon"


def test_every_outline_is_a_polygon_when_drawn_for_maps() -> None:
    """Circles and corridors have corners then, and long edges are divided."""
    features = written(TURNED, CIRCLE, CORRIDOR, drawn=True)["features"]
    kinds = [feature["geometry"]["type"] for feature in features]
    assert kinds == ["Polygon", "Polygon", "MultiPolygon"]
    assert len(features[0]["geometry"]["coordinates"][0]) > 20


def test_a_drawing_that_was_moved_is_refused() -> None:
    """An edited export is not silently sent as it was before."""
    value = written(TURNED)
    value["features"][0]["geometry"]["coordinates"][0][1][0] += 0.1
    assert refused(value) == "formats.exact-differs"
    value["features"][0]["geometry"] = None
    assert refused(value) == "formats.exact-differs"


def test_a_radius_that_was_changed_beside_its_drawing_is_refused() -> None:
    """A drawn circle with another number beside it is two circles: nobody knows which."""
    value = written(CIRCLE, drawn=True)
    value["features"][0]["properties"]["radius_m"] = 50.0
    assert refused(value) == "formats.exact-differs"


def test_a_rounded_drawing_is_still_the_same() -> None:
    """Map tools write seven digits or fewer."""
    value = written(shaped(polygon((34.12345678, 33), (34, 34), (33, 33))))
    exact = read(json.dumps(value).encode(), Given()).fields["volumes"]
    ring = value["features"][0]["geometry"]["coordinates"][0]
    value["features"][0]["geometry"]["coordinates"][0] = [
        [round(number, 6) for number in point] for point in ring
    ]
    assert read(json.dumps(value).encode(), Given()).fields["volumes"] == exact


@pytest.mark.parametrize(
    ("exact", "code"),
    [
        (3, "model.geojson-geometry"),
        ({"type": "Point", "coordinates": [1, 2]}, "model.geojson-size"),
        ({"type": "Polygon", "coordinates": [[["x", 2], ["x", 2]]]}, "formats.bad-exact"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [1, 2]]]}, "formats.bad-exact"),
        ({"type": "MultiPolygon", "coordinates": []}, "formats.bad-exact"),
        (
            {"type": "Polygon", "coordinates": [[[1, 2], [1, 200], [2, 2], [1, 2]]]},
            "formats.bad-exact",
        ),
    ],
)
def test_an_exact_geometry_that_is_none_is_refused(exact: object, code: str) -> None:
    """What stands beside the drawing is checked before it is believed."""
    value = written(TURNED)
    value["features"][0]["properties"]["exact"] = exact
    assert refused(value) == code


@pytest.mark.parametrize("feature", [3, None, {"type": "Feature", "properties": 3}])
def test_features_that_are_none_are_the_readers_to_refuse(feature: object) -> None:
    """The codes of docs/spec/notice.md hold here too."""
    value = {"type": "FeatureCollection", "features": [feature]}
    assert refused(value).startswith("model.geojson-")
    assert refused({"type": "FeatureCollection", "features": 3}) == "model.geojson-empty"


def test_a_single_feature_is_read_too() -> None:
    """Map tools export one Feature as it is."""
    (feature,) = written(TURNED)["features"]
    found = read(json.dumps(feature).encode(), Given())
    assert found.format is Format.GEOJSON
    assert found.fields["title"] == "Patrol"


def test_bent_edges_are_told_of() -> None:
    """A reader that draws edges straight in latitude and longitude is off, and by how much."""
    long = Announcement(
        notice(volumes=(shaped(polygon((60, 0), (60, 10), (61, 10))),)), Precedence.ROUTINE
    )
    (loss,) = write(long, Format.GEOJSON, Wishes(NOW_US)).losses
    assert loss.field == "volumes[0].outline_polygon"
    assert "11 2" in loss.text
    assert write(long, Format.GEOJSON, Wishes(NOW_US, drawn=True)).losses == ()


def test_levels_that_were_given_fill_in_what_is_missing() -> None:
    """Options of whoever converts do not replace what the map says."""
    value = written(volume(), CIRCLE)
    del value["features"][1]["properties"]["altitude_lower"]
    found = read(json.dumps(value).encode(), Given(lower="FL10", title="Other", radius_m=3.0))
    first, second = found.fields["volumes"]  # type: ignore[misc]
    assert first["altitude_lower"]["value"] == 180  # type: ignore[has-type]
    assert second["altitude_lower"] == "FL10"  # type: ignore[has-type]
    assert found.fields["title"] == "Other"
