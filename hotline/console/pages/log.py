"""The log: every entry of this centre's record, looked for by any of its facets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from aiohttp import web

from hotline.api.audit_shapes import LogView
from hotline.api.schema import EntryPage, EntryView
from hotline.console.page import Page
from hotline.console.pages.audit_roles import READERS, render_audit
from hotline.console.pages.audit_search import (
    LIMITS,
    MESSAGES,
    PRECEDENCES,
    Asked,
    asked_in,
    known,
)
from hotline.console.pages.audit_tables import as_json, streamed_csv
from hotline.console.pages.audit_timeline import WIDTH, timeline
from hotline.console.problems import told
from hotline.console.saying.entries import titled
from hotline.console.saying.entries import told as told_entry
from hotline.console.saying.records import peer_of
from hotline.console.visit import EVERYBODY, Visit
from hotline.errors import HotlineError

COLUMNS: Final = (
    *("log", "entry", "at", "kind", "said_by", "direction", "precedence", "seq", "id"),
    *("reference", "title", "officer", "created_at", "durable_at", "flags", "text"),
)
MOST_ROWS: Final = 200_000
"""Rows of a CSV; an export has no bound."""
_PAGE: Final = 1000


async def search(visit: Visit) -> web.StreamResponse:
    """Show the entries that fit, newest first."""
    asked = asked_in(visit.request.query)
    logs = await _logs(visit)
    try:
        page = await _page(visit, asked)
    except HotlineError as error:
        if error.code in ("api.no-node", "api.no-answer"):
            raise
        return await render_audit(
            visit,
            "log/search.html",
            400,
            problem=told(error, visit.words),
            rows=[],
            picture=None,
            older=None,
            newer=None,
            **_form(asked, logs),
        )
    # What comes after a place is asked for oldest first, and shown as everything is.
    forward = asked.after is not None
    entries = page.entries[::-1] if forward else page.entries
    older = page.before if forward or page.more else None
    newer = page.after if (page.more if forward else asked.before is not None) else None
    return await render_audit(
        visit,
        "log/search.html",
        problem=None,
        rows=[row_of(entry, visit.setting.centre, logs) for entry in entries],
        told=told_entry,
        titled=titled,
        picture=timeline(entries, visit.setting.centre),
        width=WIDTH,
        older=asked.address(after=None, before=older) if older else None,
        newer=asked.address(before=None, after=newer) if newer else None,
        **_form(asked, logs),
    )


async def search_json(visit: Visit) -> web.StreamResponse:
    """Return the page as the API has it."""
    return await as_json(visit, await _page(visit, asked_in(visit.request.query)), "log")


async def search_csv(visit: Visit) -> web.StreamResponse:
    """Return all entries that fit, from the place of the page on, newest first."""
    asked = asked_in(visit.request.query)

    async def rows() -> AsyncIterator[Sequence[object]]:
        before, count = asked.before, 0
        while True:
            page = await visit.client.log(limit=_PAGE, before=before, **asked.words())
            for entry in page.entries:
                yield _cells(entry, visit.setting.centre)
            count += len(page.entries)
            if not page.more or count >= MOST_ROWS:
                return
            before = page.before

    return await streamed_csv(visit, COLUMNS, rows(), "log")


def row_of(entry: EntryView, centre: str, logs: Sequence[LogView]) -> dict[str, Any]:
    """Return what a line of the table says of an entry."""
    what = entry.what
    name = next((log.name for log in logs if log.origin == entry.log), "")
    message = entry.kind in MESSAGES and what.get("direction") in ("in", "out")
    said_by = _said_by(entry, centre)
    return {
        "entry": entry,
        "log": name,
        "message": message,
        "kind": entry.kind,
        "said_by": said_by,
        "to": (peer_of(entry) if said_by == centre else centre) if message else "",
        "ours": said_by == centre,
        "precedence": str(what.get("precedence", "")) if message else "",
        "officer": _officer(entry),
        "reference": what.get("reference") if message else None,
        "title": what.get("title") if message else None,
        "flags": [str(flag) for flag in what.get("flags") or []] if message else [],
        "id": str(what.get("id", "")) if message else "",
    }


async def _page(visit: Visit, asked: Asked) -> EntryPage:
    return await visit.client.log(
        limit=asked.limit, after=asked.after, before=asked.before, **asked.words()
    )


async def _logs(visit: Visit) -> list[LogView]:
    """Return the logs, of which a director of play sees the entries alone."""
    return (await visit.client.logs()).logs if visit.may(READERS) else []


def _form(asked: Asked, logs: Sequence[LogView]) -> dict[str, Any]:
    return {
        "asked": asked,
        "own_logs": [log for log in logs if log.own],
        "peers": sorted({log.peer for log in logs if log.peer}),
        "kinds": known(asked.many.get("kind", ())),
        "messages": MESSAGES,
        "precedences": PRECEDENCES,
        "limits": LIMITS,
        "json": asked.address("/log.json"),
        "csv": asked.address("/log.csv", after=None),
    }


def _said_by(entry: EntryView, centre: str) -> str:
    theirs = entry.what.get("direction") == "in" or entry.kind in (
        "receipt",
        "rejection",
        "equivocation",
    )
    return (peer_of(entry) if theirs else "") or centre


def _officer(entry: EntryView) -> str:
    what = entry.what
    for name in ("composed_by", "officer", "by"):
        value = what.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _cells(entry: EntryView, centre: str) -> list[object]:
    what = entry.what
    message = entry.kind in MESSAGES and what.get("direction") in ("in", "out")
    said: dict[str, Any] = what if message else {}
    return [
        entry.log,
        entry.entry,
        entry.at,
        entry.kind,
        _said_by(entry, centre),
        *(said.get(name) for name in ("direction", "precedence", "seq", "id")),
        *(said.get(name) for name in ("reference", "title")),
        _officer(entry),
        *(said.get(name) for name in ("created_at", "durable_at")),
        " ".join(str(flag) for flag in said.get("flags") or []),
        entry.text,
    ]


PAGE_ROUTES = (
    Page("GET", "/log", search, EVERYBODY),
    Page("GET", "/log.json", search_json, EVERYBODY),
    Page("GET", "/log.csv", search_csv, EVERYBODY),
)
