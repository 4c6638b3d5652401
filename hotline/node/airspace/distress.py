"""Alarms about the peer's notices that are out of control, or outside of what was announced.

They ring from the word that says so until an activation says that all is well again, or the end;
like every alarm they stay until an officer has acknowledged them. A peer decides how many there
are, so no more than some have an alarm of their own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hotline.airspace.activity import name_of
from hotline.model.lifecycle import State, Step
from hotline.model.messages import Contingency, Nonconformance
from hotline.model.text import printable
from hotline.node.airspace.loading import Turn
from hotline.node.airspace.standing import Standing

if TYPE_CHECKING:
    from hotline.node.line import Line

MAX_ALARMS: Final = 50
"""Notices of one line that have an alarm of their own; one alarm is for the rest."""
MAX_REASON: Final = 200
"""Characters of a reason that an alarm repeats."""
CODES: Final = {
    State.CONTINGENT: "notice.contingency",
    State.NONCONFORMING: "notice.nonconformance",
}
_WORDS: Final = {
    State.CONTINGENT: "is out of control",
    State.NONCONFORMING: "is outside of what was announced",
}
_STATES: Final = {Contingency: State.CONTINGENT, Nonconformance: State.NONCONFORMING}


@dataclass(frozen=True, slots=True)
class Plight:
    """What is wrong with a notice, and what an alarm says of it."""

    state: State
    text: str


def plight_of(standing: Standing, message: Step | None = None) -> Plight | None:
    """Return what is wrong with a notice, in the words of the message that has just said so."""
    state = standing.life.state
    if state not in CODES:
        return None
    return Plight(state, _text(standing.reference, state, message))


def plight_said(message: Step) -> tuple[str, str] | None:
    """Return code and text of what a message says that changes no notice; None if nothing."""
    state = _STATES.get(type(message))
    if state is None:
        return None
    return CODES[state], _text("", state, message).strip()


def _text(reference: str, state: State, message: Step | None) -> str:
    name = name_of(reference) if reference else ""
    reason = ""
    if isinstance(message, Nonconformance | Contingency):
        reason = printable(message.reason[:MAX_REASON]).strip()
    return f"{name} {_WORDS[state]}{f': {reason}' if reason else ''}"


class Distress:
    """Rings and clears these alarms for the notices of one line's peer, in the order of words."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._waiting: OrderedDict[str, Plight | None] = OrderedDict()
        # What has no alarm of its own, by code and reference, with what it would say.
        self._unrung: dict[str, OrderedDict[str, str]] = {
            code: OrderedDict() for code in CODES.values()
        }
        self._busy = False

    def take(self, plights: Mapping[str, Plight | None]) -> None:
        """Ring, or be silent, about notices; by reference, the newest of each."""
        for reference, plight in plights.items():
            subject = name_of(reference)
            self._waiting.pop(subject, None)
            self._waiting[subject] = plight
        if self._waiting and not self._busy:
            self._busy = True
            self._line.centre.spawn(self._tell())

    def settle(self, standing: Iterable[Standing]) -> None:
        """Ring for what is in distress now, and be silent about what rang in an earlier run."""
        plights = {one.reference: plight_of(one) for one in standing if one.life.state in CODES}
        names = {name_of(reference) for reference in plights}
        bell, peer = self._line.centre.bell, self._line.peer
        rung = {subject for code in CODES.values() for subject in bell.active(code, peer)}
        self.take({**dict.fromkeys(rung - names - {""}), **plights})

    async def _tell(self) -> None:
        turn = Turn()
        try:
            while self._waiting:
                subject, plight = self._waiting.popitem(last=False)
                try:
                    await self._ring(subject, plight)
                except Exception as error:  # a defect of ours must not keep all others silent
                    self._line.airspace.stumbles.note(subject, error)
                await turn.pause()
        finally:
            self._busy = False

    async def _ring(self, subject: str, plight: Plight | None) -> None:
        bell, peer = self._line.centre.bell, self._line.peer
        for state, code in CODES.items():
            unrung = self._unrung[code]
            unrung.pop(subject, None)
            if plight is None or state is not plight.state:
                await bell.clear(code, peer, subject)
            else:
                unrung[subject] = plight.text
            rung = bell.active(code, peer) - {""}
            if subject in rung:
                unrung.pop(subject, None)
            while unrung and len(rung) < MAX_ALARMS:
                name, text = unrung.popitem(last=False)
                rung.add(name)
                await bell.ring(code, peer, name, text)
            if unrung:
                text = f"more than {MAX_ALARMS} notices are in such a plight; not all have an alarm"
                await bell.ring(code, peer, "", text)
            else:
                await bell.clear(code, peer, "")
