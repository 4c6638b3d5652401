"""How a simulated officer answers what came: judges, reads back, stands by, answers."""

from __future__ import annotations

from typing import Any

import msgspec

from hotline.api.schema import MessageView, ReplyRequest
from hotline.exercise.crew import reading_back
from hotline.exercise.crew.judgement import (
    ACCEPTED,
    WITH_CONTENT,
    Judgement,
    asks_with,
    judge,
    newest,
)
from hotline.exercise.crew.mistakes import Mistake
from hotline.exercise.crew.notices import OwnNotices
from hotline.exercise.crew.own import first_start_us, shifted
from hotline.exercise.crew.seat import Seat
from hotline.exercise.crew.wording import STAND_BY, UNABLE_TRAFFIC
from hotline.exercise.said import message_in
from hotline.exercise.scenario.shape import Inject
from hotline.model.kinds import Answer
from hotline.model.messages import Notice, Revision
from hotline.model.times import SECOND_US, time_or_none

CLEAR_US = 600 * SECOND_US
"""Time between the end of one activity and the start of what is moved behind it."""


class Answering:
    """Answers for one crew. Every step asks first what is answered already."""

    def __init__(self, seat: Seat, own: OwnNotices) -> None:
        self._seat = seat
        self._own = own

    async def answer(self, id_: str, key: str) -> bool:
        """Answer a message; return whether more is to follow, after a stand-by."""
        seat = self._seat
        thread = await seat.client.message(id_)
        view = thread.message
        if view.answer not in (None, Answer.STAND_BY.value):
            return False
        if view.kind in WITH_CONTENT:
            last = newest(one for one in thread.thread if one.direction == "in")
            is_revised = last is not None and last.id != view.id
            stale = seat.makes(Mistake.STALE_REVISION)
            if is_revised and not stale:
                return False  # the revision is answered instead
            if stale and view.kind == "revision":
                await seat.acted(
                    f"leaves the revision of {view.reference} unanswered",
                    id_,
                    Mistake.STALE_REVISION,
                )
                return False
            if is_revised:
                await seat.acted(
                    f"answers {view.reference} as it was before its revision",
                    id_,
                    Mistake.STALE_REVISION,
                )
        if seat.makes(Mistake.READ_BACK_PARROT) and view.kind in WITH_CONTENT:
            await self._reply(view, ACCEPTED, None, signed=True, mistake=Mistake.READ_BACK_PARROT)
            return False
        return await self._considered(view, key)

    async def as_asked(self, id_: str, inject: Inject) -> str:
        """Answer a message as a scenario asks; return the reply's id, empty where it is answered.

        The signed fields are read back where the scenario gives no other read-back.
        """
        seat, given = self._seat, inject.document or {}
        view = (await seat.client.message(id_)).message
        answer = inject.answer or Answer.ACCEPT
        if view.answer == answer.value:
            return ""
        read_back = given.get("read_back")
        accepts = answer is Answer.ACCEPT and view.kind in WITH_CONTENT
        request = ReplyRequest(
            answer=answer.value,
            officer=seat.officer,
            read_back=read_back,
            read_back_signed=accepts and read_back is None,
            reason=inject.reason,
            proposal=given.get("proposal", []),
            phrases=given.get("phrases", []),
        )
        sent = await seat.client.reply(id_, request)
        await seat.acted(f"answers {_name(view)} with {answer.value}, as asked", sent.id)
        return sent.id

    async def _considered(self, view: MessageView, key: str) -> bool:
        judgement = judge(view, self._seat.crew.skill, self._seat.dice, key)
        is_new = view.answer is None
        if judgement.first and is_new:
            await self._stand_by(view, judgement)
            return True
        if judgement.yields and not await self._own.move(judgement.own, view):
            judgement = Judgement(
                Answer.COUNTER, judgement.reason or UNABLE_TRAFFIC, judgement.noticed,
                own=judgement.own, proposes=True,
            )  # fmt: skip
        message = message_in(view)
        if judgement.answer is not Answer.ACCEPT or not isinstance(message, Notice | Revision):
            await self._reply(view, judgement, None)
            return False
        wrong, mistake = self._misread(message, key)
        if wrong is not None and is_new:
            # A node refuses to accept with a read-back that differs; said with a stand-by it is
            # heard at the other side, which is what it has to find out.
            await self._reply(view, Judgement(Answer.STAND_BY, STAND_BY), wrong, mistake=mistake)
            return True
        await self._reply(view, judgement, _fields(reading_back.right(message)))
        return False

    def _misread(self, message: Notice | Revision, key: str) -> tuple[dict[str, Any] | None, str]:
        """Return a wrong read-back and the name of its mistake, None where it is right."""
        seat = self._seat
        if seat.makes(Mistake.WRONG_LEVELS):
            said = reading_back.feet_for_metres(message)
            if reading_back.is_misread(said, message):
                return _fields(said), Mistake.WRONG_LEVELS
        if seat.dice.happens(seat.crew.error_rate, key, "read-back"):
            said, field = reading_back.misread(message, seat.dice, key)
            return (_fields(said), f"wrong-{field}") if field else (None, "")
        return None, ""

    async def _stand_by(self, view: MessageView, judgement: Judgement) -> None:
        seat = self._seat
        text = seat.says(asks_with(judgement), reference=view.reference or "")
        request = ReplyRequest(answer=Answer.STAND_BY.value, officer=seat.officer, reason=text)
        sent = await seat.client.reply(view.id, request)
        await seat.acted(f"stands by on {_name(view)}: noticed {judgement.noticed}", sent.id)

    async def _reply(
        self,
        view: MessageView,
        judgement: Judgement,
        read_back: dict[str, Any] | None,
        *,
        signed: bool = False,
        mistake: str = "",
    ) -> None:
        seat = self._seat
        proposal = await self._proposal(view, judgement) if judgement.proposes else []
        answer, number = judgement.answer, judgement.reason
        if judgement.proposes and not proposal:
            answer, number = Answer.REJECT, UNABLE_TRAFFIC
        request = ReplyRequest(
            answer=answer.value,
            officer=seat.officer,
            read_back=read_back,
            read_back_signed=signed,
            reason=seat.says(number, reference=view.reference or ""),
            proposal=proposal,
        )
        sent = await seat.client.reply(view.id, request)
        seen = f": noticed {judgement.noticed}" if judgement.noticed else ""
        await seat.acted(f"answers {_name(view)} with {answer.value}{seen}", sent.id, mistake)

    async def _proposal(self, view: MessageView, judgement: Judgement) -> list[dict[str, Any]]:
        """Return the volumes of a notice, later: after the own one that it meets."""
        volumes = (view.message or {}).get("volumes") or []
        start_us = first_start_us(volumes)
        own = (await self._seat.client.message(judgement.own)).message
        ends_us = time_or_none(own.ends_at or "")
        if start_us is None or ends_us is None or ends_us + CLEAR_US <= start_us:
            return []
        return shifted(volumes, ends_us + CLEAR_US - start_us)


def _fields(said: object) -> dict[str, Any]:
    found = msgspec.to_builtins(said)
    return {name: value for name, value in found.items() if value not in (None, "")}


def _name(view: MessageView) -> str:
    return view.reference or f"the {view.kind} {view.id[:8]}"
