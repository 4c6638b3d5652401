"""A notice out of any file: which format it is shows in its content, never in its name."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hotline.errors import ModelError
from hotline.formats.carries import Format
from hotline.formats.f3548 import is_f3548, read_f3548
from hotline.formats.geojson import read_geojson
from hotline.formats.given import OFF_NOMINAL, Given, check_complete
from hotline.formats.kml_reading import read_kml
from hotline.formats.losses import Effect, Loss
from hotline.formats.safe_xml import MAX_XML_BYTES, parse_xml
from hotline.model.file_forms import Fields
from hotline.model.geojson import is_geojson
from hotline.model.kinds import Activity, Kind
from hotline.model.messages import Contingency
from hotline.model.problem import Problem, RulesBroken
from hotline.model.reading import read_object
from hotline.model.strict_json import read_json
from hotline.model.volume import Volume4D

_ZIP = b"PK\x03\x04"
_XML = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")
UNNAMED: Final = MappingProxyType({"title": "F3548", "activity": Activity.OTHER.value})
"""What stands for the words of volumes that have none, in a notice that nobody reads."""
_NOTHING_ELSE: Final = Loss(
    OFF_NOMINAL, Effect.APPROXIMATE, "nothing else is announced, so they become `volumes`"
)
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Read:
    """A file's message in our own form, as `hotline.model.reading.read_object` takes it.

    ``losses`` is what stands in the file and could not be taken over. ``off_nominal`` are the
    volumes, as they stand in the file, in which F3548 says that the activity is outside of those
    announced: no notice says that, so they are handed on beside it (`outside`).
    """

    fields: Fields
    format: Format
    losses: tuple[Loss, ...] = ()
    off_nominal: tuple[object, ...] = ()

    def outside(self, now_us: int, *, but: frozenset[str] = frozenset()) -> tuple[Volume4D, ...]:
        """Return the volumes outside of those announced; ``but`` as `read_object` has it.

        Raises:
            ModelError: as for the volumes of a contingency, with the name of F3548's field.

        """
        if not self.off_nominal:
            return ()
        # Of a contingency, whose volumes these are to us, only these are in the file.
        said: Fields = {"kind": Kind.CONTINGENCY.value, "at": "+0m"}
        said["volumes"] = list(self.off_nominal)
        try:
            message = read_object(said, now_us, but=but | {"model.reference-missing"}).message
        except RulesBroken as broken:
            raise RulesBroken([_renamed(problem) for problem in broken.problems]) from None
        except ModelError as error:
            text = error.message.replace("volumes", OFF_NOMINAL, 1)
            raise ModelError(error.code, text, error.hint) from None
        return message.volumes if isinstance(message, Contingency) else ()


def _renamed(problem: Problem) -> Problem:
    field = problem.field.replace("volumes", OFF_NOMINAL, 1)
    return Problem(problem.code, field, problem.text, problem.hint)


def read(data: bytes, given: Given, *, may_lack: bool = False, unnamed: bool = False) -> Read:
    """Return the message in a file of our own, GeoJSON, KML, KMZ or F3548.

    Only the form is looked at; the rules of the model are whoever reads the fields to check. With
    ``may_lack`` so is what KML or F3548 leaves out. Where ``unnamed``, the words that F3548 has
    no field for are filled in: it becomes F3548 again, and they are not written.

    Raises:
        ModelError: that of the format's reader; ``formats.missing`` as `RulesBroken` where KML or
            F3548 leaves out what a notice needs and ``given`` does not say it either.

    """
    if data.startswith(_ZIP):
        data = _unzipped(data)
    if data.lstrip().startswith(_XML):
        fields, losses = read_kml(parse_xml(data), given)
        fields = given.added_to(fields)
        if not may_lack:
            check_complete(fields, "KML")
        return Read(fields, Format.KML, tuple(losses))
    value = read_json(data)
    if not isinstance(value, dict):
        raise ModelError(
            "model.not-a-message",
            "the file holds no JSON object",
            "docs/spec/notice.md shows the form of a message",
        )
    if is_geojson(value):
        return Read(given.added_to(read_geojson(value)), Format.GEOJSON)
    if is_f3548(value):
        found, volumes = read_f3548(value)
        fields, outside = given.added_to(found), given.added_to_each(volumes)
        if unnamed:
            fields = dict(UNNAMED) | fields
        if not may_lack:
            check_complete(fields | {OFF_NOMINAL: list(outside)}, "F3548")
        moved = value["volumes"] == [] and bool(fields["volumes"])
        told = (_NOTHING_ELSE,) if moved else ()
        return Read(fields, Format.F3548, told, off_nominal=outside)
    return Read(given.added_to(value), Format.JSON)


def _unzipped(data: bytes) -> bytes:
    """Return the first KML file of a KMZ archive, never more than a file may have.

    Raises:
        ModelError: ``formats.bad-kmz``, ``model.file-too-large``.

    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [
                info
                for info in archive.infolist()
                if info.filename.lower().endswith(".kml") and info.compress_type in _PLAIN
            ]
            if names:
                with archive.open(names[0]) as file:
                    return file.read(MAX_XML_BYTES + 1)
            reason = "it holds no .kml file"
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        OverflowError,
    ) as error:
        reason = str(error) or type(error).__name__
    raise ModelError(
        "formats.bad-kmz",
        f"the file is an archive that cannot be read as KMZ: {reason}",
        "unpack it, and give the KML file inside",
    )
