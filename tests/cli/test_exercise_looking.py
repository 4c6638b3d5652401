"""The live board: what its keys do, and what it shows last."""

from __future__ import annotations

import asyncio
import io
from itertools import takewhile

import pytest
from rich.console import Console

from hotline.cli.exercise import looking
from hotline.cli.exercise.looking import _Keyboard, draw
from hotline.cli.exercise.sitting import COMMANDS, seats_shown
from hotline.exercise.play.board import Board, CentreShown
from hotline.exercise.play.control import Command
from tests.cli.command import hotline
from tests.cli.test_exercise_board_shown import board, inject


class Asked:
    """Keeps what the director is asked for."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, str]] = []

    async def __call__(self, what: str, command: Command) -> object:
        """Keep it."""
        self.commands.append((what, command.id))
        return {}


async def pressed(keys: str, *boards: Board) -> tuple[_Keyboard, list[tuple[str, str]]]:
    """Press keys, each at the next of the boards; return the keyboard and what was asked for."""
    asked = Asked()
    keyboard = _Keyboard(asked, "Umpire")
    for number, key in enumerate(keys):
        keyboard.board = boards[min(number, len(boards) - 1)]
        keyboard.took(key)
    await asyncio.sleep(0)
    return keyboard, asked.commands


WAITING = board(inject("1"), inject("2", state="waiting"), inject("3", state="waiting", due_t=90))
LATER = board(inject("2"), inject("3", state="waiting", due_t=90))


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ("s", []),
        ("ss", [("skip", "2")]),
        ("sps", [("pause", "")]),
        ("e", []),
        ("ee", [("end", "")]),
        ("se", []),
        ("hss", []),
        ("hxss", [("skip", "2")]),
    ],
)
async def test_what_cannot_be_undone_takes_a_key_twice(
    keys: str, asked: list[tuple[str, str]]
) -> None:
    """Another key in between is no confirmation; a key at the help only leads back."""
    assert (await pressed(keys, WAITING))[1] == asked


async def test_a_skip_is_asked_for_again_when_another_inject_is_next() -> None:
    """Whoever confirmed meant the one that was named."""
    keyboard, asked = await pressed("ss", WAITING, LATER)
    assert asked == []
    assert "skip inject 3" in keyboard.said
    nothing, _ = await pressed("s", board(inject("1")))
    assert nothing.said == "no inject is waiting"


async def test_the_last_frame_is_the_board_as_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn once more when it is over, whatever was shown before."""
    file = io.StringIO()

    def console() -> Console:
        return Console(file=file, force_terminal=True, width=100, height=30)

    monkeypatch.setattr(looking, "Console", console)
    over, states = asyncio.Event(), iter(["running", "running"])

    async def now() -> Board:
        state = next(states, "over")
        if state == "over":
            assert over.is_set()
        return board(inject("1"), state=state)

    drawing = asyncio.create_task(draw(now, Asked(), "Umpire", over))
    await asyncio.sleep(0)
    over.set()
    next(states)
    async with asyncio.timeout(30):
        await drawing
    assert "OVER" in file.getvalue()


def test_people_are_told_how_to_sit_down() -> None:
    """At each centre that people play, with commands that there are; elsewhere without a path."""
    here = CentreShown(centre="iaf", crew="human", seat="hotline --config /x/iaf/node.toml")
    away = CentreShown(centre="hmeimim", crew="human")
    lines = seats_shown([here, away])
    assert sum("duty take --officer NAME" in line for line in lines) == 2
    assert [line for line in lines if "/x/iaf/node.toml" in line] == [
        '  hotline() { command hotline --config /x/iaf/node.toml "$@"; }'
    ]
    (nobody,) = seats_shown([CentreShown(centre="iaf", crew="simulated")])
    assert "--human CENTRE" in nobody
    for command, _ in COMMANDS:
        name = list(takewhile(lambda word: word.islower() and word[0] != "-", command.split()))
        hotline(*name, "--help")
