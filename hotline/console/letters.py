"""What was agreed on with each peer, as the node tells it: asked for once for each letter.

A letter has a hash, which the status of its line names, and never changes under it; so a page that
is made anew with every event asks for letters only when a node has begun to act under another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hotline.api import schema
from hotline.api.letter_shapes import LetterView
from hotline.console.visit import Visit
from hotline.model.phrases import Phrase

MOST_KEPT: Final = 64
"""Letters that are remembered: some of each line, of whatever nodes this process serves."""

_KNOWN: Final[dict[tuple[Path, str], LetterView]] = {}


async def letters(visit: Visit, lines: Iterable[schema.LineView]) -> dict[str, LetterView]:
    """Return the letters of lines, by peer; one that the node does not tell of is left out."""
    socket = visit.setting.socket
    wanted = {line.peer: line.letter for line in lines}
    if any((socket, hash_) not in _KNOWN for hash_ in wanted.values()):
        for letter in (await visit.client.letters()).letters:
            _KNOWN[socket, letter.hash] = letter
        for old in [*_KNOWN][:-MOST_KEPT]:
            del _KNOWN[old]
    return {
        peer: _KNOWN[socket, hash_] for peer, hash_ in wanted.items() if (socket, hash_) in _KNOWN
    }


def phrases_of(letter: LetterView | None) -> dict[int, Phrase]:
    """Return the phrases of a letter by number; none without a letter."""
    found = [] if letter is None else letter.phrases
    return {one.number: Phrase(one.number, one.group, one.en, one.ru, one.he) for one in found}
