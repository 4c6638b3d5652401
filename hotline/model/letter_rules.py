"""The rules of a letter of agreement; what its types can't say."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from hotline.model.kinds import Activity, Precedence, Status
from hotline.model.phrases import phrase_problems
from hotline.model.problem import Problem
from hotline.model.text import unsafe_character

if TYPE_CHECKING:
    from hotline.model.letter import Letter

# "node" is where the origin of a node's own log has the peer's id.
CENTRE_ID = re.compile(r"(?!node\Z)[a-z][a-z0-9-]{1,31}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MAX_EPOCH = 2**32 - 1
HEIGHT_LIMIT_M = 12_000.0
MAX_EXERCISE_NAME = 60
"""Characters: it stands in the heading of every page."""


def letter_problems(letter: Letter) -> list[Problem]:
    """Return every rule that a letter breaks; none means that it can be used."""
    return [
        *_parties(letter),
        *_numbers(letter),
        *_order(letter),
        *phrase_problems(letter.phrases, letter.languages),
    ]


def _parties(letter: Letter) -> Iterator[Problem]:
    for key, text in (("title", letter.title), ("edition", letter.edition)):
        if not text.strip():
            yield Problem(
                "model.letter-empty", key, "is empty", "say which letter this is, for the record"
            )
        if (character := unsafe_character(text)) is not None:
            yield Problem(
                "model.letter-unsafe",
                key,
                f"contains {character}, which steers how text is shown",
                "remove it; letters of any script are welcome",
            )
    yield from _exercise(letter)
    if not 1 <= letter.epoch <= MAX_EPOCH:
        yield Problem(
            "model.letter-epoch",
            "epoch",
            f"{letter.epoch} is not a whole number from 1 to {MAX_EPOCH}",
            "start at 1 and add 1 each time both sides begin a new record",
        )
    for index, centre in enumerate(letter.centres):
        if not CENTRE_ID.fullmatch(centre):
            yield Problem(
                "model.letter-centre",
                f"centres[{index}]",
                f"{centre[:40]!a} is not a centre's id",
                "2 to 32 of a-z, 0-9 and -, a letter first",
            )
    if len(letter.centres) != 2 or len(set(letter.centres)) != 2:
        yield Problem(
            "model.letter-centres",
            "centres",
            "must name two different centres",
            'write, for example, centres = ["iaf", "hmeimim"]',
        )
    if letter.dials not in letter.centres:
        yield Problem(
            "model.letter-dials",
            "dials",
            f"{letter.dials[:40]!a} is neither of the centres",
            "name the centre that opens the connection",
        )
    if not letter.languages or not all(map(LANGUAGE.fullmatch, letter.languages)):
        yield Problem(
            "model.letter-language",
            "languages",
            "must be language tags, at least one",
            'write, for example, languages = ["en", "ru", "he"]',
        )


def is_exercise_name(text: str) -> bool:
    """Whether a letter could name an exercise so: for names that come from elsewhere."""
    return (
        0 < len(text) <= MAX_EXERCISE_NAME
        and text == text.strip()
        and unsafe_character(text) is None
    )


def _exercise(letter: Letter) -> Iterator[Problem]:
    if not letter.exercise:
        return
    if letter.status is not Status.EXERCISE:
        yield Problem(
            "model.letter-exercise",
            "exercise",
            f"is given, and the status is {letter.status}",
            'leave it out, or write status = "exercise" in a letter of its own',
        )
    if len(letter.exercise) > MAX_EXERCISE_NAME or letter.exercise != letter.exercise.strip():
        yield Problem(
            "model.letter-exercise",
            "exercise",
            f"is no name of 1 to {MAX_EXERCISE_NAME} characters without spaces around it",
            "give it a short name: it stands in the heading of every page",
        )
    if (character := unsafe_character(letter.exercise)) is not None:
        yield Problem(
            "model.letter-unsafe",
            "exercise",
            f"contains {character}, which steers how text is shown",
            "remove it; letters of any script are welcome",
        )


def _numbers(letter: Letter) -> Iterator[Problem]:
    timers, deadlines, minimum = (
        letter.timers,
        letter.reply_deadline_s,
        letter.minimum_warning_s,
    )
    positive = {
        "timers.heartbeat_s": timers.heartbeat_s,
        "timers.receive_s": timers.receive_s,
        "timers.receipt_alarm_s": timers.receipt_alarm_s,
        "timers.line_check_s": timers.line_check_s,
        "timers.identification_s": timers.identification_s,
        "reply_deadline_s.FLASH": deadlines.flash,
        "reply_deadline_s.IMMEDIATE": deadlines.immediate,
        "reply_deadline_s.PRIORITY": deadlines.priority,
        "reply_deadline_s.ROUTINE": deadlines.routine,
        "clock.maximum_offset_ms": letter.clock.maximum_offset_ms,
        "max_unwitnessed_s": letter.max_unwitnessed_s,
        "limits.area_km2": letter.limits.area_km2,
        "limits.horizon_days": letter.limits.horizon_days,
    }
    not_negative = {
        "separation.lateral_m": letter.separation.lateral_m,
        "separation.vertical_m": letter.separation.vertical_m,
        "separation.time_s": letter.separation.time_s,
        "minimum_warning_s.default": minimum.default,
        "altitude_margin.pressure_m": letter.altitude_margin.pressure_m,
        "altitude_margin.pressure_percent": letter.altitude_margin.pressure_percent,
        "limits.late_activation_s": letter.limits.late_activation_s,
        "limits.missing_end_s": letter.limits.missing_end_s,
        **{f"minimum_warning_s.precedence.{key}": v for key, v in minimum.precedence.items()},
        **{f"minimum_warning_s.activity.{key}": v for key, v in minimum.activity.items()},
    }
    for key, value in (positive | not_negative).items():
        if not math.isfinite(value) or value < 0 or (value == 0 and key in positive):
            yield Problem(
                "model.letter-number",
                key,
                f"{value} is out of range",
                f"write a number {'above' if key in positive else 'of at least'} 0",
            )
    for table, known, name in (
        (minimum.precedence, Precedence.__members__.keys(), "precedence"),
        (minimum.activity, [activity.value for activity in Activity], "activity"),
    ):
        for key in table:
            if key not in known:
                yield Problem(
                    "model.letter-wrong-key",
                    f"minimum_warning_s.{name}",
                    f"{key[:40]!a} is not one of its keys",
                    f"use {', '.join(known)}",
                )


def _order(letter: Letter) -> Iterator[Problem]:
    if not letter.timers.heartbeat_s < letter.timers.receive_s:
        yield Problem(
            "model.letter-timers",
            "timers.receive_s",
            "is not longer than heartbeat_s, so an idle line would be taken for a dead one",
            "set it to at least twice heartbeat_s",
        )
    margin = letter.altitude_margin
    for key, (low, high) in (("geoid_m", margin.geoid_m), ("terrain_m", margin.terrain_m)):
        if not -HEIGHT_LIMIT_M <= low <= high <= HEIGHT_LIMIT_M:
            yield Problem(
                "model.letter-margin",
                f"altitude_margin.{key}",
                f"{low:g} and {high:g} are not a least and a greatest height",
                f"give two numbers of metres in rising order, within {HEIGHT_LIMIT_M:.0f}",
            )
    deadlines = letter.reply_deadline_s
    steps = (deadlines.flash, deadlines.immediate, deadlines.priority, deadlines.routine)
    if any(not urgent <= slower for urgent, slower in pairwise(steps)):
        yield Problem(
            "model.letter-deadlines",
            "reply_deadline_s",
            "gives a more urgent precedence more time than a less urgent one",
            "let the times rise from FLASH to ROUTINE",
        )
