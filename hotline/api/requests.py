"""What comes in, read strictly: parameters and bodies either are what the table says or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from hotline.api import schema
from hotline.api.access_guard import speaking
from hotline.api.routes import DEFAULT_LIMIT, MAX_LIMIT, MAX_WAIT_S, Route
from hotline.audit.search.terms import TERMS, Search, parse_search
from hotline.errors import ModelError, UsageError
from hotline.journal.queries import Reader, StoredMessage
from hotline.model.kinds import Precedence
from hotline.model.languages.language import Language
from hotline.model.messages import lower_first
from hotline.model.strict_json import MAX_FILE_BYTES, read_json
from hotline.model.text import unsafe_character
from hotline.model.times import parse_time
from hotline.wire.records import MAX_REMARK

R = TypeVar("R", bound=schema.Request)

SEARCHER: Final = web.AppKey("searcher", Reader)
"""Reads the journal for searches, in a thread of its own."""
MAX_BODY = MAX_FILE_BYTES
MAX_OFFICER = 80
"""As the model has it for the officer of a reply."""

MAX_CURSOR = 2000
_CURSOR: Final = re.compile(r"[0-9]{1,18}\.[0-9]{1,18}(?:,[0-9]{1,18}\.[0-9]{1,18})*")

_SEE = "GET /openapi.json describes every request"


async def read_body(request: web.Request, type_: type[R]) -> R:
    """Return the request's JSON body.

    In a session its officer acts in it. Raises UsageError for what is not JSON, has a key twice, a
    field that is not known, half a character, or another officer than the session's.
    """
    try:
        data = await request.read()
    except web.RequestPayloadError:
        raise UsageError(
            "api.bad-encoding",
            "the request's body does not come as its headers say",
            "send it as it is, without Content-Encoding",
        ) from None
    try:
        value = read_json(data)
    except ModelError as error:
        raise UsageError(
            "api.bad-json", f"the request's body cannot be read: {error.message}", error.hint
        ) from None
    _require_whole_characters(data, value)
    try:
        body = msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise UsageError(
            "api.bad-body", f"the request's body does not fit: {lower_first(str(error))}", _SEE
        ) from None
    return speaking(request, body)


def _require_whole_characters(data: bytes, value: object) -> None:
    """Refuse half a surrogate pair, which JSON can escape and nothing can store."""
    if b"\\u" not in data:
        return
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise UsageError(
            "api.bad-text",
            "the request's body has half a character in it, which nothing can store",
            "delete the characters that are shown as boxes, and type them again",
        ) from None


def check_parameters(request: web.Request, route: Route) -> None:
    """Refuse parameters of the query that the route does not have, or that come twice."""
    known = {parameter.name: parameter for parameter in route.parameters}
    for name in set(request.query):
        parameter = known.get(name)
        if parameter is None or parameter.where != "query":
            fitting = [p.name for p in route.parameters if p.where == "query"]
            raise UsageError(
                "api.unknown-parameter",
                f"{name[:40]!a} is no parameter of {route.path}",
                f"it has: {', '.join(fitting)}" if fitting else "it has none",
            )
        if not parameter.many and len(request.query.getall(name)) > 1:
            raise UsageError(
                "api.repeated-parameter", f"{name} is given twice", "decide which one is meant"
            )


def kinds_of(request: web.Request) -> tuple[str, ...]:
    """Return the kinds asked for; none means all."""
    return tuple(request.query.getall("kind", ()))


def limit_of(request: web.Request) -> int:
    """Return how many are asked for. Raises UsageError."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= MAX_LIMIT):
        raise UsageError(
            "api.bad-limit", f"the limit {text[:40]!a} is not from 1 to {MAX_LIMIT}", _SEE
        )
    return int(text)


def cursor_of(request: web.Request) -> dict[int, int]:
    """Return where a page of messages ends, as entries by log; empty for the newest page.

    Raises UsageError.
    """
    text = request.query.get("before")
    if text is None:
        return {}
    if len(text) > MAX_CURSOR or not _CURSOR.fullmatch(text):
        raise UsageError(
            "api.bad-cursor",
            f"{text[:40]!a} is not where a page ended",
            "give what a page has as `before`, as it is",
        )
    return {int(log): int(entry) for log, entry in (part.split(".") for part in text.split(","))}


def cursor_after(before: Mapping[int, int], page: Sequence[StoredMessage]) -> str:
    """Return where a page that follows ``before`` ends, for whoever asks for the next one."""
    ends = {**before}
    for message in page:
        ends[message.log] = min(message.index, ends.get(message.log, message.index))
    return ",".join(f"{log}.{entry}" for log, entry in sorted(ends.items()))


def alarm_before(request: web.Request) -> int | None:
    """Return the alarm before whose raising a page ends. Raises UsageError."""
    text = request.query.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0):
        raise UsageError(
            "api.bad-alarm", f"{text[:40]!a} is not an alarm's number", "give the id of one"
        )
    return int(text)


def since_of(request: web.Request) -> int | None:
    """Return the time asked for in microseconds since 1970. Raises ModelError."""
    return moment_of(request, "since")


def moment_of(request: web.Request, name: str) -> int | None:
    """Return a parameter that is a time, in microseconds since 1970. Raises ModelError."""
    text = request.query.get(name)
    return parse_time(text) if text is not None else None


def precedence_of(name: str | None, default: Precedence) -> Precedence:
    """Return the precedence of this name. Raises UsageError."""
    if name is None:
        return default
    if name not in Precedence.__members__:
        raise UsageError(
            "api.bad-precedence",
            f"{name[:40]!a} is not a precedence",
            f"use {', '.join(Precedence.__members__)}",
        )
    return Precedence[name]


def language_asked(request: web.Request) -> Language | None:
    """Return the language to render in, None for none. Raises UsageError."""
    tag = request.query.get("language")
    if tag is not None and tag not in set(Language):
        raise UsageError(
            "api.bad-language",
            "messages are not rendered in this language",
            f"ask for {', '.join(Language)}",
        )
    return Language(tag) if tag is not None else None


def search_of(request: web.Request) -> Search:
    """Return what is looked for. Raises UsageError and ModelError."""
    words: dict[str, object] = {}
    for term in TERMS:
        if term.many:
            words[term.name] = tuple(request.query.getall(term.name, ()))
        elif term.schema["type"] == "boolean":
            words[term.name] = flag_of(request, term.name)
        else:
            words[term.name] = request.query.get(term.name)
    return parse_search(words)


def flag_of(request: web.Request, name: str) -> bool:
    """Return a parameter that is true or false. Raises UsageError."""
    text = request.query.get(name, "false")
    if text not in ("true", "false"):
        raise UsageError("api.bad-flag", f"{name} is neither true nor false", "write true or false")
    return text == "true"


def officer_of(name: str) -> str:
    """Return the name of whoever acts. Raises UsageError for one that cannot be recorded."""
    name = name.strip()
    if not name or len(name) > MAX_OFFICER or not name.isprintable():
        raise UsageError(
            "api.bad-officer",
            "an officer's name is one line of 1 to 80 characters",
            "give the name under which it shall be recorded",
        )
    return name


def number_of(request: web.Request, what: str) -> int:
    """Return the number of an alarm or a draft in the path. Raises UsageError."""
    text = request.match_info["id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise UsageError(
            "api.bad-number", f"{text[:40]!a} is not the number of any {what}", "give its id"
        )
    return int(text)


def remark_of(text: str, what: str) -> str:
    """Return what somebody says in his own words, in one line. Raises UsageError."""
    line = " ".join(text.split())
    if not line or len(line) > MAX_REMARK or unsafe_character(line) is not None:
        raise UsageError(
            "api.bad-text",
            f"{what} is empty, has more than {MAX_REMARK} characters, or some that steer how it is"
            " shown",
            "write it in plain characters",
        )
    return line


def wait_of(seconds: float) -> float:
    """Return how long to wait for a receipt. Raises UsageError."""
    if not 0 <= seconds <= MAX_WAIT_S:
        raise UsageError(
            "api.bad-wait", f"wait_s is not from 0 to {MAX_WAIT_S:g}", "ask again after that time"
        )
    return seconds
