"""Archived epochs: the segment is compared, and the journal that gave it up by its end."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from hotline.audit.keep.archive import Segment
from hotline.audit.reconcile.document import as_document
from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.reconcile.html import render
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.cli.log.reconciled import sentence
from hotline.journal.journal import JOURNAL_FILE
from hotline.journal.prune import read_archived
from hotline.node.place import read_place
from hotline.wire.codec import pack
from tests.audit.falsifying import forged
from tests.audit.histories import compared, journal_record
from tests.audit.tampering import build
from tests.audit.test_archive import segment_of, take_out
from tests.journal.ledger import PEER, open_journal

KNOWN = {"signed-twice"}
"""What the sample pair really has against each other."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make journals with a closed epoch and one in force."""
    return build(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def segment(pair: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """Archive iaf's closed epoch."""
    return segment_of(pair["iaf"].parent, tmp_path_factory.mktemp("archive") / "segment")


@pytest.fixture
def pruned(pair: dict[str, Path], segment: Segment, tmp_path: Path) -> Path:
    """Give iaf's journal without its closed epoch."""
    directory = tmp_path / "pruned"
    directory.mkdir()
    shutil.copy(pair["iaf"], directory)
    take_out(directory, segment)
    return directory / JOURNAL_FILE


def codes(found: Reconciliation) -> set[str]:
    """Return what differs, but for what is known to."""
    return {one.code for one in found.differences} - KNOWN


def segment_record(segment: Segment) -> JournalRecord:
    """Open a segment as the command line does."""
    place = read_place(segment.directory / "node.toml")
    return JournalRecord("segment", place.journal, place.card, place.peers, segment=place.segment)


def test_a_segment_agrees_with_the_other_s_record(pair: dict[str, Path], segment: Segment) -> None:
    """Its epoch is compared in full, verified too; the other epochs are open."""
    found = compared(
        segment_record(segment), journal_record(pair["hmeimim"], "hmeimim"), verify=True
    )
    assert not codes(found)
    assert found.epochs == (1,)
    assert found.messages > 300
    assert found.a.complete is False
    assert [one.text for one in found.open] == ["epoch 2 is not in the archived segment of iaf"]


def test_a_journal_without_an_epoch_agrees_and_says_so(pair: dict[str, Path], pruned: Path) -> None:
    """What was taken out is held by its end, and listed as open; the rest is compared."""
    found = compared(
        journal_record(pruned, "iaf"), journal_record(pair["hmeimim"], "hmeimim"), verify=True
    )
    assert not codes(found)
    assert found.epochs == (2,)
    (gone,) = found.open
    assert gone.side == "a"
    assert "compare that" in gone.text
    assert gone.entries > 600
    assert found.a.logs[0].size == gone.entries


def test_a_segment_that_was_signed_again_does_not_agree(
    pair: dict[str, Path], segment: Segment, tmp_path: Path
) -> None:
    """An archive is no place to hide a falsification in."""
    directory = shutil.copytree(segment.directory, tmp_path / "bent")
    bent = Segment(directory, segment.peer, segment.epoch, segment.ends)
    with forged(read_place(directory / "node.toml").journal, "iaf") as forger:
        forger.alter(10)
    found = compared(segment_record(bent), journal_record(pair["hmeimim"], "hmeimim"))
    assert codes(found) & {"fork", "rewritten"}


@pytest.mark.parametrize(
    ("change", "code"),
    [("size = size - 1", "rolled-back"), ("root", "rewritten")],
)
def test_an_end_that_the_other_knows_otherwise_is_a_difference(
    pair: dict[str, Path], pruned: Path, change: str, code: str
) -> None:
    """The end that is kept of a log must be the one that was signed."""
    with closing(sqlite3.connect(pruned)) as db:
        (payload,) = db.execute("SELECT payload FROM record WHERE kind = 'archived'").fetchone()
        said = read_archived(payload)
        if change == "root":
            said = structs.replace(said, root=bytes(32))
        else:
            said = structs.replace(said, size=said.size - 1)
            db.execute("UPDATE log SET size = size - 1 WHERE origin = ?", (said.origin,))
        db.execute(
            "UPDATE record SET payload = ? WHERE kind = 'archived'", (pack(structs.asdict(said)),)
        )
        db.commit()
    found = compared(journal_record(pruned, "iaf"), journal_record(pair["hmeimim"], "hmeimim"))
    assert code in codes(found)


def test_an_epoch_that_only_began_proves_nothing(pair: dict[str, Path], pruned: Path) -> None:
    """Where all that was said lies in a segment, the records do not agree: the reader is told."""
    found = compared(journal_record(pruned, "iaf"), journal_record(pair["hmeimim"], "hmeimim"))
    assert (found.compared, found.archived) == (True, (1,))
    found.messages = 0
    found.differences.clear()
    assert not found.compared
    assert not found.agree
    assert "archived segment (epoch 1)" in found.why_nothing
    assert as_document(found)["compared"] is False
    assert sentence(found).startswith("nothing could be compared: what was said lies in")
    assert "Nothing could be compared" in render(found)


def test_two_lines_on_which_nothing_was_said_prove_nothing(tmp_path: Path) -> None:
    """Two new journals neither differ nor agree."""
    paths = {}
    for centre in PEER:
        open_journal(tmp_path / centre, centre).close()
        paths[centre] = tmp_path / centre / JOURNAL_FILE
    found = compared(*(journal_record(path, centre) for centre, path in paths.items()))
    assert (found.differences, found.agree, found.compared) == ([], False, False)
    assert "in which something was said" in sentence(found)
