"""Whatever a peer says, the journal that takes it as our node does verifies."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotline.audit.evidence.check import check
from hotline.audit.evidence.gather import gather
from hotline.audit.export.selection import Record, choose
from hotline.audit.export.signed import require_signed
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.verification.findings import Report
from hotline.audit.verification.spans import MAX_REFERENCE, held_reference
from hotline.errors import UsageError
from hotline.journal.incoming import Presentation
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.outgoing import Draft
from hotline.journal.queries import messages as journal_messages
from hotline.journal.schema import connect
from hotline.model.kinds import Answer, Kind
from hotline.model.letter import read_letter
from hotline.model.messages import Notice, encode_payload, kind_of
from hotline.node.desk import Desk
from hotline.wire.body import decode_body
from hotline.wire.codec import pack
from hotline.wire.envelope import decode_envelope
from tests.audit.histories import export_to
from tests.audit.tampering import card, verify
from tests.centres import EXAMPLES
from tests.journal.ledger import (
    IMMEDIATE,
    ROUTINE,
    T0_US,
    accept,
    open_journal,
    taking,
    transact,
)
from tests.model.strategies import messages, objects

LETTER = read_letter((EXAMPLES / "letter.toml").read_bytes())
CENTRE = SimpleNamespace(
    config=SimpleNamespace(centre="iaf"), clock=SimpleNamespace(wall_us=lambda: T0_US)
)
LINE = SimpleNamespace(letter=LETTER)
LETTER_OF_TWO_BYTES = "\N{LATIN SMALL LETTER E WITH ACUTE}"
KINDS = [*(kind.value for kind in Kind), "telegram"]

Saying = tuple[str, Any]
"""A kind, and what its payload holds; bytes are the payload itself."""


def said_by_peer(directory: Path, groups: list[list[Saying]], stream: int = ROUTINE) -> Path:
    """Have the peer say all that in the answer to a notice; return our journal's file."""
    iaf, hmeimim = open_journal(directory / "iaf"), open_journal(directory / "hmeimim", "hmeimim")
    desk = Desk(cast("Any", CENTRE))
    ours = Notice("IAF-0001", "Patrol", "patrol")
    asked = Draft(kind_of(ours).value, encode_payload(ours), ours.reference, answer_within_s=60.0)
    _exchange(iaf, hmeimim, [asked], [Presentation(ours.reference, answer_within_s=60.0)], ROUTINE)
    ((id_,),) = iaf.execute("SELECT id FROM message").fetchall()
    desk._sent[id_] = (Kind.NOTICE.value, ROUTINE)
    for group in groups:
        drafts = [draft for kind, what in group if (draft := _draft(kind, what, id_)) is not None]
        _exchange(hmeimim, iaf, drafts, None, stream, desk)
    for journal in (iaf, hmeimim):
        journal.close()
    return directory / "iaf" / JOURNAL_FILE


def _draft(kind: str, what: Any, id_: bytes) -> Draft | None:
    if isinstance(what, dict) and what.get("to") in TO:
        what = {**what, "to": TO[what["to"]](id_.hex())}
    try:
        return Draft(kind, what if isinstance(what, bytes) else pack(what))
    except UsageError:
        return None


def _exchange(
    sender: Journal,
    recipient: Journal,
    drafts: list[Draft],
    shown: list[Presentation] | None,
    stream: int,
    desk: Desk | None = None,
) -> None:
    if not drafts:
        return
    _, _, committed = transact(sender, drafts={(recipient.centre, stream): drafts})
    for group in committed.groups[recipient.centre]:
        bodies = [decode_body(body) for body in decode_envelope(group.envelope).bodies]
        if desk is not None:
            shown = [desk.judge(cast("Any", LINE), body).shown for body in bodies]
        results, _, taken = transact(recipient, taking(group, shown=shown))
        assert not [result for result in results if isinstance(result, BaseException)]
        (receipt,) = taken.receipts.values()
        accept(sender, receipt)


def outcome(path: Path) -> list[str]:
    """Return what does not hold in our journal."""
    return [str(failure) for failure in verify(path).failures]


TO: dict[str, Callable[[str], str]] = {
    "id": lambda digits: digits,
    "id in capitals": lambda digits: digits.upper(),
    "id in pairs": lambda digits: " ".join(digits[at : at + 2] for at in range(0, 64, 2)),
    "id and a line": lambda digits: f"{digits}\n",
    "less of it": lambda digits: digits[:12],
    "more of it": lambda digits: digits * 2,
    "in other figures": lambda digits: digits.replace("1", "\N{FULLWIDTH DIGIT ONE}"),
}
"""What a reply may say that it answers; each is made of the id of a notice of ours."""

LENGTHS = (MAX_REFERENCE - 1, MAX_REFERENCE, MAX_REFERENCE + 1, 60_000)
REFERENCES = [
    "", " ", "\0", "A\0B", "IAF-0001", "R", "..", "'); --", "\N{RIGHT-TO-LEFT OVERRIDE}R",
    *("x" * length for length in LENGTHS),
    *(LETTER_OF_TWO_BYTES * (length // 2) + "x" * (length % 2) for length in LENGTHS),
]  # fmt: skip

answers = st.fixed_dictionaries(
    {
        "to": st.sampled_from(sorted(TO)),
        "answer": st.sampled_from([*(answer.value for answer in Answer), "ACCEPT", "", "later"]),
    },
    optional={"reference": st.sampled_from(REFERENCES), "officer": st.sampled_from(REFERENCES)},
).map(lambda what: ("reply", what))
named = st.tuples(
    st.sampled_from(KINDS),
    st.fixed_dictionaries(
        {"reference": st.sampled_from(REFERENCES)},
        optional={
            "number": st.integers(-1, 3),
            "title": st.sampled_from(REFERENCES),
            "officer": st.sampled_from(REFERENCES),
            "phrases": st.lists(st.integers(0, 2**64 - 1) | st.just(513), max_size=3),
            "volumes": objects,
            "beyond": objects,
        },
    ),
)
proper = messages.map(lambda message: (kind_of(message).value, encode_payload(message)))
anything = st.tuples(st.sampled_from(KINDS), objects | st.binary(max_size=60))
sayings = st.lists(st.lists(answers | named | proper | anything, max_size=4), max_size=4)


@given(sayings, st.sampled_from([IMMEDIATE, ROUTINE]))
@example([[(kind, {"reference": name}) for name in REFERENCES] for kind in KINDS], ROUTINE)
@example([[("reply", {"to": to, "answer": "stand-by"})] for to in sorted(TO)], IMMEDIATE)
@example([[("reply", {"to": to, "answer": "accept"})] for to in sorted(TO)], IMMEDIATE)
@settings(max_examples=30, deadline=None)
def test_whatever_a_peer_says_the_journal_verifies(groups: list[list[Saying]], stream: int) -> None:
    """Long names, odd answers, other forms, noise: each is taken, flagged, and verifies."""
    with tempfile.TemporaryDirectory() as directory:
        assert outcome(said_by_peer(Path(directory), groups, stream)) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_end_of_a_long_reference(tmp_path: Path, jobs: int) -> None:
    """What the desk shows otherwise behind any bound is found."""
    name = "x" * 60_000
    path = said_by_peer(tmp_path, [[("notice", {"reference": name})]])
    assert outcome(path) == []
    for bent in (f"{name[:-1]}y", f"{name}y", name[:-1], name[:MAX_REFERENCE], f"{name}\0"):
        with closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE message SET reference = ? WHERE direction = 1", (bent,))
            db.commit()
        report: Report = verify(path, jobs=jobs)
        assert [failure.step for failure in report.failures] == [11]


def test_reference_that_reads_like_what_is_held_of_a_long_one(tmp_path: Path) -> None:
    """Of a long one a length and a hash are held: no stored text can pass for that."""
    name = "x" * 60_000
    held = held_reference(name.encode())
    assert isinstance(held, tuple)
    path = said_by_peer(tmp_path, [[("notice", {"reference": name})]])
    for bent in (held[1], repr(held).encode(), held[1].hex().encode()):
        with closing(sqlite3.connect(path)) as db:
            db.execute(
                "UPDATE message SET reference = CAST(? AS TEXT) WHERE direction = 1", (bent,)
            )
            db.commit()
        assert "desk's reference" in "".join(outcome(path))


@pytest.mark.parametrize(
    "saying",
    [
        ("notice", {"reference": "\x01" * 261_000}),
        ("notice", {"reference": "R", "title": "\x01" * 261_000}),
        ("telegram", {"\x01" * 130_000: "\x01" * 130_000}),
        ("notice", {"reference": "A\0B", "x": 2**64 - 1, "y": [1.5e308, -0.0], "z": b"\xff" * 999}),
        ("reply", {"to": "\x01" * 200_000, "answer": "\x01" * 50_000}),
    ],
    ids=["reference", "title", "unknown kind", "numbers and bytes", "reply"],
)
def test_what_is_written_of_it_can_be_read(tmp_path: Path, saying: Saying) -> None:
    """Its export is read by a reconciliation, its evidence by whoever it is shown."""
    path = said_by_peer(tmp_path, [[saying]])
    target = tmp_path / "export.jsonl"
    assert export_to(path, "iaf", target)
    with closing(ExportRecord(target.name, target)) as record:
        record.begin("hmeimim")
        assert sum(1 for _ in record.entries()) >= 5
    peers = {"hmeimim": card("hmeimim")}
    with closing(connect(path, writable=False)) as db:
        parts = choose(db).parts
        require_signed(Record(db, "iaf", "exercise", card("iaf"), peers, {}, parts))
        (taken,) = journal_messages(db, direction="in", limit=10)
        check(gather(db, card("iaf"), peers, {}, taken.id.hex()), [])
