"""One centre as a machine of its own: a network namespace, a directory, a real ``hotline run``."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotline.api.client import Client
from hotline.errors import HotlineError
from tests.centres import Site
from tests.pair.faults.waiting import become
from tests.pair.namespaces import Namespace

PORT = 4711
END_S = 15.0
UNREACHABLE = (HotlineError, OSError)
"""What asking a node raises that is not there, or says no."""


@dataclass(frozen=True, slots=True)
class Held:
    """One message as a journal has it: its stream, its number there, its id."""

    stream: int
    seq: int
    id: str


class Machine:
    """A centre's node; ``start`` runs the program as an operator does."""

    def __init__(self, site: Site, place: Namespace, peer: Namespace, peer_centre: str) -> None:
        self.site = site
        self.centre = site.centre
        self.place = place
        self.socket = site.directory / "api.sock"
        self.log = site.directory / "node.log"
        self.peer = peer_centre
        self._process: subprocess.Popen[bytes] | None = None
        dials = self.centre == "iaf"
        listen = f'[listen]\nhost = "{place.address}"\nport = {PORT}\n'
        dial = f'addresses = ["{peer.address}:{PORT}"]\n'
        (site.directory / "node.toml").write_text(
            f'centre = "{self.centre}"\nstatus = "exercise"\n{"" if dials else listen}'
            f'[log]\nformat = "json"\n'
            f'[[line]]\npeer = "{peer_centre}"\nletter = "letter.toml"\n{dial if dials else ""}'
        )

    @property
    def config(self) -> Path:
        """The node.toml."""
        return self.site.directory / "node.toml"

    @property
    def data(self) -> Path:
        """The directory of the journal."""
        return self.site.directory / "data"

    @property
    def pid(self) -> int:
        """The node's process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(
        self, environment: Mapping[str, str] | None = None, before: Sequence[str] = ()
    ) -> None:
        """Start the node; ``before`` are words before the command, as of a shell."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self.place.enter,
                    *before,
                    sys.executable,
                    "-m",
                    "hotline",
                    "--config",
                    str(self.config),
                    "run",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )

    def send(self, number: signal.Signals) -> None:
        """Send the node a signal."""
        os.kill(self.pid, number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the node with a signal; return its status."""
        assert self._process is not None
        if self.runs:
            self.send(number)
            self.send(signal.SIGCONT)
        return self._process.wait(END_S)

    @property
    def client(self) -> Client:
        """A client of its API, not yet open."""
        return Client(self.socket)

    async def answers(self) -> bool:
        """Whether the node says that it takes messages."""
        try:
            async with self.client as client:
                return (await client.ready()).ready
        except UNREACHABLE:
            return False

    async def up(self) -> bool:
        """Whether the node says that its line is up."""
        try:
            async with self.client as client:
                return any(
                    line.up for line in (await client.status()).lines if line.peer == self.peer
                )
        except UNREACHABLE:
            return False

    async def alarms(self) -> set[str]:
        """Return the codes of the alarms that stand, or stood and nobody has acknowledged."""
        try:
            async with self.client as client:
                return {alarm.code for alarm in (await client.status()).alarms}
        except UNREACHABLE:
            return set()

    async def causes(self, code: str) -> bool:
        """Whether an alarm stands whose cause is there still."""
        try:
            async with self.client as client:
                alarms = (await client.status()).alarms
        except UNREACHABLE:
            return True
        return any(alarm.code == code and alarm.cleared_at is None for alarm in alarms)

    async def rings(self, code: str, what: str = "") -> None:
        """Return once an alarm stands; fail when it does not in time."""

        async def stands() -> bool:
            return code in await self.alarms()

        await become(stands, what or f"{self.centre} does not ring {code}")

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Ask this centre's journal, with ``:log`` for the log of the line of the pair."""
        path = self.data / "journal.sqlite"
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=20)
        try:
            found = connection.execute("SELECT log FROM line WHERE peer = ?", (self.peer,))
            return connection.execute(sql, {"log": found.fetchone()[0]}).fetchall()
        finally:
            connection.close()

    @property
    def backlog(self) -> int:
        """Messages that are durable here and have no receipt."""
        rows = self.query(
            "SELECT coalesce(sum(next_seq - 1 - receipted), 0) FROM stream"
            " WHERE log = :log AND direction = 0"
        )
        return int(str(rows[0][0]))

    def receipted(self) -> dict[int, int]:
        """Return, by stream, through which number the peer's receipts are durable here."""
        rows = self.query("SELECT stream, receipted FROM stream WHERE log = :log AND direction = 0")
        return {int(str(stream)): int(str(seq)) for stream, seq in rows}

    def taken(self) -> dict[int, int]:
        """Return, by stream, the number of the newest message of the peer in the journal."""
        rows = self.query(
            "SELECT stream, max(seq) FROM message WHERE log = :log AND direction = 1 GROUP BY 1"
        )
        return {int(str(stream)): int(str(seq)) for stream, seq in rows}

    def messages(self, direction: int) -> list[Held]:
        """Return a direction's messages (0 sent, 1 received), each stream in order of entry."""
        rows = self.query(
            "SELECT stream, seq, lower(hex(id)) FROM message"
            f" WHERE log = :log AND direction = {direction} ORDER BY stream, idx"
        )
        return [Held(int(str(stream)), int(str(seq)), str(id_)) for stream, seq, id_ in rows]

    async def inbox(self, client: Client) -> list[str]:
        """Return the ids of all that is shown to the officers of this centre, page after page."""
        found: list[str] = []
        before: str | None = None
        while True:
            page = await client.messages(direction="in", peer=self.peer, limit=500, before=before)
            found += [message.id for message in page.messages]
            before = page.before
            if before is None:
                return found
