"""What people are sent or type: files of notices, telephone sheets, letters, scenarios, MSELs."""

from __future__ import annotations

import io
import tomllib
import zipfile
from functools import cache
from typing import Any, Final

from hotline.airspace.said.reading import read_anew
from hotline.exercise.faults.control import read_answer, read_question
from hotline.exercise.msel.importing import import_msel
from hotline.exercise.msel.xlsx_file import read_xlsx, xlsx_bytes
from hotline.exercise.record.line import decode_line as decode_record_line
from hotline.exercise.record.reading import check as check_record
from hotline.exercise.report.comparing import compare, report_of
from hotline.exercise.scenario.durations import seconds_of
from hotline.exercise.scenario.reading import scenario_of_bytes
from hotline.formats.coordinates import read_lines
from hotline.formats.given import Given, split_levels
from hotline.formats.reading import read
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.layout import lay_out
from hotline.model.letter import read_letter
from hotline.model.reading import read_message, read_object
from hotline.model.times import parse_time
from hotline.node.config import read_file
from hotline.trust.words import parse_words
from tests.security.fuzzing.of_records import JSON_WORDS, in_a_file
from tests.security.fuzzing.target import Target, chosen, text
from tests.trust.samples import NOW_US

GIVEN: Final = Given(start="+30m", end="+60m", lower="FL100", upper="FL200", width_m=9260.0)
SHEET: Final = "xl/worksheets/sheet1.xml"


def notice_file(data: bytes) -> None:
    """Read a file of a notice in any format that is read, and the message that it makes."""
    found = read(data, GIVEN, may_lack=True, unnamed=True)
    found.outside(NOW_US)
    read_object(found.fields, NOW_US)


def message(data: bytes) -> None:
    """Read a file of a message in our own form."""
    read_message(data, NOW_US)


def kmz(data: bytes) -> None:
    """Read what a sound archive holds as its KML; broken archives are for `notice_file`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", data)
    notice_file(packed.getvalue())


def coordinates(data: bytes) -> None:
    """Read positions as people paste them."""
    read_lines(text(data))


def levels(data: bytes) -> None:
    """Read levels, times and durations as people type them."""
    reading, rest = chosen((split_levels, parse_time, seconds_of, parse_words), data)
    reading(text(rest))


def telephone(data: bytes) -> None:
    """Read what a listener typed of a sheet; what is understood is laid out again."""
    lay_out(hear(text(data)).sheet)


def said(data: bytes) -> None:
    """Read title and remarks of a notice, read for what they say of places, heights and times."""
    title, _, remarks = text(data).partition("\n")
    read_anew(title, remarks)


def letter(data: bytes) -> None:
    """Read a letter of agreement."""
    read_letter(data)


def node_toml(data: bytes) -> None:
    """Read a node.toml."""
    with in_a_file(data) as path:
        read_file(path)


def scenario(data: bytes) -> None:
    """Read a scenario's file."""
    scenario_of_bytes(data, "scenario.yaml")


def msel_csv(data: bytes) -> None:
    """Read a MSEL as a table of text."""
    import_msel(data, "msel.csv")


def msel_xlsx(data: bytes) -> None:
    """Read a MSEL as a workbook."""
    import_msel(data, "msel.xlsx")


@cache
def _parts() -> dict[str, bytes]:
    book = xlsx_bytes("EXERCISE", "a title", [("Key", "Value")], [("a", "b")])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def xlsx_sheet(data: bytes) -> None:
    """Read a sheet of a workbook that is otherwise sound."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in _parts().items():
            archive.writestr(name, data if name == SHEET else part)
    read_xlsx(packed.getvalue(), "msel.xlsx")


def exercise_record(data: bytes) -> None:
    """Read the record of an exercise, and one line of it."""
    reading, rest = chosen((check_record, decode_record_line), data)
    reading(rest)


def report(data: bytes) -> None:
    """Read the report of an exercise, set beside others."""
    with in_a_file(data) as path:
        compare([report_of(data, path)])


def proxy(data: bytes) -> None:
    """Read what is asked of a fault proxy, and what it answers."""
    reading, rest = chosen((read_question, read_answer), data)
    reading(rest)


def _toml_of(table: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{key} = " if not isinstance(value, dict) else f"[{key}]"
                 for key, value in table.items())  # fmt: skip


LETTER_WORDS: Final = _toml_of(
    tomllib.loads('status = ""\nepoch = 1\n[timers]\n[clock]\n[limits]\n[separation]\n')
)
KML_WORDS: Final = ("<kml>", "<Placemark>", "<Polygon>", "<coordinates>", "<TimeSpan>", "</")
TARGETS: Final = (
    Target(
        "notice-file",
        (
            "formats.reading:read",
            "formats.safe_xml:parse_xml",
            "model.strict_json:read_json",
            "model.reading:read_object",
        ),
        notice_file,
        8192,
        (*JSON_WORDS, *KML_WORDS),
    ),
    Target("message", ("model.reading:read_message",), message, 8192, JSON_WORDS),
    Target("kmz", ("formats.reading:read",), kmz, 8192, KML_WORDS),
    Target("coordinates", ("formats.coordinates:read_lines",), coordinates),
    Target(
        "levels",
        (
            "formats.given:split_levels",
            "model.times:parse_time",
            "exercise.scenario.durations:seconds_of",
            "trust.words:parse_words",
        ),
        levels,
        words=("FL", "ft", "2026-03-01T10:20:00Z", "+45m", "..", "AGL", "T+"),
    ),
    Target(
        "telephone",
        ("formats.telephone.hearing:hear", "formats.telephone.typed:split"),
        telephone,
        words=("A ", "C PRECEDENCE FLASH", "EXERCISE", "DEGREES", "FLIGHT LEVEL", "\n"),
    ),
    Target(
        "said",
        ("airspace.said.reading:read_anew",),
        said,
        words=("north of ", "FL", " to ", "Latakia", "1530Z", " feet"),
    ),
    Target("letter", ("model.letter:read_letter",), letter, 32_768, LETTER_WORDS),
    Target("node-toml", ("node.config:read_file",), node_toml, words=("[[line]]", "peer = ")),
    Target(
        "scenario",
        ("exercise.scenario.yaml_text:read_yaml", "exercise.scenario.reading:scenario_of_bytes"),
        scenario,
        8192,
        ("- at: ", "injects:", "centres:", "title: ", "&a", "*a", "!!", "|\n"),
    ),
    Target(
        "msel-csv",
        (
            "exercise.msel.importing:import_msel",
            "exercise.msel.importing:read_cell_json",
            "exercise.msel.csv_file:read_csv",
        ),
        msel_csv,
        8192,
        ("MSEL No.", "Time", "Originator", '"', ",", ";"),
    ),
    Target("msel-xlsx", ("exercise.msel.xlsx_file:read_xlsx",), msel_xlsx, 16_384),
    Target(
        "xlsx-sheet",
        ("exercise.msel.xlsx_file:read_xlsx",),
        xlsx_sheet,
        8192,
        ("<worksheet", "<sheetData>", '<row r="', '<c r="A1"', 't="s"', "<v>", "</", "<f>"),
    ),
    Target(
        "exercise-record",
        ("exercise.record.line:decode_line", "exercise.record.reading:check"),
        exercise_record,
        8192,
        JSON_WORDS,
    ),
    Target("report", ("exercise.report.comparing:report_of",), report, 8192, JSON_WORDS),
    Target(
        "proxy",
        ("exercise.faults.control:read_question", "exercise.faults.control:read_answer"),
        proxy,
        words=('{"do":"become","line":{', '{"do":"spoil","way":"', '"state"'),
    ),
)
"""The targets behind files and lines that people give."""
