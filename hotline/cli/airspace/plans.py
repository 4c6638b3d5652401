"""Notices to be compared, from files that need not be ready to be sent.

A file of volumes alone, as F3548 has it, has no title and may leave altitudes and times out: then
nothing bounds them. So it is with what was drawn on a map. Everything else that a notice may not be
is refused here too.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from hotline.airspace.activity import Key, Planned, plan
from hotline.airspace.contradictions import upside_down
from hotline.cli.files import naming, read_bytes
from hotline.cli.output import now_us
from hotline.errors import ModelError
from hotline.formats.carries import Format
from hotline.formats.f3548 import MARKS, read_f3548
from hotline.formats.given import OFF_NOMINAL, Given
from hotline.formats.reading import Read, read
from hotline.model.geojson import is_geojson
from hotline.model.kinds import Activity, Kind
from hotline.model.letter import AltitudeMargin
from hotline.model.messages import Notice, Revision, kind_of
from hotline.model.problem import RulesBroken
from hotline.model.reading import Draft, read_object
from hotline.model.strict_json import read_json
from hotline.model.text import printable

_OPEN = frozenset({"model.title-missing", "model.altitude-missing", "model.time-missing"})
"""What a notice must say to be sent, and need not say to be compared."""


_NAMES = frozenset(Notice.__struct_fields__) | {"precedence", "status", "exercise"}
"""What may stand beside volumes in a notice of ours."""


class FileKey(Key):
    """A notice that is called by its file's name: whoever compares chose it, no peer did."""

    __slots__ = ()

    def __str__(self) -> str:
        return printable(self.reference)


def read_plan(path: Path, side: str, margin: AltitudeMargin) -> tuple[Planned, Draft]:
    """Return what a file announces, named by its reference, else by the file's name.

    Beside it the message as the file gives it, with what it says that it is of.

    ``side`` stands for its centre. ``-`` is stdin. ``margin`` is the letter's, by which levels
    above different references may be upside down.

    Raises:
        UsageError: for a file that is not there.
        ModelError: with the file's name, the field and the mend.

    """
    data = read_bytes(path)
    with naming(path):
        found = _read(data)
        fields = dict(found.fields)
        if fields.get("kind") in (Kind.NOTICE, Kind.REVISION):
            fields.setdefault("activity", Activity.OTHER.value)
        draft = read_object(fields, now_us(), but=_OPEN)
        message = draft.message
        if not isinstance(message, Notice | Revision):
            raise ModelError(
                "airspace.not-a-notice",
                f"a file of the kind {kind_of(message).value} announces nothing",
                "give a notice or a revision, GeoJSON, or F3548's volumes",
            )
        if broken := upside_down(message.volumes, margin):
            raise RulesBroken(broken)
        outside = found.outside(now_us(), but=_OPEN)
    planned = plan(side, message, draft.precedence, beside=outside)
    if message.reference:
        return planned, draft
    return replace(planned, key=FileKey(side, path.name)), draft


def _read(data: bytes) -> Read:
    """Return a file's message in our own form, with nothing added to what it says."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return read(data, Given(), may_lack=True)
    value = read_json(data)
    if isinstance(value, list):
        value = {"volumes": value}
    if not isinstance(value, dict) or is_geojson(value):
        return read(data, Given(), may_lack=True)
    for name in ("volumes", OFF_NOMINAL):
        volumes = value.get(name)
        if isinstance(volumes, list):
            value[name] = [_said(volume) for volume in volumes]
    outside: list[object] = []
    if "kind" not in value:
        beside, marks = value.pop(OFF_NOMINAL, None), value.pop(MARKS, None)
        held = {"volumes": value.get("volumes", []), OFF_NOMINAL: beside, MARKS: marks}
        # Words of ours may stand beside; what is neither's is refused as F3548's.
        held |= {name: value[name] for name in value.keys() - _NAMES}
        said, outside = read_f3548(held)
        value = value | said
    return Read(value, Format.JSON, off_nominal=tuple(outside))


def _said(value: object) -> object:
    """Return a volume without what is null, which F3548's writers put where nothing is said."""
    if not isinstance(value, dict):
        return value
    found = {name: inner for name, inner in value.items() if inner is not None}
    if "volume" in found:
        found["volume"] = _said(found["volume"])
    return found
