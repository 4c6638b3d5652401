"""Which parts of a scenario's file have their form, so that these can be checked for their sense.

A planner who has misspelt one key reads at once what is wrong elsewhere.
"""

from __future__ import annotations

import re
from typing import Final

from hotline.exercise.scenario.file_form import INJECT_ID, SCENARIO
from hotline.exercise.scenario.forms import Form, Told
from hotline.exercise.scenario.marked import Marked
from hotline.exercise.scenario.tables import Record

_ALL_DEPENDS_ON: Final = (
    "name", "centres", "duration", "objectives", "letter", "letters", "crews", "time-factor",
    "highest-factor",
)  # fmt: skip
"""Keys without which nothing can be said of injects and traffic."""


def sound_but_for_lists(part: Marked) -> bool:
    """Return whether all is sound that injects and traffic are checked against.

    What only stands beside them, such as a title or a key that is not known, does not matter.
    """
    if not isinstance(part.value, dict):
        return False
    told: Told = []
    for key in _ALL_DEPENDS_ON:
        if key in part.value:
            SCENARIO.fields[key].form.read(part.value[key], told)
        elif SCENARIO.fields[key].required:
            return False
    return not told


def parted(record: Record, key: str, form: Form, told: Told) -> tuple[list[Record], list[Record]]:
    """Return the entries of a list of tables that have their form, and those that do not."""
    entries: tuple[Record, ...] = record.get(key, ())
    if not told:
        return list(entries), []
    part = record.parts.get(key)
    given = part.value if part is not None and isinstance(part.value, list) else []
    sound: list[Record] = []
    unsound: list[Record] = []
    for entry, inner in zip(entries, given, strict=False):
        wrong: Told = []
        form.read(inner, wrong)
        (unsound if wrong else sound).append(entry)
    # Those beyond the longest list that is read were not even looked at.
    unsound += [Record(inner.place, {}, {}, {}) for inner in given[len(entries) :]]
    return sound, unsound


def id_or_none(given: Record) -> str | None:
    """Return the id of an inject; None for one that has none which could be referred to."""
    inject_id = given.get("id", "")
    return inject_id if re.fullmatch(INJECT_ID, inject_id) else None
