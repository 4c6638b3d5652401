"""Where a demonstration happens: a directory that it claims, and empties when it runs again.

The two centres in it are those of any exercise on one machine (`hotline.exercise.ground.site`).
Everything is left behind, so that the journals can be looked at afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hotline.cli.output import now_us
from hotline.errors import ConfigError
from hotline.exercise.ground import site
from hotline.exercise.ground.claim import locked
from hotline.exercise.ground.processes import PID_FILE, running_as
from hotline.exercise.ground.site import Roles, Site

MARKER = ".hotline-demo"
"""A file that says: this directory was made by the demonstration, and may be removed."""
DIALLER, LISTENER = "iaf", "hmeimim"
CENTRES = (DIALLER, LISTENER)
Place = tuple[str, int]
"""Where something listens: an address on loopback, and a port."""
RECEIPT_ALARM_S = 3
"""The sample letter says 10; nobody wants to watch for so long."""


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
    with locked(marker) as lock:
        if lock is None:
            raise ConfigError(
                "demo.running",
                f"another demonstration runs in {directory}",
                "end that one first, or name another directory with --directory",
            )
        _empty(directory)
        lock.truncate(0)
        lock.write("Made by `hotline demo`, which removes it when it runs again.\n")
        lock.flush()
        yield


def make_sites(directory: Path, letter: bytes, roles: Roles | None = None) -> dict[str, Site]:
    """Make both centres' keys, exchange and pin their cards; configuration comes later.

    Without ``roles`` it is the sample letter, whose receipt alarm is made to ring sooner; any other
    letter is taken as it is.
    """
    held = quicker(letter) if roles is None else letter
    roles = roles or Roles(DIALLER, LISTENER)
    return site.make_sites(directory, dict.fromkeys(roles.centres, held), roles, now_us())


def add_consoles(
    sites: Mapping[str, Site], places: Mapping[str, Place], *, separate: bool = False
) -> None:
    """Append a ``[console]`` to the node.toml of each centre that has a place for one.

    A ``separate`` one is not started by the node.
    """
    for centre, (host, port) in places.items():
        with sites[centre].config.open("a", encoding="utf-8") as file:
            file.write(f'\n[console]\nlisten = "{host}:{port}"\naddresses = ["{host}"]\n')
            if separate:
                file.write("separate = true\n")


def quicker(letter: bytes) -> bytes:
    """Return the sample letter with a receipt alarm that rings within the demonstration."""
    changed = letter.replace(
        b"receipt_alarm_s = 10 ", b"receipt_alarm_s = %d  " % RECEIPT_ALARM_S, 1
    )
    if changed == letter:
        raise ConfigError("demo.letter", "the sample letter has no receipt_alarm_s = 10 to change")
    return changed


def _empty(directory: Path) -> None:
    """Remove all but the marker, once no node writes there any more."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            _end_leftover(path)
            shutil.rmtree(path)
        elif path.name != MARKER:
            path.unlink()


def _end_leftover(place: Path) -> None:
    """End the node of an earlier run, if its process still is that node."""
    pid_file, config = place / PID_FILE, place / "node.toml"
    if not (pid := running_as(pid_file, config)):
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    # Gone, or only waiting for whoever started it to take notice.
    for _ in range(100):
        if not running_as(pid_file, config):
            break
        time.sleep(0.02)
