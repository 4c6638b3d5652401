"""The report's files: a page, its data, its tables and, where asked for, its paper.

All of them at once or none: they are written into a directory that gets its name when it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import msgspec

from hotline.audit.directories import check_free, made_whole
from hotline.errors import UsageError
from hotline.exercise.report.comparing import Trends
from hotline.exercise.report.document import DATA, Report
from hotline.exercise.report.html import render, render_trends
from hotline.exercise.report.tables import tables

NAME_MOST = 60


def stem_of(name: str) -> str:
    """Return the beginning of every other file's name: ``EXERCISE-First-lesson``."""
    words = re.sub(r"[^\w]+", "-", name)[:NAME_MOST].strip("-_")
    return f"EXERCISE-{words}" if words else "EXERCISE"


def store(
    report: Report,
    directory: Path,
    *,
    force: bool = False,
    paper: Callable[[Path, Path], None] | None = None,
) -> list[Path]:
    """Write all files into ``directory``, which must not be there; return their paths, page first.

    With ``force`` a report that is there is replaced, and nothing else is. ``paper`` prints a page
    into a PDF file. Raises UsageError (``files.directory-in-use``, ``files.no-parent``) and
    LocalError as `made_whole`, and what ``paper`` raises.
    """
    stem = stem_of(report.exercise.name)
    page = f"{stem}.html"
    files = {page: render(report).encode(), DATA: encoded(report)}
    files |= {f"{stem}-{name}.csv": text.encode() for name, text in tables(report).items()}
    before = check_place(directory, force=force)
    making = directory if before is None else directory.with_name(f".{directory.name}.anew")
    with made_whole(making, durable=True) as place:
        for name, data in files.items():
            (place / name).write_bytes(data)
        if paper is not None:
            paper(place / page, place / f"{stem}.pdf")
            files[f"{stem}.pdf"] = b""
    if before is not None:
        old = directory.with_name(f".{directory.name}.old")
        directory.rename(old)
        making.rename(directory)
        rmtree(old)
    return [directory / name for name in files]


def encoded(report: Report) -> bytes:
    """Return report.json: indented, in the order of the form, ending with a newline."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def check_place(directory: Path, *, force: bool) -> Path | None:
    """Return the report that is there and may be replaced; None where nothing is.

    Raises UsageError: ``report.exists`` where ``force`` is not given, ``files.directory-in-use``
    for what is no report.
    """
    if not force and not directory.is_symlink() and (directory / DATA).is_file():
        raise UsageError(
            "report.exists",
            f"there is a report in {directory} already",
            "give --force to replace it, or --output for another place",
        )
    if not force or directory.is_symlink() or not directory.is_dir():
        check_free(directory)
        return None
    if not any(directory.iterdir()):
        return None
    names = {path.name for path in directory.iterdir()}
    strange = {name for name in names if name != DATA and not name.startswith("EXERCISE")}
    if DATA not in names or strange:
        raise UsageError(
            "files.directory-in-use",
            f"{directory} holds something else than a report",
            "nothing else is overwritten: name a directory that is not there yet",
        )
    return directory


def store_trends(trends: Trends, directory: Path) -> Path:
    """Write the page and its data into a new directory; return the page's path.

    Raises UsageError and LocalError as `made_whole`.
    """
    names = "-".join(group.scenario for group in trends.groups)
    page = f"{stem_of(names)}-trends.html"
    with made_whole(directory, durable=True) as place:
        (place / page).write_text(render_trends(trends), "utf-8")
        data = msgspec.json.format(msgspec.json.encode(trends), indent=2)
        (place / "trends.json").write_bytes(data + b"\n")
    return directory / page
