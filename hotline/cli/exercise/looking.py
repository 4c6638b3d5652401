"""The live board: drawn anew twice a second, with keys for whoever directs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from rich.console import Console
from rich.live import Live

from hotline.cli.exercise.board_shown import shown
from hotline.cli.exercise.keys import pressed
from hotline.errors import HotlineError
from hotline.exercise.play.board import Board
from hotline.exercise.play.control import Command, carry_out, serving
from hotline.exercise.play.playing import Playing

DRAWN_EVERY_S = 0.5
KEYS = "p pause  r resume  s skip the next  e end (twice)  Ctrl-C leave, to go on later"

Ask = Callable[[str, Command], Awaitable[object]]


@asynccontextmanager
async def follow(playing: Playing, by: str) -> AsyncIterator[None]:
    """Serve the control socket and show the board of what this process plays."""

    async def board() -> Board:
        return playing.board()

    async def ask(what: str, command: Command) -> object:
        return await carry_out(playing, what, command)

    async with serving(playing):
        drawing = asyncio.create_task(draw(board, ask, by))
        try:
            yield
        finally:
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing


async def draw(board: Callable[[], Awaitable[Board]], ask: Ask, by: str) -> None:
    """Draw the board until cancelled, or until it cannot be had any more."""
    console = Console()
    keyboard = _Keyboard(ask, by)
    with pressed(keyboard.took) as has_keys, Live(console=console, screen=True) as live:
        while True:
            found = await board()
            keyboard.board = found
            hint = keyboard.said or (KEYS if has_keys else "")
            live.update(shown(found, console.height, hint), refresh=True)
            await asyncio.sleep(DRAWN_EVERY_S)


class _Keyboard:
    """What single keys do. ``said`` is what came of the last one."""

    def __init__(self, ask: Ask, by: str) -> None:
        self.board: Board | None = None
        self.said = ""
        self._ask = ask
        self._by = by
        self._ending = False
        self._asked: set[asyncio.Task[None]] = set()

    def took(self, key: str) -> None:
        """Take a key."""
        ending, self._ending, self.said = self._ending, False, ""
        match key.lower():
            case "p":
                self._do("pause", Command(by=self._by))
            case "r":
                self._do("resume", Command(by=self._by))
            case "s":
                name = self._next()
                if name:
                    self._do("skip", Command(by=self._by, id=name, text="skipped at the board"))
                else:
                    self.said = "no inject is waiting"
            case "e" if ending:
                self._do("end", Command(by=self._by))
            case "e":
                self._ending, self.said = True, "press e once more for ENDEX"
            case _:
                pass

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
