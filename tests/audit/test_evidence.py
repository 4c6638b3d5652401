"""An evidence file proves what happened, in order, from the bytes alone, at either side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotline.audit.evidence.check import check
from hotline.audit.evidence.exchange import Exchange
from hotline.audit.evidence.facts import facts_of
from hotline.audit.evidence.form import decode, encode
from hotline.audit.evidence.prove import prove
from hotline.audit.evidence.story import Chapter, Course, read_back_differences, tell
from hotline.errors import TrustError, UsageError
from hotline.model.messages import Advisory, Reply, Withdrawal
from hotline.model.times import SECOND_US
from hotline.trust.proof import Proof
from hotline.wire.records import Flag
from tests.audit.exchanges import PEER, START_US, Parley, card, notice, reply, whole
from tests.journal.ledger import T0_US, line_of

CENTRES = tuple(PEER)
VECTORS = Path(__file__).parents[1] / "vectors/evidence"


@pytest.fixture(scope="module")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parley]:
    """One whole exchange, both records of it."""
    made = whole(tmp_path_factory.mktemp("parley"))
    yield made
    made.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Parley]:
    """Two records in which nothing has been said yet."""
    made = Parley(tmp_path)
    yield made
    made.close()


def at(second: int) -> int:
    """Return a time of the exchange in microseconds."""
    return T0_US + second * SECOND_US


def rows(chapter: Chapter, label: str) -> list[str]:
    """Return what a chapter says under a label."""
    return [text for name, text in chapter.rows if name == label]


def codes(exchange: Exchange) -> list[str]:
    """Return what is not proven."""
    return [gap.code for gap in exchange.unproven]


@pytest.mark.parametrize("centre", CENTRES)
def test_both_sides_prove_the_same_course(parley: Parley, centre: str) -> None:
    """Signed, durable, answered: to the second as it happened, whoever made the file."""
    exchange = check(parley.evidence(centre))
    course = [
        (said.body.kind, said.body.sender, said.body.created_us, said.received.time_us)
        for said in exchange.messages
        if said.received is not None
    ]
    assert course == [
        ("notice", "iaf", at(5), at(6)),
        ("reply", "hmeimim", at(9), at(10)),
        ("revision", "iaf", at(12), at(13)),
        ("reply", "hmeimim", at(16), at(17)),
    ]
    assert codes(exchange) == []
    for said in exchange.messages:
        assert said.sent is not None
        assert said.sent.seen_by(said.body.recipient)
        assert said.received is not None
        assert said.received.seen_by(said.body.sender)


def test_warning_times_are_those_of_notice_and_revision(parley: Parley) -> None:
    """Start minus durable by the recipient's clock, and by the sender's within its bounds."""
    exchange = check(parley.evidence("iaf"))
    story = tell(exchange)
    assert [said.warning_us for said in exchange.messages] == [
        START_US - at(6),
        None,
        START_US - at(13),
        None,
    ]
    assert [warned.amount for warned in story.warned] == [
        "59 min 54 s (3594.000 s)",
        "59 min 47 s (3587.000 s)",
    ]
    # hmeimim's clock is 250 ms ahead within 20 ms before, 251 ms within 15 ms after.
    assert story.warned[0].rows[-1][1] == (
        "by iaf's clock the warning was between 3594.230 s and 3594.270 s"
    )


def test_a_reading_that_only_the_other_side_has_is_said_to_be_missing(parley: Parley) -> None:
    """The one's file cannot show that the other opened it; that other's own file can."""
    ours, theirs = (tell(check(parley.evidence(centre))).unproven for centre in CENTRES)
    sentence = "of 1, 3: whether it was opened at hmeimim: only hmeimim's record can say"
    assert sentence in ours
    assert not any(text.startswith("of 1") and "hmeimim's record" in text for text in theirs)


def test_the_same_bounds_from_the_other_side(parley: Parley) -> None:
    """What hmeimim measured of iaf's clock counts with the other sign."""
    story = tell(check(parley.evidence("hmeimim")))
    assert story.warned[0].rows[-1][1].endswith("between 3594.190 s and 3594.210 s")


def test_a_read_back_is_compared_with_what_it_answers(parley: Parley) -> None:
    """The first repeats the notice; the second names another place and forgets the levels."""
    exchange = check(parley.evidence("iaf"))
    first, second = (said for said in exchange.messages if said.body.kind == "reply")
    assert read_back_differences(Course(exchange), first) == []
    found = read_back_differences(Course(exchange), second)
    assert found is not None
    assert [difference.field for difference in found] == [
        "position",
        "time_end",
        "altitude_lower",
        "altitude_upper",
    ]
    chapters = tell(exchange).chapters
    assert rows(chapters[1], "read back") == ["AS SENT: area, times and levels agree"]
    assert all(text.startswith("OTHERWISE: ") for text in rows(chapters[3], "read back"))


def test_what_only_one_side_can_prove(parley: Parley) -> None:
    """Readings are in the reader's log; when the receipt was taken is in the sender's."""
    ours, theirs = (check(parley.evidence(centre)) for centre in CENTRES)
    assert not ours.readings
    assert [(one.officer, one.entry.time_us) for one in theirs.readings] == [
        ("Lt. Sokolova", at(8))
    ]
    assert [(one.entry.time_us, one.size) for one in ours.taken] == [(at(7), 5), (at(14), 9)]
    assert {one.entry.centre for one in theirs.taken} == {"hmeimim"}


def test_what_the_desk_flagged_is_told_by_the_side_that_did(fresh: Parley) -> None:
    """It is an entry of the recipient's log; the sender's file says nothing of it."""
    late = Flag("notice.short-warning", "warning time 9 s; the letter asks for 600 s")
    odd = Flag("model.unknown-field", "the field \x1b is not known", "volumes[0]")
    (id_,) = fresh.say("iaf", notice(), flags=(late, odd))
    ours, theirs = (check(fresh.evidence(centre)) for centre in CENTRES)
    assert not ours.remarks
    assert [(one.message, one.flags, one.entry.index) for one in theirs.remarks] == [
        (id_, (late, odd), 1)
    ]
    (chapter,) = tell(theirs).chapters
    assert rows(chapter, "flagged") == [
        "warning time 9 s; the letter asks for 600 s [notice.short-warning]",
        r"the field \x1b is not known (volumes[0]) [model.unknown-field]",
    ]
    told, untold = (facts_of(exchange)["messages"][0]["flagged"] for exchange in (theirs, ours))
    assert untold is None
    assert told["flags"][0] == {"code": late.code, "text": late.text, "field": None}


def test_a_remark_on_another_message_does_not_belong_into_a_file(fresh: Parley) -> None:
    """What is entered about a message that is not in the file is refused, however well proven."""
    fresh.say("iaf", notice(), flags=(Flag("a.b", "x"),))
    fresh.say("iaf", Withdrawal("IAF-0007", "weather"), flags=(Flag("a.b", "x"),))
    whole_file = decode(fresh.evidence("hmeimim"))
    cut = msgspec.structs.replace(whole_file, messages=whole_file.messages[:1])
    with pytest.raises(TrustError) as caught:
        check(encode(cut))
    assert caught.value.code == "evidence.foreign-record"


def test_an_outside_witness_is_told(parley: Parley) -> None:
    """Its key is in the file only where it cosigned something, and it counts by its own clock."""
    ours, theirs = (parley.evidence(centre) for centre in CENTRES)
    assert decode(ours).witnesses == ()
    (vkey,) = decode(theirs).witnesses
    assert vkey.startswith("hotline/exercise/third/witness+")
    assert "hotline/exercise/third/witness 2026-03-01T10:20:28Z" in str(tell(check(theirs)))


def test_other_messages_are_not_disclosed(parley: Parley) -> None:
    """Of the group of three, and of the other exchange, there is nothing but hashes."""
    for centre in CENTRES:
        data = parley.evidence(centre)
        notice_part = decode(data).messages[0]
        assert (notice_part.group.size, len(notice_part.group.path)) == (3, 2)
        assert len(decode(data).messages) == 4
        assert b"Secret" not in data
        assert "IAF-0006" not in str(tell(check(data)))


@pytest.mark.parametrize("centre", CENTRES)
def test_the_same_record_gives_the_same_bytes(parley: Parley, centre: str) -> None:
    """Whichever message of the exchange is named, and however often."""
    data = parley.evidence(centre)
    ids = [bytes.fromhex(one.id) for one in decode(data).messages]
    assert {parley.evidence(centre, id_) for id_ in ids} == {data}


def test_one_message_alone(parley: Parley) -> None:
    """With nothing that belongs to it; a reply's question is then not in the file."""
    whole_file = check(parley.evidence("iaf"))
    second = whole_file.messages[1]
    exchange = check(parley.evidence("iaf", second.id, alone=True))
    assert [said.id for said in exchange.messages] == [second.id]
    (chapter,) = tell(exchange).chapters
    assert rows(chapter, "answers") == ["a message that is not in this file"]
    assert not rows(chapter, "read back")


def test_before_the_receipt(fresh: Parley) -> None:
    """What was signed but never receipted: nothing is proven but the signature, and it is said."""
    fresh.sign("iaf", notice())
    exchange = check(fresh.evidence("iaf"))
    assert codes(exchange) == ["not-in-senders-log", "not-received"]
    story = tell(exchange)
    assert story.warned[0].amount == "not proven"
    assert "of 1: that it ever reached hmeimim: there is no receipt" in story.unproven


def test_an_entry_that_no_checkpoint_covers_yet(fresh: Parley) -> None:
    """An entry without a signature over it has no proof; with one it has, cosigned or not."""
    (id_,) = fresh.sign("iaf", notice())
    connection = fresh.journals["iaf"].connection
    with pytest.raises(UsageError) as error:
        prove(connection, {"hmeimim": card("hmeimim")}, {}, "0")
    assert error.value.code == "evidence.not-signed-yet"
    fresh.journals["iaf"].transact(
        [lambda journal: setattr(line_of(journal), "seal_wanted", True)], {}, fresh.now
    )
    found = prove(connection, {"hmeimim": card("hmeimim")}, {}, id_.hex())
    assert (found.index, found.kind, found.size) == (0, "notice", 1)
    assert Proof.parse(found.proof).path == ()


def test_before_the_cosignatures(fresh: Parley) -> None:
    """Receipted but not witnessed: the file holds, and says what is lacking at each side."""
    (id_,) = fresh.say("iaf", notice())
    fresh.read("hmeimim", id_)
    # iaf has signed no checkpoint yet; hmeimim's receipt covers the notice, not the reading.
    assert codes(check(fresh.evidence("iaf"))) == [
        "not-in-senders-log",
        "received-not-cosigned",
        "record-not-signed",
    ]
    exchange = check(fresh.evidence("hmeimim"))
    assert codes(exchange) == [
        "not-in-senders-log",
        "received-not-cosigned",
        "record-not-signed",
    ]
    # A reading that nothing signs is not told.
    assert exchange.readings == ()
    assert "Sokolova" not in str(tell(exchange))
    fresh.update()
    for centre in CENTRES:
        assert codes(check(fresh.evidence(centre))) == []


def test_a_warning_that_came_too_late(fresh: Parley) -> None:
    """A start before the receipt is no warning, and it is said how long before."""
    fresh.second = 3610
    fresh.say("iaf", notice())
    (warned,) = tell(check(fresh.evidence("hmeimim"))).warned
    assert warned.amount == "NONE: it began 12 s (12.000 s) before it was durable"
    assert not warned.good


def test_an_advisory_and_its_answer(fresh: Parley) -> None:
    """What has no reference is held together by the ids that replies name."""
    (id_,) = fresh.say("iaf", Advisory(text="Unknown track 5 NM west of you"))
    answer = reply(id_, notice(""))
    (answered,) = fresh.say("hmeimim", answer)
    for name in (id_, answered):
        assert [said.id for said in check(fresh.evidence("iaf", name)).messages] == [id_, answered]


def test_a_reply_is_told_after_what_it_answers(fresh: Parley) -> None:
    """Though the other clock is an hour behind; and the clocks' difference is remarked."""
    fresh.second = 4000
    (id_,) = fresh.say("iaf", notice())
    fresh.second = 400
    fresh.say("hmeimim", reply(id_, notice()))
    fresh.second = 4100
    fresh.update()
    story = tell(check(fresh.evidence("iaf")))
    assert [chapter.title.split()[1] for chapter in story.chapters] == ["NOTICE", "REPLY"]


def test_a_long_chain_of_replies_is_no_recursion(fresh: Parley) -> None:
    """Replies to replies, a thousand deep and more, are told in their order."""
    (id_,) = fresh.say("iaf", Advisory(text="Unknown track 5 NM west of you"))
    fresh.say("hmeimim", reply(id_, notice("")))
    exchange = check(fresh.evidence("iaf", id_))
    first, second = exchange.messages
    chain = [first]
    for number in range(3000):
        assert isinstance(second.message, Reply)
        answer = msgspec.structs.replace(second.message, to=chain[-1].id.hex())
        chain.append(replace(second, id=number.to_bytes(32, "big"), message=answer))
    ordered = Course(replace(exchange, messages=tuple(reversed(chain)))).order
    assert ordered == chain


def test_what_a_centre_answers_itself_is_no_answer(fresh: Parley) -> None:
    """A reply by the sender of the message is told with a remark, and compared with nothing."""
    (id_,) = fresh.say("iaf", notice())
    fresh.say("iaf", reply(id_, notice()))
    first, second = tell(check(fresh.evidence("hmeimim"))).chapters
    assert not rows(first, "answered")
    assert not rows(second, "read back")
    assert "that is no answer" in rows(second, "remark")[0]


def test_text_of_the_peer_steers_no_terminal(fresh: Parley) -> None:
    """Controls in titles, remarks and names of officers are written out."""
    (id_,) = fresh.say("iaf", notice(title="\x1b[2J\u202eevil", remarks="\x1b[1m"))
    fresh.read("hmeimim", id_, "\x1b]0;x\x07")
    fresh.update()
    assert not set("\x1b\u202e\x07") & set("".join(_all_text(fresh)))


def _all_text(fresh: Parley) -> Iterator[str]:
    for centre in CENTRES:
        for chapter in tell(check(fresh.evidence(centre))).chapters:
            yield from (chapter.title, *(text for _, text in (*chapter.rows, *chapter.text)))


def test_a_withdrawal_belongs_to_it(fresh: Parley) -> None:
    """Everything under the reference is in the file, whoever said it."""
    fresh.say("iaf", notice())
    fresh.say("iaf", Withdrawal("IAF-0007", "weather"))
    kinds = [said.body.kind for said in check(fresh.evidence("hmeimim")).messages]
    assert kinds == ["notice", "withdrawal"]


def test_a_peer_that_floods_a_reference_cannot_prevent_evidence(
    fresh: Parley, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too much is refused with the way out, and one message alone is always to be had."""
    monkeypatch.setattr("hotline.audit.evidence.gather.MAX_MESSAGES", 5)
    (id_,) = fresh.say("iaf", notice())
    fresh.say("hmeimim", *(reply(id_, notice()) for _ in range(6)))
    with pytest.raises(UsageError) as error:
        fresh.evidence("iaf")
    assert error.value.code == "evidence.too-large"
    assert "--alone" in error.value.hint
    assert len(check(fresh.evidence("iaf", id_, alone=True)).messages) == 1


def test_the_receipt_and_the_cosigned_checkpoint_are_both_given(parley: Parley) -> None:
    """The received leaf is proven under the receipt itself and under a cosigned checkpoint."""
    part = decode(parley.evidence("hmeimim")).messages[0]
    sizes = [Proof.parse(text).note.split(b"\n")[1] for text in part.received]
    assert len(sizes) == 2
    assert sizes[0] == b"5"
    assert b"witness" in Proof.parse(part.received[1]).note


@pytest.mark.parametrize("centre", CENTRES)
def test_a_file_of_today_is_understood_for_ever(centre: str) -> None:
    """Files that were written once prove what they proved then, in the same words for scripts."""
    data = (VECTORS / f"{centre}.json").read_bytes()
    proves = json.loads((VECTORS / f"{centre}-proves.json").read_bytes())
    found = json.loads(json.dumps(facts_of(check(data, [card(centre) for centre in CENTRES]))))
    # Fields are only ever added.
    assert _without_new_fields(found, proves) == proves


def _without_new_fields(found: Any, known: Any) -> Any:
    if isinstance(known, dict):
        return {name: _without_new_fields(found[name], known[name]) for name in known}
    if isinstance(known, list):
        return [_without_new_fields(one, other) for one, other in zip(found, known, strict=True)]
    return found


def test_pinned_cards(parley: Parley) -> None:
    """With the centres' own cards the file holds as without."""
    pins = [card(centre) for centre in CENTRES]
    assert check(parley.evidence("iaf"), pins) == check(parley.evidence("iaf"))


def test_the_name_of_an_exercise_is_told_as_what_a_record_says(parley: Parley) -> None:
    """It is in no signature: it is told with whose word it is, beside the status, which is."""
    whole = decode(parley.evidence("iaf"))
    assert whole.exercise == ""
    assert b'"exercise"' not in encode(whole).partition(b"not_proven")[2]
    named = check(encode(msgspec.structs.replace(whole, exercise="Kestrel 7")))
    assert (named.traffic, named.stated_by) == ("EXERCISE Kestrel 7", "iaf")
    facts = facts_of(named)
    assert (facts["status"], facts["exercise"]) == ("exercise", "Kestrel 7")
    story = tell(named)
    assert story.traffic == "EXERCISE Kestrel 7"
    assert story.unproven[0] == (
        "the name of the exercise: it is as the record of iaf has it; that this is EXERCISE is"
        " signed"
    )
    assert tell(check(encode(whole))).traffic == "EXERCISE"


@pytest.mark.parametrize("name", [" Kestrel", "a\u202eb", "a\nb", "x" * 61])
def test_a_name_that_no_letter_could_have_is_refused(parley: Parley, name: str) -> None:
    """It stands in the heading of what is told, so it may steer nothing."""
    whole = decode(parley.evidence("iaf"))
    with pytest.raises(TrustError) as caught:
        check(encode(msgspec.structs.replace(whole, exercise=name)))
    assert caught.value.code == "evidence.exercise"
