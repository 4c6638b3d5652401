"""What each kind of difference means, and what to do about it, in words for whoever reads it.

``docs/spec/reconcile.md`` explains them at length; a test keeps both lists the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code stands for: a title, what it means, and what to do."""

    title: str
    means: str
    todo: str


_EVIDENCE = (
    "keep both records as they are, and have each side write the evidence of the messages "
    "concerned with `hotline log evidence`"
)
_VERIFY = "run `hotline log verify` on that record; compare it with an older backup of the same"

MEANINGS: Final[dict[str, Meaning]] = {
    "fork": Meaning(
        "two histories under one signature",
        "the owner of the log signed two different states of it for one number of entries: one "
        "history was shown to the peer, another is in the record",
        "keep both signed notes: they prove it to anybody who has the owner's card",
    ),
    "rewritten": Meaning(
        "the record is not the one that was signed",
        "the other side holds a checkpoint that the owner of the log signed, and the log in the "
        "owner's record does not lead to it: entries were changed, added, removed or moved",
        "keep both records; the note that is quoted proves what the owner once signed",
    ),
    "restored": Meaning(
        "one side was restored from an older copy",
        "the record of one side went back to an older copy, and its own signed record `recovered`, "
        "which is the entry that is named, says that this log was closed for it: what it had said, "
        "received or confirmed after that copy is lost on that side, and the other side's record "
        "has it",
        "keep an export of the other side's record with this one: together they are whole; "
        "`hotline log show` tells the record that is named",
    ),
    "rolled-back": Meaning(
        "the record is shorter than what was signed",
        "the other side holds the owner's signature over more entries than the record has: it is "
        "an older copy, or its end was cut off",
        "ask the owner for its newest record; if this is it, the node was restored from an old "
        "copy and has to be recovered with `hotline recover`",
    ),
    "mirror-differs": Meaning(
        "the copy of the other log is another one",
        "what one side keeps of the other's log is not that log, and no signature in either "
        "record says which of the two is right",
        _VERIFY,
    ),
    "mirror-behind": Meaning(
        "more was cosigned than is kept",
        "one side cosigned a longer log of the other than its own record follows: what it had "
        "seen and confirmed is gone from its record",
        "ask that side for its newest record; if this is it, the end of it was lost or cut off",
    ),
    "checkpoint-not-signed": Meaning(
        "a checkpoint that its log's owner did not sign",
        "one side keeps a checkpoint as the other's, and the other's log key did not sign it",
        _VERIFY,
    ),
    "cosignature-differs": Meaning(
        "the peer cosigned another log",
        "one side keeps a cosignature of the other over a state that its own log never had, or "
        "that the other's witness key did not make",
        _VERIFY,
    ),
    "message-not-received": Meaning(
        "said and receipted, but not in the recipient's record",
        "the recipient signed a receipt for the message, and its record does not have it: the "
        "recipient cannot deny that it was told",
        _EVIDENCE,
    ),
    "message-not-sent": Meaning(
        "received, but not in the sender's record",
        "one side has the message with the sender's signature, and the sender's record does not "
        "have it: the sender cannot deny that it was said",
        _EVIDENCE,
    ),
    "message-differs": Meaning(
        "two messages under one number",
        "both records have a message under this number, and they are not the same",
        _EVIDENCE,
    ),
    "message-repeated": Meaning(
        "one number used twice in one record",
        "one record has two entries for one number of a stream; each number is used once",
        _VERIFY,
    ),
    "sequence-gap": Meaning(
        "a number that neither record has",
        "numbers of a stream follow each other without a gap, and here both records lack some: "
        "they were taken out on both sides",
        _VERIFY,
    ),
    "signed-twice": Meaning(
        "the sender contradicted itself",
        "one side keeps a second message that the other signed under a number it had used",
        "keep the entry that is named: it holds the second message with its signature",
    ),
    "receipt-without-entry": Meaning(
        "a receipt for what is not there",
        "the receipt says that the message is a certain entry of the recipient's log, and that "
        "entry is something else",
        _EVIDENCE,
    ),
    "receipt-without-message": Meaning(
        "a receipt for what was never said",
        "one side keeps a receipt for messages that its own record does not have",
        _VERIFY,
    ),
    "receipt-missing": Meaning(
        "a receipt that the sender had, and does not show",
        "the sender follows, or has cosigned, the recipient's log beyond this message, which it "
        "does only once it holds the receipt; its record has none",
        "ask the sender for its newest record; the recipient's log and its cosignatures prove "
        "when the message was there",
    ),
    "time-differs": Meaning(
        "two moments for one message",
        "the recipient's record says another time than the receipt that it signed",
        "the receipt is what the recipient signed first; " + _EVIDENCE,
    ),
    "record-unsound": Meaning(
        "a record contradicts itself",
        "something in one record does not fit the rest of the same record",
        _VERIFY,
    ),
    "record-does-not-hold": Meaning(
        "a record does not hold by itself",
        "verification of one record alone failed, so what it says is not what was signed",
        "run `hotline log verify` on that record: it names every step and entry that fails",
    ),
}
"""By code, in the order of the specification."""
