"""Whatever a peer sends, what the desk flags on it can be entered, and read again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import UsageError
from hotline.model.kinds import Kind
from hotline.node.desk import Desk
from hotline.wire.body import Body
from hotline.wire.codec import pack
from hotline.wire.records import Flag, Remarked, decode_record, encode_record
from tests.model.strategies import objects

LONG = "\N{LATIN SMALL LETTER E WITH ACUTE}" * 60_000
LETTER = SimpleNamespace(
    reply_deadline=lambda precedence: 60.0, warning_needed=lambda precedence, activity: 1e9
)
CENTRE = SimpleNamespace(
    config=SimpleNamespace(centre="iaf"), clock=SimpleNamespace(wall_us=lambda: 2**50)
)
HUGE: list[Any] = [
    {LONG: 1},
    {"title": LONG, "reference": LONG, "activity": LONG, "volumes": LONG},
    {"reference": LONG, "volumes": [{LONG: {LONG: LONG}}] * 40},
    {"volumes": [{"altitude_lower": {"value": 1, "units": LONG, "reference": LONG, LONG: 1}}]},
    {"volumes": [{"outline_polygon": {"vertices": [{"lat": 99, "lng": 1e300}] * 400}}] * 9},
    {"volumes": [{"time_start": LONG, "time_end": LONG}] * 30},
    {"to": LONG, "answer": LONG, "reason": LONG, "read_back": {"position": LONG}},
    {f"k{number}": number for number in range(9000)},
    LONG,
    [[[]]],
]


def flags_on(kind: str, payload: bytes) -> tuple[Flag, ...]:
    """Return what the desk remarks on a payload."""
    desk = Desk(cast("Any", CENTRE))
    body = Body("hmeimim", "iaf", 1, 3, 1, bytes(32), "test", kind, 1, payload)
    return desk.judge(cast("Any", SimpleNamespace(letter=LETTER)), body).shown.flags


def assert_enterable(flags: tuple[Flag, ...]) -> None:
    """Check that flags come out of a record as they went into it."""
    if flags:
        said = Remarked(bytes(32), flags)
        assert decode_record(encode_record(said), Remarked, "remarked") == said


@pytest.mark.parametrize("what", HUGE, ids=range(len(HUGE)))
@pytest.mark.parametrize("kind", [*(kind.value for kind in Kind), "telegram"])
def test_what_is_huge_is_flagged_within_bounds(kind: str, what: Any) -> None:
    """Long names, long texts, thousands of faults."""
    flags = flags_on(kind, pack(what))
    assert flags
    assert_enterable(flags)


@given(st.sampled_from([*(kind.value for kind in Kind), "telegram"]), objects)
@settings(max_examples=200, deadline=None)
def test_what_is_odd_is_flagged_within_bounds(kind: str, what: object) -> None:
    """Any object at all."""
    try:
        payload = pack(what)
    except UsageError:
        return
    assert_enterable(flags_on(kind, payload))


@given(st.sampled_from([kind.value for kind in Kind]), st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_what_is_noise_is_flagged_within_bounds(kind: str, payload: bytes) -> None:
    """Any bytes at all."""
    assert_enterable(flags_on(kind, payload))
