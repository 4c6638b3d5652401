"""Payloads: every kind round-trips, broken rules are no obstacle, wrong types are."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ModelError, WireError
from hotline.model.kinds import Kind
from hotline.model.messages import (
    TYPES,
    Conflict,
    LineCheck,
    Message,
    Notice,
    ReadBack,
    Reply,
    Service,
    Withdrawal,
    composer_of,
    decode_own_form,
    decode_payload,
    encode_payload,
    kind_of,
)
from hotline.model.volume import Position
from hotline.wire.codec import unpack
from tests.model.samples import notice
from tests.model.strategies import messages, objects


def test_every_kind_has_its_type() -> None:
    """A kind without a type could be sent and never be read."""
    assert set(TYPES) == set(Kind)
    assert {kind_of(type_()) for type_ in TYPES.values()} == set(Kind)


@settings(max_examples=100)
@given(messages)
def test_payloads_round_trip(message: Message) -> None:
    """Whatever can be held can be sent and is the same on arrival, broken rules included."""
    payload = encode_payload(message)
    again = decode_payload(kind_of(message), msgspec.msgpack.decode(payload))
    assert repr(again) == repr(message)  # as NaN, which may be held, differs from itself


@given(messages)
def test_own_form_is_recognised(message: Message) -> None:
    """What this version wrote is read the quick way, and gives the same message."""
    payload = encode_payload(message)
    again = decode_own_form(kind_of(message), payload)
    if again is None:  # NaN and the infinities are for the strict way to refuse
        assert b"\xcb\x7f" in payload or b"\xcb\xff" in payload
    else:
        assert repr(again) == repr(message)


OLD_AND_NEW: list[tuple[Message, bytes]] = [
    (Service("a", "b"), b"\x82\xa4text\xa1a\xa8operator\xa1b"),
    (Service("a", "b", "c"), b"\x83\xa4text\xa1a\xa8operator\xa1b\xa7officer\xa1c"),
    (Withdrawal("A-1"), b"\x81\xa9reference\xa3A-1"),
    (Withdrawal("A-1", officer="c"), b"\x82\xa9reference\xa3A-1\xa7officer\xa1c"),
]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"reference": "A-1", "unknown": 1}),
        b"\x82\xa6reason\xa1a\xa6reason\xa1b",
        msgspec.msgpack.encode({"reference": ""}),
        msgspec.msgpack.encode({"reason": "z"}) + b"\x00",
    ],
    ids=["empty", "not-msgpack", "unknown", "doubled", "default-written", "trailing"],
)
def test_another_form_takes_the_strict_way(payload: bytes) -> None:
    """Whatever differs by a byte from our own writing is left to the strict decoder."""
    assert decode_own_form("withdrawal", payload) is None


def test_an_unknown_kind_has_no_own_form() -> None:
    """A kind of a later version cannot be read the quick way."""
    assert decode_own_form("weather", b"\x80") is None


def test_a_payload_is_a_map_with_the_names_of_f3548() -> None:
    """Another program recognises the fields, and defaults take no room."""
    sent = msgspec.msgpack.decode(encode_payload(notice(remarks="", contact="")))
    assert sent.keys() == {"reference", "title", "activity", "volumes"}
    assert sent["volumes"][0].keys() == {
        "outline_polygon",
        "altitude_lower",
        "altitude_upper",
        "time_start",
        "time_end",
    }
    assert sent["volumes"][0]["outline_polygon"]["vertices"][0] == {"lat": 34.0, "lng": 33.0}
    assert sent["volumes"][0]["altitude_lower"] == {
        "value": 180.0,
        "units": "fl",
        "reference": "standard",
    }


@pytest.mark.parametrize(("message", "payload"), OLD_AND_NEW)
def test_a_message_without_a_name_keeps_its_bytes(message: Message, payload: bytes) -> None:
    """Bodies from before composers were named have the same bytes and ids; a name comes last."""
    assert encode_payload(message) == payload
    assert decode_own_form(kind_of(message), payload) == message


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.LINE_CHECK, Kind.CONFLICT}))
def test_whatever_a_human_composes_can_carry_a_name(kind: Kind) -> None:
    """The audit asks who composed each message, and the message answers."""
    message = decode_payload(kind, {"officer": "Lt. Example"})
    assert composer_of(message) == "Lt. Example"
    assert encode_payload(message).endswith(b"\xa7officer\xabLt. Example")
    assert composer_of(TYPES[kind]()) == ""


def test_nobody_composes_what_a_node_computed() -> None:
    """A conflict is said by the node itself, so no officer's name stands for it."""
    assert composer_of(Conflict("IAF-1", 0, "H-1", 0, "conflict")) == ""


@pytest.mark.parametrize(
    ("message", "composer"),
    [
        (LineCheck("Fox", "Ops"), "Ops"),
        (Service("Relief", "Ops"), "Ops"),
        (Service("Relief", "Ops", "Lt. Example"), "Lt. Example"),
        (Notice(officer="  "), ""),
    ],
)
def test_an_operator_is_a_composer_where_no_other_is_named(message: Message, composer: str) -> None:
    """Blanks are nobody's name."""
    assert composer_of(message) == composer


def test_an_empty_payload_is_an_empty_message() -> None:
    """Nothing but types is asked of what is received."""
    assert decode_payload("notice", {}) == Notice()


def test_fields_of_a_newer_version_are_left_out() -> None:
    """What we know is read; the rest does not stand in the way."""
    assert decode_payload("notice", {"title": "Patrol", "colour": "red"}) == Notice(title="Patrol")


@pytest.mark.parametrize(
    ("kind", "obj", "code"),
    [
        ("weather", {}, "model.unknown-kind"),
        ("notice", [], "model.unreadable-payload"),
        ("notice", {"title": 5}, "model.unreadable-payload"),
        ("notice", {"volumes": [{"outline_circle": {}}]}, "model.unreadable-payload"),
        ("notice", {1: 2}, "model.unreadable-payload"),
        ("revision", {"number": "1"}, "model.unreadable-payload"),
        ("advisory", {"position": {"lat": 10**400, "lng": 0}}, "model.unreadable-payload"),
    ],
)
def test_what_can_not_be_typed_is_named(kind: str, obj: object, code: str) -> None:
    """The one case in which a payload is shown raw instead of as a message."""
    with pytest.raises(ModelError) as caught:
        decode_payload(kind, obj)
    assert caught.value.code == code
    assert caught.value.hint


@settings(max_examples=150)
@given(st.sampled_from([*TYPES, "weather", ""]), objects)
def test_any_object_is_a_message_or_a_model_error(kind: str, obj: object) -> None:
    """Fuzzing contract: nothing but ModelError leaves the decoder."""
    try:
        message = decode_payload(kind, obj)
    except ModelError as error:
        assert error.code in ("model.unknown-kind", "model.unreadable-payload")
    else:
        assert kind_of(message) == kind


@pytest.mark.parametrize("depth", [17, 5_000, 200_000])
def test_nesting_without_end_is_not_our_own_form(depth: int) -> None:
    """What a peer buries in a field that nobody knows does not end the program that looks at it."""
    assert decode_own_form("notice", b"\x81\xa1x" + b"\x91" * depth + b"\xc0") is None


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_no_number_that_is_none_is_our_own_form(number: float) -> None:
    """What the strict way refuses, and nobody can be shown, must not count as an answer."""
    reply = Reply(to="0" * 64, answer="accept", read_back=ReadBack(position=Position(number, 1.0)))
    payload = encode_payload(reply)
    assert decode_own_form("reply", payload) is None
    with pytest.raises(WireError):
        unpack(payload)
