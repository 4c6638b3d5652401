"""Payloads of records are read strictly, and any bytes are taken or refused."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import WireError
from hotline.wire import records
from hotline.wire.codec import pack, unpack
from hotline.wire.records import (
    MAX_FLAGS,
    MAX_RECORD,
    AnswerDue,
    AnswerTime,
    BriefedItem,
    BriefedSection,
    FaultBegun,
    Flag,
    Played,
    Record,
    Related,
    Remarked,
    VoiceConfirmed,
    VoiceHeard,
    VoiceSpoken,
    WatchAssumed,
    WatchBriefed,
    brief_digest,
    decode_record,
    encode_record,
)

SAID: list[tuple[Record, dict[str, Any]]] = [
    (
        Remarked(b"m" * 32, (Flag("a.b", "text"), Flag("c.d", "text", "field"))),
        {
            "message": b"m" * 32,
            "flags": [
                {"code": "a.b", "text": "text"},
                {"code": "c.d", "text": "text", "field": "field"},
            ],
        },
    ),
    (
        Related(
            **(
                related := {
                    "own": b"o" * 32,
                    "other": b"t" * 32,
                    "reference": "IAF-0001",
                    "other_reference": "HMEIMIM-0001",
                    "relation": "conflict",
                    "before": "",
                    "cause": "revision",
                    "caused_by": b"t" * 32,
                    "by_right": False,
                    "from_us": 2**50,
                    "until_us": None,
                    "lat": 34.5,
                    "lng": 33.0,
                    "lower_m": -12.5,
                    "upper_m": None,
                    "distance_m": 0.0,
                    "vertical_m": 0.0,
                    "time_gap_us": 0,
                    "text": "conflict with IAF-0001",
                }
            )
        ),
        related,
    ),
    (AnswerTime(3, 600_000_000), {"stream": 3, "within_us": 600_000_000}),
    (
        VoiceSpoken(b"m" * 32, "A ...\n", "flag swan pony ruby", "levy"),
        {
            "message": b"m" * 32,
            "text": "A ...\n",
            "words": "flag swan pony ruby",
            "officer": "levy",
            "state": "spoken",
        },
    ),
    (
        VoiceHeard("A ...\n", "flag swan pony ruby", "", ("G1",), "ivanov"),
        {
            "text": "A ...\n",
            "words": "flag swan pony ruby",
            "said": "",
            "differs": ["G1"],
            "officer": "ivanov",
            "state": "heard",
        },
    ),
    (
        VoiceConfirmed(b"m" * 32, 9, "flag swan pony ruby", False, (), "levy"),
        {
            "message": b"m" * 32,
            "spoken": 9,
            "words": "flag swan pony ruby",
            "agrees": False,
            "differs": [],
            "officer": "levy",
            "state": "confirmed",
        },
    ),
    (AnswerDue(b"m" * 32, 2**50), {"message": b"m" * 32, "due_us": 2**50}),
    (
        Played("real-world", "Spring", "levy", "engine fire", b"", b"m" * 32, "iaf"),
        {
            "event": "real-world",
            "name": "Spring",
            "by": "levy",
            "text": "engine fire",
            "record": b"",
            "message": b"m" * 32,
            "peer": "iaf",
        },
    ),
    (
        FaultBegun("slow-disk", "", 0.5, 60_000_000, "director"),
        {
            "kind": "slow-disk",
            "peer": "",
            "amount": 0.5,
            "for_us": 60_000_000,
            "by": "director",
            "state": "began",
        },
    ),
    (
        WatchBriefed("cohen", (BriefedSection("lines", 1, (BriefedItem("iaf", "up"),)),), ""),
        {
            "officer": "cohen",
            "sections": [
                {"name": "lines", "total": 1, "items": [{"subject": "iaf", "text": "up"}]}
            ],
            "text": "",
            "step": "briefed",
        },
    ),
    (
        WatchAssumed("cohen", "levy", 7, b"d" * 32, ""),
        {
            "officer": "cohen",
            "relieved": "levy",
            "brief": 7,
            "digest": b"d" * 32,
            "text": "",
            "step": "assumed",
        },
    ),
]
FORMS = [
    form
    for form in vars(records).values()
    if isinstance(form, type) and issubclass(form, Record) and form is not Record
]


@pytest.mark.parametrize(("said", "fields"), SAID)
def test_what_is_entered_is_a_map_of_its_fields(said: Record, fields: dict[str, Any]) -> None:
    """Any reader of MessagePack can tell what it says; the keys may come in any order."""
    assert unpack(encode_record(said)) == fields
    assert decode_record(pack(fields), type(said), "x") == said
    assert decode_record(pack(dict(reversed(fields.items()))), type(said), "x") == said


@pytest.mark.parametrize(("said", "fields"), SAID)
def test_what_no_node_enters_is_refused(said: Record, fields: dict[str, Any]) -> None:
    """A key too many, one too few, one twice, another type, no map, something behind."""
    first, *_ = fields
    payload = pack(fields)
    for wrong in (
        pack(fields | {"more": 1}),
        pack({key: value for key, value in fields.items() if key != first}),
        bytes([payload[0] + 1]) + payload[1:] + pack({first: fields[first]})[1:],
        pack(fields | {first: None}),
        pack([*fields.values()]),
        payload + b"\x00",
        payload[:-1],
        b"",
        b"\xdf\xff\xff\xff\xff",
        payload + bytes(MAX_RECORD),
    ):
        with pytest.raises(WireError):
            decode_record(wrong, type(said), "x")


@pytest.mark.parametrize(
    "flags",
    [
        [],
        [{"code": "a.b", "text": "x"}] * (MAX_FLAGS + 1),
        [{"code": "A", "text": "x"}],
        [{"code": "a.b", "text": "x" * 2001}],
        [{"code": "a.b"}],
        [{"code": "a.b", "text": "x", "more": 1}],
        [["a.b", "x", ""]],
    ],
)
def test_flags_are_bounded(flags: list[Any]) -> None:
    """No entry says that nothing was remarked, and none says more than a desk ever does."""
    with pytest.raises(WireError):
        decode_record(pack({"message": bytes(32), "flags": flags}), Remarked, "remarked")


@given(st.sampled_from(FORMS), st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_accepted_or_raise_wire_error(form: type[Record], data: bytes) -> None:
    """The fuzzing contract, for each form."""
    with contextlib.suppress(WireError):
        decode_record(data, form, "x")


@given(st.sampled_from(SAID), st.data())
@settings(max_examples=200)
def test_damaged_payloads_are_accepted_or_raise_wire_error(
    said: tuple[Record, dict[str, Any]], draw: st.DataObject
) -> None:
    """One changed byte never raises anything but WireError; what is read can be entered again."""
    data = bytearray(encode_record(said[0]))
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        read = decode_record(bytes(data), type(said[0]), "x")
        assert decode_record(encode_record(read), type(said[0]), "x") == read


def test_a_brief_is_known_by_its_digest() -> None:
    """The same sections give the same 32 bytes; any other word gives others."""
    told = BriefedSection("alarms", 1, (BriefedItem("line.down", "hmeimim"),))
    other = BriefedSection("alarms", 1, (BriefedItem("line.down", "iaf"),))
    assert len(brief_digest((told,))) == 32
    assert brief_digest((told,)) == brief_digest((told,))
    assert len({brief_digest(one) for one in ((), (told,), (other,), (told, other))}) == 4
