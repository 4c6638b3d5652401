"""What each kind of record may say, and where: step 4 of the verification."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.audit.verification.records import OF_A_LINE, OF_THE_NODE, check_record
from hotline.trust.spoken import check_words
from hotline.wire.codec import pack
from hotline.wire.frames import MAX_FRAME

TEXT = "A ...\n"
WORDS = " ".join(check_words(TEXT))
SAID: dict[str, list[dict[str, Any]]] = {
    "rejection": [
        {"stream": 3, "seq": 9, "message": bytes(32), "code": "line.broken-chain", "text": "no"}
    ],
    "refusal": [{"code": "wire.malformed", "text": "no frame", "frame": bytes(MAX_FRAME)}],
    "association": [
        {"state": "identified", "remote": "x", "letter": bytes(32), "checkpoint": b"n"},
        {"state": "up", "remote": "x"},
        {"state": "down", "reason": "ended in order"},
    ],
    "clock": [{"offset_us": -12, "round_trip_us": 900}],
    "voice": [
        {
            "state": "spoken",
            "message": bytes(32),
            "text": TEXT,
            "words": WORDS,
            "officer": "levy",
        },
        {
            "state": "heard",
            "text": TEXT,
            "words": WORDS,
            "said": "",
            "differs": ["G1"],
            "officer": "ivanov",
        },
        {
            "state": "confirmed",
            "message": bytes(32),
            "spoken": 9,
            "words": "flag swan pony ruby",
            "agrees": True,
            "differs": [],
            "officer": "levy",
        },
    ],
}
"""What a node enters in a line's log, of the kinds that no other step reads."""

SAID_OF_ITSELF: dict[str, list[dict[str, Any]]] = {
    "refusal": [{"code": "gate.unknown-peer", "text": "no peer", "remote": "x"}],
    "node": [{"state": "started"}, {"state": "stopped"}, {"state": "journal works again"}],
    "clock-stepped": [{"step_us": -5}],
    "exercise": [
        {
            "event": "endex",
            "name": "Spring",
            "by": "director",
            "text": "",
            "record": bytes(32),
            "message": None,
            "peer": "",
        },
        {
            "event": "real-world",
            "name": "Spring",
            "by": "levy",
            "text": "engine fire",
            "record": b"",
            "message": bytes(32),
            "peer": "iaf",
        },
    ],
    "fault": [
        {
            "state": "began",
            "kind": "clock-offset",
            "peer": "",
            "amount": -7.5,
            "for_us": None,
            "by": "director",
        },
        {"state": "ended", "kind": "clock-offset", "peer": "", "why": "over", "by": ""},
    ],
    "watch": [
        {"step": "taken", "officer": "levy", "text": ""},
        {
            "step": "briefed",
            "officer": "cohen",
            "sections": [
                {"name": "lines", "total": 1, "items": [{"subject": "iaf", "text": "up"}]},
            ],
            "text": "",
        },
        {
            "step": "assumed",
            "officer": "cohen",
            "relieved": "levy",
            "brief": 7,
            "digest": bytes(32),
            "text": "",
        },
        {"step": "reviewed", "officer": "levy", "text": ""},
        {"step": "released", "officer": "cohen", "text": "fire alarm"},
    ],
    "session": [
        {"state": "began", "officer": "levy", "address": "127.0.0.1"},
        {"state": "ended", "officer": "levy", "why": "idle"},
        {"state": "refused", "officer": "", "address": "", "why": "unknown", "wait_s": 0},
    ],
    "officer": [
        {"step": "added", "officer": "levy", "roles": ["officer"], "by": "root"},
        {"step": "disabled", "officer": "levy", "by": "chief"},
        {"step": "password", "officer": "levy", "by": "levy"},
        {"step": "secret", "officer": "levy", "by": "chief"},
    ],
    "alarm-shelved": [{"alarm": 1, "officer": "levy", "reason": "known", "until_us": 9}],
    "alarm-unshelved": [{"alarm": 1, "officer": ""}],
    "audited": [
        {
            "job": 3,
            "work": "verify",
            "state": "done",
            "officer": "levy",
            "what": "all logs",
            "ok": True,
            "digest": bytes(32),
        },
    ],
    "draft": [
        {"step": "begun", "draft": 1, "officer": "levy"},
        {"step": "offered", "draft": 1, "officer": "levy", "digest": bytes(32)},
        {"step": "returned", "draft": 1, "officer": "cohen", "reason": "levels"},
        {
            "step": "released",
            "draft": 1,
            "officer": "cohen",
            "offered_by": "levy",
            "digest": bytes(32),
            "peer": "iaf",
        },
        {"step": "sent", "draft": 1, "message": bytes(32)},
        {"step": "unsent", "draft": 1, "code": "journal.full"},
        {"step": "deleted", "draft": 1, "officer": "levy"},
    ],
}
"""The same of its own log."""

CASES = [
    (kind, what, of_line)
    for of_line, table in ((True, SAID), (False, SAID_OF_ITSELF))
    for kind, said in table.items()
    for what in said
]


def test_every_kind_is_tried() -> None:
    """Each kind that has its form here is among the cases."""
    assert {kind for kind, form in OF_A_LINE.items() if form} == SAID.keys()
    assert {kind for kind, form in OF_THE_NODE.items() if form} == SAID_OF_ITSELF.keys()


@pytest.mark.parametrize(("kind", "what", "of_line"), CASES)
def test_what_a_node_enters_is_taken(kind: str, what: dict[str, Any], of_line: bool) -> None:
    """Also the largest frame that was refused, and keys in another order."""
    assert check_record(kind, pack(what), of_line=of_line) == ""
    assert check_record(kind, pack(dict(reversed(what.items()))), of_line=of_line) == ""


@pytest.mark.parametrize(("kind", "what", "of_line"), CASES)
def test_what_no_node_enters_is_not(kind: str, what: dict[str, Any], of_line: bool) -> None:
    """A key too many, one too few, one twice, another type, something behind, another log."""
    first, *_ = what
    payload = pack(what)
    doubled = bytes([payload[0] + 1]) + payload[1:] + pack({first: what[first]})[1:]
    for wrong in (
        pack(what | {"more": 1}),
        pack({key: value for key, value in what.items() if key != first}),
        pack(what | {first: None}),
        pack(list(what.values())),
        payload + b"\x80",
        doubled,
    ):
        assert "cannot be read" in check_record(kind, wrong, of_line=of_line)
    assert check_record(kind, payload, of_line=not of_line)


def test_what_cannot_be_known_is_not_passed_over() -> None:
    """A kind of a later version, and those that leaves of messages have."""
    for kind in ("weather", "sent", "received", ""):
        for of_line in (True, False):
            assert "not known" in check_record(kind, b"\x80", of_line=of_line)
    assert "does not belong" in check_record("receipt", b"\x80", of_line=False)
    assert "does not belong" in check_record("recovered", b"\x80", of_line=True)
    assert "too large" in check_record("node", bytes(2 * MAX_FRAME + 1), of_line=False)


@given(
    st.sampled_from(sorted(OF_A_LINE | OF_THE_NODE)), st.binary(max_size=80) | st.just(b"\x91" * 9)
)
def test_any_payload_is_taken_or_refused(kind: str, payload: bytes) -> None:
    """Whatever somebody wrote into the file: a finding, never an exception."""
    for of_line in (True, False):
        assert isinstance(check_record(kind, payload, of_line=of_line), str)


@pytest.mark.parametrize("state", ["spoken", "heard"])
def test_check_words_are_those_of_the_text(state: str) -> None:
    """What was read out and its words cannot be entered apart from each other."""
    (said,) = (one for one in SAID["voice"] if one["state"] == state)
    wrong = check_record("voice", pack(said | {"text": "A .\n"}), of_line=True)
    assert wrong == "the check words of what is entered as voice are not those of its text"
