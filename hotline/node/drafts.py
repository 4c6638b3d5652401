"""Drafts: what officers write before it is said, and its release by a second officer.

A release signs what is kept, as it is kept: the record of it is made before the message, so that
no message is out of which nobody knows who released it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import structlog

from hotline.errors import HotlineError, UsageError
from hotline.journal import access_drafts as stored
from hotline.journal.access_drafts import StoredDraft, Written
from hotline.journal.outgoing import Composed
from hotline.model.access import name_key
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter
from hotline.model.messages import Advisory, Message, Notice, Revision, kind_of
from hotline.model.play import says_real_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotline.journal.journal import Journal
    from hotline.node.centre import Centre

_log = structlog.get_logger()


class Releasing(NamedTuple):
    """What a draft says, as it was read from its document, and on which line."""

    peer: str
    message: Message
    precedence: Precedence


class Drafts:
    """Keeps what is being written. Everything here belongs to the event loop."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    async def open(self) -> None:
        """Give those back that were being signed when the node ended."""
        now_us = self._centre.clock.wall_us()
        if any(draft.releasing_us is not None for draft in await self.all()):
            await self._centre.writer.do(lambda journal: stored.give_back_cut_off(journal, now_us))

    async def all(self) -> list[StoredDraft]:
        """Return all drafts, what was changed last first."""
        return await self._centre.reader.run(stored.drafts)

    async def find(self, id_: int) -> StoredDraft:
        """Return one draft. Raises UsageError (``draft.unknown``)."""
        return await self._centre.reader.run(partial(stored.find_draft, id_=id_))

    async def add(self, written: Written, officer: str) -> StoredDraft:
        """Keep a new draft. Raises UsageError, JournalError."""
        return await self._change(
            "begun", lambda journal, now: stored.add_draft(journal, written, officer, now)
        )

    async def update(self, id_: int, version: int, written: Written, officer: str) -> StoredDraft:
        """Replace a draft. Raises UsageError (``draft.*``), JournalError."""
        return await self._change(
            "changed",
            lambda journal, now: stored.update_draft(journal, id_, version, written, officer, now),
        )

    async def delete(self, id_: int, officer: str) -> None:
        """Throw a draft away. Raises UsageError (``draft.*``), JournalError."""
        now_us = self._centre.clock.wall_us()
        await self._centre.writer.do(
            lambda journal: stored.delete_draft(journal, id_, officer, now_us)
        )
        self._publish(id_, "deleted")

    async def offer(self, id_: int, version: int, officer: str) -> StoredDraft:
        """Offer a draft to a second officer. Raises UsageError (``draft.*``), JournalError."""
        return await self._change(
            "offered", lambda journal, now: stored.offer_draft(journal, id_, version, officer, now)
        )

    async def give_back(self, id_: int, officer: str, reason: str) -> StoredDraft:
        """Give an offered draft back. Raises UsageError (``draft.*``), JournalError."""
        return await self._change(
            "returned",
            lambda journal, now: stored.return_draft(journal, id_, officer, reason, now),
        )

    async def find_version(self, id_: int, version: int) -> StoredDraft:
        """Return a draft as somebody has seen it, to be released.

        Raises UsageError (``draft.unknown``, ``draft.changed``).
        """
        return stored.require_version(await self.find(id_), version)

    async def release(self, draft: StoredDraft, releasing: Releasing, officer: str) -> Composed:
        """Sign and send a draft as it stands; return once it is durable, and the draft gone.

        ``releasing`` was read from this very ``draft``, and nothing else is released: where it has
        changed meanwhile in any way, nothing is. The message is of the officer who offered it, or
        of ``officer`` where nobody did. Raises UsageError (``draft.*``, ``node.second-officer``),
        and what `Desk.send` raises; then the draft is as it was.
        """
        letter = self._centre.line(releasing.peer).letter
        if needs_second(letter, releasing.message):
            require_other(draft.offered_by, officer)
        by = draft.offered_by or officer
        line = self._centre.line(releasing.peer)
        line.require_signing()
        # What would be refused is refused before anybody is said to have released it.
        await self._centre.desk.prepare(line, releasing.message, by, try_out=True)
        writer, clock = self._centre.writer, self._centre.clock
        now_us = clock.wall_us()
        await writer.do(
            lambda journal: stored.begin_release(journal, draft, officer, line.peer, now_us)
        )
        try:
            composed = await self._centre.desk.send(
                line.peer, releasing.message, releasing.precedence, by
            )
        except HotlineError as error:
            code, failed_us = error.code, clock.wall_us()
            with suppress(HotlineError):  # given back when the node starts, where not now
                await writer.do(
                    lambda journal: stored.fail_release(journal, draft.id, code, failed_us)
                )
            raise
        sent_us = clock.wall_us()
        with suppress(HotlineError):  # it is sent, and whoever asked has to hear that
            await writer.do(
                lambda journal: stored.end_release(journal, draft.id, composed.id, sent_us)
            )
        self._publish(draft.id, "sent")
        return composed

    async def send_released(
        self, document: bytes, releasing: Releasing, officer: str, second: str
    ) -> Composed:
        """Send what ``officer`` wrote and ``second`` releases, both said at once.

        For whoever speaks for the centre without a session. Raises what `release` does; then
        nothing is left of it.
        """
        kind = kind_of(releasing.message).value
        written = Written(document, releasing.precedence.name, releasing.peer, kind, "")
        draft = await self.add(written, officer)
        draft = await self.offer(draft.id, draft.version, officer)
        try:
            return await self.release(draft, releasing, second)
        except HotlineError:
            with suppress(HotlineError):
                await self.delete(draft.id, officer)
            raise

    async def _change(
        self, state: str, action: Callable[[Journal, int], StoredDraft]
    ) -> StoredDraft:
        now_us = self._centre.clock.wall_us()
        draft = await self._centre.writer.do(lambda journal: action(journal, now_us))
        self._publish(draft.id, state)
        return draft

    def _publish(self, id_: int, state: str) -> None:
        _log.info("draft_changed", draft=id_, state=state)
        self._centre.publish("draft", {"draft": id_, "state": state})


def needs_second(letter: Letter, message: Message) -> bool:
    """Whether a letter has a second officer release this message.

    One that stops an exercise for something real waits for nobody.
    """
    return (
        letter.two_person_release
        and isinstance(message, Notice | Revision | Advisory)
        and not says_real_world(message)
    )


def require_other(offered_by: str, officer: str) -> None:
    """Refuse that somebody releases what nobody else offered (``node.second-officer``)."""
    if not (offered_by and officer) or name_key(offered_by) == name_key(officer):
        raise UsageError(
            "node.second-officer",
            "by the letter a second officer releases notices, revisions and advisories",
            "name the second with --released-by, or offer it as a draft for another to release",
        )
