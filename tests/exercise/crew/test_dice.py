"""What a crew's seed decides, and what it misreads: pure, and the same each time."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from hotline.airspace.contradictions import contradictions
from hotline.exercise.crew import reading_back
from hotline.exercise.crew.dice import Dice
from hotline.exercise.crew.mistakes import Mistake
from hotline.exercise.crew.own import spoiled
from hotline.exercise.crew.wording import NOT_UNDERSTOOD, sentence
from hotline.model.letter import read_letter
from hotline.model.messages import Notice
from hotline.model.readback import compare
from hotline.model.reading import read_object
from tests.exercise.traffic.scenarios import LETTER, injects, made

NOW_US = 1_800_000_000_123_456


def test_a_decision_depends_on_its_key_alone() -> None:
    """The same key decides the same in any order; another seed, centre or key otherwise."""
    dice = Dice(7, "iaf")
    assert dice.unit("a", "b") == Dice(7, "iaf").unit("a", "b") != dice.unit("ab")
    assert dice.unit("a") not in (Dice(8, "iaf").unit("a"), Dice(7, "hmeimim").unit("a"))
    share = sum(dice.happens(0.3, str(number)) for number in range(4000)) / 4000
    assert share == pytest.approx(0.3, abs=0.03)


def test_reaction_times_are_log_normal() -> None:
    """The median is the crew's, and the logarithm has the spread."""
    dice = Dice(1, "iaf")
    drawn = sorted(dice.seconds(20.0, 0.4, str(number)) for number in range(4000))
    logs = [math.log(one) for one in drawn]
    mean = sum(logs) / len(logs)
    assert drawn[2000] == pytest.approx(20.0, rel=0.04)
    assert math.sqrt(sum((one - mean) ** 2 for one in logs) / len(logs)) == pytest.approx(
        0.4, abs=0.02
    )
    assert dice.seconds(20.0, 0.0, "any") == 20.0


def test_what_is_misread_differs_and_can_be_sent() -> None:
    """Of every mock notice each misreading differs from it in one thing, and breaks no rule."""
    dice = Dice(1, "iaf")
    seen: Counter[str] = Counter()
    for inject in made("notice", injects(20.0)):
        notice = read_object(inject.document or {}, NOW_US).message
        assert isinstance(notice, Notice)
        said, field = reading_back.misread(notice, dice, inject.id)
        assert reading_back.is_misread(said, notice)
        assert compare(reading_back.right(notice), notice) == []
        seen[field] += 1
    assert set(seen) == set(reading_back.FIELDS)


@pytest.mark.parametrize("language", ["en", "ru", "he"])
def test_a_wrong_direction_is_one_that_a_node_flags(language: str) -> None:
    """The title that an opponent writes contradicts the area, whatever language it is in."""
    letter = read_letter(LETTER.encode())
    tried = 0
    for inject in made("notice", injects(5.0, activities={"patrol": 1.0, "strike": 1.0})):
        document, mistake = spoiled(
            inject.document or {}, frozenset({Mistake.WRONG_DIRECTION}), language
        )
        if mistake:
            message = read_object(document, NOW_US).message
            assert isinstance(message, Notice)
            codes = {one.code for one in contradictions(message, letter, NOW_US)}
            tried += 1
            assert "airspace.direction-differs" in codes
    assert tried > 20


def test_reasons_are_sentences_of_the_phrase_book() -> None:
    """A crew gives its reasons in its language, and in English where it has none of the three."""
    assert sentence(NOT_UNDERSTOOD, "en") == "Message not understood."
    assert sentence(NOT_UNDERSTOOD, "fr") == "Message not understood."
    assert sentence(NOT_UNDERSTOOD, "ru") != sentence(NOT_UNDERSTOOD, "he")
