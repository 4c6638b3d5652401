"""Outlines and words made to take long do not hold the loop: other lines and officers go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hotline.airspace.activity import Key
from hotline.airspace.comparison import relate
from hotline.airspace.contradictions import contradictions
from hotline.airspace.terms import terms_of
from hotline.journal.journal import Journal
from hotline.journal.relations import enter_relations
from hotline.journal.state import LineState
from hotline.journal.steps import Said
from hotline.model.letter import read_letter
from hotline.model.messages import Notice, Revision
from hotline.model.volume import Polygon, Position
from hotline.node.airspace import errands, line_airspace, loading
from hotline.node.airspace.compared import Changed, Compared
from hotline.node.airspace.findings import Cause
from hotline.node.airspace.line_airspace import LineAirspace
from hotline.node.airspace.loading import Turn
from hotline.wire.records import Related
from tests.centres import EXAMPLES, centre_pair, eventually, now_us
from tests.node.skies import ROUTINE, blurt, box, entered, flags, notice, verified

LETTER = read_letter((EXAMPLES / "letter.toml").read_bytes())


def comb(corners: int, east: float = 0.0) -> Polygon:
    """Return an outline of long teeth, side by side."""
    return Polygon(
        tuple(
            Position(33 + 0.5 * (i % 4 in (1, 2)), 32 + east + 0.4 * i / corners)
            for i in range(corners)
        )
    )


class Heartbeat:
    """How long the loop was held, in seconds, each time."""

    def __init__(self) -> None:
        self.held_s: list[float] = []

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Beat every millisecond."""
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()

    async def _beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.held_s.append(now - last)
            last = now


async def held_by(work: Awaitable[object]) -> float:
    """Return for how long the loop was held at most while something was done."""
    heartbeat = Heartbeat()
    async with heartbeat.beating():
        await work
        await asyncio.sleep(0)
    return max(heartbeat.held_s, default=0.0)


def took(compared: Compared) -> float:
    """Compare all that is left; return how long the longest slice took, errands left out."""
    longest = 0.0
    while compared.unfinished:
        begun = time.perf_counter()
        compared.go_on(begun)
        longest = max(longest, time.perf_counter() - begun)
        errand = compared.errands.wanted
        if errand is not None:
            errand.run()
            compared.errands.done(errand)
    return longest


@pytest.mark.alone
def test_no_slice_measures_two_long_outlines() -> None:
    """It stands still before it draws or measures them; what is found is the same."""
    compared = Compared("iaf", "hmeimim", LETTER, lambda _: None)
    said = [
        ("iaf", notice("IAF-1", box(outline_polygon=comb(9000)))),
        ("hmeimim", notice("H-1", box(outline_polygon=comb(9000, 0.42)))),
    ]
    begun = time.perf_counter()
    for centre, message in said:
        stepped = compared.step(centre, message, b"%s" % centre.encode(), ROUTINE, now_us())
        compared.follow(stepped, "notice", b"x", time.perf_counter() + 1, first=True)
    arrived_s = time.perf_counter() - begun
    assert compared.waits(Key("hmeimim", "H-1"))
    (possible,) = compared.relations_of(Key("iaf", "IAF-1"))
    assert possible.kind.value == "possible"
    alone_s = time.perf_counter()
    one, other = (standing.planned() for standing in compared.current)
    alone_s = time.perf_counter() - alone_s
    longest_s = took(compared)
    # Drawing alone takes several times as long as all that is done on the loop.
    assert min(longest_s, arrived_s) < alone_s
    (relation,) = compared.relations_of(Key("iaf", "IAF-1"))
    assert relation == relate(one, other, terms_of(LETTER), nearest=False)


def test_what_was_drawn_is_drawn_again_when_it_has_changed() -> None:
    """A plan of what a notice said before is not compared."""
    compared = Compared("iaf", "hmeimim", LETTER, lambda _: None)
    for centre, name in (("iaf", "IAF-1"), ("hmeimim", "H-1")):
        message = notice(name, box(outline_polygon=comb(9000)))
        standing = compared.step(centre, message, centre.encode(), ROUTINE, now_us()).standing
        assert standing is not None
        compared.hold(standing, now_us())
        compared.put_off(standing, Cause("notice"))
    compared.go_on(0.0)
    errand = compared.errands.wanted
    assert isinstance(errand, errands.Drawing)
    errand.run()
    far = Revision(errand.standing.reference, 1, "x", "patrol", (box(10.0, 10.0),))
    stepped = compared.step(errand.standing.key.centre, far, b"y", ROUTINE, now_us())
    compared.errands.done(errand)
    compared.follow(stepped, "revision", b"y", time.perf_counter() + 1)
    took(compared)
    assert compared.relations_of(Key("iaf", "IAF-1")) == []


@pytest.mark.alone
async def test_line_goes_on_while_outlines_are_measured(tmp_path: Path) -> None:
    """Two nodes say the worst that they can; their loop is held for less than a measurement."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await blurt(iaf, notice("IAF-0001", box(outline_polygon=comb(9000))))

        async def flood() -> None:
            for number in range(3):
                outline = comb(9000, 0.41 + number / 1000)
                await blurt(hmeimim, notice(f"H-{number}", box(outline_polygon=outline)))
            await entered(iaf, 3)
            await entered(hmeimim, 3)

        held_s = await held_by(flood())
        for centre in (iaf, hmeimim):
            (line,) = centre.lines.values()
            await eventually(lambda line=line: not line.airspace._left)
        verified(iaf, hmeimim)
    # 20 ms on a quiet machine; each of the three measurements, on the loop, was 90 ms and more.
    assert held_s < 1.0


async def test_what_is_found_slice_by_slice_is_entered_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit for each finding alone would keep an officer waiting for longer than the finding.

    What was found before a fault of this program is entered all the same.
    """
    calls: list[int] = []
    commits: list[int] = []
    go_on = Compared.go_on

    def going(compared: Compared, deadline: float) -> Changed:
        calls.extend([1] if compared is line.airspace.compared else [])
        if len(calls) == 4:
            calls.append(1)
            raise RuntimeError("a defect")
        return go_on(compared, deadline)

    def enter(journal: Journal, line: LineState, some: Sequence[Related], at_us: int) -> None:
        commits.extend([len(some)] if journal is hmeimim.journal and some else [])
        enter_relations(journal, line, some, at_us)

    async with centre_pair(tmp_path) as (iaf, hmeimim):
        (line,) = hmeimim.lines.values()
        with monkeypatch.context() as held:
            held.setattr(LineAirspace, "_go_on", lambda _: None)
            await blurt(hmeimim, notice("H-1", box(outline_polygon=comb(2100))))
            for number in range(6):
                outline = comb(2100, 0.39 + number / 1000)
                await blurt(iaf, notice(f"IAF-{number}", box(outline_polygon=outline)))
        monkeypatch.setattr(Compared, "go_on", going)
        monkeypatch.setattr(line_airspace, "GATHER_S", 3600.0)
        monkeypatch.setattr(line_airspace, "enter_relations", enter)
        line.airspace._go_on()
        assert len(await entered(hmeimim, 6)) == 6
    assert sum(commits) == 6
    assert len(commits) <= 3


async def test_words_of_much_are_read_before_they_get_to_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flags of a notice of a hundred volumes are entered with it all the same."""
    threads = []

    def read(*given: object) -> object:
        threads.append(_on_loop())
        return contradictions(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("hotline.node.airspace.words.contradictions", read)
    many = tuple(box(outline_polygon=comb(40, number / 100)) for number in range(100))
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        id_ = await blurt(hmeimim, Notice("H-1", "Patrol north of Cyprus", "patrol", many))
        shown = await flags(iaf, id_)
    assert "airspace.direction-differs" in shown
    assert threads == [False]


def _on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def test_a_thousand_words_about_one_notice_are_taken_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes about it meanwhile is taken after them, so that the newest counts."""
    pauses = 0
    pause = Turn.pause

    async def counted(turn: Turn) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            (line,) = (line for line in nodes[0].lines.values())
            assert line.airspace.reading is not None
            newer = Revision("A", 900, "x", "patrol", (box(),))
            assert line.airspace.reading.defers(Said(-1, False, ROUTINE, b"n" * 32, 0, newer))
        await pause(turn)

    async with centre_pair(tmp_path) as (iaf, hmeimim):
        nodes = [iaf]
        await blurt(iaf, notice("IAF-0001"))
        await blurt(hmeimim, notice("A", box(10.0, 10.0)))
        for number in range(1, 6):
            revised = Revision("A", number, "x", "patrol", (box(10.0, 10.0),))
            await blurt(hmeimim, revised)
        (line,) = iaf.lines.values()
        with monkeypatch.context() as sliced:
            sliced.setattr(loading, "SLICE_S", -1.0)
            sliced.setattr(Turn, "pause", counted)
            line.airspace.failed()
            await eventually(lambda: not line.airspace.loading)
        await eventually(lambda: not line.airspace.compared.unfinished)
        standing = line.airspace.current.get(Key("hmeimim", "A"))
        assert standing is not None
        assert standing.life.revision == 900
        assert pauses > 6
