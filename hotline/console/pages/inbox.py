"""The inbox: what waits for us, what waits for the peer, and everything said, in order of urgency.

What waits comes first, by precedence and then by deadline. The page, and the part of it that is
put in anew as things happen, are the same question: who is waited for, on which line, which kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from hotline.api import schema
from hotline.console.letters import letters, phrases_of
from hotline.console.page import Page, fragment, render
from hotline.console.pages.notice_words import OVER, RANK, Remark, Spoken
from hotline.console.visit import DESK, EVERYBODY, Visit
from hotline.model.kinds import Kind
from hotline.model.times import parse_time

LOOKED_AT: Final = 300
"""Messages that a page looks at, the newest; what waits for an answer, or is unread, is found
however old it is, page by page."""
WHO: Final = ("us", "peer", "all", "ended")
KINDS: Final = tuple(str(kind) for kind in Kind)
_CONTENT: Final = frozenset({Kind.NOTICE.value, Kind.REVISION.value})
_GONE: Final = frozenset({"withdrawn", "ended"})
_LATEST_US: Final = 1 << 62
_CURSOR: Final = re.compile(r"[0-9.,]{3,2000}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages are shown: whom they wait for, of which line and kind (empty: any).

    ``before`` is where the page before this one ended; empty for the first page.
    """

    who: str
    line: str
    kind: str
    before: str = ""

    def query(self, **changed: str) -> str:
        """Return the part of an address that asks this, with some of it changed."""
        fields = {"who": self.who, "line": self.line, "kind": self.kind} | {
            "before": self.before,
            **changed,
        }
        return urlencode({name: value for name, value in fields.items() if value})


@dataclass(frozen=True, slots=True)
class Row:
    """One message as the list shows it; ``waits`` is ``us``, ``peer`` or empty.

    ``proposed`` is whether the peer proposes a change to it that is open; ``takes_back`` is the
    title of the notice that a withdrawal is about, where that is known.
    """

    view: schema.MessageView
    waits: str
    unread: bool
    superseded: bool
    remarks: list[Remark]
    proposed: bool = False
    takes_back: Markup | None = None

    @property
    def short(self) -> bool:
        """Whether less warning was given than the letter asks for."""
        view = self.view
        if view.warning_s is None or view.warning_needed_s is None:
            return False
        return view.warning_s < view.warning_needed_s


async def inbox(visit: Visit) -> web.StreamResponse:
    """Show the list inside the frame."""
    return await render(visit, "inbox/page.html", **await _values(visit))


async def listed(visit: Visit) -> web.StreamResponse:
    """Return the list alone, as it is now."""
    return fragment(visit, "inbox/list.html", **await _values(visit))


async def _values(visit: Visit) -> dict[str, Any]:
    asked = asked_in(visit)
    status = await visit.client.status()
    lines = [line.peer for line in status.lines]
    if asked.line not in lines:
        asked = Asked(asked.who, "", asked.kind, asked.before)
    books = await letters(visit, status.lines)
    spoken = Spoken(visit.words, {peer: phrases_of(one) for peer, one in books.items()})
    found, older = await _found(visit, asked, status.unread)
    proposed = await _proposed(visit, asked) if asked.who == "us" and not asked.before else {}
    found = [*({view.id: view for view in found} | proposed).values()]
    contents = {_notice(view): view for view in found if view.kind in _CONTENT}
    rows = ordered(
        row_of(
            view,
            spoken,
            superseded,
            proposed=view.id in proposed,
            about=contents.get(_notice(view)),
        )
        for view, superseded in replaced(found)
        if view.id in proposed or fits(view, asked, superseded=superseded)
    )
    return {
        "asked": asked,
        "rows": rows,
        "lines": lines,
        "who": WHO,
        "kinds": KINDS,
        "spoken": spoken,
        "older": older,
        "may_act": visit.may(DESK),
        "offered": status.offered,
    }


def asked_in(visit: Visit) -> Asked:
    """Return what the address asks for; what it says wrong counts as not said."""
    query = visit.request.query
    who, kind, before = query.get("who", "us"), query.get("kind", ""), query.get("before", "")
    return Asked(
        who if who in WHO else "us",
        query.get("line", "")[:80],
        kind if kind in KINDS else "",
        before if _CURSOR.fullmatch(before) else "",
    )


async def _found(
    visit: Visit, asked: Asked, unread: int
) -> tuple[list[schema.MessageView], str | None]:
    """Return the messages of a page, and where it ends if there are more.

    ``unread`` is how many messages of all lines nobody has opened: the record is gone through for
    them only while some lie further back than the newest.
    """
    peer, kind = asked.line or None, asked.kind or None
    direction = {"us": "in", "peer": "out"}.get(asked.who)
    look = partial(visit.client.messages, peer=peer, kind=kind, limit=LOOKED_AT)
    if asked.before:
        page = await look(direction=direction, unread=asked.who == "us", before=asked.before)
        return page.messages, page.before
    page = await look(direction=direction)
    found, older = {view.id: view for view in page.messages}, page.before
    if asked.who in ("us", "peer"):
        waiting = (await look(awaiting=asked.who)).messages
        found |= {view.id: view for view in waiting}
    if asked.who == "us":
        older = None
        if unread > sum(_is_unread(view) for view in found.values()):
            page = await look(unread=True)
            found |= {view.id: view for view in page.messages}
            older = page.before
    return [*found.values()], older


async def _proposed(visit: Visit, asked: Asked) -> dict[str, schema.MessageView]:
    """Return our notices to which the peer proposes a change that nobody has taken up yet."""
    if asked.kind and asked.kind not in _CONTENT:
        return {}
    page = await visit.client.messages(
        proposed=True, peer=asked.line or None, kind=asked.kind or None, limit=LOOKED_AT
    )
    return {view.id: view for view in page.messages}


def _notice(view: schema.MessageView) -> tuple[str, str, str]:
    return view.peer, view.direction, view.reference or ""


def replaced(
    views: Iterable[schema.MessageView],
) -> list[tuple[schema.MessageView, bool]]:
    """Return each message with whether a later one among them gives its notice another content."""
    known = list(views)
    last: dict[tuple[str, str, str], int] = {}
    for view in known:
        if view.kind in _CONTENT and view.reference:
            key = _notice(view)
            last[key] = max(last.get(key, -1), view.entry)
    return [
        (
            view,
            view.kind in _CONTENT and view.entry < last.get(_notice(view), -1),
        )
        for view in known
    ]


def fits(view: schema.MessageView, asked: Asked, *, superseded: bool) -> bool:
    """Say whether a message belongs into the list that is asked for."""
    match asked.who:
        case "us":
            return _is_unread(view) or (view.direction == "in" and view.due_at is not None)
        case "peer":
            silent = view.receipt is None and view.kind != Kind.LINE_CHECK
            return view.direction == "out" and (view.due_at is not None or silent)
        case "ended":
            return view.kind in _CONTENT and (superseded or view.life in OVER)
        case _:
            return True


def _is_unread(view: schema.MessageView) -> bool:
    """Say whether nobody here has opened a message of the peer; line checks are nobody's to."""
    return view.direction == "in" and view.read_at is None and view.kind != Kind.LINE_CHECK


def row_of(
    view: schema.MessageView,
    spoken: Spoken,
    superseded: bool,
    *,
    proposed: bool = False,
    about: schema.MessageView | None = None,
) -> Row:
    """Return a message as the list shows it; ``about`` is the content of its notice, if known."""
    taken = about if view.kind == Kind.WITHDRAWAL else None
    ours = view.direction == "out"
    waits = "" if view.due_at is None else "peer" if ours else "us"
    return Row(
        view=view,
        waits=waits,
        unread=_is_unread(view),
        superseded=superseded,
        remarks=[spoken.remark(flag) for flag in view.flags[:3]],
        proposed=proposed,
        takes_back=None if taken is None else spoken.title(taken),
    )


def ordered(rows: Iterable[Row]) -> Sequence[Row]:
    """Return what waits first, by precedence and deadline or start; then what is new."""
    return sorted(rows, key=_place)


def _place(row: Row) -> tuple[bool, int, int, int]:
    view = row.view
    waiting = bool(row.waits) or row.unread or row.proposed
    # What a notice was that is taken back or replaced says nothing of how urgent it is now.
    gone = view.kind in _CONTENT and (row.superseded or view.life in _GONE)
    rank = 0 if not waiting else 10 if gone else RANK.get(view.precedence, 9)
    # An answer after the start comes too late, whatever the letter allows.
    moments = (view.due_at, view.starts_at) if row.waits else (view.due_at,)
    due = min((parse_time(one) for one in moments if one is not None), default=_LATEST_US)
    return not waiting, rank, due, -parse_time(view.entered_at)


PAGE_ROUTES = (
    Page("GET", "/inbox", inbox, EVERYBODY),
    Page("GET", "/inbox/list", listed, EVERYBODY),
)
