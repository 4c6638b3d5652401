"""A slow oracle for distances on WGS 84: geographiclib, sampling and golden sections, no plane.

It shares no code and no idea with what it checks: edges are followed point by point, the inside of
a ring is told by how far its bearing turns, and nothing is cut, flattened or taken from a corner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from geographiclib.geodesic import Geodesic

from hotline.model.volume import Position

GLOBE = Geodesic.WGS84
SAMPLES = 16
"""Steps along an edge before the search narrows."""
GOLDEN = (math.sqrt(5) - 1) / 2


def ahead(start: Position, azimuth: float, metres: float) -> Position:
    """Return the position that many metres from another one in a direction in degrees."""
    found = GLOBE.Direct(start.lat, start.lon, azimuth, metres)
    return Position(found["lat2"], found["lon2"])


def apart(one: Position, other: Position) -> float:
    """Return the length of the geodesic between two positions."""
    return float(GLOBE.Inverse(one.lat, one.lon, other.lat, other.lon, Geodesic.DISTANCE)["s12"])


def bearing(one: Position, other: Position) -> float:
    """Return the direction of the geodesic from one position to another, in degrees."""
    return float(GLOBE.Inverse(one.lat, one.lon, other.lat, other.lon)["azi1"])


@dataclass(frozen=True)
class Outline:
    """A core (positions joined by geodesics; of a ring the last to the first too) and a reach."""

    corners: Sequence[Position]
    reach_m: float = 0.0
    ring: bool = False

    @property
    def edges(self) -> list[Edge]:
        """Its edges; a single corner is an edge without length."""
        corners = [*self.corners, self.corners[0]] if self.ring else list(self.corners)
        return [Edge.between(*pair) for pair in pairwise(corners)] or [
            Edge.between(corners[0], corners[0])
        ]


class Edge:
    """A geodesic with samples along it."""

    def __init__(self, one: Position, other: Position) -> None:
        self.line = GLOBE.InverseLine(one.lat, one.lon, other.lat, other.lon)
        self.length = float(self.line.s13)
        self.samples = [self.at(self.length * step / SAMPLES) for step in range(SAMPLES + 1)]
        self.chords = [_earth_centred(sample) for sample in self.samples]

    @classmethod
    def between(cls, one: Position, other: Position) -> Edge:
        """Return the edge from one position to another."""
        return cls(one, other)

    def at(self, metres: float) -> Position:
        """Return the position that far along."""
        found = self.line.Position(metres, Geodesic.LATITUDE | Geodesic.LONGITUDE)
        return Position(found["lat2"], found["lon2"])

    def from_position(self, position: Position) -> float:
        """Return the distance from a position to this edge."""
        return _least(lambda along: apart(position, self.at(along)), self.length)


def _earth_centred(position: Position) -> tuple[float, float, float]:
    phi, lam = math.radians(position.lat), math.radians(position.lon)
    eccentricity = GLOBE.f * (2 - GLOBE.f)
    normal = GLOBE.a / math.sqrt(1 - eccentricity * math.sin(phi) ** 2)
    across = normal * math.cos(phi)
    upwards = normal * (1 - eccentricity) * math.sin(phi)
    return across * math.cos(lam), across * math.sin(lam), upwards


def _least(value: Callable[[float], float], length: float) -> float:
    """Return the least value between 0 and a length: sampled, then narrowed to a tenth of a mm."""
    if length == 0:
        return value(0.0)
    step = length / 4
    values = [value(step * index) for index in range(5)]
    middle = min(range(5), key=values.__getitem__)
    low, high = max(0.0, (middle - 1) * step), min(length, (middle + 1) * step)
    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_inner, at_outer = value(inner), value(outer)
    while high - low > 1e-4:
        if at_inner < at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - GOLDEN * (high - low)
            at_inner = value(inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + GOLDEN * (high - low)
            at_outer = value(outer)
    return min(*values, at_inner, at_outer)


def slow_distance(one: Outline, other: Outline) -> float:
    """Return the metres between two outlines, 0 where they meet."""
    if _goes_round(one, other.corners[0]) or _goes_round(other, one.corners[0]):
        return 0.0
    pairs = []
    for edge in one.edges:
        for counterpart in other.edges:
            sampled = min(
                math.dist(here, there) for here in edge.chords for there in counterpart.chords
            )
            least = sampled - (edge.length + counterpart.length) / SAMPLES / 2 * 1.01 - 1.0
            pairs.append((least, edge, counterpart))
    best = math.inf
    for least, edge, counterpart in sorted(pairs, key=lambda pair: pair[0]):
        if least > best:
            break
        best = min(
            best,
            _least(lambda along: counterpart.from_position(edge.at(along)), edge.length),  # noqa: B023 - used at once
        )
    return max(0.0, best - one.reach_m - other.reach_m)


def _goes_round(outline: Outline, position: Position) -> bool:
    """Say whether the bearing of a ring from a position turns once or more as one follows it."""
    if not outline.ring:
        return False
    samples = [sample for edge in outline.edges for sample in edge.samples]
    bearings = [bearing(position, sample) for sample in samples]
    turned = sum(
        (after - before + 180) % 360 - 180 for before, after in pairwise([*bearings, bearings[0]])
    )
    return abs(turned) > 180
