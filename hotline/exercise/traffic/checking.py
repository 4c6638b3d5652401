"""What a traffic may say, for whoever makes one: a scenario's file, a command."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hotline.errors import ExerciseError
from hotline.exercise.scenario.shape import Traffic
from hotline.exercise.traffic.words import LANGUAGES
from hotline.model.kinds import Activity, Precedence

MAX_MESSAGES = 20_000
"""No more are made by one traffic: the director keeps all of them in memory."""


def check_traffic(traffic: Traffic, centres: tuple[str, str]) -> None:
    """Refuse what no traffic can be made of.

    Raises:
        ExerciseError: ``exercise.bad-traffic``, ``exercise.too-much-traffic``.

    """
    if not _within(traffic.from_s, 0.0, traffic.until_s) or not math.isfinite(traffic.until_s):
        _refuse("does not go from a moment to a later one", "give from before until, 0 or more")
    if traffic.originator and traffic.originator not in centres:
        _refuse(
            f"comes from {traffic.originator[:40]!a}, which is no centre of the scenario",
            f"the centres are {' and '.join(centres)}; leave it out for both",
        )
    for rate in traffic.rates:
        if not (_within(rate.hour, 0.0, 24.0) and _within(rate.per_hour, 0.0, 1e6)):
            _refuse(
                "has a rate that is none",
                "give hours from 0 to 24 and messages an hour of 0 or more",
            )
    _check_weights("activities", traffic.activities, tuple(Activity))
    _check_weights("precedences", traffic.precedences, tuple(Precedence.__members__))
    _check_weights("languages", traffic.languages, LANGUAGES)
    for name, share in (
        ("advisory_share", traffic.advisory_share),
        ("error_rate", traffic.error_rate),
    ):
        if not _within(share, 0.0, 1.0):
            _refuse(f"has a {name} that is no share", "give a number from 0 to 1")
    west, south, east, north = traffic.area
    if not (-180 <= west < east <= 180 and -80 <= south < north <= 80):
        _refuse(
            "has an area that is none",
            "give west, south, east and north in degrees, between 80 south and 80 north",
        )
    highest = max((rate.per_hour for rate in traffic.rates), default=0.0)
    if highest * (traffic.until_s - traffic.from_s) / 3600 > MAX_MESSAGES:
        raise ExerciseError(
            "exercise.too-much-traffic",
            f"the traffic {traffic.id} may be more than {MAX_MESSAGES} messages",
            "give it less time, or lower rates",
        )


def _check_weights(name: str, weights: Mapping[str, float], known: tuple[str, ...]) -> None:
    unknown = sorted(set(weights) - set(known))
    if unknown:
        _refuse(f"has {unknown[0][:40]!a} among its {name}", f"use {', '.join(known)}")
    if any(not _within(weight, 0.0, 1e9) for weight in weights.values()):
        _refuse(f"has a weight among its {name} that is none", "give numbers of 0 or more")
    if weights and not any(weights.values()):
        _refuse(f"has no {name} left", "give at least one of them a weight above 0")


def _within(value: float, low: float, high: float) -> bool:
    return low <= value <= high


def _refuse(what: str, hint: str) -> None:
    raise ExerciseError("exercise.bad-traffic", f"the traffic {what}", hint)
