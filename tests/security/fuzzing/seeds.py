"""Where the corpus begins: the vectors, the examples, and what the product itself writes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from hotline.errors import HotlineError
from hotline.exercise.msel.exporting import msel_bytes
from hotline.exercise.record.events import Opened
from hotline.exercise.record.line import FIRST, encode_line
from hotline.exercise.scenario.reading import shipped, shipped_names
from hotline.formats.announcement import announcement_of
from hotline.formats.carries import Format
from hotline.formats.telephone.items import text_of
from hotline.formats.telephone.layout import lay_out
from hotline.formats.telephone.sheet import sheet_of
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Status
from hotline.model.messages import Message, kind_of
from hotline.model.reading import read_message
from hotline.trust.cosignature import cosign
from hotline.trust.proof import Proof
from hotline.wire.codec import pack
from tests.audit.histories import CENTRES, Line, export_to, path_of
from tests.exercise.report.documents import report
from tests.line.pair import LinePair
from tests.security.fuzzing import of_files, of_requests, of_the_wire
from tests.security.fuzzing.table import TARGETS
from tests.trust.samples import NOW_US

ROOT: Final = Path(__file__).parents[3]
VECTORS: Final = ROOT / "tests" / "vectors"
EXAMPLES: Final = ROOT / "examples"


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield targets with inputs to begin from."""
    for name in TARGETS:
        yield name, b""
    yield from _of_vectors()
    yield from _of_examples()
    yield from _of_keys()
    yield from _of_records()
    yield from _typed()


def _of_vectors() -> Iterator[tuple[str, bytes]]:
    for path in sorted(VECTORS.glob("*.json")):
        vector: dict[str, Any] = json.loads(path.read_bytes())
        what, data = vector.get("what"), vector.get("data")
        if what in ("body", "envelope", "frame", "leaf", "object") and isinstance(data, str):
            raw = bytes.fromhex(data)
            yield what, raw
            if what == "frame":
                framed = len(raw).to_bytes(2, "big") + raw
                yield "association", b"\0" + framed
                yield "association", b"\1" + framed
    for path in sorted((VECTORS / "evidence").glob("*.json")):
        yield "evidence", path.read_bytes()


def _of_examples() -> Iterator[tuple[str, bytes]]:
    yield "letter", (EXAMPLES / "letter.toml").read_bytes()
    for path in sorted(EXAMPLES.glob("*/*.*json")):
        data = path.read_bytes()
        yield "notice-file", data
        yield "message", data
        yield from _written(data)
    for name in shipped_names():
        scenario = shipped(name)
        yield "scenario", scenario.source.encode()
        yield "msel-csv", msel_bytes(scenario, ".csv")
    yield "msel-xlsx", msel_bytes(shipped("first-lesson"), ".xlsx")
    yield "xlsx-sheet", of_files._parts()[of_files.SHEET]


def _written(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a message of the examples in every form that is read again."""
    draft = read_message(data, NOW_US)
    message = filled(draft.message)
    with suppress(HotlineError):
        sheet = sheet_of(
            message,
            status=Status.EXERCISE,
            sender="iaf",
            recipient="hmeimim",
            precedence=draft.precedence,
            id_=of_the_wire.ID,
        )
        yield "telephone", text_of(lay_out(sheet)).encode()
    kind = bytes([of_the_wire.KINDS.index(kind_of(message).value)])
    yield "payload", kind + pack(msgspec.to_builtins(message))
    for form in (Format.KML, Format.GEOJSON, Format.F3548):
        with suppress(HotlineError):
            announcement = announcement_of(message, draft.precedence, "iaf", Status.EXERCISE)
            written = write(announcement, form, Wishes(NOW_US)).data
            yield "notice-file", written
            if form is Format.KML:
                yield "kmz", written


def filled(message: Message) -> Message:
    """Return a message with what a node fills in before it is sent."""
    missing = getattr(message, "reference", None) == ""
    return msgspec.structs.replace(message, reference="IAF-0001") if missing else message


def _of_records() -> Iterator[tuple[str, bytes]]:
    """Yield the export of a line on which some things happened, whole and line by line."""
    with tempfile.TemporaryDirectory() as made:
        line = Line(Path(made))
        line.play([(what, each, 3, 1) for what in ("say", "carry", "clock") for each in CENTRES])
        line.settle()
        line.close()
        target = Path(made) / "iaf.jsonl"
        assert export_to(path_of(Path(made), "iaf"), "iaf", target)
        data = target.read_bytes()
    yield "export", data
    for number, each in enumerate(data.splitlines(keepends=True)):
        yield "export-line", bytes([min(number, 1)]) + each


def _typed() -> Iterator[tuple[str, bytes]]:
    """Yield small things that are right, for targets with no example of their own."""
    for index, form in enumerate(of_requests.BODIES):
        fields = {
            field.name: {"str": "A", "int": 1, "list[str]": ["officer"]}.get(_named(field.type), {})
            for field in msgspec.structs.fields(form)
            if field.required
        }
        yield "api-body", bytes([index]) + json.dumps(fields).encode()
    yield (
        "node-toml",
        (
            b'centre = "iaf"\nstatus = "exercise"\n[[line]]\npeer = "hmeimim"\n'
            b'letter = "letter.toml"\naddresses = ["127.0.0.1:4433"]\n'
        ),
    )
    opened = Opened(name="one", scenario="ab", seed=1, time_factor=2.0, ground="own", version="1")
    line = encode_line(1, NOW_US, None, FIRST, opened)
    yield "exercise-record", b"\0" + line + b"\n"
    yield "exercise-record", b"\1" + line
    yield "report", msgspec.json.encode(report(messages=2))
    yield "proxy", b'\0{"do":"state"}'
    yield "proxy", b'\0{"do":"become","line":{}}'
    yield "proxy", b'\1{"error":"no"}'
    yield "stepped", b"\0" + pack([[3, 1, 1, 0, NOW_US]])
    yield "area", b"30.5, 34, 33.5, 36"
    yield "area", b"33.1, 35.5, 20 NM"
    yield "cosignature", b"\1" + bytes(71) + b"\1"
    yield (
        "form",
        b"\0kind=notice&volumes=1&v0_points=33+35%0a34+36%0a34+35&v0_start=15:30&area=33N+35E",
    )
    part = b'--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nnotice\r\n--b--\r\n'
    yield "form", b"\1" + part
    yield "api-query", b"\6since=2026-03-01T10:20:00Z&limit=5&kind=notice"
    yield "director", b'\0{"by":"Umpire","text":"why"}'
    yield "director", b'\1{"code":"a.b","message":"m","hint":"","kind":"UsageError"}'


def _named(type_: Any) -> str:
    return type_.__name__ if isinstance(type_, type) else str(type_)


def _of_keys() -> Iterator[tuple[str, bytes]]:
    centre = of_the_wire.CENTRE
    yield "card", centre.card
    for index, der in enumerate((centre.node_der, centre.node_der, centre.ca_der, centre.node_der)):
        yield "certificate", bytes([index]) + der
    pair = LinePair()
    note = pair.iaf.log.note()
    cosigned = cosign(note.decode().partition("\n\n")[0] + "\n", centre.witness, NOW_US // 10**6)
    yield "note", note
    yield "note", note + cosigned
    yield "checkpoint", b"\0" + note.partition(b"\n\n")[0] + b"\n"
    yield "checkpoint", b"\1" + note
    yield "checkpoint", b"\2" + note
    yield "proof", b"\0" + Proof(0, (bytes(32),), note).encode().encode()
    yield "submission", b"\0old 0\n\n" + note
    yield "submission", b"\2" + note + b"\0" + cosigned
    yield "cosignature", b"\0" + cosigned
    yield "key", b"\1" + of_the_wire.LOG.vkey().encode()
    yield "key", b"\2" + of_the_wire.WITNESS.vkey().encode()
    yield "payload", b"\0" + pack({"reference": "IAF-0001", "title": "Patrol", "volumes": []})
