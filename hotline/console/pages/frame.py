"""What every page has: the strip that is put in anew as things happen, and the live stream."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hotline.console.frame import glance
from hotline.console.live import live
from hotline.console.page import Page, fragment, see
from hotline.console.visit import Visit


async def home(_visit: Visit) -> web.StreamResponse:
    """Send to the first page of all."""
    return see("/picture")


async def strip(visit: Visit) -> web.StreamResponse:
    """Return the strip of the line, the alarms and the watch as it is now."""
    return fragment(visit, "strip.html", node=await glance(visit))


async def words(visit: Visit) -> web.StreamResponse:
    """Return the words that scripts use, in the visitor's language."""
    found: dict[str, Any] = visit.words.group("script.")
    return web.json_response(found)


PAGE_ROUTES = (
    Page("GET", "/", home),
    Page("GET", "/strip", strip),
    Page("GET", "/words", words),
    Page("GET", "/live", live),
)
