"""Alarms as people see them: in which state, and what comes first (ISA-18.2).

Three states are told apart by word, shape and colour: nobody has acknowledged it (it flashes and
sounds), acknowledged, shelved. What stands first is what flashes, the gravest of it, the oldest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hotline.api import schema
from hotline.console.language import Words
from hotline.console.saying import said

PRIORITIES: Final = ("high", "medium", "low")
STATES: Final = ("ringing", "acknowledged", "shelved", "over")


@dataclass(frozen=True, slots=True)
class AlarmShown:
    """An alarm with its state: ``ringing``, ``acknowledged``, ``shelved`` or ``over``."""

    view: schema.AlarmView
    state: str

    @property
    def word(self) -> str:
        """The name of the word that says what such an alarm is, in the catalogue."""
        return f"alarms.code_{self.view.code.replace('.', '_')}"

    @property
    def messages(self) -> list[str]:
        """What names the messages that it is about, for their addresses."""
        return said.subjects(self.view)

    def said(self, words: Words) -> said.Said:
        """Return it in a language: a title, a sentence, and what was entered."""
        return said.alarm(self.view, words)


def state_of(alarm: schema.AlarmView) -> str:
    """Return the state of an alarm; ``over`` is one that stands no more."""
    if alarm.acknowledged_at is not None and alarm.cleared_at is not None:
        return "over"
    if alarm.shelved_until is not None:
        return "shelved"
    return "ringing" if alarm.acknowledged_at is None else "acknowledged"


def shown(alarms: Iterable[schema.AlarmView]) -> list[AlarmShown]:
    """Return standing alarms in the order in which somebody should look at them."""
    found = [AlarmShown(alarm, state_of(alarm)) for alarm in alarms]
    return sorted(
        found,
        key=lambda one: (
            STATES.index(one.state),
            PRIORITIES.index(one.view.priority) if one.view.priority in PRIORITIES else 1,
            one.view.raised_at,
        ),
    )
