"""The operations of the auditor: logs, entries, proofs, evidence, and jobs."""

from __future__ import annotations

from typing import Final

from hotline.api import audit_shapes as shapes
from hotline.api.route import BINARY, MAX_NUMBER, OVERSIGHT, READERS, Parameter, Route

_LOG = Parameter(
    "log",
    "a name that GET /v1/logs gives, or for the newest one a peer's id or `node`",
    {"type": "string", "minLength": 1, "format": "log"},
    "path",
)
_NUMBER: Final = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}
_ENTRY = Parameter("entry", "the entry's number", _NUMBER, "path")
_JOB = Parameter("id", "the job's number", _NUMBER | {"minimum": 1}, "path")
_STORED: Final = (409, 413, 503)

AUDIT_ROUTES: Final = (
    Route(
        "GET",
        "/v1/logs",
        "logs",
        "The logs of this journal, and how much of each is signed and witnessed",
        shapes.LogPage,
        roles=READERS,
    ),
    Route(
        "GET",
        "/v1/logs/{log}/entries/{entry}",
        "entry",
        "One entry in full: what it says, its leaf, its bytes, its stamps",
        shapes.EntryDetail,
        parameters=(_LOG, _ENTRY),
        refusals=(404, 409),
        roles=READERS,
    ),
    Route(
        "GET",
        "/v1/logs/{log}/entries/{entry}/proof",
        "proof",
        "The proof that an entry is in its log, as a C2SP tlog-proof and in parts",
        shapes.ProofView,
        parameters=(_LOG, _ENTRY),
        refusals=(404, 409, 503),
        roles=READERS,
    ),
    Route(
        "GET",
        "/v1/logs/{log}/checkpoints",
        "checkpoints",
        "The signed states of a log that are kept, newest first, with their cosignatures",
        shapes.CheckpointPage,
        parameters=(
            _LOG,
            Parameter("before", "only smaller ones", _NUMBER),
            Parameter(
                "limit", "at most so many", {"type": "integer", "minimum": 1, "maximum": 1000}
            ),
        ),
        refusals=(404,),
        roles=READERS,
    ),
    Route(
        "GET",
        "/v1/messages/{name}/evidence",
        "evidence",
        "The evidence of one exchange, as a file that anybody can check",
        None,
        parameters=(
            Parameter(
                "name",
                "the message's id, at least its first 6 digits, or a reference",
                {"type": "string", "minLength": 1, "format": "message"},
                "path",
            ),
            Parameter("alone", "nothing that belongs to it", {"type": "boolean"}),
        ),
        refusals=(404, 409, 413, 503),
        roles=READERS,
    ),
    Route(
        "POST",
        "/v1/uploads",
        "upload",
        "Hand in a peer's export (JSON Lines) to reconcile with",
        shapes.Upload,
        takes=BINARY,
        status=201,
        refusals=_STORED,
        roles=OVERSIGHT,
    ),
    Route(
        "GET",
        "/v1/jobs",
        "jobs",
        "Verifications, reconciliations and exports, newest first",
        shapes.JobPage,
        roles=OVERSIGHT,
    ),
    Route(
        "POST",
        "/v1/jobs",
        "begin_job",
        "Verify or export the record, or reconcile it with a peer's, in a process of its own",
        shapes.JobView,
        shapes.JobRequest,
        201,
        refusals=(404, *_STORED),
        roles=OVERSIGHT,
    ),
    Route(
        "GET",
        "/v1/jobs/{id}",
        "job",
        "How far a job has come, or what came of it",
        shapes.JobView,
        parameters=(_JOB,),
        refusals=(404,),
        roles=OVERSIGHT,
    ),
    Route(
        "GET",
        "/v1/jobs/{id}/result",
        "job_result",
        "A file of a job's result",
        None,
        parameters=(
            _JOB,
            Parameter("file", "its name; the first one where none is given", {"type": "string"}),
        ),
        media=BINARY,
        others=tuple(shapes.MEDIA.values()),
        refusals=(404, 409),
        roles=OVERSIGHT,
    ),
    Route(
        "POST",
        "/v1/jobs/{id}/cancel",
        "cancel_job",
        "End a job that waits or runs; nothing is kept of its result",
        shapes.JobView,
        shapes.CancelRequest,
        parameters=(_JOB,),
        refusals=(404, *_STORED),
        roles=OVERSIGHT,
    ),
)
