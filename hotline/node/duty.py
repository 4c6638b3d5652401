"""The watch at this node: who has it, the brief for the next one, and its relief.

The steps and their order are `hotline.model.watch`; here they are entered in the node's own log,
with what was presented, and the log is signed and entered in every line's log when the watch passes
on, so that each peer witnesses who had it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import structlog

from hotline.errors import HotlineError
from hotline.journal.duty import WATCH, Entered, enter, read_entered, taking_of, watch_after
from hotline.model.access import name_key
from hotline.model.watch import (
    BRIEF_GOOD_US,
    NOBODY,
    Watch,
    WatchStep,
    advance,
    is_good,
)
from hotline.node.brief import brief_of, changed
from hotline.wire.records import (
    BriefedSection,
    WatchAssumed,
    WatchBriefed,
    WatchRecord,
    WatchReleased,
    WatchReviewed,
    WatchTaken,
    brief_digest,
)

if TYPE_CHECKING:
    from hotline.node.centre import Centre

SHOWN = 100
"""Steps that are shown, the newest ones."""
PASSES_ON = frozenset({WatchStep.TAKEN, WatchStep.ASSUMED, WatchStep.RELEASED})
"""Steps after which somebody else, or nobody, has the watch."""

_log = structlog.get_logger()


class Duty:
    """Who has the watch at this node. Everything here belongs to the event loop."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self.watch: Watch = NOBODY
        # The newest first.
        self.steps: list[Entered] = []
        self._stepping = asyncio.Lock()

    async def open(self) -> None:
        """Find who had the watch when the node stopped: he has it still."""
        log = self._centre.journal.node_log.id
        found = (await self._centre.reader.run(partial(read_entered, log=log)))[WATCH]
        self.watch = watch_after(found)
        self.steps = found[: -SHOWN - 1 : -1]

    async def take_step(
        self, step: WatchStep, officer: str, *, relieved: str = "", text: str = ""
    ) -> None:
        """Enter a step of an officer. Raises UsageError (``watch.*``), JournalError.

        A step that is not possible is refused, and nothing is entered of it.
        """
        async with self._stepping:
            said = await self._said(step, officer, relieved, text)
            now_us = self._centre.clock.wall_us()
            before = self.watch
            advance(before, taking_of(Entered(-1, now_us, said)))
            entry = await self._centre.writer.do(
                lambda journal: enter(journal, WATCH, said, now_us)
            )
            self.watch = advance(before, taking_of(entry))
            self.steps.insert(0, entry)
            del self.steps[SHOWN:]
        _log.info("watch_step_taken", step=step.value, officer=officer)
        self._centre.publish(
            "watch", {"step": step.value, "officer": officer, "on_duty": self.watch.on_duty}
        )
        if step in PASSES_ON:
            await self._settle_disabled()
            await self._have_witnessed()

    async def _said(self, step: WatchStep, officer: str, relieved: str, text: str) -> WatchRecord:
        match step:
            case WatchStep.TAKEN:
                return WatchTaken(officer, text)
            case WatchStep.BRIEFED:
                return WatchBriefed(officer, await brief_of(self._centre), text)
            case WatchStep.ASSUMED:
                brief = self.watch.brief
                entry = brief.entry if brief is not None else 0
                digest = brief_digest(await brief_of(self._centre))
                return WatchAssumed(officer, relieved, entry, digest, text)
            case WatchStep.REVIEWED:
                return WatchReviewed(officer, text)
            case WatchStep.RELEASED:
                return WatchReleased(officer, text)

    # --- An officer on duty who may not log in any more ----------------------------------

    @property
    def disabled(self) -> bool:
        """Whether whoever has the watch was disabled since: he can hand it over to nobody."""
        return self.watch.on_duty in self._centre.bell.active("watch.officer-disabled", "")

    async def note_disabled(self, officer: str, by: str) -> None:
        """Alarm where an officer has the watch who was just disabled: he has it still."""
        holder = self.watch.on_duty
        if holder and name_key(holder) == name_key(officer):
            await self._centre.bell.ring(
                "watch.officer-disabled",
                "",
                holder,
                f"{holder} has the watch and was disabled by {by}: somebody else has to take it",
            )

    async def note_working(self, officer: str) -> None:
        """Take note that an officer may log in again."""
        if name_key(self.watch.on_duty) == name_key(officer):
            await self._centre.bell.clear("watch.officer-disabled", "", self.watch.on_duty)

    async def _settle_disabled(self) -> None:
        """End the alarms of those who have the watch no more."""
        found = self._centre.bell.active("watch.officer-disabled", "")
        for officer in found - {self.watch.on_duty}:
            await self._centre.bell.clear("watch.officer-disabled", "", officer)

    async def _have_witnessed(self) -> None:
        """Enter the node's own log in every line's; what cannot be now is done by the watch duty.

        A node does not sign unasked on a line that it has not met since it started.
        """
        for line in self._centre.lines.values():
            if self._centre.fenced is None and line.held is None and line.met:
                with suppress(HotlineError):
                    await line.anchoring.enter()

    # --- The brief that is open -----------------------------------------------------------

    @property
    def brief(self) -> Entered | None:
        """The entry of the newest brief, which no assumption has followed."""
        brief = self.watch.brief
        if brief is None:
            return None
        return next((step for step in self.steps if step.index == brief.entry), None)

    async def outdated(self, brief: Entered) -> tuple[bool, tuple[str, ...]]:
        """Return whether the watch can be assumed on a brief, and which sections have changed."""
        sections: tuple[BriefedSection, ...] = brief.said.sections
        moved = changed(sections, await brief_of(self._centre))
        held = self.watch.brief
        young = held is not None and is_good(held, self._centre.clock.wall_us())
        return young and not moved, moved

    @property
    def next_steps(self) -> list[str]:
        """What may be done now, in words."""
        watch = self.watch
        if not watch.on_duty:
            found = ["nobody has the watch: `hotline duty take`"]
        elif watch.brief is None:
            found = [f"to relieve {watch.on_duty}: `hotline duty brief`"]
        else:
            who, minutes = watch.brief.officer, BRIEF_GOOD_US // 60_000_000
            told = f"{who} goes through the brief with {watch.on_duty}"
            found = [f"{told}, and within {minutes} min says: `hotline duty assume`"]
        if watch.to_review:
            found.append(f"{watch.to_review} monitors, and signs off: `hotline duty review`")
        return found
