"""``hotline log reconcile``: two records side by side, and where they do not say the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from hotline.audit.export.files import made_files
from hotline.audit.keep.record import BACKUP_FILE
from hotline.audit.reconcile.document import as_document
from hotline.audit.reconcile.engine import Progress as Told
from hotline.audit.reconcile.engine import reconcile as compare
from hotline.audit.reconcile.exchanges import Span
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.audit.reconcile.records import Record
from hotline.cli.asking import json_option
from hotline.cli.exits import Exit
from hotline.cli.log.reconciled import print_reconciliation
from hotline.cli.log.searching import moment_of
from hotline.cli.output import mark_traffic, now_us, print_json, stdout
from hotline.cli.progress import progress_bar
from hotline.cli.root import decide
from hotline.cli.root import report as report_error
from hotline.errors import JournalError, TrustError, UsageError, WireError
from hotline.model.times import parse_time
from hotline.node.place import read_place


@click.command("reconcile")
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the whole comparison as one page, with a picture of what was said when.",
)
@click.option("--force", is_flag=True, help="Replace the FILE that is there.")
@click.option("--since", metavar="TIME", help="List only messages composed from this time on.")
@click.option("--until", metavar="TIME", help="List only messages composed before this time.")
@click.option("--no-verify", is_flag=True, help="Do not check each record by itself as well.")
@json_option
@click.pass_context
def reconcile(
    context: click.Context,
    a: Path,
    b: Path,
    html: Path | None,
    force: bool,
    since: str | None,
    until: str | None,
    no_verify: bool,
    as_json: bool,
) -> None:
    """Compare the records A and B of the two centres of a line.

    Each is a node's directory or its node.toml, running or not, a backup, an archived segment, or
    a file that `hotline log export --format jsonl` wrote. No node is asked, and nothing is
    written. Exit code 0 when the records agree in all that both can know, 5 otherwise.

    --since and --until choose which messages are listed; all of both records is compared.
    """
    span = Span(_moment(since, latest=False), _moment(until, latest=True))
    with ExitStack() as stack:
        # Found out before the work and not after it.
        page = stack.enter_context(made_files([html], force=force))[0] if html else None
        try:
            found = reconcile_paths(a, b, verify=not no_verify, span=span, bar=True)
        except (JournalError, WireError, TrustError) as error:
            # A record that cannot be read, or is another's, agrees with nothing.
            report_error(error)
            context.exit(decide(context, Exit.UNVERIFIED))
        if page is not None:
            from hotline.audit.reconcile.html import render

            page.write_text(render(found), "utf-8")
    verdict = decide(context, Exit.DONE if found.agree else Exit.UNVERIFIED)
    if as_json:
        print_json(as_document(found))
    else:
        mark_traffic(context, found.traffic)
        print_reconciliation(stdout(), found)
    if html is not None:
        click.echo(f"hotline: note: the report is in {html}", err=True)
    context.exit(verdict)


def reconcile_paths(
    a: Path, b: Path, *, verify: bool = True, span: Span | None = None, bar: bool = False
) -> Reconciliation:
    """Compare the records at two paths; ``bar`` shows a progress bar on a terminal.

    Raises HotlineError when one of them cannot be read, or they have no line with each other.
    """
    with ExitStack() as stack:
        records = []
        for path in (a, b):
            records.append(open_record(path))
            stack.callback(records[-1].close)
        told = stack.enter_context(_bar()) if bar else None
        try:
            return compare(*records, verify=verify, span=span, progress=told)
        except OSError as error:
            raise JournalError(
                "reconcile.unreadable",
                f"a record cannot be read to its end: {(error.strerror or str(error)).lower()}",
                "look at the disk that it lies on, or compare a copy of it",
            ) from error


def open_record(path: Path) -> Record:
    """Open what a path names: a directory with a node.toml, a node.toml, or an export.

    Raises UsageError (``reconcile.no-record``), and as ConfigError, KeysError, JournalError,
    WireError and TrustError what is wrong with the record.
    """
    config = path / "node.toml" if path.is_dir() else path
    if path.is_dir() and not config.is_file():
        raise UsageError(
            "reconcile.no-record",
            f"there is no record in {path}: it has no node.toml",
            "name a node's directory, a backup, or a file that `hotline log export` wrote",
        )
    if config.suffix != ".toml":
        return ExportRecord(str(path), path)
    place = read_place(config)
    return JournalRecord(
        str(path),
        place.journal,
        place.card,
        place.peers,
        witnesses=place.witnesses,
        segment=place.segment,
        complete=not (config.parent / BACKUP_FILE).exists(),
    )


def _moment(text: str | None, *, latest: bool) -> int | None:
    """Return a time in microseconds, as every search takes it. Raises UsageError."""
    return None if text is None else parse_time(moment_of(text, now_us(), latest=latest))


@contextmanager
def _bar() -> Iterator[Told]:
    """Show on a terminal what is being done, and how far it has come."""
    with progress_bar("comparing") as tell:
        yield lambda doing, done, total: tell(done, total, doing)
