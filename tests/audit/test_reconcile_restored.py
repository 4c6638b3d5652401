"""A node that was restored from an older copy, and its record beside the other's afterwards."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.reconcile.findings import Difference, Reconciliation
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.records import anchor, append_record
from hotline.journal.recovery import recover
from hotline.wire.codec import pack
from tests.audit.falsifying import forged
from tests.audit.histories import (
    CENTRES,
    Line,
    compared,
    copied,
    export_to,
    journal_record,
    path_of,
)
from tests.audit.tampering import NODE_2, OWN_1
from tests.journal.ledger import PEER, ROUTINE, T0_US, catch_up, do, line_of, open_journal, say

LATER_US = T0_US + 3_600_000_000
TALK = [
    (what, centre, stream, number)
    for stream, number in ((0, 1), (3, 5))
    for what in ("say", "carry", "clock", "read")
    for centre in CENTRES
]


def restored(
    directory: Path,
    written: int,
    *,
    recovered: bool = True,
    meanwhile: Callable[[Journal], object] = lambda journal: None,
) -> dict[str, Path]:
    """Make both records after iaf lost what came after a copy; return the journal of each.

    Between the restore and the recovery, iaf wrote so many entries into the old log.
    """
    line = Line(directory)
    line.play(TALK)
    line.settle()
    copy = copied(path_of(directory, "iaf"), directory / "backup")
    line.play(TALK)
    line.settle()
    line.close()
    shutil.rmtree(directory / "iaf")
    (directory / "iaf").mkdir()
    shutil.copy(copy, directory / "iaf" / JOURNAL_FILE)
    iaf = open_journal(directory / "iaf")
    for number in range(written):
        down = pack({"state": "down", "reason": f"line.refused-{number}"})
        do(iaf, partial(_enter, what=down))
    meanwhile(iaf)
    do(iaf, lambda j: j.set_fence("its log contradicts what the peer holds"))
    iaf.close()
    if recovered:
        pair = [
            open_journal(directory / each, each, lines={PEER[each]: 2})
            for each in ("iaf", "hmeimim")
        ]
        do(pair[0], lambda j: recover(j, "levi", LATER_US), LATER_US)
        for journal in pair:
            do(journal, lambda j: anchor(j, line_of(j), LATER_US))
            say(journal, 2, ROUTINE, LATER_US)
        for sender, recipient in (pair, pair[::-1]):
            catch_up(sender, recipient, LATER_US)
        for journal in pair:
            journal.close()
    return {each: copied(path_of(directory, each), directory / f"{each}.now") for each in CENTRES}


def _enter(journal: Journal, what: bytes) -> None:
    append_record(journal, line_of(journal), "association", what, LATER_US)


def reconciled(paths: dict[str, Path], *, verify: bool = False) -> Reconciliation:
    """Hold both records against each other."""
    return compared(*(journal_record(paths[each], each) for each in CENTRES), verify=verify)


def codes(found: Reconciliation) -> set[str]:
    """Return the codes of all differences."""
    return {one.code for one in found.differences}


def of_the_log(found: Reconciliation) -> Difference:
    """Return the difference that tells of the log itself."""
    return next(one for one in found.differences if " of its log, as " in one.text)


@pytest.mark.parametrize("written", [0, 3, 120])
def test_a_restored_record_is_named_so(tmp_path: Path, written: int) -> None:
    """Fewer entries or more than the other holds: never as a forgery, and it is a difference."""
    paths = restored(tmp_path, written)
    found = reconciled(paths, verify=True)
    assert (found.a.verified, found.b.verified) == (True, True)
    assert codes(found) == {"restored"}
    told = of_the_log(found)
    assert told.a is not None
    assert (told.a.log, told.a.entry, told.a.time_us) == (NODE_2, 0, LATER_US)
    assert "by levi" in told.text
    assert told.proof[0].startswith(OWN_1.encode())
    log = next(log for log in found.a.logs if log.origin == OWN_1)
    begins = log.size - written
    assert f"entries {begins} to " in told.text
    if written == 0:
        assert "after the restore" not in told.text
    else:
        assert f"entries {begins} to {log.size - 1} in its record were written after" in told.text
    lost = [one for one in found.differences if one.a is not None and one.b is not None]
    assert {one.b.log for one in lost if one.b is not None} == {"hotline/exercise/hmeimim/iaf/1"}
    assert any("it lost" in one.text for one in lost), "each message is named"


@pytest.mark.parametrize("written", [3, 120])
def test_without_a_recovery_nothing_explains_it(tmp_path: Path, written: int) -> None:
    """An older copy, or another record, is told as what it is while nobody closed the log."""
    found = reconciled(restored(tmp_path, written, recovered=False))
    assert "restored" not in codes(found)
    assert codes(found) & {"rewritten", "rolled-back"}


@pytest.mark.parametrize("written", [3, 120])
def test_a_recovery_does_not_explain_an_entry_that_was_changed(
    tmp_path: Path, written: int
) -> None:
    """What lies before the newest checkpoint was there when the copy was made."""
    paths = restored(tmp_path, written)
    with forged(paths["iaf"], "iaf") as forger:
        forger.alter(4)
    found = reconciled(paths)
    assert codes(found) & {"rewritten", "fork"}
    assert not any(" of its log, as " in one.text for one in found.differences)


@pytest.mark.parametrize("written", [3, 120])
def test_a_recovery_does_not_explain_what_was_signed_after_the_restore(
    tmp_path: Path, written: int
) -> None:
    """A node that signs other entries in place of the lost ones has two histories."""

    def sign(iaf: Journal) -> None:
        do(iaf, lambda j: setattr(line_of(j), "seal_wanted", True))

    found = reconciled(restored(tmp_path, written, meanwhile=sign))
    assert codes(found) & {"rewritten", "fork", "rolled-back"}
    assert not any(" of its log, as " in one.text for one in found.differences)


def test_a_recovery_that_nobody_signed_explains_nothing(tmp_path: Path) -> None:
    """The record that closes the log counts only under the centre's own signature."""
    paths = restored(tmp_path, 3)
    with closing(sqlite3.connect(paths["iaf"])) as db:
        assert db.execute(
            "UPDATE record SET time_us = time_us + 1 WHERE kind = 'recovered'"
        ).rowcount
        db.commit()
    found = reconciled(paths)
    assert "restored" not in codes(found)
    assert "rolled-back" in codes(found)


@pytest.mark.parametrize("written", [3, 120])
def test_beside_an_export_of_the_other_it_is_named_so_too(tmp_path: Path, written: int) -> None:
    """An export has no leaf hashes of the lost log: the entries are named as far as it can tell."""
    paths = restored(tmp_path, written)
    export = tmp_path / "hmeimim.jsonl"
    assert export_to(paths["hmeimim"], "hmeimim", export)
    found = compared(journal_record(paths["iaf"], "iaf"), ExportRecord("hmeimim.jsonl", export))
    assert codes(found) == {"restored"}
    assert of_the_log(found).a is not None
