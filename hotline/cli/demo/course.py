"""A script played on a stage: each message when its moment has come, by who has to send it."""

from __future__ import annotations

import asyncio
from typing import Any

from hotline.api.client import Client
from hotline.api.schema import MessageView, ReplyRequest, SendRequest, Sent
from hotline.cli.demo.nodes import until
from hotline.cli.demo.officers import OFFICERS
from hotline.cli.demo.samples import Sample
from hotline.cli.demo.script import CONTENT_KINDS, Script, kind_of_file
from hotline.cli.demo.stage import RECEIPT_S, SETTLE_S, Stage, queues_empty
from hotline.cli.output import coarse, now_us
from hotline.errors import UsageError
from hotline.model.kinds import Answer, Kind
from hotline.model.times import SECOND_US, parse_time

WORTH_TELLING_S = 0.5
QUIET_S = 0.6
"""So long nothing more may have been entered on either side before all counts as said."""


def officer_at(centre: str) -> str:
    """Return who sends and answers at a centre; a program, and it says so."""
    return OFFICERS.get(centre, f"officer of {centre} (simulated)")


async def play_script(scene: Stage, script: Script) -> dict[int, str]:
    """Send all messages in their order; return the id of each by its number.

    Raises what a node refuses a message with, and LocalError when a receipt does not come.
    """
    sent: dict[int, str] = {}
    for sample in script.samples:
        step = script.step(sample.number)
        if step.moment is not None:
            await _until_moment(scene, *step.moment)
        await asyncio.sleep(step.pause_s)
        sent[sample.number] = await _send(scene, sample, sent.get(step.answers or 0))
    await _settled(scene)
    return sent


async def _send(scene: Stage, sample: Sample, answered: str | None) -> str:
    client, officer = scene.clients[sample.centre], officer_at(sample.centre)
    if kind_of_file(sample.document) == Kind.REPLY:
        view = await _answered(client, sample, answered)
        sent = await client.reply(view.id, _reply(sample.document, view, officer))
        verb, reference = str(sample.document["answer"]), view.reference or view.kind
    else:
        request = SendRequest(document=sample.document, officer=officer, wait_s=RECEIPT_S)
        sent = await client.send(request)
        verb, reference = "sends", sent.reference or kind_of_file(sample.document)
    scene.story.event(
        sample.centre, verb, sent.precedence, reference, _about(sample.document), _end(sent)
    )
    return sent.id


def _end(sent: Sent) -> str:
    if sent.receipt is None:
        return "no receipt yet"
    took_us = parse_time(sent.receipt.taken_at) - parse_time(sent.created_at)
    return f"receipt in {took_us / 1000:.0f} ms"


def _about(document: dict[str, Any]) -> str:
    kind = kind_of_file(document)
    text = document.get("title") or document.get("subject") or document.get("reason") or ""
    if kind == Kind.REPLY and not text:
        return "all of it read back"
    return str(text) if kind in (Kind.NOTICE, Kind.REPLY) else f"{kind}: {text}".removesuffix(": ")


async def _answered(client: Client, sample: Sample, id_: str | None) -> MessageView:
    """Return the message of the peer that a reply answers: the one named, or what stands last."""
    if id_ is not None:
        return (await client.message(id_)).message
    reference = str(sample.document.get("reference", ""))
    page = await client.messages(direction="in", kind=sorted(CONTENT_KINDS), limit=1000)
    for view in page.messages:
        if view.reference == reference:
            return view
    raise UsageError(
        "demo.nothing-to-answer",
        f"{sample.centre}/{sample.name} answers {reference or 'nothing'}, which has not come",
        "give the reply the reference of a notice of the peer, or `answers` in script.toml",
    )


def _reply(document: dict[str, Any], view: MessageView, officer: str) -> ReplyRequest:
    """Return a reply as the node takes it; who accepts a notice reads back what was signed."""
    given = document.get("read_back")
    accepts = document.get("answer") == Answer.ACCEPT and view.kind in CONTENT_KINDS
    return ReplyRequest(
        answer=document["answer"],
        officer=officer,
        read_back=given,
        read_back_signed=accepts and given is None,
        reason=document.get("reason", ""),
        proposal=document.get("proposal", []),
        phrases=document.get("phrases", []),
        wait_s=RECEIPT_S,
    )


async def _until_moment(scene: Stage, edge: str, reference: str) -> None:
    """Wait for the first start or the last end of a notice as it stands last."""
    client = next(iter(scene.clients.values()))
    thread = (await client.message(reference)).thread
    volumes = [v.message["volumes"] for v in thread if v.kind in CONTENT_KINDS and v.message][-1]
    moments = [parse_time(volume[f"time_{edge}"]) for volume in volumes]
    moment_us = min(moments) if edge == "start" else max(moments)
    left_s = (moment_us - now_us()) / SECOND_US
    if left_s > WORTH_TELLING_S:
        scene.story.say(
            "both", f"wait {coarse(moment_us - now_us())} for the {edge} of {reference}"
        )
    while (left_s := (moment_us - now_us()) / SECOND_US) > 0:
        await asyncio.sleep(left_s)


async def _settled(scene: Stage) -> None:
    """Wait until every receipt has come, and both nodes have told each other what they found."""
    loop = asyncio.get_running_loop()
    before: list[int] = []
    since = loop.time()
    await queues_empty(scene)

    async def quiet() -> bool:
        nonlocal before, since
        found = [await client.status() for client in scene.clients.values()]
        now = [line.log_entries for status in found for line in status.lines]
        waits = any(count for status in found for count in status.lines[0].backlog.values())
        if now != before or waits:
            before, since = now, loop.time()
        return loop.time() - since >= QUIET_S

    await until(quiet, SETTLE_S, "both nodes to have said all")
