from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from hotline.cli.exercise.board_shown import shown
from hotline.cli.exercise.looking import KEYS
from hotline.exercise.play.board import (
    Board,
    CentreShown,
    ExpectationShown,
    FaultShown,
    InjectShown,
    LineShown,
    TaskShown,
)


def expectation(name: str, verdict: str = "open", **changes: Any) -> ExpectationShown:
    """Return an expectation of iaf, which is to acknowledge an alarm."""
    given: dict[str, Any] = {
        "id": name,
        "kind": "alarm-acknowledged",
        "centre": "iaf",
        "never": False,
        "within_s": 300.0,
        "verdict": verdict,
        "text": "",
        "left_s": None,
        "real_time": False,
        "owed": "iaf: acknowledge line.down",
    }
    return ExpectationShown(**(given | changes))


def inject(name: str, *expectations: ExpectationShown, **changes: Any) -> InjectShown:
    """Return an inject that was delivered a minute ago."""
    given: dict[str, Any] = {
        "id": name,
        "title": f"A warning whose title is longer than a narrow terminal has room for, {name}",
        "act": "send",
        "originator": "hmeimim",
        "recipient": "iaf",
        "state": "delivered",
        "due_t": 60.0,
        "t": 60.0,
        "message": "",
        "reference": "",
        "text": "",
        "traffic": False,
        "extra": False,
        "expectations": list(expectations),
    }
    return InjectShown(**(given | changes))


def board(*injects: InjectShown, **changes: Any) -> Board:
    """Return the board of an exercise that has run for two minutes."""
    every = [one for each in injects for one in each.expectations]
    given: dict[str, Any] = {
        "traffic": "EXERCISE drill",
        "name": "drill",
        "title": "Line cut during FLASH: the telephone carries it, the record joins it again",
        "state": "running",
        "t": 120.0,
        "duration_s": 1200.0,
        "factor": 10.0,
        "at": "2026-03-01T06:00:00Z",
        "ground": "own",
        "centres": [
            CentreShown(centre=name, crew="human", line_up=True, on_duty="Levi", play="running")
            for name in ("iaf", "hmeimim")
        ],
        "injects": list(injects),
        "faults": [],
        "tasks": [],
        "story": [
            LineShown(at="2026-03-01T06:00:00Z", t=float(count), kind="crew", text=f"line {count}")
            for count in range(40)
        ],
        "counts": {
            verdict: sum(one.verdict == verdict for one in every)
            for verdict in ("open", "pass", "fail", "expired", "void")
        },
        "traffic_done": 0,
        "traffic_total": 0,
    }
    return Board(**(given | changes))


def lines_of(found: Board, width: int, height: int) -> list[str]:
    """Return the board as a terminal of that size has it."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=False)
    console.print(shown(found, height, KEYS))
    return out.getvalue().splitlines()


MANY = board(
    inject("1", expectation("1.1", "pass"), expectation("1.2", "pass")),
    inject(
        "2",
        expectation("2.1", "pass"),
        expectation("2.2", left_s=500.0, owed="hmeimim: reply accept or stand-by"),
        expectation("2.3", left_s=80.4),
        expectation("2.4", "expired", text="nothing came within 5 min", settled_t=110.0),
    ),
    *(inject(f"{count}", expectation(f"{count}.1"), state="waiting") for count in range(3, 30)),
)


def test_what_was_missed_last_stands_first() -> None:
    """By when it was settled, not by its inject: the newest is what may still be mended."""
    later = "2026-03-01T06:09:00.000000Z"
    found = board(
        inject("1", expectation("1.1", "expired", settled_at=later, settled_t=540.0)),
        inject("2", expectation("2.1", "fail", settled_at=later.replace("09", "03"))),
    )
    lines = [line.split()[0] for line in lines_of(found, 110, 40) if "acknowledge" in line]
    assert lines == ["1.1", "2.1"]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (110, 40), (160, 50)])
def test_a_director_sees_at_a_glance_what_is_owed(width: int, height: int) -> None:
    """Counts of each inject, what is open with its time, then what was missed; nothing is cut."""
    lines = lines_of(MANY, width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    shown_at = {line.strip(): number for number, line in enumerate(lines)}
    (row,) = (line for line in lines if line.startswith("2 "))
    assert row.rstrip().endswith("1 expired, 2 open, 1 passed")
    owed = [
        "2.3  iaf: acknowledge line.down, 1 min 20 s left",
        "2.2  hmeimim: reply accept or stand-by, 8 min 20 s left",
        "2.4  iaf: acknowledge line.down, expired 00:01:50: nothing came within 5 min",
    ]
    first = shown_at[owed[0]]
    assert [shown_at[line] for line in owed] == [first, first + 1, first + 2]
    assert lines[first - 1].startswith("owed now: 2; 1 expired; 27 to come; 3 passed")
    assert any("line 39" in line for line in lines)
    assert lines[-1].strip() == KEYS


def test_what_is_real_time_is_put_where_it_is_due() -> None:
    """Twenty real seconds are more than a minute of the scenario at ten times."""
    found = board(
        inject(
            "1",
            expectation("1.1", left_s=20.0, real_time=True, owed="iaf: receipt by the node"),
            expectation("1.2", left_s=60.0),
            expectation("1.3", left_s=-1.0, never=True, owed="iaf: never flag x.y"),
        )
    )
    owed = [line.split()[0] for line in lines_of(found, 80, 30) if " 1." in line[:5]]
    assert owed == ["1.3", "1.2", "1.1"]


def test_more_than_there_is_room_for_is_counted() -> None:
    """The worst of a bad day: everything is owed, things are broken, people have tasks."""
    found = board(
        *(inject(str(count), expectation(f"{count}.1", left_s=5.0)) for count in range(1, 40)),
        inject("40", expectation("40.1", "fail", text="another answer")),
        faults=[FaultShown(inject="1", kind="cut", centre="", amount=0.0)],
        tasks=[TaskShown(inject="2", centre="iaf", t=1.0, text="Call them.\nAt once.")],
    )
    lines = lines_of(found, 80, 24)
    assert len(lines) <= 24
    text = "\n".join(lines)
    assert "owed now: 39; 1 failed" in text
    more = next(line for line in lines if " more" in line)
    assert int(more.split()[1]) + sum("5 s left" in line for line in lines) == 39
    assert "40.1  iaf: acknowledge line.down, failed: another answer" in text
    assert "iaf: Call them." in text
    assert "broken on purpose: cut" in text


def test_an_inject_says_its_state_until_it_is_delivered() -> None:
    """And afterwards too, where nothing is expected of it."""
    found = board(
        inject("1", state="waiting"), inject("2", state="skipped"), inject("3"),
        inject("4", expectation("4.1"), state="failed"),
    )  # fmt: skip
    ends = [line.split()[-1] for line in lines_of(found, 80, 30) if " A warning" in line]
    assert ends == ["waiting", "skipped", "delivered", "failed"]
