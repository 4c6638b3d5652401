"""`hotline airspace compare`: two files in, one relation out, without a node."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from hotline.model.strict_json import MAX_FILE_BYTES
from tests.cli.command import EXAMPLES, fails, hotline, hotline_json

COMPARE = ("airspace", "compare")
KEYS = {
    "traffic",
    "relation",
    "conflict",
    "one",
    "other",
    "distance_m",
    "vertical_m",
    "time_gap_s",
    "from",
    "until",
    "place",
    "altitude_lower_m",
    "altitude_upper_m",
    "levels",
    "margins",
    "reasons",
    "by_right",
    "gives_way",
    "volumes",
    "pairs",
    "minima",
    "sentence",
}


def level(value: float, *, reference: str = "W84", units: str = "M") -> dict[str, Any]:
    """Return one of F3548's altitudes."""
    return {"value": value, "reference": reference, "units": units}


def moment(text: str) -> dict[str, str]:
    """Return one of F3548's times."""
    return {"value": text, "format": "RFC3339"}


def f3548(**changes: Any) -> dict[str, Any]:
    """Return one of F3548's Volume4D, with parts of it replaced, or left out where None."""
    volume = {
        "outline_circle": {
            "center": {"lat": 34.0, "lng": 33.0},
            "radius": {"value": 10_000, "units": "M"},
        },
        "altitude_lower": level(1000),
        "altitude_upper": level(2000),
    }
    times = {
        "time_start": moment("2026-03-01T10:00:00Z"),
        "time_end": moment("2026-03-01T11:00:00Z"),
    }
    inner = {name: value for name, value in (volume | changes).items() if name not in times}
    outer = {name: value for name, value in (times | changes).items() if name in times}
    return {
        "volume": {name: value for name, value in inner.items() if value is not None},
    } | {name: value for name, value in outer.items() if value is not None}


def written(path: Path, *volumes: dict[str, Any], **words: Any) -> Path:
    """Write a file of volumes, with whatever else stands beside them."""
    path.write_text(json.dumps({"volumes": volumes} | words))
    return path


def polygon(*corners: tuple[float, float]) -> dict[str, Any]:
    """Return a volume with a polygon instead of the circle."""
    vertices = [{"lat": lat, "lng": lng} for lat, lng in corners]
    return f3548(outline_circle=None, outline_polygon={"vertices": vertices})


@pytest.fixture
def a(tmp_path: Path) -> Path:
    """Return a file with one sound volume."""
    return written(tmp_path / "a.json", f3548())


def test_two_files_of_volumes_alone_conflict(a: Path, tmp_path: Path) -> None:
    """F3548 as it is: without title, activity or precedence. All keys of the schema are there."""
    higher = level(1500)
    later = moment("2026-03-01T10:20:00+00:00")
    b = written(
        tmp_path / "b.json",
        polygon((34.0, 33.0), (34.2, 33.0), (34.2, 33.2)) | {"time_start": later},
    )
    inner = json.loads(b.read_text())
    inner["volumes"][0]["volume"]["altitude_lower"] = higher
    b.write_text(json.dumps(inner))
    found = hotline_json(*COMPARE, a, b)
    assert found.keys() == KEYS
    assert (found["relation"], found["conflict"]) == ("conflict", True)
    assert (found["distance_m"], found["vertical_m"], found["time_gap_s"]) == (0, 0, 0)
    assert (found["from"], found["until"]) == ("2026-03-01T10:20:00Z", "2026-03-01T11:00:00Z")
    assert (found["altitude_lower_m"], found["altitude_upper_m"]) == (1500, 2000)
    assert found["place"].keys() == {"lat", "lng"}
    assert (found["volumes"], found["margins"], found["reasons"]) == (
        [[0, 0]],
        {"altitude_m": 0.0},
        [],
    )
    assert found["minima"] == {
        "lateral_m": 5556.0,
        "vertical_m": 304.8,
        "time_s": 300.0,
        "from": "default",
    }
    assert (found["one"], found["other"]) == ("a.json", "b.json")


@pytest.mark.parametrize(
    ("north_m", "relation"), [(9_000, "conflict"), (24_000, "proximity"), (30_000, "clear")]
)
def test_what_it_says_to_people(a: Path, tmp_path: Path, north_m: float, relation: str) -> None:
    """A heading and facts within 80 columns, the minima with where they are from."""
    center = {"lat": 34.0 + math.degrees(north_m / 6_371_009), "lng": 33.0}
    circle = {"center": center, "radius": {"value": 10_000, "units": "M"}}
    b = written(tmp_path / "b.json", f3548(outline_circle=circle))
    output = hotline(*COMPARE, a, b).stdout
    assert output.startswith(f"{relation.upper()}  a.json and b.json\n")
    assert "5556 m (3.0 NM), 305 m, 5 min; the defaults, without a letter" in output
    assert max(map(len, output.splitlines())) <= 80
    assert ("over ground" in output) == (relation != "conflict")
    assert ("from 2026-03-01 10:00 to 11:00 UTC" in output) == (relation != "clear")
    both = "  both: of equal precedence, neither goes first\n"
    assert (both in output) == (relation != "clear")


def test_absent_altitudes_and_times_bound_nothing(a: Path, tmp_path: Path) -> None:
    """Left out or null, as F3548 allows: a conflict, not a possible one."""
    open_ended = f3548(altitude_lower=None, altitude_upper=None, time_start=None, time_end=None)
    null = f3548() | {"time_start": None, "time_end": None}
    null["volume"] |= {"altitude_lower": None, "altitude_upper": None}
    for volume in (open_ended, null):
        b = written(tmp_path / "b.json", volume)
        found = hotline_json(*COMPARE, b, a)
        assert (found["relation"], found["until"]) == ("conflict", "2026-03-01T11:00:00Z")
        found = hotline_json(*COMPARE, b, b)
        assert (found["from"], found["altitude_upper_m"]) == (None, None)
        assert "at any time" in hotline(*COMPARE, b, b).stdout


def test_times_and_levels_apart_are_told(a: Path, tmp_path: Path) -> None:
    """Each gap of a clear relation, in words and numbers."""
    high = level(5000)
    higher = level(6000)
    later = moment("2026-03-01T13:00:00Z")
    volume = f3548(altitude_lower=high, altitude_upper=higher, time_start=later, time_end=None)
    found = hotline_json(*COMPARE, a, written(tmp_path / "b.json", volume))
    assert (found["relation"], found["vertical_m"], found["time_gap_s"]) == ("clear", 3000, 7200)
    output = hotline(*COMPARE, a, tmp_path / "b.json").stdout
    assert "3 000.0 m apart" in output
    assert "2 h apart" in output


def test_notices_maps_and_stdin(a: Path, tmp_path: Path) -> None:
    """Our own form with its reference and precedence, GeoJSON, KML, a bare list."""
    notice = EXAMPLES / "iaf" / "01-patrol.json"
    geojson = tmp_path / "a.geojson"
    properties = {"radius_m": 5000.0, "altitude_lower": "FL180", "altitude_upper": "FL200"}
    properties |= {"time_start": "+10m", "time_end": "+3h", "reference": "MAP-1"}
    geometry = {"type": "Point", "coordinates": [33.0, 34.0]}
    geojson.write_text(
        json.dumps({"type": "Feature", "geometry": geometry, "properties": properties})
    )
    found = hotline_json(*COMPARE, notice, geojson)
    assert found["relation"] in {"conflict", "proximity", "clear"}
    assert found["other"] == "MAP-1"
    kml = tmp_path / "a.kml"
    hotline("airspace", "convert", notice, "--to", "kml", "--output", kml)
    found = hotline_json(*COMPARE, notice, kml)
    assert found["conflict"] is True
    bare = json.dumps(json.loads(a.read_text())["volumes"])
    result = hotline(*COMPARE, a, "-", "--json", typed=bare)
    assert json.loads(result.stdout)["conflict"] is True


def test_a_drawing_bounds_nothing_that_it_does_not_say(a: Path, tmp_path: Path) -> None:
    """KML as a map exports it, without levels, times or activity; an end alone counts, too."""
    ring = "32.9,33.9 33.1,33.9 33.1,34.1 32.9,34.1 32.9,33.9"
    shape = f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>"
    shape += "</LinearRing></outerBoundaryIs></Polygon>"
    kml = tmp_path / "b.kml"
    for span, from_ in (("", "2026-03-01T10:00:00Z"), ("10:30", "2026-03-01T10:30:00Z")):
        told = f"<TimeSpan><begin>2026-03-01T{span}:00Z</begin></TimeSpan>" if span else ""
        kml.write_text(f"<kml><Placemark>{told}{shape}</Placemark></kml>")
        for pair in ((a, kml), (kml, a)):
            found = hotline_json(*COMPARE, *pair)
            assert (found["relation"], found["from"], found["reasons"]) == ("conflict", from_, [])
            assert (found["altitude_lower_m"], found["until"]) == (1000, "2026-03-01T11:00:00Z")
    kml.write_text(
        "<kml><Placemark><Point><coordinates>33,34</coordinates></Point></Placemark></kml>"
    )
    assert "a Point is no area" in fails("formats.kml-geometry", *COMPARE, a, kml, exit_code=1)
    marked = b"\xef\xbb\xbf" + a.read_bytes()
    kml.write_bytes(marked)
    assert hotline_json(*COMPARE, a, kml)["conflict"] is True


def test_many_volumes_name_the_pairs_that_count(a: Path, tmp_path: Path) -> None:
    """By number, the first few of them, and how many more there are."""
    b = written(tmp_path / "b.json", *[f3548()] * 10)
    output = hotline(*COMPARE, a, b).stdout
    assert "1 and 1, 1 and 2, " in output
    assert "1 and 8, 2 more pairs" in output
    c = written(
        tmp_path / "c.json",
        f3548(time_start=moment("2026-03-01T12:00:00Z"), time_end=None),
        f3548(),
    )
    assert "volumes    1 and 2\n" in hotline(*COMPARE, a, c).stdout


def test_precedence_and_the_margin_are_told(a: Path, tmp_path: Path) -> None:
    """Who gives way, the right of FLASH, and how much of it rests on the letter's margin."""
    level = f3548(altitude_lower="2000 ft msl", altitude_upper="3200 ft msl")
    b = written(tmp_path / "b.json", level, precedence="FLASH", reference="HM-0003")
    output = hotline(*COMPARE, a, b).stdout
    assert "FLASH may conflict by right" in output
    assert "gives way  a.json" in output
    assert "and 3200 ft above mean sea level" in output
    assert "may meet: within the margin of 193 m" in " ".join(output.split())
    between = f3548(altitude_lower="2000 ft msl", altitude_upper="3500 ft msl")
    output = hotline(*COMPARE, a, written(tmp_path / "c.json", between)).stdout
    assert "levels above different references: up to 193 m more between them" in output
    c = written(tmp_path / "c.json", level, precedence="FLASH", reference="IAF-0009")
    output = hotline(*COMPARE, c, b).stdout
    assert "FLASH may conflict by right, and both are FLASH" in output
    assert "gives way  both: of equal precedence, neither goes first" in output
    assert hotline_json(*COMPARE, c, b)["gives_way"] == ["IAF-0009", "HM-0003"]
    letter = EXAMPLES / "letter.toml"
    found = hotline_json(*COMPARE, a, b, "--letter", letter)
    assert (found["margins"], found["minima"]["from"]) == ({"altitude_m": 30.0}, "letter")
    assert "the defaults" not in hotline(*COMPARE, a, b, "--letter", letter).stdout
    assert found["sentence"].endswith("by right of FLASH, a.json gives way")


BAD = {
    "model.crossing-edges": polygon((34, 33), (35, 34), (34, 34), (35, 33)),
    "model.closed-ring": polygon((34, 33), (35, 34), (34, 34), (34, 33)),
    "model.too-few-vertices": polygon((34, 33), (35, 34)),
    "model.bad-latitude": polygon((91, 33), (35, 34), (34, 34)),
    "model.bad-longitude": polygon((34, 181), (35, 34), (34, 34)),
    "model.too-many-vertices": polygon(
        *[(34 + i * 1e-5, 33 + i * i * 1e-9) for i in range(10_001)]
    ),
    "model.altitude-order": f3548(altitude_upper=level(1)),
    "model.unknown-unit": f3548(altitude_upper=level(1, units="FURLONG")),
    "model.unknown-reference": f3548(altitude_upper=level(1, reference="MOON")),
    "model.time-without-zone": f3548(time_start=moment("2026-03-01T10:00:00")),
    "model.time-order": f3548(time_end=moment("2026-03-01T09:00:00Z")),
    "model.no-outline": f3548(outline_circle=None),
    "model.unknown-field": f3548(outline_ellipse={"x": 1}),
}


@pytest.mark.parametrize("code", BAD)
def test_what_a_notice_may_not_have_is_refused(a: Path, tmp_path: Path, code: str) -> None:
    """By file and field, with the mend: comparing files is composing."""
    b = written(tmp_path / "b.json", BAD[code])
    said = fails(code, *COMPARE, a, b, exit_code=1)
    assert "b.json: volumes[0]" in said or code in {
        "model.too-many-vertices",
        "model.unknown-field",
    }
    assert "hotline: hint: " in said


def test_what_is_no_file_of_volumes_is_refused(a: Path, tmp_path: Path) -> None:
    """NaN, another kind, no volume, too large, not there, no letter, stdin twice."""
    b = tmp_path / "b.json"
    b.write_text(a.read_text().replace("34.0", "NaN"))
    fails("model.not-json", *COMPARE, a, b, exit_code=1)
    b.write_text(json.dumps({"kind": "line-check", "phrase": "test"}))
    fails("airspace.not-a-notice", *COMPARE, b, a, exit_code=1)
    b.write_text("{}")
    fails("model.no-volume", *COMPARE, a, b, exit_code=1)
    b.write_text('{"volumes": [1]}')
    fails("model.wrong-type", *COMPARE, a, b, exit_code=1)
    b.write_text('{"volumes": 1}')
    fails("model.wrong-type", *COMPARE, a, b, exit_code=1)
    b.write_text("7")
    fails("model.not-a-message", *COMPARE, a, b, exit_code=1)
    b.write_text("")
    fails("model.not-json", *COMPARE, a, b, exit_code=1)
    b.write_bytes(b"[" + b" " * MAX_FILE_BYTES + b"]")
    fails("model.file-too-large", *COMPARE, a, b, exit_code=1)
    fails("cli.unreadable-file", *COMPARE, a, tmp_path / "none.json", exit_code=2)
    fails("cli.unreadable-letter", *COMPARE, a, a, "--letter", tmp_path / "none", exit_code=2)
    fails("cli.stdin-twice", *COMPARE, "-", "-", exit_code=2)


def test_the_same_name_twice_is_two_activities(a: Path, tmp_path: Path) -> None:
    """A file compared with itself meets itself."""
    del tmp_path
    found = hotline_json(*COMPARE, a, a)
    assert (found["conflict"], found["gives_way"]) == (True, ["a.json", "a.json"])


def test_levels_that_no_margin_turns_the_right_way_are_refused(a: Path, tmp_path: Path) -> None:
    """Upside down though they count from different references, by the margin that counts."""
    odd = f3548(altitude_lower="5550 m ground", altitude_upper="5000 m msl")
    b = written(tmp_path / "b.json", f3548(), odd, reference="HM-0003")
    letter = ("--letter", EXAMPLES / "letter.toml")
    said = fails("airspace.levels-upside-down", *COMPARE, a, b, *letter, exit_code=1)
    assert "b.json: volumes[1].altitude_upper: 5000 m above mean sea level is surely" in said
    # The ground lies below the sea in some places on Earth, where no letter names the region.
    assert hotline_json(*COMPARE, a, b)["conflict"] is True
    odd = f3548(altitude_lower="9000 m msl", altitude_upper="FL100")
    b = written(tmp_path / "b.json", odd, reference="HM-0003")
    for pair in ((a, b), (b, a)):
        said = fails("airspace.levels-upside-down", *COMPARE, *pair, exit_code=1)
        assert "FL100 is surely below the lower level, 9000 m above mean sea level" in said


def test_what_rests_on_the_margin_alone_is_told_first(tmp_path: Path) -> None:
    """The first thing below the heading: the levels as they are written do not meet."""
    high = f3548(altitude_lower="FL100", altitude_upper="FL120")
    low = f3548(altitude_upper=level(2500))
    b, c = written(tmp_path / "b.json", high), written(tmp_path / "c.json", low)
    lines = " ".join(hotline(*COMPARE, b, c).stdout.split())
    assert lines.startswith(
        "CONFLICT b.json and c.json margin levels FL100 and 2500 m above the WGS 84 ellipsoid"
        " may meet: within the margin of "
    )
    assert " levels FL100 to" not in lines


def test_what_is_out_of_its_volumes_counts_beside_them(a: Path, tmp_path: Path) -> None:
    """F3548's off-nominal volumes of a nonconforming or contingent activity are compared too."""
    far = {"center": {"lat": 36.0, "lng": 33.0}, "radius": {"value": 10_000, "units": "M"}}
    away = f3548(outline_circle=far)
    b = written(tmp_path / "b.json", away, off_nominal_volumes=[])
    assert hotline_json("airspace", "compare", a, b)["relation"] == "clear"
    c = written(tmp_path / "c.json", away, off_nominal_volumes=[f3548()])
    said = hotline_json("airspace", "compare", a, c)
    assert (said["relation"], said["volumes"]) == ("conflict", [[0, 1]])
    bad = written(tmp_path / "d.json", away, off_nominal_volumes=[f3548(outline_circle=None)])
    said = fails("model.no-outline", "airspace", "compare", a, bad, exit_code=1)
    assert "off_nominal_volumes[0]" in said
