"""What stands for a message about a notice that cannot be decoded."""

from __future__ import annotations

import math

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.model.kinds import Kind
from hotline.model.messages import (
    Contingency,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    Withdrawal,
    encode_payload,
)
from hotline.model.times import format_time, parse_time
from hotline.model.volume import Volume4D
from hotline.wire.undecoded import STANDS_US, dismissal, fields_of, reference_of, stand_in

NOW_US = parse_time("2026-03-01T10:00:00Z")
ID = bytes.fromhex("1a2b3c4d5e6f" + "00" * 26)
ANYWHERE = (Volume4D(time_end="2026-03-31T10:00:00Z"),)
BAD = {"volumes": [{"time_start": math.nan}]}


def packed(**fields: object) -> bytes:
    """Return fields as a payload that no strict decoder takes, the bad one first."""
    return bytes(msgpack.packb({**BAD, **fields}))


def test_what_can_be_read_stands_and_its_volumes_are_everywhere() -> None:
    """The reference, and what an officer knows it by; nothing else of it."""
    payload = packed(reference="A-1", title="Patrol", activity="patrol", remarks="x" * 1000)
    assert stand_in("notice", payload, ID, NOW_US) == Notice("A-1", "Patrol", "patrol", ANYWHERE)


def test_every_kind_that_says_where_has_one() -> None:
    """Other kinds have none: what they take back or begin is not known to be so."""
    payload = packed(reference="A-1", number=7, at="10:00", reason="no link")
    now = format_time(NOW_US)
    assert stand_in("revision", payload, ID, NOW_US) == Revision(
        "A-1", 7, volumes=ANYWHERE, reason="no link"
    )
    assert stand_in("contingency", payload, ID, NOW_US) == Contingency(
        "A-1", "10:00", "no link", ANYWHERE
    )
    assert stand_in("nonconformance", b"", ID, NOW_US) == Nonconformance(
        reference_of(ID), now, "", ANYWHERE
    )
    others = set(Kind) - {Kind.NOTICE, Kind.REVISION, Kind.CONTINGENCY, Kind.NONCONFORMANCE}
    for kind in (*others, "new-kind"):
        assert stand_in(kind, payload, ID, NOW_US) is None


@pytest.mark.parametrize("reference", ["", 7, None, ["A"], {"A": 1}, b"A"])
def test_without_a_reference_the_first_digits_of_its_id_stand_for_it(reference: object) -> None:
    """So that it can be named, by whoever is told of it too."""
    message = stand_in("notice", packed(reference=reference), ID, NOW_US)
    assert message is not None
    assert message.reference == "1A2B3C4D5E6F"


@pytest.mark.parametrize("number", [-1, True, 1.0, "1", None])
def test_a_number_that_cannot_be_read_is_no_newer_than_any(number: object) -> None:
    """The revision then stands beside the notice."""
    message = stand_in("revision", packed(reference="A", number=number), ID, NOW_US)
    assert isinstance(message, Revision)
    assert message.number == 0


def test_a_time_that_cannot_be_written_bounds_nothing() -> None:
    """A clock that is far off makes nothing clear."""
    message = stand_in("notice", b"", ID, -STANDS_US - 1)
    assert message is not None
    assert message.volumes == (Volume4D(),)


def test_fields_are_read_until_the_bytes_cannot_be_followed() -> None:
    """What comes first counts; what is there twice, or is a list, does not."""
    whole = packed(reference="A", title="T")
    names = {"reference", "title"}
    assert fields_of(whole, names) == {"reference": "A", "title": "T"}
    assert fields_of(whole[:-2], names) == {"reference": "A"}
    twice = b"\x83\xa1a\x01\xa1b\x02\xa1a\x03"
    assert fields_of(twice, {"a", "b"}) == {"b": 2}
    assert fields_of(b"\x82\xa1a\xa1x\xa1b\x91\x01", {"a", "b"}) == {"a": "x"}
    assert fields_of(b"\x82\x91\x01\x01\xa1a\x01", {"a"}) == {}
    assert fields_of(b"\x82\x07\x91\x01\xa1a\x01", {"a"}) == {"a": 1}
    assert fields_of(b"\x81\xa1a\xa1\xff", {"a"}) == {}
    assert fields_of(b"\x90", {"a"}) == {}


def test_lengths_that_are_only_claimed_take_no_memory() -> None:
    """Nested lists of four thousand million items each are passed over, or end the reading."""
    nested = b"\xdd\xff\xff\xff\xff" * 50_000
    assert fields_of(b"\x82\xa1b\x01\xa1a" + nested, {"a", "b"}) == {"b": 1}
    assert fields_of(b"\x82\xa1b\x01\xa1c" + nested, {"a", "b"}) == {"b": 1}


@settings(max_examples=100)
@given(
    st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["reference", "number", "at", "title", "x"]),
        st.none() | st.text() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.binary(),
    ).map(msgpack.packb),
    st.sampled_from(["notice", "revision", "contingency", "nonconformance"]),
)
def test_any_bytes_have_something_that_stands_for_them(payload: bytes, kind: str) -> None:
    """It names something, is everywhere, and can be kept as a message is."""
    message = stand_in(kind, payload, ID, NOW_US)
    assert message is not None
    assert message.reference
    assert message.volumes == ANYWHERE
    assert msgspec.msgpack.decode(encode_payload(message), type=type(message)) == message


def test_only_who_refuses_it_or_offers_something_else_has_dealt_with_it() -> None:
    """Other answers, and those to no message, end nothing."""
    gone = Withdrawal("1A2B3C4D5E6F")
    for answer, expected in (
        ("reject", gone),
        ("counter", gone),
        ("accept", None),
        ("stand-by", None),
        ("new", None),
    ):
        assert dismissal(Reply(ID.hex(), answer=answer)) == expected
    assert dismissal(Reply("1a2b", answer="reject")) is None
