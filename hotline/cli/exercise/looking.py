"""The live board: drawn anew twice a second, with keys for whoever directs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from rich.console import Console, Group
from rich.live import Live

from hotline.cli.exercise.board_shown import shown
from hotline.cli.exercise.keys import pressed
from hotline.cli.exercise.sitting import seats_shown
from hotline.cli.output import plain
from hotline.errors import HotlineError
from hotline.exercise.play.board import Board
from hotline.exercise.play.control import Command, carry_out, serving
from hotline.exercise.play.playing import Playing

DRAWN_EVERY_S = 0.5
KEYS = "p pause  r resume  ss skip the next  ee end  h sit down  Ctrl-C leave for later"

Ask = Callable[[str, Command], Awaitable[object]]


@asynccontextmanager
async def follow(playing: Playing, by: str) -> AsyncIterator[None]:
    """Serve the control socket and show the board of what this process plays."""

    async def board() -> Board:
        return playing.board()

    async def ask(what: str, command: Command) -> object:
        return await carry_out(playing, what, command)

    async with serving(playing):
        over = asyncio.Event()
        drawing = asyncio.create_task(draw(board, ask, by, over))
        try:
            yield
        finally:
            over.set()
            await drawing


async def draw(
    board: Callable[[], Awaitable[Board]], ask: Ask, by: str, over: asyncio.Event
) -> None:
    """Draw the board until it is over, and once more then, or until it cannot be had any more."""
    console = Console()
    keyboard = _Keyboard(ask, by)
    with pressed(keyboard.took) as has_keys, Live(console=console, screen=True) as live:
        is_last = False
        while not is_last:
            is_last = over.is_set()
            found = await board()
            keyboard.board = found
            if keyboard.helps:
                live.update(_help(found), refresh=True)
            else:
                hint = keyboard.said or (KEYS if has_keys else "")
                live.update(shown(found, console.height, hint), refresh=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAWN_EVERY_S):
                    await over.wait()


def _help(board: Board) -> Group:
    """Return how people sit down, in place of the board."""
    lines = seats_shown(board.centres)
    return Group(
        plain(board.traffic, "bold"),
        *(plain(line) for line in lines),
        plain("any key: back to the board", "dim"),
    )


class _Keyboard:
    """What single keys do. ``said`` is what came of the last one."""

    def __init__(self, ask: Ask, by: str) -> None:
        self.board: Board | None = None
        self.said = ""
        self._ask = ask
        self._by = by
        self.helps = False
        """Whether it is shown how people sit down."""
        self._sure = ""
        self._asked: set[asyncio.Task[None]] = set()

    def took(self, key: str) -> None:
        """Take a key. What cannot be undone takes the same key twice, about the same inject."""
        sure, self._sure, self.said = self._sure, "", ""
        if self.helps:
            self.helps = False
            return
        match key.lower():
            case "p":
                self._do("pause", Command(by=self._by))
            case "r":
                self._do("resume", Command(by=self._by))
            case "s":
                self._skip(sure)
            case "e" if sure == "e":
                self._do("end", Command(by=self._by))
            case "e":
                self._sure, self.said = "e", "press e once more for ENDEX"
            case "h" | "?":
                self.helps = True
            case _:
                pass

    def _skip(self, sure: str) -> None:
        name = self._next()
        if not name:
            self.said = "no inject is waiting"
        elif sure == f"s {name}":
            self._do("skip", Command(by=self._by, id=name, text="skipped at the board"))
        else:
            self._sure = f"s {name}"
            self.said = f"press s once more to skip inject {name}: what is expected of it is void"

    def _next(self) -> str:
        injects = self.board.injects if self.board is not None else []
        waiting = [
            one
            for one in injects
            if one.state == "waiting" and one.due_t is not None and not one.traffic
        ]
        return min(waiting, key=lambda one: one.due_t or 0.0).id if waiting else ""

    def _do(self, what: str, command: Command) -> None:
        async def work() -> None:
            try:
                await self._ask(what, command)
            except HotlineError as error:
                self.said = f"{error.message} [{error.code}]"

        task = asyncio.create_task(work())
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
