"""Play begins, rests and ends in one order, and the real world stops it from anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import UsageError
from hotline.model.play import NO_PLAY, Play, PlayEvent, PlayState, advance


def after(*events: PlayEvent) -> Play:
    """Return where play stands after events of one exercise, a microsecond apart."""
    play = NO_PLAY
    for number, event in enumerate(events):
        play = advance(play, event, "Spring", number)
    return play


def test_an_exercise_from_its_beginning_to_its_end() -> None:
    """Running, paused, running, none; its name is known until it has ended."""
    begun = (PlayEvent.STARTEX, PlayEvent.PAUSE)
    assert after(*begun) == Play(PlayState.PAUSED, "Spring", 1)
    assert after(*begun, PlayEvent.RESUME, PlayEvent.COMMENT) == Play(
        PlayState.RUNNING, "Spring", 2
    )
    assert after(*begun, PlayEvent.TASK) == after(*begun)
    assert after(*begun, PlayEvent.ENDEX) == Play(PlayState.NONE, "", 2, "Spring")
    ended = advance(after(*begun), PlayEvent.ENDEX, "Spring", 2, binds=True)
    assert ended == Play(PlayState.NONE, "", 2)


@pytest.mark.parametrize(
    "events",
    [
        (PlayEvent.PAUSE,),
        (PlayEvent.RESUME,),
        (PlayEvent.ENDEX,),
        (PlayEvent.TASK,),
        (PlayEvent.STARTEX, PlayEvent.STARTEX),
        (PlayEvent.STARTEX, PlayEvent.RESUME),
        (PlayEvent.REAL_WORLD, PlayEvent.PAUSE),
    ],
)
def test_what_does_not_fit_is_refused(events: tuple[PlayEvent, ...]) -> None:
    """With a code, and a hint at where play stands."""
    with pytest.raises(UsageError) as refused:
        after(*events)
    assert refused.value.code == "exercise.not-possible"


def test_what_was_ended_by_hand_is_bound_once_afterwards() -> None:
    """By the hash of its own record, until anything else is played; it was over before."""
    ended = after(PlayEvent.STARTEX, PlayEvent.ENDEX)
    bound = advance(ended, PlayEvent.ENDEX, "Spring", 9, binds=True)
    assert bound == Play(PlayState.NONE, "", 1)
    assert advance(ended, PlayEvent.COMMENT, "Spring", 9) is ended
    later = advance(ended, PlayEvent.STARTEX, "Autumn", 9)
    stopped = advance(ended, PlayEvent.REAL_WORLD, "", 9)
    assert later.unbound is stopped.unbound is None
    for play, name, binds in (
        (bound, "Spring", True),
        (ended, "Spring", False),
        (ended, "Autumn", True),
        (NO_PLAY, "Spring", True),
    ):
        with pytest.raises(UsageError) as refused:
            advance(play, PlayEvent.ENDEX, name, 9, binds=binds)
        assert refused.value.code == "exercise.not-possible"


def test_another_exercise_is_not_ended_by_mistake() -> None:
    """A director who names another one than is played is told so; but anybody may stop it."""
    running = after(PlayEvent.STARTEX)
    with pytest.raises(UsageError) as refused:
        advance(running, PlayEvent.ENDEX, "Autumn", 9)
    assert refused.value.code == "exercise.another"
    assert advance(running, PlayEvent.REAL_WORLD, "Autumn", 9).state is PlayState.STOPPED


@given(st.lists(st.sampled_from(PlayEvent), max_size=12))
def test_the_real_world_stops_play_from_anywhere(events: list[PlayEvent]) -> None:
    """Whatever was said before: it is stopped, and since the first time that it was said."""
    play = NO_PLAY
    for event in events:
        try:
            play = advance(play, event, "Spring", 1)
        except UsageError:
            continue
    stopped = advance(play, PlayEvent.REAL_WORLD, "", 2)
    assert stopped.state is PlayState.STOPPED
    assert advance(stopped, PlayEvent.REAL_WORLD, "", 3) is stopped
