"""One centre's side, read from the journal that was collected: in memory, in the API's shapes.

Only what lies in the journal is read, after it was verified: no node is asked, and nothing that
the director remembers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hotline.api.schema import AlarmView, EntryView, MessageView
from hotline.api.stopped import StoppedNode
from hotline.api.voice_shapes import VoiceView
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.exercise.report.document import Ref
from hotline.model.letter import Letter
from hotline.trust.card import Card
from hotline.trust.cosignature import WitnessKey

PAGE = 2_000
"""Entries that are read at once."""
MESSAGES_MOST = 200_000
"""Messages of a journal that a report goes through: an exercise has some thousands."""


def is_of_the_node(log: str) -> bool:
    """Return whether a log is that of a node's own affairs, and of no line."""
    return log.split("/")[3:4] == ["node"]


@dataclass(frozen=True, slots=True)
class Collected:
    """Where a collected journal lies, and the public keys that it is held against."""

    centre: str
    directory: Path
    journal: Path
    card: Card
    peers: Mapping[str, Card]
    witnesses: Mapping[str, WitnessKey] = field(default_factory=dict)
    letters: Mapping[str, Letter] = field(default_factory=dict)
    complete: bool = True

    def record(self) -> JournalRecord:
        """Open it as one side of a reconciliation. Raises JournalError."""
        return JournalRecord(
            f"collected/{self.centre}",
            self.journal,
            self.card,
            self.peers,
            witnesses=self.witnesses,
            complete=self.complete,
        )


@dataclass(frozen=True, slots=True)
class Side:
    """All of one centre's journal: entries oldest first, messages too.

    ``fingerprint`` is of its card, ``letter`` the line's where it lies beside the journal.
    """

    centre: str
    fingerprint: str
    letter: Letter | None
    entries: tuple[EntryView, ...]
    messages: tuple[MessageView, ...]
    alarms: tuple[AlarmView, ...]
    calls: tuple[VoiceView, ...]

    @property
    def line_log(self) -> str:
        """The origin of the newest log of a line; "" where there is none."""
        logs = [one.log for one in self.entries if not is_of_the_node(one.log)]
        return logs[-1] if logs else ""

    def of_kind(self, *kinds: str) -> list[EntryView]:
        """Return the records of these kinds, oldest first."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def messages_by_id(self) -> dict[tuple[str, str], list[EntryView]]:
        """Return the entries of each message, by direction (in, out) and id."""
        found: dict[tuple[str, str], list[EntryView]] = {}
        for entry in self.entries:
            direction, name = entry.what.get("direction"), entry.what.get("id")
            if isinstance(direction, str) and isinstance(name, str) and "seq" in entry.what:
                found.setdefault((direction, name), []).append(entry)
        return found

    def ref(self, entry: EntryView) -> Ref:
        """Return where an entry stands."""
        return Ref(centre=self.centre, log=entry.log, entry=entry.entry)


async def read_side(collected: Collected, now_us: int, peer: str) -> Side:
    """Read a journal. Raises JournalError and UsageError as StoppedNode does.

    ``now_us`` is when it was collected, ``peer`` the other centre of the exercise.
    """
    async with StoppedNode(collected.journal, now_us, dict(collected.letters)) as node:
        entries: list[EntryView] = []
        after = "0"
        while True:
            page = await node.log(after=after, limit=PAGE)
            entries += page.entries
            if not page.more:
                break
            after = page.after
        messages = (await node.messages(peer=peer, limit=MESSAGES_MOST)).messages
        alarms = (await node.alarms(all=True)).alarms
        calls = (await node.voice(limit=MESSAGES_MOST)).calls
    return Side(
        collected.centre,
        collected.card.fingerprint.hex(),
        collected.letters.get(peer),
        tuple(entries),
        tuple(reversed(messages)),
        tuple(alarms),
        tuple(reversed(calls)),
    )
