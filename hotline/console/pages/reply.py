"""Answering a message: what was understood is read back first, then it is decided.

Three pages, each with its address. The first compares the read-back with the signed fields; it is
asked with GET, so its address holds what was typed. The second decides: accept, stand by, reject,
or propose something else. The third shows exactly what will be signed, and has no field: nothing
that is typed, nor any key in a field, sends a reply. The node signs it only as of the message that
the officer has seen last, so that nobody answers what has changed, or twice by accident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web

from hotline.api import schema
from hotline.console.access import fields_of
from hotline.console.letters import letters, phrases_of
from hotline.console.mark import mark_of
from hotline.console.page import Page, fragment, render, see
from hotline.console.pages import notice_history as history
from hotline.console.pages.notice import ANSWERABLE, is_closed, thread_of
from hotline.console.pages.notice_words import OVER, Spoken
from hotline.console.pages.reply_proposal import (
    MAX_REASON,
    Proposal,
    alters,
    proposals_in,
    proposals_of,
)
from hotline.console.pages.reply_reading import FIELDS, Reading, Typed, hear, typed_in
from hotline.console.problems import Told, told
from hotline.console.visit import DESK, Visit
from hotline.errors import HotlineError, UsageError
from hotline.model.kinds import Answer, Precedence
from hotline.model.languages.flags import FLAGS
from hotline.model.languages.language import Language
from hotline.model.messages import Notice, Reply, Revision
from hotline.model.phrases import Phrase, refuses
from hotline.model.problem import RulesBroken
from hotline.model.reading import read_message
from hotline.model.rendering import rendition
from hotline.model.rules import MAX_PHRASES_SAID

STALE: Final = frozenset({"reply.superseded", "reply.answered-meanwhile"})


@dataclass(frozen=True, slots=True)
class Answering:
    """What is answered: the thread, its message, and the notice in it (None for an advisory).

    ``book`` is the phrases of the line's letter, by number; ``mark`` is what marks the answer.
    """

    thread: schema.Thread
    notice: Notice | Revision | None
    book: Mapping[int, Phrase]
    mark: str

    @property
    def view(self) -> schema.MessageView:
        """The message that is answered."""
        return self.thread.message

    @property
    def as_of(self) -> str:
        """The newest message that belongs to it."""
        return self.thread.thread[-1].id


# --- Step one: reading back ---------------------------------------------------------------------


async def read_back(visit: Visit) -> web.StreamResponse:
    """Show the read-back, compared; where all of it is right, go on to the decision."""
    found = await _answering(visit)
    if isinstance(found, web.StreamResponse):
        return found
    if found.notice is None:
        return see(f"/notice/{found.view.id}/reply/answer")
    typed = typed_in(visit.request.query, visit.request.query.getall("confirm", ()))
    reading = None
    if not typed.empty:
        reading = hear(typed, found.notice, await _now(visit), visit.words)
        if reading.read_back is not None:
            return see(f"/notice/{found.view.id}/reply/answer?{reading.canonical.query()}")
    return await render(
        visit,
        "reply/read_back.html",
        200 if reading is None else 422,
        typed=typed,
        reading=reading,
        fields=FIELDS,
        **_values(visit, found),
    )


# --- Step two: deciding -------------------------------------------------------------------------


async def answer(visit: Visit) -> web.StreamResponse:
    """Show the form of the decision; without a read-back nothing can be accepted."""
    found = await _answering(visit)
    if isinstance(found, web.StreamResponse):
        return found
    typed = typed_in(visit.request.query, visit.request.query.getall("confirm", ()))
    reading = await _reading(visit, found, typed)
    if reading is not None and reading.read_back is None:
        return see(f"/notice/{found.view.id}/reply?{typed.query()}")
    return await _decision(visit, found, typed, reading)


async def confirm(visit: Visit) -> web.StreamResponse:
    """Show exactly what will be signed; or the decision again, with what is wrong in it."""
    found = await _answering(visit)
    if isinstance(found, web.StreamResponse):
        return found
    fields = await fields_of(visit.request)
    confirmed = (await visit.request.post()).getall("confirm", ())
    typed = typed_in(fields, [one for one in confirmed if isinstance(one, str)])
    reading = await _reading(visit, found, typed)
    chosen, reason = fields.get("answer", ""), fields.get("reason", "").replace("\r\n", "\n")
    phrases = _phrases_in(found, (await visit.request.post()).getall("phrase", ()))
    proposals = proposals_in(fields, await _now(visit)) if chosen == Answer.COUNTER else []
    refused = any(map(refuses, phrases))
    flaws = _flaws(visit, found, reading, chosen, reason, proposals, refused=refused)
    document = _document(found, reading, chosen, reason, proposals, phrases)
    if not flaws:
        flaws = _broken(visit, found, document)
    if flaws:
        kept = proposals_in(fields, await _now(visit)) or proposals_of(found.notice)
        return await _decision(
            visit,
            found,
            typed,
            reading,
            chosen=chosen,
            reason=reason,
            phrases=phrases,
            proposals=kept,
            flaws=flaws,
        )
    # The page shows every answer so far: it is signed as of what is shown.
    return await _confirmation(visit, found, document, found.as_of)


# --- Step three: signing --------------------------------------------------------------------------


async def send(visit: Visit) -> web.StreamResponse:
    """Have the reply signed, once, as it was shown; or show why it was not."""
    found = await _answering(visit)
    if isinstance(found, web.StreamResponse):
        return found
    fields = await fields_of(visit.request)
    try:
        document = msgspec.json.decode(fields.get("document", ""), type=dict[str, Any])
        asked = msgspec.convert(
            document | {"officer": visit.officer, "as_of": fields.get("as_of", "")},
            schema.ReplyRequest,
        )
    except (msgspec.MsgspecError, UnicodeError):
        raise UsageError(
            "console.foreign-form",
            "this form is not as this console makes it",
            "open the notice and answer it anew",
        ) from None
    if not asked.as_of:
        raise UsageError(
            "console.foreign-form",
            "this form does not say what its officer had seen",
            "open the notice and answer it anew",
        )
    try:
        await visit.client.reply(found.view.id, asked)
    except HotlineError as error:
        if error.code not in STALE:
            raise
        found = await _answering(visit)
        if isinstance(found, web.StreamResponse):
            return found
        return await _confirmation(
            visit, found, document, found.as_of, told(error, visit.words), status=409
        )
    return see(f"/notice/{found.view.id}#answered")


async def again(visit: Visit) -> web.StreamResponse:
    """Lead back to the decision whoever comes to the later pages without what belongs on them."""
    return see(f"/notice/{visit.request.match_info['name']}/reply/answer")


async def standing(visit: Visit) -> web.StreamResponse:
    """Return what has happened to the message since the page was made; nothing for nothing."""
    thread = await thread_of(visit)
    as_of = visit.request.query.get("as_of", "")
    seen = next((place for place, one in enumerate(thread.thread) if one.id == as_of), -1)
    later = {one.id for one in thread.thread[seen + 1 :]}
    answers = [
        one
        for one in history.answers_to(thread, thread.message.id)
        if one.view.id in later and one.view.direction == "out"
    ]
    return fragment(
        visit,
        "reply/standing.html",
        view=thread.message,
        retired=history.retiring(thread),
        newest=history.latest(thread),
        answers=answers,
        spoken=Spoken(visit.words),
    )


# --- How ------------------------------------------------------------------------------------------


async def _answering(visit: Visit) -> Answering | web.StreamResponse:
    """Return what is answered; a page, or where to go, where it cannot be."""
    thread = await thread_of(visit)
    view = thread.message
    if view.id != visit.request.match_info["name"] and visit.request.method == "GET":
        return see(f"/notice/{view.id}/reply")
    if view.direction != "in" or view.kind not in ANSWERABLE:
        raise UsageError(
            "console.no-reply",
            "this message is not one that this centre answers",
            "open the notice, and see what may be said of it",
        )
    if is_closed(visit, view):
        return see(f"/notice/{view.id}")
    retired = history.retiring(thread)
    if retired is not None or (view.life in OVER and view.life != "expired"):
        error = UsageError(
            "reply.superseded",
            "this message is not the newest of its notice any more",
            "read the newest one, and answer that",
        )
        return await render(
            visit,
            "reply/closed.html",
            409,
            view=view,
            problem=told(error, visit.words),
            retired=retired,
            newest=history.latest(thread),
            spoken=Spoken(visit.words),
        )
    status = await visit.client.status()
    book = phrases_of((await letters(visit, status.lines)).get(view.peer))
    mark = mark_of(view.traffic or visit.setting.banner, status)
    return Answering(thread, history.notice_of(view), book, mark)


async def _now(visit: Visit) -> str:
    return (await visit.client.status()).now


async def _reading(visit: Visit, found: Answering, typed: Typed) -> Reading | None:
    if found.notice is None or typed.empty:
        return None
    return hear(typed, found.notice, await _now(visit), visit.words)


def _flaws(
    visit: Visit,
    found: Answering,
    reading: Reading | None,
    chosen: str,
    reason: str,
    proposals: list[Proposal],
    *,
    refused: bool,
) -> dict[str, str]:
    """Return what is wrong with a decision, by the field that it stands beside."""
    plain = visit.words.plain
    flaws: dict[str, str] = {}
    if chosen not in set(Answer):
        flaws["answer"] = plain("reply.choose")
    needs = found.notice is not None and chosen in (Answer.ACCEPT, Answer.COUNTER)
    if needs and (reading is None or reading.read_back is None):
        flaws["answer"] = plain("reply.read_back_first")
    if chosen == Answer.REJECT and not reason.strip() and not refused:
        flaws["reason"] = plain("reply.reason_needed")
    if len(reason) > MAX_REASON:
        flaws["reason"] = plain("reply.reason_long", most=MAX_REASON)
    if chosen == Answer.COUNTER:
        if not proposals:
            flaws["proposal"] = plain("reply.proposal_needed")
        for proposal in proposals:
            for name, what in proposal.flaws.items():
                flaws[f"p{proposal.index}_{name}"] = plain(f"reply.{what.word}", **what.filled)
    return flaws


def _phrases_in(found: Answering, values: Sequence[object]) -> list[int]:
    """Return the phrases of the letter that are ticked, each once, in the order of the book."""
    ticked = {value for value in values if isinstance(value, str)}
    return [number for number in sorted(found.book) if str(number) in ticked]


def _document(
    found: Answering,
    reading: Reading | None,
    chosen: str,
    reason: str,
    proposals: list[Proposal],
    phrases: Sequence[int],
) -> dict[str, Any]:
    """Return the reply as the node is asked for it, but for its officer."""
    document: dict[str, Any] = {"answer": chosen, "reason": reason.strip()}
    if found.notice is not None and reading is not None and reading.read_back is not None:
        document["read_back"] = msgspec.to_builtins(reading.read_back)
    if phrases:
        document["phrases"] = [*phrases]
    if proposals:
        document["proposal"] = [proposal.volume for proposal in proposals]
    return document


def _message(visit: Visit, found: Answering, document: Mapping[str, Any]) -> Reply:
    """Return the reply as it will be signed. Raises ModelError for what breaks a rule."""
    whole = {"kind": "reply", "to": found.view.id, "officer": visit.officer, **document}
    if found.view.reference:
        whole["reference"] = found.view.reference
    message = read_message(msgspec.json.encode(whole), 0).message
    assert isinstance(message, Reply)  # noqa: S101 - its kind is given above
    return message


def _broken(visit: Visit, found: Answering, document: Mapping[str, Any]) -> dict[str, str]:
    """Return the rules that the reply breaks, by the field that they stand beside."""
    try:
        message = _message(visit, found, document)
    except RulesBroken as broken:
        flaws: dict[str, str] = {}
        for problem in broken.problems:
            field = problem.field.partition(".")[0]
            place = field.partition("[")[2].rstrip("]")
            name = f"p{place}_points" if place.isdecimal() else field or "answer"
            term = FLAGS.get(problem.code)
            text = problem.text if term is None else term.text(visit.words.language)
            flaws.setdefault(name if name != "reference" else "answer", text)
        return flaws
    except HotlineError as error:
        return {"answer": error.message}
    countered = found.notice if message.answer == Answer.COUNTER else None
    if countered is not None and not alters(countered, message.proposal):
        return {"proposal": visit.words.plain("reply.proposal_same")}
    return {}


async def _decision(
    visit: Visit,
    found: Answering,
    typed: Typed,
    reading: Reading | None,
    *,
    chosen: str = "",
    reason: str = "",
    phrases: Sequence[int] = (),
    proposals: list[Proposal] | None = None,
    flaws: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    read = found.notice is None or (reading is not None and reading.read_back is not None)
    return await render(
        visit,
        "reply/answer.html",
        422 if flaws else 200,
        typed=typed,
        reading=reading,
        fields=FIELDS,
        read=read,
        chosen=chosen,
        reason=reason,
        phrases=phrases,
        book=sorted(found.book.values(), key=lambda one: (one.group != "answer", one.number)),
        tongues=sorted((one.value for one in Language), key=lambda tag: tag != visit.words.tag),
        most_phrases=MAX_PHRASES_SAID,
        proposals=proposals_of(found.notice) if proposals is None else proposals,
        flaws=flaws or {},
        answers=[str(one) for one in Answer],
        **_values(visit, found),
    )


async def _confirmation(
    visit: Visit,
    found: Answering,
    document: Mapping[str, Any],
    as_of: str,
    problem: Told | None = None,
    status: int = 200,
) -> web.StreamResponse:
    message = _message(visit, found, document)
    before = () if found.notice is None else found.notice.volumes
    return await render(
        visit,
        "reply/confirm.html",
        status,
        changes=history.proposed(before, message.proposal, visit.words.language)
        if message.proposal
        else [],
        message=message,
        text=without_id(
            rendition(
                message,
                visit.words.language,
                found.book,
                precedence=Precedence.__members__.get(found.view.precedence),
                traffic=found.mark,
            ),
            found.view.id,
        ),
        document=msgspec.json.encode(document).decode(),
        problem=problem,
        before=[
            one
            for one in history.answers_to(found.thread, found.view.id)
            if one.view.direction == "out"
        ],
        **_values(visit, found) | {"as_of": as_of},
    )


def without_id(text: str, id_: str) -> str:
    """Return the text of a reply without the line that only has the id of what it answers.

    That line comes before anything that somebody has typed: of typed lines none is left out.
    """
    lines = text.split("\n")
    place = next((place for place, line in enumerate(lines) if line.endswith(id_)), len(lines))
    return "\n".join(lines[:place] + lines[place + 1 :])


def _values(visit: Visit, found: Answering) -> dict[str, Any]:
    return {
        "view": found.view,
        "notice": found.notice,
        "as_of": found.as_of,
        "spoken": Spoken(visit.words),
        "rendering": found.view.text,
    }


PAGE_ROUTES = (
    Page("GET", "/notice/{name}/reply", read_back, DESK),
    Page("GET", "/notice/{name}/reply/answer", answer, DESK),
    Page("POST", "/notice/{name}/reply/confirm", confirm, DESK),
    Page("GET", "/notice/{name}/reply/confirm", again, DESK),
    Page("POST", "/notice/{name}/reply/send", send, DESK),
    Page("GET", "/notice/{name}/reply/send", again, DESK),
    Page("GET", "/notice/{name}/reply/standing", standing, DESK),
)
