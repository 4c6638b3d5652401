"""References of one run: apart from those of every other, and nothing else is changed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.exercise.record.references import LENGTH, References, mark_of
from hotline.exercise.scenario.shape import Act, Expectation, ExpectationKind, Inject
from hotline.model.rules import MAX_REFERENCE

AT_US = 1_795_000_000_000_000
NOTICE = Inject(
    id="1",
    at_s=0,
    act=Act.SEND,
    originator="iaf",
    title="IAF-0101 is announced",
    document={"kind": "notice", "reference": "IAF-0101", "remarks": "See IAF-0101; not XIAF-0101."},
)
END = Inject(id="2", at_s=1, act=Act.SEND, document={"kind": "end", "reference": "IAF-0101"})
TELL = Inject(id="3", at_s=2, act=Act.TELL, text="Please withdraw IAF-0101, not IAF-0101-2.")


def notice(reference: str) -> Inject:
    """Return an inject that announces something."""
    return Inject(
        id=reference,
        at_s=0,
        act=Act.SEND,
        document={"kind": "notice", "reference": reference},
    )


@pytest.mark.parametrize("apart_us", [31_250, 40_000, 1_000_000, 86_400_000_000])
def test_no_two_runs_have_the_same_mark(apart_us: int) -> None:
    """Also where one begins within a second of the other; and they sort as they came."""
    marks = [mark_of(AT_US + n * apart_us) for n in range(100)]
    assert len(set(marks)) == 100
    assert sorted(marks) == marks
    assert {len(mark) for mark in marks} == {LENGTH}


def test_marks_do_not_come_again_for_a_generation() -> None:
    """34 years, to the second, are 2 to the 30th of them."""
    around_us = 2**30 * 1_000_000
    assert mark_of(AT_US) == mark_of(AT_US + around_us)
    assert mark_of(AT_US) != mark_of(AT_US + around_us - 1_000_000)


def test_a_reference_is_marked_wherever_it_is_named() -> None:
    """In messages, titles and tasks; not where it is only part of another name."""
    references = References("5KD0QF3", (NOTICE, END, TELL))
    first, end, tell = (references.inject(one) for one in (NOTICE, END, TELL))
    assert first.document == {
        "kind": "notice",
        "reference": "IAF-0101-5KD0QF3",
        "remarks": "See IAF-0101-5KD0QF3; not XIAF-0101.",
    }
    assert first.title == "IAF-0101-5KD0QF3 is announced"
    assert end.document == {"kind": "end", "reference": "IAF-0101-5KD0QF3"}
    assert tell.text == "Please withdraw IAF-0101-5KD0QF3, not IAF-0101-2."


def test_a_notice_as_a_map_has_it_is_marked_too() -> None:
    """There the reference is among the properties of a feature."""
    feature = {"type": "Feature", "properties": {"reference": "IAF-7", "title": "x"}}
    inject = msgspec.structs.replace(NOTICE, document=feature)
    found = References("5KD0QF3", (inject,)).inject(inject).document
    assert found == {
        "type": "Feature",
        "properties": {"reference": "IAF-7-5KD0QF3", "title": "x"},
    }


def test_the_notice_that_an_alarm_is_to_be_about_is_marked_too() -> None:
    """The node's alarm names the notice as it was sent."""
    alarm = Expectation(
        id="1.1",
        kind=ExpectationKind.ALARM,
        centre="iaf",
        within_s=5,
        code="airspace.conflict",
        reference="IAF-0101",
    )
    other = msgspec.structs.replace(alarm, id="1.2", reference="")
    inject = msgspec.structs.replace(NOTICE, expectations=(alarm, other))
    found = References("5KD0QF3", (inject,)).inject(inject).expectations
    assert [one.reference for one in found] == ["IAF-0101-5KD0QF3", ""]
    assert References("", (inject,)).inject(inject).expectations == (alarm, other)


def test_without_a_mark_nothing_changes() -> None:
    """Nodes that were made for the exercise have no other references."""
    references = References("", (NOTICE,))
    assert references.inject(NOTICE) is NOTICE
    assert references.added({"send": NOTICE.document}) == {"send": NOTICE.document}


def test_an_inject_that_is_added_is_marked_once() -> None:
    """Its author may name what the scenario has, or what the board shows."""
    references = References("5KD0QF3", (NOTICE,))
    end = {"send": {"kind": "end", "reference": "IAF-0101"}}
    assert references.added(end)["send"]["reference"] == "IAF-0101-5KD0QF3"
    new = {"send": {"kind": "notice", "reference": "IAF-9"}}
    assert references.added(new)["send"]["reference"] == "IAF-9-5KD0QF3"
    assert references.added(references.added(new)) == references.added(new)


NAMES = st.from_regex(r"[A-Z0-9]{1,12}(-[A-Z0-9]{1,12}){0,2}", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES.filter(lambda name: len(name) <= MAX_REFERENCE), min_size=1, unique=True))
def test_marked_references_are_still_such_and_all_different(names: list[str]) -> None:
    """As long as a reference may be, and without two dashes that follow each other."""
    injects = [notice(name) for name in names]
    references = References("5KD0QF3", injects)
    found = [(references.inject(one).document or {})["reference"] for one in injects]
    assert len(set(found)) == len(names)
    for one in found:
        assert len(one) <= MAX_REFERENCE
        assert one.endswith("-5KD0QF3")
        assert "--" not in one
    assert len("5KD0QF3") == LENGTH
