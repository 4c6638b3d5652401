"""The console as a web application: routes of all pages, errors as pages, headers on everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web

from hotline.api.client import Client
from hotline.api.server import status_of
from hotline.console import access, versioned
from hotline.console.listening import WAITING, Waiting
from hotline.console.page import ENVIRONMENT, Page, environment
from hotline.console.pages import PAGES
from hotline.console.pages.login import LOGIN_ROUTES
from hotline.console.patience import BEGUN, patiently
from hotline.console.problems import problem_page
from hotline.console.refusing import SERVER
from hotline.console.visit import SETTING, VISIT, Setting, Visit
from hotline.errors import HotlineError, UsageError

MAX_FORM: Final = 512 * 1024
MAX_ADDRESS: Final = 8000
KEPT: Final = (200, 206, 304)
"""Answers of which a browser keeps a static file."""
STATUSES: Final = {
    "console.foreign-form": 403,
    "console.no-such-page": 404,
    "console.not-yours": 403,
    "console.address-too-long": 414,
    "console.bad-form": 400,
    "console.slow-form": 408,
    "console.node-silent": 504,
    "api.no-node": 503,
    "api.no-answer": 504,
    "console.too-many-requests": 429,
}
"""HTTP statuses of what the console itself refuses, and of a node that does not answer it."""

_log = structlog.get_logger()


def application(setting: Setting) -> web.Application:
    """Return the console of the node behind a socket."""
    made = web.Application(client_max_size=MAX_FORM, middlewares=[_answer_errors])
    made[SETTING] = setting
    made[ENVIRONMENT] = environment()
    made[access.GOING] = Counter()
    made[WAITING] = Waiting()
    made.cleanup_ctx.append(_client)
    made.on_response_prepare.append(_harden)
    for method, path, handler in LOGIN_ROUTES:
        made.router.add_route(method, path, handler)
    for page in PAGES:
        made.router.add_route(page.method, page.path, access.guarded(page))
    made.router.add_static(versioned.address(), versioned.STATIC, follow_symlinks=False)
    made.router.add_get(f"{versioned.ROOT}/{{rest:.*}}", _elsewhere)
    made.router.add_get("/{rest:.*}", access.guarded(Page("GET", "/{rest:.*}", _nowhere)))
    return made


async def _nowhere(_visit: Visit) -> web.StreamResponse:
    raise UsageError("console.no-such-page", "there is no such page", "use the menu")


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    """Send on to where a static file lies now."""
    place = versioned.current(request.path)
    if place is None:
        raise UsageError("console.no-such-page", "there is no such file", "use the menu")
    return web.Response(status=302, headers={"Location": place})


async def _client(made: web.Application) -> AsyncIterator[None]:
    async with Client(made[SETTING].socket) as client:
        made[access.CLIENT] = client
        yield


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser what to refuse, and to keep nothing of a page."""
    request[BEGUN] = True
    response.headers["Server"] = SERVER
    response.headers.update(access.HEADERS)
    kept = request.path.startswith(f"{versioned.address()}/") and response.status in KEPT
    response.headers.setdefault("Cache-Control", versioned.FOREVER if kept else "no-store")


@web.middleware
async def _answer_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Make every error into a page in the visitor's language, never a traceback."""
    request.app[WAITING].asked(request.transport)
    try:
        if len(request.raw_path) > MAX_ADDRESS:
            raise UsageError(
                "console.address-too-long",
                f"the address has more than {MAX_ADDRESS} characters",
                "use the menu, or search for less",
            )
        return await patiently(request, handler)
    except HotlineError as error:
        return await problem_page(request, error, STATUSES.get(error.code) or status_of(error))
    except web.HTTPRequestEntityTooLarge:
        return await problem_page(
            request,
            UsageError(
                "console.form-too-large",
                "what was sent is too large for one form",
                "say it in fewer words or fewer corners",
            ),
            413,
        )
    except web.HTTPException:
        raise
    except Exception:
        visit: Visit | None = request.get(VISIT)
        _log.exception("console_defect", path=request.path, officer=visit and visit.officer)
        return await problem_page(
            request,
            UsageError(
                "console.defect",
                "the console has a defect, and what was asked for may not have been done",
                "look in the log whether it was; tell whoever keeps the node, with the time",
            ),
            500,
        )
