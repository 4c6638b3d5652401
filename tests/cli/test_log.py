"""The kinds that ``hotline log show`` knows."""

from __future__ import annotations

import re
from pathlib import Path

from hotline.cli.log.searching import KINDS, RECORD_KINDS
from tests.cli.command import fails

ROOT = Path(__file__).parents[2]


def test_a_kind_that_is_none_is_a_mistake() -> None:
    """A misspelt kind finds nothing for ever; whoever wrote it is told which kinds there are."""
    said = fails("cli.usage", "log", "show", "--kind", "foo", exit_code=2)
    assert all(f"'{kind}'" in said for kind in KINDS)


def test_kinds_of_records_are_those_of_the_specification() -> None:
    """Every kind of section 2 can be asked for, and no other."""
    text = (ROOT / "docs/spec/log.md").read_text("utf-8")
    section = text.partition("## 2. Entries and leaves")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == RECORD_KINDS


def test_every_kind_is_documented() -> None:
    """Whoever asks for entries finds all kinds where the option is."""
    text = (ROOT / "docs/howto/commands.md").read_text("utf-8")
    section = text.partition("### `hotline log show`")[2].partition("\n### ")[0]
    assert set(KINDS) <= set(re.findall(r"`([a-z-]+)`", section))
