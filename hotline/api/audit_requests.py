"""The auditor's jobs and uploads: handlers of the operations in ``audit_routes``."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from hotline.api import audit_shapes as shapes
from hotline.api import schema
from hotline.api.audit import whole_number
from hotline.api.audit_jobs import JOBS
from hotline.api.requests import officer_of, read_body
from hotline.audit.search.terms import TERMS, parse_search
from hotline.errors import UsageError
from hotline.node.centre import Centre

MAX_NAME: Final = 200
_CHUNK: Final = 256 * 1024


async def upload(centre: Centre, request: web.Request) -> schema.Shape:
    """Take a peer's export to disk."""
    del centre
    return await request.app[JOBS].uploads.take(request.content.iter_chunked(_CHUNK))


async def jobs(centre: Centre, request: web.Request) -> schema.Shape:
    """Return all jobs."""
    del centre
    return shapes.JobPage(jobs=request.app[JOBS].views())


async def begin_job(centre: Centre, request: web.Request) -> schema.Shape:
    """Begin a job; the answer comes before it has done anything."""
    del centre
    asked = await read_body(request, shapes.JobRequest)
    officer = officer_of(asked.officer)
    if (asked.kind == "reconcile") is not bool(asked.upload):
        raise UsageError(
            "audit.upload-needed" if asked.kind == "reconcile" else "audit.upload-unused",
            "a reconciliation, and nothing else, takes an export that was handed in",
            "hand it in with POST /v1/uploads, and give its name as `upload`",
        )
    found = request.app[JOBS]
    return found.view(await found.begin(asked, officer, _search(asked)))


async def job(centre: Centre, request: web.Request) -> schema.Shape:
    """Return one job with its report."""
    del centre
    found = request.app[JOBS]
    return found.view(found.find(whole_number(request, "id")), report=True)


async def job_result(centre: Centre, request: web.Request) -> web.StreamResponse:
    """Return a file of a result."""
    del centre
    found = request.app[JOBS]
    one = found.find(whole_number(request, "id"))
    path, made = found.file(one, request.query.get("file", ""))
    if not path.is_file():
        raise UsageError(
            "audit.no-result", f"the result of job {one.kept.id} is gone", "do the job once more"
        )
    return web.FileResponse(
        path,
        headers={
            "Content-Type": shapes.media_of(made.name),
            "Content-Disposition": f'attachment; filename="{made.name}"',
        },
    )


async def cancel_job(centre: Centre, request: web.Request) -> schema.Shape:
    """End a job."""
    del centre
    asked = await read_body(request, shapes.CancelRequest)
    found = request.app[JOBS]
    return found.view(await found.cancel(whole_number(request, "id"), officer_of(asked.officer)))


def _search(asked: shapes.JobRequest) -> dict[str, Any]:
    """Return the terms of an export, which are good ones. Raises UsageError, ModelError."""
    if asked.kind != "export":
        if asked.search:
            raise UsageError(
                "audit.search-unused",
                f"{asked.kind} is of the whole record, and terms were given",
                "leave `search` out",
            )
        return {}
    known = {term.name: term for term in TERMS}
    words: dict[str, Any] = {}
    for name, value in asked.search.items():
        term = known.get(name)
        if term is None:
            raise UsageError(
                "audit.unknown-term",
                f"{name[:40]!a} is nothing that can be looked for",
                f"use {', '.join(known)}",
            )
        wanted = bool if term.schema["type"] == "boolean" else (list, str) if term.many else str
        if not isinstance(value, wanted):
            raise UsageError(
                "audit.bad-term",
                f"{name} is no {'true or false' if wanted is bool else 'text'}",
                "GET /openapi.json describes every term, at GET /v1/log",
            )
        words[name] = value
    parse_search(words)
    return words
