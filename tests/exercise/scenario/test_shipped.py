from __future__ import annotations

import re

import pytest

from hotline.airspace.contradictions import contradictions
from hotline.exercise.scenario.documents import SOME_TIME_US
from hotline.exercise.scenario.letters import sample_text
from hotline.exercise.scenario.reading import scenario_of_bytes, shipped, shipped_names
from hotline.exercise.scenario.shape import Act, ExpectationKind
from hotline.exercise.scenario.timing import due_s
from hotline.exercise.scenario.writing import scenario_yaml
from hotline.model.letter import read_letter
from hotline.model.messages import Notice, Revision
from hotline.model.reading import read_object
from hotline.model.times import SECOND_US, parse_time
from tests.exercise.scenario.strategies import bare

NAMES = shipped_names()
WANTED = {
    "first-lesson", "routine-day", "short-notice", "mutual-conflict", "line-cut-flash",
    "letter-mismatch", "clock-drift", "flood", "search-and-rescue", "end-of-watch",
}  # fmt: skip


def test_there_is_something_for_everybody() -> None:
    """From a first lesson of five minutes to a watch of eight hours."""
    assert set(NAMES) >= WANTED
    lengths = [shipped(name).duration_s for name in NAMES]
    assert (min(lengths), max(lengths)) == (300.0, 8 * 3600.0)
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_teaches_and_what_is_expected(name: str) -> None:
    """Summary, objectives, crews with names, an expectation of every message, an outcome."""
    scenario = shipped(name)
    assert scenario.name == name
    assert scenario.summary
    assert len(scenario.objectives) >= 3
    assert all(crew.officers for crew in scenario.crews.values())
    assert any(one.outcome for one in scenario.injects)
    for one in scenario.injects:
        assert one.title, one.id
        if one.act is Act.SEND:
            kinds = {expected.kind for expected in one.expectations}
            assert ExpectationKind.RECEIPT in kinds, one.id


@pytest.mark.parametrize("name", NAMES)
def test_every_objective_is_shown_by_something_that_is_judged(name: str) -> None:
    """So that the report of no exercise leaves an objective without a verdict."""
    scenario = shipped(name)
    shown = {number for one in scenario.injects for number in one.objectives}
    assert shown == set(range(1, len(scenario.objectives) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_words_and_numbers_agree_unless_that_is_the_point(name: str) -> None:
    """What a node would flag of the messages is expected by the scenario, and nothing else."""
    scenario = shipped(name)
    assert scenario.letter is not None
    for one in scenario.injects:
        if one.act is not Act.SEND or one.document is None or one.from_crew:
            continue
        theirs = scenario.letters.get(one.recipient, scenario.letter)
        letter = read_letter(theirs.encode())
        draft = read_object(one.document, SOME_TIME_US)
        expected = {
            each.code
            for each in one.expectations
            if each.kind is ExpectationKind.FLAGGED and not each.never
        }
        if not isinstance(draft.message, Notice | Revision):
            continue
        said = {problem.code for problem in contradictions(draft.message, letter, SOME_TIME_US)}
        starts_us = min(parse_time(volume.time_start) for volume in draft.message.volumes)
        needed = letter.warning_needed(draft.precedence, draft.message.activity)
        if (starts_us - SOME_TIME_US) / SECOND_US < needed:
            said.add("notice.short-warning")
        either = {"notice.short-warning", "airspace.direction-differs"}
        assert said & either >= expected & either, one.id
        if one.act is Act.SEND and one.document["kind"] == "notice":
            assert said <= expected, one.id


@pytest.mark.parametrize("name", NAMES)
def test_every_text_that_is_sent_says_of_which_exercise_it_is(name: str) -> None:
    """In English, Russian or Hebrew, as the first words, and again in a second language."""
    word = "(?:Exercise|Учение|תרגיל)"
    for one in shipped(name).injects:
        if one.act is not Act.SEND or one.document is None:
            continue
        for field in ("text", "remarks", "reason"):
            said = str(one.document.get(field, f"Exercise {name}. -"))
            first, *others = re.split(" / |\n", said)
            assert re.match(rf"{word} {name}\. ", first), (one.id, said)
            assert all(re.match(rf"{word}\. ", other) for other in others), (one.id, said)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_written_and_read_as_the_same(name: str) -> None:
    """A shipped scenario can be taken as a beginning for one's own."""
    scenario = shipped(name)
    assert bare(scenario_of_bytes(scenario_yaml(scenario).encode(), name)) == bare(scenario)
    assert max(due_s(scenario.injects).values()) < scenario.duration_s


def test_the_sample_letter_has_the_values_of_the_example() -> None:
    """One sample, not two: what examples/letter.toml says and what exercises are played under."""
    from pathlib import Path

    import msgspec

    example = read_letter((Path(__file__).parents[3] / "examples/letter.toml").read_bytes())
    sample = read_letter(sample_text().encode())
    assert msgspec.structs.replace(sample, title=example.title) == example
