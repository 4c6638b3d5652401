"""Outlines of activities: drawn in kilometres around a middle, written in degrees.

A flat map around the middle is good to a few metres in a hundred kilometres here, and a mock area
has no better place to be. Sines and cosines are rounded before they are used, so that the last
place of a C library decides nothing; degrees have four decimals, some ten metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hotline.exercise.traffic.chance import Chance

KM_PER_DEGREE = 111.195
DECIMALS = 4

Point = tuple[float, float]
"""Kilometres east and north of the middle."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One outline around its middle: ``points`` in km, within ``reach_km`` of it all over.

    ``form`` is polygon, circle or corridor; ``size_m`` the radius or the width of the last two.
    """

    form: str
    points: tuple[Point, ...]
    reach_km: float
    size_m: int = 0

    def at(self, middle: Middle) -> dict[str, Any]:
        """Return the outline as a field of a volume in a message's file."""
        points = [middle.position(point) for point in self.points]
        if self.form == "circle":
            return {"outline_circle": {"center": points[0], "radius_m": self.size_m}}
        if self.form == "corridor":
            return {"corridor": {"line": points, "width_m": self.size_m}}
        return {"outline_polygon": {"vertices": points}}


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of an area, in degrees."""

    lat: float
    lon: float

    def position(self, point: Point = (0.0, 0.0)) -> dict[str, float]:
        """Return a point beside it as a message's file has positions."""
        east, north = point
        return {
            "lat": round(self.lat + north / KM_PER_DEGREE, DECIMALS),
            "lng": round(self.lon + east / (KM_PER_DEGREE * cosine(self.lat)), DECIMALS),
        }

    def seen_from(self, lat: float, lon: float) -> Point:
        """Return how many kilometres east and north of a place it lies."""
        narrow = cosine((self.lat + lat) / 2)
        return (self.lon - lon) * KM_PER_DEGREE * narrow, (self.lat - lat) * KM_PER_DEGREE


def cosine(degrees: float) -> float:
    """Return a cosine to nine decimals, the same everywhere."""
    return round(math.cos(math.radians(degrees)), 9)


def turned(point: Point, heading: int) -> Point:
    """Return a point (to the right, ahead) of one that looks along ``heading``, in whole degrees.

    What comes back is east and north.
    """
    right, ahead = point
    sine, cosine_ = round(math.sin(math.radians(heading)), 9), cosine(heading)
    return right * cosine_ + ahead * sine, ahead * cosine_ - right * sine


def box(length_km: float, width_km: float, heading: int) -> Outline:
    """Return a rectangle that lies along a heading."""
    half, side = length_km / 2, width_km / 2
    corners = ((-side, -half), (-side, half), (side, half), (side, -half))
    return Outline("polygon", tuple(turned(one, heading) for one in corners), half + side)


def field(chance: Chance, corners: int, radius_km: float) -> Outline:
    """Return a polygon of uneven sides around its middle; seen from there no edges cross."""
    points = []
    for number in range(corners):
        heading = 360 * number // corners + chance.whole(-120 // corners, 120 // corners)
        points.append(turned((0.0, chance.between(0.7, 1.0) * radius_km), heading))
    return Outline("polygon", tuple(points), radius_km)


def disc(radius_km: float) -> Outline:
    """Return a circle."""
    return Outline("circle", ((0.0, 0.0),), radius_km, round(radius_km * 1000))


def track(length_km: float, width_km: float, heading: int) -> Outline:
    """Return a straight corridor, as a tanker flies it up and down."""
    ends = ((0.0, -length_km / 2), (0.0, length_km / 2))
    reach_km = length_km / 2 + width_km / 2
    return Outline(
        "corridor", tuple(turned(one, heading) for one in ends), reach_km, round(width_km * 1000)
    )


def route(chance: Chance, points: int, length_km: float, width_km: float, heading: int) -> Outline:
    """Return a corridor that goes on along a heading with bends; it never crosses itself."""
    sway = length_km / (2 * points)
    line = [
        turned((chance.between(-sway, sway), length_km * (number / (points - 1) - 0.5)), heading)
        for number in range(points)
    ]
    reach_km = length_km / 2 + sway + width_km / 2
    return Outline("corridor", tuple(line), reach_km, round(width_km * 1000))
