"""One line for lists: whatever was said, it is short and safe."""

from __future__ import annotations

import pytest

from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    Service,
    Withdrawal,
)
from hotline.model.times import parse_time
from hotline.model.title import MAX_TITLE, start_of, title_of
from tests.model.samples import END, START, notice, volume


@pytest.mark.parametrize(
    ("message", "title"),
    [
        (Notice(title="Patrol"), "Patrol"),
        (Revision(title="Patrol, later"), "Patrol, later"),
        (Advisory(text="Turn back\nnow"), "Turn back"),
        (Advisory(text="Turn back", subject="Jet"), "Jet"),
        (Reply(answer="accept", reference="IAF-0001"), "accept IAF-0001"),
        (LineCheck(phrase="line check"), "line check"),
        (Service(text="\n "), ""),
        (Withdrawal(reason="weather"), "weather"),
        (Nonconformance(reason="out of its area"), "out of its area"),
        (Contingency(reason="no link"), "no link"),
        (Conflict("IAF-1", 0, "H-2", 1, "conflict"), "conflict between IAF-1 and H-2"),
        (Conflict("IAF-1", 0, "H-2", 1, "proximity"), "proximity of IAF-1 and H-2"),
        (Conflict("IAF-1", 0, "H-2", 1, "clear"), "resolved: IAF-1 and H-2"),
        (Conflict("IAF-1", 0, "H-2", 1, "{new}"), "{new}: IAF-1 and H-2"),
        (Activation(at="2026-03-01T10:00:00Z"), "begun at 2026-03-01 10:00:00 UTC"),
        (End(at="2026-03-01T10:00:00Z"), "ended at 2026-03-01 10:00:00 UTC"),
        (Service(text="\x1b[31mred"), "\\x1b[31mred"),
        (None, "(cannot be read)"),
    ],
)
def test_a_title_is_one_safe_line(message: Message | None, title: str) -> None:
    """Every kind has one, and nothing in it steers a terminal."""
    assert title_of(message) == title


def test_a_long_title_is_cut() -> None:
    """The peer does not choose how wide our lists are."""
    assert len(title_of(Service(text="x" * 4000))) == MAX_TITLE


def test_a_notice_starts_with_the_first_of_its_volumes() -> None:
    """Warning times count from it; what has no volumes, or no readable time, has no start."""
    later = volume(time_start=END)
    assert start_of(notice(volumes=(later, volume()))) == parse_time(START)
    assert start_of(notice(volumes=(volume(time_start="soon"),))) is None
    assert start_of(Service(text="Relief")) is None
