"""Real world, no play: one call stops the exercise on both sides, with or without a line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from hotline.audit.verification.journal import verify_journal
from hotline.audit.verification.projections import NOT_DUE
from hotline.errors import UsageError
from hotline.journal.queries import find_message
from hotline.model.kinds import Kind, Precedence
from hotline.model.messages import Advisory, Reply, Service, encode_payload
from hotline.model.play import PlayEvent, PlayState
from hotline.node.centre import Centre
from hotline.node.desk import read_payload, stored_flags
from hotline.node.exercise import REAL_WORLD
from tests.centres import centre_pair, eventually, lone_centre, now_us, receipted, running, sites
from tests.node.grounds import actual_pair, cut_line, rung, told, verified

CALL = Advisory("Engine fire on approach", phrases=(513,))


async def begin(*centres: Centre) -> None:
    """Begin an exercise at each node."""
    for centre in centres:
        await centre.exercise.tell(
            PlayEvent.STARTEX, name="Spring", text="", by="director", record=b""
        )


def stopped(centre: Centre) -> bool:
    """Whether play is stopped, and somebody has to take notice of it."""
    return (
        centre.exercise.play.state is PlayState.STOPPED and len(centre.exercise.unacknowledged) == 1
    )


async def call_off(centre: Centre) -> list[bytes]:
    """Have an officer call the exercise off; return the ids of what was sent."""
    sent = await centre.exercise.tell(
        PlayEvent.REAL_WORLD, name="", text="engine fire", by="orlov", record=b""
    )
    return [composed.id for composed in sent]


async def test_one_call_stops_play_on_both_sides(tmp_path: Path) -> None:
    """Each side enters who called it off and by which message, and rings until it is noticed."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await begin(iaf, hmeimim)
        (id_,) = await call_off(hmeimim)
        await eventually(lambda: stopped(iaf) and stopped(hmeimim))
        heard = (await told(iaf, "exercise"))[-1]
        assert heard["event"] == "real-world"
        assert (heard["by"], heard["message"], heard["peer"]) == ("orlov", id_, "hmeimim")
        assert heard["name"] == "Spring"
        said = (await told(hmeimim, "exercise"))[1:]
        assert [one["message"] for one in said] == [None, id_]
        found = await iaf.reader.run(lambda at: find_message(at, id_.hex()))
        assert found.stream == Precedence.FLASH
    verified([iaf, hmeimim])


async def test_play_goes_on_only_after_somebody_has_taken_notice(tmp_path: Path) -> None:
    """The alarm stands until it is acknowledged by name; then, and only then, play is resumed."""
    async with lone_centre(tmp_path) as centre:
        await begin(centre)
        await call_off(centre)
        with pytest.raises(UsageError) as refused:
            await centre.exercise.tell(PlayEvent.RESUME, name="", text="", by="d", record=b"")
        assert refused.value.code == "exercise.stop-unacknowledged"
        (alarm,) = (one for one in centre.bell.standing if one.code == REAL_WORLD)
        assert alarm.cleared_us is None
        await centre.bell.acknowledge(alarm.id, "levy")
        assert not any(one.code == REAL_WORLD for one in centre.bell.standing)
        assert centre.exercise.play.state is PlayState.STOPPED
        await centre.exercise.tell(PlayEvent.RESUME, name="", text="", by="d", record=b"")
        assert centre.exercise.play.state is PlayState.RUNNING
        await call_off(centre)
        assert stopped(centre)
    verified([centre])


@pytest.mark.parametrize("message", [CALL, Service("Engine fire on approach", phrases=(513,))])
async def test_a_message_does_it_too_and_needs_no_exercise(
    tmp_path: Path, message: Advisory | Service
) -> None:
    """Whatever program an officer sends phrase 513 with, and whether or not anybody directs."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await iaf.desk.send("", message, Precedence.IMMEDIATE, "levy")
        await eventually(lambda: stopped(iaf) and stopped(hmeimim))
        (said,) = await told(hmeimim, "exercise")
        assert (said["by"], said["text"]) == ("levy", "Engine fire on approach")
    verified([iaf, hmeimim])


async def test_the_message_that_stops_play_owes_no_answer(tmp_path: Path) -> None:
    """Neither side awaits one, so nothing rings when the letter's time is over; one may be given.

    The verification derives the same: what says that an answer is awaited all the same is found.
    """
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        warning = Advisory("Two fast aircraft, heading east", phrases=(101,))
        await iaf.desk.send("", warning, Precedence.FLASH, "levy")
        (id_,) = await call_off(iaf)
        await eventually(lambda: stopped(iaf) and stopped(hmeimim))
        for centre in (iaf, hmeimim):
            assert await awaited(centre) == [warning.text]
        answer = Reply(to=id_.hex(), answer="stand-by", reason="Stopped here too.")
        reply = await hmeimim.desk.send("", answer, Precedence.FLASH, "orlov")
        await receipted(hmeimim, reply.stream, reply.seq)
        assert len(await awaited(iaf)) == len(await awaited(hmeimim)) == 1
    verified([iaf, hmeimim])
    with closing(sqlite3.connect(iaf.journal.path)) as db, db:
        db.execute(
            "INSERT INTO deadline SELECT log, idx, direction, time_us FROM message WHERE id = ?",
            (id_,),
        )
    report = verify_journal(iaf.journal.path, iaf.keyring.card, dict(iaf.keyring.peers))
    assert NOT_DUE in {failure.text for failure in report.failures}


async def awaited(centre: Centre) -> list[str]:
    """Return the text of each advisory that awaits an answer at a node."""
    ids = await centre.reader.run(
        lambda connection: connection.execute(
            "SELECT m.id FROM deadline d JOIN message m USING (log, idx)"
        ).fetchall()
    )
    found = []
    for (id_,) in ids:
        stored = await centre.reader.run(partial(find_message, name=id_.hex()))
        said = read_payload(stored)
        assert isinstance(said, Advisory)
        found.append(said.text)
    return found


async def test_a_letter_that_forgot_the_phrase_holds_nobody_up(tmp_path: Path) -> None:
    """Phrase 513 means the same on every exercise line; any other unknown phrase is refused."""
    iaf_site, hmeimim_site = sites(tmp_path)
    for site in (iaf_site, hmeimim_site):
        text = site.letter.read_text("utf-8")
        before, _, rest = text.partition("[[phrase]]\nnumber = 513\n")
        assert rest
        site.letter.write_text(before + "[[phrase]]" + rest.partition("[[phrase]]")[2])
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            assert 513 not in {phrase.number for phrase in iaf.line("").letter.phrases}
            await call_off(iaf)
            await eventually(lambda: stopped(iaf) and stopped(hmeimim))


async def test_without_a_line_it_waits_and_stops_play_on_arrival(tmp_path: Path) -> None:
    """The caller's side stops at once; the other as soon as the line is back, before all else."""
    async with cut_line(tmp_path) as cut:
        await begin(cut.iaf, cut.hmeimim)
        await call_off(cut.iaf)
        assert stopped(cut.iaf)
        assert cut.hmeimim.exercise.play.state is PlayState.RUNNING
        await cut.mend()
        await eventually(lambda: stopped(cut.hmeimim))
    verified([cut.iaf, cut.hmeimim])


async def test_a_stop_outlasts_a_restart_and_rings_where_it_had_not(tmp_path: Path) -> None:
    """The node knows again where play stood; a stop that was entered and not rung is rung."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    async with running(site.node()) as centre:
        await begin(centre)
        await call_off(centre)
    async with running(site.node()) as centre:
        assert stopped(centre)
        # As a node killed between the entry and the alarm leaves it.
        await centre.writer.do(lambda journal: journal.execute("DELETE FROM alarm") and None)
    async with running(site.node()) as centre:
        await eventually(lambda: stopped(centre))
        await centre.bell.acknowledge(centre.exercise.unacknowledged[0], "levy")
    async with running(site.node()) as centre:
        assert centre.exercise.play.state is PlayState.STOPPED
        assert not centre.exercise.unacknowledged


async def test_it_stops_play_while_the_disk_is_full_on_purpose(tmp_path: Path) -> None:
    """What is broken on purpose is made whole first: it must not stand in the way."""
    async with lone_centre(tmp_path) as centre:
        await begin(centre)
        await centre.faults.begin("full-disk", amount=0, for_s=None, peer="", by="director")
        await call_off(centre)
        assert stopped(centre)
        assert not centre.faults.lasting
        assert (await told(centre, "fault"))[-1]["why"] == "real-world"
    verified([centre])


async def test_an_actual_line_delivers_and_flags_it_and_stops_nothing(tmp_path: Path) -> None:
    """Composing refuses it; whoever sends it all the same is heard, and nothing follows."""
    async with actual_pair(tmp_path) as (iaf, hmeimim):
        with pytest.raises(UsageError) as refused:
            await iaf.desk.send("", CALL, Precedence.FLASH, "levy")
        assert refused.value.code == "exercise.not-here"
        line = iaf.line("")
        draft = iaf.desk.draft(line, Kind.ADVISORY, encode_payload(CALL), CALL, Precedence.FLASH)
        composed = await iaf.desk.enter(line, Precedence.FLASH, draft, CALL)
        await receipted(iaf, composed.stream, composed.seq)
        found = await hmeimim.reader.run(lambda at: find_message(at, composed.id.hex()))
        assert "exercise.not-here" in {flag.code for flag in stored_flags(found)}
        for centre in (iaf, hmeimim):
            assert centre.exercise.play.state is PlayState.NONE
            assert await told(centre, "exercise") == []
            assert not await rung(centre, REAL_WORLD)
            assert await awaited(centre) == [CALL.text]
    verified([iaf, hmeimim])


async def test_nothing_is_played_or_broken_on_an_actual_node(tmp_path: Path) -> None:
    """Whatever is told or asked for, by whomever: it is refused, and nothing is entered."""
    async with actual_pair(tmp_path) as (iaf, _):
        for event in PlayEvent:
            with pytest.raises(UsageError) as refused:
                await iaf.exercise.tell(event, name="Spring", text="", by="d", record=b"")
            assert refused.value.code == "node.actual"
        for kind in ("clock-offset", "corrupted-frame", "nonsense"):
            with pytest.raises(UsageError) as refused:
                await iaf.faults.begin(kind, amount=1, for_s=None, peer="", by="d")
            assert refused.value.code == "node.actual"
            with pytest.raises(UsageError):
                await iaf.faults.end(kind, peer="", by="d")
        assert await told(iaf, "exercise") == await told(iaf, "fault") == []
        assert abs(iaf.clock.wall_us() - now_us()) < 1_000_000
