"""Sending, listing, reading and answering messages through the API of a real pair."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from hotline.api.schema import MessageView, ReplyRequest, SendRequest, Sent
from hotline.errors import UsageError
from hotline.model import rules
from hotline.model.kinds import Precedence
from hotline.model.times import parse_time
from hotline.node.brief import brief_of
from tests.api.conftest import Lone, Pair
from tests.centres import PATIENCE_S, drafted, example, receipted

PATROL = "iaf/01-patrol.json"


def asked(name: str = PATROL, **changes: object) -> SendRequest:
    """Return the request to send a sample message and wait for its receipt."""
    document = example(name)
    return SendRequest(document=document | changes, officer="levy", wait_s=PATIENCE_S)


async def view(pair: Pair, sent: Sent, *, there: bool = False) -> MessageView:
    """Return a message as its sender shows it, or, ``there``, its receiver."""
    return (await (pair.b if there else pair.a).message(sent.id)).message


async def test_a_sent_message_comes_back_with_its_receipt(pair: Pair) -> None:
    """With wait_s the answer holds the peer's proof: durable there, taken here, in this order."""
    sent = await pair.a.send(asked())
    assert (sent.peer, sent.reference, sent.precedence, sent.seq) == (
        "hmeimim",
        "IAF-0101",
        "ROUTINE",
        1,
    )
    assert sent.receipt is not None
    assert parse_time(sent.created_at) <= parse_time(sent.receipt.taken_at)
    there = await view(pair, sent, there=True)
    assert there.entry == sent.receipt.index
    assert there.entered_at == sent.receipt.durable_at


@pytest.mark.parametrize("name", ["iaf/01-patrol.json", "iaf/14-advisory.json"])
async def test_both_sides_know_who_composed_a_message(pair: Pair, name: str) -> None:
    """The name that a message is sent under is signed with it, and shown at both ends."""
    sent = await pair.a.send(asked(name))
    for there in (False, True):
        shown = await view(pair, sent, there=there)
        assert shown.composed_by == "levy"
        assert (shown.message or {})["officer"] == "levy"
        assert shown.flags == []
        assert "\nOfficer     levy" in shown.text


async def test_every_step_of_a_notice_has_its_own_composer(pair: Pair) -> None:
    """Who takes a notice back need not be who gave it."""
    await pair.a.send(asked(reference="X-9"))
    step = {"kind": "withdrawal", "reference": "X-9"}
    request = SendRequest(document=step, officer="cohen", wait_s=PATIENCE_S)
    await pair.a.send(request)
    found = {said.kind: said.composed_by for said in (await pair.b.messages()).messages}
    assert found == {"notice": "levy", "withdrawal": "cohen"}


@pytest.mark.parametrize("kind", ["service", "reply"])
async def test_nobody_sends_in_anothers_name(lone: Lone, kind: str) -> None:
    """A copied file that names its first sender is refused, whoever sends it; his own is not."""
    document = {"kind": kind, "text": "Relief", "officer": "cohen"}
    if kind == "reply":
        document = {"kind": kind, "answer": "stand-by", "to": "ab" * 32, "officer": "cohen"}
    with pytest.raises(UsageError) as caught:
        await lone.client.send(SendRequest(document=document, officer="levy"))
    assert caught.value.code == "node.other-officer"
    if kind == "service":
        sent = await lone.client.send(SendRequest(document=document, officer="cohen"))
        assert (await lone.client.message(sent.id)).message.composed_by == "cohen"


async def test_without_a_name_nobody_is_named(lone: Lone) -> None:
    """A program that sends under no name leaves the field out of the payload."""
    sent = await lone.client.send(SendRequest(document={"kind": "service", "text": "Relief"}))
    shown = (await lone.client.message(sent.id)).message
    assert (shown.composed_by, shown.message) == (None, {"text": "Relief"})


async def test_without_waiting_there_is_no_receipt_yet(lone: Lone) -> None:
    """A message is taken, signed and kept while the line is down; its state is queued."""
    document = example("hmeimim/02-patrol.json")
    sent = await lone.client.send(SendRequest(document=document, wait_s=0.05))
    assert sent.receipt is None
    shown = (await lone.client.message(sent.id)).message
    assert (shown.state, shown.direction, shown.warning_s) == ("queued", "out", None)


async def test_both_sides_show_the_same_message(pair: Pair) -> None:
    """Id, title, fields, text and warning time agree; only direction and state differ."""
    sent = await pair.a.send(asked())
    here, there = await view(pair, sent), await view(pair, sent, there=True)
    for field in ("id", "kind", "seq", "created_at", "title", "message", "text", "warning_s"):
        assert getattr(here, field) == getattr(there, field), field
    assert here.text.startswith("NOTICE IAF-0101 Patrol south of Cyprus\n")
    assert (here.direction, here.state) == ("out", "receipted")
    assert (there.direction, there.state) == ("in", "unread")


async def test_the_warning_time_is_start_minus_durable_at_the_receiver(pair: Pair) -> None:
    """It is computed from signed times alone, to the microsecond."""
    sent = await pair.a.send(asked())
    shown = await view(pair, sent)
    assert sent.receipt is not None
    assert shown.message is not None
    start = parse_time(shown.message["volumes"][0]["time_start"])
    assert shown.warning_s == (start - parse_time(sent.receipt.durable_at)) / 1e6


async def test_a_late_notice_is_delivered_and_flagged(pair: Pair) -> None:
    """Deliver first, flag always: a short warning time is no reason to withhold."""
    document = example(PATROL)
    document["volumes"][0]["time_start"] = "+1m"
    sent = await pair.a.send(SendRequest(document=document, wait_s=PATIENCE_S))
    there = await view(pair, sent, there=True)
    assert [flag.code for flag in there.flags] == ["notice.short-warning"]


async def test_the_precedence_of_the_request_overrides_the_file(pair: Pair) -> None:
    """An officer may raise it while sending."""
    request = SendRequest(document=example(PATROL), precedence="FLASH", wait_s=PATIENCE_S)
    assert (await pair.a.send(request)).precedence == "FLASH"
    assert (await pair.b.messages()).messages[0].precedence == "FLASH"


async def test_opening_a_message_is_recorded_once_by_name(pair: Pair) -> None:
    """The first officer who opened it is shown, and the journal has one entry of each."""
    sent = await pair.a.send(asked())
    assert (await pair.b.status()).unread == 1
    shown = await pair.b.read(sent.id, "ivanov")
    assert (shown.state, shown.read_by) == ("read", "ivanov")
    await pair.b.read(sent.id, "ivanov")
    assert (await pair.b.read(sent.id, "petrova")).read_by == "ivanov"
    entries = (await pair.b.log(kind="read")).entries
    assert sorted(entry.what["officer"] for entry in entries) == ["ivanov", "petrova"]
    assert (await pair.b.status()).unread == 0


async def test_reading_ones_own_message_records_nothing(pair: Pair) -> None:
    """Only what the peer said has to be read."""
    sent = await pair.a.send(asked())
    assert (await pair.a.read(sent.id, "levy")).read_by is None
    assert (await pair.a.log(kind="read")).entries == []


async def test_an_accepted_notice_is_answered_on_both_sides(pair: Pair) -> None:
    """The reply reads back, settles the deadline, and shows who answered what."""
    sent = await pair.a.send(asked())
    assert (await pair.b.status()).unanswered == 1
    reply = await pair.b.reply(
        "IAF-0101",
        ReplyRequest(answer="accept", officer="ivanov", read_back_signed=True, wait_s=PATIENCE_S),
    )
    assert reply.receipt is not None
    for there in (False, True):
        shown = await view(pair, sent, there=there)
        assert (shown.state, shown.answer, shown.answered_by) == ("answered", "accept", "ivanov")
        assert shown.answered_at == reply.created_at
        assert shown.due_at is None
    status = await pair.b.status()
    assert (status.unanswered, status.unread) == (0, 0)
    assert (await pair.b.message(reply.id)).message.about == sent.id


async def test_a_stand_by_keeps_the_deadline_running(pair: Pair) -> None:
    """Standing by is an answer to show, but the message still waits for the real one."""
    sent = await pair.a.send(asked())
    await pair.b.reply(sent.id, ReplyRequest(answer="stand-by", officer="ivanov", wait_s=5))
    for there in (False, True):
        shown = await view(pair, sent, there=there)
        assert shown.state == "standing-by"
        assert shown.due_at is not None
    assert (await pair.b.status()).unanswered == 1


async def test_an_officers_read_back_is_compared(pair: Pair) -> None:
    """North announced and west understood is refused before it is signed."""
    sent = await pair.a.send(asked())
    read_back = {
        "position": {"lat": 36.5, "lng": 32.9},
        "time_start": "2020-01-01T00:00:00Z",
        "time_end": "2020-01-01T01:00:00Z",
        "altitude_lower": "FL180",
        "altitude_upper": "FL280",
    }
    with pytest.raises(UsageError) as caught:
        await pair.b.reply(
            sent.id, ReplyRequest(answer="accept", officer="ivanov", read_back=read_back)
        )
    assert caught.value.code == "model.read-back-position"
    assert (await view(pair, sent, there=True)).state == "unread"


async def test_a_bad_reference_keeps_nobody_from_answering(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice whose reference breaks the rules is flagged, and answered all the same."""
    with monkeypatch.context() as lenient:
        lenient.setattr(rules, "check", lambda *_, **__: None)
        notice = drafted(PATROL).message
        bad = msgspec.structs.replace(notice, reference="iaf 1")
        sent = await pair.iaf.desk.send("", bad, Precedence.ROUTINE, "levy")
    await receipted(pair.iaf, sent.stream, sent.seq)
    shown = (await pair.b.message(sent.id.hex())).message
    assert [flag.code for flag in shown.flags] == ["model.bad-reference"]
    answer = ReplyRequest(answer="reject", reason="no", officer="ivanov", wait_s=PATIENCE_S)
    assert (await pair.b.reply(shown.id, answer)).receipt is not None
    assert (await pair.a.message(shown.id)).message.state == "answered"


async def test_a_counter_proposal_carries_volumes_of_a_file(pair: Pair) -> None:
    """The short forms of files work in proposals too."""
    sent = await pair.a.send(asked())
    volume = example(PATROL)["volumes"][0]
    reply = await pair.b.reply(
        sent.id,
        ReplyRequest(answer="counter", officer="ivanov", proposal=[volume], wait_s=PATIENCE_S),
    )
    said = (await pair.a.message(reply.id)).message
    assert said.message is not None
    assert len(said.message["proposal"]) == 1


async def test_a_proposal_is_open_until_it_is_taken_up(pair: Pair) -> None:
    """It is counted, listed and told to whoever takes the watch; a revision takes it up."""
    notice = await pair.a.send(asked())
    await pair.a.send(asked("iaf/03-tanker.json"))
    assert (await pair.a.status()).proposals == 0
    volume = example(PATROL)["volumes"][0] | {"altitude_upper": "FL250"}
    said = ReplyRequest(answer="counter", officer="ivanov", proposal=[volume], wait_s=PATIENCE_S)
    await pair.b.reply(notice.id, said)
    assert (await pair.a.status()).proposals == 1
    # The count and the list are of one and the same, and the peer has nothing of it to do.
    assert [one.id for one in (await pair.a.messages(proposed=True)).messages] == [notice.id]
    assert (await pair.a.messages(proposed=True, kind="revision")).messages == []
    assert ((await pair.b.status()).proposals, (await pair.a.status()).unanswered) == (0, 0)
    (section,) = (one for one in await brief_of(pair.iaf) if one.name == "proposals")
    assert section.total == 1
    assert ", change proposed by ivanov at 20" in section.items[0].text
    revision = example(PATROL) | {"kind": "revision", "volumes": [volume]}
    revision |= {"reference": notice.reference, "reason": "as proposed", "number": 1}
    await pair.a.send(SendRequest(document=revision, officer="levy", wait_s=PATIENCE_S))
    assert (await pair.a.status()).proposals == 0
    assert (await pair.a.messages(proposed=True)).messages == []


async def test_our_own_check_is_made_again_by_the_receipt(pair: Pair) -> None:
    """It finds in each step of a notice what the peer's node flagged, and nothing in the peer's."""
    notice = await pair.a.send(asked())
    said = [notice]
    for kind in ("activation", "contingency", "end"):
        step = {"kind": kind, "reference": notice.reference, "at": "+0s"}
        request = SendRequest(document=step, officer="levy", wait_s=PATIENCE_S)
        said.append(await pair.a.send(request))
    codes = []
    for one in said:
        there = (await view(pair, one, there=True)).flags
        checked = (await pair.a.message(one.id, checked=True)).checked
        assert checked is not None
        codes.append([flag.code for flag in checked])
        assert codes[-1] == [flag.code for flag in there]
    assert codes == [[], ["notice.activation-early"], ["notice.area-unknown"], []]
    assert (await pair.b.message(notice.id, checked=True)).checked is None
    assert (await pair.a.message(notice.id)).checked is None


async def test_the_signed_read_back_of_an_advisory_is_none(pair: Pair) -> None:
    """An advisory is accepted without one: it has nothing to be read back."""
    sent = await pair.a.send(asked("iaf/14-advisory.json"))
    reply = await pair.b.reply(
        sent.id, ReplyRequest(answer="accept", officer="ivanov", read_back_signed=True)
    )
    shown = (await pair.b.message(reply.id)).message
    assert shown.message is not None
    assert "read_back" not in shown.message


async def test_a_thread_holds_revision_activation_and_reply(pair: Pair) -> None:
    """All that belongs to a notice is shown oldest first, with the life that it has led."""
    sent = await pair.a.send(asked())
    document = example(PATROL)
    await pair.a.send(
        SendRequest(document=document | {"kind": "revision", "reason": "later"}, wait_s=PATIENCE_S)
    )
    await pair.b.reply(sent.id, ReplyRequest(answer="reject", officer="ivanov", reason="no"))
    activation = {"kind": "activation", "reference": "IAF-0101", "at": "+0s"}
    await pair.a.send(SendRequest(document=activation, wait_s=PATIENCE_S))
    for client in (pair.a, pair.b):
        thread = await client.message("iaf-0101")
        assert thread.message.id == sent.id
        assert sorted(said.kind for said in thread.thread) == [
            "activation",
            "notice",
            "reply",
            "revision",
        ]
        assert {said.life for said in thread.thread} == {"activated", None}


async def test_messages_are_listed_by_what_is_asked(pair: Pair) -> None:
    """Direction, kind, peer, time and number narrow the list; newest is first."""
    first = await pair.a.send(asked())
    second = await pair.a.send(asked("iaf/14-advisory.json"))
    newest = (await pair.a.messages()).messages
    assert [said.id for said in newest] == [second.id, first.id]
    assert (await pair.a.messages(direction="in")).messages == []
    assert len((await pair.b.messages(direction="in", peer="iaf", limit=1)).messages) == 1
    assert [s.id for s in (await pair.a.messages(kind="notice")).messages] == [first.id]
    both = await pair.a.messages(kind=["notice", "advisory"], since=first.created_at)
    assert len(both.messages) == 2
    late = await pair.a.messages(since=second.created_at)
    assert [said.id for said in late.messages] == [second.id]


async def test_a_line_check_arrives_and_anchors_the_nodes_log(pair: Pair) -> None:
    """It is a message of its own, not to be read by anybody, and the peer witnesses the anchor."""
    (newest,) = (await pair.a.log(log="hmeimim", limit=1)).entries
    sent = await pair.a.check_line("hmeimim")
    await asyncio.wait_for(pair.iaf.line("").receipt_of(3, sent.seq), PATIENCE_S)
    assert (await pair.b.message(sent.id)).message.kind == "line-check"
    assert (await pair.b.status()).unread == 0
    (anchor,) = (await pair.a.log(kind="anchor", log="hmeimim", limit=1)).entries
    assert anchor.entry > newest.entry
    assert anchor.what["checkpoint"].startswith("hotline/exercise/iaf/node/1\n")


async def test_the_log_merges_messages_and_records(pair: Pair) -> None:
    """Every entry of a line's log is there, newest first, without a gap."""
    sent = await pair.a.send(asked())
    entries = (await pair.a.log(log="hmeimim")).entries
    numbers = [entry.entry for entry in entries]
    assert numbers == list(range(len(numbers)))[::-1]
    assert {"association", "notice", "receipt"} <= {entry.kind for entry in entries}
    (notice,) = (entry for entry in entries if entry.kind == "notice")
    assert notice.what["id"] == sent.id
    assert {e.log for e in (await pair.a.log(log="node")).entries} == {
        "hotline/exercise/iaf/node/1"
    }
    assert (await pair.a.log(log=notice.log, limit=1)).entries == entries[:1]


async def test_unread_messages_are_found_however_old_they_are(pair: Pair) -> None:
    """Page by page, without those that somebody has opened; a wrong cursor is refused."""
    document = {"kind": "service", "text": "one of several"}
    sent = [await pair.a.send(SendRequest(document=document, wait_s=PATIENCE_S)) for _ in range(4)]
    await pair.b.read(sent[1].id, "ivanov")
    wanted = [sent[3].id, sent[2].id, sent[0].id]
    assert [one.id for one in (await pair.b.messages(unread=True)).messages] == wanted
    found: list[str] = []
    before: str | None = None
    while True:
        page = await pair.b.messages(unread=True, limit=1, before=before)
        found += [one.id for one in page.messages]
        before = page.before
        if before is None:
            break
    assert found == wanted
    with pytest.raises(UsageError, match="is not where a page ended"):
        await pair.b.messages(before="yesterday")


async def test_whose_a_notice_is_stands_beside_its_reference(pair: Pair) -> None:
    """Of two notices of one name each has its owner and its thread; the name alone is refused."""
    taken = example(PATROL) | {"reference": "RANGE-7"}
    ours = await pair.a.send(SendRequest(document=taken, officer="levy", wait_s=PATIENCE_S))
    theirs = await pair.b.send(SendRequest(document=taken, officer="orlov", wait_s=PATIENCE_S))
    with pytest.raises(UsageError) as caught:
        await pair.a.message("RANGE-7")
    assert caught.value.code == "node.ambiguous-id"
    assert caught.value.hint.startswith("say whose is meant: iaf:RANGE-7 or hmeimim:RANGE-7")
    answer = ReplyRequest(answer="reject", officer="levy", reason="ours too", wait_s=PATIENCE_S)
    said = await pair.a.reply("RANGE-7", answer)
    for name, owner, ids in (
        ("iaf:RANGE-7", "iaf", [ours.id]),
        ("hmeimim:RANGE-7", "hmeimim", [theirs.id, said.id]),
    ):
        found = await pair.a.message(name)
        assert found.message.owner == owner
        assert [one.id for one in found.thread if one.kind != "conflict"] == ids
        assert {one.owner for one in found.thread} == {owner}
    moved = taken | {"kind": "revision", "reason": "moved"}
    await pair.a.send(SendRequest(document=moved, officer="levy", wait_s=PATIENCE_S))
    thread = (await pair.a.message("iaf:range-7")).thread
    kinds = [one.kind for one in thread if one.kind != "conflict"]
    assert kinds == ["notice", "revision"]
    assert (await pair.b.message("iaf:range-7")).message.owner == "iaf"
