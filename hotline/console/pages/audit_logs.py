"""The logs, their signed states, and who has witnessed them."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hotline.api import audit_shapes
from hotline.console.page import Page
from hotline.console.pages.audit_roles import READERS, render_audit
from hotline.console.pages.audit_tables import as_csv, as_json
from hotline.console.visit import Visit
from hotline.errors import UsageError

LOG_COLUMNS: Final = (
    *("name", "origin", "centre", "own", "peer", "epoch", "size", "signed", "root", "cosigned"),
    *("unwitnessed", "oldest_unwitnessed_at"),
)
CHECKPOINT_COLUMNS: Final = ("log", "size", "root", "witness", "cosigned_at", "note")
WITNESS_COLUMNS: Final = ("log", "size", "witness", "cosigned", "cosigned_at", "unwitnessed")
PER_PAGE: Final = 50


async def logs(visit: Visit) -> web.StreamResponse:
    """Show every log, and how much of each is signed and witnessed."""
    return await render_audit(visit, "log/logs.html", logs=(await visit.client.logs()).logs)


async def logs_json(visit: Visit) -> web.StreamResponse:
    """Return the logs as the API has them."""
    return await as_json(visit, await visit.client.logs(), "logs")


async def logs_csv(visit: Visit) -> web.StreamResponse:
    """Return the logs as a table."""
    found = (await visit.client.logs()).logs
    rows = [[getattr(log, column) for column in LOG_COLUMNS] for log in found]
    return await as_csv(visit, LOG_COLUMNS, rows, "logs")


async def checkpoints(visit: Visit) -> web.StreamResponse:
    """Show the signed states of a log that are kept, the newest first."""
    page = await _checkpoints(visit)
    return await render_audit(visit, "log/checkpoints.html", log=page.log, found=page)


async def checkpoints_json(visit: Visit) -> web.StreamResponse:
    """Return the signed states as the API has them."""
    page = await _checkpoints(visit)
    return await as_json(visit, page, "checkpoints", page.log.name)


async def checkpoints_csv(visit: Visit) -> web.StreamResponse:
    """Return the signed states as a table: one row for each cosignature, or one without any."""
    page = await _checkpoints(visit)
    return await as_csv(visit, CHECKPOINT_COLUMNS, _rows(page), "checkpoints", page.log.name)


async def checkpoint(visit: Visit) -> web.StreamResponse:
    """Show one signed state."""
    page = await _checkpoint(visit)
    return await render_audit(
        visit, "log/checkpoint.html", log=page.log, one=page.checkpoints[0], found=page
    )


async def checkpoint_json(visit: Visit) -> web.StreamResponse:
    """Return one signed state as the API has it."""
    page = await _checkpoint(visit)
    return await as_json(visit, page, "checkpoint", page.log.name, str(page.checkpoints[0].size))


async def checkpoint_csv(visit: Visit) -> web.StreamResponse:
    """Return one signed state as a table."""
    page = await _checkpoint(visit)
    size = str(page.checkpoints[0].size)
    return await as_csv(visit, CHECKPOINT_COLUMNS, _rows(page), "checkpoint", page.log.name, size)


async def witness(visit: Visit) -> web.StreamResponse:
    """Show who has cosigned a log how far, and what nobody has witnessed yet."""
    log = await _log(visit)
    return await render_audit(visit, "log/witness.html", log=log)


async def witness_json(visit: Visit) -> web.StreamResponse:
    """Return the same as the API has it."""
    log = await _log(visit)
    return await as_json(visit, log, "witness", log.name)


async def witness_csv(visit: Visit) -> web.StreamResponse:
    """Return the same as a table."""
    log = await _log(visit)
    rows = [[log.name, log.size, w.name, w.size, w.at, log.size - w.size] for w in log.witnesses]
    return await as_csv(visit, WITNESS_COLUMNS, rows, "witness", log.name)


async def _log(visit: Visit) -> audit_shapes.LogView:
    return (await visit.client.checkpoints(visit.request.match_info["log"], limit=1)).log


async def _checkpoints(visit: Visit) -> audit_shapes.CheckpointPage:
    text = visit.request.query.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    name = visit.request.match_info["log"]
    return await visit.client.checkpoints(name, before=before, limit=PER_PAGE)


async def _checkpoint(visit: Visit) -> audit_shapes.CheckpointPage:
    """Return the page that has just the checkpoint of the address. Raises UsageError."""
    name, size = visit.request.match_info["log"], int(visit.request.match_info["size"])
    page = await visit.client.checkpoints(name, before=size + 1, limit=1)
    if not page.checkpoints or page.checkpoints[0].size != size:
        raise UsageError(
            "console.no-checkpoint",
            f"no checkpoint over {size} entries of {page.log.name} is kept",
            "the list of the log's checkpoints has those that are",
        )
    return page


def _rows(page: audit_shapes.CheckpointPage) -> list[list[object]]:
    rows: list[list[object]] = []
    for one in page.checkpoints:
        common: list[object] = [page.log.name, one.size, one.root]
        rows += [[*common, seal.witness, seal.at, one.note] for seal in one.cosignatures]
        if not one.cosignatures:
            rows.append([*common, None, None, one.note])
    return rows


_OF: Final = "/log/{log:[^/]+}"
_ONE: Final = rf"{_OF}/checkpoint/{{size:\d{{1,18}}}}"
PAGE_ROUTES = (
    Page("GET", "/logs", logs, READERS),
    Page("GET", "/logs.json", logs_json, READERS),
    Page("GET", "/logs.csv", logs_csv, READERS),
    Page("GET", f"{_OF}/checkpoint", checkpoints, READERS),
    Page("GET", f"{_OF}/checkpoint.json", checkpoints_json, READERS),
    Page("GET", f"{_OF}/checkpoint.csv", checkpoints_csv, READERS),
    Page("GET", f"{_ONE}.json", checkpoint_json, READERS),
    Page("GET", f"{_ONE}.csv", checkpoint_csv, READERS),
    Page("GET", _ONE, checkpoint, READERS),
    Page("GET", f"{_OF}/witness", witness, READERS),
    Page("GET", f"{_OF}/witness.json", witness_json, READERS),
    Page("GET", f"{_OF}/witness.csv", witness_csv, READERS),
)
