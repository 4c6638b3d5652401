"""Each kind of difference, from a falsification that makes it; and what is none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hotline.audit.reconcile.account import MAX_DIFFERENCES
from hotline.audit.reconcile.codes import MEANINGS
from hotline.audit.reconcile.document import as_document
from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.exchanges import MAX_EXCHANGES, Span
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.reconcile.findings import Clock
from hotline.audit.reconcile.html import render
from hotline.cli.log.reconciled import print_reconciliation
from hotline.errors import HotlineError
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.notes import Note, NoteKey
from hotline.wire.codec import pack, unpack
from tests.audit.falsifying import Forger, forged
from tests.audit.forgeries import forged_note
from tests.audit.histories import (
    AHEAD_US,
    CENTRES,
    Line,
    compared,
    copied,
    export_to,
    journal_record,
    path_of,
)
from tests.audit.tampering import card, hashes_of
from tests.audit.two_records import OWN, Honest, Two, copy_of, entry_of, make_honest
from tests.journal.ledger import ROUTINE, forge, open_journal

SPEC = Path(__file__).parents[2] / "docs/spec/reconcile.md"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """Make two honest journals once."""
    return make_honest(tmp_path_factory.mktemp("honest"))


@pytest.fixture
def two(honest: Honest, tmp_path: Path) -> Two:
    """Give a fresh copy of both journals."""
    return copy_of(honest, tmp_path)


# --- Each code --------------------------------------------------------------------------------


def rewrite(two: Two) -> None:
    """Change an entry, and leave no old checkpoint that could be held beside the signed one."""
    two.forge("iaf", lambda f: f.alter(entry_of(two, "iaf", "direction = 1")))
    two.change(
        "iaf",
        "DELETE FROM receipt_given WHERE log = :own AND size < (SELECT max(size)"
        " FROM receipt_given WHERE log = :own)",
    )


def forget(two: Two) -> None:
    """Take a receipt out of the sender's record, and sign everything again."""
    two.forge("iaf", lambda f: f.delete(entry_of(two, "iaf", "kind = 'receipt'")))


def unsign(two: Two) -> None:
    """Put another key's signature under a checkpoint that is kept as the peer's."""

    def bend(forger: Forger) -> None:
        (mirror,) = forger.db.execute(
            "SELECT id FROM log WHERE origin = ?", (OWN["hmeimim"],)
        ).fetchone()
        (payload,) = forger.db.execute(
            "SELECT payload FROM record WHERE log = ? AND kind = 'receipt' ORDER BY idx DESC",
            (forger.log,),
        ).fetchone()
        said = unpack(payload)
        assert isinstance(said, dict)
        size = int(Note.parse(said["checkpoint"]).text.split("\n")[1])
        note = forged_note(OWN["hmeimim"], hashes_of(forger.db, mirror)[:size])
        forger.change_record("receipt", checkpoint=note)

    two.forge("iaf", bend)


def repeat(two: Two) -> None:
    """Put in a message that was received once more, at the end."""

    def bend(forger: Forger) -> None:
        row = forger.db.execute(
            "SELECT * FROM message WHERE log = ? AND direction = 1 ORDER BY idx", (forger.log,)
        ).fetchone()
        forger.db.execute(
            f"INSERT INTO message VALUES ({','.join('?' * len(row))})",
            (row[0], forger.size, *row[2:]),
        )

    two.forge("hmeimim", bend)


def lose_on_both(two: Two) -> None:
    """Take one message out on both sides."""
    where = "direction = {} AND stream = 3 AND seq = 2"
    two.forge("iaf", lambda f: f.delete(entry_of(two, "iaf", where.format(0))))
    two.forge("hmeimim", lambda f: f.delete(entry_of(two, "hmeimim", where.format(1))))


def contradict(two: Two) -> None:
    """Keep a second message that the peer signed under a number that it had used."""
    impostor = open_journal(two.paths["iaf"].parent / "impostor", "hmeimim")
    group = forge(impostor, 1, ROUTINE)
    impostor.close()
    what = {"stream": group.stream, "seq": 1, "envelope": group.envelope}
    two.forge("iaf", lambda f: f.append_record("equivocation", what))


def of(centre: str, how: str, where: str) -> Callable[[Two], None]:
    """Make the falsification that does something to the first entry that fits."""
    return lambda two: two.forge(
        centre, lambda f: getattr(f, how)(entry_of(two, centre, where)) and None
    )


def sql(centre: str, statement: str, *values: object) -> Callable[[Two], None]:
    """Make the falsification that changes a table, and nothing else."""

    def bend(two: Two) -> None:
        assert two.change(centre, statement, *values), "nothing was falsified"

    return bend


SENT = "direction = 0 AND stream = 3 AND seq = 2"
RECEIVED = "direction = 1 AND stream = 3 AND seq = 2"

FALSIFICATIONS: dict[str, Callable[[Two], None]] = {
    "fork": of("iaf", "alter", RECEIVED),
    "rewritten": rewrite,
    "rolled-back": of("iaf", "roll_back", RECEIVED),
    "mirror-differs": sql("iaf", "UPDATE cosignature SET root = ? WHERE log = :mirror", bytes(32)),
    "mirror-behind": lambda two: two.paths.update(iaf=two.paths["iaf"].with_name("old")),
    "checkpoint-not-signed": unsign,
    "cosignature-differs": sql(
        "iaf", "UPDATE cosignature SET root = ? WHERE log = :own", bytes(32)
    ),
    "message-not-received": of("hmeimim", "delete", RECEIVED),
    "message-not-sent": of("iaf", "delete", SENT),
    "message-differs": of("iaf", "alter", SENT),
    "message-repeated": repeat,
    "sequence-gap": lose_on_both,
    "signed-twice": contradict,
    "receipt-without-entry": of("hmeimim", "swap", RECEIVED),
    "receipt-without-message": of("iaf", "delete", SENT),
    "receipt-missing": forget,
    "time-differs": of("hmeimim", "alter", RECEIVED),
    "record-unsound": sql("iaf", "DELETE FROM record WHERE log = :own AND kind = 'clock'"),
    "record-does-not-hold": of("iaf", "alter", RECEIVED),
}
"""By the code that must come of it."""


@pytest.mark.parametrize("code", FALSIFICATIONS)
def test_each_kind_of_difference_is_found(code: str, two: Two, honest: Honest) -> None:
    """A falsification that leads to each code is found under it, with entries and a mend."""
    copied(honest.before["iaf"], two.paths["iaf"].with_name("old"))
    FALSIFICATIONS[code](two)
    found = two.compare(verify=code == "record-does-not-hold")
    assert not found.agree
    alike = [one for one in found.differences if one.code == code]
    assert alike, [one.code for one in found.differences]
    for one in alike:
        assert one.text[0].islower() or one.text.split()[0].isupper(), one.text
        assert not one.text.endswith(".")
        if code not in {"sequence-gap", "record-does-not-hold"}:
            assert one.a is not None or one.b is not None, "it names an entry"


def test_every_kind_of_difference_is_explained_and_tested() -> None:
    """The table of codes, the specification and the falsifications above have the same ones."""
    documented = re.findall(r"^\| `([a-z-]+)` \|", SPEC.read_text("utf-8"), re.MULTILINE)
    assert [code for code in documented if code in MEANINGS] == list(MEANINGS)
    # What a recovery explains is no falsification: tests/audit/test_reconcile_restored.py.
    assert MEANINGS.keys() == FALSIFICATIONS.keys() | {"restored"}


def test_a_fork_is_proved_by_two_notes_that_anybody_can_check(two: Two) -> None:
    """Both notes are of one size, have other roots, and bear the log's own signature."""
    FALSIFICATIONS["fork"](two)
    (fork,) = (one for one in two.compare().differences if one.code == "fork")
    first, second = (open_checkpoint(note, OWN["iaf"], card("iaf").log) for note in fork.proof)
    assert first.size == second.size
    assert first.root != second.root
    assert fork.a is not None
    assert fork.a.entry == entry_of(two, "iaf", RECEIVED)


def test_honest_records_hold_and_agree(two: Two) -> None:
    """Verified too, in either order, with everything counted."""
    found = two.compare(verify=True)
    assert found.agree
    assert (found.a.verified, found.b.verified) == (True, True)
    assert found.epochs == (1,)
    assert found.messages > 30
    other = compared(*(journal_record(two.paths[c], c) for c in reversed(CENTRES)))
    assert other.agree
    assert (other.messages, other.checkpoints) == (found.messages, found.checkpoints)


def test_only_a_checkpoint_of_the_tree_is_shown_as_signed(two: Two) -> None:
    """A record from which a message was deleted has none, and is not called signed."""
    honest = two.compare()
    for log in (*honest.a.logs, *honest.b.logs):
        assert log.signed is not None
        assert 0 < log.signed <= log.size
        assert (log.signed == log.size) == (log.signed_root == log.root)
    two.change("iaf", "DELETE FROM message WHERE log = :own AND direction = 0 AND stream = 3")
    found = two.compare()
    (log,) = found.a.logs
    assert (log.signed, log.signed_root) == (None, None)
    written = as_document(found)["a"]
    assert isinstance(written, dict)
    assert written["logs"][0]["signed"] is None
    assert "no checkpoint is of this tree" in render(found)
    console = Console(file=StringIO(), width=120)
    print_reconciliation(console, found)
    assert isinstance(console.file, StringIO)
    assert "no checkpoint is of this tree" in console.file.getvalue()


def test_an_export_that_was_signed_again_is_no_more_believed(two: Two, tmp_path: Path) -> None:
    """Whoever exports a falsified record makes a whole export of it; the other side convicts it."""
    FALSIFICATIONS["fork"](two)
    export = tmp_path / "iaf.jsonl"
    assert export_to(two.paths["iaf"], "iaf", export)
    found = compared(
        ExportRecord("iaf.jsonl", export), journal_record(two.paths["hmeimim"], "hmeimim")
    )
    assert {one.code for one in found.differences} & {"fork", "rewritten"}


def test_a_fork_that_one_side_keeps_as_proof_is_told(two: Two) -> None:
    """Proof that was entered while the line ran is brought up again, both notes with it."""
    FALSIFICATIONS["fork"](two)
    (fork,) = (one for one in two.compare().differences if one.code == "fork")
    first, second = fork.proof
    origin = OWN["iaf"]
    kept = {
        "origin": origin,
        "vkey": NoteKey(origin, card("iaf").log).vkey(),
        "first": first,
        "second": second,
        "root": open_checkpoint(second, origin, card("iaf").log).root,
        "path": b"",
    }
    two.forge("hmeimim", lambda f: f.append_record("fork", kept))
    texts = [one.text for one in two.compare().differences if one.code == "fork"]
    assert any("keeps two checkpoints" in text for text in texts)


# --- What is bounded, chosen and told -----------------------------------------------------------


def test_a_thousand_differences_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    """A record that lacks everything does not fill memory, and does not hide another difference."""
    line = Line(tmp_path / "line")
    for _ in range(3):
        line.play([("say", "iaf", 3, 500), ("carry", "iaf", 3, 501)])
    line.settle()
    line.close()
    paths = {each: copied(path_of(line.directory, each), tmp_path / each) for each in CENTRES}
    with forged(paths["hmeimim"], "hmeimim") as forger:
        forger.roll_back(1)
    found = compared(*(journal_record(paths[each], each) for each in CENTRES))
    assert len(found.differences) == MAX_DIFFERENCES
    assert found.differences_left_out > 400
    assert {"rolled-back", "message-not-received"} <= {one.code for one in found.differences}


def test_only_the_newest_messages_are_listed(tmp_path: Path) -> None:
    """More than two thousand messages are counted, not listed; all of them are compared."""
    line = Line(tmp_path / "line")
    for _ in range(5):
        line.play([("say", "iaf", 3, 450), ("carry", "iaf", 3, 451)])
    line.close()
    found = compared(*(journal_record(path_of(line.directory, each), each) for each in CENTRES))
    assert found.agree
    assert len(found.exchanges) == MAX_EXCHANGES
    assert found.exchanges_left_out == 250
    assert found.exchanges[-1].seq == 2250


def test_messages_are_listed_with_the_times_of_both_sides(honest: Honest) -> None:
    """Composed by one clock, durable by the other, as the receipt says, with the warning time."""
    found = compared(*(journal_record(honest.now[each], each) for each in CENTRES))
    notice = next(one for one in found.exchanges if one.kind == "notice" and one.sender == "a")
    assert notice.title.startswith("patrol")
    assert notice.reference is not None
    assert notice.durable_us == notice.receipt_says_us
    assert notice.durable_us is not None
    assert notice.taken_us is not None
    assert notice.created_us < notice.durable_us - AHEAD_US["hmeimim"] < notice.taken_us
    warned = notice.warning_by_recipient_us()
    assert warned is not None
    assert notice.warning_by_sender_us(found.clock) == pytest.approx(
        warned + AHEAD_US["hmeimim"], abs=1000
    )
    assert all(one.kind != "line-check" for one in found.exchanges)
    answered = [one for one in found.exchanges if one.kind == "reply"]
    assert answered
    known = {one.message for one in found.exchanges}
    assert all(one.about in known for one in answered)


def test_a_span_chooses_what_is_listed_and_not_what_is_compared(honest: Honest) -> None:
    """Since is in it, until is not; nothing else changes."""
    every = compared(*(journal_record(honest.now[each], each) for each in CENTRES))
    moment = every.exchanges[len(every.exchanges) // 2].created_us
    a, b = (journal_record(honest.now[each], each) for each in CENTRES)
    with closing(a), closing(b):
        late = reconcile(a, b, verify=False, span=Span(since_us=moment))
        early = reconcile(a, b, verify=False, span=Span(until_us=moment))
    assert late.messages == early.messages == every.messages
    assert {one.message for one in late.exchanges} | {one.message for one in early.exchanges} == {
        one.message for one in every.exchanges
    }
    assert all(one.created_us >= moment for one in late.exchanges)
    assert all(one.created_us < moment for one in early.exchanges)


def test_the_object_for_scripts_is_plain_json(two: Two) -> None:
    """Every value can be written as JSON, and a difference says what it means and what to do."""
    FALSIFICATIONS["fork"](two)
    written = json.loads(json.dumps(as_document(two.compare())))
    assert written["agree"] is False
    (fork,) = (one for one in written["differences"] if one["code"] == "fork")
    assert fork["means"]
    assert fork["to_do"]
    assert fork["proof"][0].startswith(OWN["iaf"])


# --- Clocks -------------------------------------------------------------------------------------


def test_clocks_are_estimated_from_both_directions(honest: Honest) -> None:
    """Each side's best is its shortest round trip; both together are at least as sure."""
    found = compared(*(journal_record(honest.now[each], each) for each in CENTRES))
    by = {clock.measured_by: clock for clock in found.clocks}
    assert by.keys() == {"a", "b", "both"}
    assert found.clock is by["both"]
    assert by["both"].uncertainty_us <= min(by["a"].uncertainty_us, by["b"].uncertainty_us)
    for clock in found.clocks:
        assert abs(clock.offset_us - AHEAD_US["hmeimim"]) <= clock.uncertainty_us + 1
        assert clock.earliest_us <= clock.offset_us <= clock.latest_us


def test_clocks_that_cannot_both_be_true_are_told(two: Two) -> None:
    """A false measurement is no difference of the records, and is not passed over either."""

    def bend(forger: Forger) -> None:
        rows = forger.db.execute(
            "SELECT idx FROM record WHERE log = ? AND kind = 'clock'", (forger.log,)
        ).fetchall()
        for (index,) in rows:
            forger.db.execute(
                "UPDATE record SET payload = ? WHERE log = ? AND idx = ?",
                (pack({"offset_us": 9_000_000, "round_trip_us": 10}), forger.log, index),
            )

    two.forge("hmeimim", bend)
    found = two.compare()
    assert "clock-contradiction" in {one.code for one in found.remarks}
    assert [clock.measured_by for clock in found.clocks] == ["a", "b"]
    assert isinstance(found.clock, Clock)


# --- What is no pair ----------------------------------------------------------------------------


def test_a_record_under_other_keys_is_refused(honest: Honest) -> None:
    """The card beside a record must be the one that the other side pinned."""
    a = journal_record(honest.now["iaf"], "iaf")
    b = journal_record(honest.now["hmeimim"], "hmeimim")
    a.pins = {"hmeimim": card("iaf")}
    with closing(a), closing(b), pytest.raises(HotlineError) as refused:
        reconcile(a, b)
    assert refused.value.code == "reconcile.other-keys"


@pytest.mark.parametrize("centre", CENTRES)
def test_a_record_is_not_compared_with_itself(honest: Honest, centre: str) -> None:
    """Two records of one centre have nothing to say to each other."""
    a, b = (journal_record(path[centre], centre) for path in (honest.now, honest.before))
    with closing(a), closing(b), pytest.raises(HotlineError) as refused:
        reconcile(a, b)
    assert refused.value.code == "reconcile.same-centre"


# --- How it is told -----------------------------------------------------------------------------


def test_a_difference_names_the_reference(two: Two) -> None:
    """Who reads it knows the notice by its reference and not by a number of a stream."""
    notice = next(one for one in two.compare().exchanges if one.kind == "notice")
    sender = CENTRES[0] if notice.sender == "a" else CENTRES[1]
    assert notice.sent_entry is not None
    two.forge(sender, lambda f: f.delete(notice.sent_entry))
    texts = [one.text for one in two.compare().differences if one.code == "message-not-sent"]
    name = f"notice {notice.precedence} {notice.seq} ({notice.reference}), which"
    assert any(text.startswith(name) for text in texts), texts


def test_what_failed_is_said_of_a_record_that_does_not_hold(two: Two) -> None:
    """The first failures are told with it, and no entry is called nothing."""
    two.change("iaf", "DELETE FROM message WHERE log = :own AND direction = 0 AND stream = 3")
    found = two.compare(verify=True)
    (one,) = (one for one in found.differences if one.code == "record-does-not-hold")
    assert one.text.count("step ") == 3
    assert re.search(r"; and \d+ more$", one.text)
    found.differences[:] = [one]
    assert ">nothing<" not in render(found)
