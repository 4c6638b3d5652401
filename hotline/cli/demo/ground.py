"""Where a demonstration happens: a directory for each centre, made as two officers would.

Each centre makes its own keys; the cards are exchanged, the words compared, the cards pinned.
Everything is left behind, so that the journals can be looked at afterwards.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hotline.cli.output import now_us
from hotline.errors import ConfigError
from hotline.model.kinds import Status
from hotline.node.keyring import init_keys, pin_card
from hotline.trust.card import Card, read_card

MARKER = ".hotline-demo"
"""A file that says: this directory was made by the demonstration, and may be removed."""
DIALLER, LISTENER = "iaf", "hmeimim"
CENTRES = (DIALLER, LISTENER)
RECEIPT_ALARM_S = 3
"""The sample letter says 10; nobody wants to watch for so long."""
MAX_SOCKET_PATH = 100
"""Bytes; the kernel takes 107."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays: the centre that opens the connection, the one that waits for it, and the status.

    A letter of agreement says all of it.
    """

    dialler: str = DIALLER
    listener: str = LISTENER
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


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Hold ``directory`` for one demonstration, and begin with an empty one.

    Nodes of an earlier run that was killed are ended first. Raises ConfigError: ``demo.not-ours``
    for a directory that holds anything which no demonstration has made, ``demo.running`` for one
    in which another demonstration runs.
    """
    marker = directory / MARKER
    fresh = not directory.exists() or (directory.is_dir() and not any(directory.iterdir()))
    if not fresh and not marker.is_file():
        raise ConfigError(
            "demo.not-ours",
            f"{directory} was not made by a demonstration, so it is not removed",
            "name another directory with --directory",
        )
    directory.mkdir(parents=True, exist_ok=True)
    # The lock goes with the process, however that ends; the nodes do not inherit it.
    with marker.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                "demo.running",
                f"another demonstration runs in {directory}",
                "end that one first, or name another directory with --directory",
            ) from None
        _empty(directory)
        lock.truncate(0)
        lock.write("Made by `hotline demo`, which removes it when it runs again.\n")
        lock.flush()
        yield


def _empty(directory: Path) -> None:
    """Remove all but the marker, once no node writes there any more."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            _end_leftover(path)
            shutil.rmtree(path)
        elif path.name != MARKER:
            path.unlink()


def make_sites(directory: Path, letter: bytes, roles: Roles | None = None) -> dict[str, Site]:
    """Make both centres' keys, exchange and pin their cards; configuration comes later.

    Without ``roles`` it is the sample letter, whose receipt alarm is made to ring sooner; any other
    letter is taken as it is.
    """
    held = quicker(letter) if roles is None else letter
    roles = roles or Roles()
    cards = {}
    for centre in roles.centres:
        place = directory / centre
        place.mkdir()
        init_keys(place / "keys", centre, roles.status, now_us=now_us())
        cards[centre] = read_card((place / "keys" / "centre.card").read_bytes())
        (place / "letter.toml").write_bytes(held)
    sites = {}
    for centre, peer in (roles.centres, roles.centres[::-1]):
        place = (directory / centre).absolute()
        pin_card(place / "keys", cards[peer], now_us())
        sites[centre] = Site(
            centre=centre,
            peer=peer,
            directory=place,
            config=place / "node.toml",
            socket=_socket_path(place),
            card=cards[centre],
            dials=centre == roles.dialler,
            status=roles.status,
        )
    return sites


def quicker(letter: bytes) -> bytes:
    """Return the sample letter with a receipt alarm that rings within the demonstration."""
    changed = letter.replace(
        b"receipt_alarm_s = 10 ", b"receipt_alarm_s = %d  " % RECEIPT_ALARM_S, 1
    )
    if changed == letter:
        raise ConfigError("demo.letter", "the sample letter has no receipt_alarm_s = 10 to change")
    return changed


def write_configs(sites: dict[str, Site], dial_port: int, listen_port: int) -> None:
    """Write both node.toml; ``dial_port`` is where the centre that dials reaches the other one."""
    for site in sites.values():
        lines = [
            f"# The node of {site.centre} in the demonstration.",
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
        site.config.write_text("\n".join(lines) + "\n")


def free_port() -> int:
    """Return a TCP port on loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _socket_path(place: Path) -> Path:
    """Return where the API socket goes: beside node.toml, unless that path is too long for one."""
    path = place / "api.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="hotline-demo-")) / "api.sock"


def _end_leftover(place: Path) -> None:
    """End the node of an earlier run, if its process still is that node."""
    with suppress(OSError, ValueError):
        pid = int((place / "node.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if os.fsencode(place.absolute() / "node.toml") not in command.split(b"\0"):
            return
        os.kill(pid, signal.SIGKILL)
        # Gone, or only waiting for whoever started it to take notice: then it has no command line.
        for _ in range(100):
            if not Path(f"/proc/{pid}/cmdline").read_bytes():
                break
            time.sleep(0.02)
