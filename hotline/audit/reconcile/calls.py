"""What was said over a telephone, as both records have it: worth knowing, and never a difference.

What one side heard and the other did not read out that way is an error of people, which both
records may hold truly. So it is told as a remark.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.plain import time_of_day
from hotline.errors import HotlineError
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.items import Item
from hotline.formats.telephone.layout import differing, lay_out, subject_of
from hotline.formats.telephone.sheet import ID_DIGITS
from hotline.model.text import printable
from hotline.wire.records import VoiceHeard, VoiceSpoken

MAX_CALLS = 1000
"""Texts of one side that are compared; more than that nobody has read out."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text that was read out, or written down: whose id it bears, what it is about, when."""

    id: str
    subject: str
    items: tuple[Item, ...]
    time_us: int


@dataclass(slots=True)
class Calls:
    """What one side read out, and what it wrote down, in the order of its entries."""

    spoken: list[Text] = field(default_factory=list)
    heard: list[Text] = field(default_factory=list)

    def take(self, said: VoiceSpoken | VoiceHeard, time_us: int) -> None:
        """Keep a text; one that cannot be read, or is one too many, is left out."""
        kept = self.spoken if isinstance(said, VoiceSpoken) else self.heard
        try:
            sheet = hear(said.text).sheet
        except HotlineError:
            return
        if len(kept) < MAX_CALLS:
            id_ = said.message.hex() if isinstance(said, VoiceSpoken) else sheet.id
            kept.append(Text(id_[:ID_DIGITS], subject_of(sheet), lay_out(sheet), time_us))


def compare_calls(account: Account, speaker: str, spoken: Calls, listener: str, at: Calls) -> None:
    """Tell of each message that ``speaker`` read out what ``listener`` wrote down.

    A message may be read out and written down several times: it was heard if one of the attempts
    was right, as the listener's node has it. Times are by each side's own clock.
    """
    written: dict[str, list[Text]] = {}
    for heard in at.heard:
        written.setdefault(heard.id, []).append(heard)
    for id_, text in {text.id: text for text in reversed(spoken.spoken)}.items():
        what = f"{printable(text.subject)} ({id_})"
        said = f"{speaker} read {what} out over the telephone at {time_of_day(text.time_us)}"
        attempts = written.pop(id_, [])
        if not attempts:
            account.remark("voice-not-heard", f"{said}; {listener} did not write it down")
            continue
        right = [heard for heard in attempts if heard.items == text.items]
        chosen = right[0] if right else attempts[-1]
        note = f"{said}; {listener} wrote it down at {time_of_day(chosen.time_us)}"
        if right:
            account.remark("voice-agrees", f"{note}, with the same content")
        else:
            labels = ", ".join(differing(text.items, chosen.items))
            account.remark("voice-differs", f"{note}, with something else in {labels}")
    for heard in at.heard:
        if heard.id in written:
            account.remark(
                "voice-not-spoken",
                f"{listener} wrote {printable(heard.subject)} ({heard.id}) down over the telephone"
                f" at {time_of_day(heard.time_us)}; {speaker} read out no such message",
            )
