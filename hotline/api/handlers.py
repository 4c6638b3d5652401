"""What each operation of the table does.

A handler takes the centre and the request and returns a shape; errors are raised, and made into
answers by ``server``.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from aiohttp import web

import hotline
from hotline.api import (
    access,
    access_drafts,
    airspace,
    audit,
    audit_requests,
    composing,
    exercise,
    gauges,
    schema,
    standing,
    views,
    voice,
)
from hotline.api.access_guard import session_of
from hotline.api.letters import letters
from hotline.api.live import live
from hotline.api.openapi import document_bytes
from hotline.api.own_check import own_check
from hotline.api.relations import lookup_now, thread_with_relations, with_relations
from hotline.api.renderings import render_thread
from hotline.api.replying import ONE_AT_A_TIME, require_unchanged
from hotline.api.requests import (
    SEARCHER,
    alarm_before,
    cursor_after,
    cursor_of,
    flag_of,
    kinds_of,
    language_asked,
    limit_of,
    officer_of,
    precedence_of,
    read_body,
    search_of,
    since_of,
    wait_of,
)
from hotline.api.routes import JSON
from hotline.audit.search.pages import read_page
from hotline.errors import UsageError
from hotline.journal.counts import Counts, counts
from hotline.journal.outgoing import Composed
from hotline.journal.queries import StoredMessage, find_message, messages, replies_to
from hotline.journal.queries import alarms as stored_alarms
from hotline.model.kinds import Precedence
from hotline.model.messages import Notice, Reply, Revision
from hotline.model.phrases import by_number
from hotline.model.readback import read_back_of
from hotline.model.reading import read_message
from hotline.node.centre import Centre
from hotline.node.desk import read_payload
from hotline.node.doctor import examine
from hotline.node.drafts import Releasing, needs_second, require_other
from hotline.node.proposals import own_contents, proposed_to
from hotline.node.watch import check_line

Answer = schema.Shape | web.StreamResponse
Handler = Callable[[Centre, web.Request], Awaitable[Answer]]

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


async def _health(centre: Centre, request: web.Request) -> Answer:
    del request
    return schema.Health(
        centre=centre.config.centre,
        status=str(centre.config.status),
        version=hotline.__version__,
        uptime_s=max(0.0, (centre.clock.wall_us() - centre.started_us) / 1e6),
        play_name=centre.exercise.name if centre.exercise.play.since_us is not None else "",
    )


async def _ready(centre: Centre, request: web.Request) -> Answer:
    del request
    found = standing.readiness(centre)
    return web.Response(
        status=200 if found.ready else 503, body=msgspec.json.encode(found), content_type=JSON
    )


async def _metrics(centre: Centre, request: web.Request) -> Answer:
    del request
    gauges.refresh(centre)
    return web.Response(body=centre.metrics.text(), headers={"Content-Type": METRICS_TYPE})


async def _openapi(centre: Centre, request: web.Request) -> Answer:
    del centre, request
    return web.Response(body=document_bytes(), content_type=JSON)


async def _status(centre: Centre, request: web.Request) -> Answer:
    del request
    now_us, contents = centre.clock.wall_us(), own_contents(centre)

    def read(connection: sqlite3.Connection) -> tuple[Counts, int]:
        return counts(connection, now_us), len(proposed_to(connection, contents))

    return standing.status(centre, *await centre.reader.run(read))


async def _doctor(centre: Centre, request: web.Request) -> Answer:
    del request
    checks = [
        schema.Check(name=found.name, ok=found.ok, text=found.text, mend=found.mend)
        for found in await examine(centre)
    ]
    return schema.Doctor(ok=all(check.ok for check in checks), checks=checks)


async def _messages(centre: Centre, request: web.Request) -> Answer:
    direction = request.query.get("direction")
    if direction not in (None, "in", "out"):
        raise UsageError("api.bad-direction", "the direction is neither in nor out", "write one")
    awaiting = request.query.get("awaiting")
    if awaiting not in (None, "us", "peer"):
        raise UsageError("api.bad-awaiting", "what is awaited is neither us nor peer", "write one")
    side = {None: direction, "us": "in", "peer": "out"}[awaiting]
    peer = request.query.get("peer")
    if peer is not None:
        centre.line(peer)
    contents = own_contents(centre) if flag_of(request, "proposed") else None
    limit, before = limit_of(request), cursor_of(request)
    query = partial(
        messages,
        awaiting=awaiting is not None,
        unread=flag_of(request, "unread"),
        direction=side,
        peer=peer,
        kinds=kinds_of(request),
        since_us=since_of(request),
        before=before,
        limit=limit + 1,
    )
    if direction not in (None, side):
        return schema.MessagePage(messages=[])  # who speaks does not owe the answer
    seen = views.viewpoint_of(centre)

    def read(connection: sqlite3.Connection) -> tuple[list[schema.MessageView], str | None]:
        among = None if contents is None else [*proposed_to(connection, contents)]
        found = query(connection, among=among)
        page = found[:limit]
        return views.message_views(connection, page, seen), (
            cursor_after(before, page) if len(found) > limit else None
        )

    found, following = await centre.reader.run(read)
    return schema.MessagePage(messages=with_relations(found, lookup_now(centre)), before=following)


async def _send(centre: Centre, request: web.Request) -> Answer:
    asked = await read_body(request, schema.SendRequest)
    wait_s = wait_of(asked.wait_s)
    draft = read_message(msgspec.json.encode(asked.document), centre.clock.wall_us())
    precedence = precedence_of(asked.precedence, draft.precedence)
    officer = officer_of(asked.officer) if asked.officer else ""
    line = centre.line(asked.peer)
    composing.require_same_traffic(line, draft)
    before = composing.stood_before(line, draft.message)
    if needs_second(line.letter, draft.message):
        second = officer_of(asked.released_by) if asked.released_by else ""
        if session_of(request) is not None:
            second = ""  # whoever releases does so in a session of his own
        require_other(officer, second)
        releasing = Releasing(line.peer, draft.message, precedence)
        composed = await centre.drafts.send_released(
            msgspec.json.encode(asked.document), releasing, officer, second
        )
    else:
        composed = await centre.desk.send(line.peer, draft.message, precedence, officer)
    said = composing.signed(draft.message, officer)
    flags = composing.advice(line, said, precedence, centre.clock.wall_us())
    return await _sent(centre, line.peer, composed, wait_s, flags, before)


async def _message(centre: Centre, request: web.Request) -> Answer:
    name = request.match_info["name"]
    language = language_asked(request)
    seen = views.viewpoint_of(centre)
    found = await centre.reader.run(
        lambda connection: views.message_thread(connection, find_message(connection, name), seen)
    )
    found = thread_with_relations(found, lookup_now(centre))
    line = centre.lines.get(found.message.peer)
    if flag_of(request, "checked") and line is not None:
        flags = await asyncio.to_thread(own_check, line, found, seen.now_us)
        found = msgspec.structs.replace(found, checked=flags)
    if language is None:
        return found
    phrases = {peer: by_number(line.letter.phrases) for peer, line in centre.lines.items()}
    return render_thread(found, language, phrases)


async def _read(centre: Centre, request: web.Request) -> Answer:
    asked = await read_body(request, schema.ReadRequest)
    found = await centre.desk.read(request.match_info["name"], officer_of(asked.officer))
    seen = views.viewpoint_of(centre)
    shown = await centre.reader.run(
        lambda connection: views.message_views(
            connection, [find_message(connection, found.id.hex())], seen
        )
    )
    return with_relations(shown, lookup_now(centre))[0]


async def _reply(centre: Centre, request: web.Request) -> Answer:
    asked = await read_body(request, schema.ReplyRequest)
    wait_s = wait_of(asked.wait_s)
    officer = officer_of(asked.officer)
    # A reply answers what the peer said, whatever of ours has the same name.
    found = await centre.reader.run(
        partial(find_message, name=request.match_info["name"], direction="in")
    )
    document: dict[str, Any] = {
        "kind": "reply",
        "to": found.id.hex(),
        "answer": asked.answer,
        "reason": asked.reason,
        "proposal": asked.proposal,
        "phrases": asked.phrases,
        "officer": officer,
    }
    if asked.read_back is not None:
        if asked.read_back_signed:
            raise UsageError(
                "api.two-read-backs",
                "both a read-back and read_back_signed are given",
                "give what the officer read back, and nothing else",
            )
        document["read_back"] = asked.read_back
    reply = read_message(msgspec.json.encode(document), centre.clock.wall_us()).message
    assert isinstance(reply, Reply)  # noqa: S101 - its kind is given above
    if asked.read_back_signed:
        reply = _with_read_back(reply, found)
    async with request.app[ONE_AT_A_TIME]:
        if asked.as_of:
            seen = partial(require_unchanged, answered=found, as_of=asked.as_of)
            await centre.reader.run(seen)
        before = await centre.reader.run(partial(replies_to, ids=[found.id]))
        composed = await centre.desk.send(found.peer, reply, Precedence(found.stream), officer)
    about = msgspec.structs.replace(reply, reference=found.reference or "")
    flags = [
        *composing.answered_before(reply, before.get(found.id)),
        *composing.blanks(centre.line(found.peer), about),
    ]
    # Whoever answers a message has opened it, with whatever program that was.
    await centre.desk.read(found.id.hex(), officer)
    return await _sent(centre, found.peer, composed, wait_s, flags)


async def _alarms(centre: Centre, request: web.Request) -> Answer:
    limit, before = limit_of(request), alarm_before(request)
    if not flag_of(request, "all"):
        return _alarms_now(centre)
    found = await centre.reader.run(
        partial(stored_alarms, standing_only=False, before=before, limit=limit + 1)
    )
    shown = found[-limit:]
    return schema.AlarmPage(
        alarms=[views.alarm_view(alarm, centre.bell.shelved(alarm.id)) for alarm in shown],
        more=len(found) > limit,
    )


async def _acknowledge(centre: Centre, request: web.Request) -> Answer:
    asked = await read_body(request, schema.AcknowledgeRequest)
    id_ = request.match_info["id"]
    if not (id_.isascii() and id_.isdecimal() and len(id_) < 19):
        raise UsageError("api.bad-alarm", f"{id_[:40]!a} is not an alarm's number", "give its id")
    await centre.bell.acknowledge(int(id_), officer_of(asked.officer))
    return _alarms_now(centre)


async def _log(centre: Centre, request: web.Request) -> Answer:
    read = partial(
        read_page,
        search=search_of(request),
        limit=limit_of(request),
        after=request.query.get("after"),
        before=request.query.get("before"),
    )
    # Not the desk's reader: whoever searches a large record must not keep an officer waiting.
    return await request.app[SEARCHER].run(
        lambda connection: views.entry_page(connection, read(connection), centre.config.centre)
    )


async def _check_line(centre: Centre, request: web.Request) -> Answer:
    line = centre.line(request.match_info["peer"])
    return await _sent(centre, line.peer, await check_line(centre, line), 0.0)


async def _release(centre: Centre, request: web.Request) -> Answer:
    return await access_drafts.release(centre, request, _sent)


async def _sent(
    centre: Centre,
    peer: str,
    composed: Composed,
    wait_s: float,
    flags: Sequence[schema.Flag] = (),
    before: Sequence[schema.RelationView] = (),
) -> schema.Sent:
    """Return what the sender is told, after the receipt has come or the wait is over.

    ``before`` is what the notice was to the peer's before this was said of it.
    """
    line = centre.line(peer)
    if wait_s:
        receipt = line.receipt_of(composed.stream, composed.seq)
        await asyncio.wait([receipt], timeout=wait_s)
    found = await centre.reader.run(partial(find_message, name=composed.id.hex()))
    relations, waiting = composing.sent_relations(line, found)
    # What is still compared may turn out to stand as it was.
    ended = [] if waiting else composing.resolved(before, relations)
    return msgspec.structs.replace(
        views.sent_view(found), flags=[*flags, *waiting, *ended], relations=relations
    )


def _with_read_back(reply: Reply, found: StoredMessage) -> Reply:
    """Return the reply with the signed fields of what it answers, where those are read back."""
    said = read_payload(found)
    if not isinstance(said, Notice | Revision):
        return reply
    return msgspec.structs.replace(reply, read_back=read_back_of(said))


def _alarms_now(centre: Centre) -> schema.AlarmPage:
    bell = centre.bell
    return schema.AlarmPage(
        alarms=[views.alarm_view(alarm, bell.shelved(alarm.id)) for alarm in bell.standing]
    )


HANDLERS: Final[dict[str, Handler]] = {
    "health": _health,
    "ready": _ready,
    "metrics": _metrics,
    "openapi": _openapi,
    "status": _status,
    "doctor": _doctor,
    "messages": _messages,
    "send": _send,
    "message": _message,
    "read": _read,
    "reply": _reply,
    "alarms": _alarms,
    "acknowledge": _acknowledge,
    "log": _log,
    "events": live,
    "check_line": _check_line,
    "letters": letters,
    "voice": voice.listed,
    "speak": voice.speak,
    "take_down": voice.take_down,
    "confirm": voice.confirm,
    "airspace": airspace.around,
    "exercise": exercise.played,
    "tell_exercise": exercise.tell,
    "faults": exercise.broken,
    "break_": exercise.break_,
    "watch": exercise.on_watch,
    "take_step": exercise.take_step,
    "check": airspace.check,
    "log_in": access.log_in,
    "session": access.session,
    "end_session": access.end_session,
    "set_language": access.set_language,
    "officers": access.officers,
    "add_officer": access.add_officer,
    "disable_officer": access.disable_officer,
    "change_roles": access.change_roles,
    "change_password": access.change_password,
    "renew_secret": access.renew_secret,
    "shelve": access.shelve,
    "unshelve": access.unshelve,
    "alarm_statistics": access.alarm_statistics,
    "drafts": access_drafts.listed,
    "add_draft": access_drafts.add,
    "draft": access_drafts.one,
    "update_draft": access_drafts.update,
    "delete_draft": access_drafts.delete,
    "offer_draft": access_drafts.offer,
    "release_draft": _release,
    "return_draft": access_drafts.give_back,
    "logs": audit.logs,
    "entry": audit.entry,
    "proof": audit.proof,
    "checkpoints": audit.checkpoints,
    "evidence": audit.evidence,
    "upload": audit_requests.upload,
    "jobs": audit_requests.jobs,
    "begin_job": audit_requests.begin_job,
    "job": audit_requests.job,
    "job_result": audit_requests.job_result,
    "cancel_job": audit_requests.cancel_job,
}
"""By the operations of ``routes.ROUTES``; a test holds the two against each other."""
