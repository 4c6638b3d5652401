"""What is remarked on one notice by itself: warning time, lateness, what is not known."""

from __future__ import annotations

from hotline.airspace.activity import name_of
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
from hotline.model.numbering import number_of
from hotline.model.phrasing import duration_text
from hotline.model.times import SECOND_US, time_or_none
from hotline.node.airspace.standing import ADRIFT_M, Standing, moment_of
from hotline.wire.records import Flag

LONG_AGO_US = 3600 * SECOND_US
"""What lies longer back when it comes is remarked: a line may have been down, or a clock wrong."""
MORE = "airspace.more-relations"
"""The code of the alarm, and of the flag, that there are more relations than are dealt with."""


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


def namesake(reference: str, own: str, peer: str, *, given: bool) -> Flag | None:
    """Flag what ``peer`` says under a name of ours: one of a notice that was given, or may be."""
    name = name_of(reference)
    if given:
        text = f"{own} has given a notice {name} itself; this is another, of {peer}"
        return Flag("notice.reference-ours", text, "reference")
    if number_of(own, reference) is not None:
        text = f"{name} is a reference as {own} gives them; this is a notice of {peer}"
        return Flag("notice.reference-ours", text, "reference")
    return None


def crowded(more: int) -> Flag:
    """Flag a notice that has more others near it than are compared."""
    text = f"{more} more stand as possible conflicts: too many to be compared"
    return Flag(MORE, text)


def not_held(peer: str) -> Flag:
    """Flag a notice that is compared with nothing, since too many stand."""
    return Flag(
        "airspace.possible",
        f"possible conflict with anything: too many notices of {peer} stand to hold this one too",
    )


def stumbled(kind: str) -> Flag:
    """Flag a message that could not be compared, or not wholly, by a fault of this program."""
    return Flag(
        "airspace.possible",
        f"possible conflict with anything: this node met a fault of its own comparing this {kind}",
    )


def unplaced(kind: str) -> Flag:
    """Flag what says that something flies, of which nothing that is known says where."""
    text = f"possible conflict with anything: nothing says where what this {kind} is about flies"
    return Flag("airspace.possible", text)


def unreadable(kind: str) -> Flag:
    """Flag what says where something flies, and cannot be read."""
    return Flag("airspace.possible", f"possible conflict with anything: this {kind} cannot be read")
