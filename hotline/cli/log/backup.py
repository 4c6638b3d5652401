"""``hotline log backup``: the whole record of this node, copied while it runs."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn

from hotline.audit.keep.backup import Backup, back_up
from hotline.audit.keep.check import does_not_hold
from hotline.cli.asking import config_of, json_option
from hotline.cli.log.verify import verify_node
from hotline.cli.output import count_text, facts, mark_traffic, now_us, plain, print_json, stdout
from hotline.cli.progress import progress_bar
from hotline.node.keeping import surroundings_of
from hotline.node.place import read_place


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--verify",
    "wholly",
    is_flag=True,
    help="Check the whole copy as `hotline log verify` does, before it is kept.",
)
@json_option
@click.pass_context
def backup(context: click.Context, directory: Path, wholly: bool, as_json: bool) -> None:
    """Copy the whole record into a new directory DIR, while the node runs or not.

    The copy is one committed state. It has the public cards and the letters beside it and no
    private key, so every command that reads a record takes it:
    `hotline --config DIR/node.toml log verify`. It gets its name once it is on disk and its newest
    checkpoints hold. docs/howto/retention.md says how a node is restored from it.
    """
    config = config_of(context)
    with progress_bar("copying", BarColumn(), DownloadColumn(), TimeRemainingColumn()) as told:
        made = back_up(
            read_place(config).journal,
            surroundings_of(config),
            directory,
            taken_us=now_us(),
            check=check_wholly if wholly else None,
            progress=told,
        )
    traffic = read_place(made.directory / "node.toml").traffic
    if as_json:
        print_json({**as_object(made, wholly), "traffic": traffic})
    else:
        mark_traffic(context, traffic)
        _print(made, wholly)


def check_wholly(config: Path) -> None:
    """Have the whole copy verified. Raises JournalError (``backup.does-not-hold``)."""
    report = verify_node(config)
    if not report.ok:
        first = report.failures[0]
        raise does_not_hold(
            f"step {first.step} of `hotline log verify` fails, {first.log or 'the store'}:"
            f" {first.text}"
        )


def as_object(made: Backup, wholly: bool) -> dict[str, object]:
    """Return a backup as the JSON object that scripts get."""
    return {
        "directory": str(made.directory),
        "journal_bytes": made.journal_bytes,
        "verified": wholly,
        "logs": [
            {
                "origin": log.origin,
                "own": log.own,
                "entries": log.entries,
                "size": log.size,
                "root": log.root or None,
            }
            for log in made.logs
        ],
    }


def _print(made: Backup, wholly: bool) -> None:
    out = stdout()
    entries = sum(log.entries for log in made.logs if log.own)
    how = "all of it verified" if wholly else "its newest checkpoints hold"
    out.print(
        plain(f"backed up: {count_text(entries, 'entry', 'entries')}, {how}", "bold green"),
        plain(str(made.directory)),
        sep="\n",
    )
    for log in made.logs:
        if log.own:
            out.print()
            out.print(facts({"log": log.origin, "checkpoint": log.size, "root": log.root or None}))
    if not wholly:
        shown = made.directory / "node.toml"
        click.echo(f"check it wholly with: hotline --config {shown} log verify", err=True)
