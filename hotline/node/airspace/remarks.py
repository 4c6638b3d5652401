"""What is remarked on one notice by itself: its warning time, its words, its lateness.

What words say against numbers takes longer to find out than all else, and a peer decides how much
it sends: no more than a part of the time is spent on it, and what is left out is flagged.
"""

from __future__ import annotations

import time

from hotline.airspace.contradictions import contradictions
from hotline.airspace.warning import start_of, warning
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter, Limits
from hotline.model.lifecycle import Life, State, Step
from hotline.model.messages import Activation, End, Notice, Revision
from hotline.model.phrasing import duration_text
from hotline.model.times import SECOND_US, time_or_none
from hotline.node.airspace.current import Standing
from hotline.wire.records import Flag

SHARE = 0.1
"""The part of the time that may be spent on reading words."""
MOST_S = 0.050
"""Seconds of it that may be saved up."""
NOT_READ = Flag(
    "airspace.words-unread",
    "its words were not compared with its area, levels and times: too many notices came at once",
)


class Reader:
    """Reads the words of notices of one line, within its share of the time."""

    def __init__(self, letter: Letter) -> None:
        self._letter = letter
        self._left_s = MOST_S
        self._at = time.perf_counter()

    def read(self, message: Notice | Revision, now_us: int, deadline: float) -> list[Flag]:
        """Return flags for what a notice says against itself, or one that says it was not read."""
        begun = time.perf_counter()
        self._left_s = min(MOST_S, self._left_s + (begun - self._at) * SHARE)
        self._at = begun
        if self._left_s <= 0 or begun > deadline:
            return [NOT_READ] if message.title or message.remarks else []
        found = contradictions(message, self._letter, now_us)
        self._left_s -= time.perf_counter() - begun
        return [Flag(one.code, one.text, one.field) for one in found]


def short_warning(
    message: Notice | Revision, precedence: Precedence, letter: Letter, now_us: int
) -> Flag | None:
    """Flag a notice that came later before its start than the letter asks for."""
    needed_s = letter.warning_needed(precedence, message.activity)
    time_given = warning(start_of(message.volumes), now_us, needed_s)
    if not time_given.short or (time_given.given_us is None and not message.volumes):
        return None
    if time_given.given_us is None:
        text = f"warning time unknown, as not every start is; the letter asks for {needed_s:.0f} s"
    else:
        given_s = time_given.given_us / SECOND_US
        text = f"warning time {given_s:.0f} s; the letter asks for {needed_s:.0f} s"
    return Flag("notice.short-warning", text)


def late_flags(
    message: Step, standing: Standing, before: Life | None, limits: Limits, now_us: int
) -> list[Flag]:
    """Flag an activation that is later than agreed, and an end after the end of the times."""
    if isinstance(message, Activation) and before is not None:
        if before.state not in (State.PLANNED, State.EXPIRED) or standing.starts_us is None:
            return []
        at_us = _at(message.at, now_us)
        late_us = at_us - standing.starts_us
        if late_us > limits.late_activation_s * SECOND_US:
            text = f"activated {duration_text(late_us)} after its start"
            return [Flag("notice.activation-late", text, "at")]
    if isinstance(message, End) and standing.ends_us is not None:
        over_us = _at(message.at, now_us) - standing.ends_us
        if over_us > 0:
            text = f"ended {duration_text(over_us)} after the end of its times"
            return [Flag("notice.overrun", text, "at")]
    return []


def not_held(peer: str) -> Flag:
    """Flag a notice that is compared with nothing, since too many stand."""
    return Flag(
        "airspace.possible",
        f"possible conflict with anything: too many notices of {peer} stand to hold this one too",
    )


def unreadable(kind: str) -> Flag:
    """Flag what says where something flies, and cannot be read."""
    return Flag("airspace.possible", f"possible conflict with anything: this {kind} cannot be read")


def _at(text: str, now_us: int) -> int:
    at_us = time_or_none(text)
    return now_us if at_us is None else at_us
