"""The letters of a scenario: the sample with single keys changed, or a file of its own.

Whatever it is made from, it is an exercise's: the exercise's name is put into it here, and one
of status actual is refused.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import msgspec

from hotline.errors import ConfigError
from hotline.exercise.scenario.file_form import INLINE
from hotline.exercise.scenario.forms import Told, unknown_key
from hotline.exercise.scenario.marked import Marked
from hotline.model.kinds import Status
from hotline.model.letter import Letter, read_letter
from hotline.model.phrases import phrases_toml, standard_phrases
from hotline.model.problem import LetterRefused, Problem

KEY: Final = "exercise"
"""The letter's key that holds the exercise's name."""
SAMPLE: Final = "letter.toml"

Table = dict[str, Any]


@lru_cache(8)
def _parsed(text: str) -> Table:
    """Return a letter's keys, which nobody changes. Raises ValueError where it is not TOML."""
    return tomllib.loads(text)


@lru_cache(1)
def sample_text() -> str:
    """Return the sample letter as TOML, with the standard phrase book."""
    text = resources.files("hotline.exercise.scenarios").joinpath(SAMPLE).read_text("utf-8")
    return f"{text}\n{phrases_toml(standard_phrases())}"


def sample_letter(name: str, centres: tuple[str, str]) -> str:
    """Return the sample letter of an exercise between two centres; the first one dials."""
    lines = []
    for line in sample_text().splitlines(keepends=True):
        if line.startswith("centres = "):
            line = f"centres = {json.dumps(list(centres))}\n"
        elif line.startswith("dials = "):
            line = f'dials = "{centres[0]}"\n'
        lines.append(line)
    return with_name("".join(lines), name)


def with_name(text: str, name: str) -> str:
    """Return a letter's text with the exercise's name in it; as it is where it has one."""
    if KEY in _parsed(text):
        return text
    # Before everything else: a key after the first table would be one of that table's.
    return f'{KEY} = "{name}"\n{text}'


def changed(text: str, keys: Table) -> str:
    """Return a letter's text with some keys changed; without comments where any is."""
    if not keys:
        return text
    return toml_text(_merged(_parsed(text), keys))


def difference(one: str, other: str) -> Table | None:
    """Return the keys with which `changed` makes ``other`` of ``one``; None where none do."""
    keys = _differing(_parsed(one), _parsed(other))
    return keys if changed(one, keys) == other else None


def toml_text(table: Table, path: str = "") -> str:
    """Return a table as TOML: its own values first, then the tables within."""
    own, inner = [], []
    for key, value in table.items():
        name = key if key.replace("-", "").replace("_", "").isalnum() else json.dumps(key)
        dotted = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            inner.append(f"\n[{dotted}]\n{toml_text(value, dotted)}")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            inner += [f"\n[[{dotted}]]\n{toml_text(one, dotted)}" for one in value]
        else:
            # JSON writes texts, numbers and lists of them as TOML does.
            own.append(f"{name} = {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(own + inner)


def letter_of(
    text: str, part: Marked, name: str, centres: tuple[str, str], told: Told
) -> Letter | None:
    """Return the letter that a text holds, None where it cannot be used for the exercise."""
    if _status_of(text) == Status.ACTUAL:
        told.append(
            Problem(
                "scenario.actual-letter",
                str(_inside(part, "status")),
                "the letter is of status actual, and an exercise never runs under one",
                "give a letter of status exercise, with keys and lines of its own",
            )
        )
        return None
    try:
        letter = read_letter(text.encode())
    except LetterRefused as refused:
        told += [
            Problem(
                "scenario.bad-letter",
                str(_inside(part, problem.field)),
                f"the letter breaks a rule: {problem}",
                problem.hint,
            )
            for problem in refused.problems
        ]
        return None
    except ConfigError as error:
        told.append(Problem("scenario.bad-letter", str(part.place), error.message, error.hint))
        return None
    if set(letter.centres) != set(centres):
        told.append(
            Problem(
                "scenario.letter-of-others",
                str(part.place),
                f"the letter is between {' and '.join(letter.centres)}, "
                f"the scenario between {' and '.join(centres)}",
                "let both name the same centres",
            )
        )
    if letter.exercise != name:
        told.append(
            Problem(
                "scenario.letter-of-another-exercise",
                str(part.place),
                f"the letter names the exercise {letter.exercise[:60]!a}",
                f'write exercise = "{name}" into it, or leave that key out',
            )
        )
    return letter


def _status_of(text: str) -> object:
    try:
        return _parsed(text).get("status")
    except ValueError:
        return None  # no TOML, as reading it is going to say


def key_problems(part: Marked, type_: type[msgspec.Struct] = Letter) -> Iterator[Problem]:
    """Yield what a letter's file could not hold: keys that are not known, values that are none."""
    if not isinstance(part.value, dict):
        return
    known = {field.encode_name: field.type for field in msgspec.structs.fields(type_)}
    for taken in (KEY, "centres") if type_ is Letter else ():
        del known[taken]
    for key, inner in part.value.items():
        if key not in known:
            yield unknown_key(
                key, str(part.keys[key]), [*known, INLINE] if type_ is Letter else list(known)
            )
        elif isinstance(inside := known[key], type) and issubclass(inside, msgspec.Struct):
            yield from key_problems(inner, inside)
        if inner.value is None:
            yield Problem(
                "scenario.wrong-type",
                str(inner.place),
                f"nothing stands for {key[:40]!a}",
                "leave the key out to take the sample's value",
            )


def _inside(part: Marked, path: str) -> object:
    """Return the place of a key of the letter, as near as the scenario has it."""
    for key in path.split("."):
        if not isinstance(part.value, dict) or key not in part.value:
            break
        part = part.value[key]
    return part.place


def _merged(table: Table, keys: Table) -> Table:
    merged = dict(table)
    for key, value in keys.items():
        inner = merged.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            value = _merged(inner, value)
        merged[key] = value
    return merged


def _differing(one: Table, other: Table) -> Table:
    found: Table = {}
    for key, value in other.items():
        mine = one.get(key)
        if isinstance(mine, dict) and isinstance(value, dict):
            if inner := _differing(mine, value):
                found[key] = inner
        elif mine != value or type(mine) is not type(value):
            found[key] = value
    return found
