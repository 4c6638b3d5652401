"""A peer that sends more than anybody can look at: what it costs us has bounds, and is said."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hotline.airspace.activity import Key
from hotline.airspace.relation import Relation as Compares
from hotline.api import picture
from hotline.model.kinds import Precedence, Relation
from hotline.model.letter import Letter, read_letter
from hotline.model.lifecycle import Step
from hotline.model.messages import Activation, Notice, Revision, Withdrawal, kind_of
from hotline.model.times import format_time
from hotline.node.airspace import compared as module
from hotline.node.airspace import entering, lateness
from hotline.node.airspace.compared import Changed, Compared
from hotline.node.airspace.findings import Cause, Found, unfinished
from hotline.node.airspace.loading import Turn
from tests.centres import centre_pair, eventually, now_us
from tests.node.skies import box, entered, notice, revision, send, verified

LETTER = Path(__file__).parents[2] / "examples" / "letter.toml"
OURS = Key("iaf", "IAF-0001")


@pytest.fixture
def letter() -> Letter:
    """Return the letter of the examples."""
    return read_letter(LETTER.read_bytes())


class Sky:
    """What stands on the line of iaf with hmeimim, without a line."""

    def __init__(self, letter: Letter) -> None:
        self.compared = Compared("iaf", "hmeimim", letter, lambda _: None)
        self.now_us = now_us()
        self._said = 0

    def say(self, centre: str, message: Step, deadline: float = 1e12) -> Changed:
        """Have a centre say something; return what that changes until a deadline."""
        self._said += 1
        id_ = self._said.to_bytes(32, "big")
        step = self.compared.step(centre, message, id_, Precedence.ROUTINE, self.now_us)
        assert step.standing is not None
        cause = Cause(kind_of(message).value, id_, step.standing)
        if step.gone:
            return self.compared.gone(step.standing, cause)
        return self.compared.place(step.standing, cause, deadline) if step.taken else []


class Slow:
    """A clock at which each look takes as long as a slice."""

    def __init__(self) -> None:
        self.now = time.perf_counter()

    def perf_counter(self) -> float:
        """Return the time, later each time by a slice."""
        self.now += 0.010
        return self.now


def test_however_slow_each_slice_gets_on(letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice amid more of the peer's than fit into a slice is compared all the same.

    Until then it is a possible conflict with each of them, whoever is asked.
    """
    sky, clock = Sky(letter), Slow()
    monkeypatch.setattr(module, "time", clock)
    for number in range(600):
        sky.say("hmeimim", Notice(f"H{number}", "x", "patrol", (box(),)))
    assert sky.say("iaf", notice("IAF-0001"), 0.0) == []
    compared = sky.compared
    assert compared.waits(OURS)
    for key in (OURS, Key("hmeimim", "H0")):
        waiting = compared.relations_of(key)
        assert len(waiting) == (600 if key == OURS else 1)
        assert all(map(unfinished, waiting))
        assert {relation.kind for relation in waiting} == {Relation.POSSIBLE}
    slices, before = 0, 0
    while compared.unfinished and slices < 2000:
        compared.go_on(clock.now)
        slices += 1
        assert len(compared.relations_of(OURS)) == 600
        if slices % 50 == 0 and len(compared.engine) < 601:
            assert len(compared.engine) > before
            before = len(compared.engine)
    assert {relation.kind for relation in compared.relations_of(OURS)} == {Relation.CONFLICT}
    assert len(compared.relations_of(OURS)) == 600


def test_the_timetable_holds_what_stands(letter: Letter) -> None:
    """However often a notice is revised, or is withdrawn long before its end, nothing stays."""
    sky = Sky(letter)
    far = box(time_end="9999-12-31T23:59:59Z")
    for number in range(300):
        sky.say("hmeimim", Notice(f"H{number}", "x", "patrol", (far,)))
        sky.say("hmeimim", Withdrawal(f"H{number}"))
    assert len(sky.compared.timetable) <= lateness.FEW
    sky.say("hmeimim", Notice("H", "x", "patrol", (box(),)))
    for number in range(1, 300):
        sky.say("hmeimim", Revision("H", number, "x", "patrol", (far,)))
    assert len(sky.compared.timetable) <= 2 + lateness.FEW
    (standing,) = sky.compared.current
    (due,) = sky.compared.timetable.take(2**62)
    assert due.standing is standing


async def test_one_message_enters_so_many_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one notice does to many of ours is entered in part, counted, and its end is entered.

    Neither a revision nor the end of what was not entered adds to it.
    """
    monkeypatch.setattr(entering, "MOST_OF_ONE", 3)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        for number in range(1, 8):
            await send(iaf, notice(f"IAF-000{number}"))
        await send(hmeimim, notice("HMEIMIM-0001"))
        first = await entered(iaf, 3)
        await send(hmeimim, revision("HMEIMIM-0001", 1, box(33.7)))
        second = (await entered(iaf, 6))[3:]
        await send(hmeimim, Withdrawal("HMEIMIM-0001"))
        await entered(iaf, 9)
        await send(hmeimim, notice("HMEIMIM-0002", box(36.0, 36.0)))
        last = (await entered(iaf, 9))[6:]
        assert [one.relation for one in (*first, *second)] == ["conflict"] * 6
        for some in (first, second):
            assert ["not entered" in one.text for one in some] == [False, False, True]
            assert some[-1].text.endswith("; and 4 more begun or changed, not entered")
        assert [one.relation for one in last] == ["clear"] * 3
        assert {one.reference for one in last} == {one.reference for one in (*first, *second)}
        verified(iaf, hmeimim)


def found_of(count: int, cause: bytes, *, clear: bool = False) -> list[Found]:
    """Return that one message of the peer's has begun, or ended, relations with many of ours."""
    kind = Relation.CLEAR if clear else Relation.CONFLICT
    theirs = Key("hmeimim", cause.hex())
    return [
        Found(
            Compares(kind, Key("iaf", f"IAF-{number}"), theirs, 0, 0),
            None,
            b"o" * 32,
            cause * 32,
            Cause("notice", cause * 32),
        )
        for number in range(count)
    ]


def test_a_minute_enters_so_many_records() -> None:
    """However many messages come, a minute has its limit; what is left out is said later."""
    chooses = entering.Entering()
    chosen = [len(chooses.choose(found_of(60, bytes([number])), 5.0)) for number in range(14)]
    assert chosen == [50] * 12 + [0] * 2
    assert chooses.choose(found_of(60, b"\x0d", clear=True), 5.0) == ()
    (record,) = chooses.choose(found_of(1, b"\x20"), 65.0)
    assert record.text.endswith(f"; and {2 * 60} more begun or changed, not entered")
    assert len(chooses.choose(found_of(60, b"\x00", clear=True), 65.0)) == 50


async def test_the_picture_does_not_hold_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the picture of many notices is made, the node does what else there is to do."""
    monkeypatch.setattr(picture, "SLICE_S", -1.0)
    async with centre_pair(tmp_path) as (iaf, _):
        for number in range(1, 6):
            await send(iaf, notice(f"IAF-000{number}"))
        (line,) = iaf.lines.values()
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        piece = await picture.piece_now(line)
        counting.cancel()
        assert (len(piece.standings), piece.whole) == (5, True)
        assert turns >= 5


def test_what_flies_goes_on_though_it_is_revised_into_the_past(letter: Letter) -> None:
    """A revision to times that are over resolves nothing, since no end has come."""
    sky = Sky(letter)
    sky.say("iaf", notice("IAF-0001", box(begins_s=-600, lasts_s=7200)))
    sky.say("hmeimim", Notice("H", "x", "patrol", (box(begins_s=-600, lasts_s=3600),)))
    sky.say("hmeimim", Activation("H", format_time(sky.now_us)))
    over = box(begins_s=-7200, lasts_s=3600)
    changed = sky.say("hmeimim", Revision("H", 1, "x", "patrol", (over,)))
    assert all(change.relation.conflict for change, _ in changed)
    (relation,) = sky.compared.relations_of(OURS)
    assert relation.conflict


async def test_telling_of_many_relations_gives_up_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relations beyond those that have an alarm take no time each, but all of them together do."""
    pauses = 0
    pause = Turn.pause

    async def counted(turn: Turn) -> None:
        nonlocal pauses
        pauses += 1
        await pause(turn)

    monkeypatch.setattr(Turn, "pause", counted)
    async with centre_pair(tmp_path) as (iaf, _):
        (line,) = iaf.lines.values()
        cause = Cause("notice")
        for kind in (Relation.CONFLICT, Relation.CLEAR):
            pauses = 0
            relations = (
                Compares(kind, OURS, Key("hmeimim", f"H{number}"), 0, 0) for number in range(500)
            )
            found = [Found(one, None, b"", b"", cause) for one in relations]
            line.airspace.teller.take(found, answer=False)
            await eventually(lambda: pauses >= 500)  # noqa: B023 - asked at once
        assert not iaf.bell.active("airspace.conflict", "hmeimim")
        assert not iaf.bell.active("airspace.more-relations", "hmeimim")
