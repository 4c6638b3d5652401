"""The console's own process: it comes with its node, comes back by itself, and goes with it."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from hotline.exercise.ground.site import free_port
from hotline.node.console_keys import authority_pem
from tests.centres import Site, sites
from tests.pair.processes import until

PATIENCE_S = 60.0


@contextmanager
def node_with_console(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], Site, int]]:
    """Run a node by `hotline run`, with a console on a free port."""
    site, _ = sites(directory)
    port = free_port()
    console = f'[console]\nlisten = "127.0.0.1:{port}"\n'
    config = site.configure("hmeimim", port=free_port())
    config.write_text(config.read_text() + console)
    command = [sys.executable, "-m", "hotline", "--config", str(config), "run"]
    node = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield node, site, port
    finally:
        if node.poll() is None:
            node.send_signal(signal.SIGTERM)
            node.wait(PATIENCE_S)


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(number) for number in text.split()]


def answers(port: int, site: Site) -> bool:
    """Say whether the console shows its login to a browser that trusts the centre's authority."""
    if not (site.keys / "console.pem").exists():
        return False
    trusting = ssl.create_default_context(cadata=authority_pem(site.keys))
    trusting.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        with urlopen(f"https://127.0.0.1:{port}/login", context=trusting) as page:
            return b"EXERCISE" in page.read()
    except (URLError, ConnectionError):
        return False


def test_console_comes_with_its_node_comes_back_and_goes_with_it(tmp_path: Path) -> None:
    """By the centre's own certificate; after its own death, and whatever death the node has."""
    with node_with_console(tmp_path) as (node, site, port):
        until(lambda: answers(port, site), "the console does not answer", PATIENCE_S)
        (first,) = children(node.pid)
        os.kill(first, signal.SIGKILL)
        until(lambda: answers(port, site), "the console does not come back", PATIENCE_S)
        (second,) = children(node.pid)
        assert second != first
        node.kill()
        node.wait()
        until(lambda: not Path(f"/proc/{second}/exe").exists(), "the console stays", PATIENCE_S)
        assert not answers(port, site)


def test_node_that_stops_in_order_ends_its_console(tmp_path: Path) -> None:
    """An orderly end leaves no process behind, and takes no longer for it."""
    with node_with_console(tmp_path) as (node, site, port):
        until(lambda: answers(port, site), "the console does not answer", PATIENCE_S)
        (child,) = children(node.pid)
        node.send_signal(signal.SIGTERM)
        assert node.wait(PATIENCE_S) == 0
        assert not Path(f"/proc/{child}/exe").exists()
