"""Text that is safe to show: any script, but nothing that steers a terminal or hides an order."""

from __future__ import annotations

import re

# Controls but newline and tab; line and paragraph separators; marks that reverse the order in
# which text is shown, so that it reads as something else; halves of characters.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_LINE = re.compile(f"{_UNSAFE.pattern}|[\n\t]")


def unsafe_character(text: str, *, lines: bool = False) -> str | None:
    """Return the name (``U+202E``) of the first character that can't be shown, or None.

    Newline and tab are safe only where ``lines`` says that the text may have several lines.
    """
    match = (_UNSAFE if lines else _UNSAFE_IN_LINE).search(text)
    return None if match is None else f"U+{ord(match[0]):04X}"


def grouped(number: float, digits: int = 0) -> str:
    """Return a number with a space after each three digits, as ISO 80000-1 has it: ``12 345.6``."""
    return f"{number:,.{digits}f}".replace(",", " ")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return ``text`` with what can't be shown written out, as ``\x1b`` or ``\u202e``."""
    if text.isprintable():  # as Python has it, which is stricter, and quick to ask
        return text
    pattern = _UNSAFE if lines else _UNSAFE_IN_LINE
    return pattern.sub(lambda match: ascii(match[0])[1:-1], text)
