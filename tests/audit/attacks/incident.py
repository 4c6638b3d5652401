"""The incident that the attacks are about: two real nodes, two days, and their directories after.

On the first day a warning is given, read and answered, an alarm is acknowledged and the line
checked; on the second a little more is said. Whatever the nodes wrote is covered by checkpoints
that the other side cosigned. Attacks bend copies of the directories; `meeting` then starts both
nodes and lets them associate over real mutual TLS.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from hotline.audit.verification.findings import Report
from hotline.audit.verification.journal import verify_journal
from hotline.journal.journal import JOURNAL_FILE
from hotline.model.kinds import Answer, Precedence
from hotline.model.messages import Notice, Reply
from hotline.model.times import SECOND_US, format_time
from hotline.node.centre import Centre
from hotline.node.keyring import Keyring, load_cards, load_keyring
from hotline.node.line import Line
from hotline.node.watch import check_line
from tests.centres import (
    Site,
    drafted,
    eventually,
    line_up,
    receipted,
    running,
    say,
    sites,
)

CENTRES = ("iaf", "hmeimim")
OTHER = {"iaf": "hmeimim", "hmeimim": "iaf"}


class Copy(Site):
    """A centre's directory that is there already, with its keys and its journal."""

    def __init__(self, directory: Path, centre: str) -> None:
        self.directory = directory / centre
        self.centre = centre
        self.keys = self.directory / "keys"
        self.letter = self.directory / "letter.toml"

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.directory / "data"

    @property
    def journal(self) -> Path:
        """Return the journal's file."""
        return self.data / JOURNAL_FILE

    def keyring(self) -> Keyring:
        """Return the centre's private keys."""
        return load_keyring(self.keys)

    @contextmanager
    def bent(self) -> Iterator[sqlite3.Connection]:
        """Give a connection to the journal, to be bent at will; it is written at the end."""
        with closing(sqlite3.connect(self.journal, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def verify(self) -> Report:
        """Verify the record by the cards that lie beside it."""
        card, peers = load_cards(self.keys)
        return verify_journal(self.journal, card, dict(peers))


@dataclass(frozen=True, slots=True)
class Stage:
    """The directories of both centres, and what was kept of them before the second day."""

    directory: Path

    @property
    def iaf(self) -> Copy:
        """The centre that gave the warning."""
        return Copy(self.directory, "iaf")

    @property
    def hmeimim(self) -> Copy:
        """The centre that was warned."""
        return Copy(self.directory, "hmeimim")

    def of(self, centre: str) -> Copy:
        """Return one of the two."""
        return Copy(self.directory, centre)

    def restore(self, centre: str, kept: str = "first-day") -> None:
        """Put a centre's data directory back as it was kept."""
        site = self.of(centre)
        shutil.rmtree(site.data)
        shutil.copytree(site.directory / kept, site.data)

    def copied(self, to: Path) -> Stage:
        """Return a copy to be bent, everything in it."""
        shutil.copytree(self.directory, to)
        return Stage(to)


async def perform(directory: Path) -> Stage:
    """Let both days happen and return what is left of them; the nodes have stopped."""
    sites(directory)
    stage = Stage(directory)
    async with meeting(stage) as (iaf, hmeimim):
        await line_up(iaf, hmeimim)
        warning = await say(iaf, "iaf/01-patrol.json", Precedence.FLASH)
        await _warn_late(iaf)
        await say(iaf, "iaf/03-tanker.json")
        await say(hmeimim, "hmeimim/02-patrol.json")
        await hmeimim.desk.read(warning.hex(), "petrov")
        reply = Reply(to=warning.hex(), answer=Answer.STAND_BY)
        await hmeimim.desk.send("iaf", reply, Precedence.IMMEDIATE, "petrov")
        for centre in (iaf, hmeimim):
            await _have_an_alarm(centre)
            for line in centre.lines.values():
                await check_line(centre, line)
        await _all_witnessed(iaf, hmeimim)
    for name in CENTRES:
        with stage.of(name).bent():
            pass  # what was written ahead is in the file now, as after a longer run
        shutil.copytree(stage.of(name).data, stage.of(name).directory / "first-day")
    async with meeting(stage) as (iaf, hmeimim):
        await line_up(iaf, hmeimim)
        await say(hmeimim, "hmeimim/04-tanker.json")
        notice = await say(iaf, "iaf/07-strike.json", Precedence.PRIORITY)
        await hmeimim.desk.read(notice.hex(), "petrov")
        await _all_witnessed(iaf, hmeimim)
        for name in CENTRES:
            # What somebody copies who does not know that SQLite writes ahead.
            kept = stage.of(name).directory / "without-wal"
            kept.mkdir()
            shutil.copy(stage.of(name).journal, kept)
    await _tell_anew(stage)
    return stage


async def _tell_anew(stage: Stage) -> None:
    """Keep another history that the same two centres could have told, under the same keys."""
    for name in CENTRES:
        stage.of(name).data.rename(stage.of(name).directory / "true")
    async with meeting(stage) as (iaf, hmeimim):
        await line_up(iaf, hmeimim)
        await say(iaf, "iaf/09-transport.json")
        await say(hmeimim, "hmeimim/08-sar.json")
        await _all_witnessed(iaf, hmeimim)
    for name in CENTRES:
        site = stage.of(name)
        site.data.rename(site.directory / "retold")
        (site.directory / "true").rename(site.data)


async def _warn_late(centre: Centre) -> None:
    """Have a notice arrive five minutes before its start, which the other desk flags."""
    notice = drafted("iaf/11-training.json").message
    assert isinstance(notice, Notice)
    start = format_time(centre.clock.wall_us() + 300 * SECOND_US)
    volumes = [msgspec.structs.replace(volume, time_start=start) for volume in notice.volumes]
    late = msgspec.structs.replace(notice, volumes=volumes)
    composed = await centre.desk.send("", late, Precedence.ROUTINE, "tester")
    await receipted(centre, composed.stream, composed.seq)


async def _have_an_alarm(centre: Centre) -> None:
    (peer,) = centre.lines
    await centre.bell.once("line.rejected", peer, "test", "something was rejected")
    for alarm in centre.bell.standing:
        if alarm.code == "line.rejected":
            await centre.bell.acknowledge(alarm.id, "levi")


async def _all_witnessed(*centres: Centre) -> None:
    """Return once each side has cosigned all that the other has entered."""
    for centre in centres:
        for line in centre.lines.values():
            await centre.writer.do(line.want_seal)
    for centre in centres:
        for line in centre.lines.values():
            await eventually(partial(_witnessed, line), "there are entries that nobody cosigned")


def _witnessed(line: Line) -> bool:
    return line.witnessed >= line.stored.own.written


@asynccontextmanager
async def meeting(stage: Stage) -> AsyncIterator[tuple[Centre, Centre]]:
    """Run both nodes as their directories are now; whether the line comes up is for the test."""
    stage.hmeimim.configure("iaf", port=0)
    async with running(stage.hmeimim.node()) as hmeimim:
        stage.iaf.configure("hmeimim", port=hmeimim.port or 0)
        async with running(stage.iaf.node()) as iaf:
            yield iaf, hmeimim
