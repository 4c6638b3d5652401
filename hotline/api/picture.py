"""The picture around a moment: what is in use, what is planned, what it is to each other.

Of a running node and a moment that has not passed it is what the node holds; of a past moment, and
of a stopped node, what stood by what was entered until then.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Final

import msgspec

from hotline.airspace.activity import Key
from hotline.airspace.footprint import Footprint, footprint_of
from hotline.airspace.levels import Level, band_of
from hotline.airspace.periods import period_of
from hotline.airspace.picture import Phase
from hotline.api.airspace_shapes import ActivityView, AirspaceView
from hotline.api.drawn import Pen
from hotline.api.outlines import OUTLINES
from hotline.api.relations import MOST_LOOKED_AT, relation_view, view_of_relation
from hotline.api.schema import Place, RelationView
from hotline.audit.export.values import time_text
from hotline.journal.queries import centre_of
from hotline.journal.relations import entered_name
from hotline.journal.stood import lines_then, relations_by, steps_by
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.letter import AltitudeMargin
from hotline.model.lifecycle import IN_FORCE, RUNNING, Life, aged
from hotline.model.phrasing import area_lines
from hotline.model.times import SECOND_US
from hotline.model.volume import Volume4D
from hotline.node.airspace.current import Current
from hotline.node.airspace.findings import GRAVITY, pair_of
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.two_clocks import behind_us
from hotline.node.line import Line

SLICE_S: Final = 0.010
"""How long the loop is held at once."""
FEW_POINTS: Final = 300
"""Of a volume with more points the middle is told by these alone, which is quick."""
_MARGIN: Final = AltitudeMargin()
NONE_BEHIND: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pair:
    """A relation of one line: its kind, what both are entered as, when, and how it is shown."""

    kind: RelationKind
    own: str
    other: str
    from_us: int | None
    until_us: int | None
    view: Callable[[], RelationView]


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands on the line with ``peer``; ``whole`` is whether that is all, and compared.

    ``behind_us`` is how long after its end a plan still stands, while the peer's clock is behind.
    """

    own: str
    peer: str
    standings: Sequence[Standing]
    pairs: Sequence[Pair]
    whole: bool
    behind_us: int = 0


async def piece_now(line: Line) -> Piece:
    """Return what stands on a line of a running node; on its loop, which it holds a while only."""
    own, compared = line.centre.config.centre, line.airspace.compared
    standings = [*compared.current]
    pairs: list[Pair] = []
    until = time.perf_counter() + SLICE_S
    for standing in standings:
        if standing.key.centre != own:
            continue
        pairs += (
            Pair(
                relation.kind,
                *pair_of(relation),
                relation.from_us,
                relation.until_us,
                partial(view_of_relation, line, relation),
            )
            for relation in compared.relations_of(standing.key, MOST_LOOKED_AT)
        )
        if time.perf_counter() > until:
            await asyncio.sleep(0)
            until = time.perf_counter() + SLICE_S
    whole = not line.airspace.loading and not compared.unfinished
    return Piece(own, line.peer, standings, pairs, whole, behind_us(line))


def pieces_then(
    connection: sqlite3.Connection,
    by_us: int,
    peer: str | None,
    behind: Mapping[str, int] = NONE_BEHIND,
) -> list[Piece]:
    """Return what stood on each line, or that with ``peer``, by what was entered until a moment.

    ``behind`` has `Piece.behind_us` by peer, as it is now: no record says what it was then.
    """
    own = centre_of(connection)
    return [
        replace(_piece_then(connection, own, name, log, by_us), behind_us=behind.get(name, 0))
        for name, log in lines_then(connection, by_us).items()
        if peer in (None, name)
    ]


def _piece_then(connection: sqlite3.Connection, own: str, peer: str, log: int, by_us: int) -> Piece:
    steps, whole = steps_by(connection, log, by_us)
    current = Current(own, peer)
    for said in steps:
        centre = own if said.own else peer
        current.step(centre, said.message, said.id, Precedence(said.stream), said.time_us)
    pairs = [
        Pair(
            RelationKind(stood.related.relation),
            stood.related.reference,
            stood.related.other_reference,
            stood.related.from_us,
            stood.related.until_us,
            partial(relation_view, peer, stood.related, stood.since_us),
        )
        for stood in relations_by(connection, log, by_us)
    ]
    return Piece(own, peer, [*current], pairs, whole)


def picture(
    centre: str,
    pieces: Iterable[Piece],
    at_us: int,
    known_us: int,
    limit: int,
    *,
    drawn: bool = False,
) -> AirspaceView:
    """Return the picture around a moment, with ``limit`` activities and relations at most.

    ``drawn`` is whether areas are drawn too, which takes a while.
    """
    pen = Pen() if drawn else None
    found: list[tuple[Piece, Standing, Life]] = []
    pairs: list[tuple[Piece, Pair]] = []
    counts: dict[tuple[str, Key], Counter[RelationKind]] = {}
    whole = True
    for piece in pieces:
        whole = whole and piece.whole
        expiring_us = at_us - piece.behind_us
        here = [
            (piece, standing, life)
            for standing in piece.standings
            if (life := aged(standing.life, standing.ends_us, expiring_us)).state in IN_FORCE
        ]
        found += here
        keys = {_entered(standing.key) for _, standing, _ in here}
        for pair in piece.pairs:
            both = Key(piece.own, pair.own), Key(piece.peer, pair.other)
            over = pair.until_us is not None and pair.until_us < expiring_us
            if over or not keys.issuperset(both):
                continue
            pairs.append((piece, pair))
            for key in both:
                counts.setdefault((piece.peer, key), Counter())[pair.kind] += 1
    found.sort(key=lambda one: _rank(one[1], one[2], at_us))
    pairs.sort(key=lambda one: (GRAVITY[one[1].kind], one[1].from_us or 0, one[1].own))
    return AirspaceView(
        centre=centre,
        at=time_text(at_us),
        known_at=time_text(known_us),
        activities=[
            activity_view(
                piece,
                standing,
                life,
                at_us,
                counts.get((piece.peer, _entered(standing.key)), Counter()),
                pen,
            )
            for piece, standing, life in found[:limit]
        ],
        relations=_relations(pairs[:limit], found, pen),
        count=len(found),
        relation_count=len(pairs),
        more=len(found) > limit or len(pairs) > limit,
        whole=whole,
    )


def _relations(
    pairs: Sequence[tuple[Piece, Pair]],
    found: Sequence[tuple[Piece, Standing, Life]],
    pen: Pen | None,
) -> list[RelationView]:
    """Return relations, with the areas where two meet if they are to be drawn."""
    if pen is None:
        return [pair.view() for _, pair in pairs]
    volumes = {
        (piece.peer, _entered(standing.key)): (*standing.content.volumes, *standing.off_nominal)
        for piece, standing, _ in found
    }
    views = []
    for piece, pair in pairs:
        view = pair.view()
        if pair.kind is RelationKind.CONFLICT:
            own = volumes[piece.peer, Key(piece.own, pair.own)]
            other = volumes[piece.peer, Key(piece.peer, pair.other)]
            area = pen.meeting(own, other, pair.from_us, pair.until_us)
            view = msgspec.structs.replace(view, drawn=area)
        views.append(view)
    return views


def _entered(key: Key) -> Key:
    """Return a key with the name under which its relations are entered."""
    return key._replace(reference=entered_name(key.reference))


def _rank(standing: Standing, life: Life, at_us: int) -> tuple[bool, int, Key]:
    """Order what is in use before what is planned, then by start."""
    starts_us = standing.starts_us or 0
    later = life.state not in RUNNING and starts_us > at_us
    return later, starts_us, standing.key


def activity_view(
    piece: Piece,
    standing: Standing,
    life: Life,
    at_us: int,
    counts: Counter[RelationKind],
    pen: Pen | None = None,
) -> ActivityView:
    """Return one activity as it stands at a moment, drawn where there is a pen."""
    content, off_nominal = standing.content, standing.off_nominal
    volumes = (*content.volumes, *off_nominal)
    whose = standing.key.centre
    starts_us, ends_us = standing.starts_us, standing.ends_us
    return ActivityView(
        line=piece.peer,
        reference=standing.reference,
        centre=standing.key.centre,
        direction="out" if standing.key.centre == piece.own else "in",
        state=life.state.value,
        phase=phase_of(volumes, at_us).value,
        revision=life.revision,
        precedence=Precedence(standing.precedence).name,
        activity=content.activity,
        title=content.title,
        starts_at=None if starts_us is None else time_text(starts_us),
        ends_at=None if ends_us is None else time_text(ends_us),
        starts_in_s=None if starts_us is None else (starts_us - at_us) / SECOND_US,
        ends_in_s=None if ends_us is None else (ends_us - at_us) / SECOND_US,
        levels=levels_text(volumes),
        outline=outline_text(volumes),
        volumes=len(content.volumes),
        off_nominal=len(off_nominal),
        middle=middle_of(volumes),
        entered_at=time_text(standing.entered_us),
        id=standing.id.hex(),
        relations={kind.value: counts[kind] for kind in GRAVITY if counts[kind]},
        beside=standing.beside,
        drawn=None if pen is None else pen.volumes(whose, content.volumes, off_nominal),
    )


def phase_of(volumes: Sequence[Volume4D], at_us: int) -> Phase:
    """Return where a moment lies; between two volumes with a pause it is later again."""
    periods = [period_of(volume) for volume in volumes]
    if not periods or any(period.start_us <= at_us <= period.end_us for period in periods):
        return Phase.NOW
    return Phase.LATER if any(period.start_us > at_us for period in periods) else Phase.OVER


def levels_text(volumes: Sequence[Volume4D]) -> str:
    """Return the lowest and the highest level of all volumes in words: ``FL180 to FL200``."""
    bands = [band_of(volume) for volume in volumes]
    lowest = _outermost([band.lower for band in bands], lambda one: one.span(_MARGIN)[0])
    highest = _outermost([band.upper for band in bands], lambda one: -one.span(_MARGIN)[1])
    if lowest is None and highest is None:
        return "all levels"
    lower = "any depth" if lowest is None else lowest.text
    upper = "unlimited" if highest is None else highest.text
    return lower if lower == upper else f"{lower} to {upper}"


def _outermost(levels: Sequence[Level | None], height: Callable[[Level], float]) -> Level | None:
    known = [level for level in levels if level is not None]
    return min(known, key=height) if known and len(known) == len(levels) else None


def outline_text(volumes: Sequence[Volume4D]) -> str:
    """Return the first outline in words, and how many there are besides."""
    if not volumes:
        return "no area"
    first = next(area_lines(volumes[0]), "no area")
    more = len(volumes) - 1
    return first if not more else f"{first}, and {more} more"


def middle_of(volumes: Sequence[Volume4D]) -> Place | None:
    """Return the middle of the first volume that can be placed."""
    for volume in volumes:
        few = len(volume.points) <= FEW_POINTS
        place = _kept_place(volume) if few else _quick_place(volume)
        if place is not None:
            return place
    return None


def _quick_place(volume: Volume4D) -> Place | None:
    around = OUTLINES.around(volume)
    return None if around is None else Place(lat=round(around.lat, 6), lng=round(around.lon, 6))


def _place(volume: Volume4D) -> Place | None:
    placed = footprint_of(volume)
    if not isinstance(placed, Footprint):
        return None
    center = placed.cap.center
    return Place(lat=round(center.lat, 6), lng=round(center.lon, 6))


_kept_place = lru_cache(maxsize=2048)(_place)
