"""The line: the sans-I/O protocol between two centres that share a sky.

In come frames, the time, and what the node's journal has made durable; out go frames to send and
events. What comes out of here as received is authentic, in order and complete; what the peer
did wrong comes out as evidence. Nothing in here opens a socket, reads a clock or stores
anything, so both ends run against each other in a test, cut anywhere.

`Association` is the door; `states.py` holds the transition table. The protocol is specified in
`docs/spec/association.md`. May import `wire`, `trust`, `model` and `errors`; pure.
"""

from hotline.line.association import Association
from hotline.line.events import (
    Acknowledgement,
    Associated,
    ClockMeasured,
    Closed,
    CosignatureVerified,
    Event,
    GroupReceived,
    GroupRepeated,
    PeerIdentified,
    PeerMisbehaved,
    ReceiptRepeated,
    ReceiptVerified,
    RejectionReceived,
    ResendRequested,
    ShutdownReceived,
    StateChanged,
    Undefined,
)
from hotline.line.outgoing import Want
from hotline.line.states import Input, State
from hotline.line.terms import (
    IncomingState,
    Instant,
    OutgoingState,
    RateLimit,
    ResumeState,
    Terms,
    Timers,
    Window,
)

__all__ = [
    "Acknowledgement",
    "Associated",
    "Association",
    "ClockMeasured",
    "Closed",
    "CosignatureVerified",
    "Event",
    "GroupReceived",
    "GroupRepeated",
    "IncomingState",
    "Input",
    "Instant",
    "OutgoingState",
    "PeerIdentified",
    "PeerMisbehaved",
    "RateLimit",
    "ReceiptRepeated",
    "ReceiptVerified",
    "RejectionReceived",
    "ResendRequested",
    "ResumeState",
    "ShutdownReceived",
    "State",
    "StateChanged",
    "Terms",
    "Timers",
    "Undefined",
    "Want",
    "Window",
]
