"""A reconciliation as the JSON object that scripts get (``docs/spec/reconcile.md``, section 7).

Moments are RFC 3339 texts in UTC with six decimals, by the clock of the centre that entered them;
durations are whole microseconds; hashes, ids and fingerprints are hexadecimal; notes are text.
"""

from __future__ import annotations

from hotline.audit.export.values import time_text
from hotline.audit.reconcile.findings import (
    Clock,
    Difference,
    EntryRef,
    Exchange,
    Open,
    Reconciliation,
    Side,
)


def as_document(found: Reconciliation) -> dict[str, object]:
    """Return a reconciliation as an object that JSON can hold."""
    return {
        "agree": found.agree,
        "compared": found.compared,
        "status": found.status,
        "traffic": found.traffic,
        "a": _side(found.a),
        "b": _side(found.b),
        "epochs": list(found.epochs),
        "epochs_archived": list(found.archived),
        "entries": found.entries,
        "messages": found.messages,
        "checkpoints": found.checkpoints,
        "differences": [_difference(one) for one in found.differences],
        "differences_left_out": found.differences_left_out,
        "open": [_open(one) for one in found.open],
        "remarks": [{"code": one.code, "text": one.text} for one in found.remarks],
        "clocks": [_clock(one) for one in found.clocks],
        "exchanges": [_exchange(one, found.clock) for one in found.exchanges],
        "exchanges_left_out": found.exchanges_left_out,
    }


def _side(side: Side) -> dict[str, object]:
    return {
        "centre": side.centre,
        "traffic": side.traffic,
        "source": side.source,
        "form": side.form,
        "complete": side.complete,
        "verified": side.verified,
        "fingerprint": side.fingerprint.hex(),
        "first_at": _time(side.first_us),
        "last_at": _time(side.last_us),
        "logs": [
            {
                "origin": log.origin,
                "entries": log.size,
                "signed": log.signed,
                "signed_root": log.signed_root.hex() if log.signed_root is not None else None,
                "root": log.root.hex(),
            }
            for log in side.logs
        ],
    }


def _difference(one: Difference) -> dict[str, object]:
    return {
        "code": one.code,
        "text": one.text,
        "means": one.meaning.means,
        "to_do": one.meaning.todo,
        "a": _ref(one.a),
        "b": _ref(one.b),
        "proof": [note.decode("utf-8", "backslashreplace") for note in one.proof],
    }


def _ref(ref: EntryRef | None) -> dict[str, object] | None:
    if ref is None:
        return None
    return {
        "log": ref.log,
        "entry": ref.entry,
        "at": _time(ref.time_us),
        "message": ref.message.hex() if ref.message is not None else None,
    }


def _open(one: Open) -> dict[str, object]:
    return {"side": one.side, "text": one.text, "entries": one.entries, "first": _ref(one.first)}


def _clock(clock: Clock) -> dict[str, object]:
    return {
        "measured_by": clock.measured_by,
        "samples": clock.samples,
        "b_ahead_us": clock.offset_us,
        "uncertainty_us": clock.uncertainty_us,
        "earliest_us": clock.earliest_us,
        "latest_us": clock.latest_us,
    }


def _exchange(one: Exchange, clock: Clock | None) -> dict[str, object]:
    return {
        "sender": one.sender,
        "kind": one.kind,
        "precedence": one.precedence,
        "seq": one.seq,
        "message": one.message.hex(),
        "reference": one.reference,
        "about": one.about.hex() if one.about is not None else None,
        "title": one.title,
        "composed_by": one.composed_by,
        "created_at": _time(one.created_us),
        "durable_at": _time(one.durable_us),
        "receipt_says_at": _time(one.receipt_says_us),
        "taken_at": _time(one.taken_us),
        "revision": one.revision,
        "superseded": one.superseded,
        "withdrawn_at": _time(one.withdrawn_us),
        "start_at": _time(one.start_us),
        "read_by": one.read_by,
        "read_at": _time(one.read_us),
        "different": one.different,
        "sent_entry": one.sent_entry,
        "received_entry": one.received_entry,
        "warning_by_recipient_us": one.warning_by_recipient_us(),
        "warning_by_sender_us": one.warning_by_sender_us(clock),
    }


def _time(us: int | None) -> str | None:
    return None if us is None else time_text(us)
