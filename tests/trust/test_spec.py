from __future__ import annotations

import re
from pathlib import Path

from hotline.trust.words import WORDS

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "docs" / "spec" / "trust.md").read_text("utf-8")
SOURCES = [
    *(ROOT / "hotline" / "trust").glob("*.py"),
    *(ROOT / "hotline" / "node").glob("key*.py"),
    ROOT / "hotline" / "cli" / "keys.py",
]


def test_every_code_is_in_the_specification() -> None:
    """The codes that the room, the keyring and the commands raise are those that are described."""
    source = "".join(path.read_text("utf-8") for path in SOURCES)
    raised = set(re.findall(r'"((?:trust|keys)\.[a-z-]+[a-z])"', source))
    section = SPEC.partition("## 10. Codes")[2]
    described = set(re.findall(r"`((?:trust|keys)\.[a-z-]+[a-z])`", section))
    assert described == raised


def test_codes_of_other_sections_exist() -> None:
    """A code that is mentioned anywhere is in the table of codes."""
    text, _, section = SPEC.partition("## 10. Codes")
    mentioned = set(re.findall(r"`((?:trust|keys)\.[a-z-]+[a-z])`", text))
    assert mentioned <= set(re.findall(r"`((?:trust|keys)\.[a-z-]+[a-z])`", section))


def test_the_word_list_is_in_the_specification() -> None:
    """A second implementation finds all 256 words, in order."""
    listed = SPEC.partition("### Words")[2].split("```")[1]
    assert tuple(listed.split()) == WORDS
