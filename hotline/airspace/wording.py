"""A relation in plain words, for an officer who has to act on it."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.airspace.activity import Key, beside
from hotline.airspace.relation import Relation
from hotline.model.kinds import Relation as RelationKind
from hotline.model.phrasing import METRES_PER_NM, duration_text, position_text, time_text
from hotline.model.text import printable

_WORDS = {
    RelationKind.CONFLICT: "conflict with",
    RelationKind.PROXIMITY: "near",
    RelationKind.POSSIBLE: "possible conflict with",
    RelationKind.CLEAR: "clear of",
}


def sentence(relation: Relation, seen_from: Key) -> str:
    """Return one sentence, without a full stop, about what an activity is to the other one.

    ``seen_from`` is the activity at which it stands: "conflict with IAF-0007 from 2026-03-01 10:20
    to 10:45 UTC, FL180 to FL200, around 340500N 0331000E".
    """
    name = beside(relation.other_than(seen_from), seen_from)
    heights = "" if relation.by_margin else levels(relation)
    parts = [part for part in (times(relation), heights) if part]
    if relation.place is not None and not relation.clear:
        parts.append(f"around {position_text(relation.place)}")
    if not relation.conflict and (apart := gaps(relation)):
        parts.append(apart)
    parts += remarks(relation)
    first = f"{_WORDS[relation.kind]} {name}"
    if relation.by_margin:
        first += f": {only_by_margin(relation)}"
    if not parts:
        return first
    joint = " " if parts[0].startswith("from ") and not relation.by_margin else ", "
    return first + joint + ", ".join(parts)


def times(relation: Relation) -> str:
    """Return ``from 2026-03-01 10:20 to 10:45 UTC``; empty where nothing bounds the times."""
    start, end = _moment(relation.from_us), _moment(relation.until_us)
    if start and end:
        day, _, clock = end.partition(" ")
        return f"from {start} to {clock if start.startswith(day) else end} UTC"
    if start:
        return f"from {start} UTC on, without end"
    return f"from any time to {end} UTC" if end else ""


def levels(relation: Relation) -> str:
    """Return ``FL180 to FL200``; empty where nothing bounds the heights."""
    lower, upper = relation.lower_text, relation.upper_text
    if not lower and not upper:
        return ""
    if lower == upper:
        return lower
    (low, _, unit), (high, _, other_unit) = lower.partition(" "), upper.partition(" ")
    if unit and unit == other_unit:
        return f"{low} to {high} {unit}"
    return f"{lower or 'any depth'} to {upper or 'unlimited'}"


def only_by_margin(relation: Relation) -> str:
    """Return ``levels FL100 and 6000 ft above ground may meet: within the margin of 2607 m``."""
    lower, upper = relation.by_margin
    return f"levels {lower} and {upper} may meet: within the margin of {relation.margin_m:.0f} m"


def gaps(relation: Relation) -> str:
    """Return how far apart two activities are where they do not meet: empty where they do."""
    said = []
    if relation.distance_m:
        said.append(f"{distance_text(relation.distance_m)} apart")
    if relation.vertical_m:
        said.append(f"{relation.vertical_m:.0f} m apart in height")
    if relation.time_gap_us:
        said.append(f"{_lasting(relation.time_gap_us)} apart in time")
    return " and ".join(said)


def remarks(relation: Relation) -> Iterator[str]:
    """Yield what has to be said besides: reasons, the margin of heights, who gives way."""
    for reason in relation.reasons:
        yield printable(reason.text)
    if relation.margin_m and not relation.by_margin:
        yield (
            "with levels above different references, which may differ by"
            f" {relation.margin_m:.0f} m more"
        )
    equal = len(relation.gives_way) > 1
    if relation.by_right:
        yield "by right of FLASH on both sides" if equal else "by right of FLASH"
    if equal:
        yield "both give way, being of equal precedence"
    elif relation.gives_way:
        yield f"{relation.gives_way[0]} gives way"


def distance_text(metres: float) -> str:
    """Return ``1250 m (0.7 NM)``, with centimetres where it is less than 10 m."""
    if metres < 10:
        return f"{metres:.2f} m"
    return f"{metres:.0f} m ({metres / METRES_PER_NM:.1f} NM)"


def _moment(moment_us: int | None) -> str:
    """Return ``2026-03-01 10:20``, with seconds and less only where there are any."""
    if moment_us is None:
        return ""
    text = time_text(moment_us).removesuffix(" UTC")
    return text.removesuffix(":00")


def _lasting(us: int) -> str:
    return duration_text(us) if us >= 1_000_000 else "less than 1 s"
