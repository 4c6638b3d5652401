"""What a node's API and console are asked: queries, bodies and forms, as HTTP hands them over.

The HTTP server's own reading of the connection is aiohttp's. What a handler then does with a
request that was read is held to the API's own document in tests/api/test_any_request.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import cache
from typing import Any, Final
from unittest.mock import Mock

from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request

from hotline.api import requests
from hotline.api.routes import ROUTES
from hotline.console.access import fields_of
from hotline.console.language import Words
from hotline.console.pages.compose_form import form_of, kept, made_of
from hotline.console.pages.compose_moments import read_moment
from hotline.console.pages.reply_proposal import proposals_in
from hotline.console.pages.reply_reading import GROUPS, hear, typed_in
from hotline.console.saying.relations import read_relation
from hotline.console.saying.titles import from_text
from hotline.exercise.play import control
from hotline.model.kinds import Kind
from hotline.model.languages.language import Language
from hotline.model.messages import Notice
from hotline.model.times import format_time
from hotline.model.volume import Circle, Position, Volume4D
from tests.security.fuzzing.of_records import JSON_WORDS
from tests.security.fuzzing.target import Target, chosen, text
from tests.trust.samples import NOW_US

NOW: Final = format_time(NOW_US)
WORDS: Final = Words(Language("en"))
BODIES: Final = tuple(route.request for route in ROUTES if route.request is not None)
QUERIES: Final = tuple(route for route in ROUTES if route.method == "GET")
NOTICE: Final = Notice(
    "IAF-0001",
    "Patrol",
    "patrol",
    (Volume4D(outline_circle=Circle(Position(34.0, 35.0), 9260.0), time_start=NOW, time_end=NOW),),
)
URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data; boundary=b"


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _done(work: Coroutine[Any, Any, Any]) -> Any:
    return _loop().run_until_complete(work)


def asked(path: str, data: bytes = b"", media: str = "") -> web.Request:
    """Return a request that has arrived whole."""
    # As aiohttp reads it: the body is at hand, and nobody holds the sender back.
    body = StreamReader(Mock(_reading_paused=False), 2**16, loop=_loop())
    body.feed_data(data)
    body.feed_eof()
    headers = {"Content-Type": media} if media else {}
    return make_mocked_request("POST", path, headers=headers, payload=body, client_max_size=2**20)


def api_body(data: bytes) -> None:
    """Read the body of any operation of the API; the first byte says of which."""
    type_, rest = chosen(BODIES, data)
    _done(requests.read_body(asked("/", rest), type_))


def api_query(data: bytes) -> None:
    """Read the query of any operation that reads; the first byte says of which."""
    route, rest = chosen(QUERIES, data)
    query = rest.decode("latin-1").replace("#", "%23")
    request = asked(f"/x?{query}")
    requests.check_parameters(request, route)
    for read in (
        requests.limit_of,
        requests.cursor_of,
        requests.since_of,
        requests.language_asked,
        requests.search_of,
    ):
        read(request)


def form(data: bytes) -> None:
    """Read a form of the console, posted in either of its two encodings, as the pages read it."""
    media, rest = chosen((URLENCODED, MULTIPART), data)
    fields = _done(fields_of(asked("/", rest, media)))
    of_a_page(fields)


def of_a_page(fields: dict[str, str]) -> None:
    """Read a form's fields as a message, as what is left of it, a read-back and a proposal."""
    confirmed = [name for name in GROUPS if name in fields]
    hear(typed_in(fields, confirmed), NOTICE, NOW, WORDS)
    proposals_in(fields, NOW)
    made = made_of(fields, NOW_US)
    kept(fields, NOW_US)
    form_of(made.document, NOW_US)


def moment(data: bytes) -> None:
    """Read a time that somebody types."""
    past, rest = chosen((True, False), data)
    read_moment(text(rest), NOW_US, past=past)


def shown(data: bytes) -> None:
    """Read the peer's words, taken apart to be shown in another language."""
    kind, rest = chosen(tuple(Kind), data)
    from_text(kind, text(rest), WORDS)
    read_relation(text(rest), WORDS)


def director(data: bytes) -> None:
    """Read what is asked of whoever directs an exercise, and what is answered."""
    reading, rest = chosen((control._read, control._error), data)
    reading(rest)


TARGETS: Final = (
    Target("api-body", ("api.requests:read_body",), api_body, 8192, JSON_WORDS),
    Target(
        "api-query",
        ("api.requests:check_parameters", "audit.search.terms:parse_search"),
        api_query,
        words=("since=", "before=", "kind=", "area=", "&", "language=en", "%"),
    ),
    Target(
        "form",
        ("console.access:fields_of", "console.pages.compose_form:made_of"),
        form,
        8192,
        (
            "kind=notice&",
            "v0_points=",
            "v0_start=",
            "volumes=1",
            "p0_points=",
            "area=",
            "--b\r\n",
            'Content-Disposition: form-data; name="',
            "\r\n\r\n",
            "%0a",
        ),
    ),
    Target("moment", ("console.pages.compose_moments:read_moment",), moment),
    Target(
        "shown",
        ("console.saying.relations:read_relation", "console.saying.titles:from_text"),
        shown,
    ),
    Target("director", ("exercise.play.control:Command",), director, words=JSON_WORDS),
)
"""The targets behind HTTP."""
