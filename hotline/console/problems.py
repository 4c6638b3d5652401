"""Errors as people read them: in their language where there are words for it, with the code."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hotline.console import access
from hotline.console.language import Words
from hotline.console.page import ENVIRONMENT, render
from hotline.console.visit import SETTING, VISIT, Visit
from hotline.errors import HotlineError


@dataclass(frozen=True, slots=True)
class Told:
    """An error in somebody's language; ``original`` says it in English where there are no words."""

    code: str
    text: str
    hint: str
    translated: bool


def told(error: HotlineError, words: Words) -> Told:
    """Return an error in a language: ``problems.<code>``, with dots as underscores, and ``_hint``.

    An error without words of its own is told as it is, in English.
    """
    name = f"problems.{error.code.replace('.', '_')}"
    if not words.has(name):
        return Told(error.code, error.message, error.hint, False)
    # What a program would ask of the API is no mend for somebody at a page.
    hint = "" if "/v1/" in error.hint else error.hint
    if words.has(f"{name}_hint"):
        hint = words.plain(f"{name}_hint")
    return Told(error.code, words.plain(name), hint, True)


async def problem_page(
    request: web.Request, error: HotlineError, status: int
) -> web.StreamResponse:
    """Return the page that tells of an error; text alone where a script has asked."""
    visit: Visit | None = request.get(VISIT)
    words = visit.words if visit is not None else Words(access.language_for(request))
    problem = told(error, words)
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        return web.json_response(
            {"code": problem.code, "message": problem.text, "hint": problem.hint}, status=status
        )
    if visit is not None:
        return await render(visit, "problem.html", status, problem=problem)
    text = (
        request.app[ENVIRONMENT]
        .get_template("outside.html")
        .render(
            t=words,
            setting=request.app[SETTING],
            banner=request.app[SETTING].banner,
            theme=access.theme_of(request),
            problem=problem,
            form=None,
        )
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")
