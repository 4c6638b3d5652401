"""The relief of the watch, step by step (FAA JO 7110.65, appendix A).

Whoever relieves does it at a console of his own, or at the one of the officer on duty. Then he logs
in there by his own name, password and code: once to be briefed, and once more to say that he has
the watch, from which moment on the console is his. What is done here under a name is done in that
officer's session: nobody is ever briefed, on duty or signed off by somebody else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiohttp import web

from hotline.api.access_shapes import LoginRequest, SessionView
from hotline.api.client import Client
from hotline.api.exercise_shapes import BriefView, WatchRequest, WatchView
from hotline.console import access
from hotline.console.access import fields_of
from hotline.console.page import Page, render, see
from hotline.console.pages.watch import done_word
from hotline.console.problems import Told, told
from hotline.console.saying.brief import told as brief_told
from hotline.console.visit import DESK, Visit
from hotline.errors import HotlineError, UsageError

RELIEVING: Final = "__Host-hotline-relieving"
"""The session of whoever is being briefed at the console of the officer on duty."""
MAX_FIELD: Final = 400
PLACES: Final = {
    "unread": "/inbox",
    "unanswered": "/inbox",
    "proposals": "/inbox",
    "drafts": "/compose",
    "alarms": "/watch#alarms",
    "conflicts": "/picture",
    "notices": "/picture",
    "lines": "/watch#lines",
    "play": "/exercise",
    "faults": "/exercise",
}
"""Where to look for oneself at what a section of the brief tells of."""


async def show(visit: Visit) -> web.StreamResponse:
    """Show who has the watch, and what may be done now by whom."""
    return await _page(visit)


async def _page(
    visit: Visit, problem: Told | None = None, form: Mapping[str, str] | None = None
) -> web.Response:
    view = await visit.client.watch()
    relieving = await _relieving(visit)
    brief = view.brief
    reader = ""
    if brief is not None and visit.may(DESK):
        if brief.officer == visit.officer:
            reader = "here"
        elif relieving is not None and brief.officer == relieving[1].officer:
            reader = "guest"
    return await render(
        visit,
        "watch/relief.html",
        200 if problem is None else 409,
        view=view,
        brief=brief if reader else None,
        reader=reader,
        relieving=relieving[1].officer if relieving is not None else "",
        looks=PLACES,
        told=lambda section, item: brief_told(section, item, visit.words),
        may=visit.may(DESK),
        form=form or {},
        done=done_word(visit),
        problem=problem,
    )


# --- At a console of one's own --------------------------------------------------------------------


async def take(visit: Visit) -> web.StreamResponse:
    """Take the watch that nobody has."""
    return await _step(visit, "taken")


async def brief(visit: Visit) -> web.StreamResponse:
    """Have the brief put together for the visitor, or for whoever relieves him here.

    What was added aloud to the brief before this one is kept.
    """
    form = await fields_of(visit.request)
    relieving = await _relieving(visit)
    try:
        if relieving is not None:
            client, session = relieving
            await client.take_step(WatchRequest(step="briefed", officer=session.officer))
        else:
            await visit.client.take_step(WatchRequest(step="briefed", officer=visit.officer))
    except UsageError as error:
        return await _page(visit, told(error, visit.words), form)
    if form.get("text"):
        return await _page(visit, form={"text": form["text"]})
    return see("/watch/relief#brief")


async def assume(visit: Visit) -> web.StreamResponse:
    """Say that the watch is the visitor's, who has read all of the brief."""
    form = await fields_of(visit.request)
    try:
        view = await visit.client.watch()
        require_read(view, form, visit.officer)
        await visit.client.take_step(
            WatchRequest(
                step="assumed",
                officer=visit.officer,
                relieved=form.get("relieved", ""),
                text=form.get("text", ""),
            )
        )
    except UsageError as error:
        return await _page(visit, told(error, visit.words), form)
    return see("/watch?done=assumed")


async def review(visit: Visit) -> web.StreamResponse:
    """Sign off after a relief: in the visitor's name, or in that of who logs in for it."""
    form = await fields_of(visit.request)
    text = form.get("text", "")
    try:
        if "officer" in form:
            async with _as_other(visit, form) as (client, session):
                asked = WatchRequest(step="reviewed", officer=session.officer, text=text)
                await client.take_step(asked)
        else:
            asked = WatchRequest(step="reviewed", officer=visit.officer, text=text)
            await visit.client.take_step(asked)
    except HotlineError as error:
        return await _page(visit, told(error, visit.words), form)
    return see("/watch/relief?done=reviewed")


async def release(visit: Visit) -> web.StreamResponse:
    """Give the watch up, with nobody to relieve."""
    return await _step(visit, "released", (await fields_of(visit.request)).get("text", ""))


async def _step(visit: Visit, step: str, text: str = "") -> web.StreamResponse:
    try:
        await visit.client.take_step(WatchRequest(step=step, officer=visit.officer, text=text))
    except UsageError as error:
        return await _page(visit, told(error, visit.words))
    return see(f"/watch?done={step}")


# --- At the console of the officer on duty --------------------------------------------------------


async def begin(visit: Visit) -> web.StreamResponse:
    """Log the relieving officer in beside the visitor, and have him briefed."""
    form = await fields_of(visit.request)
    try:
        session = await _log_in(visit, form)
        client = visit.request.app[access.CLIENT].on_behalf_of(session.token)
        try:
            await client.take_step(WatchRequest(step="briefed", officer=session.officer))
        except HotlineError:
            await _end(client)
            raise
    except HotlineError as error:
        return await _page(visit, told(error, visit.words), form)
    await _end_relieving(visit)
    response = see("/watch/relief#brief")
    access.set_cookie(response, RELIEVING, session.token)
    return response


async def give_up(visit: Visit) -> web.StreamResponse:
    """End a relief that was begun here and does not come about."""
    await _end_relieving(visit)
    response = see("/watch/relief")
    _forget(response)
    return response


async def hand_over(visit: Visit) -> web.StreamResponse:
    """Have the relieving officer say, by password and code, that the watch is his.

    The console is his from then on, and the session of the officer on duty is over.
    """
    form = await fields_of(visit.request)
    try:
        view = await visit.client.watch()
        require_read(view, form, form.get("officer", ""))
        session = await _log_in(visit, form)
        client = visit.request.app[access.CLIENT].on_behalf_of(session.token)
        try:
            await client.take_step(
                WatchRequest(
                    step="assumed",
                    officer=session.officer,
                    relieved=form.get("relieved", ""),
                    text=form.get("text", ""),
                )
            )
        except HotlineError:
            await _end(client)
            raise
    except HotlineError as error:
        return await _page(visit, told(error, visit.words), form)
    await _end_relieving(visit)
    await _end(visit.client)
    response = see("/watch?done=assumed")
    access.set_cookie(response, access.COOKIE, session.token)
    _forget(response)
    return response


def require_read(view: WatchView, form: Mapping[str, str], officer: str) -> BriefView:
    """Return the brief that was read to its end. Raises UsageError.

    ``watch.no-brief``: there is none for this officer; ``console.other-brief``: not the one that
    the form was made with; ``console.not-read``: some of it was not gone through, or nothing said.
    """
    found = view.brief
    if found is None or found.officer != officer:
        raise UsageError(
            "watch.no-brief", "there is no brief for this officer", "ask for the brief first"
        )
    if form.get("brief") != str(found.entry):
        raise UsageError(
            "console.other-brief",
            "the brief that was read is not the newest one",
            "go through the newest one",
        )
    if not all(form.get(f"read-{one.name}") for one in found.sections) or not form.get("said"):
        raise UsageError(
            "console.not-read",
            "a part of the brief was not gone through, or the words were not said",
            "go through each part, say the words aloud, and tick all of it",
        )
    return found


async def _log_in(visit: Visit, form: Mapping[str, str]) -> SessionView:
    return await visit.request.app[access.CLIENT].log_in(
        LoginRequest(
            officer=form.get("officer", "")[:MAX_FIELD].strip(),
            password=form.get("password", "")[:MAX_FIELD],
            code=form.get("code", "")[:MAX_FIELD].replace(" ", ""),
            address=visit.request.remote or "",
        )
    )


@asynccontextmanager
async def _as_other(
    visit: Visit, form: Mapping[str, str]
) -> AsyncIterator[tuple[Client, SessionView]]:
    """Speak for an officer who logs in for one step at a console that is not his."""
    session = await _log_in(visit, form)
    client = visit.request.app[access.CLIENT].on_behalf_of(session.token)
    try:
        yield client, session
    finally:
        await _end(client)


async def _relieving(visit: Visit) -> tuple[Client, SessionView] | None:
    """Return whoever is being relieved here, while that session lives."""
    token = access.session_token(visit.request, RELIEVING)
    if not token or not token.isascii():
        return None
    client = visit.request.app[access.CLIENT].on_behalf_of(token)
    try:
        return client, await client.session()
    except HotlineError:
        return None


async def _end_relieving(visit: Visit) -> None:
    relieving = await _relieving(visit)
    if relieving is not None:
        await _end(relieving[0])


async def _end(client: Client) -> None:
    # What cannot be ended now has ended already, or ends by itself.
    with suppress(HotlineError):
        await client.end_session()


def _forget(response: web.Response) -> None:
    access.drop_cookie(response, RELIEVING)


PAGE_ROUTES = (
    Page("GET", "/watch/relief", show),
    Page("POST", "/watch/relief/take", take, DESK),
    Page("POST", "/watch/relief/brief", brief, DESK),
    Page("POST", "/watch/relief/assume", assume, DESK),
    Page("POST", "/watch/relief/review", review, DESK),
    Page("POST", "/watch/relief/release", release, DESK),
    Page("POST", "/watch/relief/begin", begin, DESK),
    Page("POST", "/watch/relief/give-up", give_up, DESK),
    Page("POST", "/watch/relief/hand-over", hand_over, DESK),
)
