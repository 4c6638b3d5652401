"""Rules: each has its code and hint; composing refuses, receiving only lists."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ModelError
from hotline.model.kinds import Kind
from hotline.model.messages import (
    TYPES,
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    ReadBack,
    Revision,
    Service,
    Withdrawal,
    decode_payload,
)
from hotline.model.problem import RulesBroken
from hotline.model.rules import (
    MAX_PROBLEMS,
    check,
    compose,
    moment_problems,
    problems,
    unknown_fields,
)
from hotline.model.times import parse_time
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from tests.model.samples import (
    END,
    SQUARE,
    START,
    notice,
    polygon,
    read_back,
    reply,
    shaped,
    volume,
)
from tests.model.strategies import messages, objects


def revision(**changes: object) -> Revision:
    """Return the first revision of the sample notice, with ``changes``."""
    whole = Revision(number=1, reason="Weather", **msgspec.structs.asdict(notice()))
    return msgspec.structs.replace(whole, **changes)


HEBREW_AND_RUSSIAN = "שלום\nДобрый день\t✈"  # noqa: RUF001 - the letters are meant

GOOD: list[Message] = [
    notice(),
    notice(remarks=HEBREW_AND_RUSSIAN, contact=""),
    notice(volumes=(shaped(Circle(Position(34, 33), 5000.0)),)),
    notice(volumes=(shaped(Corridor((Position(34, 33), Position(34, 34)), 9260.0)), volume())),
    notice(volumes=(volume(altitude_upper=Altitude(180.0, "fl", "standard")),)),
    notice(volumes=(volume(time_end=START),)),
    notice(volumes=(volume(altitude_upper=Altitude(10.0, "ft", "ground")),)),
    revision(),
    Withdrawal("IAF-0001", "Weather"),
    Activation("IAF-0001", START),
    End("IAF-0001", END),
    Nonconformance("IAF-0001", START, "Drifting", (volume(),)),
    Contingency("IAF-0001", START),
    Conflict("IAF-0001", 0, "HMEIMIM-0001", 2, "proximity"),
    Conflict(
        "IAF-0001",
        1,
        "HMEIMIM-0001",
        2,
        "conflict",
        Position(34, 33),
        Altitude(100.0, "m", "wgs84"),
        Altitude(200.0, "m", "wgs84"),
        START,
        END,
        0.0,
        0.0,
        "The levels of one could not be read",
    ),
    Advisory("Two aircraft", "Aircraft", Position(34, 33), Altitude(5000.0), 360.0, 0.0),
    Advisory("Two aircraft"),
    reply(),
    reply(reference=""),
    reply(answer="reject", read_back=None, reason="Occupied"),
    reply(answer="stand-by", read_back=None),
    reply(answer="counter", read_back=None, proposal=(volume(),)),
    LineCheck("Quick brown fox", "Ops"),
    Service("Changing the watch", "Ops"),
]


@pytest.mark.parametrize("message", GOOD, ids=lambda message: type(message).__name__)
def test_a_good_message_is_composed(message: Message) -> None:
    """What breaks no rule becomes a payload that reads as the same message."""
    payload = msgspec.msgpack.decode(compose(message))
    assert decode_payload(TYPES_OF[type(message)], payload) == message
    assert unknown_fields(TYPES_OF[type(message)], payload) == []


TYPES_OF = {type_: kind for kind, type_ in TYPES.items()}

ROUND = Circle(Position(34, 33), 5000.0)
LINE = (Position(34, 33), Position(34, 34))

BAD_OUTLINES: list[tuple[Polygon | Circle | Corridor, str, str]] = [
    (polygon((34, 33), (34, 34)), "model.too-few-vertices", "outline_polygon.vertices"),
    (Polygon(()), "model.too-few-vertices", "outline_polygon.vertices"),
    (Polygon((*SQUARE, SQUARE[0])), "model.closed-ring", "outline_polygon.vertices"),
    (
        polygon((34, 33), (34, 33), (33, 33), (33, 34)),
        "model.repeated-vertex",
        "outline_polygon.vertices[1]",
    ),
    (
        polygon((34, 33), (33, 34), (33, 33), (34, 34)),
        "model.crossing-edges",
        "outline_polygon.vertices",
    ),
    (polygon((34, 33), (34, 34), (34, 35)), "model.zero-area", "outline_polygon.vertices"),
    (
        polygon((34, 33), (34, 33.000001), (34.000001, 33.000001), (34.000001, 33)),
        "model.zero-area",
        "outline_polygon.vertices",
    ),
    (polygon((80, -120), (80, 0), (80, 120)), "model.over-pole", "outline_polygon.vertices"),
    (
        polygon((91, 33), (34, 34), (33, 33)),
        "model.bad-latitude",
        "outline_polygon.vertices[0].lat",
    ),
    (
        polygon((34, 33), (34, 181), (33, 33)),
        "model.bad-longitude",
        "outline_polygon.vertices[1].lng",
    ),
    (
        polygon((34, 33), (34, 34), (math.nan, 33)),
        "model.not-finite",
        "outline_polygon.vertices[2].lat",
    ),
    (
        polygon((34, 33), (34, math.inf), (33, 33)),
        "model.not-finite",
        "outline_polygon.vertices[1].lng",
    ),
    (Circle(Position(-91, 33), 5000.0), "model.bad-latitude", "outline_circle.center.lat"),
    (Circle(Position(34, 33), 0.0), "model.radius", "outline_circle.radius_m"),
    (Circle(Position(34, 33), 1e7), "model.radius", "outline_circle.radius_m"),
    (Circle(Position(34, 33), math.nan), "model.not-finite", "outline_circle.radius_m"),
    (Corridor(LINE[:1], 100.0), "model.too-few-vertices", "corridor.line"),
    (Corridor((LINE[0], LINE[0]), 100.0), "model.repeated-vertex", "corridor.line[1]"),
    (Corridor(LINE, -5.0), "model.corridor-width", "corridor.width_m"),
    (Corridor(LINE, math.inf), "model.not-finite", "corridor.width_m"),
]


@pytest.mark.parametrize(("outline", "code", "field"), BAD_OUTLINES)
def test_a_bad_outline_is_named(
    outline: Polygon | Circle | Corridor, code: str, field: str
) -> None:
    """Each rule of outlines has its code, and the path leads to what breaks it."""
    found = problems(notice(volumes=(shaped(outline),)))
    assert [(problem.code, problem.field) for problem in found] == [(code, f"volumes[0].{field}")]
    assert all(problem.hint for problem in found)


BAD_VOLUMES: list[tuple[dict[str, object], str, str]] = [
    ({"outline_polygon": None}, "model.no-outline", ""),
    ({"outline_circle": ROUND}, "model.several-outlines", ""),
    ({"altitude_lower": None}, "model.altitude-missing", ".altitude_lower"),
    ({"altitude_upper": None}, "model.altitude-missing", ".altitude_upper"),
    (
        {"altitude_upper": Altitude(1.0, "furlong", "msl")},
        "model.unknown-unit",
        ".altitude_upper.units",
    ),
    (
        {"altitude_upper": Altitude(1.0, "furlong", "standard")},
        "model.unknown-unit",
        ".altitude_upper.units",
    ),
    (
        {"altitude_upper": Altitude(9.0, "ft", "moon")},
        "model.unknown-reference",
        ".altitude_upper.reference",
    ),
    (
        {"altitude_upper": Altitude(240.0, "fl", "msl")},
        "model.level-reference",
        ".altitude_upper.reference",
    ),
    (
        {"altitude_upper": Altitude(2e5, "m", "msl")},
        "model.altitude-range",
        ".altitude_upper.value",
    ),
    (
        {"altitude_upper": Altitude(math.nan, "m", "msl")},
        "model.not-finite",
        ".altitude_upper.value",
    ),
    (
        {"altitude_upper": Altitude(170.0, "fl", "standard")},
        "model.altitude-order",
        ".altitude_upper",
    ),
    ({"time_start": ""}, "model.time-missing", ".time_start"),
    ({"time_end": "2026-03-01T13:00:00"}, "model.time-without-zone", ".time_end"),
    ({"time_end": "noon"}, "model.bad-time", ".time_end"),
    ({"time_end": "2026-03-01T10:59:59Z"}, "model.time-order", ".time_end"),
]


@pytest.mark.parametrize(("changes", "code", "field"), BAD_VOLUMES)
def test_bad_levels_and_times_are_named(changes: dict[str, object], code: str, field: str) -> None:
    """Each rule of levels and times has its code, and the path leads to what breaks it."""
    found = problems(notice(volumes=(volume(**changes),)))
    assert [(problem.code, problem.field) for problem in found] == [(code, f"volumes[0]{field}")]


def conflict(**changes: object) -> Conflict:
    """Make what a node says of two notices, changed as told."""
    return msgspec.structs.replace(Conflict("IAF-1", 0, "H-1", 0, "conflict"), **changes)


BAD_MESSAGES: list[tuple[Message, str, str]] = [
    (notice(reference=""), "model.reference-missing", "reference"),
    (notice(reference="iaf 1"), "model.bad-reference", "reference"),
    (notice(reference="A" * 41), "model.bad-reference", "reference"),
    (notice(title=" "), "model.title-missing", "title"),
    (notice(title="a" * 121), "model.text-too-long", "title"),
    (notice(title="a\nb"), "model.unsafe-character", "title"),
    (notice(activity=""), "model.unknown-activity", "activity"),
    (notice(activity="parade"), "model.unknown-activity", "activity"),
    (notice(volumes=()), "model.no-volume", "volumes"),
    (notice(volumes=(volume(),) * 101), "model.too-many-volumes", "volumes"),
    (notice(remarks="я" * 4001), "model.text-too-long", "remarks"),
    (notice(remarks="a\u202eb"), "model.unsafe-character", "remarks"),
    (notice(contact="\x1b[2J"), "model.unsafe-character", "contact"),
    (revision(number=0), "model.revision-number", "number"),
    (revision(reference=""), "model.reference-missing", "reference"),
    (revision(reason="\x00"), "model.unsafe-character", "reason"),
    (revision(title=""), "model.title-missing", "title"),
    (Withdrawal("", "Weather"), "model.reference-missing", "reference"),
    (Withdrawal("IAF-1", "a" * 1001), "model.text-too-long", "reason"),
    (Activation("IAF-1", ""), "model.time-missing", "at"),
    (End("IAF-1", "2026-03-01T13:00:00"), "model.time-without-zone", "at"),
    (Advisory(""), "model.text-missing", "text"),
    (Advisory("a", "b\n"), "model.unsafe-character", "subject"),
    (Advisory("a", position=Position(99, 0)), "model.bad-latitude", "position.lat"),
    (Advisory("a", altitude=Altitude(1.0, "")), "model.unknown-unit", "altitude.units"),
    (Advisory("a", track_deg=361.0), "model.track", "track_deg"),
    (Advisory("a", track_deg=math.nan), "model.track", "track_deg"),
    (Advisory("a", speed_kt=-1.0), "model.speed", "speed_kt"),
    (reply(to=""), "model.reply-to-missing", "to"),
    (reply(to="AB" * 32), "model.bad-message-id", "to"),
    (reply(reference="?"), "model.bad-reference", "reference"),
    (reply(answer=""), "model.unknown-answer", "answer"),
    (reply(answer="maybe"), "model.unknown-answer", "answer"),
    (reply(read_back=None), "model.read-back-missing", "read_back"),
    (reply(read_back=read_back(position=None)), "model.read-back-position", "read_back.position"),
    (
        reply(read_back=read_back(position=Position(99, 0))),
        "model.bad-latitude",
        "read_back.position.lat",
    ),
    (reply(read_back=read_back(place="\x7f")), "model.unsafe-character", "read_back.place"),
    (reply(read_back=read_back(time_end="")), "model.time-missing", "read_back.time_end"),
    (
        reply(read_back=read_back(altitude_lower=None)),
        "model.altitude-missing",
        "read_back.altitude_lower",
    ),
    (reply(answer="reject"), "model.reason-missing", "reason"),
    (reply(answer="reject", phrases=(201, 311)), "model.reason-missing", "reason"),
    (reply(answer="counter"), "model.proposal-missing", "proposal"),
    (
        reply(answer="counter", proposal=(volume(time_end=""),)),
        "model.time-missing",
        "proposal[0].time_end",
    ),
    (reply(officer=" "), "model.officer-missing", "officer"),
    (reply(officer="a\u2066"), "model.unsafe-character", "officer"),
    (LineCheck(""), "model.phrase-missing", "phrase"),
    (LineCheck("a", "b" * 81), "model.text-too-long", "operator"),
    (Service(""), "model.text-missing", "text"),
    (Service("a", "\r"), "model.unsafe-character", "operator"),
    (Service("a", officer="b" * 81), "model.text-too-long", "officer"),
    (notice(officer="a\u202e"), "model.unsafe-character", "officer"),
    (revision(officer="a\nb"), "model.unsafe-character", "officer"),
    (Withdrawal("IAF-1", officer="\x1b"), "model.unsafe-character", "officer"),
    (Activation("IAF-1", "2026-03-01T13:00:00Z", "\t"), "model.unsafe-character", "officer"),
    (End("IAF-1", "2026-03-01T13:00:00Z", "a" * 81), "model.text-too-long", "officer"),
    (Advisory("a", officer="\x00"), "model.unsafe-character", "officer"),
    (Nonconformance("", START), "model.reference-missing", "reference"),
    (Nonconformance("IAF-1"), "model.time-missing", "at"),
    (Contingency("IAF-1", START, "\x00"), "model.unsafe-character", "reason"),
    (
        Contingency("IAF-1", START, volumes=(volume(time_end=""),)),
        "model.time-missing",
        "volumes[0].time_end",
    ),
    (conflict(reference=""), "model.reference-missing", "reference"),
    (conflict(other="?"), "model.bad-reference", "other"),
    (conflict(relation=""), "model.unknown-relation", "relation"),
    (conflict(relation="war"), "model.unknown-relation", "relation"),
    (conflict(position=Position(99, 0)), "model.bad-latitude", "position.lat"),
    (conflict(altitude_upper=Altitude(1.0, "")), "model.unknown-unit", "altitude_upper.units"),
    (conflict(time_end="soon"), "model.bad-time", "time_end"),
    (conflict(distance_m=-1.0), "model.distance", "distance_m"),
    (conflict(vertical_m=math.inf), "model.distance", "vertical_m"),
    (conflict(reason="a" * 1001), "model.text-too-long", "reason"),
]


@pytest.mark.parametrize(("message", "code", "field"), BAD_MESSAGES)
def test_a_bad_message_is_refused_when_composing(message: Message, code: str, field: str) -> None:
    """Composing raises the first problem's code, with its field in the text and its mend."""
    with pytest.raises(RulesBroken) as caught:
        compose(message)
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [(code, field)]
    assert caught.value.code == code
    assert caught.value.message.startswith(f"{field}: ")
    assert caught.value.hint


def test_all_problems_are_listed_with_the_first_one_s_code() -> None:
    """Whoever wrote the message mends everything in one go."""
    with pytest.raises(RulesBroken) as caught:
        check(notice(title="", activity="parade", volumes=()))
    assert [problem.code for problem in caught.value.problems] == [
        "model.title-missing",
        "model.unknown-activity",
        "model.no-volume",
    ]
    assert caught.value.code == "model.title-missing"
    assert "; activity: 'parade' is not an activity; " in caught.value.message


@pytest.mark.parametrize(
    ("answered", "needed"),
    [(None, True), (Kind.NOTICE, True), (Kind.REVISION, True), (Kind.WITHDRAWAL, False)],
)
def test_a_read_back_is_needed_to_accept_a_plan(answered: Kind | None, needed: bool) -> None:
    """To accept a notice or revision takes a read-back; where unknown, one is asked for."""
    found = problems(reply(read_back=None), answered=answered)
    assert bool(found) is needed


def test_an_empty_read_back_lacks_everything() -> None:
    """Area, both times and both levels are asked for."""
    found = problems(reply(read_back=ReadBack()))
    assert [problem.field for problem in found] == [
        "read_back.position",
        "read_back.time_start",
        "read_back.time_end",
        "read_back.altitude_lower",
        "read_back.altitude_upper",
    ]


@pytest.mark.parametrize("kind", [Activation, End])
def test_what_is_said_to_be_so_is_not_in_the_future(kind: type[Activation | End]) -> None:
    """Beyond what clocks may differ by it is a plan; what cannot be read is not judged."""
    second_us = 1_000_000
    now_us = parse_time(START)
    said = kind(reference="IAF-0101", at=START)
    assert moment_problems(said, now_us, 0) == []
    assert moment_problems(said, now_us - 5 * second_us, 5 * second_us) == []
    (problem,) = moment_problems(said, now_us - 6 * second_us, 5 * second_us)
    assert (problem.code, problem.field) == ("notice.at-in-future", "at")
    assert moment_problems(kind(reference="IAF-0101", at="soon"), 0, 0) == []
    assert moment_problems(notice(), 0, 0) == []


def many_vertices(count: int) -> Polygon:
    """Return a polygon with as many corners on a circle."""
    turn = 2 * math.pi / count
    return Polygon(
        tuple(
            Position(34 + math.sin(index * turn), 33 + math.cos(index * turn))
            for index in range(count)
        )
    )


def test_vertices_are_limited_over_all_volumes() -> None:
    """Ten thousand are allowed in all (F3548); one more is not, and nothing is swept then."""
    limit = notice(volumes=(shaped(many_vertices(6_000)), shaped(many_vertices(4_000))))
    assert problems(limit) == []
    crossing = polygon((34, 33), (33, 34), (33, 33.2), (35, 34))
    found = problems(notice(volumes=(shaped(many_vertices(10_000)), shaped(crossing))))
    assert [problem.code for problem in found] == ["model.too-many-vertices"]


def test_a_payload_that_no_body_can_hold_is_refused() -> None:
    """The largest outlines with full precision don't fit, and the error says so."""
    with pytest.raises(ModelError) as caught:
        compose(notice(volumes=(shaped(many_vertices(9_900)),)))
    assert caught.value.code == "model.payload-too-large"


def test_the_list_of_problems_is_bounded() -> None:
    """A hostile peer can't fill our records with flags."""
    flood = notice(volumes=(Volume4D(),) * 1000)
    assert len(problems(flood)) == MAX_PROBLEMS
    assert len(unknown_fields("notice", {str(index): 0 for index in range(1000)})) == MAX_PROBLEMS


def test_unknown_fields_are_found_at_any_depth() -> None:
    """Each is named with where it stands; the names of maps further down are checked too."""
    payload = {
        "title": "Patrol",
        "colour": "red",
        "volumes": [{"outline_circle": {"center": {"lat": 1, "lon": 2}}}, 7, {"\x1b": 1}],
    }
    found = [(problem.field, problem.text) for problem in unknown_fields("notice", payload)]
    assert found == [
        ("", "the field 'colour' is not known"),
        ("volumes[0].outline_circle.center", "the field 'lon' is not known"),
        ("volumes[2]", r"the field '\x1b' is not known"),
    ]
    assert str(unknown_fields("notice", payload)[0]) == "the field 'colour' is not known"


def test_a_kind_that_is_not_known_has_no_unknown_fields() -> None:
    """Nothing can be said about the payload of a kind that this version has not."""
    assert unknown_fields("weather", {"wind": 5}) == []


@settings(max_examples=100)
@given(messages)
def test_any_message_has_a_list_of_problems(message: Message) -> None:
    """Receiving never fails on a rule: every typed message is judged without an exception."""
    for problem in problems(message):
        assert problem.code.startswith("model.")
        assert problem.text
        assert problem.hint


@settings(max_examples=100)
@given(st.sampled_from([*TYPES, "weather"]), objects)
def test_any_object_has_a_list_of_unknown_fields(kind: str, obj: object) -> None:
    """What a peer sends is searched without an exception, whatever it is."""
    assert len(unknown_fields(kind, obj)) <= MAX_PROBLEMS
