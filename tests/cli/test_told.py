"""What watch, status, alarms and show say in a line: which message, whose notice, which alarm."""

from __future__ import annotations

from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console

from hotline.api.client import Client
from hotline.api.schema import (
    AlarmPage,
    AlarmView,
    MessagePage,
    MessageView,
    Status,
    Thread,
    Wrong,
)
from hotline.cli import alarms, status
from hotline.cli import told as told_of
from hotline.cli.show import print_message
from hotline.cli.told import Told
from hotline.cli.watch import describe
from hotline.errors import UsageError
from tests.cli.samples import NOW_US, view

TIME = "2026-03-01T10:00:00.000000Z"


class Outbox:
    """Stands for a node that has sent these messages."""

    def __init__(self, *sent: MessageView) -> None:
        self.sent = list(sent)

    async def messages(self, **asked: Any) -> MessagePage:
        """Return them; nothing answers where there are none."""
        assert asked["direction"] == "out"
        if not self.sent:
            raise UsageError("api.no-node", "no node answers", "start it")
        return MessagePage(messages=self.sent)


def printed(width: int = 80) -> Console:
    """Return a console that keeps what a terminal of so many columns would show."""
    return Console(file=StringIO(), width=width, force_terminal=True, color_system=None)


def text_of(out: Console) -> str:
    """Return what was printed."""
    assert isinstance(out.file, StringIO)
    return out.file.getvalue()


def alarm(number: int, **changes: Any) -> AlarmView:
    """Return an alarm whose cause is gone."""
    fields: dict[str, Any] = {
        "id": number,
        "code": "notice.overdue-end",
        "peer": "hmeimim",
        "subject": f"hmeimim HMEIMIM-{number:04}",
        "text": "should have ended",
        "raised_at": TIME,
        "cleared_at": TIME,
        "acknowledged_at": None,
        "acknowledged_by": None,
    }
    return AlarmView(**(fields | changes))


@pytest.mark.parametrize(
    ("which", "count", "said"),
    [
        ([["ROUTINE", 1, 1]], 1, "receipt  IAF-0101 is durable at hmeimim"),
        ([["ROUTINE", 1, 2]], 2, "receipt  IAF-0101, service cdcdcdcd are durable at hmeimim"),
        ([["ROUTINE", 3, 1]], 1, "receipt  reply IAF-0101 is durable at hmeimim"),
        ([["ROUTINE", 1, 4]], 4, "receipt  4 messages are durable at hmeimim"),
        ([["FLASH", 9, 1]], 1, "receipt  1 message is durable at hmeimim"),
        ([], 1, "receipt  1 message is durable at hmeimim"),
    ],
)
async def test_a_receipt_says_what_it_is_for(which: list[Any], count: int, said: str) -> None:
    """Few messages by name; many, or old ones, are counted."""
    service = view(id="cd" * 32, kind="service", reference=None, seq=2)
    reply = view(id="ef" * 32, kind="reply", seq=3)
    node = cast("Client", Outbox(reply, service, view(seq=1)))
    what = {"line": "hmeimim", "count": count, "which": which}
    line = await describe(node, "receipt", what)
    assert line is not None
    assert line.plain == said
    silent = await describe(cast("Client", Outbox()), "receipt", what)
    assert silent is not None
    assert "durable at hmeimim" in silent.plain


class Inbox:
    """Stands for a node that has received this message."""

    def __init__(self, received: MessageView) -> None:
        self.received = received

    async def message(self, _id: str) -> Thread:
        """Return it."""
        return Thread(message=self.received, thread=[self.received])


CONFLICT = {
    "line": "iaf",
    "reference": "HMEIMIM-0001",
    "other": "IAF-0101",
    "relation": "conflict",
    "text": "HMEIMIM-0001: conflict with IAF-0101 from 10:00 to 11:00 UTC",
}
MESSAGE = {"line": "iaf", "id": "cd" * 32, "kind": "conflict", "precedence": "IMMEDIATE"}


def from_peer(relation: str) -> Client:
    """Return a node that has received what the peer's node found."""
    said = {"reference": "IAF-0101", "other": "HMEIMIM-0001", "relation": relation}
    return cast("Client", Inbox(view(id="cd" * 32, kind="conflict", title="meets", message=said)))


async def test_a_conflict_is_told_once() -> None:
    """When it is found; its alarm, the peer's word for it and the receipt for ours add nothing.

    What the alarm or the peer says otherwise is told, and so is each change.
    """
    told, silent = Told(), cast("Client", None)
    ring = {"line": "iaf", "code": "airspace.conflict", "text": CONFLICT["text"]}
    line = await describe(silent, "relation", CONFLICT, told)
    assert line is not None
    assert line.plain == f"conflict {CONFLICT['text']} [airspace.conflict]"
    assert await describe(silent, "relation", CONFLICT, told) is None
    assert await describe(silent, "alarm", ring, told) is None
    assert await describe(from_peer("conflict"), "message", MESSAGE, told) is None
    compared: dict[str, Any] = {"line": "iaf", "id": "ab", "flags": ["airspace.conflict"]}
    assert await describe(silent, "compared", compared, told) is None
    sent = Outbox(view(seq=1, kind="conflict", direction="out"))
    receipt = {"line": "iaf", "count": 1, "which": [["ROUTINE", 1, 1]]}
    assert await describe(cast("Client", sent), "receipt", receipt, told) is None
    assert await describe(from_peer("proximity"), "message", MESSAGE, told) is not None
    assert await describe(from_peer("conflict"), "message", MESSAGE, Told()) is not None
    for name, what in (
        ("alarm", {**ring, "text": "of another pair"}),
        ("alarm", {**ring, "line": "usaf"}),
        ("relation", {**CONFLICT, "relation": "clear", "text": "resolved"}),
        ("relation", CONFLICT),
        ("compared", {**compared, "flags": ["airspace.conflict", "airspace.too-many"]}),
    ):
        assert await describe(silent, name, what, told) is not None


def test_only_so_many_relations_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that goes on for weeks stays as small as it was."""
    monkeypatch.setattr(told_of, "MOST", 2)
    told = Told()
    for other in ("IAF-1", "IAF-2", "IAF-3"):
        assert not told.relation({**CONFLICT, "other": other})
    assert told.relation({**CONFLICT, "other": "IAF-3"})
    assert not told.relation({**CONFLICT, "other": "IAF-1"})


async def test_an_alarm_on_watch_has_its_line_and_code() -> None:
    """An officer who hears of it knows where to look."""
    what = {"line": "hmeimim", "code": "notice.overdue-end", "text": "should have ended"}
    line = await describe(cast("Client", Outbox()), "alarm", what)
    assert line is not None
    assert line.plain == "alarm    line with hmeimim: should have ended [notice.overdue-end]"


def test_an_alarm_says_whose_notice_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the line, the notice and the code; one about the node has the code."""
    out = printed(100)
    monkeypatch.setattr(alarms, "stdout", lambda: out)
    own = alarm(2, code="node.disk-low", peer="", subject="", cleared_at=None)
    alarms._print_alarms(AlarmPage(alarms=[alarm(1), own]))
    lines = text_of(out).splitlines()
    assert lines[1:3] == [
        "      should have ended",
        "      line with hmeimim, hmeimim HMEIMIM-0001 [notice.overdue-end]",
    ]
    assert lines[5] == "      [node.disk-low]"


def wrong(number: int) -> Wrong:
    """Return an alarm as the status has it."""
    return Wrong(
        code="notice.overdue-end", text="over, not acknowledged: x", hint="see", alarm=number
    )


@pytest.mark.parametrize(("count", "folded"), [(3, False), (4, True)])
def test_many_alarms_do_not_hide_the_lines(count: int, folded: bool) -> None:
    """Some are told with their mends; many are a list after all else, one line each."""
    found = Status(
        centre="iaf",
        status="exercise",
        version="1",
        now=TIME,
        started_at=TIME,
        wrong=[Wrong(code="a.b", text="worse", hint=""), *map(wrong, range(1, count + 1))],
        fenced=None,
        lines=[],
        alarms=[],
        unread=0,
        unanswered=0,
        node_log_entries=1,
        witnesses=[],
    )
    out = printed()
    status.print_status(out, found)
    text = text_of(out)
    assert text.startswith("wrong  worse")
    assert ("4 alarms, listed below" in text) is folded
    assert ("1  over, not acknowledged: x [notice.overdue-end]" in text) is folded
    assert text.count("  mend ") == (1 if folded else 3)


def test_an_id_stands_on_one_line_of_eighty_columns() -> None:
    """It is copied, so it must not be folded; the number beside the precedence says what it is."""
    out = printed()
    print_message(out, view(seq=7), NOW_US, chosen=True)
    assert f"    id  {'ab' * 32}\n" in text_of(out)
    assert "ROUTINE no. 7  " in text_of(out)
