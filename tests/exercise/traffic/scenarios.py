"""Scenarios with nothing but traffic, for the tests of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hotline.exercise.scenario.shape import Inject, Rate, Scenario, Traffic
from hotline.exercise.traffic.generator import injects_of

EXAMPLES = Path(__file__).parents[3] / "examples"
LETTER = (EXAMPLES / "letter.toml").read_text(encoding="utf-8")
HOUR_S = 3600.0


def scenario(**fields: Any) -> Scenario:
    """Return a scenario between iaf and hmeimim under the sample letter."""
    given: dict[str, Any] = {
        "name": "traffic",
        "title": "Traffic",
        "summary": "",
        "objectives": (),
        "centres": ("iaf", "hmeimim"),
        "crews": {},
        "letter": LETTER,
        "letters": {},
        "starts": None,
        "duration_s": 8 * HOUR_S,
        "time_factor": 1.0,
        "seed": 1,
        "injects": (),
    }
    return Scenario(**(given | fields))


def traffic(hours: float = 10.0, per_hour: float = 100.0, **fields: Any) -> Traffic:
    """Return a steady traffic of so many hours."""
    given: dict[str, Any] = {
        "id": "day",
        "from_s": 0.0,
        "until_s": hours * HOUR_S,
        "rates": (Rate(hour=0, per_hour=per_hour),),
        "seed": 3,
    }
    return Traffic(**(given | fields))


def made(kind: str, injects: tuple[Inject, ...]) -> list[Inject]:
    """Return the injects that send a kind of message."""
    return [one for one in injects if (one.document or {})["kind"] == kind]


def injects(hours: float = 10.0, per_hour: float = 100.0, **fields: Any) -> tuple[Inject, ...]:
    """Return the injects of such a traffic in such a scenario."""
    return injects_of(traffic(hours, per_hour, **fields), scenario())
