"""What a simulated crew writes: sentences of the standard phrase book, in its own language.

They go out as text, not as numbers: the letter of the line may have another book.
"""

from __future__ import annotations

from hotline.model.languages.language import Language, language_of
from hotline.model.phrases import by_number, filled, standard_phrases

ROGER = 201
TOO_SHORT = 211
COORDINATING = 212
NOT_UNDERSTOOD = 213
UNABLE_TRAFFIC = 209
READ_BACK_WRONG = 208
DETAILS = 102
APART_IN_TIME = 605
YOURS_FIRST = 608
STAND_BY = 204


def sentence(number: int, language: str, **fields: str) -> str:
    """Return a phrase of the standard book in a language (a tag such as ``ru``), slots filled."""
    phrase = by_number(standard_phrases())[number]
    return filled(phrase.text(language_of(language) or Language.EN), fields)
