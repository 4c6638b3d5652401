"""``hotline airspace compare``: what two notices are to each other, without a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from hotline.airspace.budget import Budget
from hotline.airspace.comparison import Comparison
from hotline.airspace.relation import Relation
from hotline.airspace.terms import DEFAULT_TERMS, Terms, terms_of
from hotline.airspace.wording import distance_text, gaps, levels, times
from hotline.cli.airspace.plans import read_plan
from hotline.cli.asking import json_option
from hotline.cli.output import count_text, facts, plain, print_json, stdout
from hotline.errors import UsageError
from hotline.model.kinds import Relation as RelationKind
from hotline.model.letter import read_letter
from hotline.model.messages import lower_first
from hotline.model.phrasing import duration_text, position_text
from hotline.model.times import SECOND_US, format_time

MOST_COMPARISONS = 100_000
"""Ten times the pairs of volumes that two notices can have: each may be looked at twice."""

STYLES = {
    RelationKind.CONFLICT: "bold red",
    RelationKind.PROXIMITY: "bold yellow",
    RelationKind.POSSIBLE: "bold yellow",
    RelationKind.CLEAR: "green",
}
FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command()
@click.argument("one", metavar="A", type=FILE)
@click.argument("other", metavar="B", type=FILE)
@click.option(
    "--letter",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The letter whose minima and margins count; default: 3 NM, 1 000 ft, 5 minutes.",
)
@json_option
def compare(one: Path, other: Path, letter: Path | None, as_json: bool) -> None:
    """Say what two notices are to each other: conflict, proximity or clear; no node is needed.

    A and B are notices in JSON, GeoJSON, KML, or volumes as ASTM F3548 has them; - is stdin.
    """
    if str(one) == str(other) == "-":
        raise UsageError(
            "cli.stdin-twice", "stdin can be only one of the two files", "name at least one file"
        )
    terms = DEFAULT_TERMS if letter is None else terms_of(_letter(letter))
    first, second = read_plan(one, "A"), read_plan(other, "B")
    comparison = Comparison(first, second, terms, nearest=True)
    comparison.run(Budget(MOST_COMPARISONS))
    relation = comparison.relation()
    if as_json:
        print_json(_document(relation, terms, letter))
        return
    out = stdout()
    heading = Text(relation.kind.value.upper(), style=STYLES[relation.kind])
    out.print(heading + Text("  ") + plain(f"{relation.one} and {relation.other}"))
    out.print()
    out.print(facts(_rows(relation, terms, letter)))
