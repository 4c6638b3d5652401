"""``hotline log export``: the record, or a part of it, in a form that other programs read."""

from __future__ import annotations

import re
import shlex
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hotline.audit.export.files import PRIVATE, made_files
from hotline.audit.export.forms import beside, write_export, write_stream
from hotline.audit.export.selection import Choice, Record, again, choose, single
from hotline.audit.export.tiles import write_tiles
from hotline.audit.search.terms import Search
from hotline.cli.asking import config_of, json_option
from hotline.cli.log.searching import filters_of, search_of, search_options
from hotline.cli.output import count_text, mark_traffic, print_json, stdout
from hotline.cli.progress import progress_bar
from hotline.errors import UsageError
from hotline.journal.schema import connect, store_error
from hotline.model.times import shorten
from hotline.node.place import Place, read_place

TILES = "tlog-tiles"
FORMS = ("jsonl", "csv", "parquet", "sqlite", TILES)
STREAMED = ("jsonl", "csv")
STDOUT = Path("-")
READ_ONLY = 0o400
_AT = re.compile(r"(?:(?P<log>[^=]+)=)?(?P<size>0|[1-9][0-9]{0,18})")


@click.command("export")
@click.option("--format", "form", required=True, type=click.Choice(FORMS), help="What to write.")
@search_options
@click.option(
    "--at",
    multiple=True,
    metavar="[LOG=]SIZE",
    help="The checkpoint to end at, and of these logs only. Default: the newest of each.",
)
@click.option("--force", is_flag=True, help="Replace the file that is there.")
@json_option
@click.argument("out", type=click.Path(path_type=Path))
@click.pass_context
def export(
    context: click.Context,
    /,
    form: str,
    at: Sequence[str],
    force: bool,
    as_json: bool,
    out: Path,
    **options: Any,
) -> None:
    """Write the record of this node, running or not, to the file or directory OUT.

    jsonl is complete and can be checked and reconciled; csv, parquet and sqlite are tables to look
    at; tlog-tiles is one log for the tools of transparency logs. Each ends at a signed checkpoint
    and says so. The same arguments give the same bytes, also when the log has grown, with --at.
    """
    if out == STDOUT and (as_json or form not in STREAMED):
        raise click.UsageError(
            f"stdout takes {' or '.join(STREAMED)} alone, without --json: name a file"
        )
    search = search_of(options)
    sizes = [_size(text) for text in at]
    place = read_place(config_of(context))
    done: dict[str, Any] | None
    with _snapshot(place) as connection:
        if form == TILES:
            done = _tiles(connection, place, search, sizes, out)
        else:
            done = _file(connection, place, form, search, sizes, out, force)
        if done is not None:
            done["traffic"] = place.traffic
    if done is None:
        return
    done["again"] = shlex.join([*done["again"], *filters_of(options, search)])
    if as_json:
        print_json(done)
        return
    mark_traffic(context, done["traffic"])
    stdout()
    entries = count_text(int(str(done["entries"])), "entry", "entries")
    click.echo(f"{out}: {entries}, up to {count_text(len(_logs(done)), 'checkpoint')}")
    for log in _logs(done):
        click.echo(f"  {log['origin']}  {log['size']}  {log['root']}")
    click.echo(f"  again: {done['again']}")


def _logs(done: dict[str, Any]) -> list[dict[str, Any]]:
    logs: list[dict[str, Any]] = done["logs"]
    return logs


def _file(
    connection: sqlite3.Connection,
    place: Place,
    form: str,
    search: Search,
    sizes: Sequence[tuple[str | None, int]],
    out: Path,
    force: bool,
) -> dict[str, Any] | None:
    """Write one file and what lies beside it; return the report, None where stdout is the file."""
    choice = choose(connection, log=search.log, line=search.line, at=sizes)
    _tell(choice)
    record = Record(
        connection,
        place.card.centre,
        str(place.card.status),
        place.card,
        place.peers,
        place.witnesses,
        choice.parts,
    )
    targets = [out, *(file for name, file in beside(out).items() if name == form)]
    if out == STDOUT:
        write_stream(form, record, search, sys.stdout.buffer)
        return None
    mode = READ_ONLY if form == "sqlite" else PRIVATE
    with made_files(targets, force=force, mode=mode) as files, progress_bar("exporting") as told:
        count = write_export(form, record, search, files, out.stem, told)
    return {
        "format": form,
        "files": [str(target) for target in targets],
        "entries": count,
        "filter": search.stated(),
        "logs": [
            {
                "origin": part.log.origin,
                "size": part.size,
                "root": part.root.hex(),
                "newer": part.newer,
            }
            for part in choice.parts
        ],
        "unsigned": [log.origin for log in choice.unsigned],
        "again": again(choice.parts),
    }


def _tiles(
    connection: sqlite3.Connection,
    place: Place,
    search: Search,
    sizes: Sequence[tuple[str | None, int]],
    out: Path,
) -> dict[str, Any]:
    if not search.everything:
        raise click.UsageError(
            f"{TILES} holds every entry of a log: it takes --log, --line and --at, no other filter"
        )
    log = single(connection, search.log or search.line)
    choice = choose(connection, log=log.origin, at=sizes)
    _tell(choice)
    (part,) = choice.parts
    with progress_bar("exporting") as told:
        written = write_tiles(
            connection, log, place.card.log, out, at=part.size if sizes else None, progress=told
        )
    return {
        "format": TILES,
        "files": [str(out)],
        "entries": written.size,
        "filter": {},
        "logs": [
            {
                "origin": written.origin,
                "size": written.size,
                "root": written.root.hex(),
                "newer": log.size - written.size,
            }
        ],
        "unsigned": [],
        "again": ["--log", log.origin, *again(choice.parts)],
    }


def _tell(choice: Choice) -> None:
    """Say on stderr what the export does not hold."""
    for part in choice.parts:
        if part.newer:
            newer = count_text(part.newer, "entry", "entries")
            click.echo(
                f"hotline: note: {newer} of {part.log.origin} came after the checkpoint over"
                f" {part.size} and {'is' if part.newer == 1 else 'are'} not exported",
                err=True,
            )
    for log in choice.unsigned:
        click.echo(
            f"hotline: note: {log.origin} is not exported: none of its"
            f" {count_text(log.size, 'entry', 'entries')} is under a signed checkpoint yet",
            err=True,
        )


def _size(text: str) -> tuple[str | None, int]:
    match = _AT.fullmatch(text)
    if match is None:
        raise UsageError(
            "export.bad-at",
            f"--at {shorten(text)} is neither SIZE nor LOG=SIZE",
            "give the size that an earlier export states, as in --at 120 or --at hmeimim=120",
        )
    return match["log"], int(match["size"])


@contextmanager
def _snapshot(place: Place) -> Iterator[sqlite3.Connection]:
    """Open the journal at one moment. Raises JournalError."""
    connection = connect(place.journal, writable=False)
    try:
        connection.execute("BEGIN")
        yield connection
    except sqlite3.Error as error:
        raise store_error(error) from error
    finally:
        connection.close()
