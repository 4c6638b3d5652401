"""Whatever happens on a line, two honest records agree; whatever is falsified, they do not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.journal.journal import JOURNAL_FILE
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.notes import Note
from hotline.wire.codec import unpack
from tests.audit.falsifying import forged
from tests.audit.histories import (
    AHEAD_US,
    CENTRES,
    Line,
    Step,
    compared,
    copied,
    export_to,
    histories,
    journal_record,
    path_of,
    record_of,
)
from tests.audit.tampering import card
from tests.journal.ledger import PEER, line_of


@contextmanager
def line() -> Iterator[Line]:
    """Give a line with two fresh journals."""
    with tempfile.TemporaryDirectory() as directory:
        made = Line(Path(directory))
        try:
            yield made
        finally:
            made.close()


def reconciled(made: Line, *, verify: bool = False) -> Reconciliation:
    """Compare both journals as they lie there."""
    a, b = (journal_record(path_of(made.directory, centre), centre) for centre in CENTRES)
    return compared(a, b, verify=verify)


def assert_agree(found: Reconciliation) -> None:
    """Fail with what differs."""
    text = "\n".join(f"{one.code}: {one.text}" for one in found.differences)
    assert found.agree or not (found.compared or found.differences), text


@given(histories(), st.booleans())
@settings(max_examples=40)
def test_two_honest_journals_reconcile_to_zero_differences(steps: list[Step], verify: bool) -> None:
    """Cuts, repeats, lost and late receipts, restarts: nothing of it is a difference."""
    with line() as made:
        made.play(steps)
        found = reconciled(made, verify=verify)
        assert_agree(found)
        for clock in found.clocks:
            true_us = AHEAD_US["hmeimim"] - AHEAD_US["iaf"]
            assert abs(clock.offset_us - true_us) <= clock.uncertainty_us + 1
        made.settle()
        found = reconciled(made)
        assert_agree(found)
        sent = sum(
            journal.execute("SELECT count(*) FROM message WHERE direction = 0").fetchone()[0]
            for journal in made.journals.values()
        )
        assert found.messages == sent - len(CENTRES), "all but the line checks that said it"
        assert sum(one.entries for one in found.open) == len(CENTRES)


class SlowRecord(JournalRecord):
    """A record that it takes time to read: the line goes on before it is read, and after."""

    def __init__(self, made: Line, centre: str, before: list[Step], after: list[Step]) -> None:
        pins = {PEER[centre]: card(PEER[centre])}
        super().__init__(centre, path_of(made.directory, centre), card(centre), pins)
        self._line, self._before, self._after = made, before, after

    def begin(self, peer: str) -> None:
        """Hold on to one state, in the midst of what happens."""
        self._line.play(self._before)
        super().begin(peer)
        self._line.play(self._after)


@given(histories(15), histories(15), histories(15), st.sampled_from(CENTRES))
@settings(max_examples=40)
def test_two_nodes_that_go_on_while_they_are_read_agree(
    first: list[Step], second: list[Step], third: list[Step], slow: str
) -> None:
    """What one side has learned since the other was read is open, and no difference."""
    with line() as made:
        made.play(first)
        a = journal_record(path_of(made.directory, PEER[slow]), PEER[slow])
        found = compared(a, SlowRecord(made, slow, second, third))
        assert_agree(found)


def test_what_is_newer_than_the_other_record_is_told_as_such(tmp_path: Path) -> None:
    """What the one read last has learned meanwhile is open, in words that say why."""
    made = Line(tmp_path)
    said: list[Step] = [(what, each, 3, 1) for what in ("say", "carry") for each in CENTRES]
    made.play(said)
    a = journal_record(path_of(tmp_path, "iaf"), "iaf")
    found = compared(a, SlowRecord(made, "hmeimim", [], [*said, ("cosign", "hmeimim", 0, 1)]))
    made.close()
    assert_agree(found)
    told = {one.text: one.entries for one in found.open}
    assert told == {
        "iaf knows of entries of hmeimim that were made while the records were read, one after the"
        " other": 2,
        "received after the record of hmeimim was read": 1,
        "sent and receipted after the record of hmeimim was read": 1,
    }


@given(histories(20), histories(20))
@settings(max_examples=25)
def test_a_record_of_the_past_agrees_with_one_of_today(
    before: list[Step], after: list[Step]
) -> None:
    """A backup or export of one side, an export or the journal of the other, taken at any time."""
    with line() as made:
        made.play(before)
        sides: dict[str, list[Path]] = {}
        for centre in CENTRES:
            path = path_of(made.directory, centre)
            early = copied(path, made.directory / f"{centre}.sqlite")
            export = made.directory / f"{centre}-early.jsonl"
            sides[centre] = [early, *([export] if export_to(early, centre, export) else [])]
        made.play(after)
        for centre in CENTRES:
            path = path_of(made.directory, centre)
            export = made.directory / f"{centre}-late.jsonl"
            sides[centre] += [path, *([export] if export_to(path, centre, export) else [])]
        for a in sides["iaf"]:
            for b in sides["hmeimim"]:
                assert_agree(compared(record_of(a, "iaf"), record_of(b, "hmeimim")))


FALSIFICATIONS = ("delete", "insert", "swap", "alter", "roll_back")
CONVICTED_BY = {"fork", "rewritten", "rolled-back"}
"""Differences that show a signature of the falsifier which its record does not bear out."""


@given(
    histories(15),
    histories(15),
    st.sampled_from(CENTRES),
    st.sampled_from(FALSIFICATIONS),
    st.floats(0, 1, exclude_max=True),
    st.booleans(),
)
@settings(max_examples=60)
def test_one_falsification_signed_all_the_way_up_does_not_reconcile(
    before: list[Step],
    after: list[Step],
    centre: str,
    how: str,
    where: float,
    exported: bool,
) -> None:
    """Whoever holds the keys of one side can change its record, and not what the other has."""
    with line() as made:
        made.play(before)
        made.settle()
        made.play(after)
        other = PEER[centre]
        index = int(where * known_of(made, centre, exported=exported))
        bent = copied(path_of(made.directory, centre), made.directory / JOURNAL_FILE)
        with forged(bent, centre) as forger:
            index = min(index, forger.size - 2)
            getattr(forger, how)(index)
            left = forger.size
        sides = {centre: bent, other: path_of(made.directory, other)}
        if exported:
            export = made.directory / "other.jsonl"
            assert export_to(sides[other], other, export)
            sides[other] = export
        found = compared(*(record_of(sides[each], each) for each in CENTRES))
        codes = {one.code for one in found.differences}
        assert codes & CONVICTED_BY, codes
        convicting = [one for one in found.differences if one.code in CONVICTED_BY]
        for note in (note for one in convicting for note in one.proof):
            open_checkpoint(note, f"hotline/exercise/{centre}/{other}/1", card(centre).log)
        if how == "roll_back":
            assert "rolled-back" in codes
        elif not exported and index < left:
            # The other's copy of the leaves tells which entry it is.
            refs = [one.a if centre == "iaf" else one.b for one in convicting]
            assert index in {ref.entry for ref in refs if ref is not None}


def known_of(made: Line, centre: str, *, exported: bool) -> int:
    """Return how much of a centre's log the other has its signature over.

    An export has no copy of the leaves, and ends at the exporter's newest checkpoint.
    """
    other = made.journals[PEER[centre]]
    if not exported:
        return line_of(other).mirror.size
    sizes = [0]
    sealed = line_of(other).sealed.size
    for (payload,) in other.execute(
        "SELECT payload FROM record WHERE kind = 'receipt' AND idx < ?", (sealed,)
    ):
        sizes.append(Checkpoint.parse(Note.parse(unpack(payload)["checkpoint"]).text).size)
    return max(sizes)
