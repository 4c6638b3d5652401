"""``hotline log archive``: a closed epoch of a line as a record of its own, taken out if wanted."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hotline.audit.keep.archive import Segment, archive, open_segment
from hotline.cli.asking import config_of, json_option, officer_of, officer_option
from hotline.cli.log.backup import check_wholly
from hotline.cli.output import facts, mark_traffic, now_us, plain, print_json, stdout
from hotline.errors import JournalError, UsageError
from hotline.node.config import read_config
from hotline.node.daemon import keyring_of
from hotline.node.keeping import surroundings_of
from hotline.node.place import read_place
from hotline.node.pruning import prune_node


@click.command("archive")
@click.argument("peer", metavar="PEER")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--epoch", type=click.IntRange(min=0), required=True, help="The closed epoch of the line."
)
@click.option(
    "--prune",
    "out",
    is_flag=True,
    help="Then take its entries out of this node's journal; the node must be stopped.",
)
@click.option("--yes", is_flag=True, help="Take them out without asking.")
@click.option(
    "--unsettled",
    is_flag=True,
    help="Take out also what is unread, unanswered or in a standing alarm.",
)
@officer_option
@json_option
@click.pass_context
def archive_command(
    context: click.Context,
    peer: str,
    directory: Path,
    epoch: int,
    out: bool,
    yes: bool,
    unsettled: bool,
    officer: str | None,
    as_json: bool,
) -> None:
    """Make a record of one closed epoch of the line with PEER, in a new directory DIR.

    The segment is verified entry by entry before it gets its name, and by itself at any time:
    `hotline --config DIR/node.toml log verify`. With --prune its entries then leave the journal,
    which goes on knowing size and root of both logs; a DIR that is already that segment is
    verified again and taken. docs/howto/retention.md says when to do this.
    """
    config = config_of(context)
    if directory.is_dir() and next(directory.iterdir(), None) is not None:
        segment = open_segment(directory, peer, epoch)
        check_wholly(directory / "node.toml")
    else:
        segment = archive(
            read_place(config).journal,
            surroundings_of(config),
            peer,
            epoch,
            directory,
            archived_us=now_us(),
            check=check_wholly,
        )
    if unsettled and not out:
        raise click.UsageError("--unsettled is of --prune", context)
    smaller = _prune(config, segment, officer_of(officer), yes, unsettled) if out else None
    traffic = read_place(segment.directory / "node.toml").traffic
    if as_json:
        print_json({**as_object(segment, smaller), "traffic": traffic})
    else:
        mark_traffic(context, traffic)
        _print(segment, smaller)


def _prune(config: Path, segment: Segment, officer: str, yes: bool, unsettled: bool) -> bool:
    """Take the epoch out once somebody has said so; return whether the file has shrunk."""
    ends = segment.ends
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                "archive.not-confirmed",
                "nobody is there to be asked, so nothing was taken out",
                "look at the segment, then say --yes",
            )
        click.confirm(
            f"Take {ends.size} entries of {ends.origin} out of the journal?", abort=True, err=True
        )
    node = read_config(config)
    try:
        smaller, left = prune_node(
            node, keyring_of(node), segment, officer, leave_unsettled=unsettled
        )
    except JournalError as error:
        if error.code != "journal.in-use":
            raise
        hint = "stop this node first, then run the same command again: the segment is kept"
        raise JournalError(error.code, error.message, hint) from None
    if left:
        click.echo(f"taken off the desk unsettled: {left}", err=True)
    return smaller


def as_object(segment: Segment, smaller: bool | None) -> dict[str, object]:
    """Return a segment as the JSON object that scripts get; ``smaller`` is None if kept here."""
    ends = segment.ends
    return {
        "directory": str(segment.directory),
        "peer": segment.peer,
        "epoch": segment.epoch,
        "log": {"origin": ends.origin, "size": ends.size, "root": ends.root.hex()},
        "mirror": {
            "origin": ends.mirror,
            "size": ends.mirror_size,
            "root": ends.mirror_root.hex(),
        },
        "pruned": smaller is not None,
    }


def _print(segment: Segment, smaller: bool | None) -> None:
    out = stdout()
    ends = segment.ends
    done = "archived and verified"
    if smaller is not None:
        done += ", and taken out of the journal"
    out.print(
        plain(f"{done}: epoch {segment.epoch} of the line with {segment.peer}", "bold green"),
        plain(str(segment.directory)),
        sep="\n",
    )
    for origin, size, root in (
        (ends.origin, ends.size, ends.root),
        (ends.mirror, ends.mirror_size, ends.mirror_root),
    ):
        out.print()
        out.print(facts({"log": origin, "entries": size, "root": root.hex()}))
    if smaller is False:
        click.echo(
            "the file has not become smaller yet, for want of room; new entries use what is free",
            err=True,
        )
