"""By telephone, while the line is down: reading out, writing down, and what was said before.

Nothing is signed here. Reading out enters that a signed message is read; writing down enters what
was heard; both ends compare words (docs/spec/voice.md). A text that is heard is answered only once
its signed message is here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from hotline.api import schema
from hotline.api.voice_shapes import VoiceView
from hotline.console.access import fields_of
from hotline.console.page import Page, fragment, render, see
from hotline.console.pages.notice_words import Spoken
from hotline.console.problems import Told, told
from hotline.console.visit import DESK, Visit
from hotline.errors import HotlineError, UsageError
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.items import NOT_READ, WORDS, Item
from hotline.formats.telephone.mistakes import Misheard
from hotline.formats.telephone.wording import WITHIN_M
from hotline.model.kinds import Kind, Precedence
from hotline.model.languages.language import Language, language_of
from hotline.model.phrases import Phrase
from hotline.model.problem import Problem
from hotline.model.rendering import rendition

MOST: Final = 200
"""Messages that are looked through, and calls that are listed."""
MOST_CALLS: Final = 1000
"""Calls among which one is looked for."""
_LINE: Final = re.compile(r"\bline (\d+)")
_LABEL: Final = re.compile(r"\bitem ([A-Z]\d*(?:\.\d+)?)\b")
_LABELS: Final = re.compile(r"[A-Z]\d*(?:\.\d+)?(?:,[A-Z]\d*(?:\.\d+)?){0,99}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet as it is shown: ``other`` is whether it was heard otherwise."""

    label: str
    text: str
    word: str
    meaning: str
    other: bool

    @property
    def unread(self) -> bool:
        """Whether the sheet only says that there is more."""
        return self.text.endswith(NOT_READ)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with typed lines: ``word`` names it in the officer's language.

    ``line`` and ``item`` are empty where it is about none; ``meaning`` is what the item is.
    """

    word: str
    line: str
    item: str
    meaning: str
    problem: Problem


def lines_of(view: VoiceView, language: Language, others: Sequence[str] = ()) -> list[Line]:
    """Return the lines of a call, with what each is in a language."""
    return [
        Line(
            label=one.label,
            text=one.text,
            word=one.word,
            meaning=Item(one.label, one.text).meaning(language),
            other=one.label in others,
        )
        for one in view.items
    ]


def verdict_of(view: VoiceView) -> str:
    """Return what became of a call: spoken, agrees, unchecked, confirmed or differs."""
    if view.state != "heard":
        return view.state
    if view.differs or (view.said and view.said != view.words):
        return "differs"
    return "agrees" if view.said else "unchecked"


def mistakes_in(text: str, language: Language) -> list[Mistake]:
    """Return all that is wrong with what somebody typed, in the order of its lines."""
    try:
        hear(text)
    except Misheard as error:
        found = error.problems
    except HotlineError as error:
        found = (Problem(error.code, "", error.message, error.hint),)
    else:
        found = ()
    return [_mistake(one, language) for one in found]


def _mistake(problem: Problem, language: Language) -> Mistake:
    item = _first(_LABEL, problem.text)
    return Mistake(
        word=f"voice.{problem.code.partition('.')[2].replace('-', '_')}",
        line=_first(_LINE, problem.text),
        item=item,
        meaning=Item(item, "").meaning(language) if item[:1] in WORDS else "",
        problem=problem,
    )


async def show(visit: Visit) -> web.StreamResponse:
    """Show what waits to be read out, and what was said before."""
    return await _overview(visit)


async def standing(visit: Visit) -> web.StreamResponse:
    """Return both lists as they are now."""
    return fragment(visit, "voice/standing.html", **await _lists(visit))


async def speak(visit: Visit) -> web.StreamResponse:
    """Enter that a message is read out from now on, and show its lines."""
    form = await fields_of(visit.request)
    name = form.get("name", "").strip()
    try:
        view = await visit.client.speak(name, visit.officer)
    except HotlineError as error:
        return await _overview(visit, told(error, visit.words), name)
    return see(f"/voice/of/{view.message}")


async def sheet(visit: Visit) -> web.StreamResponse:
    """Show the lines of a message that is read out, and take the words of the answer."""
    return await _sheet(visit)


async def confirm(visit: Visit) -> web.StreamResponse:
    """Enter the words that the other side answered with."""
    form = await fields_of(visit.request)
    name = visit.request.match_info["name"]
    words, by_item = form.get("words", ""), form.get("which", "") == "items"
    try:
        await visit.client.confirm(name, words, visit.officer, by_item=by_item)
    except HotlineError as error:
        return await _sheet(visit, told(error, visit.words), words, by_item=by_item)
    return see(f"/voice/of/{name}#answer-head")


async def listen(visit: Visit) -> web.StreamResponse:
    """Show the form for what is heard; ``again`` names what was heard before, to be mended."""
    peer, _, entry = visit.request.query.get("again", "").rpartition(":")
    text = (await _heard_as(visit, peer, entry)).text if peer else ""
    return await _listening(visit, text, peer)


async def take_down(visit: Visit) -> web.StreamResponse:
    """Enter what was heard, and show what it means and what to answer."""
    form = await fields_of(visit.request)
    text, peer = form.get("text", ""), form.get("peer", "")
    wrong = mistakes_in(text, visit.words.language)
    if wrong:
        return await _listening(visit, text, peer, wrong=wrong)
    try:
        taken = await visit.client.take_down(text, visit.officer, peer)
    except HotlineError as error:
        return await _listening(visit, text, peer, problem=told(error, visit.words))
    otherwise = f"?otherwise={','.join(taken.otherwise)}" if taken.otherwise else ""
    return see(f"/voice/heard/{taken.call.peer}/{taken.call.entry}{otherwise}")


async def heard(visit: Visit) -> web.StreamResponse:
    """Show what was heard: what it means, whether the words agree, and what to answer."""
    info, language = visit.request.match_info, _language(visit)
    view = await _heard_as(visit, info["peer"], info["entry"])
    read = hear(view.text).sheet
    text = rendition(
        read.message, language, await _phrases(visit, view.peer), precedence=read.precedence
    )
    otherwise = visit.request.query.get("otherwise", "")
    return await render(
        visit,
        "voice/heard.html",
        mark=visit.client.traffic,
        call=view,
        verdict=verdict_of(view),
        lines=lines_of(view, language, view.differs),
        language=language,
        # The last line says that what is signed counts, and nothing is signed yet.
        meaning=text.rpartition("\n")[0],
        within_m=WITHIN_M if read.rounded else None,
        arrived=await _arrived(visit, view),
        otherwise=otherwise.split(",") if _LABELS.fullmatch(otherwise) else [],
        may=visit.may(DESK),
    )


# --- What the pages are made of -------------------------------------------------------------------


async def _overview(
    visit: Visit, problem: Told | None = None, typed: str = ""
) -> web.StreamResponse:
    values = await _lists(visit)
    status = 200 if problem is None else 409
    return await render(visit, "voice/list.html", status, problem=problem, typed=typed, **values)


async def _lists(visit: Visit) -> dict[str, Any]:
    status = await visit.client.status()
    sent = (await visit.client.messages(direction="out", limit=MOST)).messages
    waiting = [one for one in sent if one.receipt is None and one.kind != Kind.CONFLICT]
    calls = (await visit.client.voice(limit=MOST)).calls
    return {
        "lines": status.lines,
        # The gravest first; of one precedence as they were composed.
        "waiting": sorted(waiting, key=_urgency),
        "read_out": {one.message for one in calls if one.state == "spoken"},
        "confirmed": {one.message for one in calls if one.state == "confirmed"},
        "calls": [(one, verdict_of(one)) for one in calls],
        "spoken": Spoken(visit.words),
        "may": visit.may(DESK),
    }


async def _sheet(
    visit: Visit, problem: Told | None = None, typed: str = "", *, by_item: bool = False
) -> web.StreamResponse:
    name, language = visit.request.match_info["name"], _language(visit)
    page = await visit.client.voice(name=name, limit=MOST)
    view = next((one for one in page.calls if one.state == "spoken"), None)
    if view is None:
        raise UsageError(
            "voice.not-spoken",
            "this message was not read out",
            "choose it among those that wait to be read out",
        )
    answers = [one for one in page.calls if one.confirms == view.entry and one.peer == view.peer]
    others = answers[0].differs if answers else []
    return await render(
        visit,
        "voice/sheet.html",
        200 if problem is None else 409,
        mark=page.traffic,
        call=view,
        lines=lines_of(view, language, others),
        language=language,
        answers=[(one, verdict_of(one)) for one in answers],
        problem=problem,
        typed=typed,
        by_item=by_item or (bool(answers) and answers[0].state == "differs"),
        may=visit.may(DESK),
    )


async def _listening(
    visit: Visit,
    text: str,
    peer: str,
    *,
    wrong: Sequence[Mistake] = (),
    problem: Told | None = None,
) -> web.StreamResponse:
    status = await visit.client.status()
    return await render(
        visit,
        "voice/hear.html",
        200 if problem is None and not wrong else 409,
        peers=[line.peer for line in status.lines],
        text=text,
        peer=peer,
        wrong=wrong,
        problem=problem,
    )


async def _heard_as(visit: Visit, peer: str, entry: str) -> VoiceView:
    calls = (await visit.client.voice(peer=peer, limit=MOST_CALLS)).calls
    for one in calls:
        if one.state == "heard" and str(one.entry) == entry:
            return one
    raise UsageError(
        "voice.not-recorded",
        "nothing is recorded of such a call",
        "choose it among the calls under *By telephone*",
    )


async def _arrived(visit: Visit, view: VoiceView) -> schema.MessageView | None:
    """Return the signed message of what was heard, once it is here."""
    try:
        found = (await visit.client.message(view.message)).message
    except HotlineError:
        return None
    return found if (found.direction, found.peer) == ("in", view.peer) else None


async def _phrases(visit: Visit, peer: str) -> dict[int, Phrase]:
    """Return the phrases of the letter with a peer, by number."""
    letters = (await visit.client.letters()).letters
    found = next((letter.phrases for letter in letters if letter.peer == peer), [])
    return {one.number: Phrase(one.number, one.group, one.en, one.ru, one.he) for one in found}


def _urgency(view: schema.MessageView) -> tuple[int, str]:
    return Precedence[view.precedence].value, view.created_at


def _language(visit: Visit) -> Language:
    return language_of(visit.request.query.get("language", "")) or visit.words.language


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


PAGE_ROUTES = (
    Page("GET", "/voice", show),
    Page("GET", "/voice/standing", standing),
    Page("POST", "/voice/speak", speak, DESK),
    Page("GET", "/voice/of/{name}", sheet),
    Page("POST", "/voice/of/{name}/confirm", confirm, DESK),
    Page("GET", "/voice/hear", listen, DESK),
    Page("POST", "/voice/hear", take_down, DESK),
    Page("GET", r"/voice/heard/{peer}/{entry:\d{1,18}}", heard),
)
