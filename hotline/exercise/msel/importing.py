"""A scenario from the sheets of a MSEL: what was exported, or a list that was made by hand.

What a list leaves out is filled in, and what cannot be taken over is left out: both are said as
notes. Whatever a past run left in it, times of delivery and verdicts, is never taken over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

import msgspec

from hotline.errors import ExerciseError
from hotline.exercise.msel.columns import OF_A_PAST_RUN, is_header, key_of, plain_heading
from hotline.exercise.msel.csv_file import read_csv
from hotline.exercise.msel.exporting import OBJECTIVE, unknown_format
from hotline.exercise.msel.inject_rows import RowReader, Table
from hotline.exercise.msel.sheets import Row, Sheet
from hotline.exercise.msel.times import absolute_s, relative_s
from hotline.exercise.msel.xlsx_file import read_xlsx
from hotline.exercise.scenario.durations import duration_said
from hotline.exercise.scenario.file_form import CENTRE, SCENARIO
from hotline.exercise.scenario.marked import Marked, Place, marked
from hotline.exercise.scenario.reading import ScenarioRefused, scenario_of, scenario_of_bytes
from hotline.exercise.scenario.shape import Act, Scenario
from hotline.exercise.scenario.writing import scenario_yaml
from hotline.model.problem import Problem
from hotline.model.times import SECOND_US, format_time

USUAL_CENTRES = ("iaf", "hmeimim")
"""Taken where a list names none."""
_MARGIN_S = 1800
"""From the last inject of a list made by hand until ENDEX."""
_ROUND_S = 300


@dataclass(frozen=True, slots=True)
class Imported:
    """A scenario, and what was filled in or left out to make it."""

    scenario: Scenario
    notes: tuple[str, ...]


@dataclass(slots=True)
class _About:
    """What a file says of the whole, by key, each with its place."""

    values: dict[str, list[tuple[str, Place]]] = field(default_factory=dict)

    def add(self, key: str, value: str, cell: str) -> None:
        self.values.setdefault(key, []).append((value, Place(cell=cell)))

    def text(self, key: str) -> str:
        return "".join(value for value, _ in self.values.get(key, []))


def import_msel(data: bytes, name: str) -> Imported:
    """Return the scenario in a MSEL's bytes; ``name`` is its file's, and says which format it has.

    Raises:
        ExerciseError: ``msel.unknown-format``, ``msel.no-header`` where no row has the headings of
            a MSEL, those of `read_csv` and `read_xlsx`, and `ScenarioRefused` with every mistake,
            each naming its cell.

    """
    suffix = PurePath(name).suffix
    if suffix.lower() == ".csv":
        sheets = [read_csv(data, name)]
    elif suffix.lower() == ".xlsx":
        sheets = read_xlsx(data, name)
    else:
        raise unknown_format(suffix)
    about = _About()
    found = next(
        ((sheet, number) for sheet in sheets if (number := _header(sheet)) is not None), None
    )
    if found is None:
        raise ExerciseError(
            "msel.no-header",
            f"{name}: no row has the headings of a MSEL",
            "give the columns headings such as MSEL No., Time, Originator, Recipient, Description",
        )
    sheet, number = found
    notes: list[str] = []
    told: list[Problem] = []
    for other in sheets:
        rows = other.rows[:number] if other is sheet else other.rows
        _read_about(rows, other, about, notes)
    injects = _injects(sheet, number, about, notes, told)
    part = _whole(about, injects, name, notes, told)
    if told:
        raise ScenarioRefused([replace(one, field=f"{name}: {one.field}") for one in told])
    scenario = scenario_of(part, name)
    # Its source is the file that it would be written as; what stands in sheets has none.
    text = scenario_yaml(scenario)
    again = scenario_of_bytes(text.encode(), name)
    return Imported(again, tuple(dict.fromkeys(notes)))


def _header(sheet: Sheet) -> int | None:
    """Return the index of the row with the headings."""
    return next((n for n, row in enumerate(sheet.rows) if is_header(list(row.cells))), None)


def _read_about(rows: Sequence[Row], sheet: Sheet, about: _About, notes: list[str]) -> None:
    known = {*SCENARIO.fields, OBJECTIVE} - {"injects", "objectives"}
    for row in rows:
        key = row.cells[0].strip()
        value = row.cells[1] if len(row.cells) > 1 else ""
        if key.lower() in known and value.strip():
            about.add(key.lower(), value, sheet.cell(row.number, 1))
        elif plain_heading(key) in OF_A_PAST_RUN:
            notes.append(f"{sheet.cell(row.number, 0)}: {key} is of a past run and is not taken")
        elif key and key.lower() != "key" and not key.startswith("EXERCISE "):
            notes.append(f"{sheet.cell(row.number, 0)}: {key[:40]!a} is not taken over")


def _injects(
    sheet: Sheet, number: int, about: _About, notes: list[str], told: list[Problem]
) -> list[tuple[Table, dict[str, Place], Place]]:
    """Return each row below the headings as the keys of an inject, with the places of them."""
    columns: dict[int, str] = {}
    headings = sheet.rows[number]
    for index, heading in enumerate(headings.cells):
        key = key_of(heading)
        if not heading.strip():
            continue
        if plain_heading(heading) in OF_A_PAST_RUN:
            notes.append(f"the column {heading!a} is of a past run and is not taken over")
        elif key is None:
            notes.append(f"the column {heading!a} is not known and is not taken over")
        elif key in columns.values():
            notes.append(f"the column {heading!a} says what another one says, and is not taken")
        else:
            columns[index] = key
    rows = [
        (row, {columns[n]: cell for n, cell in enumerate(row.cells) if n in columns})
        for row in sheet.rows[number + 1 :]
    ]
    centres = _centres(about, [cells for _, cells in rows], notes, told)
    reader = RowReader(centres, _start_s(about, [cells for _, cells in rows], notes), notes, told)
    found = []
    for count, (row, cells) in enumerate(rows, 1):
        places = {key: Place(cell=sheet.cell(row.number, index)) for index, key in columns.items()}
        whole = Place(cell=f"{sheet.name}!{row.number}" if sheet.name else f"row {row.number}")
        table = reader.read(cells, places, whole, count)
        if table is not None:
            found.append((table, places, whole))
    if reader.end_s is not None and "duration" not in about.values:
        about.add("duration", duration_said(reader.end_s), "ENDEX")
    return found


def _centres(
    about: _About, rows: Sequence[dict[str, str]], notes: list[str], told: list[Problem]
) -> tuple[str, str]:
    """Return the two centres: those that are said, else those that the rows name."""
    if "centres" in about.values:
        try:
            said = json.loads(about.text("centres"))
        except ValueError:
            said = [one.strip() for one in re.split(r"[,;]| and ", about.text("centres"))]
        if isinstance(said, list) and len(said) == 2 and all(isinstance(s, str) for s in said):
            about.values["centres"] = [(json.dumps(said), about.values["centres"][0][1])]
            return said[0], said[1]
        told.append(
            Problem(
                "msel.centres",
                str(about.values["centres"][0][1]),
                "two centres are wanted here",
                "write them as iaf, hmeimim",
            )
        )
        return USUAL_CENTRES
    named = dict.fromkeys(
        cells[key].strip().lower()
        for cells in rows
        for key in ("originator", "recipient")
        if cells.get(key, "").strip()
    )
    centres = [
        one for one in named if re.fullmatch(CENTRE, one) and one not in RowReader.CONTROLLERS
    ]
    chosen = (centres[0], centres[1]) if len(centres) == 2 else USUAL_CENTRES
    if len(centres) == 1 and centres[0] in USUAL_CENTRES:
        chosen = USUAL_CENTRES
    notes.append(f"the file does not say which the centres are: {' and '.join(chosen)} is taken")
    about.add("centres", json.dumps(chosen), "centres")
    return chosen


def _start_s(about: _About, rows: Sequence[dict[str, str]], notes: list[str]) -> float | None:
    """Return the moment that absolute times count from; None where there are none."""
    starts = absolute_s(about.text("starts"))
    if starts is not None:
        return starts
    moments = [
        at
        for cells in rows
        if not cells.get("time", "").strip() or relative_s(cells["time"]) is None
        if (at := absolute_s(cells.get("utc", "") or cells.get("time", ""))) is not None
    ]
    if not moments:
        return None
    first = min(moments)
    about.add("starts", format_time(round(first * SECOND_US)), "starts")
    notes.append(
        f"the file does not say when STARTEX is: the first of its times, "
        f"{format_time(round(first * SECOND_US))}, is taken"
    )
    return first


def _whole(
    about: _About,
    injects: Sequence[tuple[Table, dict[str, Place], Place]],
    name: str,
    notes: list[str],
    told: list[Problem],
) -> Marked:
    """Return the tree of the whole scenario, as if it had been read from its file."""
    stem = re.sub(r"[^a-z0-9]+", "-", PurePath(name).stem.lower()).strip("-")[:48] or "imported"
    last = 0.0
    for table, _, _ in injects:
        last = max(last, relative_s(str(table.get("at", ""))) or 0.0)
    rounded = -(-(last + _MARGIN_S) // _ROUND_S) * _ROUND_S
    usual = {
        "name": stem.rstrip("-"),
        "title": f"Imported from {PurePath(name).name}"[:120],
        OBJECTIVE: "To be written: what this exercise trains",
        "duration": duration_said(rounded),
    }
    objectives_said = OBJECTIVE in about.values
    for key, value in usual.items():
        if key not in about.values:
            about.add(key, value, f"the {key} that was filled in")
            notes.append(f"the file does not say its {key}: {value!a} is taken")
    # Numbers of nothing.
    numbered = [table for table, _, _ in injects if "objectives" in table and not objectives_said]
    for table in numbered:
        del table["objectives"]
    if numbered:
        notes.append("the file numbers objectives and does not say them: the numbers are left out")
    values: dict[str, Marked] = {}
    for key, parts in about.values.items():
        place = parts[0][1]
        if key == OBJECTIVE:
            values["objectives"] = Marked(place, [Marked(at, text) for text, at in parts])
        else:
            values[key] = marked(_value(key, about.text(key), place, told), place)
    top = Place(cell="the sheet")
    values["injects"] = Marked(top, [_inject(*one) for one in injects])
    return Marked(top, values, {key: part.place for key, part in values.items()})


def _value(key: str, text: str, place: Place, told: list[Problem]) -> Any:
    """Return a value of a key about the whole: text, a number, or JSON."""
    if key in ("seed", "time-factor", "highest-factor"):
        try:
            return int(text) if re.fullmatch(r"[0-9]{1,18}", text.strip()) else float(text)
        except ValueError:
            return text
    if key in ("centres", "crews", "letters", "traffic") or (
        key == "letter" and text.lstrip().startswith("{")
    ):
        return read_cell_json(text, place, told)
    return text


def read_cell_json(text: str, place: Place, told: list[Problem]) -> Any:
    """Return the JSON in a cell; None, with what is wrong added to ``told``."""
    try:
        value = json.loads(text)
        msgspec.json.encode(value)  # of a depth that can be walked
    except (ValueError, RecursionError) as error:
        told.append(
            Problem(
                "msel.not-json",
                str(place),
                f"this is not JSON: {' '.join(str(error).split())[:120]}",
                "copy the cell from an exported MSEL, or write the scenario's file instead",
            )
        )
        return None
    return value


def _inject(table: Table, places: dict[str, Place], whole: Place) -> Marked:
    """Return the tree of an inject, each key at the cell that it came from."""
    values = {
        key: marked(value, places.get(_COLUMN_OF.get(key, key), whole))
        for key, value in table.items()
    }
    return Marked(whole, values, {key: part.place for key, part in values.items()})


_COLUMN_OF = {
    "id": "number",
    "at": "time",
    "after": "time",
    "from": "originator",
    "to": "recipient",
    "by-crew": "crew",
    "expect": "expectations",
    **{act.value: "message" for act in Act},
}
"""Columns of the keys of an inject, where they are called otherwise."""
