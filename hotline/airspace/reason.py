"""Why something cannot be computed, in a code for programs and words for people."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True, order=True, gc=False):
    """One reason why two activities are a *possible* conflict instead of what they look like.

    ``code`` is stable (docs/spec/airspace.md lists them); ``text`` continues a sentence about a
    volume: "its lower level has the unknown unit 'furlong'".
    """

    code: str
    text: str
