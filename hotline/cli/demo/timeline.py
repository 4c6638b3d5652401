"""What came of a script: every message with its times, warning and flags; findings and alarms.

Read from both nodes after the play; nothing is taken from the script but what it expects.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotline.api.schema import MessageView
from hotline.cli.demo.script import CONTENT_KINDS, Script
from hotline.cli.demo.stage import Stage
from hotline.cli.output import builtins
from hotline.journal.compared import LATER
from hotline.journal.queries import records
from hotline.journal.schema import connect
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter
from hotline.model.times import parse_time
from hotline.wire.records import AlarmCleared, AlarmRaised, Related, decode_record

EVERYTHING = 1000
"""The most that a node tells of messages at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a node entered of two notices, and when (microseconds since 1970)."""

    centre: str
    at_us: int
    related: Related


class _Judged(ABC):
    """What is compared with what a script expects: ``codes`` found, ``expected`` None for any."""

    __slots__ = ()

    expected: frozenset[str] | None

    @property
    @abstractmethod
    def codes(self) -> frozenset[str]:
        """What was found."""

    @property
    def missing(self) -> list[str]:
        """What should have been found and was not."""
        return sorted((self.expected or frozenset()) - self.codes)

    @property
    def unexpected(self) -> list[str]:
        """What was found and should not have been."""
        return [] if self.expected is None else sorted(self.codes - self.expected)


@dataclass(frozen=True, slots=True)
class Row(_Judged):
    """One message. ``number`` is its sample's, None where a node composed it by itself.

    ``sent`` is as its sender knows it, ``come`` as the receiver does, None where it has not come.
    ``later`` is what the receiver has found of it since it was entered, told here only while its
    flags do not say so themselves. ``expected`` are the codes that the receiver has to flag, None
    where nothing is expected.
    """

    number: int | None
    centre: str
    file: str
    sent: MessageView
    come: MessageView | None
    needed_s: float | None
    later: tuple[Finding, ...]
    expected: frozenset[str] | None

    @property
    def codes(self) -> frozenset[str]:
        """What was flagged on arrival, or found after it where that was flagged."""
        flagged = frozenset(flag.code for flag in self.come.flags) if self.come else frozenset()
        found = (f"airspace.{one.related.relation}" for one in self.untold)
        return flagged.difference([LATER]).union(found)

    @property
    def untold(self) -> tuple[Finding, ...]:
        """What was found of a message that is not compared with every notice yet.

        As soon as it is, the node joins all that it found to the message's flags.
        """
        flags = self.come.flags if self.come else ()
        waits = any(flag.code == LATER and flag.found_at is None for flag in flags)
        return self.later if waits else ()


@dataclass(frozen=True, slots=True)
class Ring:
    """One time that an alarm rang, from when to when its cause stood."""

    code: str
    text: str
    raised_us: int
    cleared_us: int | None = None


@dataclass(frozen=True, slots=True)
class Rung(_Judged):
    """The alarms of one centre, oldest first, and what should have rung, None for no matter."""

    centre: str
    rings: tuple[Ring, ...]
    expected: frozenset[str] | None

    @property
    def codes(self) -> frozenset[str]:
        """What has rung."""
        return frozenset(ring.code for ring in self.rings)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it, in the order of time; ``began_us`` is when the first message was composed."""

    began_us: int
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    rung: tuple[Rung, ...]

    @property
    def as_expected(self) -> bool:
        """Whether every message has come, and whatever was expected was flagged and rang."""
        judged: tuple[Row | Rung, ...] = (*self.rows, *self.rung)
        return all(row.come is not None for row in self.rows) and not any(
            one.missing or one.unexpected for one in judged
        )

    def after_s(self, time: str | int) -> float:
        """Return how many seconds after the first message a moment is."""
        moment_us = parse_time(time) if isinstance(time, str) else time
        return (moment_us - self.began_us) / 1e6


async def read_timeline(scene: Stage, script: Script, sent: dict[int, str]) -> Timeline:
    """Read from both nodes what came of a script; ``sent`` are the ids by number."""
    out: dict[str, list[MessageView]] = {}
    come: dict[str, MessageView] = {}
    rung = []
    findings: list[Finding] = []
    for centre, client in scene.clients.items():
        out[centre] = (await client.messages(direction="out", limit=EVERYTHING)).messages
        page = await client.messages(direction="in", limit=EVERYTHING)
        come |= {view.id: view for view in page.messages}
        journal = scene.sites[centre].journal
        findings += _findings(centre, journal)
        wanted = script.alarms.get(centre)
        rung.append(
            Rung(centre, tuple(_rings(journal)), None if wanted is None else frozenset(wanted))
        )
    findings.sort(key=lambda finding: finding.at_us)
    numbers = {id_: number for number, id_ in sent.items()}
    files = {sample.number: sample.name for sample in script.samples}
    rows = []
    for centre, views in out.items():
        for view in views:
            number = numbers.get(view.id)
            rows.append(
                Row(
                    number=number,
                    centre=centre,
                    file="" if number is None else files[number],
                    sent=view,
                    come=come.get(view.id),
                    needed_s=needed_s(view, script.letter),
                    later=_first_found(findings, view),
                    expected=_expected(script, number),
                )
            )
    rows.sort(key=lambda row: (row.sent.created_at, row.sent.entry))
    began_us = parse_time(rows[0].sent.created_at)
    return Timeline(began_us, tuple(rows), tuple(findings), tuple(rung))


def needed_s(view: MessageView, letter: Letter) -> float | None:
    """Return the letter's minimum warning for a notice or revision; None for other messages."""
    if view.kind not in CONTENT_KINDS or view.message is None:
        return None
    activity = str(view.message.get("activity", ""))
    return letter.warning_needed(Precedence[view.precedence], activity)


def _expected(script: Script, number: int | None) -> frozenset[str] | None:
    """Return what a message has to be flagged with; nothing, where a node composed it."""
    if number is None:
        return frozenset() if script.judged else None
    flags = script.step(number).flags
    return None if flags is None else frozenset(flags)


def _first_found(findings: list[Finding], view: MessageView) -> tuple[Finding, ...]:
    """Return what the receiver of a message found it to be to each of its own notices at first."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.centre == view.peer and finding.related.other.hex() == view.id:
            first.setdefault(finding.related.reference, finding)
    return tuple(first.values())


def _findings(centre: str, journal: Path) -> Iterator[Finding]:
    with closing(connect(journal, writable=False)) as connection:
        for record in records(connection, kinds=("conflict",), limit=EVERYTHING):
            related = decode_record(record.payload, Related, record.kind)
            yield Finding(centre, record.time_us, related)


def _rings(journal: Path) -> list[Ring]:
    """Return every time that an alarm rang; the list of alarms has one that rings again once."""
    kinds = ("alarm-raised", "alarm-cleared")
    with closing(connect(journal, writable=False)) as connection:
        found = records(connection, kinds=kinds, limit=EVERYTHING)
    rings: list[Ring] = []
    last: dict[int, int] = {}
    for record in reversed(found):
        if record.kind == "alarm-raised":
            raised = decode_record(record.payload, AlarmRaised, record.kind)
            last[raised.alarm] = len(rings)
            rings.append(Ring(raised.code, raised.text, record.time_us))
        else:
            number = last.get(decode_record(record.payload, AlarmCleared, record.kind).alarm)
            if number is not None:
                rings[number] = replace(rings[number], cleared_us=record.time_us)
    return rings


def as_object(timeline: Timeline) -> dict[str, Any]:
    """Return the timeline as JSON has it; times in seconds are those after the first message."""
    return {
        "as_expected": timeline.as_expected,
        "messages": [_row_object(timeline, row) for row in timeline.rows],
        "relations": [
            {
                "centre": finding.centre,
                "at_s": timeline.after_s(finding.at_us),
                "relation": finding.related.relation,
                "before": finding.related.before,
                "reference": finding.related.reference,
                "other": finding.related.other_reference,
                "cause": finding.related.cause,
                "by_right": finding.related.by_right,
                "distance_m": finding.related.distance_m,
                "vertical_m": finding.related.vertical_m,
                "text": finding.related.text,
            }
            for finding in timeline.findings
        ],
        "alarms": [
            {
                "centre": rung.centre,
                "rang": [
                    {
                        "code": ring.code,
                        "text": ring.text,
                        "at_s": timeline.after_s(ring.raised_us),
                        "over_s": timeline.after_s(ring.cleared_us) if ring.cleared_us else None,
                    }
                    for ring in rung.rings
                ],
                "missing": rung.missing,
                "unexpected": rung.unexpected,
            }
            for rung in timeline.rung
        ],
    }


def _row_object(timeline: Timeline, row: Row) -> dict[str, Any]:
    durable_at = row.come.entered_at if row.come else None
    return {
        "number": row.number,
        "file": f"{row.centre}/{row.file}" if row.file else None,
        "centre": row.centre,
        "id": row.sent.id,
        "kind": row.sent.kind,
        "precedence": row.sent.precedence,
        "reference": row.sent.reference,
        "title": row.sent.title,
        "sent_at": row.sent.created_at,
        "sent_s": timeline.after_s(row.sent.created_at),
        "durable_at": durable_at,
        "durable_s": None if durable_at is None else timeline.after_s(durable_at),
        "warning_s": row.come.warning_s if row.come else None,
        "warning_needed_s": row.needed_s,
        "flags": [builtins(flag) for flag in row.come.flags] if row.come else [],
        "codes": sorted(row.codes),
        "expected": None if row.expected is None else sorted(row.expected),
        "missing": row.missing,
        "unexpected": row.unexpected,
    }
