"""Every form that a record can be exported in as one file, and the files beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from hotline.audit.export.cases import Case, Numbered, cases_of, size_of
from hotline.audit.export.database import write_database
from hotline.audit.export.database_rows import filled_by
from hotline.audit.export.database_schema import metadata
from hotline.audit.export.jsonl import write_jsonl
from hotline.audit.export.parquet import load_arrow, values_of, write_parquet
from hotline.audit.export.rows import COLUMNS
from hotline.audit.export.selection import Record
from hotline.audit.export.signed import Progress, require_signed
from hotline.audit.export.standing import standing
from hotline.audit.export.stating import export_stated
from hotline.audit.export.table_csv import line_of, write_csv
from hotline.audit.search.finding import find_in, logs_for
from hotline.audit.search.terms import Search
from hotline.audit.verification.crew import Crew, usable_cores
from hotline.model.text import printable

Made = TypeVar("Made")

ABOUT: Final = ".about.json"
METADATA: Final = ".metadata.json"
_STEP: Final = 256


def beside(target: Path) -> dict[str, Path]:
    """Return the file that each form puts beside ``target``, by the form's name."""
    return {
        "csv": Path(f"{target}{ABOUT}"),
        "sqlite": Path(f"{target}{METADATA}"),
    }


def entries_of(
    record: Record, search: Search, progress: Progress | None = None
) -> Iterator[Numbered]:
    """Yield the entries of a record that fit, log by log, each with the number of its part."""
    total = sum(part.size for part in record.parts)
    fitting = {log.id for log in logs_for(record.connection, search)}
    before = 0
    for number, part in enumerate(record.parts):
        found = find_in(record.connection, search, part.log, (0, part.size))
        for entry in found if part.log.id in fitting else ():
            yield number, entry
            if progress is not None and entry.index % _STEP == 0:
                progress(before + entry.index, total)
        before += part.size


def write_export(
    form: str,
    record: Record,
    search: Search,
    files: list[Path],
    name: str,
    progress: Progress | None = None,
) -> int:
    """Write a record in one form to ``files``, the first the export itself; return the entries.

    ``name`` is what the export will be called, for Datasette. Nothing is written of a record that
    is not the one that was signed: raises what `require_signed` raises, and the forms,
    and OSError where the disk does not take it.
    """
    require_signed(record, progress)
    stated = search.stated()
    entries = entries_of(record, search, progress)
    if form == "jsonl":
        with files[0].open("wb") as out:
            return write_jsonl(out, record, entries, stated)
    if form == "parquet":
        load_arrow()
    with standing(record) as stood, Crew(usable_cores()) as crew:
        cases = cases_of(record, stood, entries)
        if form == "sqlite":
            filled = _made(crew, filled_by, cases)
            count = write_database(files[0], record, filled, stated)
            title = f"Record of {record.centre} ({printable(record.traffic) or record.status})"
            described = metadata(name, title, described_in(record))
            files[1].write_text(json.dumps(described, indent=2) + "\n", "utf-8")
            return count
        with files[0].open("wb") as out:
            if form == "parquet":
                rows = _made(crew, values_of, cases)
                return write_parquet(out, rows, export_stated(record, stated))
            count = write_csv(out, _made(crew, line_of, cases))
    about = {"type": "hotline-csv", **export_stated(record, stated), "columns": COLUMNS}
    files[1].write_text(json.dumps({**about, "rows": count}, indent=2) + "\n", "utf-8")
    return count


def write_stream(form: str, record: Record, search: Search, out: BinaryIO) -> int:
    """Write JSON Lines or CSV to an open stream, with nothing beside it; return the entries.

    Raises as `write_export`, and then before anything is written.
    """
    require_signed(record)
    entries = entries_of(record, search)
    if form == "jsonl":
        return write_jsonl(out, record, entries, search.stated())
    with standing(record) as stood, Crew(usable_cores()) as crew:
        return write_csv(out, _made(crew, line_of, cases_of(record, stood, entries)))


def _made(crew: Crew, make: Callable[[Case], Made], cases: Iterator[Case]) -> Iterator[Made]:
    """Yield what is made of each case, by any process, in their order."""
    return (made for _, made in crew.map(make, cases, size_of))


def described_in(record: Record) -> str:
    """Return in words where an export ends."""
    ends = (f"{part.log.origin} up to the checkpoint over {part.size}" for part in record.parts)
    marked = f"{printable(record.traffic)}. " if record.traffic else ""
    return f"{marked}Taken from the journal of {record.centre}: {'; '.join(ends)}."
