from __future__ import annotations

import re

import pytest

from hotline.errors import ModelError
from hotline.formats.announcement import Announcement, announcement_of
from hotline.formats.carries import Format
from hotline.formats.drawing import centre_of, ring_of
from hotline.formats.losses import Effect
from hotline.formats.notam import HEADING, LINE, write_notam
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence, Status
from hotline.model.messages import Revision, Withdrawal
from hotline.model.volume import Altitude, Circle, Corridor, Position, Volume4D
from tests.formats.plans import GEOD
from tests.model.samples import NOW_US, notice, shaped, volume

CIRCLE = shaped(Circle(Position(34.0, 33.0), 9260.0))

PATROL = """\
NOTAM-STYLE TEXT, NOT A NOTAM
EXERCISE ONLY
(IAF-0001 NOTAMN
Q) XXXX/QXXLW/IV/BO/W/180/240/3345N03315E021
A) XXXX B) 2603011100 C) 2603011300
E) PATROL. ACTIVITY PATROL OF IAF.
AREA: 340000N 0330000E - 340000N 0333000E - 333000N 0333000E -
  333000N 0330000E - 340000N 0330000E.
TWO FIGHTERS
CONTACT: DESK 1
FIR NOT KNOWN.
F) FL180 G) FL240)
"""

TWO_AREAS = """\
NOTAM-STYLE TEXT, NOT A NOTAM
(IAF-0001 NOTAMR REVISION 3
Q) XXXX/QWFLW/IV/BO/W/000/240/3413N03309W021
A) XXXX B) 2603011100 C) 2603011300
E) TANKER TRACK. ACTIVITY TANKER.
AREA 1: CIRCLE RADIUS 5NM CENTRE 340000N 0330000W.
  SFC TO 2500FT AMSL
  2603011100 TO 2603011300
AREA 2: CORRIDOR 2.2NM WIDE ALONG 340000N 0330000W -
  343000N 0332000W.
  FL180 TO FL240
  2603011100 TO 2603011300
ДВА САМОЛЁТА [2]
שני מטוסים
REASON: WEATHER
FIR NOT KNOWN.
F) AS IN E G) AS IN E)
"""


def text_of(*volumes: Volume4D, status: Status = Status.ACTUAL, **words: object) -> str:
    """Return the text of a notice."""
    sample = notice(volumes=volumes or (volume(),), **words)
    return write_notam(Announcement(sample, Precedence.ROUTINE, "iaf", status)).data.decode()


def test_a_patrol_reads_as_it_should() -> None:
    """The whole text, letter by letter."""
    assert text_of(status=Status.EXERCISE) == PATROL


def test_several_areas_say_each_its_levels_and_times() -> None:
    """Areas, other scripts, brackets that are no field's, a revision with its reason."""
    ground = Altitude(0.0, "ft", "ground")
    circle = shaped(Circle(Position(34.0, -33.0), 9260.0))
    first = Volume4D(
        outline_circle=circle.outline_circle,
        altitude_lower=ground,
        altitude_upper=Altitude(2500.0, "ft", "msl"),
        time_start=circle.time_start,
        time_end=circle.time_end,
    )
    second = shaped(Corridor((Position(34.0, -33.0), Position(34.5, -33 - 1 / 3)), 4000.0))
    message = Revision(
        reference="IAF-0001",
        number=3,
        title="Tanker track",
        activity="tanker",
        volumes=(first, second),
        remarks="Два самолёта (2)\n\nשני מטוסים",  # noqa: RUF001
        reason="Weather",
    )
    written = write_notam(Announcement(message, Precedence.ROUTINE, "", Status.ACTUAL))
    assert written.data.decode() == TWO_AREAS
    assert {loss.field: loss.effect for loss in written.losses} == {
        "precedence": Effect.LOST,
        "volumes[1].corridor": Effect.WIDENED,
    }


def test_the_first_line_says_that_it_is_none() -> None:
    """Whatever is copied from it, nobody can take the text for an issued NOTAM."""
    assert text_of().splitlines()[0] == HEADING


def test_no_line_is_longer_than_the_fixed_service_takes() -> None:
    """Long remarks are folded, and no position is torn apart."""
    text = text_of(remarks="word " * 200, title="A title " * 14)
    assert max(map(len, text.splitlines())) <= LINE
    assert not re.search(r"\d[NS]\n", text)


@pytest.mark.parametrize(
    ("lower", "upper", "fields", "bounds"),
    [
        (Altitude(0.0, "ft", "ground"), Altitude(900.0, "m", "msl"),
         "F) SFC G) 900M AMSL", "000/030"),
        (Altitude(300.0, "ft", "ground"), Altitude(500.0, "ft", "ground"),
         "F) 300FT AGL G) 500FT AGL", "000/999"),
        (None, None, "F) SFC G) UNL", "000/999"),
        (Altitude(1000.0, "m", "wgs84"), Altitude(95.5, "fl", "standard"),
         "F) 1000M ABOVE WGS84 ELLIPSOID G) FL95.5", "032/096"),
        (Altitude(-50.0, "ft", "msl"), Altitude(200_000.0, "ft", "standard"),
         "F) -50FT AMSL G) 200000FT ON STANDARD PRESSURE", "000/999"),
        (Altitude(3.0, "furlong", "moon"), Altitude(10.0, "fl", "standard"),
         "F) 3FURLONG ABOVE MOON G) FL010", "000/999"),
    ],
)  # fmt: skip
def test_levels_are_said_as_given_and_bounded_outwards(
    lower: Altitude | None, upper: Altitude | None, fields: str, bounds: str
) -> None:
    """Fields F and G say them; the qualifier line's hundreds of feet hold them."""
    text = text_of(volume(altitude_lower=lower, altitude_upper=upper))
    assert fields in text
    assert f"/W/{bounds}/" in text


@pytest.mark.parametrize(
    ("centre", "radius"),
    [((34.004, 33.004), 20_000.0), ((-12.3456, -170.123), 1_000.0), ((0.001, 179.999), 77_777.0)],
)
def test_the_circle_of_the_qualifier_line_holds_the_area(
    centre: tuple[float, float], radius: float
) -> None:
    """Rounded to minutes and miles it still reaches every corner."""
    area = shaped(Circle(Position(*centre), radius))
    match = re.search(
        r"/(\d\d)(\d\d)([NS])(\d{3})(\d\d)([EW])(\d{3})$", text_of(area), re.MULTILINE
    )
    assert match is not None
    lat = (int(match[1]) + int(match[2]) / 60) * (1 if match[3] == "N" else -1)
    lon = (int(match[4]) + int(match[5]) / 60) * (1 if match[6] == "E" else -1)
    for corner in ring_of(area).points:
        assert GEOD.inv(lon, lat, *corner)[2] <= int(match[7]) * 1852
    assert centre_of(ring_of(area).points)[1] > 0


def test_times_are_widened_to_whole_minutes() -> None:
    """The start goes back, the end forward, and that is told; what is no time is not given."""
    area = volume(time_start="2026-03-01T11:00:30Z", time_end="2026-03-01T12:59:30Z")
    written = write_notam(
        Announcement(notice(volumes=(area,)), Precedence.ROUTINE, "iaf", Status.ACTUAL)
    )
    assert b"B) 2603011100 C) 2603011300" in written.data
    told = {loss.field: loss.effect for loss in written.losses}
    assert told["volumes[0].time_start"] is Effect.WIDENED
    assert told["volumes[0].time_end"] is Effect.WIDENED
    assert "B) NOT GIVEN C) NOT GIVEN" in text_of(volume(time_start="", time_end="soon"))
    assert "C) 9912312359" in text_of(volume(time_end="9999-12-31T23:59:59Z"))


def test_positions_and_sizes_that_are_rounded_are_told() -> None:
    """Seconds are about 30 m; a radius is rounded up to tenths of a mile."""
    area = shaped(Circle(Position(34.00001, 33.0), 5001.0))
    written = write_notam(
        Announcement(notice(volumes=(area,)), Precedence.ROUTINE, "iaf", Status.ACTUAL)
    )
    effects = [loss.effect for loss in written.losses if loss.field.startswith("volumes")]
    assert effects == [Effect.APPROXIMATE, Effect.WIDENED]
    assert b"RADIUS 2.8NM" in written.data


def test_a_text_whose_worth_is_unknown_is_refused() -> None:
    """Nobody reads an exercise as real."""
    with pytest.raises(ModelError) as caught:
        write(Announcement(notice(), Precedence.ROUTINE, "iaf"), Format.NOTAM, Wishes(NOW_US))
    assert caught.value.code == "formats.no-status"


def test_an_activity_that_nobody_named_is_said_to_be_missing() -> None:
    """A lenient notice is written as far as it goes."""
    text = text_of(activity="", reference="", title="")
    assert "(NO REFERENCE NOTAMN" in text
    assert "E) ACTIVITY NOT GIVEN OF IAF." in text


def test_messages_without_an_area_are_not_exported() -> None:
    """Only notices and revisions announce something."""
    with pytest.raises(ModelError) as caught:
        announcement_of(Withdrawal("IAF-0001"), Precedence.ROUTINE)
    assert caught.value.code == "formats.no-notice"


def test_the_exercise_is_named_below_its_status() -> None:
    """In capitals, folded, and with no sign that the layout means something by."""
    name = "Kestrel (7) and a name that is as long as it may be, or so"
    announcement = Announcement(notice(), Precedence.ROUTINE, "iaf", Status.EXERCISE, exercise=name)
    lines = write_notam(announcement).data.decode().splitlines()
    assert lines[1:4] == [
        "EXERCISE ONLY",
        "EXERCISE KESTREL [7] AND A NAME THAT IS AS LONG AS IT MAY BE, OR SO",
        next(line for line in lines if line.startswith("(")),
    ]
