"""Serves the API on a Unix socket: who may open the socket may speak for the centre."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
import structlog
from aiohttp import web

from hotline.api import schema
from hotline.api.access_guard import admit
from hotline.api.audit_jobs import keeping_jobs
from hotline.api.handlers import HANDLERS, Handler
from hotline.api.replying import ONE_AT_A_TIME
from hotline.api.requests import MAX_BODY, SEARCHER, check_parameters
from hotline.api.routes import JSON, MAX_TARGET, ROUTES, TRAFFIC, Route
from hotline.errors import (
    ConfigError,
    FencedError,
    HotlineError,
    JournalError,
    ModelError,
    UsageError,
)
from hotline.journal.queries import Reader
from hotline.node.centre import Centre

STATUSES: Final = {
    "access.already-disabled": 409,
    "access.last-supervisor": 409,
    "access.no-session": 401,
    "access.not-your-role": 403,
    "access.officer-exists": 409,
    "access.other-officer": 403,
    "access.own-roles": 403,
    "access.refused": 403,
    "access.busy": 503,
    "access.throttled": 429,
    "access.too-many-officers": 409,
    "access.unknown-officer": 404,
    "alarm.already-acknowledged": 409,
    "alarm.not-shelved": 409,
    "alarm.settled": 409,
    "alarm.unknown": 404,
    "api.body-too-large": 413,
    "api.no-such-path": 404,
    "api.wrong-method": 405,
    "audit.disk-full": 409,
    "audit.job-ended": 409,
    "audit.mirror": 409,
    "audit.no-result": 409,
    "audit.no-such-entry": 404,
    "audit.no-such-file": 404,
    "audit.no-such-job": 404,
    "audit.no-such-upload": 404,
    "audit.too-many-jobs": 409,
    "audit.upload-too-large": 413,
    "draft.changed": 409,
    "draft.not-offered": 409,
    "draft.releasing": 409,
    "draft.too-many": 409,
    "draft.unknown": 404,
    "evidence.not-signed-yet": 409,
    "exercise.another": 409,
    "exercise.not-possible": 409,
    "exercise.stop-unacknowledged": 409,
    "model.revision-old": 409,
    "model.undefined-step": 409,
    "model.wrong-actor": 409,
    "node.actual": 403,
    "node.ambiguous-id": 409,
    "node.no-such-message": 404,
    "node.other-exercise": 403,
    "node.other-status": 403,
    "node.second-officer": 403,
    "node.unknown-log": 404,
    "node.unknown-peer": 404,
    "reply.answered-meanwhile": 409,
    "reply.superseded": 409,
    "voice.not-ours": 409,
    "voice.other-exercise": 403,
    "voice.not-spoken": 404,
    "watch.brief-changed": 409,
    "watch.brief-too-old": 409,
    "watch.free": 409,
    "watch.no-brief": 409,
    "watch.not-free": 409,
    "watch.not-on-duty": 409,
    "watch.not-relieved": 409,
    "watch.nothing-to-review": 409,
    "watch.own-relief": 409,
}
"""HTTP statuses of codes whose class does not tell."""

SHUTDOWN_S = 2.0
GROUP_UMASK = 0o007

_log = structlog.get_logger()


@asynccontextmanager
async def open_api(centre: Centre) -> AsyncIterator[Path]:
    """Serve ``centre`` on the socket of its configuration; yield the socket's path.

    Where there is a console, it is served on a socket of its own too, by which only officers speak
    (`hotline.api.access_guard.admit`). Raises ConfigError when a socket cannot be made, or another
    process answers on it.
    """
    path = centre.config.socket
    runner = web.AppRunner(
        application(centre),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=SHUTDOWN_S,
        max_line_size=MAX_TARGET,
    )
    async with AsyncExitStack() as stack:
        bound = [_bind(path, stack)]
        if centre.config.has_console:
            console = centre.config.console
            bound.append(_bind(console.socket, stack, console.group))
        stack.push_async_callback(runner.cleanup)
        # Streams have no end of their own.
        stack.callback(centre.dismiss)
        await runner.setup()
        for one in bound:
            await web.SockSite(runner, one, backlog=128).start()
        _log.info("api_opened", socket=str(path))
        yield path


def application(centre: Centre) -> web.Application:
    """Return the web application, made from the table of routes."""
    made = web.Application(client_max_size=MAX_BODY, middlewares=[_answer_errors])
    marked = {TRAFFIC: quote(centre.config.banner, safe=" ")} if centre.config.banner else {}
    made.on_response_prepare.append(partial(_mark, marked))
    made[SEARCHER] = Reader(centre.reader.path)
    made[ONE_AT_A_TIME] = asyncio.Lock()
    made.on_cleanup.append(_close_searcher)
    made.cleanup_ctx.append(partial(keeping_jobs, centre))
    for route in ROUTES:
        handler = _wrap(centre, route, HANDLERS[route.operation])
        made.router.add_route(route.method, route.path, handler)
    return made


async def _mark(
    marked: dict[str, str], _request: web.Request, response: web.StreamResponse
) -> None:
    """Say on every answer, whatever it is, that it belongs to an exercise or a test."""
    response.headers.update(marked)


async def _close_searcher(made: web.Application) -> None:
    made[SEARCHER].close()


def status_of(error: HotlineError) -> int:
    """Return the HTTP status that tells of an error."""
    if error.code in STATUSES:
        return STATUSES[error.code]
    if isinstance(error, FencedError):
        return 409
    if isinstance(error, JournalError):
        return 503
    return 400 if isinstance(error, UsageError | ModelError) else 500


def problem_of(error: HotlineError) -> schema.Problem:
    """Return an error as the API shows it, with its nearest class that ``errors`` knows."""
    kind = next(
        (base.__name__ for base in type(error).__mro__ if base.__module__ == "hotline.errors"),
        "HotlineError",
    )
    return schema.Problem(code=error.code, message=error.message, hint=error.hint, kind=kind)


def _wrap(
    centre: Centre, route: Route, handler: Handler
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        admit(centre, request, route)
        check_parameters(request, route)
        answer = await handler(centre, request)
        if isinstance(answer, web.StreamResponse):
            return answer
        # A message bears the mark of its own epoch, which may be of an earlier exercise.
        if isinstance(answer, schema.Marked) and not answer.traffic:
            answer = msgspec.structs.replace(answer, traffic=centre.config.banner)
        return web.Response(
            status=route.status, body=msgspec.json.encode(answer), content_type=JSON
        )

    return handle


@web.middleware
async def _answer_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Make every error into a Problem; a defect of ours shows a code, never a traceback."""
    try:
        return await handler(request)
    except HotlineError as error:
        return _problem(error)
    except web.HTTPNotFound:
        return _problem(
            UsageError(
                "api.no-such-path",
                f"there is nothing at {request.path[:80]!a}",
                "GET /openapi.json lists every path",
            )
        )
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        refused = _problem(
            UsageError(
                "api.wrong-method",
                f"{request.method[:10]} is not what {request.path[:80]!a} is asked with",
                f"use {allowed}",
            )
        )
        refused.headers["Allow"] = allowed
        return refused
    except web.HTTPRequestEntityTooLarge:
        return _problem(
            UsageError(
                "api.body-too-large",
                f"the request's body has more than {MAX_BODY} bytes",
                "send one message a request",
            )
        )
    except web.HTTPException:
        raise
    except Exception:
        _log.exception("request_failed", method=request.method, path=request.path)
        return _problem(
            HotlineError(
                "api.defect",
                "the node stumbled over this request",
                "its log has the traceback: report it",
            )
        )


def _problem(error: HotlineError) -> web.Response:
    return web.Response(
        status=status_of(error),
        body=msgspec.json.encode(problem_of(error)),
        content_type=JSON,
    )


def _bind(path: Path, stack: AsyncExitStack, group: str = "") -> socket.socket:
    """Make the socket, for its owner only, or for the group too where the umask is 0007.

    A ``group`` that is named may open it, whatever the umask.

    It is gone when the stack is unwound.
    """
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o077)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(path)
        os.umask(0o177)
        bound.bind(str(path))
        if group:
            shutil.chown(path, group=group)
        if group or umask == GROUP_UMASK:
            path.chmod(0o660)
    except ConfigError:
        bound.close()
        raise
    except LookupError:
        bound.close()
        raise ConfigError(
            "api.no-group",
            f"there is no group {group[:40]!r} for the socket {path}",
            "name one of this machine's groups in [console], of which the node's user is a member",
        ) from None
    except OSError as error:
        bound.close()
        raise ConfigError(
            "api.no-socket",
            f"the socket {path} cannot be made: {error.strerror or error}",
            "name another one under [api] in node.toml: a path of at most 107 characters, in a "
            "directory of the node's user",
        ) from None
    finally:
        os.umask(umask)
    stack.callback(path.unlink, missing_ok=True)
    stack.callback(bound.close)
    bound.setblocking(False)
    return bound


def _clear(path: Path) -> None:
    """Remove a socket that a killed node left behind. Raises ConfigError for anything else."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(
            "api.not-a-socket",
            f"{path} is there and is no socket",
            "name another socket under [api] in node.toml, or move that file away",
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError:
            pass  # somebody is there who does not answer in time
    raise ConfigError(
        "api.socket-in-use",
        f"another process answers on {path}",
        "stop the other node, or name another socket under [api] in node.toml",
    )
