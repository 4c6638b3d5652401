"""What is typed, and the message that it makes: the form of a draft, and its document.

A form is text by the name of its field, as a browser sends it; ``v0_points`` belongs to the first
volume. While somebody types, a draft's document is ``{"form": {...}}``; once it is to be sent it is
the message itself, as docs/spec/notice.md has it. Both ways are here, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.console.pages.compose_moments import moment_text, read_moment
from hotline.errors import HotlineError, ModelError, UsageError
from hotline.formats.coordinates import Line, decimal_text, read_lines, require_lines
from hotline.model.file_forms import message_fields
from hotline.model.kinds import Kind, Precedence, Reference, Unit
from hotline.model.problem import RulesBroken
from hotline.model.reading import DEFAULT_PRECEDENCE, read_object
from hotline.model.times import format_time
from hotline.model.volume import Position

Form = Mapping[str, str]
Document = dict[str, Any]

MAX_VOLUMES: Final = 100
MAX_FIELD: Final = 400_000
"""Characters of one field that are kept: more than any field of a message may have."""
MAX_DIGITS: Final = 9
"""Digits of a whole number that are read as one."""
SHAPES: Final = ("polygon", "circle", "corridor")
LENGTHS: Final[Mapping[str, float]] = {"km": 1000.0, "NM": 1852.0, "m": 1.0}
UNITS: Final = (
    "fl",
    *(
        f"{unit} {above}"
        for unit in ("ft", "m")
        for above in ("msl", "ground", "wgs84", "standard")
    ),
)
"""What a level may be counted in: ``fl``, or a unit and what it is above."""

_ABOUT: Final = ("reference",)
_PLAN: Final = ("title", "activity", "remarks", "contact")
FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.NOTICE: (*_ABOUT, *_PLAN),
    Kind.REVISION: (*_ABOUT, *_PLAN, "reason"),
    Kind.WITHDRAWAL: (*_ABOUT, "reason"),
    Kind.ACTIVATION: (*_ABOUT, "at"),
    Kind.END: (*_ABOUT, "at"),
    Kind.NONCONFORMANCE: (*_ABOUT, "at", "reason"),
    Kind.CONTINGENCY: (*_ABOUT, "at", "reason"),
    Kind.ADVISORY: (
        "text", "subject", "position", "altitude", "altitude_unit", "track_deg", "speed_kt",
        "phrases",
    ),
    Kind.SERVICE: ("text", "phrases"),
    Kind.LINE_CHECK: ("phrase", "phrases"),
}  # fmt: skip
"""What may be composed here, with the fields of each kind besides its volumes."""
WITH_VOLUMES: Final = frozenset({Kind.NOTICE, Kind.REVISION, Kind.NONCONFORMANCE, Kind.CONTINGENCY})
VOLUME_FIELDS: Final = (
    "shape", "points", "size", "size_unit", "lower", "lower_unit", "upper", "upper_unit",
    "start", "end",
)  # fmt: skip
_ALONE: Final = ("kind", "peer", "precedence", "volumes")
_TEXTS: Final = frozenset({"title", "activity", "remarks", "contact", "reason", "text", "subject",
                           "phrase", "reference"})  # fmt: skip
_VOLUME_PATH: Final = re.compile(r"volumes\[(?P<index>[0-9]+)\]\.?(?P<rest>.*)")
_VOLUME_FIELD: Final = re.compile(r"v(?P<index>[0-9]{1,3})_(?P<name>[a-z_]+)")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something about a field that keeps the message from being sent.

    ``code`` is the model's or this page's, ``text`` and ``hint`` say it in English.
    """

    field: str
    code: str
    text: str
    hint: str = ""


@dataclass(slots=True)
class Made:
    """What a form makes: the message's document, its flaws, and how its lines were read."""

    document: Document
    flaws: list[Flaw] = field(default_factory=list)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    line_count: int = 0
    """Lines of coordinates so far, read or not."""
    moments: dict[str, str] = field(default_factory=dict)
    """Times by their field, as they were understood (RFC 3339)."""

    def flawed(self, name: str) -> bool:
        """Say whether a field has a flaw already."""
        return any(flaw.field == name for flaw in self.flaws)


def kind_in(form: Form) -> Kind:
    """Return what a form is for. Raises UsageError (``compose.unknown-kind``)."""
    name = form.get("kind", "")
    if name not in set(FIELDS):
        raise UsageError(
            "compose.unknown-kind",
            "this page does not compose messages of this kind",
            "begin a draft anew from the list of templates",
        )
    return Kind(name)


def kept(fields: Mapping[str, str], now_us: int) -> dict[str, str]:
    """Return what is kept of a posted form: the fields of its kind, with times that have a date."""
    kind = kind_in(fields)
    found = {name: fields.get(name, "")[:MAX_FIELD] for name in (*_ALONE, *FIELDS[kind])}
    count = count_of(fields) if kind in WITH_VOLUMES else 0
    found["volumes"] = str(count)
    for index in range(count):
        for name in VOLUME_FIELDS:
            found[f"v{index}_{name}"] = fields.get(f"v{index}_{name}", "")[:MAX_FIELD]
    for name, text in found.items():
        if is_moment(name) and text.strip():
            # One that cannot be read stays as typed, and has a flaw beside it.
            with suppress(UsageError):
                found[name] = moment_text(read_moment(text, now_us, past=name == "at"))
    # Browsers send line ends as HTTP has them; what is signed has one character.
    return {name: text.replace("\r\n", "\n") for name, text in found.items()}


def is_moment(name: str) -> bool:
    """Say whether a field is a time."""
    return name == "at" or name.endswith(("_start", "_end"))


def count_of(form: Form) -> int:
    """Return how many volumes a form has."""
    text = form.get("volumes", "")
    if not (text.isascii() and text.isdecimal()):
        return 0
    return min(int(text), MAX_VOLUMES) if len(text) <= MAX_DIGITS else MAX_VOLUMES


def with_volume(form: Form) -> dict[str, str]:
    """Return a form with one volume more, which begins as the last one."""
    count = count_of(form)
    found = dict(form)
    if count < MAX_VOLUMES:
        for name in VOLUME_FIELDS:
            found[f"v{count}_{name}"] = form.get(f"v{count - 1}_{name}", _fresh(name))
        found[f"v{count}_points"] = ""
        found["volumes"] = str(count + 1)
    return found


def without_volume(form: Form, index: int) -> dict[str, str]:
    """Return a form without one of its volumes; those behind it move up."""
    count = count_of(form)
    found = {name: text for name, text in form.items() if not _VOLUME_FIELD.fullmatch(name)}
    left = [old for old in range(count) if old != index]
    for new, old in enumerate(left):
        for name in VOLUME_FIELDS:
            found[f"v{new}_{name}"] = form.get(f"v{old}_{name}", "")
    found["volumes"] = str(len(left))
    return found


def _fresh(name: str) -> str:
    return {
        "shape": "polygon", "size_unit": "km", "lower_unit": "fl", "upper_unit": "fl",
    }.get(name, "")  # fmt: skip


# --- From the form to the message -----------------------------------------------------------------


def made_of(form: Form, now_us: int) -> Made:
    """Return the message that a form makes so far, with everything that is wrong with it."""
    kind = kind_in(form)
    made = Made({"kind": kind.value})
    if form.get("precedence"):
        made.document["precedence"] = form["precedence"]
    for name in FIELDS[kind]:
        _put(made, form, name, now_us)
    if kind in WITH_VOLUMES:
        made.document["volumes"] = [
            _volume(made, form, index, now_us) for index in range(count_of(form))
        ]
    made.flaws += _broken(made, now_us)
    return made


def _put(made: Made, form: Form, name: str, now_us: int) -> None:
    text = form.get(name, "")
    if name in _TEXTS:
        if text:
            made.document[name] = text
    elif name == "at":
        if (at := _moment(made, form, name, now_us)) is not None:
            made.document[name] = at
    elif name == "position":
        if positions := _positions(made, name, text):
            made.document[name] = _place(positions[0])
            if len(positions) > 1:
                made.flaws.append(Flaw(name, "compose.one-position", "one position is meant here"))
    elif name == "altitude":
        if (level := _level(made, form, name, "altitude_unit")) is not None:
            made.document[name] = level
    elif name in ("track_deg", "speed_kt"):
        if (number := _number(made, name, text)) is not None:
            made.document[name] = number
    elif name == "phrases" and text.strip():
        numbers = re.split(r"[\s,;]+", text.strip().strip(",;"))
        if all(number.isascii() and number.isdecimal() and len(number) < 9 for number in numbers):
            made.document[name] = [int(number) for number in numbers]
        else:
            made.flaws.append(Flaw(name, "compose.bad-phrases", "these are not numbers of phrases"))


def _volume(made: Made, form: Form, index: int, now_us: int) -> Document:
    def named(name: str) -> str:
        return f"v{index}_{name}"

    found: Document = {}
    shape = form.get(named("shape"), "")
    positions = _positions(made, named("points"), form.get(named("points"), ""))
    size_m = _size(made, form, named("size"), named("size_unit")) if shape != "polygon" else None
    if positions:
        places = [_place(position) for position in positions]
        if shape == "polygon":
            found["outline_polygon"] = {"vertices": places}
        elif shape == "corridor" and size_m is not None:
            found["corridor"] = {"line": places, "width_m": size_m}
        elif shape == "circle" and size_m is not None:
            found["outline_circle"] = {"center": places[0], "radius_m": size_m}
        if shape == "circle" and len(positions) > 1:
            text = "a circle has one centre"
            made.flaws.append(Flaw(named("points"), "compose.one-position", text))
    for part in ("lower", "upper"):
        if (level := _level(made, form, named(part), named(f"{part}_unit"))) is not None:
            found[f"altitude_{part}"] = level
    for part in ("start", "end"):
        if (moment := _moment(made, form, named(part), now_us)) is not None:
            found[f"time_{part}"] = moment
    return found


def _positions(made: Made, name: str, text: str) -> list[Position]:
    """Return the positions of a field, none of them where one cannot be read.

    All fields together have as many lines as a message may have corners; more are not read.
    """
    made.line_count += len(text.splitlines())
    try:
        require_lines(made.line_count)
        lines = read_lines(text)
    except ModelError as error:
        made.flaws.append(Flaw(name, error.code, error.message, error.hint))
        return []
    made.lines[name] = lines
    wrong = [line for line in lines if line.mistake is not None]
    if wrong and wrong[0].mistake is not None:
        first = wrong[0]
        made.flaws.append(
            Flaw(name, wrong[0].mistake.code, f"line {first.number}: {wrong[0].mistake.text}")
        )
        return []
    return [line.position for line in lines if line.position is not None]


def _place(position: Position) -> Document:
    return {"lat": position.lat, "lng": position.lon}


def _moment(made: Made, form: Form, name: str, now_us: int) -> str | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        found = format_time(read_moment(text, now_us, past=name == "at"))
    except UsageError as error:
        made.flaws.append(Flaw(name, error.code, error.message, error.hint))
        return None
    made.moments[name] = found
    return found


def _number(made: Made, name: str, text: str) -> float | None:
    plain = text.strip().replace(" ", "").replace(",", ".")
    if not plain:
        return None
    if re.fullmatch(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?", plain) is None:
        made.flaws.append(Flaw(name, "compose.bad-number", "this is not a number"))
        return None
    return float(plain)


def _size(made: Made, form: Form, name: str, unit_name: str) -> float | None:
    number = _number(made, name, form.get(name, ""))
    if number is None:
        if not made.flawed(name):
            made.flaws.append(Flaw(name, "compose.size-missing", "how large is it?"))
        return None
    return round(number * LENGTHS.get(form.get(unit_name, ""), 1.0), 3)


def _level(made: Made, form: Form, name: str, unit_name: str) -> Document | None:
    """Return a level; ``ground``, or ``0 ft ground``, is the ground."""
    text = form.get(name, "").strip()
    if text.lower() in ("ground", "gnd", "sfc"):
        return {"value": 0.0, "units": Unit.FEET.value, "reference": Reference.GROUND.value}
    short = re.fullmatch(r"(?i:fl)\s*([0-9]{1,4})", text)
    number = _number(made, name, short[1] if short is not None else text)
    if number is None:
        return None
    units, _, reference = ("fl" if short is not None else form.get(unit_name, "")).partition(" ")
    return {"value": number, "units": units, "reference": reference or Reference.STANDARD.value}


def _broken(made: Made, now_us: int) -> list[Flaw]:
    """Return the rules that the message breaks, where the form has no flaw of its own."""
    try:
        read_object(made.document, now_us)
    except RulesBroken as broken:
        found = [Flaw(field_of(one.field), one.code, one.text, one.hint) for one in broken.problems]
    except HotlineError as error:
        path, _, text = error.message.partition(": ")
        found = [Flaw(field_of(path), error.code, text or path, error.hint)]
    else:
        found = []
    if made.document.get("volumes") == [] and made.document["kind"] not in ("notice", "revision"):
        found = [flaw for flaw in found if flaw.code != "model.no-volume"]
    return [flaw for flaw in found if not made.flawed(flaw.field)]


def field_of(path: str) -> str:
    """Return the form's field for the path of a field of the message."""
    match = _VOLUME_PATH.match(path)
    if match is None:
        if path.startswith("volumes"):
            return "v0_points"
        return path.partition("[")[0].partition(".")[0]
    rest, index = match["rest"], match["index"]
    if rest.endswith(("radius_m", "width_m")):
        return f"v{index}_size"
    for name, part in (
        ("altitude_lower", "lower"), ("altitude_upper", "upper"),
        ("time_start", "start"), ("time_end", "end"),
    ):  # fmt: skip
        if rest.startswith(name):
            return f"v{index}_{part}"
    return f"v{index}_points"


# --- From the message to the form -----------------------------------------------------------------


def form_of(
    document: Document, now_us: int, *, peer: str = "", precedence: str = ""
) -> dict[str, str]:
    """Return the form of a draft's document, whichever of its two shapes it has.

    What stands in it in another form than this page's is left out: `editable` says so before.
    Raises UsageError (``compose.unknown-kind``).
    """
    typed = document.get("form")
    if isinstance(typed, dict):
        found = {str(name): text for name, text in typed.items() if isinstance(text, str)}
        kind_in(found)
        return found
    kind = kind_in({"kind": str(document.get("kind", ""))})
    with suppress(ModelError):  # then what cannot be read is left out
        document = message_fields(document, now_us)
    found = {
        "kind": kind.value,
        "peer": peer,
        "precedence": precedence or str(document.get("precedence") or default_precedence(kind)),
    }
    for name in FIELDS[kind]:
        found[name] = _text_of(document, name)
    if "altitude_unit" in FIELDS[kind]:
        found["altitude_unit"] = _unit_of(document.get("altitude"))
    volumes = document.get("volumes")
    volumes = volumes[:MAX_VOLUMES] if isinstance(volumes, list | tuple) else []
    found["volumes"] = str(len(volumes)) if kind in WITH_VOLUMES else "0"
    for index, volume in enumerate(volumes):
        for name, text in _volume_form(volume if isinstance(volume, dict) else {}).items():
            found[f"v{index}_{name}"] = text
    return found


def editable(document: Document, now_us: int) -> bool:
    """Say whether this page's form holds all that a document says.

    The number of a revision is the node's to give.
    """
    if "form" in document:
        return True
    document = {name: value for name, value in document.items() if name != "number"}
    try:
        said = read_object(document, now_us).message
        again = read_object(made_of(form_of(document, now_us), now_us).document, now_us).message
    except HotlineError:
        return False
    return said == again


def default_precedence(kind: Kind) -> str:
    """Return the precedence of what says none."""
    return DEFAULT_PRECEDENCE.get(kind, Precedence.ROUTINE).name


def _text_of(document: Document, name: str) -> str:
    value = document.get(name)
    if name == "position" and isinstance(value, dict):
        return _place_text(value)
    if name == "altitude":
        return _level_text(value)
    if name == "phrases" and isinstance(value, list | tuple):
        return ", ".join(str(number) for number in value)
    if name == "at" and isinstance(value, str):
        return moment_text(value)
    if isinstance(value, bool) or value is None:
        return ""
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _place_text(place: Document) -> str:
    lat, lng = place.get("lat"), place.get("lng")
    if not isinstance(lat, int | float) or not isinstance(lng, int | float):
        return ""
    return decimal_text(Position(float(lat), float(lng)))


def _level_text(level: object) -> str:
    if not isinstance(level, dict):
        return level if isinstance(level, str) else ""
    if level.get("reference") == "ground" and level.get("value") == 0:
        return "ground"
    value = level.get("value")
    return f"{value:.10g}" if isinstance(value, int | float) else ""


def _unit_of(level: object) -> str:
    if not isinstance(level, dict) or level.get("units") == "fl":
        return "fl"
    return f"{level.get('units', '')} {level.get('reference', '')}"


def _volume_form(volume: Document) -> dict[str, str]:
    found = {"shape": "polygon", "size": "", "size_unit": "km", "points": ""}
    match volume:
        case {"outline_polygon": {"vertices": list() | tuple() as places}}:
            found["points"] = _points_text(places)
        case {"outline_circle": {"center": dict() as centre, "radius_m": radius}}:
            found |= {"shape": "circle", "points": _place_text(centre)} | _size_form(radius)
        case {"corridor": {"line": list() | tuple() as places, "width_m": width}}:
            found |= {"shape": "corridor", "points": _points_text(places)} | _size_form(width)
    for part in ("lower", "upper"):
        level = volume.get(f"altitude_{part}")
        found |= {part: _level_text(level), f"{part}_unit": _unit_of(level)}
    for part in ("start", "end"):
        moment = volume.get(f"time_{part}")
        found[part] = moment_text(moment) if isinstance(moment, str) else ""
    return found


def _points_text(places: list[Any] | tuple[Any, ...]) -> str:
    return "\n".join(_place_text(place) for place in places if isinstance(place, dict))


def _size_form(metres: object) -> dict[str, str]:
    if not isinstance(metres, int | float):
        return {}
    unit, factor = ("km", 1000.0) if metres >= 1000 else ("m", 1.0)
    return {"size": f"{metres / factor:.10g}", "size_unit": unit}
