"""A peer that holds less of our log than it has cosigned: its record was put back."""

from __future__ import annotations

from pathlib import Path

from hotline.model.kinds import Precedence
from hotline.model.messages import Service
from hotline.node.centre import Centre
from tests.centres import centre_pair, eventually, line_up, lone_centre, receipted, running

CODE = "line.mirror-shrank"


def told(centre: Centre) -> list[str]:
    """Return what stands about a mirror that shrank."""
    return [alarm.text for alarm in centre.bell.standing if alarm.code == CODE]


async def test_it_is_told_once_and_latched(tmp_path: Path) -> None:
    """The cause is an event: it rings until acknowledged, and not at each connection anew."""
    async with lone_centre(tmp_path) as centre:
        (line,) = centre.lines.values()
        await line.misconduct.note_mirror(7, 7)
        await line.misconduct.note_mirror(9, 7)
        assert told(centre) == []
        await line.misconduct.note_mirror(5, 7)
        assert len(told(centre)) == 1
        (alarm,) = centre.bell.standing
        assert alarm.cleared_us is not None
        await centre.bell.acknowledge(alarm.id, "levi")
        assert told(centre) == []
        await line.misconduct.note_mirror(5, 7)
        await line.misconduct.note_mirror(0, 7)
        assert told(centre) == []
        await line.misconduct.note_mirror(5, 8)
        assert len(told(centre)) == 1, "it has cosigned more since"


async def test_an_honest_peer_never_seems_rolled_back(tmp_path: Path) -> None:
    """Whatever was under way when the connection ended, its mirror holds what it cosigned."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        for _ in range(3):
            sent = await iaf.desk.send("", Service(text="x"), Precedence.FLASH, "levy")
            await receipted(iaf, sent.stream, sent.seq)
            (line,) = hmeimim.lines.values()
            session = line._session
            assert session is not None
            session.lose()
            await eventually(lambda line=line, old=session: line._session not in (None, old))
            await line_up(iaf, hmeimim)
        assert told(iaf) == told(hmeimim) == []
    async with running(Centre(hmeimim.config, hmeimim.keyring)) as again:
        assert told(again) == []
