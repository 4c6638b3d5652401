"""Two real node processes that a test kills, and what their journals say afterwards."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hotline.audit.verification.journal import verify_journal
from hotline.exercise.ground.site import free_port
from hotline.node.keyring import load_public
from tests.centres import PATIENCE_S, STEP_S, Site, sites


def until(condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Return as soon as ``condition`` holds; fail when it does not in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(STEP_S)


class Process:
    """One centre as a process of its own, which can be killed and started again."""

    def __init__(self, site: Site, nursery: subprocess.Popen[str]) -> None:
        self.site = site
        self.ledger = site.directory / "ledger"
        self._nursery = nursery
        self._pid = 0
        self._read = 0
        # What callers were told was sent, and how many receipts came since the last start.
        self.told: list[str] = []
        self.receipts = 0

    def start(self, seed: int | None) -> None:
        """Start the node, with a load of that seed or with none."""
        self.receipts = 0
        order = {
            "config": str(self.site.directory / "node.toml"),
            "ledger": str(self.ledger),
            "seed": seed,
        }
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(json.dumps(order) + "\n")
        self._nursery.stdin.flush()
        self._pid = int(self._nursery.stdout.readline())

    def end(self, number: signal.Signals) -> None:
        """Send the node a signal and wait until it is gone."""
        os.kill(self._pid, number)
        until(lambda: not self.alive, f"{self.site.centre} does not end")

    @property
    def alive(self) -> bool:
        """Whether the process is there; the nursery lets the system reap it."""
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True

    def look(self) -> int:
        """Read on in the ledger; return the receipts since the last start."""
        if self.ledger.exists():
            with self.ledger.open("rb") as file:
                file.seek(self._read)
                data = file.read()
            whole = data.rpartition(b"\n")[0]
            self._read += len(whole) + bool(whole)
            for line in whole.decode().splitlines():
                kind, text = line.split()
                if kind == "sent":
                    self.told.append(text)
                else:
                    self.receipts += int(text)
        return self.receipts

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Ask this centre's journal."""
        path = self.site.directory / "data" / "journal.sqlite"
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    @property
    def backlog(self) -> int:
        """Messages that have no receipt in the journal."""
        rows = self.query(
            "SELECT coalesce(sum(next_seq - 1 - receipted), 0) FROM stream WHERE direction = 0"
        )
        return int(str(rows[0][0]))

    def messages(self, direction: int) -> list[tuple[object, ...]]:
        """Return (stream, seq, id) of a direction's messages, each stream in order of entry."""
        return self.query(
            "SELECT stream, seq, hex(id) FROM message WHERE kind = 'service'"
            f" AND direction = {direction} ORDER BY stream, idx"
        )

    def verified_entries(self) -> int:
        """Verify the journal; return how many entries it has."""
        own = load_public(self.site.keys)
        report = verify_journal(
            self.site.directory / "data" / "journal.sqlite", own.card, dict(own.peers)
        )
        assert report.failures == []
        return report.entries


class Pair:
    """iaf, which dials, and hmeimim, which listens, each in a process of its own."""

    def __init__(self, directory: Path) -> None:
        port = free_port()
        iaf, hmeimim = sites(directory)
        hmeimim.configure("iaf", port=port)
        iaf.configure("hmeimim", port=port)
        self._log = (directory / "nodes.log").open("w")
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.pair.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.iaf = Process(iaf, self._nursery)
        self.hmeimim = Process(hmeimim, self._nursery)
        self.both = (self.iaf, self.hmeimim)

    def __enter__(self) -> Pair:
        """Return the pair; nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind."""
        for node in self.both:
            if node._pid and node.alive:
                node.end(signal.SIGKILL)
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.close()
        self._nursery.wait(PATIENCE_S)
        self._nursery.stdout.close()
        self._log.close()

    @property
    def flows(self) -> bool:
        """Whether both nodes have had a receipt since they were looked at anew."""
        return all([node.look() for node in self.both])  # noqa: C419  (both are looked at)

    def settle(self) -> None:
        """Run both nodes without load until every message has its receipt, then end both."""
        for node in self.both:
            node.start(None)
        until(
            lambda: all(node.backlog == 0 for node in self.both),
            "a message has no receipt",
            patience_s=60,
        )
        for node in self.both:
            node.end(signal.SIGTERM)
            node.look()

    def check(self) -> int:
        """Check that nothing is lost, doubled or out of order; return the messages exchanged."""
        total = 0
        for sender, receiver in (self.both, self.both[::-1]):
            sent, received = sender.messages(0), receiver.messages(1)
            assert received == sent
            by_stream = Counter(stream for stream, _, _ in sent)
            numbers = [(stream, seq) for stream, seq, _ in sent]
            assert numbers == [
                (stream, seq)
                for stream, count in sorted(by_stream.items())
                for seq in range(1, count + 1)
            ]
            arrived = Counter(str(id_) for _, _, id_ in received)
            assert set(arrived.values()) <= {1}
            assert {told.upper() for told in sender.told} <= set(arrived)
            total += len(sent)
        return total
