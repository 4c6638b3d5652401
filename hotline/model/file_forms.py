"""The forms that a person or another program may write in a file, brought to the one we send.

Accepted besides our own: F3548's nested ``volume``, its times ``{value, format}``, its radius
``{value, units}`` and its capitals (``W84``, ``M``); altitudes in short (``"FL180"``,
``"2500 ft msl"``, ``"ground"``); times counted from now (``"+2h30m"``). What is not of any of
these forms is passed on as it is, for the decoder to name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hotline.errors import ModelError
from hotline.model.kinds import Reference, Unit
from hotline.model.times import resolve_time, shorten

Fields = dict[str, object]

_LEVEL = re.compile(r"(?i:FL) ?(?P<value>[0-9]{1,4})")
_HEIGHT = re.compile(
    r"(?P<value>-?[0-9]{1,6}(?:\.[0-9]{1,3})?) ?(?P<units>(?i:m|ft))"
    r"(?: (?P<reference>(?i:wgs84|w84|msl|ground|standard)))?"
)
_REFERENCES = {"w84": Reference.WGS84.value}


def refused(code: str, path: str, text: str, hint: str) -> ModelError:
    """Return the error for the field at ``path`` of a file."""
    return ModelError(code, f"{path}: {text}", hint)


def message_fields(fields: Mapping[str, object], now_us: int) -> Fields:
    """Return a message's fields in the form that payloads have.

    Raises:
        ModelError: with the field's path, for a form that is neither F3548's nor ours.

    """
    found = dict(fields)
    for name in ("volumes", "proposal"):
        volumes = found.get(name)
        if isinstance(volumes, list):
            found[name] = [
                _volume(volume, f"{name}[{index}]", now_us) for index, volume in enumerate(volumes)
            ]
    if "at" in found:
        found["at"] = _time(found["at"], "at", now_us)
    if "altitude" in found:
        found["altitude"] = _altitude(found["altitude"], "altitude")
    read_back = found.get("read_back")
    if isinstance(read_back, dict):
        found["read_back"] = _levels_and_times(read_back, "read_back", now_us)
    return found


def _volume(value: object, path: str, now_us: int) -> object:
    if not isinstance(value, dict):
        return value
    fields: Fields = dict(value)
    inner = fields.get("volume")
    if isinstance(inner, dict):
        del fields["volume"]
        for key in inner:
            if key in fields:
                raise refused(
                    "model.repeated-key",
                    path,
                    f"{shorten(key)} stands both in volume and beside it",
                    "decide which of the two is meant, and remove the other",
                )
        fields |= inner
    circle = fields.get("outline_circle")
    if isinstance(circle, dict) and "radius" in circle:
        fields["outline_circle"] = _circle(circle, f"{path}.outline_circle")
    return _levels_and_times(fields, path, now_us)


def _circle(circle: Fields, path: str) -> Fields:
    radius = circle["radius"]
    if (
        not isinstance(radius, dict)
        or radius.keys() != {"value", "units"}
        or radius["units"] not in ("M", "m")
        or "radius_m" in circle
    ):
        raise refused(
            "model.wrong-radius",
            f"{path}.radius",
            "is not a radius in metres",
            'write "radius_m": 5000, or "radius": {"value": 5000, "units": "M"}',
        )
    return {"radius_m": radius["value"]} | {k: v for k, v in circle.items() if k != "radius"}


def _levels_and_times(fields: Fields, path: str, now_us: int) -> Fields:
    found = dict(fields)
    for name in ("altitude_lower", "altitude_upper"):
        if name in found:
            found[name] = _altitude(found[name], f"{path}.{name}")
    for name in ("time_start", "time_end"):
        if name in found:
            found[name] = _time(found[name], f"{path}.{name}", now_us)
    return found


def _time(value: object, path: str, now_us: int) -> object:
    if isinstance(value, dict):
        if value.keys() != {"value", "format"} or value["format"] != "RFC3339":
            raise refused(
                "model.bad-time",
                path,
                "is not a time in RFC 3339",
                'write "2026-03-01T10:00:00Z", or {"value": ..., "format": "RFC3339"}',
            )
        value = value["value"]
    if not isinstance(value, str):
        return value
    try:
        return resolve_time(value, now_us)
    except ModelError as error:
        raise refused(error.code, path, error.message, error.hint) from None


def _altitude(value: object, path: str) -> object:
    if isinstance(value, str):
        return _short_altitude(value, path)
    if not isinstance(value, dict):
        return value
    found = dict(value)
    for name in ("units", "reference"):
        text = found.get(name)
        if isinstance(text, str):
            found[name] = _REFERENCES.get(text.lower(), text.lower())
    if found.get("units") == Unit.FLIGHT_LEVEL:
        found.setdefault("reference", Reference.STANDARD.value)
    for name in ("value", "units", "reference"):
        if name not in found:
            raise refused(
                "model.altitude-incomplete",
                path,
                f"has no {name}",
                "give value, units (m, ft or fl) and reference (wgs84, msl, ground or standard)",
            )
    return found


def _short_altitude(text: str, path: str) -> Fields:
    if text.lower() == Reference.GROUND:
        return _fields(0.0, Unit.FEET, Reference.GROUND)
    if (level := _LEVEL.fullmatch(text)) is not None:
        return _fields(float(level["value"]), Unit.FLIGHT_LEVEL, Reference.STANDARD)
    if (height := _HEIGHT.fullmatch(text)) is not None:
        reference = (height["reference"] or Reference.MSL).lower()
        return _fields(
            float(height["value"]),
            height["units"].lower(),
            _REFERENCES.get(reference, reference),
        )
    raise refused(
        "model.bad-altitude",
        path,
        f"{shorten(text)} is not an altitude",
        'write "FL180", "2500 ft msl", "900 m wgs84", "300 ft ground" or "ground"',
    )


def _fields(value: float, units: str, reference: str) -> Fields:
    return {"value": value, "units": str(units), "reference": str(reference)}
