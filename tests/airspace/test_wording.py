"""Relations in words, as an officer reads them."""

from __future__ import annotations

import pytest

from hotline.airspace.activity import Key, name_of
from hotline.airspace.comparison import relate
from hotline.airspace.relation import Relation
from hotline.airspace.wording import distance_text, levels, sentence, times
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.times import SECOND_US
from hotline.model.volume import Altitude, Volume4D
from tests.airspace.plans import (
    HERE,
    HOUR_US,
    TERMS,
    at,
    feet,
    fl,
    metres,
    ours,
    theirs,
    volume,
)
from tests.airspace.slow_geodesics import ahead


def said(*volumes: Volume4D, precedence: Precedence = Precedence.ROUTINE) -> str:
    """Return what is said at our patrol about what else there is."""
    mine = ours(precedence=precedence)
    return sentence(relate(mine, theirs(*volumes), TERMS), mine.key)


def test_a_conflict_is_told_in_one_sentence() -> None:
    """With whom, when, how high, where, and who gives way."""
    assert said(
        volume(start=at(HOUR_US // 3), end=at(HOUR_US // 4 * 3)), precedence=Precedence.IMMEDIATE
    ) == (
        "conflict with IAF-0007 from 2026-03-01 10:20 to 10:45 UTC, FL180 to FL200,"
        " around 340000N 0330000E, IAF-0007 gives way"
    )


def test_proximity_says_how_near() -> None:
    """In each of the three in which they do not meet."""
    text = said(
        volume(
            ahead(HERE, 90, 24_000),
            lower=fl(205),
            upper=fl(210),
            start=at(HOUR_US + SECOND_US),
            end=at(2 * HOUR_US),
        )
    )
    assert text.startswith(
        "near IAF-0007 from 2026-03-01 11:00 to 11:00:01 UTC, FL200 to FL205, around "
    )
    assert "4000 m (2.2 NM) apart and 152 m apart in height and 1 s apart in time" in text
    assert text.endswith(", both give way, being of equal precedence")
    text = said(volume(start=at(HOUR_US + 1), end=at(2 * HOUR_US)))
    assert "less than 1 s apart in time" in text


def test_possible_says_why_and_shows_no_character_that_steers_a_terminal() -> None:
    """What the peer wrote is written out."""
    text = said(volume(upper=Altitude(1.0, "\x1b[2J", "msl")))
    assert text.startswith("possible conflict with IAF-0007 from ")
    assert "volume 1 of IAF-0007: its upper level has the unknown unit" in text
    assert "\x1b" not in text


def test_a_margin_and_a_right_are_told() -> None:
    """What an officer must know before calling it wrong."""
    text = said(volume(lower=feet(15_000), upper=feet(17_500)), precedence=Precedence.FLASH)
    assert "levels FL180 and 17500 ft above mean sea level may meet: within the margin" in text
    assert "by right of FLASH, IAF-0007 gives way" in text
    flash = Precedence.FLASH
    relation = relate(ours(precedence=flash), theirs(precedence=flash), TERMS)
    assert sentence(relation, relation.one).endswith(
        "by right of FLASH on both sides, both give way, being of equal precedence"
    )


def test_what_rests_on_the_margin_alone_says_so_first() -> None:
    """Before the times: an officer who reads FL180 and 17 000 ft sees no conflict in them."""
    text = said(volume(lower=metres(4_000), upper=metres(5_100)))
    assert text.startswith(
        "conflict with IAF-0007: levels FL180 and 5100 m above the WGS 84 ellipsoid may meet:"
        " within the margin of 2027 m, from 2026-03-01 10:00 to 11:00 UTC, around "
    )
    assert "different references" not in text
    text = said(volume(lower=feet(15_000), upper=feet(18_500)))
    assert "with levels above different references, which may differ by 2057 m more" in text
    lone = volume(start="", end="", lower=None, upper=metres(5_100))
    above = volume(start="", end="", lower=fl(180), upper=None)
    pair = ours(lone), theirs(above)
    assert "2027 m, around " in sentence(relate(*pair, TERMS), pair[0].key)
    assert relate(ours(lone, volume()), theirs(above), TERMS).by_margin == ()


def test_clear_says_how_far() -> None:
    """And nothing of heights, times and places that are not shared."""
    assert said(volume(ahead(HERE, 90, 100_000))) == ("clear of IAF-0007, 80000 m (43.2 NM) apart")
    one, other = Key("a", "A-1"), Key("b", "")
    assert sentence(Relation(RelationKind.CLEAR, one, other, 0, 0), one) == "clear of b"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("", "", ""),
        (at(0), "", "from 2026-03-01 10:00 UTC on, without end"),
        ("", at(0), "from any time to 2026-03-01 10:00 UTC"),
        (at(0), at(24 * HOUR_US), "from 2026-03-01 10:00 to 2026-03-02 10:00 UTC"),
    ],
)
def test_times_without_bounds(start: str, end: str, text: str) -> None:
    """The day is repeated only when it is another one."""
    one = volume(start=start, end=end)
    assert times(relate(ours(one), theirs(one), TERMS)) == text


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (None, None, ""),
        (None, fl(200), "any depth to FL200"),
        (fl(200), None, "FL200 to unlimited"),
        (fl(200), fl(200), "FL200"),
        (metres(100), metres(200), "100 to 200 m above the WGS 84 ellipsoid"),
        (feet(0, "ground"), feet(500, "ground"), "ground to 500 ft above ground"),
    ],
)
def test_levels_as_they_were_written(
    lower: Altitude | None, upper: Altitude | None, text: str
) -> None:
    """What both are measured from is said once."""
    one = volume(lower=lower, upper=upper)
    assert levels(relate(ours(one), theirs(one), TERMS)) == text


def test_small_distances_have_centimetres() -> None:
    """Large ones have miles."""
    assert distance_text(0.014) == "0.01 m"
    assert distance_text(1852.0) == "1852 m (1.0 NM)"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("IAF-0007", "IAF-0007"),
        (f"({'1a2b3c4d' * 8}) IAF-0007", "IAF-0007 (1a2b3c4d)"),
        (f"({'1a2b3c4d' * 8}) ", "(1a2b3c4d)"),
        (f"({'1a2b3c4d' * 8}) x y", "'x y' (1a2b3c4d)"),
        ("IAF-0007 (1a2b3c4d)", "'IAF-0007 (1a2b3c4d)'"),
        ("", "a notice without a reference"),
        (
            "clear, no conflict with any notice of ours",
            "'clear, no conflict with any notice of ou'…",
        ),
        ("A" * 400, f"'{'A' * 40}'…"),
        ("IAF\u200b-0007", r"'IAF\u200b-0007'"),
        ("\u0406AF-0007", r"'\u0406AF-0007'"),
        ("\x1b[2J\ud800", r"'\x1b[2J\ud800'"),
    ],
)
def test_what_is_no_reference_is_quoted(reference: str, said: str) -> None:
    """Words that a peer has chosen for a reference are told from ours wherever they are shown."""
    assert name_of(reference) == said
    assert str(Key("hmeimim", reference)) == (said if reference else "hmeimim")
