"""Outlines that are drawn once for all answers: kept while there is room, and drawn in a thread.

What is drawn quickly is drawn for the answer that wants it, as long as its time lasts; everything
else by one thread of the process, what is least work first. Until then its bounds stand in its
place, which hold all of the area: a peer chooses how much work its areas are, and neither that nor
how many ask at once may keep the picture waiting.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec
import numpy as np
from shapely import Geometry, box, make_valid  # type: ignore[import-untyped]
from shapely import Polygon as PlanePolygon
from shapely.errors import ShapelyError  # type: ignore[import-untyped]

from hotline.api.schema import Outline
from hotline.formats.cutting import cut_ring
from hotline.formats.drawing import Point, dense, ring_of, straight_edge_error_m, undrawable
from hotline.model.volume import Volume4D

QUICK_POINTS: Final = 3_000
"""What has more points is never drawn while an answer waits."""
QUICK_LINE: Final = 100
"""A corridor whose line has more points is none that is drawn while an answer waits."""
KEPT_CORNERS: Final = 300_000
"""Corners that are kept of all outlines: three times those of one answer."""
KEPT_OUTLINES: Final = 20_000
"""Outlines that are kept, those that cannot be drawn among them."""
MOST_WANTED: Final = 2_000
"""Outlines that wait to be drawn; of more, those that were wanted first are wanted again."""
REST_S: Final = 1.0
"""After a drawing the thread rests as long as that took, and not longer than this."""
BENT_M: Final = 250.0
"""An edge that a map draws further off than this is divided."""
PLAIN_CORNERS: Final = 2_000
"""A ring of more corners is simplified."""
FINENESS: Final = (1 / 2000, 1 / 500, 1 / 100)
"""About how far a simplified ring lies outside of the true one, as a part of the larger extent of
that: the first one that leaves few corners."""
DIGITS: Final = 5
"""Decimals of a degree in which rings are given: a metre."""
_ROUNDED: Final = 1e-5
_WORLD: Final = box(-180, -90, 180, 90)
HALF_EARTH_M: Final = 10_000_000.0
"""What reaches farther is around everything."""
_EARTH_M: Final = 6_356_000.0
"""Less than any radius of WGS 84, so that metres are no fewer degrees than they may be."""
_SAFE: Final = 1.01
"""Bounds are larger than on a sphere by this, which is more than the ellipsoid differs."""


class Circle(NamedTuple):
    """A circle on the globe: its middle and radius, in degrees."""

    lat: float
    lon: float
    reach: float


class Kept:
    """Areas by name, while their corners, and they themselves, are not too many; in one thread.

    What was asked for last stays.
    """

    def __init__(self) -> None:
        self._areas: OrderedDict[bytes, Outline | str] = OrderedDict()
        self._corners = 0

    def find(self, name: bytes) -> Outline | str | None:
        """Return what is kept under a name."""
        found = self._areas.get(name)
        if found is not None:
            self._areas.move_to_end(name)
        return found

    def keep(self, name: bytes, found: Outline | str) -> None:
        """Keep an area, or why there is none."""
        if name not in self._areas:
            self._areas[name] = found
            self._corners += corners_of(found)
        while self._corners > KEPT_CORNERS or len(self._areas) > KEPT_OUTLINES:
            _, old = self._areas.popitem(last=False)
            self._corners -= corners_of(old)


class Outlines:
    """Outlines by what they show; every method may be called in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._kept = Kept()
        self._circles: OrderedDict[bytes, Circle | None] = OrderedDict()
        self._wanted: OrderedDict[bytes, Volume4D] = OrderedDict()
        self._drawing = False

    def draw(self, volume: Volume4D, until: float) -> Outline | str | None:
        """Return an outline, or why it cannot be drawn; None where that takes too long.

        What is quick is drawn here until a moment of ``time.monotonic``, the rest by the thread.
        """
        name = name_of(volume)
        with self._lock:
            found = self._kept.find(name)
        if found is not None:
            return found
        if _quick(volume) and time.monotonic() < until:
            found = outline_of(volume)
            self._keep(name, found)
            return found
        with self._lock:
            self._wanted[name] = volume
            while len(self._wanted) > MOST_WANTED:
                self._wanted.popitem(last=False)
            if not self._drawing:
                self._drawing = True
                threading.Thread(target=self._draw_all, name="outlines", daemon=True).start()
        return None

    def wait(self, volume: Volume4D, until: float) -> Outline | str | None:
        """Return an outline that `draw` wants, waiting for the thread until a moment."""
        name = name_of(volume)
        with self._lock:
            while (found := self._kept.find(name)) is None:
                if not self._lock.wait(max(0.0, until - time.monotonic())):
                    return self._kept.find(name)
            return found

    def around(self, volume: Volume4D) -> Circle | None:
        """Return a circle around a volume, as `circle_around` finds it."""
        name = name_of(volume)
        with self._lock:
            if name in self._circles:
                self._circles.move_to_end(name)
                return self._circles[name]
        found = circle_around(volume)
        with self._lock:
            self._circles[name] = found
            while len(self._circles) > KEPT_OUTLINES:
                self._circles.popitem(last=False)
        return found

    @property
    def idle(self) -> bool:
        """Whether nothing is wanted any more."""
        with self._lock:
            return not self._drawing

    def _draw_all(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._drawing = False
                    return
                name = min(self._wanted, key=lambda one: len(self._wanted[one].points))
                volume = self._wanted[name]
            began = time.monotonic()
            try:
                found = outline_of(volume)
            except Exception:  # a defect of ours must not end the drawing of everything else
                found = "this program cannot draw it"
            self._keep(name, found)
            time.sleep(min(time.monotonic() - began, REST_S))

    def _keep(self, name: bytes, found: Outline | str) -> None:
        with self._lock:
            self._wanted.pop(name, None)
            self._kept.keep(name, found)
            self._lock.notify_all()


def _quick(volume: Volume4D) -> bool:
    most = QUICK_POINTS if volume.corridor is None else QUICK_LINE
    return len(volume.points) <= most


def name_of(volume: Volume4D) -> bytes:
    """Return what tells the area of a volume from every other one, in few bytes."""
    area = volume.outline_polygon, volume.outline_circle, volume.corridor
    return sha256(msgspec.msgpack.encode(area)).digest()


def corners_of(found: Outline | str) -> int:
    """Return how many corners an outline has."""
    if isinstance(found, str):
        return 0
    return sum(len(ring) for polygon in found.coordinates for ring in polygon)


def outline_of(volume: Volume4D) -> Outline | str:
    """Return the area of a volume, or why it cannot be drawn; it may take seconds.

    A ring of many corners is simplified, and is never smaller than the area.
    """
    reason = undrawable(volume)
    if reason is not None:
        return reason
    try:
        points = ring_of(volume).points
        if straight_edge_error_m(points) > BENT_M:
            points = dense(points)
        rings = [ring for drawn in cut_ring(points) for ring in _simplified(drawn)]
    except ShapelyError:
        return "its outline crosses itself"
    if not rings:
        return "its outline has no area"
    return Outline(coordinates=[[rounded(ring)] for ring in rings])


def rounded(ring: list[Point]) -> list[Point]:
    """Return a ring in as many digits as are given."""
    return [(round(x, DIGITS), round(y, DIGITS)) for x, y in ring]


def _simplified(ring: list[Point]) -> list[list[Point]]:
    """Return closed rings with fewer corners around a closed ring of many."""
    best = [ring]
    if len(ring) <= PLAIN_CORNERS:
        return best
    area = PlanePolygon(ring)
    west, south, east, north = area.bounds
    extent = max(east - west, north - south)
    if not area.is_valid:
        area = make_valid(area)
    for fineness in FINENESS:
        found = _around(area, extent * fineness)
        if sum(map(len, found)) < sum(map(len, best)):
            best = found
        if sum(map(len, best)) <= PLAIN_CORNERS:
            break
    return best


def _around(area: Geometry, off: float) -> list[list[Point]]:
    """Return closed rings around an area, drawn wider by more than corners are then moved by."""
    wide = area.buffer(off + _ROUNDED, join_style="mitre", mitre_limit=2.0)
    plain = wide.simplify(off * 0.98).intersection(_WORLD)
    return [
        [(float(x), float(y)) for x, y in part.exterior.normalize().coords][::-1]
        for part in getattr(plain, "geoms", [plain])
        if isinstance(part, PlanePolygon) and not part.is_empty
    ]


def bounds_of(circle: Circle | None) -> Outline | None:
    """Return a few corners around a circle; None where there is none."""
    if circle is None:
        return None
    lat, lon, reach = circle
    south, north = lat - reach, lat + reach
    if south <= -90 or north >= 90:
        aside = 180.0
    else:
        aside = math.degrees(
            math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(lat))))
        )
    west, east = lon - aside, lon + aside
    if aside >= 90:
        west, east = -180.0, 180.0
    spans = [(max(west, -180.0), min(east, 180.0))]
    if west < -180:
        spans.append((west + 360, 180.0))
    elif east > 180:
        spans.append((-180.0, east - 360))
    levels = max(south, -90.0), min(north, 90.0)
    return Outline(coordinates=[[rounded(_ring(*span, *levels))] for span in spans])


def _ring(west: float, east: float, south: float, north: float) -> list[Point]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def circle_around(volume: Volume4D) -> Circle | None:
    """Return a circle that holds all of a volume's area, quickly; None where none can be told.

    A circle around points holds all geodesics between them, and what is inside of them, as long as
    it is smaller than half of the globe.
    """
    outlines = volume.outline_polygon, volume.outline_circle, volume.corridor
    points = np.array([(point.lat, point.lon) for point in volume.points])
    if len([one for one in outlines if one is not None]) != 1 or not len(points):
        return None
    if not (np.abs(points) <= (90, 180)).all():
        return None
    reach_m = 0.0
    if volume.outline_circle is not None:
        reach_m = volume.outline_circle.radius_m
    elif volume.corridor is not None:
        reach_m = volume.corridor.width_m / 2
    if not 0 <= reach_m <= HALF_EARTH_M:
        return None
    lats, lons = np.radians(points).T
    unit = np.column_stack([np.cos(lats) * np.cos(lons), np.cos(lats) * np.sin(lons), np.sin(lats)])
    middle = (unit.min(axis=0) + unit.max(axis=0)) / 2
    length = float(np.linalg.norm(middle))
    if length < 1e-6:
        return None
    middle /= length
    away = float(np.arccos(np.clip((unit @ middle).min(), -1, 1)))
    reach = math.degrees(away + reach_m / _EARTH_M) * _SAFE + 2 * _ROUNDED
    if reach >= 90:
        return None  # the inside may be anywhere
    lat = math.degrees(math.asin(max(-1.0, min(1.0, float(middle[2])))))
    return Circle(lat, math.degrees(math.atan2(float(middle[1]), float(middle[0]))), reach)


OUTLINES: Final = Outlines()
"""What is drawn in this process."""
