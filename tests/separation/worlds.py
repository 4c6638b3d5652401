"""Two pairs of real nodes on one machine: one in an exercise, one for actual traffic."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hotline.exercise.ground.site import Roles, Site, free_port, make_sites, write_configs
from hotline.model.kinds import Status
from tests.centres import now_us
from tests.cli.command import EXAMPLES, Node, Pair

NAME = 'Kestrel <7731> & "Ü\u05d0"'
"""As a letter may have it: each form that it stands in has to write out something of it."""
MARK = f"EXERCISE {NAME}"


@dataclass
class World:
    """A pair of nodes of one status; ``notice`` is the id of the patrol that iaf has sent."""

    status: Status
    directory: Path
    sites: dict[str, Site]
    pair: Pair
    ports: tuple[int, int]
    notice: str = ""

    @property
    def another(self) -> Path:
        """The same without a reference: it gets the next one each time that it is sent."""
        return self.directory / "another.json"

    @property
    def patrol(self) -> Path:
        """A notice in a file, which says nowhere what it is of."""
        return self.directory / "patrol.json"

    @property
    def name(self) -> str:
        """The status as text."""
        return self.status.value


def letter_of(status: Status, name: str = NAME) -> bytes:
    """Return the sample letter for a status, for an exercise with its name."""
    text = (EXAMPLES / "letter.toml").read_text("utf-8")
    if status is not Status.EXERCISE:
        return text.replace('status = "exercise"', f'status = "{status}"').encode()
    return text.replace(
        'status = "exercise"', f'status = "exercise"\nexercise = {json.dumps(name)}'
    ).encode()


@contextmanager
def worlds(directory: Path) -> Iterator[dict[Status, World]]:
    """Run both pairs; each has sent one notice, which was read and accepted."""
    made = {}
    with ExitStack() as stack:
        for status in (Status.EXERCISE, Status.ACTUAL):
            place = directory / status.value
            place.mkdir()
            letter = letter_of(status)
            sample = json.loads((EXAMPLES / "iaf/01-patrol.json").read_text("utf-8"))
            # Its contact is the exercise's desk, and these words are looked for.
            del sample["contact"]
            (place / "patrol.json").write_text(json.dumps(sample), "utf-8")
            del sample["reference"]
            (place / "another.json").write_text(json.dumps(sample), "utf-8")
            roles = Roles("iaf", "hmeimim", status)
            sites = make_sites(place, {"iaf": letter, "hmeimim": letter}, roles, now_us())
            port = free_port()
            write_configs(sites, port, port)
            pair = Pair(Node(sites["iaf"]), Node(sites["hmeimim"]))
            made[status] = World(status, place, sites, pair, (port, port))
            for node in (pair.hmeimim, pair.iaf):
                node.start()
                stack.callback(_end, node)
        for world in made.values():
            for node in (world.pair.iaf, world.pair.hmeimim):
                node.wait_for_line(up=True)
            (sent,) = world.pair.iaf.json("send", world.patrol, "--officer", "levy")["messages"]
            world.notice = sent["id"]
        yield made


def _end(node: Node) -> None:
    if node.process is not None and node.process.poll() is None:
        node.stop()


def says(text: str, what: str = NAME) -> bool:
    """Whether a text says something, however its form writes it: JSON, CSV, HTML, XML, capitals."""
    escaped = json.dumps(what, ensure_ascii=False)[1:-1]
    known = {
        what,
        escaped,
        json.dumps(what)[1:-1],
        what.replace('"', '""'),
        what.upper(),
        repr(what)[1:-1],
    }
    return any(form in shown for form in known for shown in (text, html.unescape(text)))
