"""Step 10 with outside witnesses: whose cosignatures count, and what becomes of unknown ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.audit.verification.findings import Failure, Report
from hotline.audit.verification.journal import verify_journal
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey, cosigned_bytes
from hotline.trust.keys import PrivateKey, PublicKey, Role
from hotline.trust.notes import NoteSignature
from tests.audit.tampering import NODE_2, OWN_1, OWN_2, build, card, falsified, log_id
from tests.trust import samples

NAME = "witness.example/2026"
SECRET: PrivateKey = samples.key(Role.WITNESS, "hmeimim")
KEY = WitnessKey(NAME, PublicKey(SECRET.public))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of an honest journal; nobody changes it."""
    return build(tmp_path_factory.mktemp("honest"))["iaf"]


def line_over(checkpoint: Checkpoint, timestamp_s: int = 1_800_000_000) -> str:
    """Return the outside witness's line over a checkpoint."""
    signature = SECRET.sign(cosigned_bytes(checkpoint.text(), timestamp_s))
    payload = timestamp_s.to_bytes(8, "big") + signature
    return NoteSignature(NAME, KEY.key_id, payload).line()


def newest(db: sqlite3.Connection, origin: str) -> Checkpoint:
    """Return the newest signed checkpoint of a log of ours."""
    (note,) = db.execute("SELECT note FROM log WHERE origin = ?", (origin,)).fetchone()
    return Checkpoint.parse(note.decode().rpartition("\n\n")[0] + "\n")


@pytest.fixture
def cosigned(honest: Path, tmp_path: Path) -> Callable[..., Report]:
    """Give the way to verify a journal in which logs bear lines of an outside witness."""

    def verified(
        *origins: str, known: bool = True, line: str | None = None, trusted: bool = False
    ) -> Report:
        copy = tmp_path / "copy.sqlite"
        with falsified(honest, copy) as db:
            notes = []
            for origin in origins:
                at = newest(db, origin)
                (note,) = db.execute("SELECT note FROM log WHERE origin = ?", (origin,)).fetchone()
                notes.append(note + line_over(at).encode())
                db.execute(
                    "INSERT INTO cosignature VALUES (?, ?, ?, ?, ?)",
                    (
                        log_id(db, origin),
                        at.size,
                        NAME,
                        at.root,
                        line_over(at) if line is None else line,
                    ),
                )
        return verify_journal(
            copy,
            card("iaf"),
            {"hmeimim": card("hmeimim")},
            witnesses={NAME: KEY} if known else {},
            trusted=notes if trusted else (),
        )

    return verified


@pytest.mark.parametrize("origin", [OWN_1, OWN_2, NODE_2])
def test_an_outside_witness_counts_in_each_log_of_ours(
    cosigned: Callable[..., Report], origin: str
) -> None:
    """Its cosignature over a line's log or the node's is verified, and counted as the peer's is."""
    report = cosigned(origin)
    assert report.failures == []
    sizes = {name: size for name, size, _ in report.checkpoints}
    assert 0 < report.cosigned[origin][NAME] <= sizes[origin]
    assert ("hmeimim" in report.cosigned[origin]) is (origin != NODE_2)


def test_a_witness_that_is_not_named_any_more(cosigned: Callable[..., Report]) -> None:
    """Its lines cannot be verified: that fails, and says what to keep in node.toml."""
    for origin in (OWN_1, NODE_2):
        (failure,) = cosigned(origin, known=False).failures
        assert (failure.step, failure.log) == (10, origin)
        assert NAME in failure.text
        assert "[[witness]]" in failure.text


def test_a_line_that_is_not_the_witness_s(cosigned: Callable[..., Report]) -> None:
    """A line over another tree, or in the name of another key, is no cosignature."""
    for line in (line_over(Checkpoint(OWN_1, 5, b"x" * 32)), "", "— a b\n", "\ud7ff" * 9000):
        (failure,) = cosigned(OWN_1, line=line).failures
        assert isinstance(failure, Failure)
        assert (failure.step, failure.log) == (10, OWN_1)


def test_a_mirror_has_no_outside_witness(honest: Path, tmp_path: Path) -> None:
    """We alone cosign a peer's log here; an outside witness's line over it is none of ours."""
    with falsified(honest, tmp_path / "copy.sqlite") as db:
        db.execute(
            "UPDATE cosignature SET witness = ? WHERE witness = 'iaf'",
            (NAME,),
        )
    report = verify_journal(
        tmp_path / "copy.sqlite",
        card("iaf"),
        {"hmeimim": card("hmeimim")},
        witnesses={NAME: KEY},
    )
    assert {failure.step for failure in report.failures} == {10}


def test_a_trusted_checkpoint_says_who_cosigned_it(cosigned: Callable[..., Report]) -> None:
    """Lines of outside witnesses on a checkpoint that is trusted are verified and told."""
    report = cosigned(OWN_2, NODE_2, trusted=True)
    assert report.failures == []
    told = {begin.origin: begin.witnesses for begin in report.begins}
    assert told[OWN_2] == told[NODE_2] == (NAME,)
    assert report.cosigned[OWN_2][NAME] > 0
    assert report.cosigned[NODE_2][NAME] > 0
