"""Letters of agreement: the handler."""

from __future__ import annotations

import msgspec
from aiohttp import web

from hotline.api.letter_shapes import LetterPage, LetterView, PhraseView
from hotline.api.schema import Shape
from hotline.model.kinds import Precedence
from hotline.node.centre import Centre
from hotline.node.line import Line


async def letters(centre: Centre, request: web.Request) -> Shape:
    """Return what was agreed on with every peer."""
    del request
    return LetterPage(letters=[_letter(line) for line in centre.lines.values()])


def _letter(line: Line) -> LetterView:
    letter = line.letter
    least = letter.minimum_warning_s
    return LetterView(
        peer=line.peer,
        title=letter.title,
        edition=letter.edition,
        hash=line.settings.letter_hash.hex(),
        status=str(letter.status),
        exercise=letter.exercise,
        languages=list(letter.languages),
        two_person_release=letter.two_person_release,
        warning_s=least.default,
        warning_by_precedence_s=least.precedence,
        warning_by_activity_s=least.activity,
        deadline_s={one.name: letter.reply_deadline(one) for one in Precedence},
        maximum_offset_ms=letter.clock.maximum_offset_ms,
        max_unwitnessed_s=letter.max_unwitnessed_s,
        phrases=[PhraseView(**msgspec.structs.asdict(phrase)) for phrase in letter.phrases],
    )
