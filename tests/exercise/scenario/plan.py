"""A small sound scenario, and what is said about it once it is spoiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.exercise.scenario.reading import ScenarioRefused, scenario_of_bytes

PLAN = """\
name: small
title: A small scenario
objectives: [To be spoiled]
centres: [iaf, hmeimim]
duration: 10 min
injects:
  - id: "1"
    at: 10 s
    from: iaf
    send:
      kind: notice
      reference: IAF-0001
      title: Patrol
      activity: patrol
      volumes:
        - outline_circle: {center: {lat: 34.5, lng: 33.0}, radius_m: 9000}
          altitude_lower: FL100
          altitude_upper: FL120
          time_start: +45m
          time_end: +2h
    expect:
      - receipt: {within: 5 s}
      - reply: {one-of: [accept], within: 2 min}
  - id: "2"
    after: {inject: "1", by: 1 min}
    from: hmeimim
    reply: {about: "1", answer: accept}
  - id: "3"
    at: 5 min
    fault: {cut: {for: 40 s}}
    expect:
      - line-down: {centre: iaf, within: 30 s}
"""


def spoiled(old: str, new: str) -> str:
    """Return the plan with one thing changed."""
    assert PLAN.count(old) >= 1, old
    return PLAN.replace(old, new, 1)


def problems(text: str, beside: Path | None = None) -> list[tuple[str, str, str, str]]:
    """Return code, place, sentence and mend of everything that is wrong with a text."""
    with pytest.raises(ScenarioRefused) as caught:
        scenario_of_bytes(text.encode(), "plan.yaml", beside)
    found = caught.value.problems
    assert all(one.field.startswith("plan.yaml:") and one.hint for one in found)
    return [(one.code, one.field.removeprefix("plan.yaml:"), one.text, one.hint) for one in found]
