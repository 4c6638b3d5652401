"""What an opponent announces by itself, where the scenario gives it nothing to announce."""

from __future__ import annotations

from hotline.exercise.crew.mistakes import ABOUT_OWN, mistakes_of
from hotline.exercise.scenario.shape import CrewKind, Inject, Rate, Scenario, Traffic
from hotline.exercise.traffic.generator import injects_of

PER_HOUR = 6.0
"""New messages an hour, of the scenario's clock."""


def own_injects(scenario: Scenario, centre: str) -> tuple[Inject, ...]:
    """Return the notices that a simulated crew is to give by itself.

    None where its mistakes need no notice of its own, or the scenario has injects or traffic from
    its centre. What follows on them the crew does as their times come. Raises ExerciseError and
    ConfigError as `injects_of`.
    """
    crew = scenario.crews.get(centre)
    if crew is None or crew.kind is not CrewKind.SIMULATED or not mistakes_of(crew) & ABOUT_OWN:
        return ()
    has_traffic = any(one.originator in ("", centre) for one in scenario.traffic)
    if has_traffic or any(one.originator == centre for one in scenario.injects):
        return ()
    traffic = Traffic(
        id="own",
        from_s=0.0,
        until_s=scenario.duration_s,
        originator=centre,
        seed=scenario.seed,
        rates=(Rate(hour=0.0, per_hour=PER_HOUR),),
        languages={crew.language: 1.0},
        advisory_share=0.0,
    )
    return tuple(one for one in injects_of(traffic, scenario) if not one.after)
