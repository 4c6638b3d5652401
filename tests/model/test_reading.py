"""Files: our own form and F3548's are read, everything else is named with its mend."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ModelError
from hotline.model.kinds import Kind, Precedence, Status
from hotline.model.messages import TYPES, Activation, Advisory, Notice, Reply
from hotline.model.problem import RulesBroken
from hotline.model.reading import Draft, read_message
from hotline.model.volume import Altitude, Circle, Position
from tests.model.samples import NOW_US, notice, reply
from tests.model.strategies import objects

VOLUME = {
    "outline_circle": {"center": {"lat": 34.0, "lng": 33.0}, "radius_m": 5000},
    "altitude_lower": "FL180",
    "altitude_upper": "FL240",
    "time_start": "+1h",
    "time_end": "+3h",
}
NOTICE = {"kind": "notice", "title": "Patrol", "activity": "patrol", "volumes": [VOLUME]}


def read(fields: object) -> Draft:
    """Read an object as the JSON file that it makes."""
    return read_message(json.dumps(fields).encode(), NOW_US)


def read_volume(**changes: object) -> Notice:
    """Read the notice with its volume changed."""
    message = read(NOTICE | {"volumes": [VOLUME | changes]}).message
    assert isinstance(message, Notice)
    return message


def test_a_notice_is_read() -> None:
    """Short forms become the payload's, and what the node assigns may be left out."""
    draft = read(NOTICE)
    assert (draft.kind, draft.precedence) == (Kind.NOTICE, Precedence.ROUTINE)
    assert isinstance(draft.message, Notice)
    (volume,) = draft.message.volumes
    assert draft.message.reference == ""
    assert volume.outline_circle == Circle(Position(34.0, 33.0), 5000.0)
    assert volume.altitude_lower == Altitude(180.0, "fl", "standard")
    assert (volume.time_start, volume.time_end) == ("2026-03-01T11:00:00Z", "2026-03-01T13:00:00Z")


def test_precedence_has_a_default_for_each_kind() -> None:
    """What warns of danger is urgent unless it says otherwise, everything else ROUTINE."""
    astray = {"reference": "IAF-0001", "at": "+0s", "reason": "engine"}
    assert read({"kind": "contingency", **astray}).precedence is Precedence.FLASH
    assert read({"kind": "nonconformance", **astray}).precedence is Precedence.IMMEDIATE
    assert read({"kind": "advisory", "text": "Two aircraft"}).precedence is Precedence.FLASH
    assert read({"kind": "service", "text": "Relief"}).precedence is Precedence.ROUTINE
    draft = read({"kind": "advisory", "text": "a", "precedence": "PRIORITY"})
    assert draft.precedence is Precedence.PRIORITY


def test_a_file_may_say_what_it_is_of() -> None:
    """Status and exercise are kept beside the message, which does not have them."""
    plain = {"kind": "advisory", "subject": "x", "text": "x"}
    for more, said in (
        ({}, (None, "")),
        ({"status": "actual"}, (Status.ACTUAL, "")),
        ({"status": "exercise", "exercise": "Kestrel 7"}, (Status.EXERCISE, "Kestrel 7")),
    ):
        draft = read_message(json.dumps(plain | more).encode(), NOW_US)
        assert (draft.status, draft.exercise) == said
        assert draft.message == read_message(json.dumps(plain).encode(), NOW_US).message


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"status": "drill"}, "model.unknown-status"),
        ({"status": 1}, "model.unknown-status"),
        ({"exercise": "Kestrel"}, "model.wrong-exercise"),
        ({"status": "actual", "exercise": "Kestrel"}, "model.wrong-exercise"),
        ({"status": "exercise", "exercise": ["Kestrel"]}, "model.wrong-exercise"),
        ({"status": "exercise", "exercise": ""}, "model.wrong-exercise"),
        ({"status": "exercise", "exercise": " x"}, "model.wrong-exercise"),
        ({"status": "exercise", "exercise": "x" * 61}, "model.wrong-exercise"),
        ({"status": "exercise", "exercise": "a\u202eb"}, "model.wrong-exercise"),
    ],
)
def test_a_file_of_nothing_that_there_is_is_refused(more: dict[str, object], code: str) -> None:
    """Neither another word for a status nor a name that no letter could have."""
    fields = {"kind": "advisory", "subject": "x", "text": "x"} | more
    with pytest.raises(ModelError) as caught:
        read_message(json.dumps(fields).encode(), NOW_US)
    assert caught.value.code == code


def test_the_shapes_of_f3548_are_read() -> None:
    """A volume as an F3548 program writes it is the same volume."""
    theirs = {
        "volume": {
            "outline_circle": {
                "center": {"lat": 34.0, "lng": 33.0},
                "radius": {"value": 5000, "units": "M"},
            },
            "altitude_lower": {"value": 1000, "reference": "W84", "units": "M"},
            "altitude_upper": {"value": 2000, "reference": "W84", "units": "M"},
        },
        "time_start": {"value": "2026-03-01T11:00:00Z", "format": "RFC3339"},
        "time_end": {"value": "2026-03-01T16:00:00+03:00", "format": "RFC3339"},
    }
    message = read(NOTICE | {"volumes": [theirs]}).message
    assert message == read_volume(
        altitude_lower={"value": 1000, "reference": "wgs84", "units": "m"},
        altitude_upper={"value": 2000, "reference": "wgs84", "units": "m"},
    )


@pytest.mark.parametrize(
    ("short", "altitude"),
    [
        ("FL095", Altitude(95.0, "fl", "standard")),
        ("fl 95", Altitude(95.0, "fl", "standard")),
        ("2500 ft msl", Altitude(2500.0, "ft", "msl")),
        ("2500ft", Altitude(2500.0, "ft", "msl")),
        ("912.5 m WGS84", Altitude(912.5, "m", "wgs84")),
        ("912 M w84", Altitude(912.0, "m", "wgs84")),
        ("-100 ft ground", Altitude(-100.0, "ft", "ground")),
        ("ground", Altitude(0.0, "ft", "ground")),
        ({"value": 95, "units": "FL"}, Altitude(95.0, "fl", "standard")),
        ({"value": 9, "units": "FT", "reference": "MSL"}, Altitude(9.0, "ft", "msl")),
    ],
)
def test_altitudes_are_read_in_short(short: object, altitude: Altitude) -> None:
    """An officer writes levels as they are spoken."""
    assert read({"kind": "advisory", "text": "a", "altitude": short}).message == Advisory(
        "a", altitude=altitude
    )


def test_offsets_are_read_wherever_a_time_stands() -> None:
    """Activation, read-back and proposal count from now as well."""
    assert read({"kind": "activation", "reference": "A-1", "at": "+5m"}).message == Activation(
        "A-1", "2026-03-01T10:05:00Z"
    )
    read_back = {key: value for key, value in VOLUME.items() if key != "outline_circle"}
    message = read(
        {
            "kind": "reply",
            "reference": "A-1",
            "answer": "counter",
            "read_back": read_back | {"position": {"lat": 34, "lng": 33}},
            "proposal": [VOLUME],
        }
    ).message
    assert isinstance(message, Reply)
    assert message.read_back is not None
    assert message.read_back.time_start == message.proposal[0].time_start == "2026-03-01T11:00:00Z"
    assert message.read_back.altitude_lower == Altitude(180.0, "fl", "standard")


def test_a_reply_without_read_back_is_the_nodes_to_judge() -> None:
    """Only the node knows what is answered, so reading does not ask for the read-back."""
    message = read({"kind": "reply", "reference": "A-1", "answer": "accept"}).message
    assert message == Reply(reference="A-1", answer="accept")


@pytest.mark.parametrize(
    "message", [notice(officer="Levy"), reply(), Advisory("a", position=Position(1, 2))]
)
def test_a_draft_is_written_as_it_is_read(message: Notice | Reply | Advisory) -> None:
    """What is shown as JSON can be sent again."""
    draft = Draft(Precedence.IMMEDIATE, message)
    shown = {"kind": draft.kind, "precedence": draft.precedence.name}
    file = msgspec.json.encode(shown | msgspec.to_builtins(message))
    assert read_message(file, NOW_US) == draft


BAD: list[tuple[object, str, str]] = [
    ([], "model.not-a-message", "object"),
    ({}, "model.unknown-kind", "kind"),
    ({"kind": "weather"}, "model.unknown-kind", "kind"),
    ({"kind": ["notice"]}, "model.unknown-kind", "kind"),
    (NOTICE | {"precedence": "URGENT"}, "model.unknown-precedence", "precedence"),
    (NOTICE | {"precedence": 0}, "model.unknown-precedence", "precedence"),
    (NOTICE | {"colour": "red"}, "model.unknown-field", "'colour'"),
    (NOTICE | {"volumes": [VOLUME | {"alt": 5}]}, "model.unknown-field", "volumes[0]: "),
    (NOTICE | {"title": 5}, "model.wrong-type", "title: "),
    (NOTICE | {"volumes": "all"}, "model.wrong-type", "volumes: "),
    (NOTICE | {"volumes": ["all"]}, "model.wrong-type", "volumes[0]: "),
    (NOTICE | {"volumes": [{}]}, "model.no-outline", "volumes[0]: "),
    (NOTICE | {"title": ""}, "model.title-missing", "title: "),
    (NOTICE | {"reference": "a b"}, "model.bad-reference", "reference: "),
    ({"kind": "reply", "answer": "accept", "read_back": 5}, "model.wrong-type", "read_back: "),
]


@pytest.mark.parametrize(("fields", "code", "named"), BAD)
def test_a_bad_file_is_refused_by_name(fields: object, code: str, named: str) -> None:
    """Each fault has its code, the text names the field, and the hint the mend."""
    with pytest.raises(ModelError) as caught:
        read(fields)
    assert caught.value.code == code
    assert named in caught.value.message
    assert caught.value.hint


CIRCLE = {"center": {"lat": 34.0, "lng": 33.0}}
BAD_VOLUMES: list[tuple[dict[str, object], str, str]] = [
    ({"volume": {"time_end": "+1h"}}, "model.repeated-key", ""),
    ({"volume": 5}, "model.unknown-field", ""),
    ({"outline_circle": 5}, "model.wrong-type", ".outline_circle"),
    ({"outline_circle": CIRCLE}, "model.wrong-type", ".outline_circle"),
    ({"outline_circle": CIRCLE | {"radius": 5}}, "model.wrong-radius", ".outline_circle.radius"),
    (
        {"outline_circle": CIRCLE | {"radius": {"value": 5}}},
        "model.wrong-radius",
        ".outline_circle.radius",
    ),
    (
        {"outline_circle": CIRCLE | {"radius": {"value": 5, "units": "NM"}}},
        "model.wrong-radius",
        ".outline_circle.radius",
    ),
    (
        {"outline_circle": CIRCLE | {"radius_m": 5, "radius": {"value": 5, "units": "M"}}},
        "model.wrong-radius",
        ".outline_circle.radius",
    ),
    ({"altitude_lower": "high"}, "model.bad-altitude", ".altitude_lower"),
    ({"altitude_lower": "FL18000"}, "model.bad-altitude", ".altitude_lower"),
    ({"altitude_lower": 5}, "model.wrong-type", ".altitude_lower"),
    ({"altitude_lower": {"value": 5}}, "model.altitude-incomplete", ".altitude_lower"),
    (
        {"altitude_lower": {"value": 5, "units": "ft"}},
        "model.altitude-incomplete",
        ".altitude_lower",
    ),
    (
        {"altitude_lower": {"value": 5, "units": 5, "reference": "msl"}},
        "model.wrong-type",
        ".altitude_lower.units",
    ),
    (
        {"altitude_lower": {"value": "5", "units": "ft", "reference": "msl"}},
        "model.wrong-type",
        ".altitude_lower.value",
    ),
    ({"time_start": "soon"}, "model.bad-time", ".time_start"),
    ({"time_start": "2026-03-01T11:00:00"}, "model.time-without-zone", ".time_start"),
    ({"time_start": 5}, "model.wrong-type", ".time_start"),
    ({"time_start": {"value": "+1h"}}, "model.bad-time", ".time_start"),
    ({"time_start": {"value": "+1h", "format": "UNIX"}}, "model.bad-time", ".time_start"),
    ({"time_start": {"value": 5, "format": "RFC3339"}}, "model.wrong-type", ".time_start"),
    ({"time_start": "+4h"}, "model.time-order", ".time_end"),
]


@pytest.mark.parametrize(("changes", "code", "field"), BAD_VOLUMES)
def test_a_bad_volume_is_refused_by_path(changes: dict[str, object], code: str, field: str) -> None:
    """The path in the text leads to what has to be mended."""
    with pytest.raises(ModelError) as caught:
        read_volume(**changes)
    assert caught.value.code == code
    assert caught.value.message.startswith(f"volumes[0]{field}: ")
    assert caught.value.hint


def test_a_number_that_no_float_holds_breaks_a_rule() -> None:
    """JSON can write 1e999, which is read as infinite and refused as that."""
    data = json.dumps(NOTICE).replace("5000", "1e999").encode()
    with pytest.raises(RulesBroken) as caught:
        read_message(data, NOW_US)
    assert caught.value.code == "model.not-finite"


@settings(max_examples=200)
@given(
    objects,
    st.fixed_dictionaries(
        {}, optional={"kind": st.sampled_from(list(TYPES)), "type": st.just("Feature")}
    ),
)
def test_any_json_is_a_draft_or_a_model_error(value: object, more: dict[str, str]) -> None:
    """Fuzzing contract: nothing but ModelError leaves the reader."""
    fields = value | more if isinstance(value, dict) else value
    data = json.dumps(fields, default=str).encode()
    try:
        assert read_message(data, NOW_US).kind in TYPES
    except ModelError as error:
        assert error.code.startswith("model.")
