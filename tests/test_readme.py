"""The README, read from top to bottom, every command of it executed.

A command that another test runs is named here with that test; a command that nobody runs fails.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOTLINE = f"{sys.executable} -m hotline"

ELSEWHERE = {
    "docker compose up --build --detach": "tests/docker/test_pair.py",
    "docker compose exec hmeimim hotline status": "tests/docker/test_pair.py",
    "docker compose down --volumes": "tests/docker/test_pair.py",
    "make set-up": ".ci/run",
    "make test": ".ci/run",
    "make bench": "tests/benchmarks/test_smoke.py",
}
"""Commands that are run by something else, which is named."""


def commands() -> list[str]:
    """Return every command of the README, in order."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    return [line[2:] for line in lines]


def run(command: str, directory: Path, expected: int = 0) -> subprocess.CompletedProcess[str]:
    """Run one command as a user would, without a terminal; check its exit status."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def test_every_command_is_run_by_a_test() -> None:
    """What the README tells people to type is typed by a machine first."""
    for command, place in ELSEWHERE.items():
        assert command in commands()
        assert (ROOT / place).exists()
    here = [command for command in commands() if command not in ELSEWHERE]
    known = re.compile(r"make demo$|\.venv/bin/hotline |hotline |cp ")
    assert [command for command in here if not known.match(command)] == []


@pytest.mark.pair
def test_the_demonstration_and_what_it_leaves(tmp_path: Path) -> None:
    """`make demo`, and then each command that looks at what it left."""
    ours = [c for c in commands() if c == "make demo" or c.startswith(".venv/bin/hotline")]
    assert len(ours) == 17
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for command in ours:
        typed = command.replace(".venv/bin/hotline", HOTLINE)
        where = ROOT
        if command == "make demo" or " demo " in command:
            typed, where = f"{HOTLINE} demo {'--json' if '--json' in command else ''}", tmp_path
        else:
            where = tmp_path
        done = run(typed, where)
        assert done.stdout or done.stderr
        if "--json" in command:
            summary = json.loads(done.stdout)
            assert summary["lost"] == summary["duplicated"] == 0
            assert summary["journals_verified"] == 2
            assert summary["receipts"] == summary["notices_sent"] + summary["replies"]


class Pair:
    """Two node processes, started by the README's own commands."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: str) -> None:
        """Start a command that goes on until it is stopped."""
        process = subprocess.Popen(
            command.split(),
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.processes.append(process)

    def stop(self) -> None:
        """Stop everything in order, and see that it ended well."""
        for process in self.processes:
            process.send_signal(signal.SIGINT)
        for process in self.processes:
            output, _ = process.communicate(timeout=20)
            # -2: `watch` was interrupted before it had begun to listen.
            assert process.returncode in (0, 130, -2), output.decode()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Write what the reader has to write: both node.toml, as the README has them."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    port = free_port()
    files = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    for text in files:
        centre = tomllib.loads(text)["centre"]
        (tmp_path / centre).mkdir()
        said = text.replace("port = 7400", f"port = {port}").replace(":7400", f":{port}")
        (tmp_path / centre / "node.toml").write_text(said, "utf-8")
    running = Pair(tmp_path)
    yield running
    running.stop()


def free_port() -> int:
    """Return a TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.pair
def test_a_pair_of_your_own(pair: Pair) -> None:
    """Keys, cards, words, letter, two nodes, one notice, one answer: as the README has it."""
    directory = pair.directory
    ours = [c for c in commands() if c.startswith(("hotline ", "cp "))]
    assert len(ours) > 12
    for command in ours:
        typed = re.sub("^hotline ", f"{HOTLINE} ", command)
        if " enrol " in command:
            other = "hmeimim" if "hmeimim.card" in command else "iaf"
            shown = run(f"{HOTLINE} keys show --keys {other}/keys --json", directory)
            words = json.loads(shown.stdout)["items"][0]["words"]
            spoken = words if isinstance(words, str) else " ".join(words)
            run(f'{typed} --words "{spoken}"', directory)
        elif command.endswith((" run", " watch")):
            pair.start(typed)
            if "hmeimim" in command and command.endswith(" run"):
                wait_for_the_line(directory)
        else:
            run(typed, directory)


def wait_for_the_line(directory: Path) -> None:
    """Wait until both nodes say that all is well."""
    deadline = time.monotonic() + 30
    for centre in ("iaf", "hmeimim"):
        while True:
            done = subprocess.run(
                f"{HOTLINE} --config {centre}/node.toml status --quiet".split(),
                cwd=directory,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                timeout=30,
                check=False,
            )
            if done.returncode == 0:
                break
            assert time.monotonic() < deadline, done.stderr.decode()
