"""Exports as they come from somebody else: whole and true, or refused with a code."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.audit.export.values import json_text
from hotline.audit.reconcile.export_lines import (
    MAX_LINE,
    EndLine,
    decode_header,
    decode_line,
    entry_of,
)
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.errors import HotlineError
from tests.audit.histories import CENTRES, Line, export_to, path_of

Json = dict[str, Any]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the export of a line on which some things happened."""
    directory = tmp_path_factory.mktemp("export")
    line = Line(directory)
    line.play([(what, each, 3, 4) for what in ("say", "carry", "clock") for each in CENTRES])
    line.settle()
    line.close()
    target = directory / "iaf.jsonl"
    assert export_to(path_of(directory, "iaf"), "iaf", target)
    return target


def read(path: Path) -> int:
    """Read a whole export as a reconciliation does; return its entries of the line."""
    record = ExportRecord(path.name, path)
    try:
        record.begin("hmeimim")
        return sum(1 for _ in record.entries())
    finally:
        record.close()


def bent(export: Path, target: Path, bend: Callable[[list[bytes]], object]) -> Path:
    """Write a copy of an export with its lines bent."""
    lines = export.read_bytes().split(b"\n")[:-1]
    bend(lines)
    target.write_bytes(b"".join(line + b"\n" for line in lines))
    return target


def field(number: int, change: Callable[[Json], object]) -> Callable[[list[bytes]], None]:
    """Make the change of one line's object."""

    def bend(lines: list[bytes]) -> None:
        value = json.loads(lines[number])
        change(value)
        lines[number] = json_text(value).encode()

    return bend


def kind(of: str, change: Callable[[Json], object]) -> Callable[[list[bytes]], None]:
    """Make the change of the first line of a type."""

    def bend(lines: list[bytes]) -> None:
        number = next(n for n, line in enumerate(lines) if json.loads(line)["type"] == of)
        field(number, change)(lines)

    return bend


def put(key: str, value: Any) -> Callable[[Json], None]:
    """Make the change of one value."""

    def change(line: Json) -> None:
        line[key] = value

    return change


def of_log(key: str, value: Any) -> Callable[[Json], None]:
    """Make the change of one value of the line's log in the header."""

    def change(header: Json) -> None:
        (log,) = (log for log in header["logs"] if log["peer"] is not None)
        log[key] = value

    return change


def twice(lines: list[bytes]) -> None:
    """Put a key into the second line a second time."""
    lines[1] = lines[1].replace(b'"log":', b'"log":0,"log":', 1)


def deep(lines: list[bytes]) -> None:
    """Nest what is for people deeper than any reader goes."""
    nested = b"[" * 100_000 + b"]" * 100_000
    start = lines[1].index(b'"what":') if b'"what":' in lines[1] else lines[1].index(b'"said":')
    lines[1] = lines[1][: start + 7] + nested + b"}"


REFUSED: dict[str, tuple[Callable[[list[bytes]], object], str]] = {
    "its end is gone": (lambda lines: lines.pop(), "export.cut-short"),
    "entries before the end are gone": (lambda lines: lines.pop(-2), "export.cut-short"),
    "an entry in the middle is gone": (lambda lines: lines.pop(3), "export.malformed"),
    "two entries are exchanged": (
        lambda lines: lines.__setitem__(slice(3, 5), lines[4:2:-1]),
        "export.malformed",
    ),
    "an entry is there twice": (lambda lines: lines.insert(3, lines[3]), "export.malformed"),
    "something follows the end": (lambda lines: lines.append(lines[1]), "export.malformed"),
    "the end counts wrong": (field(-1, put("entries", 1)), "export.cut-short"),
    "a later version": (field(0, put("version", 2)), "export.unknown-version"),
    "no version": (field(0, lambda line: line.pop("version")), "export.unknown-version"),
    "another type": (field(0, put("type", "something")), "export.malformed"),
    "a filter": (field(0, put("filter", {"kind": ["notice"]})), "export.filtered"),
    "an unknown key in the header": (field(0, put("more", 1)), "export.malformed"),
    "an unknown key in an entry": (field(1, put("more", 1)), "export.malformed"),
    "a key twice": (twice, "export.malformed"),
    "a log of another name": (field(0, of_log("origin", "hotline/x/y/z/1")), "export.malformed"),
    "a log of another size": (field(0, of_log("size", 1)), "export.other-root"),
    "a log of another root": (field(0, of_log("root", "00" * 32)), "export.other-root"),
    "no cards": (field(0, put("cards", [])), "export.malformed"),
    "a card that is none": (field(0, put("cards", ["card"])), "trust.malformed-note"),
    "another centre": (field(0, put("centre", "hmeimim")), "export.malformed"),
    "another status": (field(0, put("status", "actual")), "export.malformed"),
    "an entry of no log": (field(1, put("log", 9)), "export.malformed"),
    "another time": (
        kind("record", put("time", "2026-03-01T00:00:00.000000Z")),
        "export.leaf-differs",
    ),
    "no time": (kind("record", put("time", "yesterday")), "export.malformed"),
    "another payload": (kind("record", put("payload", "gA==")), "export.leaf-differs"),
    "payload that is no base64": (kind("record", put("payload", "gA=")), "export.malformed"),
    "another leaf": (kind("record", put("leaf", "gA==")), "export.leaf-differs"),
    "another body": (kind("message", put("body", "gA==")), "export.leaf-differs"),
    "another kind": (kind("message", put("kind", "advisory")), "export.leaf-differs"),
    "another number": (kind("message", put("seq", 77)), "export.leaf-differs"),
    "another precedence": (kind("message", put("precedence", "FLASH")), "export.leaf-differs"),
    "another direction": (
        kind("message", lambda m: m.update(direction="in" if m["direction"] == "out" else "out")),
        "export.leaf-differs",
    ),
    "a negative entry": (field(1, put("entry", -1)), "export.malformed"),
    "a huge number": (field(1, put("entry", 10**40)), "export.malformed"),
    "nested without end": (deep, "export.malformed"),
    "an empty line": (lambda lines: lines.insert(1, b""), "export.malformed"),
    "a line of noise": (lambda lines: lines.insert(1, bytes(range(128, 200))), "export.malformed"),
    "a line without end": (
        lambda lines: lines.insert(1, b"x" * (MAX_LINE + 1)),
        "export.line-too-long",
    ),
}


def test_a_whole_export_is_read(export: Path) -> None:
    """What the writer writes, the reader reads, each line in its one spelling."""
    assert read(export) > 10


@pytest.mark.parametrize("what", REFUSED)
def test_what_was_changed_is_refused(what: str, export: Path, tmp_path: Path) -> None:
    """Each falsification of the file has its code, and the error names the file."""
    bend, code = REFUSED[what]
    with pytest.raises(HotlineError) as refused:
        read(bent(export, tmp_path / "bent.jsonl", bend))
    assert refused.value.code == code, refused.value.message
    assert refused.value.message.startswith("bent.jsonl: ")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_an_export_that_was_cut_is_refused(share: float, export: Path, tmp_path: Path) -> None:
    """Wherever a download ended: an error with a code, never half a record."""
    data = export.read_bytes()
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(HotlineError) as refused:
        read(cut)
    assert refused.value.code in {"export.cut-short", "export.malformed"}


@given(st.data())
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_of_any_byte_is_accepted_as_the_same_or_refused(
    export: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Bytes changed, put in or taken out: a whole export, or an error of ours; nothing else."""
    whole = bytearray(export.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(at, min(len(whole), at + 40)))
    whole[at:end] = data.draw(st.binary(max_size=40))
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(bytes(whole))
    try:
        read(changed)
    except HotlineError:
        return


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_as_a_line_are_accepted_or_refused(line: bytes) -> None:
    """The fuzzing contract, for headers and for entries."""
    for decode in (decode_header, _entry):
        try:
            decode(line)
        except HotlineError:
            continue


def _entry(line: bytes) -> None:
    found = decode_line(line, 1)
    if not isinstance(found, EndLine):
        entry_of(found, 1)


def test_a_huge_line_costs_bounded_memory(export: Path, tmp_path: Path) -> None:
    """A gigabyte on one line is not read: a few times the longest line is all that is held."""
    huge = tmp_path / "huge.jsonl"
    huge.write_bytes(export.read_bytes().split(b"\n")[0] + b"\n")
    with huge.open("r+b") as file:
        file.truncate(1 << 30)  # a hole: nothing of it is on the disk
    tracemalloc.start()
    try:
        with pytest.raises(HotlineError) as refused:
            read(huge)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.code == "export.line-too-long"
    assert peak < 8 * MAX_LINE
