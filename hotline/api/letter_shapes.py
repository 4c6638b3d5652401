"""The shapes of letters of agreement, as far as whoever composes a message has to know them."""

from __future__ import annotations

from hotline.api.schema import Marked, Shape


class PhraseView(Shape, frozen=True, kw_only=True):
    """One phrase of the book; a text is empty where the letter has none in that language."""

    number: int
    group: str
    en: str
    ru: str
    he: str


class LetterView(Shape, frozen=True, kw_only=True):
    """What was agreed on with one peer.

    ``warning_s`` is the least warning by default, ``warning_by_precedence_s`` and
    ``warning_by_activity_s`` where it differs; the larger of the two counts. ``deadline_s`` is how
    long an answer may take, by precedence. With ``two_person_release`` notices, revisions and
    advisories go out only when a second officer has released them. ``maximum_offset_ms`` is how far
    the two clocks may differ, ``max_unwitnessed_s`` how long an entry may wait for a cosignature.
    """

    peer: str
    title: str
    edition: str
    hash: str
    status: str
    exercise: str
    languages: list[str]
    two_person_release: bool
    warning_s: float
    warning_by_precedence_s: dict[str, float]
    warning_by_activity_s: dict[str, float]
    deadline_s: dict[str, float]
    maximum_offset_ms: float
    max_unwitnessed_s: float
    phrases: list[PhraseView]


class LetterPage(Marked, frozen=True, kw_only=True):
    """The letters of all lines of this node."""

    letters: list[LetterView]
