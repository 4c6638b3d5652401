"""Step 10, for what was cosigned by ``add-checkpoint`` and for forks: docs/spec/witness.md."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hotline.audit.verification.findings import Report
from hotline.journal.forks import kept_forks
from hotline.journal.incoming import witness
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.outgoing import take_receipt
from hotline.journal.records import append_record
from hotline.journal.witnessing import Verdict, add_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import Role
from hotline.trust.notes import NoteKey
from hotline.wire.codec import pack
from hotline.wire.frames import Receipt
from tests.audit.tampering import verify
from tests.journal.ledger import T0_US, do, key, line_of, open_journal
from tests.journal.trees import ORIGIN, Tree, grow_mirror, tree
from tests.trust import samples

OTHERS = "hotline/exercise/jordan/cyprus/1"


def others() -> Tree:
    """Return a log of centres that this node has no line with."""
    return tree(origin=OTHERS, signer=samples.key(Role.LOG, "jordan"))


def submit(journal: Journal, log: Tree, old: int, size: int) -> Verdict:
    """Submit a checkpoint."""
    action = partial(add_checkpoint, submission=log.submission(old, size), now_us=T0_US)
    verdict = do(journal, action).verdict
    assert isinstance(verdict, Verdict)
    return verdict


def mirror(journal: Journal, log: Tree, size: int) -> None:
    """Let the mirror of hmeimim's log grow to ``size``, and cosign it."""
    grow_mirror(journal, log, size)
    do(journal, lambda j: witness(j, line_of(j), T0_US))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Open iaf's journal, which has vouched for the peer's log twice over, and for another's."""
    with closing(open_journal(tmp_path)) as opened:
        mirror(opened, tree(), 9)
        submit(opened, tree(), 9, 20)
        submit(opened, others(), 0, 7)
        yield opened


def verified(journal: Journal) -> Report:
    """Verify the record as it is now."""
    return verify(journal.directory / JOURNAL_FILE)


def step_10(journal: Journal) -> list[str]:
    """Return what step 10 finds wrong, and nothing else must be."""
    failures = verified(journal).failures
    assert {failure.step for failure in failures} <= {10}
    return [failure.text for failure in failures]


def test_an_honest_record_holds(journal: Journal) -> None:
    """While the mirror is behind, as far, and beyond what was cosigned."""
    for size in (15, 20, 33):
        assert verified(journal).failures == []
        mirror(journal, tree(), size)
    report = verified(journal)
    assert report.failures == []
    assert report.kept_forks == []


def change(journal: Journal, sql: str, *values: Any) -> None:
    """Write into the closed record with a program of one's own."""
    with closing(sqlite3.connect(journal.directory / JOURNAL_FILE)) as connection, connection:
        assert connection.execute(sql, values).rowcount == 1


OF_OTHERS = f"WHERE origin = '{OTHERS}'"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("size", 8),
        ("size", -1),
        ("root", bytes(32)),
        ("root", b""),
        ("note", others().note(8)),
        ("note", tree(origin=OTHERS).note(7)),
        ("note", b"\xff"),
        ("vkey", NoteKey(OTHERS, key(Role.LOG, "iaf").public_key).vkey()),
        ("vkey", others().key.vkey().replace("jordan", "cyprus")),
        ("vkey", ""),
        ("line", "nonsense\n"),
        ("line", ""),
        ("origin", "hotline/exercise/jordan/malta/1"),
        ("origin", "hotline/exercise/iaf/malta/1"),
        ("origin", "hotline/actual/jordan/cyprus/1"),
    ],
)
def test_each_value_of_a_row_is_checked(journal: Journal, column: str, value: object) -> None:
    """No column can say something else than what was signed."""
    change(journal, f"UPDATE witnessed SET {column} = ? {OF_OTHERS}", value)
    assert step_10(journal)


def test_a_cosignature_of_another_log_is_noticed(journal: Journal) -> None:
    """Ours, but over something else."""
    (line,) = journal.execute("SELECT line FROM witnessed WHERE origin = ?", (ORIGIN,)).fetchone()
    change(journal, f"UPDATE witnessed SET line = ? {OF_OTHERS}", line)
    assert step_10(journal)


def test_a_peers_log_has_the_pinned_key(journal: Journal) -> None:
    """Another key may sign what it likes: for this log it proves nothing."""
    other = tree(signer=samples.key(Role.LOG, "jordan"))
    change(
        journal,
        "UPDATE witnessed SET vkey = ?, note = ? WHERE origin = ?",
        other.key.vkey(),
        other.note(20),
        ORIGIN,
    )
    assert any("key on the peer's card" in text for text in step_10(journal))


def test_a_tree_that_the_mirror_does_not_contain(journal: Journal) -> None:
    """Without the fork that says why, the record contradicts itself."""
    lie = tree(forked_at=12)
    signed = key(Role.WITNESS, "iaf")
    change(
        journal,
        "UPDATE witnessed SET root = ?, note = ?, line = ? WHERE origin = ?",
        lie.checkpoint(20).root,
        lie.note(20),
        cosign(lie.checkpoint(20).text(), signed, T0_US // 1_000_000).decode(),
        ORIGIN,
    )
    assert verified(journal).failures == []
    line = line_of(journal)
    frontier = line.mirror.frontier.copy()
    frontier.extend(tree().leaves[9:30])
    update = Receipt(tree().note(30), 9, b"".join(tree().leaves[9:30]), ())
    do(journal, lambda j: take_receipt(j, line_of(j), update, frontier, (), T0_US))
    assert any("nor a fork" in text for text in step_10(journal))
    do(journal, lambda j: witness(j, line_of(j), T0_US))
    report = verified(journal)
    assert report.failures == []
    ((log, entry, text),) = report.kept_forks
    assert (log, entry) == ("hotline/exercise/iaf/hmeimim/1", 0)
    assert ORIGIN in text


def test_a_fork_that_is_kept_is_no_failure_of_the_keeper(journal: Journal) -> None:
    """Of a peer in the line's log, of others in the node's own: the record holds, and says so."""
    mirror(journal, tree(), 30)
    assert submit(journal, tree(forked_at=12), 30, 30) is Verdict.FORKED
    lie = tree(origin=OTHERS, forked_at=3, signer=samples.key(Role.LOG, "jordan"))
    assert submit(journal, lie, 7, 7) is Verdict.FORKED
    report = verified(journal)
    assert report.ok
    assert {log for log, _, _ in report.kept_forks} == {
        "hotline/exercise/iaf/hmeimim/1",
        "hotline/exercise/iaf/node/1",
    }


def _other_key(what: dict[str, Any]) -> None:
    other = tree(signer=samples.key(Role.LOG, "jordan"))
    lie = tree(forked_at=12, signer=other.signer)
    what |= {"vkey": other.key.vkey(), "first": lie.note(30), "second": other.note(30)}


BENT: dict[str, Callable[[dict[str, Any]], None]] = {
    "made up with another key": _other_key,
    "consistent": lambda what: what.update(first=what["second"]),
    "another root": lambda what: what.update(root=bytes(32)),
    "a field missing": lambda what: what.pop("path"),
    "of our own log": lambda what: what.update(origin="hotline/exercise/iaf/hmeimim/1"),
}


@pytest.mark.parametrize("bent", BENT)
def test_a_fork_that_is_none_fails(journal: Journal, bent: str) -> None:
    """Nobody can be accused with a proof that proves nothing."""
    mirror(journal, tree(), 30)
    submit(journal, tree(forked_at=12), 30, 30)
    (fork,) = kept_forks(journal.connection)
    what = {name: getattr(fork, name) for name in fork.__struct_fields__}
    BENT[bent](what)
    do(journal, lambda j: append_record(j, line_of(j), "fork", pack(what), T0_US))
    (text,) = step_10(journal)
    assert "a fork is no proof" in text


def test_a_fork_lies_where_it_belongs(journal: Journal) -> None:
    """A peer's log does not carry what another centre did: it would be shown to this peer."""
    lie = tree(origin=OTHERS, forked_at=3, signer=samples.key(Role.LOG, "jordan"))
    submit(journal, lie, 7, 7)
    (fork,) = kept_forks(journal.connection)
    what = {name: getattr(fork, name) for name in fork.__struct_fields__}
    do(journal, lambda j: append_record(j, line_of(j), "fork", pack(what), T0_US))
    assert step_10(journal) == ["a fork of another log is kept here"]
