"""Verification, reconciliation and export from the page: begun, watched, and told in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import groupby
from typing import Any, Final

from aiohttp import web
from aiohttp.web_request import FileField

from hotline.api import audit_shapes
from hotline.console.access import fields_of
from hotline.console.page import Page, fragment, see
from hotline.console.pages.audit_roles import OVERSIGHT, render_audit
from hotline.console.pages.audit_search import MESSAGES, PRECEDENCES, asked_in, known
from hotline.console.pages.audit_tables import FIELDS, as_csv, as_json, leaves, relayed
from hotline.console.problems import told
from hotline.console.visit import Visit
from hotline.errors import HotlineError, UsageError

FORMS: Final[tuple[audit_shapes.ExportForm, ...]] = (
    "jsonl",
    "csv",
    "parquet",
    "sqlite",
    "tlog-tiles",
)
ENDED: Final = frozenset({"done", "failed", "cancelled"})
MOST_FINDINGS: Final = 500
_CHUNK: Final = 256 * 1024


async def verify(visit: Visit) -> web.StreamResponse:
    """Show what a verification does, and those that were made."""
    return await render_audit(
        visit, "log/verify.html", jobs=await _jobs(visit, "verify"), problem=None
    )


async def begin_verify(visit: Visit) -> web.StreamResponse:
    """Begin a verification."""
    try:
        return await _begin(visit, kind="verify")
    except HotlineError as error:
        jobs, problem = await _jobs(visit, "verify"), told(error, visit.words)
        return await render_audit(visit, "log/verify.html", 409, jobs=jobs, problem=problem)


async def reconcile(visit: Visit) -> web.StreamResponse:
    """Show the form for the peer's export, and the reconciliations that were made."""
    return await render_audit(
        visit, "log/reconcile.html", jobs=await _jobs(visit, "reconcile"), problem=None
    )


async def begin_reconcile(visit: Visit) -> web.StreamResponse:
    """Take the peer's export, of any size from a script and a small one from a form; begin."""
    try:
        if visit.request.content_type.startswith("multipart/"):
            upload = await visit.client.upload(_pieces(await _file(visit)))
        else:
            upload = await visit.client.upload(visit.request.content.iter_chunked(_CHUNK))
        return await _begin(visit, kind="reconcile", upload=upload.name)
    except HotlineError as error:
        if visit.request.headers.get("Sec-Fetch-Dest") == "empty":
            raise
        jobs, problem = await _jobs(visit, "reconcile"), told(error, visit.words)
        return await render_audit(visit, "log/reconcile.html", 400, jobs=jobs, problem=problem)


async def export(visit: Visit) -> web.StreamResponse:
    """Show the form of an export, filled in as the address says."""
    return await _export_form(visit, visit.request.query, None)


async def begin_export(visit: Visit) -> web.StreamResponse:
    """Begin an export of what the form chooses."""
    given = await visit.request.post()
    fields = await fields_of(visit.request)
    form = next((one for one in FORMS if one == fields.get("form")), FORMS[0])
    try:
        search = asked_in(given).terms()
        return await _begin(visit, kind="export", form=form, search=search)
    except HotlineError as error:
        return await _export_form(visit, given, error)


async def job(visit: Visit) -> web.StreamResponse:
    """Show a job: how far it has come, or what came of it."""
    found = await visit.client.job(_number(visit))
    return await render_audit(visit, "log/job.html", **_told(visit, found))


async def job_state(visit: Visit) -> web.StreamResponse:
    """Return the part of a job's page that changes."""
    found = await visit.client.job(_number(visit))
    return fragment(visit, "log/job_state.html", **_told(visit, found))


async def job_json(visit: Visit) -> web.StreamResponse:
    """Return a job as the API has it."""
    return await as_json(visit, await visit.client.job(_number(visit)), "job", str(_number(visit)))


async def job_csv(visit: Visit) -> web.StreamResponse:
    """Return a job as a table of fields and values."""
    found = await visit.client.job(_number(visit))
    return await as_csv(visit, FIELDS, leaves(found), "job", str(_number(visit)))


async def job_result(visit: Visit) -> web.StreamResponse:
    """Give a file of a job's result."""
    name = visit.request.query.get("file", "")
    async with visit.client.job_result(_number(visit), name) as download:
        return await relayed(visit, download)


async def cancel(visit: Visit) -> web.StreamResponse:
    """End a job."""
    number = _number(visit)
    try:
        await visit.client.cancel_job(number, visit.officer)
    except HotlineError as error:
        if error.code != "audit.job-ended":
            raise
    return see(f"/job/{number}")


async def _begin(visit: Visit, **asked: Any) -> web.Response:
    request = audit_shapes.JobRequest(officer=visit.officer, **asked)
    begun = await visit.client.begin_job(request)
    if visit.request.headers.get("Sec-Fetch-Dest") == "empty":
        return web.json_response({"see": f"/job/{begun.id}"}, status=201)
    return see(f"/job/{begun.id}")


async def _jobs(visit: Visit, kind: str) -> list[audit_shapes.JobView]:
    return [one for one in (await visit.client.jobs()).jobs if one.kind == kind]


async def _export_form(visit: Visit, given: Any, error: HotlineError | None) -> web.StreamResponse:
    asked = asked_in(given)
    logs = (await visit.client.logs()).logs
    return await render_audit(
        visit,
        "log/export.html",
        400 if error is not None else 200,
        asked=asked,
        own_logs=[log for log in logs if log.own],
        peers=sorted({log.peer for log in logs if log.peer}),
        kinds=known(asked.many.get("kind", ())),
        messages=MESSAGES,
        precedences=PRECEDENCES,
        forms=FORMS,
        form=given.get("form", FORMS[0]),
        jobs=await _jobs(visit, "export"),
        problem=told(error, visit.words) if error is not None else None,
    )


async def _file(visit: Visit) -> bytes:
    """Return the file of a form. Raises UsageError where none was chosen."""
    given = (await visit.request.post()).get("export")
    if not isinstance(given, FileField):
        raise UsageError("audit.upload-empty", "nothing was handed in", "choose the peer's export")
    return given.file.read()


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    if data:
        yield data


def _number(visit: Visit) -> int:
    return int(visit.request.match_info["id"])


def _told(visit: Visit, found: audit_shapes.JobView) -> dict[str, Any]:
    """Return a job as its page tells it."""
    report = found.report or {}
    differences = list(report.get("differences") or [])[:MOST_FINDINGS]
    return {
        "job": found,
        "ended": found.state in ENDED,
        "step": _step(visit, found.step),
        "percent": min(100, found.done * 100 // found.total) if found.total else None,
        "report": report,
        "failures": list(report.get("failures") or [])[:MOST_FINDINGS],
        "differences": [
            (code, list(alike))
            for code, alike in groupby(
                sorted(differences, key=lambda one: str(one["code"])), lambda one: str(one["code"])
            )
        ],
        "problem": _problem(visit, found),
    }


def _problem(visit: Visit, found: audit_shapes.JobView) -> Any:
    if found.problem is None:
        return None
    told_of = found.problem
    return told(HotlineError(told_of.code, told_of.message, told_of.hint), visit.words)


def _step(visit: Visit, step: str) -> str:
    """Return what a job does now, in the visitor's language."""
    for begin in ("verifying the record of ", "reading the record of "):
        if step.startswith(begin):
            word = begin.split(" ", 1)[0]
            return visit.words.plain(f"log.step_{word}_of", centre=step.removeprefix(begin))
    word = f"log.step_{step}"
    return visit.words.plain(word) if visit.words.has(word) else step


_JOB: Final = r"/job/{id:\d{1,9}}"
PAGE_ROUTES = (
    Page("GET", "/verify", verify, OVERSIGHT),
    Page("POST", "/verify", begin_verify, OVERSIGHT),
    Page("GET", "/reconcile", reconcile, OVERSIGHT),
    Page("POST", "/reconcile", begin_reconcile, OVERSIGHT),
    Page("GET", "/export", export, OVERSIGHT),
    Page("POST", "/export", begin_export, OVERSIGHT),
    Page("GET", rf"{_JOB}.json", job_json, OVERSIGHT),
    Page("GET", rf"{_JOB}.csv", job_csv, OVERSIGHT),
    Page("GET", _JOB, job, OVERSIGHT),
    Page("GET", rf"{_JOB}/state", job_state, OVERSIGHT),
    Page("GET", rf"{_JOB}/result", job_result, OVERSIGHT),
    Page("POST", rf"{_JOB}/cancel", cancel, OVERSIGHT),
)
