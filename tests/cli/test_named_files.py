"""Whatever a command is given where a file is due, it never waits for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotline.audit.named_files import open_regular
from tests.cli.command import EXAMPLES, fails, hotline

NOTICE = EXAMPLES / "iaf/01-patrol.json"
PATIENCE_S = 20


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Give a pipe into which nobody writes."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


COMMANDS = {
    "compare": ("cli.unreadable-file", ["airspace", "compare", "PIPE", NOTICE], 2),
    "compare with": ("cli.unreadable-file", ["airspace", "compare", NOTICE, "PIPE"], 2),
    "compare by": (
        "cli.unreadable-letter",
        ["airspace", "compare", "--letter", "PIPE", NOTICE, NOTICE],
        2,
    ),
    "convert": ("cli.unreadable-file", ["airspace", "convert", "PIPE", "--to", "kml"], 2),
    "letter": ("config.no-letter", ["letter", "check", "PIPE"], 1),
    "phrases": ("config.no-letter", ["letter", "phrases", "PIPE"], 1),
    "evidence": ("cli.unreadable-file", ["verify", "PIPE"], 2),
    "scenario": ("scenario.unreadable", ["exercise", "check", "PIPE"], 1),
}


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_is_refused(pipe: Path, command: str) -> None:
    """It says what it is, and does not wait for somebody to write."""
    code, words, exit_code = COMMANDS[command]
    said = fails(code, *(pipe if word == "PIPE" else word for word in words), exit_code=exit_code)
    assert "it is a pipe" in said.splitlines()[0]


def test_stdin_may_be_a_pipe() -> None:
    """``-`` is what whoever has a pipe gives."""
    said = hotline("airspace", "compare", "-", NOTICE, typed=NOTICE.read_bytes())
    assert "CONFLICT" in said.output


@pytest.mark.parametrize(("name", "kind"), [("/dev/zero", "a device"), ("/", "a directory")])
def test_what_never_ends_is_not_opened(name: str, kind: str) -> None:
    """A device would be read for ever; a directory cannot be."""
    with pytest.raises(OSError, match=f"it is {kind}, not a regular file"):
        open_regular(Path(name))


def test_no_file_is_left_open(pipe: Path) -> None:
    """Neither of what was refused, nor of what was read."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(OSError, match="a pipe"):
            open_regular(pipe)
        with open_regular(NOTICE) as file:
            assert file.read() == NOTICE.read_bytes()
    assert len(os.listdir("/proc/self/fd")) == before
