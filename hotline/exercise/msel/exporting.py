"""A scenario as the sheets of a MSEL."""

from __future__ import annotations

import json
from typing import Any, Final

from hotline.errors import ExerciseError
from hotline.exercise.msel.columns import COLUMNS
from hotline.exercise.msel.csv_file import csv_bytes
from hotline.exercise.msel.xlsx_file import xlsx_bytes
from hotline.exercise.scenario.flow import flow
from hotline.exercise.scenario.shape import Act, Inject, Scenario
from hotline.exercise.scenario.timing import due_s
from hotline.exercise.scenario.wording import type_said, when_said
from hotline.exercise.scenario.writing import act_value, expectation_table, scenario_table
from hotline.model.text import unsafe_character
from hotline.model.times import SECOND_US, format_time

YES: Final = "yes"
OBJECTIVE: Final = "objective"
IN_TEXT: Final = frozenset({Act.TELL, Act.RELIEVE, Act.REAL_WORLD, Act.PAUSE, Act.END})
"""Whose message is text; that of all others is JSON."""
_CHUNK: Final = 30_000
"""Characters of a value in one cell: fewer than a workbook's cell can hold."""


def msel_bytes(scenario: Scenario, suffix: str) -> bytes:
    """Return a scenario's MSEL as a file's bytes; ``suffix`` says which, ``.csv`` or ``.xlsx``.

    Raises:
        ExerciseError: ``msel.unknown-format``, or ``msel.unwritable-text`` for what a workbook
            cannot hold.

    """
    if suffix.lower() == ".csv":
        banner = [[f"EXERCISE {scenario.name}", scenario.title]]
        return csv_bytes([*banner, *about_rows(scenario), [], *inject_rows(scenario)])
    if suffix.lower() == ".xlsx":
        rows, about = inject_rows(scenario), about_rows(scenario)
        return xlsx_bytes(f"EXERCISE {scenario.name}", scenario.title, rows, about)
    raise unknown_format(suffix)


def unknown_format(suffix: str) -> ExerciseError:
    """Return the error for a file whose name does not say what it is."""
    return ExerciseError(
        "msel.unknown-format",
        f"a MSEL is a .csv or .xlsx file, not {suffix[:20]!a}",
        "let the name of the file end with .csv or .xlsx",
    )


def about_rows(scenario: Scenario) -> list[list[str]]:
    """Return what is about the whole, a key and a value each; a long value takes several rows."""
    rows: list[list[str]] = []
    for key, value in scenario_table(scenario).items():
        if key == "objectives":
            rows += [[OBJECTIVE, text] for text in value]
        elif key != "injects":
            text = value if isinstance(value, str) else compact(value)
            rows += [[key, text[at : at + _CHUNK]] for at in range(0, len(text), _CHUNK)]
    return rows


def inject_rows(scenario: Scenario) -> list[list[str]]:
    """Return the headings, and a row for each inject."""
    due = due_s(scenario.injects)
    rows = [[column.heading for column in COLUMNS]]
    for inject in scenario.injects:
        cells = inject_cells(inject)
        if scenario.starts is not None:
            cells["utc"] = format_time(scenario.starts + round(due[inject.id] * SECOND_US))
        rows.append([cells.get(column.key, "") for column in COLUMNS])
    return rows


def inject_cells(inject: Inject) -> dict[str, str]:
    """Return the cells of an inject, by the key of their column."""
    value = act_value(inject)
    return {
        "number": inject.id,
        "time": when_said(inject),
        "originator": inject.originator,
        "recipient": inject.recipient,
        "type": type_said(inject),
        "delivery": inject.delivery.value,
        "title": inject.title,
        "description": inject.description,
        "message": value if isinstance(value, str) else compact(value),
        "outcome": inject.outcome,
        "expectations": "\n".join(
            flow(expectation_table(one, inject)) for one in inject.expectations
        ),
        # No comma: some spreadsheets take 1,3 for a fraction.
        "objectives": "; ".join(str(number) for number in inject.objectives),
        "officer": "" if inject.act is Act.RELIEVE else inject.officer,
        "crew": YES if inject.from_crew else "",
        "flawed": YES if inject.flawed else "",
        "comment": inject.comment,
    }


def compact(value: Any) -> str:
    """Return a value as JSON in one line; what steers how text is shown is written out."""
    text = json.dumps(value, ensure_ascii=False)
    return text if unsafe_character(text) is None else json.dumps(value)
