"""``hotline airspace picture``: what is active or planned around a moment."""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from hotline.api.airspace_shapes import ActivityView, AirspaceView
from hotline.cli.airspace.moments import Moment
from hotline.cli.asking import json_option, look
from hotline.cli.countdown import when
from hotline.cli.output import (
    Listing,
    moment,
    now_us,
    plain,
    precedence_text,
    print_json,
    stdout,
)
from hotline.cli.relations import mark, relation_block
from hotline.cli.root import warn
from hotline.model.lifecycle import State
from hotline.model.times import parse_time

SHOWN = 500
"""Activities and relations that are asked for."""
NEAR_NOW_US = 60_000_000

STYLES = {
    State.ACTIVATED: "bold green",
    State.NONCONFORMING: "bold yellow",
    State.CONTINGENT: "bold red",
}
_ABOVE = {
    " above mean sea level": " MSL",
    " above ground": " AGL",
    " above the WGS 84 ellipsoid": " WGS 84",
}


@click.command()
@click.option(
    "--at",
    "at",
    metavar="TIME",
    type=Moment(),
    help="Around this moment, as 10:00, +30m, -2h or RFC 3339; default: now.",
)
@click.option("--line", metavar="PEER", help="Only of the line with this centre.")
@json_option
@click.pass_context
def picture(context: click.Context, at: str | None, line: str | None, as_json: bool) -> None:
    """List what is active or planned around a moment, and what it is to each other.

    A moment that has passed is shown as it stood then, by what was said until then. Works on the
    journal of a node that does not run, too.
    """
    found = look(context, lambda node: node.airspace(at=at, line=line, limit=SHOWN))
    if as_json:
        print_json(found)
    else:
        print_picture(stdout(), found)
    say_what_is_missing(found)


def print_picture(out: Console, found: AirspaceView) -> None:
    """Print the relations, then what stands, what is in use first."""
    at_us = parse_time(found.at)
    past = now_us() - at_us > NEAR_NOW_US
    if past or at_us - now_us() > NEAR_NOW_US:
        known = ", by what was said until then" if past else ", by what is known now"
        out.print(Text(f"at {moment(found.at)}{known}", style="bold"))
        out.print()
    if found.relations:
        out.print(relation_block(found.relations))
        out.print()
    if found.activities:
        listing(found.activities, at_us).print(out)
    else:
        out.print("nothing is active or planned")


def say_what_is_missing(found: AirspaceView) -> None:
    """Warn of what is not shown, and of what is not known yet."""
    if found.more:
        warn(
            f"there are {found.count} notices and {found.relation_count} relations; "
            f"{SHOWN} of each are shown [cli.many-activities]",
            "narrow it with --line",
        )
    if not found.whole:
        warn(
            "not all that was said earlier has been read, so something may be missing "
            "[cli.incomplete-picture]",
            "ask again in a moment; `hotline status` says whether the node is still reading",
        )


def listing(activities: list[ActivityView], at_us: int) -> Listing:
    """Return what stands as a table of at most 100 columns."""
    several = len({view.line for view in activities}) > 1
    columns = ["reference", "of", "state", "precedence", "when", "levels", "", "title"]
    if several:
        columns.insert(0, "line")
    table = Listing(*columns, right=("when",), flexible="title", spare=("of", "precedence"))
    for view in activities:
        cells: list[str | Text] = [
            plain(view.reference or "-", "bold" if view.direction == "out" else ""),
            plain(view.centre),
            _state(view),
            precedence_text(view.precedence),
            when(view.state, view.starts_at, view.ends_at, at_us),
            plain(short_levels(view.levels)),
            mark(view.relations),
            plain(view.title or view.activity),
        ]
        if several:
            cells.insert(0, plain(view.line))
        table.add(*cells)
    return table


def short_levels(text: str) -> str:
    """Return levels in few columns: ``6000-9000 m MSL``, ``FL180-FL200``.

    At 80 columns that leaves room for the precedence, which decides who gives way.
    """
    for words, letters in _ABOVE.items():
        text = text.replace(words, letters)
    lower, to, upper = text.partition(" to ")
    low, _, unit = lower.partition(" ")
    _, _, other_unit = upper.partition(" ")
    if not to:
        return text
    first = low if unit and unit == other_unit else lower
    # Beside a minus sign, a dash would be read as another one.
    return f"{first}{' to ' if '-' in lower + upper else '-'}{upper}"


def _state(view: ActivityView) -> Text:
    if view.beside:
        return Text("out of order", style="bold yellow")
    known = State(view.state) if view.state in set(State) else None
    return plain(view.state, STYLES.get(known, "") if known is not None else "")
