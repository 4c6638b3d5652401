"""What is remarked on one notice by itself: its warning time, its words, its lateness.

What words say against numbers takes longer to find out than all else, and a peer decides how much
it sends: no more than a part of the time is spent on it. What is left is read afterwards, as time
allows, and alarmed about; if even that is too much, one alarm says that not all was read.
"""

from __future__ import annotations

import time
from collections import deque

from hotline.airspace.contradictions import contradictions
from hotline.airspace.warning import warning
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter, Limits
from hotline.model.lifecycle import Life, State, Step
from hotline.model.messages import (
    Activation,
    Contingency,
    End,
    Nonconformance,
    Notice,
    Revision,
    Withdrawal,
)
from hotline.model.phrasing import duration_text
from hotline.model.times import SECOND_US, time_or_none
from hotline.node.airspace.standing import ADRIFT_M, Standing, moment_of
from hotline.wire.records import Flag

SHARE = 0.05
"""The part of the time that may be spent on reading words."""
MOST_S = 0.050
"""Seconds of it that may be saved up."""
MAX_UNREAD = 1_000
"""Notices that wait to be read."""
LONG_AGO_US = 3600 * SECOND_US
"""What lies longer back when it comes is remarked: a line may have been down, or a clock wrong."""
MAX_POINTS = 1_000
"""Positions of a notice that waits: what has more is read at once or not at all."""


class WordReader:
    """Reads the words of notices of one line, within its share of the time."""

    def __init__(self, letter: Letter) -> None:
        self._letter = letter
        self._left_s = MOST_S
        self._at = time.perf_counter()
        self._unread: deque[tuple[Notice | Revision, int]] = deque()
        # Whether notices were left unread since all was read.
        self.overburdened = False

    def __len__(self) -> int:
        return len(self._unread)

    def read(self, message: Notice | Revision, now_us: int, deadline: float) -> list[Flag]:
        """Return flags for what a notice says against itself; none yet where it has to wait."""
        begun = time.perf_counter()
        self._left_s = min(MOST_S, self._left_s + (begun - self._at) * SHARE)
        self._at = begun
        if self._left_s > 0 and begun < deadline:
            return self._read(message, now_us)
        points = sum(len(volume.points) for volume in message.volumes)
        if len(self._unread) >= MAX_UNREAD or points > MAX_POINTS:
            self.overburdened = True
        else:
            self._unread.append((message, now_us))
        return []

    def go_on(self, deadline: float) -> list[tuple[str, Flag]]:
        """Read what waits, as the share and a deadline allow; return flags by reference."""
        begun = time.perf_counter()
        self._left_s = min(MOST_S, self._left_s + (begun - self._at) * SHARE)
        self._at = begun
        found = []
        while self._unread and self._left_s > 0 and time.perf_counter() < deadline:
            message, now_us = self._unread.popleft()
            found += [(message.reference, flag) for flag in self._read(message, now_us)]
        if not self._unread:
            self.overburdened = False
        return found

    def _read(self, message: Notice | Revision, now_us: int) -> list[Flag]:
        begun = time.perf_counter()
        found = contradictions(message, self._letter, now_us)
        self._left_s -= time.perf_counter() - begun
        return [Flag(one.code, one.text, one.field) for one in found]


def short_warning(
    message: Notice | Revision,
    starts_us: int | None,
    precedence: Precedence,
    letter: Letter,
    now_us: int,
) -> Flag | None:
    """Flag a notice that came later before its start than the letter asks for."""
    needed_s = letter.warning_needed(precedence, message.activity)
    time_given = warning(starts_us, now_us, needed_s)
    if not time_given.short or (time_given.given_us is None and not message.volumes):
        return None
    if time_given.given_us is None:
        given = "warning time unknown, as not every start is"
    else:
        # A warning is never told as longer than it was.
        given_us = time_given.given_us // SECOND_US * SECOND_US
        given = f"warning time {duration_text(given_us)}"
        if given_us < 0:
            given = f"no warning: it began {duration_text(-given_us)} before it was received"
    needed = duration_text(round(needed_s * SECOND_US))
    return Flag("notice.short-warning", f"{given}; the letter asks for {needed}")


def late_flags(
    message: Step, standing: Standing, before: Life | None, limits: Limits, now_us: int
) -> list[Flag]:
    """Flag an activation that is later than agreed, and an end after the end of the times."""
    if isinstance(message, Activation) and before is not None:
        if before.state not in (State.PLANNED, State.EXPIRED) or standing.starts_us is None:
            return []
        at_us = moment_of(message.at, now_us)
        late_us = at_us - standing.starts_us
        if late_us > limits.late_activation_s * SECOND_US:
            text = f"activated {duration_text(late_us)} after its start"
            return [Flag("notice.activation-late", text, "at")]
    if isinstance(message, End) and standing.ends_us is not None:
        over_us = moment_of(message.at, now_us) - standing.ends_us
        if over_us > 0:
            text = f"ended {duration_text(over_us)} after the end of its times"
            return [Flag("notice.overrun", text, "at")]
    return []


def moment_flags(message: Step, ahead_us: int, now_us: int) -> list[Flag]:
    """Flag a moment that is said of what is now, and lies ahead or long ago."""
    if isinstance(message, Notice | Revision | Withdrawal):
        return []
    off_us = moment_of(message.at, now_us) - now_us
    if off_us > ahead_us:
        text = f"is {duration_text(off_us)} in the future; nothing is taken as free before that"
        return [Flag("notice.at-in-future", text, "at")]
    if off_us < -LONG_AGO_US:
        text = f"was {duration_text(-off_us)} before this was received"
        return [Flag("notice.at-long-ago", text, "at")]
    return []


def early_flags(message: Step, starts_us: int | None, before: Life | None) -> list[Flag]:
    """Flag what begins before its start: its volumes are taken from then on."""
    if not isinstance(message, Activation) or before is None or starts_us is None:
        return []
    at_us = time_or_none(message.at)
    if before.state is not State.PLANNED or at_us is None or at_us >= starts_us:
        return []
    text = f"activated {duration_text(starts_us - at_us)} before its start, and compared since then"
    return [Flag("notice.activation-early", text, "at")]


def astray_flags(message: Step, standing: Standing) -> list[Flag]:
    """Flag what is outside of its volumes while nobody says where."""
    if not isinstance(message, Nonconformance | Contingency) or message.volumes:
        return []
    if standing.off_nominal:
        text = "it says no volumes; those that were said last still count"
    else:
        text = f"nobody says where it is: taken as up to {ADRIFT_M / 1000:.0f} km off its volumes"
    return [Flag("notice.area-unknown", text, "volumes")]


def not_held(peer: str) -> Flag:
    """Flag a notice that is compared with nothing, since too many stand."""
    return Flag(
        "airspace.possible",
        f"possible conflict with anything: too many notices of {peer} stand to hold this one too",
    )


def unplaced(kind: str) -> Flag:
    """Flag what says that something flies, of which nothing that is known says where."""
    text = f"possible conflict with anything: nothing says where what this {kind} is about flies"
    return Flag("airspace.possible", text)


def unreadable(kind: str) -> Flag:
    """Flag what says where something flies, and cannot be read."""
    return Flag("airspace.possible", f"possible conflict with anything: this {kind} cannot be read")
