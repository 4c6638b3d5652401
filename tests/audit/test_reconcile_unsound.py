"""What contradicts itself inside of one record, and what a side keeps against the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hotline.errors import HotlineError
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.keys import Role
from hotline.trust.notes import NoteKey
from hotline.wire.envelope import decode_envelope
from hotline.wire.frames import Hello, Receipt, encode_frame
from tests.audit.falsifying import Forger
from tests.audit.tampering import card
from tests.audit.two_records import OWN, Honest, Two, copy_of, entry_of, make_honest
from tests.journal.ledger import T0_US, key

RECEIVED = "direction = 1 AND stream = 3 AND seq = 2"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """Make two honest journals once."""
    return make_honest(tmp_path_factory.mktemp("honest"))


@pytest.fixture
def two(honest: Honest, tmp_path: Path) -> Two:
    """Give a fresh copy of both journals."""
    return copy_of(honest, tmp_path)


def row(statement: str) -> Callable[[Two], object]:
    """Make the falsification of one row of iaf's record; ``{}`` is its first received message."""
    return lambda two: two.change(
        "iaf", statement.format(f"idx = {entry_of(two, 'iaf', RECEIVED)}")
    )


def kept(kind: str, **what: object) -> Callable[[Two], object]:
    """Make the falsification that enters something of that kind."""
    return lambda two: two.forge("iaf", lambda f: f.append_record(kind, what))


def own_message(two: Two) -> None:
    """Keep as a contradiction what the peer said anyhow."""

    def bend(forger: Forger) -> None:
        (envelope,) = forger.db.execute(
            "SELECT bytes FROM envelope WHERE log = ? AND direction = 1 AND stream = 3"
            " AND first_seq = 1",
            (forger.log,),
        ).fetchone()
        assert decode_envelope(envelope)
        forger.append_record("equivocation", {"stream": 3, "seq": 1, "envelope": envelope})

    two.forge("iaf", bend)


def receipt_again(two: Two) -> None:
    """Enter the first receipt once more."""

    def bend(forger: Forger) -> None:
        (payload,) = forger.db.execute(
            "SELECT payload FROM record WHERE log = ? AND kind = 'receipt' ORDER BY idx",
            (forger.log,),
        ).fetchone()
        forger.db.execute(
            "INSERT INTO record VALUES (?, ?, 'receipt', 1, ?, ?)",
            (forger.log, forger.size, bytes(16), payload),
        )

    two.forge("iaf", bend)


def fork_of(origin: str, centre: str) -> dict[str, object]:
    """Return a fork that holds by itself: of a log, under the log key of a centre."""
    notes = [
        sign_checkpoint(Checkpoint(origin, 5, bytes([n]) * 32), key(Role.LOG, centre))
        for n in range(2)
    ]
    return {
        "origin": origin,
        "vkey": NoteKey(origin, card(centre).log).vkey(),
        "first": notes[0],
        "second": notes[1],
        "root": bytes([1]) * 32,
        "path": b"",
    }


UNSOUND: dict[str, tuple[Callable[[Two], object], str]] = {
    "an entry is gone": (row("DELETE FROM message WHERE log = :own AND {}"), "is due"),
    "the end is gone": (
        lambda two: two.change("iaf", "UPDATE log SET size = size + 1 WHERE id = :own"),
        "by its own account",
    ),
    "a body is gone": (
        row("UPDATE message SET envelope = 0 WHERE log = :own AND {}"),
        "body cannot be read",
    ),
    "a body is another's": (
        row("UPDATE message SET seq = 77 WHERE log = :own AND {}"),
        "says something else",
    ),
    "an id is not the body's": (
        row("UPDATE message SET id = zeroblob(32) WHERE log = :own AND {}"),
        "not the hash",
    ),
    "a receipt is none": (kept("receipt", checkpoint=b"x", old_size=0, items=[]), "receipt cannot"),
    "a receipt has no form": (kept("receipt", more=1), "receipt cannot"),
    "a receipt comes twice": (receipt_again, "repeats"),
    "a contradiction is none": (kept("equivocation", stream=3, seq=1, envelope=b"x"), "cannot be"),
    "a contradiction has no form": (kept("equivocation", more=1), "cannot be read"),
    "a contradiction contradicts nothing": (own_message, "is none"),
    "a fork is none": (kept("fork", more=1), "is none"),
    "a fork is of our own log": (kept("fork", **fork_of(OWN["iaf"], "iaf")), "not of the other"),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_a_record_that_contradicts_itself_is_told(what: str, two: Two) -> None:
    """Without verification too, and whatever else differs because of it."""
    bend, words = UNSOUND[what]
    bend(two)
    texts = [one.text for one in two.compare().differences if one.code == "record-unsound"]
    assert any(words in text for text in texts), texts


@pytest.mark.parametrize("kind", ["clock", "read", "refusal", "something"])
def test_other_records_that_cannot_be_read_are_passed_over(kind: str, two: Two) -> None:
    """They are nothing to the other side; verification looks at their form."""
    two.forge("iaf", lambda f: f.append_record(kind, {"more": 1}))
    assert two.compare().agree


@pytest.mark.parametrize("frame", ["hello", "receipt"])
def test_a_signed_checkpoint_in_a_refused_frame_proves_a_fork(frame: str, two: Two) -> None:
    """What was refused while the line ran is kept, and is held against the log."""
    note = sign_checkpoint(Checkpoint(OWN["hmeimim"], 4, bytes(32)), key(Role.LOG, "hmeimim"))
    refused: Hello | Receipt = Receipt(note, 4, b"", ())
    if frame == "hello":
        refused = Hello(
            (1,), "hmeimim", "exercise", 1, bytes(32), (1, 1, 1, 1), note, 0, b"", T0_US
        )
    kept("refusal", code="line.forked-log", text="", frame=encode_frame(refused))(two)
    found = two.compare()
    (fork,) = found.differences
    assert fork.code in {"fork", "rewritten"}
    assert note in fork.proof
    assert fork.a is not None


def test_a_checkpoint_that_nobody_signed_in_a_refused_frame_proves_nothing(two: Two) -> None:
    """Anybody can send a frame; only the log's own key can convict the log."""
    note = sign_checkpoint(Checkpoint(OWN["iaf"], 4, bytes(32)), key(Role.LOG, "iaf"))
    frame = encode_frame(Receipt(note, 4, b"", ()))
    kept("refusal", code="trust.wrong-origin", text="", frame=frame)(two)
    assert two.compare().agree


def test_a_journal_of_nonsense_is_an_error_and_not_a_crash(two: Two) -> None:
    """Tables that are gone end the comparison with what the store says."""
    with closing(sqlite3.connect(two.paths["iaf"])) as db:
        db.execute("DROP TABLE record")
    with pytest.raises(HotlineError) as refused:
        two.compare()
    assert refused.value.code.startswith("journal.")
