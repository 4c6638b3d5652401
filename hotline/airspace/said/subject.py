"""Of what a sentence speaks: of the announced activity, or of something else.

Remarks tell many things beside the activity: who answers questions, where the tanker waits, what
the weather does. A statement in them counts only where its clause speaks of the activity, or has
no subject at all. In doubt it does not count: an officer who is warned for nothing stops reading
warnings. In a title, which is about the activity, only the words around a statement can take it
out.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from hotline.airspace.said import english, hebrew, russian
from hotline.airspace.said.lexicon import LEXICON, Role, Tag
from hotline.airspace.said.words import Text

_LONGEST_PHRASE: Final = 12
_ASIDE_BEFORE: Final = 8
_ASIDE_AFTER: Final = 5
_MOST_BETWEEN: Final = 3
"""No more words that nobody knows may stand between an activity and what is said of it."""
_LONGEST_SENTENCE: Final = 60
"""No more words are looked at before or after a statement, so that no text takes long."""
_LANGUAGES: Final = (english, russian, hebrew)
_HEBREW_PREFIXES: Final = frozenset("והבלמשכ")
_UNKNOWN: Final = Tag(Role.OTHER)
_OTHERS: Final = frozenset({Role.ASIDE, Role.OBJECT, Role.NOT})
_BREAKS: Final = frozenset({Role.STOP, Role.COMMA})


class _Words:
    """Folded words, and beginnings of words, of one kind in all languages."""

    __slots__ = ("_beginnings", "_whole")

    def __init__(self, lists: Iterable[str]) -> None:
        words = [word for listed in lists for word in listed.split()]
        self._whole = frozenset(word for word in words if word[-1] != "*")
        self._beginnings = tuple(word[:-1] for word in words if word[-1] == "*")

    def __contains__(self, key: str) -> bool:
        return any(form in self._whole or form.startswith(self._beginnings) for form in _forms(key))


def _forms(key: str) -> list[str]:
    """Return a word, and a Hebrew one also without up to two of the letters that go before."""
    forms = [key]
    while (
        len(forms) < 3
        and "א" <= key[:1] <= "ת"
        and len(forms[-1]) > 3
        and forms[-1][0] in _HEBREW_PREFIXES
    ):
        forms.append(forms[-1][1:])
    return forms


_ACTIVITY: Final = _Words(language.ACTIVITY for language in _LANGUAGES)
_SUPPORT: Final = _Words(language.SUPPORT for language in _LANGUAGES)
_AREA: Final = _Words(language.AREA for language in _LANGUAGES)
_NATIONS: Final = _Words(language.NATIONS for language in _LANGUAGES)
_NEUTRAL: Final = _Words(language.NEUTRAL for language in _LANGUAGES)
_TITLED: Final = _Words(language.TITLED for language in _LANGUAGES)
_BACK: Final = _Words(language.BACK for language in _LANGUAGES)
_AIRCRAFT_TYPES: Final = _Words(language.AIRCRAFT_TYPES for language in _LANGUAGES)


class _Subject(Enum):
    """What a word adds to the subject of its clause."""

    NONE = auto()
    BACK = auto()
    ACTIVITY = auto()
    STRIKE = auto()
    SUPPORT = auto()
    FOREIGN = auto()
    OTHER = auto()


_ELSE: Final = frozenset({_Subject.FOREIGN, _Subject.OTHER})
_ANNOUNCED: Final = frozenset({_Subject.ACTIVITY, _Subject.STRIKE})


def is_elsewhere(text: Text, first: int, last: int) -> bool:
    """Say whether words ``first`` to ``last`` tell nothing of the announced activity."""
    if is_aside(text, first, last):
        return True
    return text.field != "title" and not _is_of_activity(text, first, last)


def is_aside(text: Text, first: int, last: int) -> bool:
    """Say whether the words around a phrase deny it, or speak of something else than the plan.

    They are looked for in the same clause. What is struck is part of the plan: "the radar in Homs"
    is not ours, "strikes on the radar in Homs" are.
    """
    is_struck = is_object = False
    for number in range(first, max(-1, first - _LONGEST_PHRASE), -1):
        role = text.words[number].tag.role
        if role in _BREAKS:
            break
        if role is Role.NOT or (role is Role.ASIDE and first - number <= _ASIDE_BEFORE):
            return True
        is_object = is_object or role is Role.OBJECT
        is_struck = is_struck or role is Role.STRIKE
    for word in text.words[last + 1 : last + 1 + _ASIDE_AFTER]:
        role = word.tag.role
        if role in _BREAKS:
            break
        if role in (Role.ASIDE, Role.NOT):
            return True
        is_object = is_object or role is Role.OBJECT
    return is_object and not is_struck


def is_titled(text: Text, first: int) -> bool:
    """Say whether a place is the name of an exercise, as in Exercise Northern Cyprus."""
    if not text.words[first].capital or text.words[first - 1].key not in _TITLED:
        return False
    return not _has_colon(text, first)


def is_labelled(text: Text, first: int) -> bool:
    """Say whether a label goes before word ``first``, as in "Training area: Golan"."""
    if not _has_colon(text, first):
        return False
    for word in reversed(text.words[max(0, first - _LONGEST_PHRASE) : first]):
        if word.tag.role in _BREAKS:
            break
        if word.key in _AREA:
            return True
    return False


def _has_colon(text: Text, first: int) -> bool:
    return ":" in text.text[text.words[first - 1].end : text.words[first].start]


def _is_of_activity(text: Text, first: int, last: int) -> bool:
    """Say whether the clause of words ``first`` to ``last`` speaks of the activity.

    Read backwards, the nearest subject decides. A clause that has none is about the same as the
    one before it in the sentence; a sentence that has none is about the activity, or, with "it",
    about what the sentence before it was.
    """
    between, is_back = 0, False
    number = first - 1
    while first - number <= _LONGEST_SENTENCE:
        role = text.words[number].tag.role
        if role in _BREAKS:
            if between:
                return False
            goes_back = role is Role.COMMA or (is_back and number > 0)
            following = _follows(text, last)
            if not goes_back or following is not _Subject.NONE:
                return following not in _ELSE
        else:
            subject = _subject(text, number)
            if subject is _Subject.STRIKE or (
                subject in (_Subject.ACTIVITY, _Subject.SUPPORT) and between <= _MOST_BETWEEN
            ):
                return not _is_of_others(text, first)
            between += subject in _ELSE
            is_back = is_back or subject is _Subject.BACK
        number -= 1
    return False


def _follows(text: Text, last: int) -> _Subject:
    """Return the first subject after word ``last`` in the same clause."""
    for number in range(last + 1, min(last + _LONGEST_SENTENCE, len(text.words))):
        if text.words[number].tag.role in _BREAKS:
            break
        subject = _subject(text, number)
        if subject not in (_Subject.NONE, _Subject.BACK):
            return subject
    return _Subject.NONE


def _is_of_others(text: Text, first: int) -> bool:
    """Say whether what flies before word ``first`` is another's, or supports the activity.

    A tanker is the activity where it is all that flies, and support where a patrol was announced
    in a clause before its own. Turkish drones are another's. What strikes is always the activity.
    """
    is_foreign, is_support, is_same_sentence, is_same_clause = False, False, True, True
    for number in range(first - 1, max(0, first - _LONGEST_SENTENCE), -1):
        role = text.words[number].tag.role
        is_same_sentence = is_same_sentence and role is not Role.STOP
        if role in _BREAKS:
            is_same_clause = False
            if is_foreign or not (is_support or is_same_sentence):
                break
            continue
        subject = _subject(text, number)
        is_foreign = is_foreign or (subject is _Subject.FOREIGN and is_same_clause)
        if subject is _Subject.SUPPORT and is_same_sentence:
            is_support = is_same_clause = True
        elif subject is _Subject.STRIKE and is_same_clause:
            return False
        elif is_support and not is_same_clause and subject in _ANNOUNCED:
            return True
    return is_foreign


def _subject(text: Text, number: int) -> _Subject:
    """Return what a word adds to the subject of its clause."""
    word, before, after = (text.words[at] for at in (number, number - 1, number + 1))
    role = word.tag.role
    if number in text.names:
        return _Subject.NONE
    if role in _OTHERS:
        return _Subject.OTHER
    found = _alone(word.key)
    if after.tag.role is Role.NUMBER and word.key in _AIRCRAFT_TYPES:
        found = _Subject.ACTIVITY
    if found is _Subject.OTHER and role is not Role.OTHER:
        return _Subject.NONE
    if found in (_Subject.ACTIVITY, _Subject.SUPPORT):
        # An adjective stands before what it belongs to, in Hebrew behind it.
        owner = after if "א" <= word.key[:1] <= "ת" else before
        return _Subject.FOREIGN if owner.key in _NATIONS else found
    return found


@lru_cache(maxsize=2_048)
def _alone(key: str) -> _Subject:
    """Return what a folded word adds wherever it stands."""
    if any(LEXICON.get(form, _UNKNOWN).role is Role.STRIKE for form in _forms(key)):
        return _Subject.STRIKE
    if key in _SUPPORT:
        return _Subject.SUPPORT
    if key in _ACTIVITY:
        return _Subject.ACTIVITY
    if key in _BACK:
        return _Subject.BACK
    return _Subject.NONE if key in _NEUTRAL or key in _NATIONS else _Subject.OTHER
