"""Shapes of the API for the auditor: logs, entries, proofs, checkpoints, and jobs.

Times are RFC 3339 in UTC; hashes, ids and roots are hexadecimal; bytes are base64; signed notes are
text, as C2SP has them.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final, Literal

import msgspec

from hotline.api import schema
from hotline.api.route import BINARY

JobKind = Literal["verify", "reconcile", "export"]
ExportForm = Literal["jsonl", "csv", "parquet", "sqlite", "tlog-tiles"]
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]


class LogWitness(schema.Shape, frozen=True, kw_only=True):
    """A witness of a log: how many of its entries it has cosigned, and when it last did.

    ``name`` is a centre's id, or that of an outside witness's key.
    """

    name: str
    size: int
    at: str | None


class LogView(schema.Shape, frozen=True, kw_only=True):
    """One log of this node's journal: its own, or the mirror of a peer's.

    ``name`` is short and stays the same for ever: ``PEER.EPOCH``, ``PEER.EPOCH.mirror`` or
    ``node.GENERATION``. ``centre`` keeps the log. ``signed`` is the size of the newest checkpoint
    and ``root`` its root, ``checkpoint`` the note with all cosignatures, None while there is none.
    ``cosigned`` counts the entries that somebody else has witnessed: of the node's own log those
    under its newest anchor in a cosigned line. ``oldest_unwitnessed_at`` is when the first of the
    others was entered, None where there is none or it is a mirror.
    """

    name: str
    origin: str
    centre: str
    own: bool
    peer: str | None
    epoch: int | None
    size: int
    signed: int | None
    root: str | None
    checkpoint: str | None
    cosigned: int
    unwitnessed: int
    oldest_unwitnessed_at: str | None
    witnesses: list[LogWitness]


class LogPage(schema.Marked, frozen=True, kw_only=True):
    """All logs of this journal that were not archived, in the order of their beginning."""

    logs: list[LogView]


class SignedView(schema.Shape, frozen=True, kw_only=True):
    """How a message was signed: in a group of ``size``, as its ``index``-th, from 0.

    ``root`` is what was signed; ``signatures`` are base64, the first one Ed25519.
    """

    signatures: list[str]
    size: int
    index: int
    root: str


class EntryDetail(schema.Marked, frozen=True, kw_only=True):
    """One entry of a log in full.

    ``view`` is what a list shows of it. ``fields`` is all that its leaf binds and the journal keeps
    beside it, ``said`` the decoded payload, None where it cannot be read. ``leaf`` are the leaf's
    bytes and ``leaf_hash`` its hash in the tree; ``raw`` are the stored bytes (a message's body, a
    record's payload) with their SHA-256. ``message`` has the stamps of a message: received there,
    read, replied. ``previous`` and ``next`` are entries of the same log, None at its ends.
    """

    log: str
    size: int
    view: schema.EntryView
    fields: dict[str, Any]
    said: Any
    leaf: str
    leaf_hash: str
    raw: str
    raw_sha256: str
    signed: SignedView | None
    message: schema.MessageView | None
    previous: int | None
    next: int | None


class ProofView(schema.Marked, frozen=True, kw_only=True):
    """That an entry is in a log: ``proof`` is the whole C2SP tlog-proof as text.

    The rest is what it says: the leaf, the path from leaf to root, and the signed checkpoint over
    ``size`` entries with its cosignatures. It is the newest that the peer has cosigned; where that
    does not cover the entry yet, the smallest signed one, and ``cosigned_by`` is empty.
    """

    log: str
    origin: str
    entry: int
    kind: str
    leaf: str
    leaf_hash: str
    path: list[str]
    size: int
    root: str
    checkpoint: str
    cosigned_by: list[str]
    proof: str


class CosignatureView(schema.Shape, frozen=True, kw_only=True):
    """One cosignature over a checkpoint: by whom, when by that witness's clock, and its line."""

    witness: str
    at: str | None
    line: str


class CheckpointView(schema.Shape, frozen=True, kw_only=True):
    """One signed state of a log: how many entries, their root, the note, who cosigned it."""

    size: int
    root: str
    note: str
    cosignatures: list[CosignatureView]


class CheckpointPage(schema.Marked, frozen=True, kw_only=True):
    """Checkpoints of a log that are kept, the newest first; ``more`` says that older ones follow.

    Ask on with ``before``, the size of the last one of a page.
    """

    log: LogView
    checkpoints: list[CheckpointView]
    before: int | None
    more: bool


class Upload(schema.Marked, frozen=True, kw_only=True):
    """A peer's export that was handed in: ``name`` is what a job calls it; it is used once."""

    name: str
    size: int
    sha256: str


class JobRequest(schema.Request, frozen=True, kw_only=True):
    """What is to be done, for whom.

    ``verify``: check the whole record of this node. ``reconcile``: compare it with the peer's
    export ``upload``. ``export``: write it in ``form``, only what fits ``search`` (terms of
    ``GET /v1/log``).
    """

    kind: JobKind
    officer: str
    upload: str = ""
    form: ExportForm = "jsonl"
    search: dict[str, str | list[str] | bool] = msgspec.field(default_factory=dict)


class CancelRequest(schema.Request, frozen=True, kw_only=True):
    """Who ends a job."""

    officer: str


MEDIA: Final = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".html": "text/html",
    ".tar": "application/x-tar",
    ".sqlite": "application/vnd.sqlite3",
    ".parquet": "application/vnd.apache.parquet",
}
"""Media types of results, by the ends of their names."""


def media_of(name: str) -> str:
    """Return the media type of a file of this name."""
    return MEDIA.get(PurePath(name).suffix, BINARY)


class JobFile(schema.Shape, frozen=True, kw_only=True):
    """One file of a result; ``name`` bears the mark of an exercise."""

    name: str
    media: str
    size: int
    sha256: str


class JobView(schema.Marked, frozen=True, kw_only=True):
    """A job: what was asked for, how far it has come, and what came of it.

    ``step`` is what is being done, ``done`` of ``total`` entries, ``rate`` entries a second, and
    ``left_s`` about how long it will take on; None while that is not known. Once it is ``done``,
    ``ok`` says whether the record holds, or the records agree (of an export: true). ``report`` is
    the outcome as ``hotline log verify|reconcile|export --json`` print it; ``problem`` is why a job
    failed. Of a list ``report`` is left out.
    """

    id: int
    kind: JobKind
    state: JobState
    officer: str
    asked_at: str
    began_at: str | None
    ended_at: str | None
    form: str | None
    search: dict[str, Any]
    step: str
    done: int
    total: int
    rate: float | None
    left_s: float | None
    ok: bool | None
    files: list[JobFile]
    problem: schema.Problem | None
    report: dict[str, Any] | None


class JobPage(schema.Marked, frozen=True, kw_only=True):
    """Jobs, the newest first: those that wait or run, and at most 20 that have ended."""

    jobs: list[JobView]
