"""What a journal cosigns, and that it is never two histories: docs/spec/witness.md, 3 to 5."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hotline.errors import FencedError, TrustError
from hotline.journal.forks import MAX_FORKS, Fork, OnTheWay, kept_forks, note_said, read_fork
from hotline.journal.incoming import witness
from hotline.journal.journal import Journal
from hotline.journal.outgoing import take_receipt
from hotline.journal.witnessing import (
    FRESH_S,
    Answer,
    Submission,
    Verdict,
    add_checkpoint,
    newest_cosigned,
    timestamp_of,
)
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import Role
from hotline.trust.merkle import (
    EMPTY_ROOT,
    Frontier,
)
from hotline.trust.notes import Note, NoteKey
from hotline.wire.codec import pack, unpack
from hotline.wire.frames import Receipt
from tests.journal.ledger import T0_US, do, key, line_of, open_journal, transact
from tests.journal.trees import ORIGIN, Tree, grow_mirror, tree

OURS, THEIRS = "iaf", "hmeimim"
NODE_ORIGIN = "hotline/exercise/hmeimim/node/1"
SECOND_US = 1_000_000


def submit(journal: Journal, log: Tree, old: int, size: int, now_us: int = T0_US) -> Answer:
    """Have the journal decide about a checkpoint."""
    answer = do(
        journal, partial(add_checkpoint, submission=log.submission(old, size), now_us=now_us)
    )
    assert isinstance(answer, Answer)
    return answer


def cosign(journal: Journal, now_us: int = T0_US) -> Any:
    """Cosign the mirror, as a session does now and then."""
    return do(journal, lambda j: witness(j, line_of(j), now_us))


def verify(line: str, checkpoint: Checkpoint) -> int:
    """Verify our cosignature over a checkpoint; return its time."""
    ours = key(Role.WITNESS, OURS)
    return verify_cosignature(checkpoint.text(), line.encode(), ours.name, ours.public_key)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Open a journal of iaf, whose peer is hmeimim."""
    with closing(open_journal(tmp_path)) as opened:
        yield opened


# --- add-checkpoint -----------------------------------------------------------------------


def test_a_log_is_cosigned_as_it_grows(journal: Journal) -> None:
    """From nothing, then from the size before: each line verifies, and the newest is kept."""
    log = tree()
    for old, size in ((0, 1), (1, 7), (7, 8), (8, 8), (8, 40)):
        answer = submit(journal, log, old, size)
        assert answer.verdict is Verdict.COSIGNED
        assert verify(answer.line, log.checkpoint(size)) == T0_US // SECOND_US
    newest = newest_cosigned(journal.connection, OURS, ORIGIN)
    assert (newest.size, newest.root) == (40, log.checkpoint(40).root)
    assert journal.execute("SELECT count(*) FROM witnessed").fetchone() == (1,)


def test_another_old_size_is_answered_with_the_right_one(journal: Journal) -> None:
    """Too small and too large alike: the size cosigned last, 0 at first, and nothing changes."""
    log = tree()
    assert submit(journal, log, 3, 9) == Answer(Verdict.STALE, size=0)
    submit(journal, log, 0, 5)
    for old, size in ((0, 9), (4, 9), (6, 9), (0, 3)):
        assert submit(journal, log, old, size) == Answer(Verdict.STALE, size=5)
    assert newest_cosigned(journal.connection, OURS, ORIGIN).size == 5


def test_a_proof_that_does_not_hold_is_refused(journal: Journal) -> None:
    """A hash changed, missing or too many; and a log rewritten below what was cosigned."""
    log = tree()
    submit(journal, log, 0, 6)
    good = log.submission(6, 20)
    for proof in (
        (sha256(b"x").digest(), *good.proof[1:]),
        good.proof[:-1],
        (*good.proof, bytes(32)),
        (),
    ):
        bad = Submission(good.key, good.note, good.checkpoint, 6, proof)
        answer = do(journal, partial(add_checkpoint, submission=bad, now_us=T0_US))
        assert answer.verdict is Verdict.NOT_CONSISTENT
    assert submit(journal, tree(forked_at=3), 6, 20).verdict is Verdict.NOT_CONSISTENT
    assert submit(journal, log, 6, 20).verdict is Verdict.COSIGNED


def test_an_empty_log_is_what_it_is(journal: Journal) -> None:
    """A checkpoint of no entries has the one root that there is, or is refused."""
    assert submit(journal, tree(), 0, 0).verdict is Verdict.COSIGNED
    other = Checkpoint(NODE_ORIGIN, 0, bytes(32))
    log = tree(origin=NODE_ORIGIN)
    note = sign_checkpoint(other, key(Role.LOG, THEIRS))
    lie = Submission(log.key, note, other, 0, ())
    answer = do(journal, partial(add_checkpoint, submission=lie, now_us=T0_US))
    assert answer.verdict is Verdict.FORKED
    assert other.root != EMPTY_ROOT


def test_repeating_what_was_signed_causes_no_write(journal: Journal) -> None:
    """Within a minute the stored line comes back; after it, a new one with a new time."""
    log = tree()
    first = submit(journal, log, 0, 9)
    before = journal.connection.total_changes
    assert submit(journal, log, 9, 9, T0_US + 30 * SECOND_US) == first
    assert journal.connection.total_changes == before
    later = submit(journal, log, 9, 9, T0_US + (FRESH_S + 1) * SECOND_US)
    assert timestamp_of(later.line) - timestamp_of(first.line) == FRESH_S + 1


def test_the_time_never_goes_back(journal: Journal) -> None:
    """Whatever the clock does, a log's later cosignature does not say an earlier time."""
    log = tree()
    grow_mirror(journal, log, 4)
    cosign(journal, T0_US + 50 * SECOND_US)
    assert timestamp_of(submit(journal, log, 4, 9).line) == T0_US // SECOND_US + 50
    submit(journal, log, 9, 12, T0_US + 70 * SECOND_US)
    grow_mirror(journal, log, 20)
    assert timestamp_of(cosign(journal).line) == T0_US // SECOND_US + 70


def test_a_fenced_node_cosigns_nothing(journal: Journal) -> None:
    """Neither way, nor does it give a stored line: it does not know what it has signed."""
    log = tree()
    submit(journal, log, 0, 9)
    grow_mirror(journal, log, 9)
    do(journal, lambda j: j.set_fence("it was rolled back"))
    with pytest.raises(FencedError):
        submit(journal, log, 9, 9)
    with pytest.raises(FencedError):
        cosign(journal)


def test_what_hangs_on_a_note_is_not_kept(journal: Journal) -> None:
    """Sixty signatures of others do not fill the journal: one is stored, the log's own."""
    log = tree()
    good = log.submission(0, 9)
    other = Note.parse(tree(origin=NODE_ORIGIN).note(9)).signatures
    loaded = Note(good.checkpoint.text(), (*Note.parse(good.note).signatures, *other * 60)).encode()
    submission = Submission(good.key, loaded, good.checkpoint, 0, ())
    do(journal, partial(add_checkpoint, submission=submission, now_us=T0_US))
    assert journal.execute("SELECT note FROM witnessed").fetchone() == (good.note,)


# --- Both ways together -------------------------------------------------------------------


def test_the_line_waits_until_its_mirror_has_come_as_far(journal: Journal) -> None:
    """Nothing smaller is cosigned after something larger; from there on the line goes on."""
    log = tree()
    grow_mirror(journal, log, 4)
    assert cosign(journal).size == 4
    submit(journal, log, 4, 20)
    grow_mirror(journal, log, 19)
    assert cosign(journal) is None
    grow_mirror(journal, log, 20)
    assert cosign(journal).size == 20
    grow_mirror(journal, log, 33)
    assert cosign(journal).size == 33
    assert submit(journal, log, 20, 40) == Answer(Verdict.STALE, size=33)
    assert submit(journal, log, 33, 40).verdict is Verdict.COSIGNED
    assert kept_forks(journal.connection) == []


def test_the_mirror_may_come_as_far_in_the_same_transaction(journal: Journal) -> None:
    """Leaves that are not written yet are looked at all the same."""
    log, lie = tree(300), tree(300, forked_at=250)
    submit(journal, lie, 0, 280)
    frontier = Frontier()
    frontier.extend(log.leaves)
    update = Receipt(log.note(300), 0, b"".join(log.leaves), ())
    results, _, committed = transact(
        journal,
        lambda j: take_receipt(j, line_of(j), update, frontier, (), T0_US),
        lambda j: witness(j, line_of(j), T0_US),
    )
    assert results == [None, None]
    assert [fork.origin for fork in committed.forks] == [ORIGIN]
    assert line_of(journal).mirror.size == 300


def test_a_mirror_that_contradicts_what_was_cosigned_is_a_fork(journal: Journal) -> None:
    """The receipt is taken, the proof is kept once, and that branch is never cosigned."""
    log, lie = tree(), tree(forked_at=7)
    submit(journal, lie, 0, 12)
    for size in (20, 30):
        grow_mirror(journal, log, size)
        assert cosign(journal) is None
    (fork,) = kept_forks(journal.connection)
    first, second = fork.check()
    assert (first.size, first.root) == (12, lie.checkpoint(12).root)
    assert (second.size, second.root) == (20, log.checkpoint(20).root)
    assert fork.root == log.checkpoint(12).root
    kinds = journal.execute("SELECT kind FROM record WHERE log = ?", (line_of(journal).log,))
    assert kinds.fetchall() == [("fork",)]
    assert submit(journal, lie, 12, 30).verdict is Verdict.FORKED


def test_a_checkpoint_that_contradicts_the_mirror_is_a_fork(journal: Journal) -> None:
    """Whatever its size and `old`: it is never cosigned, and the proof is kept."""
    log, lie = tree(), tree(forked_at=7)
    grow_mirror(journal, log, 30)
    assert submit(journal, lie, 0, 12).verdict is Verdict.FORKED
    assert submit(journal, lie, 5, 13).verdict is Verdict.STALE
    cosign(journal)
    assert submit(journal, lie, 30, 30).verdict is Verdict.FORKED
    assert {fork.check()[0].size for fork in kept_forks(journal.connection)} == {12, 13, 30}


def test_two_checkpoints_of_one_size_are_a_fork(journal: Journal) -> None:
    """Of a log without a mirror too: then the node's own log keeps it."""
    log, lie = tree(origin=NODE_ORIGIN), tree(origin=NODE_ORIGIN, forked_at=3)
    submit(journal, log, 0, 9)
    assert submit(journal, lie, 9, 9).verdict is Verdict.FORKED
    assert submit(journal, lie, 4, 9) == Answer(Verdict.STALE, size=9)
    (fork,) = kept_forks(journal.connection)
    assert [each.size for each in fork.check()] == [9, 9]
    assert fork.path == b""
    (at,) = journal.execute("SELECT log FROM record WHERE kind = 'fork'").fetchone()
    assert at == journal.node_log.id


def test_of_each_log_a_few_forks_are_kept(journal: Journal) -> None:
    """One is proof; a log that signs hundreds cannot fill the disk, and each is told."""
    grow_mirror(journal, tree(), 30)
    for at in range(12):
        action = partial(
            add_checkpoint, submission=tree(forked_at=at).submission(0, 20), now_us=T0_US
        )
        _, _, committed = transact(journal, action)
        assert len(committed.forks) == 1
    assert len(kept_forks(journal.connection)) == MAX_FORKS


def test_what_a_peer_says_is_compared(journal: Journal) -> None:
    """A HELLO with another log of some size is a fork; an older one of the same is none."""
    log, lie = tree(), tree(forked_at=7)
    grow_mirror(journal, log, 20)
    for note in (log.note(20), log.note(9), lie.note(7), log.note(33), b"", b"nonsense"):
        do(journal, partial(note_said, key=log.key, note=note, now_us=T0_US))
    assert kept_forks(journal.connection) == []
    do(journal, partial(note_said, key=log.key, note=lie.note(9), now_us=T0_US))
    assert len(kept_forks(journal.connection)) == 1


def test_a_receipt_that_passes_by_the_hello_is_a_fork(journal: Journal) -> None:
    """Both lie beyond the mirror, and the receipt's own leaves show that they differ."""
    log, lie = tree(), tree(forked_at=7)
    grow_mirror(journal, log, 5)
    say = partial(note_said, key=log.key, note=log.note(40), now_us=T0_US)
    do(journal, partial(say, on_the_way=OnTheWay(log.note(12), log.leaves[5:])))
    do(journal, partial(say, on_the_way=OnTheWay(lie.note(12), lie.leaves[5:])))
    do(journal, partial(say, on_the_way=OnTheWay(lie.note(3), log.leaves[5:])))
    assert kept_forks(journal.connection) == []
    do(journal, partial(say, on_the_way=OnTheWay(lie.note(12), log.leaves[5:])))
    (fork,) = kept_forks(journal.connection)
    assert [each.size for each in fork.check()] == [12, 40]


# --- Proofs -------------------------------------------------------------------------------


def a_fork(journal: Journal) -> Fork:
    """Return the proof of two sizes."""
    grow_mirror(journal, tree(), 30)
    submit(journal, tree(forked_at=7), 0, 12)
    (fork,) = kept_forks(journal.connection)
    return fork


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": NODE_ORIGIN},
        {"root": bytes(32)},
        {"path": b""},
        {"first": tree().note(12), "root": tree().checkpoint(12).root},
        {"first": tree(forked_at=7).note(31)},
        {"second": tree(origin=NODE_ORIGIN).note(30)},
        {"vkey": NoteKey(ORIGIN, key(Role.LOG, OURS).public_key).vkey()},
        {"vkey": "x"},
    ],
)
def test_a_proof_that_proves_nothing_is_refused(journal: Journal, changes: dict[str, Any]) -> None:
    """Another log, key, root or path; two that are consistent: none of it is a fork."""
    fork = a_fork(journal)
    fields = {name: getattr(fork, name) for name in fork.__struct_fields__}
    fork.check()
    with pytest.raises(TrustError):
        Fork(**(fields | changes)).check()


@given(data=st.binary(max_size=300))
@settings(max_examples=60)
def test_any_bytes_are_a_proof_or_refused(data: bytes) -> None:
    """A record's payload that somebody else wrote cannot do more than fail."""
    with pytest.raises(TrustError, match="proves no fork"):
        read_fork(data)


@given(at=st.integers(0, 2000), to=st.binary(max_size=4))
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_a_falsified_proof_is_refused(journal: Journal, at: int, to: bytes) -> None:
    """No byte of a proof can be changed so that it proves something else."""
    forks = kept_forks(journal.connection)
    fork = forks[0] if forks else a_fork(journal)
    data = pack({name: getattr(fork, name) for name in fork.__struct_fields__})
    at %= len(data)
    changed = data[:at] + to + data[at + len(to) :]
    try:
        read = read_fork(changed)
        read.check()
    except TrustError:
        return
    assert read == fork
    assert unpack(changed) == unpack(data)


# --- Any history --------------------------------------------------------------------------


class TestAnyHistory(RuleBasedStateMachine):
    """Honest and forked logs, both ways, in any order, with restarts: one chain is cosigned."""

    def __init__(self) -> None:
        super().__init__()
        self.place = TemporaryDirectory()
        self.journal = open_journal(Path(self.place.name))
        # Branches of one log, each of 64 leaves; the first is what the line mirrors.
        self.branches = [tree(64)] + [tree(64, forked_at=at) for at in (5, 21, 40)]
        self.line = self.branches[0]
        self.signed: list[Checkpoint] = []
        self.times: list[int] = []
        self.lines: set[str] = set()
        self.now_us = T0_US

    def teardown(self) -> None:
        """Clean up after one history."""
        self.journal.close()
        self.place.cleanup()

    def note(self, line: str, checkpoint: Checkpoint) -> None:
        """Take down what was cosigned; a stored line that is given again is nothing new."""
        if line in self.lines:
            return
        self.lines.add(line)
        self.times.append(verify(line, checkpoint))
        self.signed.append(checkpoint)

    @rule(branch=st.integers(0, 3))
    @precondition(lambda self: line_of(self.journal).mirror.size == 0)
    def choose(self, branch: int) -> None:
        """Let the line carry one of the branches."""
        self.line = self.branches[branch]

    @rule(step=st.integers(1, 20))
    @precondition(lambda self: line_of(self.journal).mirror.size < 64)
    def grow(self, step: int) -> None:
        """Let the mirror grow."""
        grow_mirror(self.journal, self.line, min(64, line_of(self.journal).mirror.size + step))

    @rule()
    def on_the_line(self) -> None:
        """Cosign the mirror."""
        given = cosign(self.journal, self.now_us)
        if given is not None:
            self.note(given.line, Checkpoint(ORIGIN, given.size, given.root))

    @rule(
        branch=st.integers(0, 3),
        size=st.integers(0, 64),
        honest=st.booleans(),
        old=st.integers(0, 64),
    )
    def asked(self, branch: int, size: int, honest: bool, old: int) -> None:
        """Submit any checkpoint of any branch, mostly from where the witness is."""
        newest = newest_cosigned(self.journal.connection, OURS, ORIGIN).size
        start = newest if honest else old
        if start > size:
            return
        log = self.branches[branch]
        answer = submit(self.journal, log, start, size, self.now_us)
        if answer.verdict is Verdict.COSIGNED:
            self.note(answer.line, log.checkpoint(size))

    @rule(seconds=st.integers(-100, 100))
    def clock(self, seconds: int) -> None:
        """Set the clock, perhaps back."""
        self.now_us += seconds * SECOND_US

    @rule()
    def restart(self) -> None:
        """Close the journal and open it again."""
        self.journal.close()
        self.journal = open_journal(Path(self.place.name))

    @invariant()
    def one_chain(self) -> None:
        """Each cosigned tree is the beginning of the next, on one branch that has them all."""
        sizes = [checkpoint.size for checkpoint in self.signed]
        assert sizes == sorted(sizes)
        assert self.times == sorted(self.times)
        assert any(
            all(branch.checkpoint(c.size).root == c.root for c in self.signed)
            for branch in self.branches
        )

    @invariant()
    def proofs_hold(self) -> None:
        """Whatever is kept as a fork is one."""
        for fork in kept_forks(self.journal.connection):
            fork.check()


TestAnyHistory.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestAnyHistory = TestAnyHistory.TestCase  # type: ignore[misc, assignment]
