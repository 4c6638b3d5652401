"""The airspace: the handlers."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial

import msgspec
from aiohttp import web

from hotline.airspace.activity import shown_name
from hotline.api import composing, schema
from hotline.api.airspace_shapes import CheckRequest
from hotline.api.picture import picture, piece_now, pieces_then
from hotline.api.requests import (
    SEARCHER,
    flag_of,
    limit_of,
    moment_of,
    officer_of,
    precedence_of,
    read_body,
)
from hotline.audit.export.values import time_text
from hotline.journal.stood import lines_then, relations_by
from hotline.model.reading import read_message
from hotline.node.airspace.two_clocks import behind_us
from hotline.node.centre import Centre

Since = dict[tuple[str, str, str], int]
"""Since when relations stand, by line and both references."""


async def around(centre: Centre, request: web.Request) -> schema.Shape:
    """Return the picture around a moment: from memory, or as it stood where that has passed."""
    peer = request.query.get("line")
    lines = [*centre.lines.values()] if peer is None else [centre.line(peer)]
    now_us, limit = centre.clock.wall_us(), limit_of(request)
    asked_us, drawn = moment_of(request, "at"), flag_of(request, "drawn")
    at_us = now_us if asked_us is None else asked_us
    searcher = request.app[SEARCHER]
    if at_us < now_us:
        behind = {line.peer: behind_us(line) for line in lines}
        return await searcher.run(
            lambda journal: picture(
                centre.config.centre,
                pieces_then(journal, at_us, peer, behind),
                at_us,
                at_us,
                limit,
                drawn=drawn,
            )
        )
    pieces = [await piece_now(line) for line in lines]
    found = await asyncio.to_thread(
        picture, centre.config.centre, pieces, at_us, now_us, limit, drawn=drawn
    )
    since = await searcher.run(partial(_since, by_us=now_us))
    return msgspec.structs.replace(
        found, relations=[_since_when(relation, since) for relation in found.relations]
    )


async def check(centre: Centre, request: web.Request) -> schema.Shape:
    """Say what a message would mean."""
    asked = await read_body(request, CheckRequest)
    draft = read_message(msgspec.json.encode(asked.document), centre.clock.wall_us())
    officer = officer_of(asked.officer) if asked.officer else ""
    precedence = precedence_of(asked.precedence, draft.precedence)
    line = centre.line(asked.peer)
    composing.require_same_traffic(line, draft)
    return await composing.check(line, draft, precedence, officer)


def _since(connection: sqlite3.Connection, by_us: int) -> Since:
    """Return since when relations stand, by what was entered of them."""
    since: Since = {}
    for peer, log in lines_then(connection, by_us).items():
        for one in relations_by(connection, log, by_us):
            own, other = one.related.reference, one.related.other_reference
            since[peer, shown_name(own), shown_name(other)] = one.since_us
    return since


def _since_when(relation: schema.RelationView, since: Since) -> schema.RelationView:
    found = since.get((relation.line, relation.own, relation.other))
    if found is None:
        return relation
    return msgspec.structs.replace(relation, since=time_text(found))
