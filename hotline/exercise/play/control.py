"""The control socket in an exercise's directory: who may open it may steer the exercise.

``GET /board`` is the board as JSON; ``POST /pause``, ``/resume``, ``/inject``, ``/skip``, ``/end``,
``/real-world`` and ``/comment`` take a `Command`. Errors are as those of a node's API. The director
serves it while it plays (`serving`), everybody else asks it (`Control`).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from hotline.api.client import error_told
from hotline.api.schema import Problem
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.play.beginning import is_left
from hotline.exercise.play.board import Board
from hotline.exercise.play.playing import Playing
from hotline.exercise.record.reading import NAME as RECORD
from hotline.exercise.record.writing import is_directed
from hotline.model.strict_json import MAX_FILE_BYTES, read_json

NAME = "control.sock"
ANSWER_S = 20.0
MAX_PATH = 100
"""Bytes of a socket's path that every kernel takes (unix(7): 108 with the zero behind it)."""
MAX_NAME, MAX_TEXT = 80, 2000
"""Characters of the name of who directs, and of what is said."""


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody asks the director for: ``by`` whom, why or what in ``text``.

    ``id`` names an inject (skip, comment); ``inject`` is an extra one as a scenario's file has it.
    """

    by: str
    text: str = ""
    id: str = ""
    inject: dict[str, Any] | None = None


def checked(asked: Command) -> Command:
    """Return what is asked for. Raises ExerciseError for a name or a text that is none."""
    if not asked.by.strip() or not asked.by.isprintable() or len(asked.by) > MAX_NAME:
        raise ExerciseError(
            "exercise.bad-name",
            f"whoever directs has a name of 1 to {MAX_NAME} characters on one line",
            "give it with --officer",
        )
    if len(asked.text) > MAX_TEXT:
        raise ExerciseError(
            "exercise.long-text",
            f"the text has more than {MAX_TEXT} characters",
            "say it in fewer words",
        )
    return asked


@asynccontextmanager
async def serving(playing: Playing) -> AsyncIterator[None]:
    """Serve the control socket of an exercise that is played."""

    async def board(_: web.Request) -> web.Response:
        return _json(msgspec.json.encode(playing.board()))

    async def command(request: web.Request) -> web.Response:
        try:
            asked = _read(await request.read())
            answer = await carry_out(playing, request.match_info["what"], asked)
        except HotlineError as error:
            problem = Problem(
                code=error.code,
                message=error.message,
                hint=error.hint,
                kind=type(error).__name__,
            )
            return _json(msgspec.json.encode(problem), 409)
        return _json(msgspec.json.encode(answer))

    application = web.Application(client_max_size=MAX_FILE_BYTES)
    application.add_routes([web.get("/board", board), web.post("/{what}", command)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    path = playing.directory / NAME
    # One of a director that was killed; this one holds the record's lock.
    path.unlink(missing_ok=True)
    umask = os.umask(0o177)
    try:
        with _short(path) as short:
            await web.UnixSite(runner, str(short)).start()
    finally:
        os.umask(umask)
    try:
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


async def carry_out(playing: Playing, what: str, asked: Command) -> dict[str, str]:
    """Do what was asked for. Raises ExerciseError where it does not fit."""
    match what:
        case "pause":
            await playing.pause(asked.by, asked.text)
        case "resume":
            await playing.resume(asked.by)
        case "skip":
            playing.skip(asked.id, asked.by, asked.text)
        case "end":
            playing.end(asked.by)
        case "real-world":
            await playing.call_real_world(asked.by, asked.text)
        case "comment":
            playing.comment(asked.by, asked.text, asked.id)
        case "inject":
            return {"inject": playing.add(asked.inject or {}, asked.by).id}
        case _:
            raise ExerciseError(
                "exercise.no-such-command",
                f"a director cannot be asked for {what[:40]!a}",
                "`hotline exercise --help` lists what it can be asked for",
            )
    return {}


class Control:
    """Asks the director that plays in ``directory``.

    Every method raises the director's own error, and ExerciseError where none is at work there:
    ``exercise.over``, ``exercise.no-director``.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def board(self) -> Board:
        """Return the board."""
        return msgspec.json.decode(await self._ask("GET", "board"), type=Board)

    async def command(self, what: str, asked: Command) -> dict[str, str]:
        """Have something done; of an extra inject the answer has its id."""
        checked(asked)
        data = msgspec.json.encode(asked)
        return msgspec.json.decode(await self._ask("POST", what, data), type=dict[str, str])

    async def _ask(self, method: str, what: str, data: bytes | None = None) -> bytes:
        path = self.directory / NAME
        try:
            with _short(path) as short:
                async with (
                    aiohttp.ClientSession(
                        "http://director", connector=aiohttp.UnixConnector(str(short))
                    ) as session,
                    session.request(
                        method,
                        f"/{what}",
                        data=data,
                        timeout=aiohttp.ClientTimeout(total=ANSWER_S),
                    ) as response,
                ):
                    answer = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise self._nobody() from None
        if response.status != 200:
            raise _error(answer)
        return answer

    def _nobody(self) -> ExerciseError:
        """Return why nobody answers, with what helps in that case."""
        where = self.directory
        if not (where / RECORD).is_file():
            mend = "name the directory that `hotline exercise run` said, or was given"
            return ExerciseError("exercise.no-director", f"no exercise is kept in {where}", mend)
        if is_directed(where):
            return ExerciseError(
                "exercise.no-director",
                f"the director in {where} does not answer: it is just beginning, or ending",
                "ask again in a moment",
            )
        if is_left(where):
            mend = f"go on with `hotline exercise run --resume {where}`"
            return ExerciseError(
                "exercise.no-director", f"the exercise in {where} has no director any more", mend
            )
        return ExerciseError(
            "exercise.over",
            f"the exercise in {where} is over",
            f"see how it was with `hotline exercise report {where}`",
        )


def _read(data: bytes) -> Command:
    try:
        return checked(msgspec.convert(read_json(data), Command))
    except msgspec.ValidationError as error:
        raise ExerciseError(
            "exercise.bad-command",
            f"what is asked for does not fit: {error}",
            "docs/spec/exercise-record.md, section 6, has the form",
        ) from None


def _error(answer: bytes) -> HotlineError:
    return error_told(answer, ExerciseError) or ExerciseError(
        "exercise.no-director", "what answers is no director", ""
    )


def _json(data: bytes, status: int = 200) -> web.Response:
    return web.Response(body=data, status=status, content_type="application/json")


@contextmanager
def _short(path: Path) -> Iterator[Path]:
    """Yield a path that is short enough for a socket, while inside."""
    if len(os.fsencode(path.absolute())) <= MAX_PATH:
        yield path.absolute()
        return
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}") / path.name
    finally:
        with suppress(OSError):
            os.close(descriptor)
