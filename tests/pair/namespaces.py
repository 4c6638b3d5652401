"""Two network namespaces of Linux, joined by one bad cable: two machines on a network of their own.

    with Network() as network:
        process = subprocess.Popen([*network.left.enter, "ping", network.right.address])
        network.cable.blow(Weather(loss=0.2), FAIR)

Making them takes root and /dev/net/tun; ``why_no_network`` says what is missing.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.pair.cable import Cable, open_tun

_NUMBERS = count()
LEFT_ADDRESS, RIGHT_ADDRESS = "10.77.0.1", "10.77.0.2"
_TUN = Path("/dev/net/tun")


def why_no_network() -> str | None:
    """Return why no namespaces can be made here; None when they can."""
    if os.geteuid() != 0:
        return "making network namespaces takes root"
    if not _TUN.exists():
        return "there is no /dev/net/tun"
    name = f"hotline-try-{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "del", name)
    except FileNotFoundError:
        return "the command ip is not installed"
    except subprocess.CalledProcessError as error:
        return f"no network namespace can be made ({str(error.stderr).strip()[-120:]})"
    return None


@dataclass(frozen=True, slots=True)
class Namespace:
    """One machine: its name to ``ip netns``, and its address on the cable."""

    name: str
    address: str

    @property
    def enter(self) -> tuple[str, ...]:
        """What comes before a command that is to run there."""
        return "ip", "netns", "exec", self.name


class Network:
    """Two namespaces and the cable between them, for as long as the context is open."""

    def __init__(self, seed: int = 0) -> None:
        mark = f"{os.getpid()}-{next(_NUMBERS)}"
        self.left = Namespace(f"hotline-{mark}-l", LEFT_ADDRESS)
        self.right = Namespace(f"hotline-{mark}-r", RIGHT_ADDRESS)
        self.cable: Cable
        self._seed = seed

    def __enter__(self) -> Network:
        """Make both, with fair weather."""
        with ExitStack() as making:
            ends = []
            for place, peer in ((self.left, self.right), (self.right, self.left)):
                _ip("netns", "add", place.name)
                making.callback(_remove, place.name)
                device = f"hl{os.getpid() % 10**7}-{len(ends)}-{next(_NUMBERS) % 100}"
                ends.append(open_tun(device[:15]))
                making.callback(_close, ends[-1])
                _ip("link", "set", device[:15], "netns", place.name)
                at = ("-n", place.name)
                _ip(*at, "link", "set", "lo", "up")
                _ip(*at, "address", "add", place.address, "peer", peer.address, "dev", device[:15])
                _ip(*at, "link", "set", device[:15], "up")
            self.cable = Cable(*ends, seed=self._seed)
            making.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the cable away, then both."""
        self.cable.close()
        for place in (self.left, self.right):
            _remove(place.name)


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True)


def _remove(name: str) -> None:
    subprocess.run(("ip", "netns", "del", name), check=False, capture_output=True)


def _close(descriptor: int) -> None:
    with suppress(OSError):
        os.close(descriptor)
