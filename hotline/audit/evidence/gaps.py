"""Step 9: what a file does not prove. The writer says it, the reader finds it out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hotline.audit.evidence.exchange import Entry, Said, Unproven

GAPS = {
    "not-in-senders-log": "that {sender} entered it in its log: no checkpoint covers it yet",
    "sent-not-cosigned": "that {recipient} witnessed that entry of {sender}'s log",
    "not-received": "that it ever reached {recipient}: there is no receipt",
    "received-not-cosigned": "that {sender} witnessed that entry of {recipient}'s log",
    "record-not-signed": "what the newest of its records say: no checkpoint covers them yet",
    "record-not-cosigned": "that the other side witnessed all of its records",
}
"""Codes of what is not proven, with their sentences: one of each message, then of the records."""


def gaps(
    messages: Sequence[Said], records: Sequence[Entry], unsigned: int, centres: Sequence[str]
) -> Iterator[Unproven]:
    """Yield what is not proven, in the order of the messages. ``centres`` are the two."""
    other = dict(zip(centres, reversed(centres), strict=True))
    for said in messages:
        if said.sent is None:
            yield Unproven("not-in-senders-log", said.id)
        elif not said.sent.seen_by(said.body.recipient):
            yield Unproven("sent-not-cosigned", said.id)
        if said.received is None:
            yield Unproven("not-received", said.id)
        elif not said.received.seen_by(said.body.sender):
            yield Unproven("received-not-cosigned", said.id)
    if unsigned:
        yield Unproven("record-not-signed")
    if not all(entry.seen_by(other[entry.centre]) for entry in records):
        yield Unproven("record-not-cosigned")
