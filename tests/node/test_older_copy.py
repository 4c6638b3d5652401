"""A record that may be an older copy: nothing is signed over it before the peer has been met."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from hotline.model.kinds import Precedence
from hotline.model.messages import Service
from hotline.node.centre import Centre
from hotline.node.watch import _witness
from tests.centres import centre_pair, eventually, receipted, running


def note_of(centre: Centre) -> bytes:
    """Return the newest checkpoint that is stored of the line's own log."""
    with closing(sqlite3.connect(centre.config.data / "journal.sqlite")) as db:
        row = db.execute("SELECT g.note FROM line l JOIN log g ON g.id = l.log").fetchone()
    note = row[0]
    assert isinstance(note, bytes)
    return note


async def test_a_restored_node_makes_no_second_log_before_it_meets_its_peer(tmp_path: Path) -> None:
    """Neither its watch nor its stop signs a tree that the peer may know otherwise."""
    async with centre_pair(tmp_path) as (_, hmeimim):
        sent = await hmeimim.desk.send("", Service(text="x"), Precedence.FLASH, "levy")
        await receipted(hmeimim, sent.stream, sent.seq)
        (line,) = hmeimim.lines.values()
        await eventually(lambda: line.witnessed > 0, "nothing is cosigned")
    before = note_of(hmeimim)
    async with running(Centre(hmeimim.config, hmeimim.keyring)) as alone:
        (line,) = alone.lines.values()
        await alone.desk.send("", Service(text="in good faith"), Precedence.ROUTINE, "levy")
        assert line.stored.unsealed
        await _witness(alone, line)
        assert note_of(alone) == before
    assert note_of(alone) == before
