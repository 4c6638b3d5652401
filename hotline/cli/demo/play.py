"""The course of events: notices both ways, a line that dies and is cut, and what comes after.

``perform`` plays the story on a stage that is set, and returns what the journals say about it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from hotline.api.schema import MessageView, SendRequest
from hotline.cli.demo.audit import Findings, compare_sides, read_side
from hotline.cli.demo.ground import CENTRES, DIALLER, LISTENER, RECEIPT_ALARM_S
from hotline.cli.demo.nodes import until
from hotline.cli.demo.officers import OFFICERS, Decision, Officer, answers_wanted
from hotline.cli.demo.samples import Sample
from hotline.cli.demo.stage import RECEIPT_S, SETTLE_S, Stage, line_is, queues_empty
from hotline.cli.demo.story import Story
from hotline.cli.log.reconcile import reconcile_paths
from hotline.cli.log.reconciled import sentence as verdict
from hotline.cli.log.verify import sentence, verify_node
from hotline.cli.output import coarse, count_text, now_us
from hotline.errors import HotlineError
from hotline.exercise.faults.conditions import DEAD, WHOLE
from hotline.exercise.ground.site import Site
from hotline.model.times import format_time, parse_time

DEAD_FROM, CUT_FROM, BACK_FROM = 10, 12, 15
"""Samples from these numbers on go: into the dead line, while it is cut, after it is back."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What `hotline demo --json` prints; times in milliseconds and seconds."""

    notices_sent: int
    receipts: int
    replies: int
    resent: int
    lost: int
    duplicated: int
    journals_verified: int
    differences: int
    receipt_p50_ms: float
    receipt_p99_ms: float
    messages_sent: int
    reordered: int
    invented: int
    caught_by_the_cut: int
    delivery_after_cut_ms: float
    duration_s: float
    directory: str

    @property
    def good(self) -> bool:
        """Whether everything that was sent arrived, once, in order, and is proved."""
        wrong = self.lost + self.duplicated + self.reordered + self.invented
        return not wrong and self.receipts == self.messages_sent and self.verified

    @property
    def verified(self) -> bool:
        """Whether both journals hold, and say the same."""
        return self.journals_verified == len(CENTRES) and not self.differences

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)


async def perform(scene: Stage, pace_s: float) -> Summary:
    """Play the whole story; return what both journals say about it."""
    story = scene.story
    await _hire(scene)
    story.heading("Notices both ways; a receipt is the peer's signed proof that it is on its disk")
    for sample in _between(scene, 0, DEAD_FROM):
        await _send(scene, sample, wait_s=RECEIPT_S)
        await asyncio.sleep(pace_s)
    await _answers(scene)

    story.heading("The cable breaks: first nobody notices, then the line is down")
    cut_us = now_us()
    scene.line.become(DEAD)
    for sample in _between(scene, DEAD_FROM, CUT_FROM):
        await _send(scene, sample, wait_s=0.0, end="on its way")
    await asyncio.sleep(max(pace_s, 0.3))
    await scene.line.shut()
    await line_is(scene, up=False)
    story.say("both", "the line is DOWN; what was on its way is gone", "bold red")
    for sample in _between(scene, CUT_FROM, BACK_FROM):
        await _send(scene, sample, wait_s=0.0, end="kept, waits")
        await asyncio.sleep(pace_s)
    await _alarms(scene)

    story.heading("The cable is mended: what waited is delivered, FLASH before all else")
    scene.line.become(WHOLE)
    await scene.line.open()
    await line_is(scene, up=True)
    story.say("both", "the line is up again", "bold green")
    await queues_empty(scene)
    for centre in (LISTENER, DIALLER):
        await _show_arrivals(scene, centre, cut_us)

    story.heading("Business as usual")
    for sample in _between(scene, BACK_FROM, 100):
        await _send(scene, sample, wait_s=RECEIPT_S)
        await asyncio.sleep(pace_s)
    await _answers(scene)
    await queues_empty(scene)
    return await _account(scene, cut_us)


# --- What people do -----------------------------------------------------------------------


async def _hire(scene: Stage) -> None:
    """Put an officer at each desk; return when both are watching."""

    def told(site: Site, view: MessageView, decision: Decision) -> None:
        scene.owed -= 1
        name = view.reference or "advisory"
        about = decision.reason or (
            "area, times and levels read back" if view.kind != "advisory" else "understood"
        )
        scene.story.event(site.centre, decision.answer.value, "", name, about)

    officers = [Officer(site, told) for site in scene.sites.values()]
    scene.officers = [asyncio.create_task(officer.work()) for officer in officers]
    await asyncio.gather(*(officer.ready.wait() for officer in officers))


async def dismiss(scene: Stage) -> None:
    """Send the officers home, so that whoever sits down at a console has the desk to himself."""
    for task in scene.officers:
        task.cancel()
    await asyncio.gather(*scene.officers, return_exceptions=True)
    scene.officers.clear()


async def _send(scene: Stage, sample: Sample, wait_s: float, end: str = "") -> None:
    kind = str(sample.document.get("kind", "notice"))
    properties = sample.document.get("properties", sample.document)
    reference = properties.get("reference")
    scene.owed += answers_wanted(kind, reference)
    request = SendRequest(document=sample.document, officer=OFFICERS[sample.centre], wait_s=wait_s)
    sent = await scene.clients[sample.centre].send(request)
    if sent.receipt is not None:
        took_us = parse_time(sent.receipt.taken_at) - parse_time(sent.created_at)
        end = f"receipt in {took_us / 1000:.0f} ms"
    title = properties.get("title") or properties.get("subject") or properties.get("reason")
    # What has no reference shows its kind in that column.
    plain = kind == "notice" or sent.reference is None
    about = title if plain and title else f"{kind}: {title}" if title else kind
    scene.story.event(
        sample.centre, "sends", sent.precedence, sent.reference or kind, str(about), end
    )


async def _alarms(scene: Stage) -> None:
    """Wait until both nodes ring for every queue without a receipt; have it taken notice of."""

    async def rung() -> bool:
        for client in scene.clients.values():
            status = await client.status()
            waiting = sum(count > 0 for count in status.lines[0].backlog.values())
            overdue = [a for a in status.alarms if a.id and a.code == "line.receipt-overdue"]
            if len(overdue) < waiting:
                return False
        return True

    await until(rung, RECEIPT_ALARM_S + SETTLE_S, "the alarm for missing receipts")
    for centre, client in scene.clients.items():
        status = await client.status()
        scene.story.say(centre, f"wrong: {status.wrong[0].text}", "red")
        for alarm in (alarm for alarm in status.alarms if alarm.id):
            # What to do is told once, below.
            text = alarm.text.removesuffix(": use the voice line")
            scene.story.say(centre, f"ALARM {alarm.id}: {text}", "bold red")
            await client.acknowledge(alarm.id, OFFICERS[centre])
        scene.story.say(centre, f"acknowledged by {OFFICERS[centre]}, who takes the voice line")


# --- What is waited for -------------------------------------------------------------------


async def _answers(scene: Stage) -> None:
    async def given() -> bool:
        for task in scene.officers:
            if task.done():
                task.result()
        return scene.owed <= 0

    await until(given, SETTLE_S, "the officers' answers")


# --- What came of it ----------------------------------------------------------------------


async def _show_arrivals(scene: Stage, centre: str, cut_us: int) -> None:
    """Tell in which order the desk got what had waited."""
    page = await scene.clients[centre].messages(
        direction="in", since=format_time(cut_us), limit=1000
    )
    for view in sorted(page.messages, key=lambda view: view.entry):
        waited_us = parse_time(view.entered_at) - parse_time(view.created_at)
        if parse_time(view.created_at) >= cut_us and waited_us > 500_000:
            title = view.title if view.kind in ("notice", "advisory") else view.kind
            scene.story.event(
                centre,
                "gets",
                view.precedence,
                view.reference or view.kind,
                title,
                f"waited {waited_us / 1e6:.1f} s",
            )


async def _account(scene: Stage, cut_us: int) -> Summary:
    story = scene.story
    story.heading("The record")
    verified = 0
    for centre, site in scene.sites.items():
        with suppress(HotlineError):
            found = await asyncio.to_thread(verify_node, site.config)
            verified += found.ok
            story.say(centre, sentence(found), "green" if found.ok else "bold red")
    # Each has been verified just now.
    compared = await asyncio.to_thread(
        reconcile_paths, *(scene.sites[each].config for each in CENTRES), verify=False
    )
    story.say("both", verdict(compared), "green" if compared.agree else "bold red")
    first, second = (read_side(scene.sites[centre].journal) for centre in CENTRES)
    findings = compare_sides(first, second, cut_us)
    for centre, client in scene.clients.items():
        status = await client.status()
        wrong = "; ".join(item.text for item in status.wrong) or "all is well"
        story.say(centre, f"status: {wrong}")
    differences = len(compared.differences) + compared.differences_left_out
    return _summary(scene, findings, verified, differences)


def _summary(scene: Stage, findings: Findings, verified: int, differences: int) -> Summary:
    return Summary(
        notices_sent=findings.sent - findings.replies,
        receipts=findings.receipts,
        replies=findings.replies,
        resent=findings.resent,
        lost=findings.lost,
        duplicated=findings.duplicated,
        journals_verified=verified,
        differences=differences,
        receipt_p50_ms=findings.receipt_p50_ms,
        receipt_p99_ms=findings.receipt_p99_ms,
        messages_sent=findings.sent,
        reordered=findings.reordered,
        invented=findings.invented,
        caught_by_the_cut=findings.caught,
        delivery_after_cut_ms=findings.caught_ms,
        duration_s=round(scene.story.elapsed_s, 3),
        directory=str(scene.directory),
    )


def print_summary(story: Story, summary: Summary) -> None:
    """Print the closing summary."""
    story.heading("Summary, all of it read from the two journals")
    sent = count_text(summary.notices_sent, "notice")
    replies = count_text(summary.replies, "reply", "replies")
    story.text(
        f"  {sent} and {replies} sent, "
        f"{summary.receipts} of {summary.messages_sent} with a verified receipt"
    )
    story.text(
        f"  {summary.lost} lost, {summary.duplicated} duplicated, {summary.reordered} out of "
        f"order, {summary.invented} that nobody sent",
        "green" if summary.good else "bold red",
    )
    story.text(
        f"  {summary.caught_by_the_cut} caught by the cut, {summary.resent} of them swallowed by "
        f"the dead cable and sent again;"
    )
    story.text(
        f"  all had their receipts {coarse_ms(summary.delivery_after_cut_ms)} after the line was "
        f"back"
    )
    story.text(
        f"  from signing to verified receipt, the others: half within "
        f"{summary.receipt_p50_ms:.1f} ms,"
    )
    story.text(f"  99 of 100 within {summary.receipt_p99_ms:.1f} ms")
    story.text(
        f"  {summary.journals_verified} of {len(CENTRES)} journals verified, "
        f"{count_text(summary.differences, 'difference')} between them; "
        f"{summary.duration_s:.1f} s in all"
    )


def coarse_ms(milliseconds: float) -> str:
    """Return milliseconds in words, seconds where there are many."""
    if milliseconds < 10_000:
        return f"{milliseconds:.0f} ms"
    return coarse(round(milliseconds * 1000))


def _between(scene: Stage, first: int, beyond: int) -> list[Sample]:
    return [sample for sample in scene.samples if first <= sample.number < beyond]
