"""Rows made into shapes: whatever the peer sent is shown, safely."""

from __future__ import annotations

import pytest

from hotline.api.schema import SendRequest
from hotline.api.views import MAX_TITLE, entry_view, time_text, title_of
from hotline.audit.entries import Log, RecordEntry
from hotline.journal.outgoing import Draft
from hotline.model.kinds import Precedence
from hotline.model.messages import (
    Activation,
    Advisory,
    End,
    LineCheck,
    Message,
    Notice,
    Reply,
    Revision,
    Service,
    Withdrawal,
)
from hotline.wire.codec import pack
from tests.api.conftest import Pair
from tests.centres import receipted


def test_times_sort_as_they_follow() -> None:
    """Every time has six decimals, so that text order is time order."""
    assert time_text(0) == "1970-01-01T00:00:00.000000Z"
    assert time_text(1_000_001) == "1970-01-01T00:00:01.000001Z"


@pytest.mark.parametrize(
    ("message", "title"),
    [
        (Notice(title="Patrol"), "Patrol"),
        (Revision(title="Patrol, later"), "Patrol, later"),
        (Advisory(text="Turn back\nnow"), "Turn back"),
        (Advisory(text="Turn back", subject="Jet"), "Jet"),
        (Reply(answer="accept", reference="IAF-0001"), "accept IAF-0001"),
        (LineCheck(phrase="line check"), "line check"),
        (Service(text="\n "), ""),
        (Withdrawal(reason="weather"), "weather"),
        (Activation(at="2026-03-01T10:00:00Z"), "2026-03-01T10:00:00Z"),
        (End(at="2026-03-01T10:00:00Z"), "2026-03-01T10:00:00Z"),
        (Service(text="\x1b[31mred"), "\\x1b[31mred"),
        (None, "(cannot be read)"),
    ],
)
def test_a_title_is_one_safe_line(message: Message | None, title: str) -> None:
    """Every kind has one, and nothing in it steers a terminal."""
    assert title_of(message) == title


def test_a_long_title_is_cut() -> None:
    """The peer does not choose how wide our lists are."""
    assert len(title_of(Service(text="x" * 4000))) == MAX_TITLE


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
