from __future__ import annotations

import io
import zipfile
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest

from hotline.errors import HotlineError
from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.formats.given import Given
from hotline.formats.kml import NAMESPACE
from hotline.formats.reading import read
from hotline.formats.safe_xml import MAX_XML_BYTES
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence, Status
from hotline.model.reading import read_object
from hotline.model.volume import Altitude, Circle, Corridor, Position
from tests.formats.test_bad_input import FILLED
from tests.model.samples import FL180, NOW_US, SQUARE, notice, polygon, shaped, volume

KML = f"{{{NAMESPACE}}}"
WISHES = Wishes(NOW_US)
RING = "33,34,0 33.5,34,0 33.5,33.5,0 33,34,0"


def written(*volumes: object, **words: object) -> bytes:
    """Return an exercise notice as KML."""
    sample = notice(volumes=volumes or (volume(),), **words)
    return write(
        Announcement(sample, Precedence.FLASH, "iaf", Status.EXERCISE), Format.KML, WISHES
    ).data


def document(inside: str, header: str = "") -> bytes:
    """Return a KML document of another program."""
    return f"{header}<kml xmlns='{NAMESPACE}'><Document>{inside}</Document></kml>".encode()


def placemark(inside: str) -> bytes:
    """Return a document with one Placemark."""
    return document(f"<Placemark><name>Area 51</name>{inside}</Placemark>")


def polygon_text(ring: str = RING, more: str = "") -> str:
    """Return a Polygon element."""
    return (
        f"<Polygon>{more}<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>"
        "</LinearRing></outerBoundaryIs></Polygon>"
    )


def refused(data: bytes, given: Given = FILLED) -> str:
    """Return the code for which a file is refused."""
    with pytest.raises(HotlineError) as caught:
        read_object(read(data, given).fields, NOW_US)
    assert caught.value.hint
    return caught.value.code


def all_named(root: Element, name: str) -> list[Element]:
    """Return all elements of a name."""
    return root.findall(f".//{KML}{name}")


def test_elements_stand_in_the_order_of_the_schema() -> None:
    """Name, description, time, style, data, geometry: as OGC 07-147r2 orders a Feature's parts."""
    root = fromstring(written(remarks="Words"))
    assert root.tag == f"{KML}kml"
    (holder,) = root
    names = [child.tag.removeprefix(KML) for child in holder]
    assert names == ["name", "description", "Style", "ExtendedData", "Placemark"]
    names = [child.tag.removeprefix(KML) for child in all_named(root, "Placemark")[0]]
    assert names == [
        "name",
        "description",
        "TimeSpan",
        "styleUrl",
        "ExtendedData",
        "MultiGeometry",
    ]


def test_rings_are_closed_and_an_exercise_is_marked() -> None:
    """Each ring ends where it begins; the name that a map shows begins with EXERCISE."""
    root = fromstring(written())
    for element in all_named(root, "coordinates"):
        points = str(element.text).split()
        assert points[0] == points[-1]
        assert len(points) >= 4
    assert all(str(name.text).startswith("EXERCISE ") for name in all_named(root, "name"))


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        ("ground", Altitude(900.0, "m", "msl"), [("absolute", "900", True)]),
        ("ground", Altitude(1000.0, "ft", "ground"), [("relativeToGround", "304.8", True)]),
        (
            Altitude(100.0, "m", "msl"),
            Altitude(900.0, "m", "msl"),
            [("absolute", "900", False), ("absolute", "100", False)],
        ),
        (None, Altitude(900.0, "m", "msl"), [("absolute", "900", False)]),
        (FL180, None, [("absolute", "5486.4", False)]),
        (None, Altitude(1.0, "furlong", "msl"), [("clampToGround", "0", False)]),
    ],
)
def test_levels_are_drawn_as_far_as_kml_can(
    lower: Altitude | str | None, upper: Altitude | None, expected: list[tuple[str, str, bool]]
) -> None:
    """Walls down to the ground, a roof and a floor, or a sheet on the ground."""
    low = Altitude(0.0, "ft", "ground") if lower == "ground" else lower
    root = fromstring(written(volume(altitude_lower=low, altitude_upper=upper)))
    found = [
        (
            shape.findtext(f"{KML}altitudeMode"),
            str(shape.findtext(f".//{KML}coordinates")).split()[0].split(",")[2],
            shape.findtext(f"{KML}extrude") == "1",
        )
        for shape in all_named(root, "Polygon")
    ]
    assert found == expected


def test_times_that_are_none_are_no_time_span() -> None:
    """What cannot be written as a time is left to the exact fields and the description."""
    root = fromstring(written(volume(time_start="soon", time_end="")))
    assert all_named(root, "TimeSpan") == []
    assert "soon to not given" in str(all_named(root, "description")[-1].text)


def test_text_that_xml_cannot_hold_is_kept_beside_the_drawing() -> None:
    """Control characters are replaced in what is shown, and read back as they were."""
    data = written(remarks="a\x00b\U0001f6e9")
    assert "a\N{REPLACEMENT CHARACTER}b" in data.decode()
    assert read(data, Given()).fields["remarks"] == "a\x00b\U0001f6e9"


def test_a_drawing_that_was_moved_is_refused() -> None:
    """Whoever edits an export in a map tool is not sent what stood there before."""
    data = written()
    moved = data.replace(b"33.5,34.0,", b"33.6,34.0,")
    assert moved != data
    assert refused(moved) == "formats.exact-differs"


def test_a_time_span_that_was_changed_is_refused() -> None:
    """The same holds for the time span, and for a corner that was removed."""
    data = written()
    begin = b"<begin>2026-03-01T11:00:00Z"
    assert refused(data.replace(begin, b"<begin>2026-03-01T11:30:00Z")) == "formats.exact-differs"
    assert refused(data.replace(begin, b"<begin>today")) == "formats.exact-differs"
    first = data.decode().split("<coordinates>")[1].split(" ")[1]
    assert refused(data.replace(f"{first} ".encode(), b"", 1)) == "formats.exact-differs"


def test_a_drawing_that_was_rounded_is_still_the_same() -> None:
    """A map tool may write fewer digits: ten centimetres are no change."""
    data = written(volume(outline_polygon=polygon((34.00000001, 33.0), (34.0, 34.0), (33.0, 33.5))))
    rounded = data.replace(b"33.0,34.00000001,", b"33.0,34.0,")
    assert rounded != data
    assert read(rounded, Given()).fields["volumes"] == read(data, Given()).fields["volumes"]


@pytest.mark.parametrize(
    ("data", "with_"),
    [
        (b'"outline_polygon":', b'"outline_polygon":3,"a":'),
        (b'"lat":34.0', b'"lat":340.0'),
        (b'{"outline', b'["outline'),
        (b"&quot;", b"&quot;"),
    ],
)
def test_exact_fields_that_are_none_are_refused(data: bytes, with_: bytes) -> None:
    """What stands beside the drawing in JSON is checked before it is believed."""
    whole = written()
    if data == with_:
        whole = whole.replace(b'<value>{"outline', b"<value>3</value><value>{")
        assert refused(whole) == "formats.kml-data"
    else:
        assert data in whole
        code = refused(whole.replace(data, with_))
        assert code in ("formats.kml-data", "model.not-json")


def test_a_whole_drawing_of_another_program_is_taken() -> None:
    """Polygon, times and title, with walls to the ground as levels."""
    inside = (
        "<TimeSpan><begin>2026-03-01T11:00:00Z</begin><end>2026-03-01T12:00:00+00:00</end>"
        "</TimeSpan><MultiGeometry>"
        + polygon_text(
            RING.replace(",0 ", ",900 ").removesuffix(",0") + ",900",
            "<extrude>1</extrude><altitudeMode>absolute</altitudeMode>",
        )
        + polygon_text()
        + "</MultiGeometry>"
    )
    found = read(placemark(inside), Given(activity="patrol", lower="FL10", upper="FL20"))
    draft = read_object(found.fields, NOW_US)
    message = msgspec.to_builtins(draft.message)
    assert message["title"] == "Area 51"
    walls, sheet = message["volumes"]
    assert walls["altitude_lower"]["reference"] == "ground"
    assert walls["altitude_upper"] == {"value": 900.0, "units": "m", "reference": "msl"}
    assert sheet["altitude_lower"]["value"] == 10
    assert walls["time_end"] == "2026-03-01T12:00:00Z"
    assert len(sheet["outline_polygon"]["vertices"]) == 3
    assert found.losses == ()


def test_what_is_not_taken_over_is_told() -> None:
    """Descriptions, and heights that are no levels."""
    ring = RING.replace(",0 ", ",900 ").removesuffix(",0") + ",900"
    found = read(placemark("<description>Hot</description>" + polygon_text(ring)), FILLED)
    assert [loss.field for loss in found.losses] == ["Placemark 1", "remarks"]
    mixed = polygon_text("33,34,1 33.5,34,2 33.5,33.5,3 33,34,1", "<extrude>1</extrude>")
    assert [loss.field for loss in read(placemark(mixed), FILLED).losses] == ["Placemark 1"]


def test_lines_and_points_need_a_size() -> None:
    """A LineString with --width is a corridor, a Point with --radius a circle."""
    line = "<LineString><coordinates>33,34 34,34</coordinates></LineString>"
    point = "<Point><coordinates>33,34,0</coordinates></Point>"
    assert refused(placemark(line)) == "formats.kml-geometry"
    assert refused(placemark(point)) == "formats.kml-geometry"
    wide = Given(title="T", activity="sar", lower="ground", upper="FL20", start="+1h", end="+2h",
                 width_m=2000.0, radius_m=3000.0)  # fmt: skip
    draft = read_object(read(placemark(line), wide).fields, NOW_US)
    assert draft.message.volumes[0].corridor == Corridor(  # type: ignore[union-attr]
        (Position(34, 33), Position(34, 34)), 2000.0
    )
    draft = read_object(read(placemark(point), wide).fields, NOW_US)
    assert draft.message.volumes[0].outline_circle == Circle(  # type: ignore[union-attr]
        Position(34, 33), 3000.0
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<gpx/>", "formats.not-kml"),
        (b"<kml/>", "formats.kml-empty"),
        (document("<NetworkLink/>"), "formats.kml-link"),
        (placemark(""), "formats.kml-geometry"),
        (placemark("<MultiGeometry/>"), "formats.kml-geometry"),
        (placemark("<Model/>"), "formats.kml-geometry"),
        (placemark("<Polygon/>"), "formats.kml-coordinates"),
        (placemark(polygon_text(" ")), "formats.kml-coordinates"),
        (placemark(polygon_text("33 34")), "formats.kml-coordinates"),
        (placemark(polygon_text("33,34,5,6")), "formats.kml-coordinates"),
        (placemark(polygon_text("x,34")), "formats.kml-coordinates"),
        (placemark(polygon_text("nan,34")), "formats.kml-coordinates"),
        (placemark(polygon_text("33,34 33,35")), "formats.kml-open-ring"),
        (placemark(polygon_text(RING, "<innerBoundaryIs/>")), "formats.kml-hole"),
        (document(f"<Placemark>{polygon_text()}</Placemark>" * 101), "formats.kml-too-many"),
        (placemark("<E><Data name='hotline.volume'/></E>"), "formats.kml-data"),
        (b"<kml>", "formats.not-xml"),
        (b"<?xml version='1.0' encoding='rot13'?><kml/>", "formats.not-xml"),
        (b"<!DOCTYPE kml [<!ENTITY a 'b'>]><kml>&a;</kml>", "formats.xml-entities"),
        (b"<!DOCTYPE kml SYSTEM 'file:///etc/passwd'><kml/>", "formats.xml-entities"),
        (b"<kml>" * 40, "formats.xml-too-large"),
        (b"<kml>" + b"<a/>" * 60_000 + b"</kml>", "formats.xml-too-large"),
        (b"<kml>" + b" " * MAX_XML_BYTES, "model.file-too-large"),
        (b"\xff\xfe<\x00k\x00", "formats.not-xml"),
    ],
)  # fmt: skip
def test_hostile_and_broken_files_are_refused_by_name(data: bytes, code: str) -> None:
    """Holes, links, entities, depth, size: each has its code and mend, before it costs much."""
    assert refused(data) == code


def kmz(*files: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive as Google Earth saves it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


def test_an_archive_is_opened_within_bounds() -> None:
    """A KMZ is read; a bomb, another archive and a torn one are refused."""
    data = written()
    found = read(kmz(("images/a.png", b"x"), ("doc.kml", data)), Given())
    assert found.fields == read(data, Given()).fields
    bomb = kmz(("doc.kml", b"<kml>" + b" " * (20 * MAX_XML_BYTES)))
    assert len(bomb) < MAX_XML_BYTES / 10
    assert refused(bomb) == "model.file-too-large"
    assert refused(kmz(("notes.txt", data))) == "formats.bad-kmz"
    assert refused(kmz(("doc.kml", data), compression=zipfile.ZIP_LZMA)) == "formats.bad-kmz"
    torn = kmz(("doc.kml", data))
    assert refused(torn[:-30]) == "formats.bad-kmz"
    assert refused(torn[:80] + b"\0" * 60 + torn[140:]) == "formats.bad-kmz"


def test_square_is_what_the_samples_say() -> None:
    """The corners that the tests above look for are those of the sample."""
    assert (SQUARE[1].lon, SQUARE[1].lat) == (33.5, 34.0)
    assert shaped(Circle(Position(0, 0), 5.0)).outline_polygon is None
