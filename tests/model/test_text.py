"""Text: any script, but nothing that steers a terminal."""

from __future__ import annotations

import pytest

from hotline.model.text import printable, unsafe_character


@pytest.mark.parametrize("text", ["שלום", "Привет", "مرحبا", "line\u200fmark", "✈", ""])
def test_letters_of_any_script_are_safe(text: str) -> None:
    """Hebrew, Russian, Arabic and their direction marks pass and are shown as they are."""
    assert unsafe_character(text) is None
    assert printable(text) == text


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x1b", "U+001B"),
        ("\x00", "U+0000"),
        ("\r", "U+000D"),
        ("\x9b", "U+009B"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\u2028", "U+2028"),
        ("\ud800", "U+D800"),
    ],
)
def test_steering_characters_are_named_and_written_out(character: str, name: str) -> None:
    """Controls, order marks and half characters are found by name and never printed."""
    assert unsafe_character(f"a{character}b", lines=True) == name
    assert character not in printable(f"a{character}b", lines=True)


def test_newlines_are_safe_in_texts_of_several_lines_only() -> None:
    """A title can't be made to look like two lines; remarks may have several."""
    assert unsafe_character("a\nb\tc", lines=True) is None
    assert unsafe_character("a\nb") == "U+000A"
    assert printable("a\nb") == r"a\nb"
