"""What the auditor reads of the record: logs, entries, proofs, checkpoints, evidence.

Handlers of the operations in ``audit_routes``. They read in the searcher's thread, so that whoever
looks closely never keeps an officer waiting.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeVar

from aiohttp import web

from hotline.api import audit_views, schema, views
from hotline.api.access_guard import session_of
from hotline.api.audit_names import file_name
from hotline.api.requests import SEARCHER, flag_of, limit_of
from hotline.api.route import JSON
from hotline.audit.evidence.gather import gather
from hotline.errors import UsageError
from hotline.journal.banner import banners_by_log
from hotline.journal.queries import find_message
from hotline.node.centre import Centre
from hotline.trust.cosignature import WitnessKey
from hotline.wire.audit_records import AUDITED

T = TypeVar("T")

MAX_DIGITS: Final = 18


async def logs(centre: Centre, request: web.Request) -> schema.Shape:
    """Return the logs of this journal."""
    return await _read(
        request, lambda connection: audit_views.log_page(connection, centre.config.centre)
    )


async def entry(centre: Centre, request: web.Request) -> schema.Shape:
    """Return one entry in full."""
    name, index = request.match_info["log"], whole_number(request, "entry")
    seen = views.viewpoint_of(centre)
    return await _read(
        request,
        lambda connection: audit_views.entry_detail(
            connection, name, index, seen, centre.config.centre
        ),
    )


async def proof(centre: Centre, request: web.Request) -> schema.Shape:
    """Return the proof of an entry."""
    name, index = request.match_info["log"], whole_number(request, "entry")
    return await _read(
        request,
        lambda connection: audit_views.proof_view(
            connection, centre.keyring.peers, _witnesses(centre), name, index
        ),
    )


async def checkpoints(centre: Centre, request: web.Request) -> schema.Shape:
    """Return the signed states of a log."""
    name, limit = request.match_info["log"], limit_of(request)
    before = None
    if "before" in request.query:
        before = _number(request.query["before"], "before")
    return await _read(
        request,
        lambda connection: audit_views.checkpoint_page(
            connection, name, centre.config.centre, before, limit
        ),
    )


async def evidence(centre: Centre, request: web.Request) -> web.StreamResponse:
    """Return the evidence of one exchange, as `hotline log evidence` writes it."""
    name, alone = request.match_info["name"], flag_of(request, "alone")

    def made(connection: sqlite3.Connection) -> tuple[bytes, str]:
        found = find_message(connection, name)
        traffic = ""
        if centre.config.banner:
            traffic = banners_by_log(connection).get(found.log, centre.config.banner)
        parts = ("evidence", centre.config.centre, found.reference or "", found.id.hex()[:12])
        data = gather(
            connection,
            centre.keyring.card,
            centre.keyring.peers,
            _witnesses(centre),
            found.id.hex(),
            alone=alone,
        )
        return data, file_name(traffic, *parts, suffix=".json")

    data, called = await _read(request, made)
    session = session_of(request)
    if session is not None:
        await centre.record(
            AUDITED,
            {
                "job": 0,
                "work": "evidence",
                "state": "done",
                "officer": session.officer,
                "what": called,
                "ok": True,
                "digest": sha256(data).digest(),
            },
        )
    return web.Response(
        body=data,
        content_type=JSON,
        headers={"Content-Disposition": f'attachment; filename="{called}"'},
    )


def whole_number(request: web.Request, name: str) -> int:
    """Return a number in the path. Raises UsageError (``api.bad-number``)."""
    return _number(request.match_info[name], name)


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise UsageError(
            "api.bad-number", f"{name} is {text[:40]!a} and not a whole number", "write digits"
        )
    return int(text)


def _witnesses(centre: Centre) -> dict[str, WitnessKey]:
    return {each.key.name: each.key for each in centre.config.witnesses}


async def _read(request: web.Request, query: Callable[[sqlite3.Connection], T]) -> T:
    """Run a query in the searcher's thread, at one moment of the journal."""

    def run(connection: sqlite3.Connection) -> T:
        connection.execute("BEGIN")
        try:
            return query(connection)
        finally:
            connection.execute("ROLLBACK")

    return await request.app[SEARCHER].run(run)
