"""The time that is left until a notice begins and ends, in a sentence and in a column."""

from __future__ import annotations

from rich.text import Text

from hotline.cli.output import coarse, compact, moment
from hotline.model.lifecycle import IN_FORCE, RUNNING, State
from hotline.model.times import SECOND_US, parse_time

SOON_US = 300 * SECOND_US
"""What begins within this time stands out."""

_IN_FORCE = frozenset(state.value for state in IN_FORCE)
_RUNNING = frozenset(state.value for state in RUNNING)

_EARLY = {
    State.ACTIVATED.value: "is activated already",
    State.NONCONFORMING.value: "is out of its plan already",
    State.CONTINGENT.value: "is out of control already",
}
"""What is said of a notice whose start has not come yet, but in which something flies: first, for
nobody has the time until its start any more."""


def countdown(
    life: str | None, starts_at: str | None, ends_at: str | None, at_us: int
) -> Text | None:
    """Return ``starts in 12 min 30 s``, ``began 3 min ago, ends in 57 min``, ``over since ...``.

    None for what has no life, is withdrawn or ended: there is nothing left to count.
    """
    starts_us, ends_us = _us(starts_at), _us(ends_at)
    if life == State.EXPIRED and ends_at is not None:
        return Text(f"over since {moment(ends_at)}", style="dim")
    if life not in _IN_FORCE:
        return None
    running = life in _RUNNING
    if ends_us is not None and ends_us < at_us:
        return Text(f"should have ended {coarse(at_us - ends_us)} ago", style="bold red")
    left = "without an end" if ends_us is None else f"ends in {coarse(ends_us - at_us)}"
    if starts_us is None:
        return Text(f"may have begun at any time, {left}", style="bold yellow")
    if starts_us > at_us:
        until = coarse(starts_us - at_us)
        if running:
            return Text(f"{_EARLY[life or '']}, {until} before its start", style="bold yellow")
        style = "bold yellow" if starts_us - at_us < SOON_US else "bold"
        return Text(f"starts in {until}", style=style)
    ago = coarse(at_us - starts_us)
    if running:
        return Text(f"began {ago} ago, {left}", style="bold")
    return Text(f"should have begun {ago} ago and is not activated, {left}", style="bold yellow")


def when(life: str | None, starts_at: str | None, ends_at: str | None, at_us: int) -> Text:
    """Return the same in few columns: ``in 12m``, ``57m left``, ``3m over``; empty for nothing.

    What flies before its start is there ``now``.
    """
    starts_us, ends_us = _us(starts_at), _us(ends_at)
    if life == State.EXPIRED:
        return Text("over", style="dim")
    if life not in _IN_FORCE:
        return Text("")
    if ends_us is not None and ends_us < at_us:
        return Text(f"{compact(at_us - ends_us)} over", style="bold red")
    if starts_us is not None and starts_us > at_us and life in _RUNNING:
        return Text("now", style="bold yellow")
    if starts_us is not None and starts_us > at_us:
        near = starts_us - at_us < SOON_US
        return Text(f"in {compact(starts_us - at_us)}", style="bold yellow" if near else "")
    if ends_us is None:
        return Text("no end", style="bold yellow")
    # What should fly and is not activated is as doubtful as what is late.
    return Text(f"{compact(ends_us - at_us)} left", style="" if life in _RUNNING else "yellow")


def _us(text: str | None) -> int | None:
    return None if text is None else parse_time(text)
