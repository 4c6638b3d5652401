"""``hotline airspace convert``: a notice from any format into any other, saying what is lost."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hotline.audit.export.files import made_files
from hotline.cli.airspace.sources import margin_of, read_sent
from hotline.cli.asking import json_option
from hotline.cli.files import naming, read_any
from hotline.cli.output import now_us, print_json
from hotline.cli.root import warn
from hotline.errors import UsageError
from hotline.formats.announcement import Announcement, announcement_of
from hotline.formats.carries import Format
from hotline.formats.given import Given, split_levels
from hotline.formats.losses import Loss
from hotline.formats.reading import UNNAMED
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Activity, Precedence, Status
from hotline.model.reading import Draft, read_object

READABLE_BY_OTHERS = 0o644
_NEVER_SAID = frozenset(UNNAMED) | {"precedence"}
_MESSAGE = re.compile(r"[A-Za-z0-9-]+")


@click.command()
@click.argument("source", metavar="IN")
@click.option(
    "--to",
    "to",
    required=True,
    type=click.Choice([form.value for form in Format]),
    help="The format to write.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where it is written; default: stdout.",
)
@click.option("--force", is_flag=True, help="Replace the FILE that is there.")
@click.option("--drawn", is_flag=True, help="In GeoJSON, draw every outline as a polygon.")
@click.option("--title", metavar="TEXT", default="", help="Title, instead of the file's.")
@click.option(
    "--activity",
    type=click.Choice([activity.value for activity in Activity]),
    default=None,
    help="Activity, instead of the file's.",
)
@click.option("--reference", metavar="REF", default="", help="Reference, instead of the file's.")
@click.option(
    "--levels",
    metavar="LEVELS",
    default=None,
    help="Levels where the file has none: FL180-FL200, 'ground to 2500 ft msl'.",
)
@click.option(
    "--from",
    "start",
    metavar="TIME",
    default="",
    help="Start where the file has none: UTC or +45m.",
)
@click.option(
    "--until", "end", metavar="TIME", default="", help="End where the file has none: UTC or +3h."
)
@click.option("--width", metavar="METRES", type=float, help="Make corridors of KML's lines.")
@click.option("--radius", metavar="METRES", type=float, help="Make circles of KML's points.")
@click.option("--centre", metavar="ID", default="", help="Whose notice a file is, for cot.")
@click.option(
    "--status",
    type=click.Choice([status.value for status in Status]),
    default=None,
    help="What a file's words are worth, for cot and notam.",
)
@click.option(
    "--letter",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The letter whose margins of height count; default: the line's, else the widest.",
)
@json_option
@click.pass_context
def convert(
    context: click.Context,
    source: str,
    to: str,
    output: Path | None,
    force: bool,
    drawn: bool,
    title: str,
    activity: str | None,
    reference: str,
    levels: str | None,
    start: str,
    end: str,
    width: float | None,
    radius: float | None,
    centre: str,
    status: str | None,
    letter: Path | None,
    as_json: bool,
) -> None:
    """Convert a notice between formats.

    IN is a file in our own JSON, GeoJSON, KML, KMZ or F3548 JSON (its content tells which), - for
    stdin, or the reference or id of a message of the node: its newest revision is written. What
    the format cannot carry is said on stderr.
    """
    lower, upper = ("", "") if levels is None else split_levels(levels)
    given = Given(
        reference=reference,
        title=title,
        activity=activity or "",
        lower=lower,
        upper=upper,
        start=start,
        end=end,
        width_m=width,
        radius_m=radius,
    )
    peer = ""
    if _is_file(source):
        again = Format(to) is Format.F3548
        form, announcement, losses = _from_file(Path(source), given, centre, status, again=again)
    elif given != Given() or centre or status:
        raise UsageError(
            "cli.sent-as-it-is",
            f"{source} is no file, and what was sent is converted as it was sent",
            "leave --title, --levels, --status and such options out, or name a file",
        )
    else:
        form, losses = "message", []
        announcement, peer = read_sent(context, source)
    wishes = Wishes(now_us(), drawn, margin_of(context, letter, peer))
    with naming(Path(source)):
        written = write(announcement, Format(to), wishes)
    untold = _NEVER_SAID - _words_in(given) if form == to == Format.F3548.value else frozenset()
    losses += [loss for loss in written.losses if loss.field not in untold]
    if output is not None:
        with made_files([output], force=force, mode=READABLE_BY_OTHERS) as (file,):
            file.write_bytes(written.data)
    for loss in losses:
        warn(str(loss))
    if as_json:
        print_json(_report(form, to, output, written.data, losses))
    elif output is None:
        click.echo(written.data, nl=False)
    else:
        click.echo(f"hotline: note: {output} holds the notice as {to}", err=True)


def _words_in(given: Given) -> frozenset[str]:
    """Return which of the words that F3548 has no field for were given."""
    return frozenset(name for name in _NEVER_SAID if getattr(given, name))


def _is_file(source: str) -> bool:
    """Say whether IN is meant as a file: it is there, or cannot be the name of a message."""
    return source == "-" or Path(source).exists() or _MESSAGE.fullmatch(source) is None


def _from_file(
    path: Path, given: Given, centre: str, status: str | None, *, again: bool
) -> tuple[str, Announcement, list[Loss]]:
    """Return what a file is, what it says and what of it is lost; ``again`` if F3548 is written."""
    with naming(path):
        found = read_any(path, given, unnamed=again)
        draft = read_object(found.fields, now_us())
        known = draft.status
        if status is not None:
            known = _as_marked(draft, Status(status))
        announcement = announcement_of(
            draft.message,
            Precedence(draft.precedence),
            centre,
            known,
            found.outside(now_us()),
            draft.exercise,
        )
    return found.format.value, announcement, list(found.losses)


def _as_marked(draft: Draft, status: Status) -> Status:
    """Return the status that was given. Raises UsageError where the file says another."""
    if draft.status not in (None, status):
        raise UsageError(
            "formats.other-status",
            f"the file says that it is of {draft.status} traffic, not of {status}",
            "leave --status out: what was said in one must not pass for the other",
        )
    return status


def _report(
    form: str, to: str, output: Path | None, data: bytes, losses: list[Loss]
) -> dict[str, Any]:
    """Return what --json prints; ``text`` is None where a file holds it."""
    return {
        "from": form,
        "to": to,
        "file": None if output is None else str(output),
        "text": data.decode() if output is None else None,
        "losses": [asdict(loss) for loss in losses],
    }
