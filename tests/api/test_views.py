"""Rows made into shapes: whatever the peer sent is shown, safely."""

from __future__ import annotations

import pytest

from hotline.api.schema import SendRequest
from hotline.api.views import entry_view
from hotline.audit.entries import Log, RecordEntry
from hotline.audit.export.values import time_text
from hotline.journal.outgoing import Draft
from hotline.model.kinds import Precedence
from hotline.wire.codec import pack
from tests.api.conftest import Pair
from tests.centres import receipted


def test_times_sort_as_they_follow() -> None:
    """Every time has six decimals, so that text order is time order."""
    assert time_text(0) == "1970-01-01T00:00:00.000000Z"
    assert time_text(1_000_001) == "1970-01-01T00:00:01.000001Z"


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (pack({"state": "up", "n": 1}), {"state": "up", "n": 1}),
        (pack({"message": b"\x00\xff", "note": b"text\n"}), {"message": "00ff", "note": "text\n"}),
        (pack({"frame": b"\x1b[31m"}), {"frame": "1b5b33316d"}),
        (pack({"items": [[1, b"\xff"]]}), {"items": [[1, "ff"]]}),
        (pack([1, 2]), {"payload": [1, 2]}),
        (b"\xc1", {"payload": "c1"}),
    ],
)
def test_a_record_is_shown_as_json(payload: bytes, what: dict[str, object]) -> None:
    """Bytes are text where they are printable, else hexadecimal; what is no MessagePack is hex."""
    log = Log(1, "origin", True, 3, b"", "hmeimim", 1, None)
    shown = entry_view(log, "iaf", RecordEntry(2, "kind", 0, bytes(16), payload))
    assert shown.what == what
    assert (shown.log, shown.entry, shown.at) == ("origin", 2, time_text(0))


@pytest.mark.parametrize(
    ("kind", "payload", "flag"),
    [
        ("notice", b"\xc1", "wire."),
        ("notice", pack({"title": 5}), "model.unreadable-payload"),
        ("telegram", pack({"text": "STOP"}), "model.unknown-kind"),
    ],
)
async def test_what_cannot_be_read_is_shown_with_the_reason(
    pair: Pair, kind: str, payload: bytes, flag: str
) -> None:
    """A well-signed message is never withheld, however strange; it says what is wrong with it."""
    line = pair.iaf.line("")
    composed = await pair.iaf.desk.enter(line, Precedence.ROUTINE, Draft(kind, payload))
    await receipted(pair.iaf, composed.stream, composed.seq)
    (shown,) = (await pair.b.messages(direction="in")).messages
    assert shown.message is None
    assert shown.title == "(cannot be read)"
    assert shown.text.startswith(f"{kind.upper()}\n")
    assert any(found.code.startswith(flag) for found in shown.flags)


async def test_a_composers_name_that_steers_a_terminal_is_shown_and_flagged(pair: Pair) -> None:
    """It is delivered, written out where it is shown, and the flag says what is wrong with it."""
    payload = pack({"text": "Relief", "officer": "levy\x1b[2J"})
    line = pair.iaf.line("")
    composed = await pair.iaf.desk.enter(line, Precedence.ROUTINE, Draft("service", payload))
    await receipted(pair.iaf, composed.stream, composed.seq)
    (shown,) = (await pair.b.messages(direction="in")).messages
    assert shown.composed_by == "levy\\x1b[2J"
    assert "\nOfficer     levy\\x1b[2J" in shown.text
    assert [(flag.code, flag.field) for flag in shown.flags] == [
        ("model.unsafe-character", "officer")
    ]
    assert shown.state == "unread"


async def test_an_advisory_has_no_warning_time_and_no_life(pair: Pair) -> None:
    """Both belong to notices alone."""
    request = SendRequest(document={"kind": "advisory", "text": "Turn back"}, wait_s=30)
    await pair.a.send(request)
    (shown,) = (await pair.b.messages()).messages
    assert (shown.warning_s, shown.life, shown.precedence) == (None, None, "FLASH")


async def test_the_life_of_a_notice_is_shown_with_each_of_its_messages(pair: Pair) -> None:
    """A notice that was taken back is not mistaken for a plan, on either side."""
    document = {
        "kind": "notice",
        "reference": "X-1",
        "title": "Patrol",
        "activity": "patrol",
        "volumes": [
            {
                "outline_circle": {"center": {"lat": 34.0, "lng": 33.0}, "radius_m": 5000},
                "altitude_lower": "FL100",
                "altitude_upper": "FL200",
                "time_start": "+2h",
                "time_end": "+3h",
            }
        ],
    }
    await pair.a.send(SendRequest(document=document, wait_s=30))
    withdrawal = {"kind": "withdrawal", "reference": "X-1", "reason": "weather"}
    await pair.a.send(SendRequest(document=withdrawal, wait_s=30))
    for client in (pair.a, pair.b):
        lives = {said.kind: said.life for said in (await client.messages()).messages}
        assert lives == {"notice": "withdrawn", "withdrawal": "withdrawn"}
