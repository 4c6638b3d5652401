"""What every export says of itself: whose record, up to which checkpoints, through which filter."""

from __future__ import annotations

from hotline.audit.export.selection import Part, Record


def log_stated(part: Part) -> dict[str, object]:
    """Return where the export of one log ends."""
    return {
        "origin": part.log.origin,
        "peer": part.log.peer,
        "epoch": part.log.epoch,
        "size": part.size,
        "root": part.root.hex(),
        "checkpoint": part.note.decode(),
    }


def export_stated(record: Record, stated: dict[str, object]) -> dict[str, object]:
    """Return whose record an export is from, the filter, and where each log ends.

    Of what is not actual it also says how it is marked: ``EXERCISE`` and its name.
    """
    marked = {"traffic": record.traffic} if record.traffic else {}
    return {
        "centre": record.centre,
        "status": record.status,
        **marked,
        "filter": stated,
        "logs": [log_stated(part) for part in record.parts],
    }
