from __future__ import annotations

import json

import pytest

from hotline.errors import HotlineError
from hotline.formats.given import Given
from hotline.formats.reading import read
from hotline.model.problem import RulesBroken
from hotline.model.reading import read_object
from tests.model.samples import NOW_US

FILLED = Given(
    title="Patrol",
    activity="patrol",
    lower="FL180",
    upper="FL200",
    start="2026-03-01T11:00:00Z",
    end="2026-03-01T12:00:00Z",
)
SQUARE = [(33.0, 34.0), (33.5, 34.0), (33.5, 33.5), (33.0, 33.5)]
MANY = [(33 + index / 20_000, 34 - (index % 2) / 1000) for index in range(10_001)]

Pairs = list[tuple[float, float]]


def geojson(ring: Pairs, *, closed: bool = True) -> bytes:
    """Return a ring of (longitude, latitude) as GeoJSON."""
    points = [list(point) for point in ([*ring, ring[0]] if closed else ring)]
    geometry = {"type": "Polygon", "coordinates": [points]}
    return json.dumps({"type": "Feature", "properties": {}, "geometry": geometry}).encode()


def kml(ring: Pairs, *, closed: bool = True) -> bytes:
    """Return a ring as KML."""
    text = " ".join(f"{lon},{lat}" for lon, lat in ([*ring, ring[0]] if closed else ring))
    return (
        "<kml xmlns='http://www.opengis.net/kml/2.2'><Placemark><Polygon><outerBoundaryIs>"
        f"<LinearRing><coordinates>{text}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        "</Placemark></kml>"
    ).encode()


def f3548(ring: Pairs, *, closed: bool = False) -> bytes:
    """Return a ring as F3548 has it, which does not close it."""
    points = [{"lat": lat, "lng": lon} for lon, lat in ([*ring, ring[0]] if closed else ring)]
    return json.dumps({"volumes": [{"volume": {"outline_polygon": {"vertices": points}}}]}).encode()


FORMS = {"geojson": geojson, "kml": kml, "f3548": f3548}


def take(data: bytes, given: Given = FILLED) -> tuple[str, ...]:
    """Return the codes for which a file is refused; none when it is taken."""
    try:
        found = read(data, given)
        read_object(found.fields, NOW_US)
    except RulesBroken as broken:
        assert all(problem.field and problem.hint for problem in broken.problems)
        return tuple(problem.code for problem in broken.problems)
    except HotlineError as error:
        assert ": " in error.message
        assert error.hint
        return (error.code,)
    return ()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("ring", "code"),
    [
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], "model.crossing-edges"),
        ([(33.0, 34.0), (33.5, 34.0), (34.0, 34.0)], "model.zero-area"),
        ([SQUARE[0], SQUARE[0], *SQUARE[1:]], "model.repeated-vertex"),
        ([(33.0, 91.0), *SQUARE[1:]], "model.bad-latitude"),
        ([(181.0, 34.0), *SQUARE[1:]], "model.bad-longitude"),
        (MANY, "model.too-many-vertices"),
    ],
)
def test_a_wrong_ring_is_refused_with_field_and_mend(form: str, ring: Pairs, code: str) -> None:
    """Crossed, flat, doubled, off the globe, too long: each by its own code, in every format."""
    assert code in take(FORMS[form](ring))


@pytest.mark.parametrize("form", FORMS)
def test_a_ring_may_be_given_either_way_round(form: str) -> None:
    """Clockwise or not means the same, and keeps its order."""
    assert take(FORMS[form](SQUARE)) == ()
    assert take(FORMS[form](SQUARE[::-1])) == ()


@pytest.mark.parametrize(
    ("form", "closed", "code"),
    [
        ("geojson", False, "model.geojson-open-ring"),
        ("kml", False, "formats.kml-open-ring"),
        ("f3548", True, "model.closed-ring"),
    ],
)
def test_a_ring_is_closed_as_its_format_has_it(form: str, closed: bool, code: str) -> None:
    """GeoJSON and KML close a ring, F3548 does not; the other way is refused with the mend."""
    maker = {"geojson": geojson, "kml": kml, "f3548": f3548}[form]
    assert take(maker(SQUARE, closed=closed)) == (code,)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_number_is_refused(form: str, number: str) -> None:
    """NaN and infinities are refused, however they are written."""
    data = FORMS[form](SQUARE).replace(b"33.5", number.encode())
    codes = take_any(data)
    assert set(codes) <= {"model.not-json", "formats.kml-coordinates", "model.not-finite"}
    assert codes


def take_any(data: bytes) -> tuple[str, ...]:
    """As `take`, for errors about the whole file, which name no field."""
    try:
        read_object(read(data, FILLED).fields, NOW_US)
    except RulesBroken as broken:
        return tuple({problem.code for problem in broken.problems})
    except HotlineError as error:
        assert error.hint
        return (error.code,)
    return ()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("lower", "upper", "start", "code"),
    [
        ("FL200", "FL180", "2026-03-01T11:00:00Z", "model.altitude-order"),
        ("3 furlong", "FL180", "2026-03-01T11:00:00Z", "model.bad-altitude"),
        ("FL180", "FL200", "2026-03-01T11:00:00", "model.time-without-zone"),
        ("FL180", "FL200", "2026-03-01T13:00:00Z", "model.time-order"),
    ],
)
def test_wrong_levels_and_times_are_refused(
    form: str, lower: str, upper: str, start: str, code: str
) -> None:
    """Levels the wrong way round, unknown units, times without a zone or backwards."""
    given = Given(
        title="T", activity="patrol", lower=lower, upper=upper, start=start, end=FILLED.end
    )
    assert take(FORMS[form](SQUARE), given) == (code,)


def test_unknown_units_in_f3548_are_refused() -> None:
    """Only what can be understood is taken: feet as F3548 would not write them, furlongs not."""
    volume = {
        "volume": {
            "outline_circle": {
                "center": {"lat": 34, "lng": 33},
                "radius": {"value": 5, "units": "FURLONG"},
            }
        }
    }
    assert take(json.dumps({"volumes": [volume]}).encode()) == ("model.wrong-radius",)
    level = {"value": 5, "units": "furlong", "reference": "W84"}
    inner = json.loads(f3548(SQUARE))["volumes"][0]["volume"] | {"altitude_lower": level}
    data = json.dumps({"volumes": [{"volume": inner}]}).encode()
    assert take(data) == ("model.unknown-unit",)


def test_a_field_beside_the_volumes_of_f3548_is_named() -> None:
    """Nothing is ignored silently."""
    assert take_any(b'{"volumes": [], "priority": 3}') == ("formats.f3548-field",)


@pytest.mark.parametrize("form", ["kml", "f3548"])
def test_what_a_map_does_not_say_is_asked_for_field_by_field(form: str) -> None:
    """Title, activity, levels and times are named, each with the option that adds it."""
    with pytest.raises(RulesBroken) as caught:
        read(FORMS[form](SQUARE), Given())
    assert [problem.field for problem in caught.value.problems] == [
        "title",
        "activity",
        "volumes[0].altitude_lower",
        "volumes[0].altitude_upper",
        "volumes[0].time_start",
        "volumes[0].time_end",
    ]
    assert {problem.code for problem in caught.value.problems} == {"formats.missing"}
    options = ("--title", "--activity", "--levels", "--levels", "--from", "--until")
    for problem, option in zip(caught.value.problems, options, strict=True):
        assert option in problem.hint


@pytest.mark.parametrize("data", [b"[]", b"3", b"null"])
def test_json_that_is_no_object_is_no_message(data: bytes) -> None:
    """A list or a number cannot be a notice."""
    assert take_any(data) == ("model.not-a-message",)


@pytest.mark.parametrize(
    "value", [{"volumes": 3}, {"volumes": [3]}, {"volumes": [{"volume": 3}]}, {"volumes": []}]
)
def test_strange_volumes_are_refused_by_the_model(value: object) -> None:
    """What F3548's volumes hold in place of volumes is named by the rules of the model."""
    assert take_any(json.dumps(value).encode())


@pytest.mark.parametrize("form", ["kml", "f3548"])
def test_whoever_fills_it_in_later_is_given_what_there_is(form: str) -> None:
    """With `may_lack` nothing is asked for, and what the map does say is there."""
    found = read(FORMS[form](SQUARE), Given(), may_lack=True)
    assert len(found.fields["volumes"]) == 1
