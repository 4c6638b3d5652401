"""``hotline airspace compare``: what two notices are to each other, without a node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from hotline.airspace.budget import Budget
from hotline.airspace.comparison import Comparison
from hotline.airspace.relation import Relation, millimetres
from hotline.airspace.terms import DEFAULT_TERMS, Terms, terms_of
from hotline.airspace.wording import distance_text, levels, only_by_margin, sentence, times
from hotline.audit.named_files import open_regular
from hotline.cli.airspace.plans import read_plan
from hotline.cli.asking import json_option
from hotline.cli.output import count_text, facts, mark_traffic, plain, print_json, stdout
from hotline.errors import UsageError
from hotline.model.kinds import Relation as RelationKind
from hotline.model.letter import MAX_LETTER_BYTES, Letter, banner, read_letter
from hotline.model.messages import lower_first
from hotline.model.phrasing import duration_text, position_text
from hotline.model.reading import Draft
from hotline.model.text import grouped
from hotline.model.times import SECOND_US, format_time

MOST_COMPARISONS = 20_000
"""Twice the pairs of volumes that two notices can have: each may be looked at twice."""
MOST_NAMED = 8
"""Pairs of volumes that are named."""

STYLES = {
    RelationKind.CONFLICT: "bold red",
    RelationKind.PROXIMITY: "bold yellow",
    RelationKind.POSSIBLE: "bold yellow",
    RelationKind.CLEAR: "green",
}
UNKNOWN = "not known"
FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command()
@click.argument("one", metavar="A", type=FILE)
@click.argument("other", metavar="B", type=FILE)
@click.option(
    "--letter",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The letter whose minima and margins count; default: 3 NM, 305 m, 5 minutes.",
)
@json_option
@click.pass_context
def compare(
    context: click.Context, one: Path, other: Path, letter: Path | None, as_json: bool
) -> None:
    """Say what two notices are to each other: conflict, proximity or clear; no node is needed.

    A and B are notices in JSON, GeoJSON, KML, or volumes as ASTM F3548 has them; - is stdin.
    """
    if str(one) == str(other) == "-":
        raise UsageError(
            "cli.stdin-twice", "stdin can be only one of the two files", "name at least one file"
        )
    terms = DEFAULT_TERMS if letter is None else terms_of(_letter(letter))
    first, drafted = read_plan(one, "A", terms.margin)
    second, also = read_plan(other, "B", terms.margin)
    traffic = _traffic(drafted, also)
    comparison = Comparison(first, second, terms, nearest=True)
    comparison.run(Budget(MOST_COMPARISONS))
    relation = comparison.relation()
    if as_json:
        print_json({**_document(relation, terms, letter), "traffic": traffic})
        return
    mark_traffic(context, traffic)
    out = stdout()
    heading = Text(relation.kind.value.upper(), style=STYLES[relation.kind])
    out.print(heading + Text("  ") + plain(f"{relation.one} and {relation.other}"))
    out.print()
    out.print(facts(_rows(relation, terms, letter)))


def _traffic(*drafts: Draft) -> str:
    """Return what the comparison is marked with. Raises UsageError for files of two statuses."""
    known = {draft.status for draft in drafts if draft.status is not None}
    if len(known) > 1:
        raise UsageError(
            "airspace.other-status",
            "the two files are of " + " and of ".join(sorted(map(str, known))) + " traffic",
            "compare files of one status: exercise and actual traffic never mix",
        )
    return banner(known.pop(), [draft.exercise for draft in drafts]) if known else ""


def _letter(path: Path) -> Letter:
    try:
        with open_regular(path) as file:
            return read_letter(file.read(MAX_LETTER_BYTES + 1))
    except OSError as error:
        raise UsageError(
            "cli.unreadable-letter",
            f"{path} cannot be read: {lower_first(error.strerror or str(error))}",
            "give the letter of agreement that counts with --letter",
        ) from error


def _rows(relation: Relation, terms: Terms, letter: Path | None) -> dict[str, object]:
    """Return what an officer asks next, in that order."""
    rows: dict[str, object] = {}
    if not relation.clear:
        if relation.by_margin:
            rows["margin"] = only_by_margin(relation)
        rows |= {
            "when": times(relation) or "at any time",
            "levels": None if relation.by_margin else levels(relation) or "all",
            "around": None if relation.place is None else position_text(relation.place),
        }
    if not relation.conflict:
        distance_m, vertical_m = relation.distance_m, relation.vertical_m or 0.0
        rows |= {
            "over ground": UNKNOWN if distance_m is None else _apart(distance_text, distance_m),
            "in height": _apart(lambda metres: f"{grouped(metres, 1)} m", vertical_m),
            "in time": _apart(duration_text, relation.time_gap_us or 0),
        }
    for number, reason in enumerate(relation.reasons):
        rows["not computed" if number == 0 else " " * number] = plain(reason.text)
    if relation.margin_m and not relation.by_margin and (relation.vertical_m or not relation.clear):
        rows["margin"] = (
            f"levels above different references: up to {relation.margin_m:.0f} m more between them"
        )
    if relation.pairs and relation.volumes != ((0, 0),):
        named = ", ".join(f"{i + 1} and {j + 1}" for i, j in relation.volumes[:MOST_NAMED])
        more = relation.pairs - MOST_NAMED
        rows["volumes"] = named + (f", {count_text(more, 'more pair')}" if more > 0 else "")
    lower = [plain(str(key)) for key in relation.gives_way]
    equal = len(lower) > 1
    if relation.by_right:
        rows["by right"] = f"FLASH may conflict by right{', and both are FLASH' if equal else ''}"
    if lower:
        rows["gives way"] = "both: of equal precedence, neither goes first" if equal else lower[0]
    rows["minima"] = (
        f"{distance_text(terms.lateral_m)}, {terms.vertical_m:.0f} m,"
        f" {duration_text(terms.time_us)}" + ("" if letter else "; the defaults, without a letter")
    )
    return rows


def _apart(text: Callable[[Any], str], gap: float) -> str:
    return f"{text(gap)} apart" if gap else "they meet"


def _document(relation: Relation, terms: Terms, letter: Path | None) -> dict[str, object]:
    """Return the schema of ``--json``; docs/spec/airspace.md describes it."""
    place = relation.place
    return {
        "relation": relation.kind.value,
        "conflict": relation.conflict,
        "one": str(relation.one),
        "other": str(relation.other),
        "distance_m": millimetres(relation.distance_m),
        "vertical_m": millimetres(relation.vertical_m),
        "time_gap_s": relation.time_gap_s,
        "from": None if relation.from_us is None else format_time(relation.from_us),
        "until": None if relation.until_us is None else format_time(relation.until_us),
        "place": None
        if place is None
        else {"lat": round(place.lat, 8), "lng": round(place.lon, 8)},
        "altitude_lower_m": millimetres(relation.lower_m),
        "altitude_upper_m": millimetres(relation.upper_m),
        "levels": levels(relation),
        "margins": {"altitude_m": millimetres(relation.margin_m)},
        "reasons": [{"code": one.code, "text": one.text} for one in relation.reasons],
        "by_right": relation.by_right,
        "gives_way": [str(key) for key in relation.gives_way],
        "volumes": [list(pair) for pair in relation.volumes],
        "pairs": relation.pairs,
        "minima": {
            "lateral_m": terms.lateral_m,
            "vertical_m": terms.vertical_m,
            "time_s": terms.time_us / SECOND_US,
            "from": "default" if letter is None else "letter",
        },
        "sentence": sentence(relation, relation.one),
    }
