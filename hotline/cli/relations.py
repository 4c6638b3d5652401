"""What notices are to each other, as an officer sees it: loud where they meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from hotline.api.schema import RelationView
from hotline.cli.output import Facts, count_text, plain
from hotline.model.kinds import Relation

STYLES = {
    Relation.CONFLICT: "bold red",
    Relation.POSSIBLE: "bold yellow",
    Relation.PROXIMITY: "yellow",
    Relation.CLEAR: "green",
}
_MARKS = {Relation.CONFLICT: "!", Relation.POSSIBLE: "?", Relation.PROXIMITY: "~"}
_NOUNS = {
    Relation.CONFLICT: ("conflict", "conflicts"),
    Relation.POSSIBLE: ("possible conflict", "possible conflicts"),
    Relation.PROXIMITY: ("proximity", "proximities"),
}


def style_of(relation: str) -> str:
    """Return the colour of a relation by its name."""
    return STYLES[Relation(relation)] if relation in set(Relation) else ""


def mark(relations: Iterable[str]) -> Text:
    """Return a sign for the gravest of some relations: ``!`` conflict, ``?`` possible, ``~`` near.

    Empty for none. Its colour is its own where it is joined to other text.
    """
    found = set(relations)
    worst = next((kind for kind in _MARKS if kind.value in found), None)
    return Text("") if worst is None else Text.assemble((_MARKS[worst], STYLES[worst]))


def relation_block(relations: Sequence[RelationView], indent: int = 0) -> Facts:
    """Return relations to be printed below each other, each in one sentence, the word in front."""
    return Facts(
        (
            (
                "",
                Text.assemble(
                    (one.relation.upper(), style_of(one.relation)), "  ", plain(one.text)
                ),
            )
            for one in relations
        ),
        indent,
    )


def counts_text(counts: dict[str, int]) -> Text:
    """Return ``1 conflict, 2 proximities``, coloured by the gravest; ``no relations`` for none."""
    said = [
        count_text(counts[kind.value], *_NOUNS[kind]) for kind in _NOUNS if counts.get(kind.value)
    ]
    if not said:
        return Text("no relations")
    worst = next(kind for kind in _NOUNS if counts.get(kind.value))
    return Text(", ".join(said), style=STYLES[worst])
