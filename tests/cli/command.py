"""How tests run the command line, and what a real pair of node processes gives them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from hotline.api.client import Client
from hotline.api.schema import Status
from hotline.cli.root import root
from hotline.errors import HotlineError
from hotline.exercise.ground.site import Site

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE_S = 60.0


def hotline(*words: str | Path, typed: str | bytes | None = None, exit_code: int = 0) -> Result:
    """Run a command line in this process; fail when its exit code is another one."""
    result = CliRunner().invoke(root, [str(word) for word in words], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result


def unmarked(shown: str, mark: str = "EXERCISE") -> str:
    """Return what a command said below its first line, which must be the mark and be the only one.

    The sample letter names no exercise.
    """
    first, _, rest = shown.partition("\n")
    assert first == mark, shown
    assert f"\n{mark}\n" not in shown, shown
    return rest


def fails(code: str, *words: str | Path, exit_code: int, typed: str | None = None) -> str:
    """Run a command line that fails with an error's code; return what stderr said."""
    result = hotline(*words, typed=typed, exit_code=exit_code)
    # click begins a new line after an interrupted one.
    first = result.stderr.lstrip().splitlines()[0]
    assert first.startswith("hotline: error: "), result.output
    assert first.endswith(f"[{code}]"), result.output
    assert "Traceback" not in result.output
    return str(result.stderr)


def hotline_json(*words: str | Path, exit_code: int = 0) -> Any:
    """Return what a command prints with --json, which is all that it prints."""
    return json.loads(hotline(*words, "--json", exit_code=exit_code).stdout)


@dataclass
class Node:
    """One real node process, and its commands."""

    site: Site
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; its log is kept for the report of a failure."""
        with (self.site.directory / "node.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hotline", "--config", str(self.site.config), "run"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> int:
        """End the process in order; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()

    def hotline(self, *words: str | Path, exit_code: int = 0, typed: str | None = None) -> Result:
        """Run a command of this node."""
        return hotline("--config", self.site.config, *words, exit_code=exit_code, typed=typed)

    def json(self, *words: str | Path, exit_code: int = 0) -> Any:
        """Return the JSON of a command of this node."""
        return hotline_json("--config", self.site.config, *words, exit_code=exit_code)

    def fails(self, code: str, *words: str | Path, exit_code: int, typed: str | None = None) -> str:
        """Run a command of this node that fails."""
        return fails(code, "--config", self.site.config, *words, exit_code=exit_code, typed=typed)

    def status(self) -> Status | None:
        """Return what the node says of itself; None while it says nothing."""

        async def ask() -> Status:
            async with Client(self.site.socket) as client:
                return await client.status()

        try:
            return asyncio.run(ask())
        except HotlineError:
            return None

    def wait_for_line(self, *, up: bool) -> None:
        """Return once the node says that its line is up, or that it is not."""
        # Another process with a clock of its own: there is nothing to wait on but its answers.
        end = time.monotonic() + PATIENCE_S
        while True:
            found = self.status()
            if found is not None and found.lines[0].up is up:
                return
            log = (self.site.directory / "node.log").read_text("utf-8", "replace")
            assert time.monotonic() < end, f"the line is not {'up' if up else 'down'}:\n{log}"
            time.sleep(0.05)


@dataclass
class Pair:
    """Two node processes with the line between them."""

    iaf: Node
    hmeimim: Node
