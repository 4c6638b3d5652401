"""How centres number their notices: the centre's id in capitals, a hyphen and a number.

A reference is unique among the notices of its centre and of nobody else (docs/spec/notice.md,
section 4): a peer may write what it likes, so the form alone never says whose a notice is.
"""

from __future__ import annotations


def numbered(centre: str, number: int) -> str:
    """Return the reference that a centre gives its notice of that number: ``IAF-0007``."""
    return f"{centre.upper()}-{number:04}"


def number_of(centre: str, reference: str) -> int | None:
    """Return the number of a reference as ``centre`` gives them, None for any other reference."""
    prefix, hyphen, digits = reference.rpartition("-")
    if not hyphen or prefix != centre.upper() or not digits.isascii() or not digits.isdigit():
        return None
    return int(digits) if len(digits) <= 40 else None
