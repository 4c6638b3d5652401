"""The line as each node found it: up or down since when, why, and which fault explains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline.exercise.report.collected import Side
from hotline.exercise.report.document import Availability, FaultRow, LineSpan, Ref
from hotline.exercise.report.figures.faults import OF_A_PROCESS
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.moments import text_of, us_of
from hotline.exercise.scenario.shape import LINE_FAULTS, FaultKind

EXPLAINING = frozenset(
    {kind.value for kind in LINE_FAULTS}
    | {
        FaultKind.KILL.value,
        FaultKind.RESTART.value,
        FaultKind.CLOCK.value,
        FaultKind.CORRUPT.value,
        FaultKind.FULL_DISK.value,
        FaultKind.SLOW_DISK.value,
    }
)
"""Faults after which a line may go down."""
AFTERWARDS_US = 60_000_000
"""How long after its end a fault still explains that a line is down: it has to be dialled again."""
BEFORE_US = 5_000_000
"""How long before the director has noted it a fault may have taken effect."""
SILENCE_US = 12_000_000
"""For how long nothing may come before a node finds its line down, by the sample letter."""
AT_ONCE_US = 2_000_000


@dataclass(frozen=True, slots=True)
class _Change:
    """The line went up or down at a moment of the director's clock."""

    us: int
    up: bool
    reason: str
    entry: Ref


def line_spans(span: Span, faults: Sequence[FaultRow]) -> list[LineSpan]:
    """Return for each centre how its line stood from STARTEX to ENDEX, without a gap."""
    starts_us, ends_us = span.play.starts_us, span.play.ends_us
    found = []
    for side in span.sides:
        changes = list(_changes(span, side, faults))
        # A line that comes up with STARTEX was up: its entry and the director's take a moment.
        before = [one for one in changes if one.us <= starts_us]
        before = before or [one for one in changes[:1] if one.us <= starts_us + AT_ONCE_US]
        now = before[-1] if before else None
        up, reason = (now.up, now.reason) if now else (False, "not up yet")
        entry = now.entry if now else None
        since_us = starts_us
        for change in [one for one in changes if starts_us < one.us < ends_us and one is not now]:
            if change.up != up:
                found.append(_span(side, up, since_us, change.us, reason, entry, faults))
                since_us = change.us
                up, reason, entry = change.up, change.reason, change.entry
        found.append(_span(side, up, since_us, max(since_us, ends_us), reason, entry, faults))
    return found


def availability(spans: Sequence[LineSpan], centres: Sequence[str]) -> list[Availability]:
    """Return the share of the time that each centre found its line up."""
    found = []
    for centre in centres:
        mine = [one for one in spans if one.centre == centre]
        down = [one for one in mine if not one.up]
        up_s = sum(one.seconds for one in mine if one.up)
        down_s = sum(one.seconds for one in down)
        strange_s = sum(one.seconds for one in down if not one.faults)
        found.append(
            Availability(
                centre=centre,
                share=round(_share(up_s, up_s + down_s), 6),
                outside=round(_share(up_s, up_s + strange_s), 6),
                up_s=round(up_s, 6),
                down_s=round(down_s, 6),
                cuts=len(down),
                unexplained=sum(not one.faults for one in down),
                longest_s=max((one.seconds for one in down), default=0.0),
            )
        )
    return found


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _changes(span: Span, side: Side, faults: Sequence[FaultRow]) -> Iterator[_Change]:
    """Yield each time that a node entered its line as up or down.

    A node that was killed enters nothing: when it was gone others have to tell.
    """
    last_us: int | None = None
    up = False
    for us, entry in span.in_order(side):
        state = entry.what.get("state")
        if entry.kind == "association" and state in {"up", "down"}:
            up = state == "up"
            yield _Change(us, up, str(entry.what.get("reason", "")), side.ref(entry))
        elif entry.kind == "node" and state == "stopped" and up:
            up = False
            yield _Change(us, up, "the node was stopped", side.ref(entry))
        elif entry.kind == "node" and state == "started" and up and last_us is not None:
            up = False
            gone_us, told = _gone(span, side, last_us, us, faults)
            yield _Change(gone_us, up, "the node was gone", told or side.ref(entry))
        last_us = us


def _gone(
    span: Span, side: Side, last_us: int, started_us: int, faults: Sequence[FaultRow]
) -> tuple[int, Ref | None]:
    """Return since when a node was gone that has entered nothing of it, and who says so.

    That is when the peer found the line down, or when the director had the node ended, whichever
    was first; where neither is known, the node's own last entry.
    """
    other = span.other(side)
    told: list[tuple[int, Ref | None]] = [
        (us, other.ref(entry))
        for us, entry in span.in_order(other)
        if entry.kind == "association"
        and entry.what.get("state") == "down"
        and last_us <= us <= started_us
    ]
    told += [
        (max(last_us, us_of(fault.began)), None)
        for fault in faults
        if fault.kind in OF_A_PROCESS
        and fault.centre == side.centre
        and us_of(fault.began) <= started_us
        and (fault.ended is None or us_of(fault.ended) >= last_us)
    ]
    return min(told, key=lambda one: one[0], default=(last_us, None))


def _span(
    side: Side,
    up: bool,
    since_us: int,
    until_us: int,
    reason: str,
    entry: Ref | None,
    faults: Sequence[FaultRow],
) -> LineSpan:
    explaining = [] if up else _explaining(faults, since_us)
    return LineSpan(
        centre=side.centre,
        up=up,
        since=text_of(since_us),
        until=text_of(until_us),
        seconds=round((until_us - since_us) / 1e6, 6),
        reason="" if up else reason,
        faults=list(dict.fromkeys(fault.inject or fault.kind for fault in explaining)),
        explained=list(dict.fromkeys(_named(fault) for fault in explaining)),
        evidence=entry,
    )


def _named(fault: FaultRow) -> str:
    return f"{fault.what} (inject {fault.inject})" if fault.inject else fault.what


def _explaining(faults: Sequence[FaultRow], since_us: int) -> list[FaultRow]:
    """Return the faults by which a line that went down then may have done so.

    A line goes down some seconds after its cause, or before what the director could note of it:
    what lasted then, or a silence before, explains it; where nothing did, what had ended last.
    """
    begun = [
        fault
        for fault in faults
        if fault.kind in EXPLAINING and us_of(fault.began) - BEFORE_US <= since_us
    ]
    lasting = [one for one in begun if one.ended is None]
    over = [(us_of(one.ended), one) for one in begun if one.ended is not None]
    lasting += [one for ended_us, one in over if since_us <= ended_us + SILENCE_US]
    if lasting:
        return [one for one in begun if one in lasting]
    last_us, last = max(over, key=lambda one: one[0], default=(0, None))
    return [last] if last is not None and since_us <= last_us + AFTERWARDS_US else []
