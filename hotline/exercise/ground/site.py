"""Two centres on one machine, each in a directory of its own, made as two officers would.

Each centre makes its own keys; the cards are exchanged, the words compared, the cards pinned. The
line between them leads through whatever listens on the port that the dialling centre is told.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotline.model.kinds import Status
from hotline.node.config import read_file
from hotline.node.keyring import init_keys, load_cards, pin_card
from hotline.trust.card import Card, read_card

MAX_SOCKET_PATH = 100
"""Bytes; the kernel takes 107."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays: the centre that opens the connection, the one that waits for it, and the status.

    A letter of agreement says all of it.
    """

    dialler: str
    listener: str
    status: Status = Status.EXERCISE

    @property
    def centres(self) -> tuple[str, str]:
        """Both centres."""
        return self.dialler, self.listener


@dataclass(frozen=True, slots=True)
class Site:
    """One centre's place: its directory, its node.toml, its API socket, its card."""

    centre: str
    peer: str
    directory: Path
    config: Path
    socket: Path
    card: Card
    dials: bool
    status: Status

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.directory / "data" / "journal.sqlite"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the line goes: ``dial`` is what the dialling centre is told, ``listen`` the other's."""

    dial: int
    listen: int

    @property
    def through_proxy(self) -> bool:
        """Whether the line leads through something that stands between both."""
        return self.dial != self.listen


def make_sites(
    directory: Path, letters: Mapping[str, bytes], roles: Roles, now_us: int
) -> dict[str, Site]:
    """Make both centres' directories and keys, exchange and pin their cards.

    ``letters`` has each centre's copy. node.toml comes later, when the ports are known.
    """
    cards = {}
    for centre in roles.centres:
        place = directory / centre
        place.mkdir(exist_ok=True)
        init_keys(place / "keys", centre, roles.status, now_us=now_us)
        cards[centre] = read_card((place / "keys" / "centre.card").read_bytes())
        (place / "letter.toml").write_bytes(letters[centre])
    sites = {}
    for centre, peer in (roles.centres, roles.centres[::-1]):
        place = (directory / centre).absolute()
        pin_card(place / "keys", cards[peer], now_us)
        sites[centre] = _site(place, centre, peer, cards[centre], roles, _socket_path(place))
    return sites


def find_sites(directory: Path, roles: Roles) -> dict[str, Site]:
    """Return the sites that lie in a directory already, with the keys and sockets that they have.

    Raises ConfigError, KeysError, TrustError when something of them is missing or damaged.
    """
    sites = {}
    for centre, peer in (roles.centres, roles.centres[::-1]):
        place = (directory / centre).absolute()
        card, _ = load_cards(place / "keys")
        path = place / read_file(place / "node.toml").api.socket
        sites[centre] = _site(place, centre, peer, card, roles, path)
    return sites


def write_configs(sites: Mapping[str, Site], dial_port: int, listen_port: int) -> None:
    """Write both node.toml; ``dial_port`` is where the centre that dials reaches the other one."""
    for site in sites.values():
        lines = [
            f"# The node of {site.centre} in play: nothing that it says is real.",
            f'centre = "{site.centre}"',
            f'status = "{site.status}"',
            'data = "data"',
            'keys = "keys"',
        ]
        if site.socket.parent != site.directory:
            lines += ["", "[api]", f'socket = "{site.socket}"']
        if not site.dials:
            lines += ["", "[listen]", 'host = "127.0.0.1"', f"port = {listen_port}"]
        lines += ["", "[[line]]", f'peer = "{site.peer}"', 'letter = "letter.toml"']
        if site.dials:
            lines += [f'addresses = ["127.0.0.1:{dial_port}"]']
        # Whole or not there, so that what was interrupted can be entered again.
        part = site.config.with_name("node.toml.part")
        part.write_text("\n".join(lines) + "\n", "utf-8")
        part.replace(site.config)


def read_ports(sites: Mapping[str, Site]) -> Ports:
    """Return the ports that both node.toml name. Raises ConfigError, ValueError."""
    dial = listen = 0
    for site in sites.values():
        file = read_file(site.config)
        if site.dials:
            dial = int(file.line[0].addresses[0].rpartition(":")[2])
        elif file.listen is not None:
            listen = file.listen.port
    return Ports(dial, listen)


def free_port() -> int:
    """Return a TCP port on loopback that nobody uses, and that nobody else is given for a while.

    Who closes a connection first leaves its port in TIME_WAIT, for a minute on Linux: the kernel
    gives it to nobody who asks for any port, and still to whoever asks for this one, as servers do
    with SO_REUSEADDR.
    """
    with (
        socket.create_server(("127.0.0.1", 0)) as probe,
        socket.create_connection(probe.getsockname()) as caller,
    ):
        accepted, _ = probe.accept()
        accepted.close()
        caller.recv(1)  # nothing: it is closed there
        return int(probe.getsockname()[1])


def _socket_path(place: Path) -> Path:
    """Return where the API socket goes: beside node.toml, unless that path is too long for one."""
    path = place / "api.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="hotline-")) / "api.sock"


def _site(place: Path, centre: str, peer: str, card: Card, roles: Roles, socket: Path) -> Site:
    return Site(
        centre=centre,
        peer=peer,
        directory=place,
        config=place / "node.toml",
        socket=socket,
        card=card,
        dials=centre == roles.dialler,
        status=roles.status,
    )
