"""docs/spec/formats.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import hotline.cli.airspace
import hotline.formats
from hotline.formats.carries import CARRIED, WORDS, Format
from hotline.formats.losses import Effect
from tests.formats.plans import READABLE

PAGE = (Path(__file__).parents[2] / "docs/spec/formats.md").read_text("utf-8")
ROOMS = [Path(module.__file__ or "").parent for module in (hotline.formats, hotline.cli.airspace)]


def rows() -> dict[str, list[str]]:
    """Return the cells of the table of fields, by field."""
    table = PAGE.partition("## 1. The table")[2].partition("\n## ")[0]
    found = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:1] == "|"]
    return {cells[0].strip("`"): cells[1:] for cells in found}


def test_the_table_says_of_each_word_what_becomes_of_it() -> None:
    """Kept where it is read back, shown where it is only written, a dash where it is lost."""
    table = rows()
    assert [cell.strip("`") for cell in table["Field"]] == [form.value for form in Format]
    for word in WORDS:
        for cell, form in zip(table[word], Format, strict=True):
            carried = "kept" if form in READABLE else "shown"
            assert cell == (carried if word in CARRIED[form] else "-"), (word, form)


def test_the_table_says_what_can_be_read() -> None:
    """No more and no less than the reader takes."""
    expected = ["yes" if form in READABLE else "no" for form in Format]
    assert rows()["can be read"] == expected


def test_every_effect_and_code_is_described() -> None:
    """Whoever meets one finds it."""
    for effect in Effect:
        assert f"| `{effect}` |" in PAGE
    raised = {
        code
        for room in ROOMS
        for path in room.glob("*.py")
        for code in re.findall(r'"(formats\.[a-z0-9-]+)"', path.read_text("utf-8"))
    }
    described = set(re.findall(r"`(formats\.[a-z0-9-]+)`", PAGE))
    assert described == raised
