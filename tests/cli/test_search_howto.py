"""docs/howto/search-and-export.md, every command of it carried out."""

from __future__ import annotations

import re
import shlex
import sqlite3
from pathlib import Path

import pytest

from tests.audit.played import Played
from tests.cli.command import hotline, unmarked

PAGE = (Path(__file__).parents[2] / "docs/howto/search-and-export.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return what stands in the page's blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_command_works_on_what_the_demo_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Word by word as they stand there, in the directory that they name."""
    made = Played(tmp_path / "made")
    made.begin()
    (tmp_path / "var/demo").mkdir(parents=True)
    (tmp_path / "var/demo/iaf").symlink_to(made.iaf.directory)
    monkeypatch.chdir(tmp_path)
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) >= 10
    shown = {}
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "hotline"
        shown[command] = hotline(*words).stdout
    (by_reference,) = (said for command, said in shown.items() if "--reference" in command)
    for said in (" notice IAF-0101 ", " reply accept to IAF-0101", " found: IAF-0101: possible "):
        assert said in by_reference
    assert "IAF-0103" not in by_reference.replace("found:", "")
    (in_circle,) = (said for command, said in shown.items() if "40nm" in command)
    assert "Patrol south of Cyprus" in in_circle
    (again,) = (block for block in blocks("") if "record-again.jsonl" in block)
    (whole,) = (said for command, said in shown.items() if command.endswith(" record.jsonl"))
    for origin, size, _ in (line.split() for line in unmarked(whole).splitlines()[1:-1]):
        again = re.sub(rf"{origin}=[0-9]+", f"{origin}={size}", again)
    hotline(*shlex.split(again)[1:])
    assert (tmp_path / "record.jsonl").read_bytes() == (
        tmp_path / "record-again.jsonl"
    ).read_bytes()
    base = sqlite3.connect(tmp_path / "record.sqlite")
    (query,) = blocks("sql")
    ((label, precedence, answer, officer, seconds),) = base.execute(query)
    base.close()
    assert label.startswith("notice IAF-0104")
    assert (precedence, answer, officer) == ("PRIORITY", "accept", "orlov")
    assert 0 < seconds < 60
