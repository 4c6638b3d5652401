"""The messages of a scenario's injects, checked as they will be when they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from hotline.errors import ModelError
from hotline.exercise.scenario.beside import Beside
from hotline.exercise.scenario.forms import Told
from hotline.exercise.scenario.marked import Marked
from hotline.exercise.scenario.message_form import NAMED_FILE, OF_THE_LETTER, SENT
from hotline.model.kinds import Kind, Status
from hotline.model.letter import Letter
from hotline.model.messages import Message, phrases_of
from hotline.model.phrases import by_number, unknown_phrases
from hotline.model.problem import Problem, RulesBroken
from hotline.model.reading import Draft, read_object
from hotline.model.rules import moment_problems
from hotline.model.times import SECOND_US, time_or_none

Document = dict[str, Any]

ABOUT_A_NOTICE: Final = frozenset(
    {
        Kind.REVISION,
        Kind.WITHDRAWAL,
        Kind.ACTIVATION,
        Kind.END,
        Kind.NONCONFORMANCE,
        Kind.CONTINGENCY,
    }
)
"""Kinds that name the notice they are about."""

_UNKNOWN_FIELD: Final = re.compile(r"the field '([^']+)' is not known")

SOME_TIME_US: Final = 1_772_323_200 * SECOND_US
"""2026-03-01T00:00:00Z: relative times are looked at from there, whenever they are sent."""


def read_document(part: Marked, beside: Beside, told: Told) -> Document | None:
    """Return a message as a scenario gives it: written out, or in a file beside it."""
    assert isinstance(part.value, dict)  # noqa: S101 - the form has seen to it
    named = part.value.get(NAMED_FILE)
    if named is None:
        found = part.plain()
        return found if isinstance(found, dict) else None
    from hotline.formats.given import Given  # here: it loads the geometry
    from hotline.formats.reading import read

    data = beside.read(str(named.value), str(named.place), told)
    if data is None:
        return None
    try:
        fields = read(data, Given()).fields
    except ModelError as error:
        told += _as_problems(error, f"{named.value}: ", lambda _: str(named.place))
        return None
    if fields.get("kind") not in SENT:
        told.append(
            Problem(
                "scenario.bad-message",
                str(named.place),
                f"{named.value} holds no message that an inject sends",
                f"let its kind be one of {', '.join(SENT)}",
            )
        )
        return None
    if fields.get("status", Status.EXERCISE) != Status.EXERCISE:
        told.append(
            Problem(
                "scenario.bad-message",
                str(named.place),
                f"{named.value} holds a message of another status than exercise",
                "give one that is meant for exercises, or take its status out",
            )
        )
    # What it is worth here, and of which exercise it is, the letter says.
    return {key: value for key, value in fields.items() if key not in OF_THE_LETTER}


def check_document(
    document: Document, part: Marked, *, flawed: bool, letter: Letter | None, told: Told
) -> Draft | None:
    """Add what is wrong with a message; return it where it can be read.

    With ``flawed`` it may break rules, not its form. Phrases are looked up in the ``letter`` of
    its sender; without one any may be named.
    """
    named = isinstance(part.value, dict) and NAMED_FILE in part.value

    def place(path: str) -> str:
        return str(part.place) if named else str(place_in(part, path))

    prefix = f"{document_name(part)}: " if named else ""
    for path in absolute_times(document):
        if not flawed:
            told.append(
                Problem(
                    "scenario.absolute-time",
                    place(path),
                    f"{prefix}{path} is a fixed moment, and a scenario is played at any time",
                    'write the time from the moment of sending, such as "+45m" or "+0s"',
                )
            )
    try:
        draft = read_object(document, SOME_TIME_US)
    except RulesBroken as broken:
        if not flawed:
            told += _as_problems(broken, prefix, place)
        return None
    except ModelError as error:
        told += _as_problems(error, prefix, place)
        return None
    if flawed:
        return draft
    ahead_us = 0 if letter is None else round(letter.clock.maximum_offset_ms * 1000)
    found = [
        *moment_problems(draft.message, SOME_TIME_US, ahead_us),
        *said_problems(draft.message, letter),
    ]
    told += [
        Problem("scenario.bad-message", place(one.field), f"{prefix}{one}", one.hint)
        for one in found
    ]
    return draft


def said_problems(message: Message, letter: Letter | None) -> list[Problem]:
    """Return a problem for each phrase that the letter does not have."""
    if letter is None:
        return []
    return unknown_phrases(phrases_of(message), by_number(letter.phrases))


def absolute_times(value: object, path: str = "") -> Iterator[str]:
    """Yield where a document names a moment instead of a time from now."""
    if isinstance(value, dict):
        for key, inner in value.items():
            below = f"{path}.{key}" if path else key
            if key in ("time_start", "time_end", "at"):
                said = inner.get("value") if isinstance(inner, dict) else inner
                if isinstance(said, str) and time_or_none(said) is not None:
                    yield below
            else:
                yield from absolute_times(inner, below)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from absolute_times(inner, f"{path}[{number}]")


def document_name(part: Marked) -> str:
    """Return the name of the file that holds a message, empty where it is written out."""
    named = part.value.get(NAMED_FILE) if isinstance(part.value, dict) else None
    return "" if named is None else str(named.value)


def place_in(part: Marked, path: str) -> object:
    """Return the place of a field such as ``volumes[0].time_end``, as near as there is one.

    That of a path which ends with ``?`` is where the field's name stands.
    """
    for step in path.removesuffix("?").replace("[", ".").replace("]", "").split("."):
        if isinstance(part.value, dict) and step in part.value:
            if path.endswith(f"{step}?"):
                return part.keys[step]
            part = part.value[step]
        elif isinstance(part.value, list) and step.isdigit() and int(step) < len(part.value):
            part = part.value[int(step)]
        else:
            break
    return part.place


def _as_problems(error: ModelError, prefix: str, place: Callable[[str], str]) -> Iterator[Problem]:
    """Yield an error of the model as problems of the scenario, each at its place."""
    if isinstance(error, RulesBroken):
        for one in error.problems:
            yield Problem("scenario.bad-message", place(one.field), f"{prefix}{one}", one.hint)
        return
    path, named, _ = error.message.partition(":")
    unknown = _UNKNOWN_FIELD.search(error.message)
    if unknown is not None:
        path = f"{path}.{unknown[1]}?" if named else f"{unknown[1]}?"
    yield Problem("scenario.bad-message", place(path), f"{prefix}{error.message}", error.hint)
