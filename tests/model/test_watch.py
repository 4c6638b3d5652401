"""The watch passes on in one order, whoever tries what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import UsageError
from hotline.model.watch import BRIEF_GOOD_US, NOBODY, Taking, Watch, WatchStep, advance, is_good

OFFICERS = ("levy", "cohen", "orlov")
DIGESTS = (b"a" * 32, b"b" * 32)


def took(*steps: Taking) -> Watch:
    """Return how the watch stands after steps that are all possible."""
    watch = NOBODY
    for step in steps:
        watch = advance(watch, step)
    return watch


TAKEN = Taking(WatchStep.TAKEN, "levy", 1_000, 1)
BRIEFED = Taking(WatchStep.BRIEFED, "cohen", 2_000, 2, digest=DIGESTS[0])
ASSUMED = Taking(WatchStep.ASSUMED, "cohen", 3_000, 3, relieved="levy", brief=2, digest=DIGESTS[0])
REVIEWED = Taking(WatchStep.REVIEWED, "levy", 4_000, 4)


def test_a_proper_relief_goes_through_all_its_steps() -> None:
    """Taken, briefed, assumed, reviewed: the watch is the other's at one moment."""
    assert took(TAKEN, BRIEFED).on_duty == "levy"
    relieved = took(TAKEN, BRIEFED, ASSUMED)
    assert (relieved.on_duty, relieved.since_us, relieved.to_review) == ("cohen", 3_000, "levy")
    assert took(TAKEN, BRIEFED, ASSUMED, REVIEWED) == Watch("cohen", 3_000)


@pytest.mark.parametrize(
    ("before", "step", "code"),
    [
        ((TAKEN,), replace(TAKEN, officer="cohen"), "watch.not-free"),
        ((), BRIEFED, "watch.free"),
        ((), ASSUMED, "watch.free"),
        ((), Taking(WatchStep.RELEASED, "levy", 1), "watch.free"),
        ((TAKEN,), replace(BRIEFED, officer="levy"), "watch.own-relief"),
        ((TAKEN,), ASSUMED, "watch.no-brief"),
        ((TAKEN, BRIEFED), replace(ASSUMED, officer="orlov"), "watch.no-brief"),
        ((TAKEN, BRIEFED), replace(ASSUMED, relieved="orlov"), "watch.not-on-duty"),
        ((TAKEN, BRIEFED), replace(ASSUMED, digest=DIGESTS[1]), "watch.brief-changed"),
        ((TAKEN, BRIEFED), replace(ASSUMED, brief=1), "watch.brief-changed"),
        (
            (TAKEN, BRIEFED),
            replace(ASSUMED, at_us=2_000 + BRIEF_GOOD_US + 1),
            "watch.brief-too-old",
        ),
        ((TAKEN, BRIEFED), replace(ASSUMED, at_us=1_999), "watch.brief-too-old"),
        ((TAKEN,), REVIEWED, "watch.nothing-to-review"),
        ((TAKEN, BRIEFED, ASSUMED), replace(REVIEWED, officer="orlov"), "watch.not-relieved"),
        ((TAKEN, BRIEFED, ASSUMED), Taking(WatchStep.RELEASED, "levy", 9), "watch.not-on-duty"),
    ],
)
def test_what_is_not_the_next_step_is_refused(
    before: tuple[Taking, ...], step: Taking, code: str
) -> None:
    """Each refusal has its code and says what to do."""
    with pytest.raises(UsageError) as refused:
        advance(took(*before), step)
    assert refused.value.code == code
    assert refused.value.hint


def test_a_release_leaves_nobody_and_that_is_seen() -> None:
    """A watch that ended without a relief is told from one that never began."""
    released = took(TAKEN, Taking(WatchStep.RELEASED, "levy", 5_000))
    assert released == Watch("", 5_000)
    assert released.abandoned
    assert not NOBODY.abandoned
    assert took(TAKEN, Taking(WatchStep.RELEASED, "levy", 5), TAKEN).on_duty == "levy"


TAKINGS = st.builds(
    Taking,
    st.sampled_from(WatchStep),
    st.sampled_from(OFFICERS),
    st.integers(0, 2 * BRIEF_GOOD_US),
    st.integers(0, 5),
    st.sampled_from(("", *OFFICERS)),
    st.integers(0, 5),
    st.sampled_from(DIGESTS),
)


@given(st.lists(TAKINGS, max_size=30))
@settings(max_examples=200)
def test_however_it_is_tried_the_watch_changes_hands_on_a_brief_only(
    takings: list[Taking],
) -> None:
    """In any order of any steps: one at most has it, and nobody gets it behind another's back."""
    watch = NOBODY
    for taking in takings:
        before = watch
        try:
            watch = advance(before, taking)
        except UsageError:
            assert watch is before
            continue
        if before.on_duty and watch.on_duty not in ("", before.on_duty):
            brief = before.brief
            assert taking.step is WatchStep.ASSUMED
            assert brief is not None
            assert (brief.officer, brief.digest) == (watch.on_duty, taking.digest)
            assert is_good(brief, taking.at_us)
            assert (taking.relieved, watch.to_review) == (before.on_duty, before.on_duty)
        if before.on_duty and not watch.on_duty:
            assert taking.step is WatchStep.RELEASED
            assert taking.officer == before.on_duty
        if watch.brief is not None:
            assert watch.brief.officer != watch.on_duty
