"""A crew's own notices: sent, activated and ended in time, moved, withdrawn."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from hotline.api.schema import MessageView, SendRequest
from hotline.errors import UsageError
from hotline.exercise.crew.judgement import newest
from hotline.exercise.crew.mistakes import Mistake
from hotline.exercise.crew.own import Document, first_start_us, revision_of, shifted, spoiled
from hotline.exercise.crew.seat import Seat, named
from hotline.exercise.crew.wording import YOURS_FIRST
from hotline.model.kinds import Kind
from hotline.model.lifecycle import RUNNING, State
from hotline.model.times import SECOND_US, format_time, time_or_none

CLEAR_US = 600 * SECOND_US
"""Time between the end of another's activity and the start of what is moved behind it."""
OVERRUN_S = 480.0
"""Real seconds that a crew which overruns stays after its end."""
BEGINS_S = 20.0
ENDS_S = 30.0
"""Median real seconds from a start to its activation, and from an end message to the end."""
SLACK_US = 5 * SECOND_US
"""By how much a node's clock may be behind what the director takes it for."""
MOST = 1000
"""Messages that are looked through, the newest."""
_TEXTS = ("title", "subject", "text", "remarks", "reason")
"""Fields by which a message is known again that has no reference, or has several of its kind."""
_OPEN = frozenset({State.PLANNED.value})
_RUNNING = frozenset(state.value for state in RUNNING)


class OwnNotices:
    """What one crew announced itself; what others sent for its centre is none of its business."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._officers = {named(name) for name in seat.crew.officers} | {seat.officer}

    def add_officer(self, name: str) -> None:
        """Take what an officer composed for the crew's own too."""
        self._officers.add(name)

    def are(self, view: MessageView) -> bool:
        """Say whether the crew composed a message."""
        return view.composed_by in self._officers

    async def send(self, document: Document) -> str:
        """Send a message of the crew's own, with the mistakes that it makes; return its id.

        Empty where it is a withdrawal and the crew forgets those. Raises what the client raises.
        """
        seat, kind = self._seat, str(document.get("kind", ""))
        if kind == Kind.WITHDRAWAL and seat.makes(Mistake.FORGETS_WITHDRAWAL):
            name = document.get("reference", "")
            await seat.acted(f"leaves {name} standing", "", Mistake.FORGETS_WITHDRAWAL)
            return ""
        document, made = spoiled(document, seat.mistakes, seat.crew.language)
        sent = await seat.client.send(SendRequest(document=document, officer=seat.officer))
        await seat.acted(f"sends the {kind} {sent.reference or ''}".rstrip(), sent.id, made)
        return sent.id

    async def sent_before(
        self,
        document: Document,
        since_us: int | None = None,
        taken: Set[str] = frozenset(),
    ) -> str:
        """Return the id of what this centre has sent already that says the same, or nothing.

        About a notice it is the same where kind and reference are, and of a revision its words
        too. What has no reference is the same where its words are. Since the same may have to be
        said twice, that is looked for only from a moment on (microseconds since 1970, by the
        node's clock), None for never, the oldest first, and not among the messages in ``taken``.
        """
        kind, reference = str(document.get("kind", "")), str(document.get("reference", ""))
        client = self._seat.client
        if reference:
            try:
                found = (await client.message(reference)).thread
            except UsageError as error:
                if error.code.startswith("api."):
                    raise
                return ""  # no such message yet
        elif since_us is not None:
            since = format_time(max(since_us - SLACK_US, 0))
            page = await client.messages(direction="out", kind=kind, since=since, limit=MOST)
            found = page.messages[::-1]
        else:
            return ""
        # As the crew says it: with the mistakes that it makes.
        spoken, _ = spoiled(document, self._seat.mistakes, self._seat.crew.language)
        for view in found:
            said = view.message or {}
            same = any(
                all(said.get(name) == one.get(name) for name in _TEXTS if name in one)
                for one in (document, spoken)
            )
            free = self.are(view) and view.id not in taken
            fits = (same or kind != Kind.REVISION) if reference else (same and free)
            if view.direction == "out" and view.kind == kind and fits:
                return view.id
        return ""

    async def again(self, document: Document) -> None:
        """Announce an activity a second time, under a reference of its own."""
        seat = self._seat
        document = {name: value for name, value in document.items() if name != "reference"}
        sent = await seat.client.send(SendRequest(document=document, officer=seat.officer))
        await seat.acted(
            f"announces the same again as {sent.reference}", sent.id, Mistake.DUPLICATE_NOTICE
        )

    def step_due(self, view: MessageView) -> tuple[Kind, str] | None:
        """Return what is to be said now of an own notice, and the mistake in it; None for nothing.

        ``view`` is of the notice itself. Times in messages are those of life.
        """
        seat, name = self._seat, view.reference or ""
        starts_s, ends_s = (_seconds(text) for text in (view.starts_at, view.ends_at))
        if seat.makes(Mistake.NO_ACTIVATION) or starts_s is None or ends_s is None:
            return None
        now_s = seat.wall_s()
        length_s = max(0.0, ends_s - starts_s)
        if view.life in _OPEN:
            after_s = min(seat.dice.seconds(BEGINS_S, 0.4, name, "begins"), length_s / 4)
            return (Kind.ACTIVATION, "") if now_s >= starts_s + after_s else None
        if view.life not in _RUNNING:
            return None
        if seat.makes(Mistake.OVERRUN):
            return (Kind.END, Mistake.OVERRUN) if now_s >= ends_s + OVERRUN_S else None
        before_s = min(seat.dice.seconds(ENDS_S, 0.4, name, "ends"), length_s / 4)
        return (Kind.END, "") if now_s >= ends_s - before_s else None

    async def step(self, kind: Kind, reference: str, mistake: str = "") -> None:
        """Say that an own notice begins or ends, unless that is said already."""
        seat = self._seat
        document: Document = {"kind": kind.value, "reference": reference, "at": "+0s"}
        if await self.sent_before(document):
            return
        sent = await seat.client.send(SendRequest(document=document, officer=seat.officer))
        await seat.acted(f"sends the {kind} of {reference}", sent.id, mistake)

    async def move(self, reference: str, other: MessageView) -> bool:
        """Move an own plan behind what another announced; say whether it is out of its way."""
        ends_us = time_or_none(other.ends_at or "")
        thread = (await self._seat.client.message(reference)).thread
        last = newest(one for one in thread if one.direction == "out")
        if ends_us is None or last is None or last.life not in _OPEN or not self.are(last):
            return False
        volumes = (last.message or {}).get("volumes") or []
        start_us = first_start_us(volumes)
        if start_us is None:
            return False
        if start_us > ends_us:
            return True
        if self._seat.makes(Mistake.FORGETS_WITHDRAWAL):
            await self._seat.acted(
                f"leaves {reference} standing", last.id, Mistake.FORGETS_WITHDRAWAL
            )
            return True
        await self.revise(last, shifted(volumes, ends_us + CLEAR_US - start_us))
        return True

    async def revise(self, last: MessageView, volumes: list[dict[str, Any]]) -> None:
        """Send a revision of an own notice with other volumes, at the notice's precedence."""
        seat, reference = self._seat, last.reference or ""
        document = revision_of(last.message or {}, reference, volumes, seat.says(YOURS_FIRST))
        request = SendRequest(document=document, officer=seat.officer, precedence=last.precedence)
        sent = await seat.client.send(request)
        await seat.acted(f"moves {reference}", sent.id)

    async def refused(self, reply: MessageView) -> None:
        """Do what follows on a refusal of an own plan: withdraw it, or take the proposal."""
        seat, reference = self._seat, reply.reference or ""
        thread = (await seat.client.message(reference)).thread if reference else []
        last = newest(one for one in thread if one.direction == "out")
        # What was said since the reply was said knowing it.
        is_late = last is None or last.entry > reply.entry
        if last is None or is_late or last.life not in _OPEN or not self.are(last):
            return
        proposal = (reply.message or {}).get("proposal") or []
        if proposal:
            await self.revise(last, proposal)
        elif seat.makes(Mistake.FORGETS_WITHDRAWAL):
            await seat.acted(f"leaves {reference} standing", reply.id, Mistake.FORGETS_WITHDRAWAL)
        else:
            document = {
                "kind": Kind.WITHDRAWAL.value,
                "reference": reference,
                "reason": seat.says(YOURS_FIRST),
            }
            sent = await seat.client.send(SendRequest(document=document, officer=seat.officer))
            await seat.acted(f"withdraws {reference}", sent.id)


def _seconds(text: str | None) -> float | None:
    moment_us = time_or_none(text or "")
    return None if moment_us is None else moment_us / SECOND_US
