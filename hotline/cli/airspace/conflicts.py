"""``hotline airspace conflicts``: which notices meet, or may, or are near each other, now."""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from hotline.api.airspace_shapes import AirspaceView
from hotline.api.schema import RelationView
from hotline.cli.airspace.picture import SHOWN, say_what_is_missing
from hotline.cli.asking import json_option, look
from hotline.cli.output import coarse, facts, of_day, plain, print_json, stdout
from hotline.cli.relations import style_of
from hotline.model.times import parse_time


@click.command()
@click.option("--line", metavar="PEER", help="Only of the line with this centre.")
@json_option
@click.pass_context
def conflicts(context: click.Context, line: str | None, as_json: bool) -> None:
    """List which notices of both centres meet, may meet, or are near each other, gravest first."""
    found = look(context, lambda node: node.airspace(line=line, limit=SHOWN))
    if as_json:
        print_json(
            {
                "traffic": found.traffic,
                "relations": found.relations,
                "count": found.relation_count,
            }
        )
    else:
        print_conflicts(stdout(), found)
    say_what_is_missing(found)


def print_conflicts(out: Console, found: AirspaceView) -> None:
    """Print each relation in a sentence, with the time that is left and since when it is known."""
    at_us = parse_time(found.at)
    for number, relation in enumerate(found.relations):
        if number:
            out.print()
        out.print(
            Text.assemble(
                (relation.relation.upper(), style_of(relation.relation)),
                plain(f"  {relation.own} and {relation.other} of {relation.line}"),
            )
        )
        out.print(facts(_rows(relation, at_us), indent=2))
    if not found.relations:
        out.print(f"none: {found.count} notices stand, and none meets or is near another one")


def _rows(relation: RelationView, at_us: int) -> dict[str, object]:
    return {
        "left": _left(relation, at_us),
        "found": None if relation.since is None else f"at {of_day(relation.since, at_us)}",
        "by right": "one of the two is of FLASH precedence" if relation.by_right else None,
        "says": relation.text,
    }


def _left(relation: RelationView, at_us: int) -> Text:
    """Return the time until both are in use, or until one of them is over."""
    if relation.from_ is not None and (in_us := parse_time(relation.from_) - at_us) > 0:
        return Text(f"begins in {coarse(in_us)}", style="bold")
    if relation.until is None:
        return Text("now, without an end", style="bold red")
    return Text(f"now, for {coarse(parse_time(relation.until) - at_us)} more", style="bold red")
