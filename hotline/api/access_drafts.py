"""Drafts: the handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from hotline.api import composing, schema
from hotline.api.access_guard import officer_in, session_of
from hotline.api.access_shapes import (
    Draft,
    DraftPage,
    DraftRequest,
    DraftUpdate,
    OfferRequest,
    ReleaseRequest,
    ReturnRequest,
)
from hotline.api.requests import (
    number_of,
    officer_of,
    precedence_of,
    read_body,
    remark_of,
    wait_of,
)
from hotline.audit.export.values import time_or_none, time_text
from hotline.errors import UsageError
from hotline.journal.access_drafts import StoredDraft, Written
from hotline.journal.outgoing import Composed
from hotline.model.kinds import Precedence
from hotline.model.reading import read_message
from hotline.node.centre import Centre
from hotline.node.drafts import Releasing

MAX_FIELD = 128
"""Characters of each of a draft's few words about itself."""

Told = Callable[[Centre, str, Composed, float], Awaitable[schema.Sent]]
"""How the sender of a message is told what became of it."""


async def listed(centre: Centre, request: web.Request) -> schema.Shape:
    """Return every draft."""
    del request
    return await _page(centre)


async def add(centre: Centre, request: web.Request) -> schema.Shape:
    """Keep a new draft."""
    asked = await read_body(request, DraftRequest)
    return _draft(await centre.drafts.add(_written(asked), officer_of(asked.officer)))


async def one(centre: Centre, request: web.Request) -> schema.Shape:
    """Return one draft."""
    return _draft(await centre.drafts.find(number_of(request, "draft")))


async def update(centre: Centre, request: web.Request) -> schema.Shape:
    """Replace a draft."""
    asked = await read_body(request, DraftUpdate)
    return _draft(
        await centre.drafts.update(
            number_of(request, "draft"), asked.version, _written(asked), officer_of(asked.officer)
        )
    )


async def delete(centre: Centre, request: web.Request) -> schema.Shape:
    """Throw a draft away."""
    given, speaker = request.query.get("officer", ""), session_of(request)
    officer = officer_of(given) if speaker is None else officer_in(speaker, given)
    await centre.drafts.delete(number_of(request, "draft"), officer)
    return await _page(centre)


async def offer(centre: Centre, request: web.Request) -> schema.Shape:
    """Offer a draft to a second officer."""
    asked = await read_body(request, OfferRequest)
    return _draft(
        await centre.drafts.offer(
            number_of(request, "draft"), asked.version, officer_of(asked.officer)
        )
    )


async def give_back(centre: Centre, request: web.Request) -> schema.Shape:
    """Give an offered draft back."""
    asked = await read_body(request, ReturnRequest)
    return _draft(
        await centre.drafts.give_back(
            number_of(request, "draft"),
            officer_of(asked.officer),
            remark_of(asked.reason, "a reason"),
        )
    )


async def release(centre: Centre, request: web.Request, told: Told) -> schema.Shape:
    """Sign and send a draft as it stands."""
    asked = await read_body(request, ReleaseRequest)
    wait_s = wait_of(asked.wait_s)
    draft = await centre.drafts.find_version(number_of(request, "draft"), asked.version)
    composed = await centre.drafts.release(
        draft, _releasing(centre, draft), officer_of(asked.officer)
    )
    return await told(centre, centre.line(draft.peer).peer, composed, wait_s)


def _releasing(centre: Centre, draft: StoredDraft) -> Releasing:
    """Read a draft as the message that it shall be. Raises ModelError, UsageError."""
    read = read_message(draft.document, centre.clock.wall_us())
    line = centre.line(draft.peer)
    composing.require_same_traffic(line, read)
    precedence = precedence_of(draft.precedence or None, read.precedence)
    return Releasing(line.peer, read.message, precedence)


def _written(asked: DraftRequest | DraftUpdate) -> Written:
    words = (asked.precedence, asked.peer, asked.kind, asked.about)
    if any(len(word) > MAX_FIELD or not (word.isprintable() or not word) for word in words):
        raise UsageError(
            "api.bad-text",
            f"precedence, peer, kind or about is not one line of up to {MAX_FIELD} characters",
            "give their names alone; what is typed belongs in document",
        )
    if asked.precedence and asked.precedence not in Precedence.__members__:
        precedence_of(asked.precedence, Precedence.ROUTINE)
    return Written(msgspec.json.encode(asked.document), *words)


async def _page(centre: Centre) -> DraftPage:
    return DraftPage(drafts=[_draft(found) for found in await centre.drafts.all()])


def _draft(found: StoredDraft) -> Draft:
    return Draft(
        id=found.id,
        author=found.author,
        document=msgspec.json.decode(found.document),
        precedence=found.precedence,
        peer=found.peer,
        kind=found.kind,
        about=found.about,
        updated_at=time_text(found.updated_us),
        updated_by=found.updated_by,
        version=found.version,
        offered_at=time_or_none(found.offered_us),
        offered_by=found.offered_by,
        returned_at=time_or_none(found.returned_us),
        returned_by=found.returned_by,
        returned_reason=found.returned_reason,
    )
