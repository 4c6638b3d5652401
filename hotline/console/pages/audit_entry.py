"""One entry, its proof, and the evidence of its exchange: addresses that stay good for ever."""

from __future__ import annotations

from base64 import b64decode
from typing import Any, Final

import msgspec
from aiohttp import web

from hotline.api import audit_shapes
from hotline.console.page import Page
from hotline.console.pages.audit_roles import READERS, render_audit
from hotline.console.pages.audit_tables import (
    FIELDS,
    as_csv,
    as_json,
    as_text,
    leaves,
    relayed,
)
from hotline.console.saying.entries import told
from hotline.console.saying.plainly import plainly
from hotline.console.visit import Visit
from hotline.errors import HotlineError
from hotline.model.languages.language import Language

MOST_SHOWN: Final = 60_000
"""Characters of a payload that a page shows; the download has all."""
_BYTES_A_LINE: Final = 32


async def entry(visit: Visit) -> web.StreamResponse:
    """Show one entry: in words, its stamps, all that it says, and the bytes that are bound."""
    found = await _entry(visit)
    said = _pretty(found.said)
    return await render_audit(
        visit,
        "log/entry.html",
        found=found,
        # In English there is more to read in the entry's own words.
        in_words=None if visit.words.language is Language.EN else told(found.view, visit.words),
        path=_path(found.log, found.view.entry),
        rendering=await _rendering(visit, found),
        said=said,
        fields=[(name, _plain(value)) for name, value in found.fields.items()],
        bytes_=_hex_lines(b64decode(found.raw)),
        message=found.message,
    )


async def entry_json(visit: Visit) -> web.StreamResponse:
    """Return the entry as the API has it."""
    found = await _entry(visit)
    return await as_json(visit, found, "entry", found.log, str(found.view.entry))


async def entry_csv(visit: Visit) -> web.StreamResponse:
    """Return the entry as a table of fields and values."""
    found = await _entry(visit)
    return await as_csv(visit, FIELDS, leaves(found), "entry", found.log, str(found.view.entry))


async def proof(visit: Visit) -> web.StreamResponse:
    """Show the proof that an entry is in its log."""
    found = await _proof(visit)
    return await render_audit(
        visit,
        "log/proof.html",
        found=found,
        path=_path(found.log, found.entry),
        others=[name for name in found.cosigned_by if name != visit.setting.centre],
    )


async def proof_json(visit: Visit) -> web.StreamResponse:
    """Return the proof as the API has it."""
    found = await _proof(visit)
    return await as_json(visit, found, "proof", found.log, str(found.entry))


async def proof_csv(visit: Visit) -> web.StreamResponse:
    """Return the proof as a table of fields and values."""
    found = await _proof(visit)
    return await as_csv(visit, FIELDS, leaves(found), "proof", found.log, str(found.entry))


async def proof_text(visit: Visit) -> web.StreamResponse:
    """Return the C2SP tlog-proof, as it is."""
    found = await _proof(visit)
    return await as_text(visit, found.proof, "proof", found.log, str(found.entry))


async def evidence(visit: Visit) -> web.StreamResponse:
    """Give the evidence of one exchange as a file."""
    name = visit.request.match_info["name"]
    alone = visit.request.query.get("alone") == "true"
    async with visit.client.evidence(name, alone=alone) as download:
        return await relayed(visit, download)


async def _entry(visit: Visit) -> audit_shapes.EntryDetail:
    return await visit.client.entry(visit.request.match_info["log"], number_in(visit))


async def _proof(visit: Visit) -> audit_shapes.ProofView:
    return await visit.client.proof(visit.request.match_info["log"], number_in(visit))


def number_in(visit: Visit) -> int:
    """Return the number of an entry in the address, which the route lets be digits alone."""
    return int(visit.request.match_info["entry"])


def _path(log: str, number: int) -> str:
    return f"/log/{log}/{number}"


async def _rendering(visit: Visit, found: audit_shapes.EntryDetail) -> str:
    """Return a message in the visitor's language; as the record has it where it cannot be."""
    message = found.message
    if message is None:
        return ""
    try:
        thread = await visit.client.message(message.id, language=visit.words.tag)
    except HotlineError:
        return message.text
    return plainly(thread.message, visit.words.language)


def _pretty(said: Any) -> str:
    text = msgspec.json.format(msgspec.json.encode(said), indent=2).decode("utf-8", "replace")
    return text if said is not None else ""


def _plain(value: object) -> str:
    """Return a field as text; what is no text as JSON."""
    if value is None or value == []:
        return "—"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _hex_lines(data: bytes) -> list[tuple[str, str]]:
    """Return bytes in lines of 32, each with its place."""
    shown = data[: MOST_SHOWN // 3]
    return [
        (f"{at:06x}", shown[at : at + _BYTES_A_LINE].hex(" "))
        for at in range(0, len(shown), _BYTES_A_LINE)
    ]


_AT: Final = r"/log/{log:[^/]+}/{entry:\d{1,18}}"
PAGE_ROUTES = (
    Page("GET", rf"{_AT}.json", entry_json, READERS),
    Page("GET", rf"{_AT}.csv", entry_csv, READERS),
    Page("GET", _AT, entry, READERS),
    Page("GET", rf"{_AT}/proof", proof, READERS),
    Page("GET", rf"{_AT}/proof.json", proof_json, READERS),
    Page("GET", rf"{_AT}/proof.csv", proof_csv, READERS),
    Page("GET", rf"{_AT}/proof.txt", proof_text, READERS),
    Page("GET", "/evidence/{name}", evidence, READERS),
)
