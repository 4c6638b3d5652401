"""How a short warning is told: in hours and minutes, and never as longer than it was."""

from __future__ import annotations

import pytest

from hotline.model.kinds import Precedence
from hotline.model.letter import read_letter
from hotline.model.times import SECOND_US
from hotline.node.airspace.remarks import short_warning
from tests.cli.command import EXAMPLES
from tests.model.samples import NOW_US, notice

LETTER = read_letter((EXAMPLES / "letter.toml").read_bytes())


@pytest.mark.parametrize(
    ("before_us", "said"),
    [
        (179 * SECOND_US + 999_999, "warning time 2 min 59 s; the letter asks for 15 min"),
        (0, "warning time 0 s; the letter asks for 15 min"),
        (-1, "no warning: it began 1 s before it was received; the letter asks for 15 min"),
        (None, "warning time unknown, as not every start is; the letter asks for 15 min"),
    ],
)
def test_a_short_warning_is_told_as_durations_are(before_us: int | None, said: str) -> None:
    """In the words that every other duration is told in."""
    starts_us = None if before_us is None else NOW_US + before_us
    flag = short_warning(notice(), starts_us, Precedence.ROUTINE, LETTER, NOW_US)
    assert flag is not None
    assert flag.text == said
