"""A counter-proposal as an officer draws or types it: volumes in place of those of the notice.

The form begins with the notice's own volumes, so that only what shall differ is changed. A volume
without a point is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.console.pages.compose_moments import moment_text, read_moment
from hotline.console.pages.reply_reading import level_of
from hotline.errors import HotlineError
from hotline.formats.coordinates import decimal_text, read_lines
from hotline.model.messages import Notice, Revision
from hotline.model.times import format_time, parse_time
from hotline.model.volume import Altitude, Position, Volume4D

MAX_VOLUMES: Final = 6
MAX_REASON: Final = 1000
MAX_POINTS: Final = 40_000
"""Characters of one outline that are read."""
SHAPES: Final = ("polygon", "circle", "corridor")
NAMES: Final = ("shape", "points", "size", "lower", "upper", "start", "end")


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a field: a word of the reply's pages, and what is filled in."""

    word: str
    filled: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One volume of the form: its fields as typed, the volume they make, and their flaws."""

    index: int
    texts: Mapping[str, str]
    volume: dict[str, Any] = field(default_factory=dict)
    flaws: Mapping[str, Flaw] = field(default_factory=dict)


def proposals_of(notice: Notice | Revision | None) -> list[Proposal]:
    """Return the form's volumes as they begin: those of the notice, or an empty one."""
    volumes: Sequence[Volume4D] = () if notice is None else notice.volumes[:MAX_VOLUMES]
    if not volumes:
        return [Proposal(0, dict.fromkeys(NAMES, "") | {"shape": SHAPES[0]})]
    return [Proposal(index, _texts(volume)) for index, volume in enumerate(volumes)]


def alters(notice: Notice | Revision, proposal: Sequence[Volume4D]) -> bool:
    """Say whether a proposal is another than the notice itself, as a form can write both."""
    if len(proposal) != len(notice.volumes):
        return True
    pairs = zip(notice.volumes, proposal, strict=True)
    return any(_texts(before) != _texts(after) for before, after in pairs)


def proposals_in(fields: Mapping[str, str], now: str) -> list[Proposal]:
    """Return the volumes of a posted form that have a point, each with its flaws."""
    found = []
    for index in range(MAX_VOLUMES):
        texts = {name: fields.get(f"p{index}_{name}", "") for name in NAMES}
        if texts["points"].strip():
            found.append(_read(index, texts, parse_time(now)))
    return found


def _texts(volume: Volume4D) -> dict[str, str]:
    shape, size, points = "polygon", "", volume.points
    if volume.outline_circle is not None:
        shape, size = "circle", f"{volume.outline_circle.radius_m / 1000:.10g}"
        points = (volume.outline_circle.center,)
    elif volume.corridor is not None:
        shape, size = "corridor", f"{volume.corridor.width_m / 1000:.10g}"
        points = volume.corridor.line
    return {
        "shape": shape,
        "points": "\n".join(decimal_text(point) for point in points),
        "size": size,
        "lower": _level_text(volume.altitude_lower),
        "upper": _level_text(volume.altitude_upper),
        "start": moment_text(volume.time_start) if volume.time_start else "",
        "end": moment_text(volume.time_end) if volume.time_end else "",
    }


def _level_text(level: Altitude | None) -> str:
    if level is None:
        return ""
    if level.unit == "fl":
        return f"FL{level.value:.10g}"
    if level.reference == "ground" and level.value == 0:
        return "ground"
    return f"{level.value:.10g} {level.unit} {level.reference}"


def _read(index: int, texts: Mapping[str, str], now_us: int) -> Proposal:
    flaws: dict[str, Flaw] = {}
    shape = texts["shape"] if texts["shape"] in SHAPES else SHAPES[0]
    points = _points(texts["points"], flaws)
    size_m = None if shape == "polygon" else _size_m(texts["size"], flaws)
    volume: dict[str, Any] = {}
    if shape == "polygon":
        volume["outline_polygon"] = {"vertices": points}
    elif shape == "corridor":
        volume["corridor"] = {"line": points, "width_m": size_m}
    else:
        if len(points) > 1:
            flaws.setdefault("points", Flaw("one_centre"))
        volume["outline_circle"] = {"center": points[0] if points else None, "radius_m": size_m}
    for name, key in (("lower", "altitude_lower"), ("upper", "altitude_upper")):
        level = level_of(texts[name])
        if level is None:
            flaws[name] = Flaw("cannot_be_read" if texts[name].strip() else "nothing_typed")
        else:
            volume[key] = {
                "value": level.value,
                "units": level.unit,
                "reference": level.reference,
            }
    for name, key in (("start", "time_start"), ("end", "time_end")):
        try:
            volume[key] = format_time(read_moment(texts[name], now_us))
        except HotlineError:
            flaws[name] = Flaw("cannot_be_read" if texts[name].strip() else "nothing_typed")
    return Proposal(index, texts, volume, flaws)


def _points(text: str, flaws: dict[str, Flaw]) -> list[dict[str, float]]:
    if len(text) > MAX_POINTS:
        flaws["points"] = Flaw("too_many_points")
        return []
    try:
        lines = read_lines(text)
    except HotlineError:
        flaws["points"] = Flaw("too_many_points")
        return []
    positions: list[Position] = []
    for line in lines:
        if line.position is None:
            flaws.setdefault("points", Flaw("bad_line", {"number": line.number}))
        else:
            positions.append(line.position)
    return [{"lat": one.lat, "lng": one.lon} for one in positions]


def _size_m(text: str, flaws: dict[str, Flaw]) -> float | None:
    try:
        size = float(text.strip().replace(",", "."))
    except ValueError:
        size = 0.0
    if not 0 < size < 10_000:
        flaws["size"] = Flaw("bad_size")
        return None
    return round(size * 1000, 3)
