"""From whichever checkpoint of an honest record: what lies before it and after it belong together.

Alarms are raised, cleared, acknowledged and raised again, messages are opened, on either side of
checkpoints, anchors and recoveries.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotline.audit.verification.findings import Failure
from hotline.audit.verification.journal import verify_journal
from hotline.audit.verification.starts import read_anchor
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.records import (
    acknowledge_alarm,
    anchor,
    clear_alarms,
    raise_alarm,
    read_message,
)
from hotline.journal.recovery import recover
from tests.audit.tampering import NODE_1, NODE_2, OWN_1, OWN_2, card, falsified
from tests.journal.ledger import (
    PEER,
    ROUTINE,
    T0_US,
    accept,
    do,
    hear,
    line_of,
    open_journal,
    say,
)

PEERS = {"hmeimim": card("hmeimim")}
STEPS = ("talk", "raise", "raise", "clear", "acknowledge", "anchor", "read", "recover")

Step = tuple[str, int]
"""What happens at iaf, and a small number that says to which."""


class History:
    """The journals of both centres, in whatever epoch they have come to."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._epoch = 1
        self._time_us = T0_US
        self._pair: dict[str, Journal] = {}
        self._open()
        self.path = directory / "iaf" / JOURNAL_FILE

    def _open(self) -> None:
        for centre, peer in PEER.items():
            journal = open_journal(self._directory / centre, centre, lines={peer: self._epoch})
            journal.execute("PRAGMA synchronous = OFF")
            self._pair[centre] = journal

    def close(self) -> None:
        """Close both journals."""
        for journal in self._pair.values():
            journal.close()

    def play(self, steps: list[Step]) -> None:
        """Let all of it happen."""
        for what, number in steps:
            self._time_us += 1_000_000
            getattr(self, "_" + what)(self._pair["iaf"], number, self._time_us)

    def _talk(self, iaf: Journal, number: int, now_us: int) -> None:
        """Bring a message across and one back: each gives a checkpoint."""
        del number
        for sender, recipient in (self._pair.values(), reversed(self._pair.values())):
            (group,) = say(sender, 1, ROUTINE, now_us)
            accept(sender, hear(recipient, group, now_us=now_us), now_us)
        assert line_of(iaf).own.note

    def _raise(self, iaf: Journal, number: int, now_us: int) -> None:
        text = f"at {now_us}"
        do(iaf, lambda j: raise_alarm(j, "line.down", "hmeimim", str(number), text, now_us))

    def _clear(self, iaf: Journal, number: int, now_us: int) -> None:
        do(iaf, lambda j: clear_alarms(j, "line.down", "hmeimim", str(number), now_us))

    def _acknowledge(self, iaf: Journal, number: int, now_us: int) -> None:
        row = iaf.execute(
            "SELECT id FROM alarm WHERE subject = ? AND acknowledged_by IS NULL", (str(number),)
        ).fetchone()
        if row is not None:
            do(iaf, lambda j: acknowledge_alarm(j, row[0], "levi", now_us))

    def _anchor(self, iaf: Journal, number: int, now_us: int) -> None:
        del number
        do(iaf, lambda j: anchor(j, line_of(j), now_us))

    def _read(self, iaf: Journal, number: int, now_us: int) -> None:
        """Open the newest message but so many, of whatever epoch it is."""
        row = iaf.execute(
            "SELECT id FROM message WHERE direction = 1 ORDER BY log DESC, idx DESC LIMIT 1"
            " OFFSET ?",
            (number,),
        ).fetchone()
        if row is not None:
            do(iaf, lambda j: read_message(j, line_of(j), row[0], "levi", now_us))

    def _recover(self, iaf: Journal, number: int, now_us: int) -> None:
        del number
        if not line_of(iaf).own.size:
            return
        do(iaf, lambda j: j.set_fence("its log contradicts what the peer holds"))
        self.close()
        self._epoch += 1
        self._open()
        do(self._pair["iaf"], lambda j: recover(j, "levi", now_us), now_us)


def checkpoints_of(path: Path) -> dict[str, list[bytes]]:
    """Return every checkpoint that a record has of its own logs, by origin."""
    found: dict[str, list[bytes]] = {}
    with closing(sqlite3.connect(path)) as db:
        notes = [note for (note,) in db.execute("SELECT note FROM receipt_given")]
        anchors = db.execute("SELECT payload FROM record WHERE kind = 'anchor'")
        notes += [read_anchor(payload) for (payload,) in anchors]
    for note in dict.fromkeys(notes):
        found.setdefault(note.partition(b"\n")[0].decode(), []).append(note)
    return found


def failures(path: Path, *notes: bytes) -> list[Failure]:
    """Return what does not hold from these checkpoints on."""
    return list(verify_journal(path, card("iaf"), PEERS, trusted=notes).failures)


def assert_holds_from_anywhere(steps: list[Step]) -> None:
    """Let it happen; the record holds whole, and from one checkpoint of each log or of one."""
    with TemporaryDirectory() as directory:
        history = History(Path(directory))
        history.play(steps)
        history.close()
        assert failures(history.path) == []
        found = checkpoints_of(history.path)
        for notes in found.values():
            for note in notes:
                assert failures(history.path, note) == [], note.decode()
        ends = [(notes[0], notes[-1]) for notes in found.values()]
        for chosen in list(product(*ends))[:16]:
            assert failures(history.path, *chosen) == [], chosen


RECOVERED: list[Step] = [("recover", 0), ("anchor", 0), ("talk", 0)]


@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1)), max_size=25))
@settings(max_examples=25, deadline=None)
# Raised after the last anchor of one generation, and cleared before the first one of the next.
@example([("talk", 0), ("raise", 0), ("recover", 0), ("clear", 0), ("anchor", 0), ("talk", 0)])
@example([("talk", 0), ("raise", 0), ("recover", 0), ("acknowledge", 0), *RECOVERED[1:]])
# Raised, cleared, and raised again with other words after a recovery.
@example([("talk", 0), ("raise", 0), ("clear", 0), ("recover", 0), ("raise", 0), *RECOVERED[1:]])
@example([("talk", 0), ("raise", 0), ("acknowledge", 0), *RECOVERED, ("clear", 0), *RECOVERED])
# Of three generations, in the middle one.
@example(
    [("talk", 0), ("raise", 0), *RECOVERED, ("clear", 0), ("raise", 1), *RECOVERED, ("clear", 1)]
)
# A message of a closed epoch is opened in the next one.
@example([("talk", 0), ("talk", 0), ("recover", 0), ("talk", 0), ("read", 1), ("talk", 0)])
def test_an_honest_record_holds_from_any_checkpoint(steps: list[Step]) -> None:
    """Whatever was raised, cleared, acknowledged, opened or recovered before it and after it."""
    assert_holds_from_anywhere(steps)


def test_what_is_new_is_not_believed_because_something_is_trusted(tmp_path: Path) -> None:
    """An alarm of an old generation that is shown as cleared, while no new entry says so, fails.

    So does one whose words are others, and a reading that nobody entered.
    """
    history = History(tmp_path)
    history.play([("talk", 0), ("raise", 0), ("acknowledge", 0), ("raise", 1), ("recover", 0)])
    history.play([("anchor", 0), ("talk", 0), ("clear", 1), ("anchor", 0), ("talk", 0)])
    history.close()
    notes = checkpoints_of(history.path)
    assert {OWN_1, OWN_2, NODE_2} <= notes.keys()
    assert NODE_1 not in notes
    for statement in (
        "UPDATE alarm SET text = 'nothing' WHERE id = 1",
        "UPDATE alarm SET acknowledged_by = 'nobody' WHERE id = 1",
        "UPDATE alarm SET subject = '7' WHERE id = 2",
        "UPDATE alarm SET cleared_us = 1 WHERE id = 1",
        "UPDATE alarm SET cleared_us = 1 WHERE id = 2",
    ):
        with falsified(history.path, tmp_path / "copy.sqlite") as db:
            assert db.execute(statement).rowcount == 1
        found = failures(tmp_path / "copy.sqlite", notes[OWN_2][0])
        assert [failure.step for failure in found] == [11], statement
    with falsified(history.path, tmp_path / "copy.sqlite") as db:
        db.execute(
            "INSERT INTO reading SELECT id, 'nobody', 1 FROM message WHERE direction = 1"
            " ORDER BY log DESC, idx DESC LIMIT 1"
        )
    assert [one.step for one in failures(tmp_path / "copy.sqlite", notes[OWN_2][0])] == [11]
