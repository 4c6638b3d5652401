"""What watch, status, alarms and show say in a line: which message, whose notice, which alarm."""

from __future__ import annotations

from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console

from hotline.api.client import Client
from hotline.api.schema import AlarmPage, AlarmView, MessagePage, MessageView, Status, Wrong
from hotline.cli import alarms, status
from hotline.cli.show import print_message
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
        ([["ROUTINE", 1, 4]], 4, "receipt  4 messages are durable at hmeimim"),
        ([["FLASH", 9, 1]], 1, "receipt  1 message is durable at hmeimim"),
        ([], 1, "receipt  1 message is durable at hmeimim"),
    ],
)
async def test_a_receipt_says_what_it_is_for(which: list[Any], count: int, said: str) -> None:
    """Few messages by name; many, or old ones, are counted."""
    service = view(id="cd" * 32, kind="service", reference=None, seq=2)
    node = cast("Client", Outbox(service, view(seq=1)))
    what = {"line": "hmeimim", "count": count, "which": which}
    line = await describe(node, "receipt", what)
    assert line is not None
    assert line.plain == said
    silent = await describe(cast("Client", Outbox()), "receipt", what)
    assert silent is not None
    assert "durable at hmeimim" in silent.plain


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
