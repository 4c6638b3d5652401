"""What somebody said, in one line that a list has room for."""

from __future__ import annotations

from hotline.model.text import printable

MAX_SAID = 200
"""Characters of a foreign text that are shown in a line."""


def short(text: object) -> str:
    """Return ``text`` in one printable line of at most `MAX_SAID` characters."""
    line = printable(" ".join(str(text)[: MAX_SAID * 4].split()))
    return line if len(line) <= MAX_SAID else f"{line[: MAX_SAID - 1]}…"
