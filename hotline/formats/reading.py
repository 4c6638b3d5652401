"""A notice out of any file: which format it is shows in its content, never in its name."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

from hotline.errors import ModelError
from hotline.formats.carries import Format
from hotline.formats.f3548 import is_f3548, read_f3548
from hotline.formats.geojson import read_geojson
from hotline.formats.given import Given, check_complete
from hotline.formats.kml_reading import read_kml
from hotline.formats.losses import Loss
from hotline.formats.safe_xml import MAX_XML_BYTES, parse_xml
from hotline.model.file_forms import Fields
from hotline.model.geojson import is_geojson
from hotline.model.strict_json import read_json

_ZIP = b"PK\x03\x04"
_XML = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Read:
    """A file's message in our own form, as `hotline.model.reading.read_object` takes it.

    ``losses`` is what stands in the file and could not be taken over.
    """

    fields: Fields
    format: Format
    losses: tuple[Loss, ...] = ()


def read(data: bytes, given: Given, *, may_lack: bool = False) -> Read:
    """Return the message in a file of our own, GeoJSON, KML, KMZ or F3548.

    Only the form is looked at; the rules of the model are whoever reads the fields to check. With
    ``may_lack`` so is what KML or F3548 leaves out.

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
        fields = given.added_to(read_f3548(value))
        if not may_lack:
            check_complete(fields, "F3548")
        return Read(fields, Format.F3548)
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
