"""The process around a centre: ready, stopped in order, silent about secrets."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from hotline.api.client import Client
from hotline.errors import ConfigError, HotlineError, KeysError
from hotline.node import daemon
from hotline.node.config import LogConfig, read_config
from hotline.node.daemon import GARBAGE, configure_logs, keyring_of, notify, watchdog_s
from tests.centres import PATIENCE_S, Site, sites

RUN = """
import gc
import sys
from pathlib import Path
from hotline.api.server import open_api
from hotline.errors import HotlineError
from hotline.node.daemon import run
try:
    run(Path(sys.argv[1]), open_api)
except HotlineError as error:
    sys.exit(error.code)
print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0])
"""


def process(config: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a node in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(config)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return the directory of a centre that listens, logging JSON."""
    _, hmeimim = sites(tmp_path)
    hmeimim.configure("iaf", port=0, extra='[log]\nformat = "json"\n')
    return hmeimim


@pytest.fixture
def told(tmp_path: Path) -> Iterator[socket.socket]:
    """Listen as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE_S)
        yield listener


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Put the logs back as they were."""
    yield
    structlog.reset_defaults()


def code_of(config: Path) -> str:
    """Return the code with which a node refuses to start."""
    with pytest.raises(HotlineError) as caught:
        daemon.run(config, lambda _: pytest.fail("it came as far as the API"))
    assert caught.value.hint
    return caught.value.code


@pytest.mark.pair
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_node_reports_ready_answers_and_ends_in_order(
    site: Site, told: socket.socket, number: signal.Signals
) -> None:
    """READY=1 means that the API answers; a signal means STOPPING=1, a last entry, status 0.

    What is there from the start is kept out of the collector's sight.
    """
    node = process(
        site.directory / "node.toml", NOTIFY_SOCKET=told.getsockname(), WATCHDOG_USEC="200000"
    )
    try:
        assert told.recv(1000).startswith(b"READY=1\n")
        async with Client(site.directory / "api.sock") as client:
            assert (await client.health()).centre == "hmeimim"
        assert told.recv(1000) == b"WATCHDOG=1"
        node.send_signal(number)
        while (said := told.recv(1000)) == b"WATCHDOG=1":
            pass
        assert said == b"STOPPING=1"
        output, log = node.communicate(timeout=PATIENCE_S)
    finally:
        node.kill()
    assert (node.returncode, output) == (0, f"True {GARBAGE}\n")
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events[0] == "node_started"
    assert events[-2:] == ["node_stopping", "node_stopped"]
    assert not (site.directory / "api.sock").exists()


@pytest.mark.pair
async def test_the_journal_has_one_node(site: Site, told: socket.socket) -> None:
    """A second process on the same directory refuses to start and leaves the first alone."""
    path = site.directory / "node.toml"
    first = process(path, NOTIFY_SOCKET=told.getsockname())
    try:
        told.recv(1000)
        second = process(path)
        _, said = second.communicate(timeout=PATIENCE_S)
        assert (second.returncode, said) == (1, "journal.in-use\n")
        async with Client(site.directory / "api.sock") as client:
            assert (await client.ready()).ready
    finally:
        first.terminate()
        assert first.wait(PATIENCE_S) == 0
        first.communicate()


def test_a_port_in_use_is_refused(site: Site, unlogged: None) -> None:
    """The mend names the command that shows who has it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        path = site.configure("iaf", port=other.getsockname()[1])
        assert code_of(path) == "config.cannot-listen"


def test_a_data_directory_that_cannot_be_is_refused(site: Site, unlogged: None) -> None:
    """A file in the journal's place is not taken for the port's fault."""
    (site.directory / "data").write_text("mine")
    assert code_of(site.directory / "node.toml") == "journal.cannot-open"


async def test_an_end_that_hangs_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that hangs does not keep the process for ever; its status tells."""

    class Hanging:
        writer = None

        async def stop(self) -> None:
            await asyncio.Event().wait()

    ended: list[int] = []
    monkeypatch.setattr(daemon, "STOP_S", 0.01)
    monkeypatch.setattr(os, "_exit", ended.append)
    await daemon._stop(Hanging())  # type: ignore[arg-type]
    assert ended == [1]


def test_a_peer_that_is_not_enrolled_is_refused(site: Site, unlogged: None) -> None:
    """A node does not start with a line whose other end it could not identify."""
    (site.keys / "peers" / "iaf.card").unlink()
    assert code_of(site.directory / "node.toml") == "keys.not-enrolled"


def test_expired_keys_are_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch, unlogged: None
) -> None:
    """A node with keys that have ended says so at once."""
    real = daemon.Centre
    monkeypatch.setattr(
        daemon,
        "Centre",
        lambda config, keyring: real(config, keyring, clock=_in_ten_years()),
    )
    assert code_of(site.directory / "node.toml") == "keys.expired"


def _in_ten_years() -> Any:
    from hotline.node.clock import Clock

    return Clock(offset_us=3650 * 86_400_000_000)


def test_the_keys_must_be_this_nodes(site: Site, tmp_path: Path) -> None:
    """Another centre's keys are not mistaken for one's own."""
    text = (site.directory / "node.toml").read_text()
    path = site.directory / "node.toml"
    path.write_text(
        text.replace('status = "exercise"', f'keys = "{tmp_path}/iaf/keys"\nstatus = "exercise"')
    )
    with pytest.raises(ConfigError) as caught:
        keyring_of(read_config(path))
    assert caught.value.code == "config.keys-of-another-node"


def test_the_passphrase_comes_from_its_file(site: Site) -> None:
    """It is read from a file that nobody else can read, and must fit."""
    passphrase = site.directory / "passphrase"
    passphrase.write_text("five words taken by chance\n")
    passphrase.chmod(0o600)
    path = site.configure("iaf", port=0, extra='passphrase_file = "passphrase"')
    with pytest.raises(KeysError) as caught:
        keyring_of(read_config(path))
    assert caught.value.code == "keys.not-protected"


@pytest.mark.parametrize("log", [LogConfig(format="xml"), LogConfig(level="loud")])
def test_a_log_that_cannot_be_is_refused(log: LogConfig) -> None:
    """Format and level are checked before the node starts."""
    with pytest.raises(ConfigError) as caught:
        configure_logs(log, io.StringIO())
    assert caught.value.code == "config.log"


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_shows_no_values(form: str, unlogged: None) -> None:
    """What a variable held, which may be a passphrase, is in no log."""
    stream = io.StringIO()
    configure_logs(LogConfig(format=form), stream)
    passphrase = "correct horse battery staple"
    try:
        raise ValueError(len(passphrase))
    except ValueError:
        structlog.get_logger().exception("it_failed")
    text = stream.getvalue()
    assert "it_failed" in text
    assert "ValueError: 28" in text
    assert passphrase not in text.replace(f'"{passphrase}"', "")


def test_below_the_level_nothing_is_written(unlogged: None) -> None:
    """The level of the file is the level of the log; each line is one JSON object."""
    stream = io.StringIO()
    configure_logs(LogConfig(format="json", level="warning"), stream)
    log = structlog.get_logger()
    log.info("unimportant")
    log.warning("important", line="iaf")
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert (found["event"], found["level"], found["line"]) == ("important", "warning", "iaf")
    assert found["time"].endswith("Z")


def test_without_systemd_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable, or one that is no address, is no error."""
    for address in ("", "relative", "/nobody/listens/there"):
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")


def test_an_abstract_socket_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Systemd may give an address of the abstract kind."""
    name = f"hotline-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify("READY=1")
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("usec", "pid", "expected"),
    [
        ("", "", None),
        ("0", "", None),
        ("x", "", None),
        ("2000000", "", 1.0),
        ("2000000", "1", None),
    ],
)
def test_the_watchdog_is_fed_at_half_its_limit(
    monkeypatch: pytest.MonkeyPatch, usec: str, pid: str, expected: float | None
) -> None:
    """Only when it is this process that systemd watches."""
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid or str(os.getpid()))
    assert watchdog_s() == expected
