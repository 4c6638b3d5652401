"""A stopped node's record ends with checkpoints over all of it: docs/spec/witness.md, section 7."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from hotline.audit.verification.findings import Report
from hotline.audit.verification.journal import verify_journal
from hotline.journal.journal import JOURNAL_FILE
from hotline.node.centre import Centre
from hotline.node.config import NodeConfig, read_config
from hotline.node.line import Line
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.notes import Note
from tests.centres import (
    centre_pair,
    eventually,
    line_up,
    lone_centre,
    running,
    say,
)

NOTICE = "iaf/01-patrol.json"


def sealed(config: NodeConfig) -> dict[str, tuple[int, int]]:
    """Return of each of our logs how many entries it has, and how many the newest note covers."""
    with closing(sqlite3.connect(config.data / JOURNAL_FILE)) as connection:
        rows = connection.execute("SELECT origin, size, note FROM log WHERE own").fetchall()
    return {
        origin: (size, Checkpoint.parse(Note.parse(note).text).size if note else 0)
        for origin, size, note in rows
    }


def verified(centre: Centre) -> Report:
    """Verify what a centre has left."""
    peers = {line.peer: line.card for line in centre.lines.values()}
    return verify_journal(centre.config.data / JOURNAL_FILE, centre.keyring.card, peers)


def reached(line: Line, size: int) -> bool:
    """Whether the mirror of the peer's log has come as far."""
    return line.stored.mirror.written >= size


async def test_a_stopped_pair_leaves_whole_records(tmp_path: Path) -> None:
    """Both logs of both sides, to the last entry; what is left verifies."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await say(iaf, NOTICE)
    for centre in (iaf, hmeimim):
        assert not centre.config.data.joinpath(f"{JOURNAL_FILE}-wal").exists()
        found = sealed(centre.config)
        assert len(found) == 2
        assert all(size == covered > 0 for size, covered in found.values()), found
        assert verified(centre).failures == []


async def test_the_peer_takes_the_last_checkpoint_at_the_next_association(tmp_path: Path) -> None:
    """The mirrors of both reach what the other sealed, and nobody takes it for a rollback."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await say(iaf, NOTICE)
    before = {c.config.centre: sealed(c.config) for c in (iaf, hmeimim)}
    again = Centre(hmeimim.config, hmeimim.keyring)
    async with running(again):
        # The port is another one now, and node.toml of the side that dials has to say so.
        path = iaf.config.path
        path.write_text(path.read_text().replace(str(hmeimim.port), str(again.port)))
        dialler = Centre(read_config(path), iaf.keyring)
        async with running(dialler):
            await line_up(dialler, again)
            for here, there in ((dialler, again), (again, dialler)):
                (line,) = here.lines.values()
                size = before[there.config.centre][line.terms.peer_origin][0]
                await eventually(partial(reached, line, size))
            assert {a.code for a in (*dialler.bell.standing, *again.bell.standing)} <= {"line.down"}
    for centre in (dialler, again):
        assert verified(centre).failures == []


async def test_starting_and_stopping_again_and_again(tmp_path: Path) -> None:
    """A node that never meets its peer seals what little there is, each time anew."""
    async with lone_centre(tmp_path) as centre:
        pass
    for _ in range(3):
        async with running(Centre(centre.config, centre.keyring)):
            pass
        assert all(size == covered > 0 for size, covered in sealed(centre.config).values())
    assert verified(centre).failures == []


async def test_a_fenced_node_seals_nothing(tmp_path: Path) -> None:
    """That it stopped is entered; nothing is signed."""
    async with lone_centre(tmp_path) as centre:
        await centre.fence("it was rolled back")
        before = sealed(centre.config)
    after = sealed(centre.config)
    assert {origin: covered for origin, (_, covered) in after.items()} == {
        origin: covered for origin, (_, covered) in before.items()
    }
    origin = "hotline/exercise/hmeimim/node/1"
    assert after[origin][0] > before[origin][0]


async def test_a_line_that_is_held_is_left_as_it_is(tmp_path: Path) -> None:
    """Nothing is signed under numbers that are perhaps used up, neither then nor meanwhile."""
    async with lone_centre(tmp_path) as centre:
        (line,) = centre.lines.values()
        await line.hold("iaf holds more than this node")
        await line.peer_clock.note(0, 0, record=True)
        before = sealed(centre.config)
    origin = "hotline/exercise/hmeimim/iaf/1"
    assert before[origin] == sealed(centre.config)[origin] == (1, 0)


async def test_a_crash_leaves_a_record_that_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the last checkpoint it is less proof, and as whole as before."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await say(iaf, NOTICE)
        monkeypatch.setattr("hotline.node.centre.close_logs", lambda *_: None)
    found = sealed(iaf.config)
    assert found["hotline/exercise/iaf/node/1"][1] > 0, "anchored when the line came up"
    assert found["hotline/exercise/iaf/hmeimim/1"][0] > 0
    assert verified(iaf).failures == []
    assert verified(hmeimim).failures == []
