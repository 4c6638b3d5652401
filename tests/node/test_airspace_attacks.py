"""A peer that wants a conflict not to be found: by names, by steps out of order, by floods."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.airspace.activity import Key, name_beside, name_of
from hotline.journal.relations import entered_name
from hotline.journal.steps import Said
from hotline.model.kinds import Precedence
from hotline.model.lifecycle import State, Step
from hotline.model.messages import (
    Activation,
    Contingency,
    End,
    Nonconformance,
    Withdrawal,
    encode_payload,
)
from hotline.model.times import format_time
from hotline.node.airspace import holding, waiting
from hotline.node.airspace.arrival import Come
from hotline.node.airspace.current import Current, Stepped
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.telling import subject_of
from hotline.node.centre import Centre
from hotline.wire.records import MAX_NAME
from tests.centres import centre_pair, client_of, eventually, now_us
from tests.node.skies import (
    blurt,
    box,
    clocked_pair,
    entered,
    flags,
    found,
    notice,
    revision,
    send,
    set_clocks,
    until,
    verified,
)

OVER_OURS = box()
ELSEWHERE = box(36.0, 36.0)


def id_of(number: int) -> bytes:
    """Return the id of a message."""
    return sha256(str(number).encode()).digest()


class Talk:
    """What stands by what the two of a line have said so far."""

    def __init__(self) -> None:
        self.current = Current("iaf", "hmeimim")
        self.number = 0

    @property
    def next_id(self) -> bytes:
        """The id of the message that is said next."""
        return id_of(self.number)

    def say(self, message: Step, centre: str = "hmeimim") -> Stepped:
        """Have a centre say something, the peer if not told otherwise."""
        id_ = self.next_id
        self.number += 1
        return self.current.step(centre, message, id_, Precedence.ROUTINE, now_us())

    def theirs(self) -> list[Standing]:
        """Return what stands of the peer."""
        return self.current.of("hmeimim")


@pytest.mark.parametrize("whole", [False, True])
def test_notice_named_as_what_stands_beside(whole: bool) -> None:
    """It is held as any other, whether as people read that name or as it is held."""
    talk = Talk()
    talk.say(notice("A", ELSEWHERE))
    id_ = talk.next_id
    beside = talk.say(notice("A", ELSEWHERE)).standing
    assert beside is not None
    name = name_beside("A", id_) if whole else f"A ({id_.hex()[:8]})"
    stepped = talk.say(notice(name, OVER_OURS))
    assert stepped.taken
    assert stepped.standing is not None
    assert stepped.standing.content.volumes == (OVER_OURS,)
    assert stepped.standing.reference == name
    assert talk.current.get(beside.key) is beside
    assert len(talk.theirs()) == 3


@pytest.mark.parametrize("whole", [False, True])
def test_what_stands_beside_takes_nobodys_place(whole: bool) -> None:
    """A notice named as a later message will stand beside, whose id its sender knows, stays."""
    talk = Talk()
    talk.say(notice("X", ELSEWHERE))
    name = name_beside("X", id_of(2)) if whole else f"X ({id_of(2).hex()[:8]})"
    first = talk.say(notice(name, OVER_OURS)).standing
    second = talk.say(notice("X", ELSEWHERE)).standing
    assert first is not None
    assert second is not None
    assert second.id == id_of(2)
    assert talk.current.get(first.key) is first
    assert talk.current.get(second.key) is second
    assert len(talk.theirs()) == 3


def test_words_about_what_has_the_name_of_what_stands_beside() -> None:
    """What they announce is held as a notice, whatever they were sent as."""
    talk = Talk()
    message = Nonconformance(name_beside("X", id_of(9)), volumes=(OVER_OURS,))
    stepped = talk.current.step(
        "hmeimim", message, id_of(0), Precedence.ROUTINE, now_us(), encode_payload(message)
    )
    assert stepped.standing is not None
    assert stepped.standing.content.volumes == (OVER_OURS,)
    assert talk.say(Activation(message.reference)).unplaced


def test_name_of_what_stands_beside_as_people_read_it() -> None:
    """The reference, and as much of the message's id as is told apart at sight."""
    name = name_beside("A", id_of(0))
    short = id_of(0).hex()[:8]
    assert name_of(name) == f"A ({short})"
    assert str(Key("hmeimim", name)) == f"A ({short})"
    assert str(Key("hmeimim", name_beside("", id_of(0)))) == f"({short})"


AT = ELSEWHERE.time_start
PAST = box(begins_s=-7200)


@pytest.mark.parametrize(
    "message",
    [
        revision("IAF-0001", 1, OVER_OURS),
        Nonconformance("IAF-0001", AT, volumes=(OVER_OURS,)),
        Contingency("IAF-0001", AT, volumes=(OVER_OURS,)),
    ],
    ids=["revision", "nonconformance", "contingency"],
)
def test_words_about_our_notice_that_say_where(message: Step) -> None:
    """They change nothing of ours, and what they announce is the peer's and compared."""
    talk = Talk()
    ours = talk.say(notice("IAF-0001", ELSEWHERE), "iaf").standing
    stepped = talk.say(message)
    assert [problem.code for problem in stepped.problems] == ["model.wrong-actor"]
    assert stepped.taken
    assert stepped.standing is not None
    assert stepped.standing.key.centre == "hmeimim"
    assert stepped.standing.content.volumes == (OVER_OURS,)
    assert ours is not None
    assert ours.content.volumes == (ELSEWHERE,)


@pytest.mark.parametrize("ended", [False, True])
def test_activation_of_what_is_over(ended: bool) -> None:
    """Who flies it all the same flies where it was to fly, and where it was besides."""
    talk = Talk()
    talk.say(notice("W", OVER_OURS))
    if ended:
        talk.say(Nonconformance("W", volumes=(ELSEWHERE,)))
        talk.say(End("W"))
    else:
        talk.say(Withdrawal("W"))
    assert not talk.theirs()
    stepped = talk.say(Activation("W"))
    assert stepped.taken
    assert stepped.standing is not None
    assert stepped.standing.beside
    assert stepped.standing.content.volumes == (OVER_OURS, ELSEWHERE)[: 1 + ended]


def test_activation_of_what_is_over_in_a_time_that_is_past() -> None:
    """Nothing says when it flies then."""
    talk = Talk()
    talk.say(notice("W", PAST))
    talk.say(Withdrawal("W"))
    assert talk.say(Activation("W")).unplaced


@pytest.mark.parametrize(
    "message",
    [
        Activation("NEVER", AT),
        Nonconformance("NEVER", AT),
        Contingency("NEVER", AT),
        Activation("IAF-0001", AT),
    ],
    ids=["activation", "nonconformance", "contingency", "activation of ours"],
)
def test_words_that_something_flies_nobody_knows_where(message: Step) -> None:
    """It may be anywhere."""
    talk = Talk()
    talk.say(notice("IAF-0001"), "iaf")
    assert talk.say(message).unplaced


@pytest.mark.parametrize("message", [Withdrawal("NEVER"), End("NEVER", AT)])
def test_words_that_nothing_flies_any_more(message: Step) -> None:
    """They are flagged and mean nothing."""
    stepped = Talk().say(message)
    assert stepped.problems
    assert not stepped.unplaced


def test_old_revision_that_repeats_what_is_known() -> None:
    """It changes nothing."""
    talk = Talk()
    talk.say(notice("A", ELSEWHERE))
    talk.say(revision("A", 2, OVER_OURS))
    stepped = talk.say(revision("A", 2, OVER_OURS))
    assert [problem.code for problem in stepped.problems] == ["model.revision-old"]
    assert not stepped.taken
    assert not stepped.unplaced
    assert len(talk.theirs()) == 1


def test_old_revision_that_says_something_else() -> None:
    """It is no newer than what is known, which stands, and is compared beside it."""
    talk = Talk()
    talk.say(notice("A", ELSEWHERE))
    talk.say(revision("A", 2, ELSEWHERE))
    stepped = talk.say(revision("A", 1, OVER_OURS))
    assert stepped.taken
    assert [one.content.volumes for one in talk.theirs()] == [(ELSEWHERE,), (OVER_OURS,)]


def test_word_about_what_flies_already_that_the_table_does_not_list() -> None:
    """It is compared as it stands, so that a second activation says nothing new."""
    talk = Talk()
    talk.say(notice("A", OVER_OURS))
    talk.say(Contingency("A", ""))
    stepped = talk.say(Activation("A", ""))
    assert stepped.problems
    assert not stepped.taken
    assert not stepped.unplaced


async def test_activation_of_what_is_not_known_is_flagged(tmp_path: Path) -> None:
    """As a possible conflict with anything, while we have something that it can meet."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        before = await blurt(hmeimim, Activation("NEVER"))
        assert "airspace.possible" not in await flags(iaf, before)
        await send(iaf, notice("IAF-0001"))
        after = await blurt(hmeimim, Activation("NEVER"))
        assert "with anything" in (await flags(iaf, after))["airspace.possible"]


async def read_again(centre: Centre) -> dict[str, str]:
    """Have a centre read what stands from its journal; return what IAF-0001 is to whom then."""
    (line,) = centre.lines.values()
    line.airspace.failed()
    assert line.airspace.loading
    await eventually(lambda: not line.airspace.loading)
    await eventually(lambda: not line.airspace.compared.unfinished)
    relations = line.airspace.relations_of(Key("iaf", "IAF-0001"))
    return {str(relation.other): relation.kind.value for relation in relations}


async def test_flood_of_old_revisions_hides_none_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the journal is read again, the revision that counts is found, and what is not said."""
    monkeypatch.setattr(waiting, "MAX_SAID", 3)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await blurt(hmeimim, notice("A", ELSEWHERE))
        await blurt(hmeimim, revision("A", 1, OVER_OURS))
        for _ in range(5):
            await blurt(hmeimim, revision("A", 1, ELSEWHERE))
        relations = await read_again(iaf)
        assert relations.pop("A") == "conflict"
        assert [*relations.values()] == ["possible"]


async def test_flood_of_other_words_hides_no_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit any more is a possible conflict with anything, never clear."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await blurt(hmeimim, notice("A", ELSEWHERE))
        await blurt(hmeimim, revision("A", 1, OVER_OURS))
        await blurt(hmeimim, revision("JUNK", 1, ELSEWHERE))
        with monkeypatch.context() as narrow:
            narrow.setattr(waiting, "MAX_WAITING", 1)
            assert [*(await read_again(iaf)).values()] == ["possible"]
        with monkeypatch.context() as narrow:
            narrow.setattr(waiting, "MAX_OCTETS", 10)
            relations = await read_again(iaf)
            assert sorted(name.split(" (")[0] for name in relations) == ["A", "JUNK"]
            assert {*relations.values()} == {"possible"}
        assert await read_again(iaf) == {"A": "conflict"}


async def test_notice_that_comes_second_hides_nothing_it_said(tmp_path: Path) -> None:
    """Read newest first it is met first, and what ended the first does not end it."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await blurt(hmeimim, notice("A", ELSEWHERE))
        second = await blurt(hmeimim, notice("A", OVER_OURS))
        await blurt(hmeimim, Withdrawal("A"))
        name = f"A ({second.hex()[:8]})"
        (line,) = iaf.lines.values()
        (relation,) = line.airspace.relations_of(Key("iaf", "IAF-0001"))
        assert (str(relation.other), relation.kind.value) == (name, "conflict")
        assert (await read_again(iaf))[name] == "conflict"


async def test_notices_too_many_to_be_held_are_not_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newest first others are held than as they came; what is left out may be anywhere."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await blurt(hmeimim, notice("A", OVER_OURS))
        await blurt(hmeimim, notice("B", ELSEWHERE))
        monkeypatch.setattr(holding, "MAX_STANDING", 1)
        assert [*(await read_again(iaf)).values()] == ["possible"]


async def test_flight_that_may_have_been_activated_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An activation that was not kept is taken to have counted, until an end is said."""
    monkeypatch.setattr(waiting, "MAX_SAID", 1)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await blurt(hmeimim, notice("A", OVER_OURS))
        await blurt(hmeimim, Activation("A"))
        await blurt(hmeimim, revision("A", 1, OVER_OURS))
        relations = await read_again(iaf)
        assert relations.pop("A") == "conflict"
        assert [*relations.values()] == ["possible"]
        (line,) = iaf.lines.values()
        held = line.airspace.current.get(Key("hmeimim", "A"))
        assert held is not None
        assert held.running


def kept(*messages: Step, newer: tuple[Step, ...] = ()) -> tuple[list[Step], waiting.Lost | None]:
    """Return what is left of messages about A, given newest first, and what is lost."""
    held = waiting.Waiting()
    for number, message in enumerate(messages):
        held.keep(Said(number, False, 3, id_of(number), 0, message))
    for number, message in enumerate(newer):
        held.keep(Said(-1, False, 3, id_of(-1 - number), 0, message), newer=True)
    said, lost = held.take(False, "A")
    assert len(held) == 0
    assert held.take(False, "A") == ([], None)
    return [one.unpack().message for one in said], lost


def test_revision_that_counts_is_kept_besides_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first with the highest number of those that do not fit, from either end."""
    monkeypatch.setattr(waiting, "MAX_SAID", 1)
    one, two, again = (
        revision("A", number, where)
        for number, where in ((1, ELSEWHERE), (2, OVER_OURS), (2, ELSEWHERE))
    )
    end = End("A")
    said, lost = kept(end, again, two, one)
    assert said == [end, two]
    assert lost is not None
    assert lost.id == id_of(1)
    assert lost.until_us == ELSEWHERE.end_us
    assert not lost.ran
    assert kept(two, newer=(again, end))[0] == [end, two]
    assert kept(one, newer=(two, end))[0] == [end, two]
    assert kept(end, Withdrawal("A")) == ([end], None)


def test_what_is_lost_says_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the last of its volumes ends; that something flies is noted."""
    monkeypatch.setattr(waiting, "MAX_SAID", 1)
    off = Nonconformance("A", volumes=(OVER_OURS,))
    said, lost = kept(End("A"), Activation("A"), off, Contingency("A"))
    assert said == [End("A")]
    assert lost is not None
    assert (lost.until_us, lost.ran) == (OVER_OURS.end_us, True)


def test_revision_that_has_no_room_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known stands, and a smaller one counts; whoever says more is told as too much."""
    talk = Talk()
    talk.say(notice("A", OVER_OURS))
    (held,) = talk.theirs()
    monkeypatch.setattr(holding, "MAX_OCTETS", held.octets + 40)
    stepped = talk.say(revision("A", 1, OVER_OURS, ELSEWHERE))
    assert (stepped.full, stepped.standing) == (True, None)
    assert (held.life.revision, held.content.volumes) == (0, (OVER_OURS,))
    assert not talk.say(revision("A", 1, ELSEWHERE)).full
    assert held.content.volumes == (ELSEWHERE,)


def test_volumes_outside_of_a_notice_take_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted; without room it is outside all the same, and nobody knows where."""
    talk = Talk()
    talk.say(notice("A", OVER_OURS))
    (held,) = talk.theirs()
    before = held.octets
    talk.say(Nonconformance("A", volumes=(ELSEWHERE,)))
    assert held.off_nominal == (ELSEWHERE,)
    assert held.octets > before + 100
    talk.say(Activation("A"))
    assert held.octets == before
    monkeypatch.setattr(holding, "MAX_OCTETS", before + 100)
    assert not talk.current.full("hmeimim")
    stepped = talk.say(Contingency("A", volumes=(ELSEWHERE,)))
    assert (stepped.full, stepped.taken, stepped.standing) == (True, True, held)
    assert held.life.state is State.CONTINGENT
    assert held.adrift


def test_notice_that_comes_back_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was over takes room again when it is revised."""
    talk = Talk()
    talk.say(notice("A", PAST))
    (held,) = talk.theirs()
    talk.current.over(held)
    monkeypatch.setattr(holding, "MAX_OCTETS", held.octets - 1)
    assert talk.say(revision("A", 1, OVER_OURS, ELSEWHERE)).full
    assert not talk.theirs()


async def test_revision_that_has_no_room_is_flagged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a notice is: it is a possible conflict with anything."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await send(hmeimim, notice("A", ELSEWHERE))
        monkeypatch.setattr(holding, "MAX_OCTETS", 10)
        id_ = await blurt(hmeimim, revision("A", 1, OVER_OURS, ELSEWHERE))
        assert "with anything" in (await flags(iaf, id_))["airspace.possible"]


async def test_words_of_nowhere_that_come_while_the_journal_is_read(tmp_path: Path) -> None:
    """They wait for their notice; where there is none, it is said that it may be anywhere."""
    async with centre_pair(tmp_path) as (iaf, _):
        await send(iaf, notice("IAF-0001"))
        (line,) = iaf.lines.values()
        line.airspace.failed()
        said = Come("activation", Activation("NEVER"), id_of(0))
        (arrived,) = line.airspace.arrive((0, 0), Precedence.ROUTINE, [said])
        assert "airspace.compared-later" in [flag.code for flag in arrived.flags]
        await eventually(lambda: "airspace.possible" in [one.code for one in iaf.bell.standing])


async def test_what_was_lost_is_no_reason_to_say_that_a_relation_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond what is kept nothing is entered as clear before it can have anything to do with it.

    When the times of all that was lost have passed, it is.
    """
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await blurt(hmeimim, notice("A", ELSEWHERE))
        await blurt(hmeimim, revision("A", 1, OVER_OURS))
        await entered(iaf, 1)
        (line,) = iaf.lines.values()
        with monkeypatch.context() as narrow:
            narrow.setattr(waiting, "MAX_OCTETS", 10)
            assert "possible" in (await read_again(iaf)).values()
        told = [(one.other_reference, one.relation) for one in await found(iaf)]
        assert ("A", "conflict") in told
        assert ("A", "clear") not in told
        assert line.airspace.stands(("IAF-0001", "A"))
        set_clocks(iaf, hmeimim, seconds=3 * 3600)

        async def last() -> tuple[str, str]:
            told = [one for one in await found(iaf) if one.other_reference == "A"]
            return told[-1].relation, told[-1].cause

        async def over() -> bool:
            return await last() == ("clear", "expiry")

        await until(over, "it stands for ever")
        assert not line.airspace.stands(("IAF-0001", "A"))
        verified(iaf)


LONG = "x" * 400


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"{LONG}1", f"{LONG}2"),
        (entered_name(f"{LONG}1"), f"{LONG}1"),
        ("x" * (MAX_NAME - 1), "x" * MAX_NAME),
    ],
    ids=["alike at the beginning", "named as the other is entered", "at the bound"],
)
async def test_names_alike_are_two_relations(tmp_path: Path, first: str, second: str) -> None:
    """What ends one of them leaves the other: entered, counted, rung for, and after a restart."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        for name in (first, second):
            await blurt(hmeimim, notice(name, OVER_OURS))
        stands = await entered(iaf, 2)
        assert len({one.other_reference for one in stands}) == 2
        (line,) = iaf.lines.values()
        assert line.airspace.counts().total() == 2
        await eventually(lambda: len(iaf.bell.active("airspace.conflict", "hmeimim")) == 2)
        await blurt(hmeimim, Withdrawal(first))
        *_, last = await entered(iaf, 3)
        assert (last.relation, last.other_reference) == ("clear", entered_name(first))
        await eventually(lambda: len(iaf.bell.active("airspace.conflict", "hmeimim")) == 1)
        assert line.airspace.stands(("IAF-0001", entered_name(second)))
        async with client_of(iaf) as client:
            now = await client.airspace()
            later = await client.airspace(at=format_time(now_us() - 1))
            for seen in (now, later):
                assert [one.other for one in seen.relations] == [entered_name(second)]
                (theirs,) = (one for one in seen.activities if one.direction == "in")
                assert theirs.relations == {"conflict": 1}
        assert [*(await read_again(iaf)).values()] == ["conflict"]
        await eventually(lambda: len(iaf.bell.active("airspace.conflict", "hmeimim")) == 1)
        assert len(await found(iaf)) == 3
        verified(iaf)


@given(st.lists(st.text("xy\0", min_size=298, max_size=302), min_size=2, max_size=6, unique=True))
@settings(max_examples=50, deadline=None)
def test_no_two_names_are_entered_alike(names: list[str]) -> None:
    """Neither are they entered like each other's names; and all are within what a record takes."""
    known = {*names, *map(entered_name, names)}
    assert len({entered_name(name) for name in known}) == len(known)
    assert max(map(len, map(entered_name, known))) <= MAX_NAME


def test_alarms_of_names_alike_differ() -> None:
    """Also where the name that people read is the same."""
    names = [f"{LONG}{number}" for number in range(100)]
    assert len({subject_of(("IAF-0001", entered_name(name))) for name in names}) == len(names)
    assert max(len(subject_of(("IAF-0001", name))) for name in names) < 200
