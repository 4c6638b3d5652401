"""Two centres in a directory, and the two processes that run them.

``receiver`` is the program that ``hotline run`` is, API included, but on a port of the system's
choice; ``load`` is a node that sends as well. Each says and hears one JSON object a line.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline.model.kinds import Status
from hotline.node.keyring import init_keys, pin_card
from hotline.trust.card import read_card

ROOT = Path(__file__).parent.parent
LETTER = ROOT / "examples" / "letter.toml"
NOTICE = ROOT / "examples" / "iaf" / "01-patrol.json"
SENDER, RECEIVER = "iaf", "hmeimim"
END_S = 20.0


class Process:
    """A child that answers each JSON line on its standard input with one on its output."""

    def __init__(self, module: str, *arguments: str, python: str = sys.executable) -> None:
        self._child = subprocess.Popen(
            [python, "-m", f"benchmarks.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._name = module
        self.pid = self._child.pid

    def hear(self) -> dict[str, Any]:
        """Return the child's next line; raises RuntimeError when it has ended instead."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with status {self._child.wait()}")
        heard = json.loads(line)
        assert isinstance(heard, dict)
        return heard

    def ask(self, request: Mapping[str, object]) -> dict[str, Any]:
        """Have the child do something, and return what it found."""
        self.tell(request)
        return self.hear()

    def tell(self, request: Mapping[str, object]) -> None:
        """Have the child do something, and do not wait for it."""
        assert self._child.stdin is not None
        print(json.dumps(request), file=self._child.stdin, flush=True)

    def kill(self) -> None:
        """End the child as `kill -9` does, in the middle of whatever it is doing."""
        self._child.kill()
        self._child.communicate()

    def end(self) -> None:
        """End the child in order; by force where it does not follow."""
        self._child.terminate()
        try:
            self._child.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()


@dataclass(frozen=True, slots=True)
class Pair:
    """Both processes, the line between them up, and the directories of both centres."""

    sender: Process
    receiver: Process
    directory: Path


@contextmanager
def pair(parent: Path, group_limit: int) -> Iterator[Pair]:
    """Run a fresh pair whose sender signs at most ``group_limit`` messages as one group.

    The directory is made below ``parent``, on whose disk both journals lie, and is removed.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))
        make_centres(directory)
        receiver = Process("receiver", configure(directory, RECEIVER, 0))
        stack.callback(receiver.end)
        port = receiver.hear()["port"]
        sender = Process("load", configure(directory, SENDER, port), str(group_limit))
        stack.callback(sender.end)
        sender.hear()
        yield Pair(sender, receiver, directory)


def make_centres(directory: Path) -> None:
    """Make both centres' keys, and pin each other's cards."""
    now_us = time.time_ns() // 1000
    for centre in (SENDER, RECEIVER):
        (directory / centre).mkdir()
        init_keys(directory / centre / "keys", centre, Status.EXERCISE, now_us=now_us)
        shutil.copy(LETTER, directory / centre / "letter.toml")
    for centre, peer in ((SENDER, RECEIVER), (RECEIVER, SENDER)):
        card = read_card((directory / peer / "keys" / "centre.card").read_bytes())
        pin_card(directory / centre / "keys", card, now_us)


def configure(directory: Path, centre: str, port: int) -> str:
    """Write a centre's node.toml and return its path; the sender dials ``port``."""
    dials = centre == SENDER
    listen = f'[listen]\nhost = "127.0.0.1"\nport = {port}\n'
    addresses = f'addresses = ["127.0.0.1:{port}"]\n'
    path = directory / centre / "node.toml"
    path.write_text(
        f'centre = "{centre}"\nstatus = "exercise"\n'
        '[log]\nlevel = "error"\n'
        f"{'' if dials else listen}"
        f'[[line]]\npeer = "{RECEIVER if dials else SENDER}"\nletter = "letter.toml"\n'
        f"{addresses if dials else ''}"
    )
    return str(path)
