"""One job of the auditor, in a process of its own: it verifies, reconciles or exports, and ends.

It is started as ``COMMAND`` by `hotline.api.audit_jobs`, at the lowest priority, so that whatever
it does never delays the line. Its order and its results lie in the job's directory; on standard
output it says line by line how far it has come. Standard input is open for as long as the node
wants it: when that ends, it ends too.
"""

from __future__ import annotations

import os
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

from hotline.api.audit_names import file_name
from hotline.audit.evidence.moment import moment
from hotline.audit.export.files import made_files
from hotline.audit.export.forms import ABOUT, METADATA, write_export
from hotline.audit.export.selection import Record, again, choose, single
from hotline.audit.export.tiles import write_tiles
from hotline.audit.reconcile.document import as_document as reconciliation_document
from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.audit.search.terms import Search, parse_search
from hotline.audit.verification.crew import usable_cores
from hotline.audit.verification.document import as_document as verification_document
from hotline.audit.verification.findings import Report
from hotline.audit.verification.journal import verify_journal
from hotline.errors import HotlineError, UsageError
from hotline.node.place import Place, read_place

COMMAND: Final = (
    "import sys; sys.path[:] = sys.argv[2:];"
    " from hotline.api.audit_work import main; main(sys.argv[1])"
)
"""What the interpreter is given, with the job's directory and its search path as arguments."""
NICENESS: Final = 15
TELL_S: Final = 0.2
ORDER: Final = "order.json"
OUTCOME: Final = "outcome.json"
REPORT: Final = "report.json"
PEER_RECORD: Final = "peer.jsonl"
OWN_NAME: Final = "this node"
PEER_NAME: Final = "the export that was handed in"
SUFFIXES: Final = {
    "jsonl": ".jsonl",
    "csv": ".csv",
    "parquet": ".parquet",
    "sqlite": ".sqlite",
    "tlog-tiles": ".tar",
}
_CHUNK: Final = 1 << 20

Tell = Callable[[str, int, int], None]


class Order(msgspec.Struct, frozen=True):
    """What is to be done; ``search`` are terms as `parse_search` takes them."""

    job: int
    kind: str
    config: str
    form: str
    search: dict[str, Any]


class Made(msgspec.Struct, frozen=True):
    """One file of a result, in the job's directory."""

    name: str
    size: int
    sha256: str


class Outcome(msgspec.Struct, frozen=True):
    """How it ended: with files and a verdict, or with an error as the API shows it."""

    ok: bool = False
    files: tuple[Made, ...] = ()
    code: str = ""
    message: str = ""
    hint: str = ""
    kind: str = ""


class Told(msgspec.Struct, frozen=True):
    """How far it has come: ``done`` of ``total`` entries of ``step``."""

    step: str
    done: int
    total: int


def main(directory: str) -> None:
    """Do the job in a directory, and end at once."""
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    place = Path(directory)
    order = msgspec.json.decode((place / ORDER).read_bytes(), type=Order)
    try:
        outcome = work(order, place, _Telling(sys.stdout))
    except HotlineError as error:
        outcome = _failed(error)
    except OSError as error:
        outcome = Outcome(
            code="audit.cannot-write",
            message=f"the job could not be done: {(error.strerror or str(error)).lower()}",
            hint="look at the disk of the node's data directory",
            kind="LocalError",
        )
    (place / OUTCOME).write_bytes(msgspec.json.encode(outcome))
    os._exit(0)


def work(order: Order, directory: Path, tell: Tell) -> Outcome:
    """Do what is ordered; leave files and a report in the directory. Raises HotlineError, OSError.

    ``tell`` is told the step, and how many of how many entries are done.
    """
    place = read_place(Path(order.config))
    does = {"verify": _verify, "reconcile": _reconcile, "export": _export}[order.kind]
    ok, report, files = does(order, place, directory, tell)
    report["traffic"] = report.get("traffic") or place.traffic
    (directory / REPORT).write_bytes(msgspec.json.encode(report))
    return Outcome(ok=ok, files=tuple(_made(file) for file in files))


Done = tuple[bool, dict[str, Any], list[Path]]


def _verify(order: Order, place: Place, directory: Path, tell: Tell) -> Done:
    report = Report()
    began = time.perf_counter()
    verify_journal(
        place.journal,
        place.card,
        place.peers,
        partial(tell, "verifying"),
        witnesses=place.witnesses,
        segment=place.segment,
        # One core stays the line's, whatever the priority.
        jobs=max(1, usable_cores() - 1),
        report=report,
    )
    said: dict[str, Any] = {
        **verification_document(report, max(time.perf_counter() - began, 1e-6)),
        "traffic": place.traffic,
    }
    file = directory / _called(order, place, "verification", suffix=".json")
    _write_json(file, said)
    return report.ok, said, [file]


def _reconcile(order: Order, place: Place, directory: Path, tell: Tell) -> Done:
    from hotline.audit.reconcile.html import render

    theirs = ExportRecord(PEER_NAME, directory / PEER_RECORD)
    try:
        ours = JournalRecord(
            OWN_NAME,
            place.journal,
            place.card,
            place.peers,
            witnesses=place.witnesses,
            segment=place.segment,
        )
        try:
            found = reconcile(ours, theirs, progress=tell)
        finally:
            ours.close()
    finally:
        theirs.close()
    said = reconciliation_document(found)
    page = directory / _called(order, place, "reconciliation", suffix=".html")
    file = directory / _called(order, place, "reconciliation", suffix=".json")
    with made_files([page], force=False) as (made,):
        made.write_text(render(found), "utf-8")
    _write_json(file, said)
    (directory / PEER_RECORD).unlink()
    return found.agree, said, [page, file]


def _export(order: Order, place: Place, directory: Path, tell: Tell) -> Done:
    search = parse_search(order.search)
    told = partial(tell, "exporting")
    if order.form == "tlog-tiles":
        return _tiles(order, place, search, directory, told)
    with moment(place.journal) as connection:
        choice = choose(connection, log=search.log, line=search.line)
        record = Record(
            connection,
            place.card.centre,
            str(place.card.status),
            place.card,
            place.peers,
            place.witnesses,
            choice.parts,
        )
        target = directory / _called(order, place, "export", suffix=SUFFIXES[order.form])
        also = {"csv": ABOUT, "sqlite": METADATA}.get(order.form)
        targets = [target, *([Path(f"{target}{also}")] if also else [])]
        with made_files(targets, force=False) as files:
            count = write_export(order.form, record, search, files, target.stem, told)
    said = {
        "format": order.form,
        "files": [file.name for file in targets],
        "entries": count,
        "filter": search.stated(),
        "logs": [
            {
                "origin": part.log.origin,
                "size": part.size,
                "root": part.root.hex(),
                "newer": part.newer,
            }
            for part in choice.parts
        ],
        "unsigned": [log.origin for log in choice.unsigned],
        "again": again(choice.parts),
        "traffic": record.traffic,
    }
    return True, said, targets


def _tiles(
    order: Order,
    place: Place,
    search: Search,
    directory: Path,
    told: Callable[[int, int], None],
) -> Done:
    """Write a log's tiles as one archive: whoever downloads it gets one file."""
    if not search.everything:
        raise UsageError(
            "audit.tiles-filtered",
            "tiles hold every entry of a log, and a filter was given",
            "leave out all terms but log and line",
        )
    stem = _called(order, place, "tiles", suffix="")
    with moment(place.journal) as connection:
        log = single(connection, search.log or search.line)
        written = write_tiles(connection, log, place.card.log, directory / stem, progress=told)
    target = directory / f"{stem}.tar"
    with made_files([target], force=False) as (made,), tarfile.open(made, "w") as archive:
        archive.add(directory / stem, stem, filter=_plain)
    said = {
        "format": order.form,
        "files": [target.name],
        "entries": written.size,
        "filter": {},
        "logs": [
            {
                "origin": written.origin,
                "size": written.size,
                "root": written.root.hex(),
                "newer": log.size - written.size,
            }
        ],
        "unsigned": [],
        "again": ["--log", log.origin, "--at", str(written.size)],
        "traffic": place.traffic,
    }
    return True, said, [target]


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made a file and when: the same record gives the same bytes."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def _called(order: Order, place: Place, what: str, *, suffix: str) -> str:
    parts = (what, place.card.centre, str(order.job))
    return file_name(place.traffic, *parts, suffix=suffix)


def _write_json(file: Path, said: dict[str, Any]) -> None:
    with made_files([file], force=False) as (made,):
        made.write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n")


def _made(file: Path) -> Made:
    digest = sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return Made(file.name, file.stat().st_size, digest.hexdigest())


def _failed(error: HotlineError) -> Outcome:
    kind = next(base for base in type(error).__mro__ if base.__module__ == "hotline.errors")
    return Outcome(code=error.code, message=error.message, hint=error.hint, kind=kind.__name__)


class _Telling:
    """Writes how far the work has come, a few times a second."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._step = ""
        self._next = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step == self._step and now < self._next:
            return
        self._step, self._next = step, now + TELL_S
        self._out.buffer.write(msgspec.json.encode(Told(step, done, total)) + b"\n")
        self._out.flush()


def _end_with_parent() -> None:
    """End at once when nobody wants the result any more."""
    while os.read(0, 1):
        pass
    os._exit(1)
