"""The picture: who uses which part of the sky around a moment, on a map and in words.

The page holds the list as of its moment, so that it can be read without a script. The script asks
``/picture/data`` for the same and for the areas, and moves in time by what it has until the answer
is there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec
from aiohttp import web
from jinja2 import Environment

from hotline.api.airspace_shapes import AirspaceView
from hotline.api.schema import Outline
from hotline.console.language import Words
from hotline.console.page import ENVIRONMENT, Page, render
from hotline.console.pages.picture_rows import Group, Row, key_of, rows_of
from hotline.console.problems import told
from hotline.console.visit import Visit
from hotline.errors import UsageError
from hotline.model.times import format_time, parse_time, time_or_none

MOST: Final = 1000
"""Activities of one picture; the page says when there are more."""
_CLOCK: Final = re.compile(r"(?P<hour>[01]?[0-9]|2[0-3])[:.]?(?P<minute>[0-5][0-9])\s*[zZ]?")
_DATE: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[ tT]+"
    r"(?P<time>[0-9]{2}:[0-9]{2})(?P<second>:[0-9]{2})?\s*[zZ]?"
)
_MINUTE: Final = 60_000_000


async def show(visit: Visit) -> web.StreamResponse:
    """Show the picture around the moment of the address, or now."""
    asked, problem = visit.request.query.get("at", "").strip(), None
    try:
        at = moment_asked(asked)
    except UsageError as error:
        at, problem = None, told(error, visit.words)
    found = await _found(visit, at)
    rows, live = rows_of(found, visit.words), at is None
    return await render(
        visit,
        "picture/picture.html",
        400 if problem is not None else 200,
        **_values(found, rows, live=live),
        asked=asked if problem is not None else "",
        problem=problem,
        selected=visit.request.query.get("sel", ""),
        steps=_steps(found.at, visit.words),
        groups=[(group, [row for row in rows if row.group is group]) for group in Group],
    )


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the script asks: of which moment, and which version of each row it has."""

    at: str = ""
    known: dict[str, str] = {}


async def data(visit: Visit) -> web.StreamResponse:
    """Return all of it for the script: each row as it is put into the list, and its areas."""
    return await _answer(visit, Question(at=visit.request.query.get("at", "")))


async def news(visit: Visit) -> web.StreamResponse:
    """Return the same, without what the script says that it has."""
    try:
        question = msgspec.json.decode(await visit.request.read(), type=Question)
    except msgspec.MsgspecError:
        raise UsageError(
            "console.bad-question",
            "what this page has asked cannot be read",
            "load the page anew",
        ) from None
    return await _answer(visit, question)


async def _answer(visit: Visit, question: Question) -> web.Response:
    at = moment_asked(question.at.strip())
    found = await _found(visit, at)
    environment = visit.request.app[ENVIRONMENT]
    body = await asyncio.to_thread(
        _data, environment, visit.words, found, question.known, live=at is None
    )
    return web.Response(body=body, content_type="application/json")


def moment_asked(text: str) -> str | None:
    """Return the moment that somebody has typed, in RFC 3339; None for nothing, which is now.

    It is UTC unless a zone is written: ``14:30`` is the nearest one, ``2026-03-01 14:30`` of that
    day. Raises UsageError ``console.bad-moment``.
    """
    if not text:
        return None
    clock, date = _CLOCK.fullmatch(text), _DATE.fullmatch(text)
    if clock is not None:
        now = datetime.now(UTC)
        today = now.replace(
            hour=int(clock["hour"]), minute=int(clock["minute"]), second=0, microsecond=0
        )
        days = (today + timedelta(days=day) for day in (-1, 0, 1))
        near = min(days, key=lambda one: abs(one - now))
        return near.strftime("%Y-%m-%dT%H:%M:%SZ")
    moment_us = time_or_none(
        f"{date['date']}T{date['time']}{date['second'] or ':00'}Z" if date is not None else text
    )
    if moment_us is None:
        raise UsageError(
            "console.bad-moment",
            "this is no moment that can be read",
            "write 14:30, or 2026-03-01 14:30, in UTC",
        )
    return format_time(moment_us)


async def _found(visit: Visit, at: str | None) -> AirspaceView:
    return await visit.client.airspace(at=at, limit=MOST, drawn=True)


def _values(found: AirspaceView, rows: Sequence[Row], *, live: bool) -> dict[str, Any]:
    return {
        "found": found,
        "rows": rows,
        "live": live,
        "at_us": parse_time(found.at),
        "version": _version,
    }


def _data(
    environment: Environment,
    words: Words,
    found: AirspaceView,
    known: Mapping[str, str],
    *,
    live: bool,
) -> bytes:
    rows = rows_of(found, words)
    template = environment.get_template("picture/row.html")
    module = template.make_module({"t": words} | _values(found, rows, live=live))
    write: Any = module.row  # type: ignore[attr-defined]
    conflicts = [
        {
            "one": key_of(one.line, found.centre, one.own),
            "other": key_of(one.line, one.line, one.other),
            "area": one.drawn,
            "until": _milliseconds(None if one.until is None else parse_time(one.until)),
        }
        for one in found.relations
        if one.drawn is not None
    ]

    def whole(row: Row) -> dict[str, Any]:
        return {
            "id": row.key,
            "version": _version(row),
            "html": str(write(row, parse_time(found.at))),
            "owner": "own" if row.own else "peer",
            "state": row.view.state,
            "name": row.view.reference,
            "levels": row.brief_levels,
            "starts": _milliseconds(row.starts_us),
            "ends": _milliseconds(row.ends_us),
            "spans": [[_milliseconds(a), _milliseconds(b)] for a, b in row.spans],
            "areas": _areas(row),
        }

    return msgspec.json.encode(
        {
            "at": found.at,
            "live": live,
            "known": found.known_at,
            "count": found.count,
            "shown": len(rows),
            "whole": found.whole,
            "rows": [
                {"id": row.key} if known.get(row.key) == _version(row) else whole(row)
                for row in rows
            ],
            "conflicts": conflicts,
        }
    )


def _version(row: Row) -> str:
    """Return what changes with anything that a row says, but not with the moment it is seen at."""
    view = row.view
    said = (
        *(view.id, view.state, view.revision, view.precedence, view.starts_at, view.ends_at),
        *(row.levels, row.meetings, row.more_meetings, row.undrawn, row.spans, view.beside),
        *(one.geometry for one in view.drawn or () if one.off_nominal),
    )
    return sha256(repr(said).encode()).hexdigest()[:12]


def _areas(row: Row) -> list[Outline]:
    return [one.geometry for one in row.view.drawn or () if one.geometry is not None]


def _milliseconds(moment_us: int | None) -> int | None:
    return None if moment_us is None else moment_us // 1000


def _steps(at: str, words: Words) -> list[tuple[str, int, str]]:
    """Return the steps in time: what each is called, its minutes, and where it leads."""
    at_us = parse_time(at)
    steps = []
    for minutes in (-60, -15, 15, 60):
        whole = abs(minutes) % 60 == 0
        number, unit = (minutes // 60, "hour") if whole else (minutes, "min")
        sign = "+" if number > 0 else "\N{MINUS SIGN}"
        to_us = max(0, at_us + minutes * _MINUTE) // _MINUTE * _MINUTE
        name = f"{sign}{abs(number)} {words.plain(f'picture.{unit}')}"
        steps.append((name, minutes, format_time(to_us)))
    return steps


PAGE_ROUTES = (
    Page("GET", "/picture", show),
    Page("GET", "/picture/data", data),
    Page("POST", "/picture/data", news),
)
