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
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOTLINE = f"{sys.executable} -m hotline"

ELSEWHERE = {
    "docker compose up --build --detach": "tests/docker/test_pair.py",
    "docker compose exec hmeimim hotline status": "tests/docker/test_pair.py",
    "docker compose down --volumes": "tests/docker/test_pair.py",
    ".venv/bin/hotline exercise run short-notice --human hmeimim": "tests/cli/test_exercise_run.py",
    "make set-up": ".ci/run",
    "make test": ".ci/run",
    "make bench": "tests/benchmarks/test_smoke.py",
}
"""Commands that are run by something else, which is named."""


MADE = re.compile(r"make (demo|exercise)")
"""What the README has be made, and then looked at."""


@dataclass(frozen=True, slots=True)
class Block:
    """Commands of the README, and what it says that they print."""

    commands: list[str]
    excerpts: list[str]


def blocks() -> list[Block]:
    """Return the commands of the README in order, each group with the excerpts that follow it."""
    found: list[Block] = []
    text = (ROOT / "README.md").read_text("utf-8")
    for language, body in re.findall(r"```(console|text)\n(.*?)```", text, re.DOTALL):
        if language == "text":
            found[-1].excerpts.append(body)
        else:
            lines = body.splitlines()
            assert all(line.startswith("$ ") for line in lines)
            found.append(Block([line[2:] for line in lines], []))
    return found


def commands() -> list[str]:
    """Return every command of the README, in order."""
    return [command for block in blocks() for command in block.commands]


def recipe(target: str) -> list[str]:
    """Return what a target of the Makefile runs, with the program of this checkout."""
    text = (ROOT / "Makefile").read_text("utf-8")
    rule = text.partition(f"\n{target}:")[2].partition("\n\n")[0]
    lines = re.findall(r"^\t@(.*)$", rule, re.MULTILINE)
    assert lines
    return [
        re.sub(r"\$\([A-Z_]+_ARGS\)", "", line.replace("$(BIN)/hotline", HOTLINE)) for line in lines
    ]


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
    assert [command for command in here if not (is_ours(command) or of_a_pair(command))] == []


def is_ours(command: str) -> bool:
    """Whether a command makes, or looks at what was made."""
    return MADE.fullmatch(command) is not None or command.startswith(".venv/bin/hotline ")


def of_a_pair(command: str) -> bool:
    """Whether a command belongs to the pair that readers make for themselves."""
    return command.startswith(("hotline ", "cp "))


@pytest.mark.pair
@pytest.mark.parametrize("made", ["demo", "exercise"])
def test_what_is_made_and_what_it_leaves(tmp_path: Path, made: str) -> None:
    """`make demo` or `make exercise`, each command that looks at what it left, and what they say.

    Excerpts are what commands print, but for their numbers.
    """
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "var").mkdir()
    excerpts = 0
    for block in blocks():
        printed = ""
        for command in block.commands:
            if not is_ours(command) or command in ELSEWHERE or about(command) != made:
                continue
            own = [command.replace(".venv/bin/hotline", HOTLINE)]
            for typed in recipe(made) if MADE.fullmatch(command) else own:
                done = run(typed, tmp_path)
                printed += done.stdout + done.stderr
                assert done.stdout or done.stderr or typed.startswith("rm ")
            if command.endswith("demo --json"):
                summary = json.loads(done.stdout)
                assert summary["lost"] == summary["duplicated"] == 0
                assert summary["journals_verified"] == 2
                assert summary["receipts"] == summary["notices_sent"] + summary["replies"]
        lines = {numberless(line) for line in printed.splitlines()}
        for excerpt in block.excerpts:
            if about(excerpt) == made:
                assert {numberless(line) for line in excerpt.splitlines()} <= lines
                excerpts += 1
    assert excerpts > 0


def about(text: str) -> str:
    """Return what a command or an excerpt is about: the demonstration's pair, or an exercise."""
    return "exercise" if re.search(r"\bexercise\b", text.lower()) else "demo"


def numberless(line: str) -> str:
    """Return a line with every number as one sign: moments and durations are never the same."""
    return re.sub(r"[0-9]+", "#", line).strip()


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
    for command in filter(of_a_pair, commands()):
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
