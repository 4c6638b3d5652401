"""What is no HTTP that can be read: refused by a page of ours, as all else that goes wrong.

Nothing of such a request is known, so the page says it in each language; it has the headers of
every other answer, and no name or version of what parses requests here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from hotline.console.access import HEADERS, THEMES
from hotline.console.language import Words
from hotline.console.page import ENVIRONMENT
from hotline.console.visit import SETTING
from hotline.model.languages.language import Language

SERVER: Final = "hotline"
"""What every answer names as its server: no product of others, and no version."""


class Refusing(web.RequestHandler):
    """A connection whose requests are answered by an application, also those that are none."""

    __slots__ = ("_made",)

    def __init__(self, made: web.Application, server: web.Server, **settings: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **settings)
        self._made = made

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the page that refuses; the connection is closed after it."""
        super().handle_error(request, status, exc, message)
        headers = {**HEADERS, "Cache-Control": "no-store", "Server": SERVER}
        response = web.Response(
            status=status,
            text=_page(self._made),
            content_type="text/html",
            charset="utf-8",
            headers=headers,
        )
        response.force_close()
        return response


def refusing(
    made: web.Application, server: web.Server, **settings: Any
) -> Callable[[], asyncio.Protocol]:
    """Return what makes the connections of a server, as ``asyncio.loop.create_server`` asks."""
    return lambda: Refusing(made, server, **settings)


def _page(made: web.Application) -> str:
    return (
        made[ENVIRONMENT]
        .get_template("refused.html")
        .render(
            languages=[Words(language) for language in Language],
            setting=made[SETTING],
            theme=THEMES[0],
        )
    )
