"""A verification as the JSON object that scripts get: of `hotline log verify --json`, the API."""

from __future__ import annotations

from hotline.audit.verification.findings import Report
from hotline.audit.verification.journal import STEPS


def as_document(report: Report, seconds: float) -> dict[str, object]:
    """Return a report as an object that JSON can hold; ``seconds`` is how long it took."""
    return {
        "ok": report.ok,
        "entries": report.entries,
        "messages": report.messages,
        "signatures": report.signatures,
        "seconds": round(seconds, 3),
        "entries_per_s": round(report.entries / seconds, 1),
        "signatures_per_s": round(report.signatures / seconds, 1),
        "jobs": report.jobs,
        "from": [
            {
                "log": begin.origin,
                "entry": begin.size,
                "trusted": begin.trusted or None,
                "witnesses": begin.witnesses,
            }
            for begin in report.begins
        ],
        "checkpoints": [
            {
                "origin": origin,
                "size": size,
                "root": root,
                "cosigned": report.cosigned.get(origin, {}),
            }
            for origin, size, root in report.checkpoints
        ],
        "segment": report.segment or None,
        "archived": [
            {"origin": origin, "size": size, "root": root} for origin, size, root in report.archived
        ],
        "forks": [
            {
                "origin": fork.origin,
                "vkey": fork.vkey,
                "given": fork.first.decode(errors="replace"),
                "kept": fork.second.decode(errors="replace"),
                "root": fork.root.hex(),
                "path": fork.path.hex(),
            }
            for fork in report.forks
        ],
        "kept_forks": [
            {"log": log, "entry": entry, "text": text} for log, entry, text in report.kept_forks
        ],
        "failures": [
            {
                "step": failure.step,
                "promise": STEPS[failure.step],
                "log": failure.log,
                "entry": failure.entry if failure.entry >= 0 else None,
                "text": failure.text,
            }
            for failure in report.failures
        ],
    }
