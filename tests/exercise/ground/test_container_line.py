"""Faults of containers in the words of the tools that make them, and what is missing for them."""

from __future__ import annotations

import os

import pytest

from hotline.exercise.faults.conditions import Conditions
from hotline.exercise.ground import container_line
from hotline.exercise.ground.container_line import Ability, ability
from hotline.exercise.scenario.shape import FaultKind


def test_a_delay_and_a_jitter_are_netem_s() -> None:
    """Jitter is spread evenly from nothing to all of it, as netem has it around a middle."""
    late = container_line._lateness
    assert late(Conditions()) == ()
    assert late(Conditions(delay_s=0.5)) == ("netem", "limit", "10000", "delay", "500000us")
    both = late(Conditions(delay_s=0.5, jitter_s=0.2))
    assert both[-2:] == ("600000us", "100000us")


@pytest.mark.parametrize(
    ("rate", "burst"), [(300.0, "1600"), (640_000.0, "1600"), (100_000_000.0, "250000")]
)
def test_a_limit_is_a_bucket_that_holds_a_packet(rate: float, burst: str) -> None:
    """20 ms of what the line carries, and at least one packet, or nothing would ever pass."""
    words = container_line._bucket(rate)
    assert words[:5] == ("tbf", "rate", f"{rate:.0f}bit", "burst", burst)


def test_what_is_lost_is_dropped_where_it_arrives() -> None:
    """All of it in a one-way cut, else a share."""
    assert container_line._loss(Conditions()) == ()
    assert "one-way cut" in container_line._loss(Conditions(held=True))
    assert container_line._loss(Conditions(loss_percent=12.5))[-1] == "0.125000"


async def test_who_is_not_root_is_told_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut takes none of it."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    able = await ability(1, "02:42:ac:11:00:02")
    for kind in (FaultKind.DELAY, FaultKind.LOSS, FaultKind.BANDWIDTH, FaultKind.ONE_WAY):
        why = able.why_not(kind)
        assert why is not None
        assert "root" in why
        assert "deploy/compose/faults.yml" in why
    assert able.why_not(FaultKind.CUT) is None


async def test_tools_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one of them."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(container_line, "_tool", lambda name: "" if name == "tc" else name)
    why = (await ability(1, "")).why_not(FaultKind.LOSS)
    assert why is not None
    assert "no tc" in why


async def test_an_engine_on_another_machine_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its containers' processes are not those of this machine, whatever their numbers."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(container_line, "_tool", lambda _: "/bin/true")
    why = (await ability(os.getpid(), "02:42:ac:11:00:02")).why_not(FaultKind.DELAY)
    assert why is not None
    assert "another machine" in why


def test_a_kind_that_needs_nothing_is_always_possible() -> None:
    """Nothing is missing for it."""
    able = Ability({"netem": "no netem"})
    assert able.why_not(FaultKind.CUT) is None
    assert able.why_not(FaultKind.LOSS) is None
    assert able.why_not(FaultKind.JITTER) == "no netem"
