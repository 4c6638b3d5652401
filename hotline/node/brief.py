"""The brief for a relieving officer: what he would find if he looked at everything himself.

Two briefs are the same when nothing changed that an officer has to know: so there is no time in
them that only passes, and no figure that only counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from hotline.journal.counts import counts
from hotline.journal.open_items import open_items
from hotline.journal.queries import StoredMessage
from hotline.model.kinds import Precedence
from hotline.model.messages import Reply
from hotline.model.text import printable
from hotline.model.times import format_time
from hotline.model.title import title_of
from hotline.node.desk import read_payload
from hotline.node.proposals import own_contents, proposed_notices
from hotline.wire.records import MAX_BRIEF_ITEMS, MAX_NAME, BriefedItem, BriefedSection

if TYPE_CHECKING:
    from hotline.journal.access_drafts import StoredDraft
    from hotline.journal.access_shelf import Shelved
    from hotline.node.centre import Centre
    from hotline.node.line import Line

SECTIONS = (
    "unread",
    "unanswered",
    "proposals",
    "unreceipted",
    "drafts",
    "alarms",
    "conflicts",
    "lines",
    "notices",
    "play",
    "faults",
)
"""The names of the sections, in the order in which they are told."""
MAX_REASON = 120
"""Characters of a reason that a brief tells; the alarm itself has all of it."""


async def brief_of(centre: Centre) -> tuple[BriefedSection, ...]:
    """Return what is open at this node now. Raises JournalError."""
    now_us = centre.clock.wall_us()
    counted = await centre.reader.run(partial(counts, now_us=now_us))
    found = await centre.reader.run(partial(open_items, limit=MAX_BRIEF_ITEMS))
    contents = own_contents(centre)
    proposals = await centre.reader.run(partial(proposed_notices, contents=contents))
    drafts = await centre.drafts.all()
    lines = [*centre.lines.values()]
    return (
        _section("unread", map(_message, found.unread), counted.unread),
        _section(
            "unanswered",
            (_message(one, f", due {_clock(due)}") for one, due in found.unanswered),
            found.unanswered_total,
        ),
        _section("proposals", (_proposal(*pair) for pair in proposals)),
        _section(
            "unreceipted", map(_message, found.unreceipted), sum(sum(one.backlog) for one in lines)
        ),
        _section("drafts", _drafts(drafts)),
        _section("alarms", _alarms(centre)),
        _section("conflicts", (item for line in lines for item in _conflicts(line))),
        _section("lines", map(_line, lines)),
        _section("notices", (item for line in lines for item in _notices(centre, line))),
        _section("play", _play(centre)),
        _section("faults", _faults(centre)),
    )


def changed(before: tuple[BriefedSection, ...], now: tuple[BriefedSection, ...]) -> tuple[str, ...]:
    """Return the names of the sections that are no more as they were told."""
    told = {section.name: section for section in before}
    return tuple(section.name for section in now if told.get(section.name) != section)


def _section(name: str, items: Iterable[BriefedItem], total: int | None = None) -> BriefedSection:
    found = tuple(items)
    return BriefedSection(name, len(found) if total is None else total, found[:MAX_BRIEF_ITEMS])


def _item(subject: str, text: str) -> BriefedItem:
    return BriefedItem(printable(subject)[:MAX_NAME], printable(text)[:MAX_NAME])


def _message(stored: StoredMessage, more: str = "") -> BriefedItem:
    way = f"to {stored.peer}" if stored.direction == "out" else f"from {stored.peer}"
    title = title_of(read_payload(stored))
    said = " ".join(part for part in (stored.kind, stored.reference or "", title) if part)
    return _item(stored.id.hex()[:12], f"{Precedence(stored.stream).name} {way}{more}: {said}")


def _proposal(notice: StoredMessage, proposal: StoredMessage) -> BriefedItem:
    """Return a notice of ours with who proposes a change to it, and when that was signed."""
    said = read_payload(proposal)
    officer = printable(said.officer) if isinstance(said, Reply) and said.officer else ""
    by = f"{officer or 'somebody'} at {_clock(proposal.created_us)}"
    return _message(notice, f", change proposed by {by}")


def _alarms(centre: Centre) -> Iterator[BriefedItem]:
    for alarm in centre.bell.standing:
        seen = "" if alarm.acknowledged_us is None else f", seen by {alarm.acknowledged_by}"
        over = "" if alarm.cleared_us is None else ", over"
        shelved = _shelved(centre.bell.shelved(alarm.id))
        yield _item(f"alarm {alarm.id}", f"{alarm.code}{seen}{over}{shelved}: {alarm.text}")


def _shelved(found: Shelved | None) -> str:
    """Return who keeps an alarm quiet, until when and why: nobody hears it who is not told."""
    if found is None:
        return ""
    reason = printable(found.reason).replace('"', "'")
    cut = reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…"
    return f', shelved by {found.officer} until {_clock(found.until_us)} for "{cut}"'


def _drafts(drafts: Iterable[StoredDraft]) -> Iterator[BriefedItem]:
    """Yield the drafts that wait for a second officer, the oldest offer first."""
    offered = [(one.offered_us, one) for one in drafts if one.offered_us is not None]
    for _, one in sorted(offered, key=lambda pair: (pair[0], pair[1].id)):
        about = f" about {one.about}" if one.about else ""
        way = f"{one.precedence} to {one.peer}, offered by {one.offered_by}"
        yield _item(f"draft {one.id}", f"{way}: {one.kind}{about}")


def _conflicts(line: Line) -> Iterator[BriefedItem]:
    entered = line.airspace.entered
    for pair in sorted(entered.pairs):
        yield _item(f"{pair[0]} and {pair[1]}", f"{entered.kind(pair).value} with {line.peer}")


def _line(line: Line) -> BriefedItem:
    state = ["up" if line.up else "DOWN"]
    if line.letter_differs:
        state.append("the letters differ")
    if line.held is not None:
        state.append("nothing is signed on it")
    return _item(line.peer, ", ".join(state))


def _notices(centre: Centre, line: Line) -> Iterator[BriefedItem]:
    current = line.airspace.current
    for owner in (centre.config.centre, line.peer):
        for one in sorted(current.of(owner), key=lambda standing: standing.key.reference):
            until = f" until {_clock(one.ends_us)}" if one.ends_us is not None else ""
            text = f"{owner}, {one.precedence.name}, {one.life.state.value}{until}"
            yield _item(f"{one.key.reference} revision {one.life.revision}", text)


def _play(centre: Centre) -> Iterator[BriefedItem]:
    play = centre.exercise.play
    if play.since_us is not None:
        yield _item(play.name or "exercise", play.state.value)


def _faults(centre: Centre) -> Iterator[BriefedItem]:
    for fault in centre.faults.lasting:
        where = f" on the line with {fault.peer}" if fault.peer else ""
        yield _item(fault.kind, f"broken on purpose by {fault.by}{where}")


def _clock(us: int) -> str:
    try:
        return format_time(us - us % 1_000_000)
    except (ValueError, OverflowError):
        return str(us)
