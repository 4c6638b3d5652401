"""The director's board: injects, expectations and centres of an exercise, and how to steer it.

The director plays in a process of its own, and is asked by the control socket in the exercise's
directory, as `hotline exercise board` asks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from hotline.console.access import fields_of
from hotline.console.page import Page, fragment, render, see
from hotline.console.pages.exercise_directories import exercise_named, exercises
from hotline.console.problems import Told, told
from hotline.console.visit import Visit
from hotline.errors import HotlineError, UsageError
from hotline.exercise.play.board import Board, ExpectationShown, InjectShown
from hotline.exercise.play.control import Command, Control
from hotline.exercise.record.writing import is_directed
from hotline.exercise.scenario.yaml_text import read_yaml
from hotline.model.access import Role

DIRECTORS: Final = frozenset({Role.DIRECTOR})
COMMANDS: Final = ("pause", "resume", "inject", "skip", "comment", "end", "real-world")
TWICE: Final = frozenset({"skip", "end", "real-world"})
"""What takes a second press: it cannot be taken back."""
DONE: Final = frozenset(COMMANDS)
VERDICTS: Final = ("open", "pass", "fail", "expired", "void")
MAX_INJECT: Final = 20_000
SOON_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """An exercise that may be steered here; ``directed`` is whether a director is at work on it."""

    name: str
    directed: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The exercises that there are, for a director; nothing for everybody else."""

    found: list[Found] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BoardShown:
    """A board with what is owed now put first."""

    board: Board
    owed: list[ExpectationShown]
    missed: list[ExpectationShown]

    @property
    def clock(self) -> str:
        """The scenario's clock: hours, minutes and seconds since STARTEX."""
        return clock_of(self.board.t)

    def came_to(self, inject: InjectShown) -> list[tuple[str, int]]:
        """Return how many expectations of an inject came to what."""
        counts = Counter(one.verdict for one in inject.expectations)
        return [(verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict]]


def clock_of(t: float | None) -> str:
    """Return seconds of the scenario as ``T+h:mm:ss``; a dash for none."""
    if t is None:
        return "—"
    whole = int(max(0.0, t))
    return f"T+{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def board_shown(board: Board) -> BoardShown:
    """Return a board as the page shows it."""
    all_ = [one for inject in board.injects for one in inject.expectations]
    open_ = [one for one in all_ if one.verdict == "open" and one.left_s is not None]
    return BoardShown(
        board,
        sorted(open_, key=lambda one: (one.left_s or 0.0) / (1 if one.real_time else board.factor)),
        [one for one in all_ if one.verdict in ("fail", "expired")],
    )


async def chosen(visit: Visit) -> Chosen:
    """Return what a director may choose from."""
    if not visit.may(DIRECTORS):
        return Chosen()
    return Chosen(
        [Found(name, is_directed(path)) for name, path in exercises(visit.setting.config).items()]
    )


async def show(visit: Visit) -> web.StreamResponse:
    """Show the board of one exercise."""
    return await _page(visit, visit.request.match_info["name"])


async def _page(
    visit: Visit,
    name: str,
    problem: Told | None = None,
    form: Mapping[str, str] | None = None,
) -> web.Response:
    directory = exercise_named(visit.setting.config, name)
    shown: BoardShown | None = None
    silent: Told | None = None
    try:
        shown = board_shown(await Control(directory).board())
    except HotlineError as error:
        silent = told(error, visit.words)
    done = visit.request.query.get("done", "")
    return await render(
        visit,
        "exercise/board_page.html",
        200 if problem is None else 409,
        name=name,
        shown=shown,
        silent=silent,
        clock_of=clock_of,
        soon_s=SOON_S,
        form=form or {},
        done=done if done in DONE else "",
        problem=problem,
    )


async def board(visit: Visit) -> web.StreamResponse:
    """Return the board as it is now; why nobody answers, where that is so."""
    directory = exercise_named(visit.setting.config, visit.request.match_info["name"])
    shown: BoardShown | None = None
    silent: Told | None = None
    try:
        shown = board_shown(await Control(directory).board())
    except HotlineError as error:
        silent = told(error, visit.words)
    return fragment(
        visit,
        "exercise/board.html",
        name=visit.request.match_info["name"],
        shown=shown,
        silent=silent,
        clock_of=clock_of,
        soon_s=SOON_S,
    )


async def steer(visit: Visit) -> web.StreamResponse:
    """Ask the director for something, under the visitor's name."""
    name, what = visit.request.match_info["name"], visit.request.match_info["command"]
    directory: Path = exercise_named(visit.setting.config, name)
    form = dict(await fields_of(visit.request))
    try:
        if what not in COMMANDS:
            raise UsageError(
                "exercise.no-such-command",
                "a director cannot be asked for this",
                "use the buttons of the board",
            )
        if what in TWICE and form.get("sure") != "yes":
            raise UsageError(
                "console.not-sure", "nothing was done: it takes a second press", "press it again"
            )
        await Control(directory).command(what, _command(visit, what, form))
    except HotlineError as error:
        return await _page(visit, name, told(error, visit.words), form)
    return see(f"/exercise/of/{quote(name, safe='')}?done={what}")


def _command(visit: Visit, what: str, form: Mapping[str, str]) -> Command:
    inject = _inject(form) if what == "inject" else None
    return Command(
        by=visit.officer,
        text="" if what == "inject" else " ".join(form.get("text", "").split()),
        id=form.get("id", "")[:80] if what in ("skip", "comment") else "",
        inject=inject,
    )


def _inject(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the inject that a form describes: words for a crew, or one in YAML. Raises."""
    text = form.get("yaml", "").strip()
    if text:
        table = read_yaml(text.encode()[:MAX_INJECT], "the inject").plain()
        if not isinstance(table, dict):
            raise UsageError(
                "exercise.no-inject",
                "what was written is no inject",
                "write one as {id: x1, at: 10 min, to: iaf, tell: what to say}",
            )
        return table
    words, centre, name = (form.get(key, "").strip() for key in ("tell", "to", "id"))
    if not (words and centre and name):
        raise UsageError(
            "exercise.no-inject",
            "an inject has an id, a centre and words",
            "give all three, or write one in YAML",
        )
    return {"id": name, "at": "0 s", "to": centre, "tell": words}


PAGE_ROUTES = (
    Page("GET", "/exercise/of/{name}", show, DIRECTORS),
    Page("GET", "/exercise/of/{name}/board", board, DIRECTORS),
    Page("POST", "/exercise/of/{name}/{command}", steer, DIRECTORS),
)
