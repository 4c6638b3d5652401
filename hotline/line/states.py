"""States of an association, and everything that moves it from one to another.

Two rules:

- Everything that decides whether something is welcome *in a state*, and which state follows,
  stands in `TABLE` and nowhere else. Whether a HELLO, an envelope or a receipt *holds* is not a
  matter of state, and is decided elsewhere before its input comes here.
- This file does not know which frames, timers or journals there are.

Theory of operation. The names and their order are FMTP's (EUROCONTROL FMTP 2.0). A transport
connection comes up with a peer that TLS has identified: the side that dials sends its HELLO at
once (`ID_PENDING`), the side that listens waits for it (`SYSTEM_ID_PENDING`) and answers with its
own. When the peer's HELLO holds, the side is `READY`: each knows who the other is and what it
holds. The node then compares that with its journal, and associates. A STARTUP goes out
(`ASSOCIATION_PENDING`), and when both have crossed, messages may flow (`DATA_READY`). A STARTUP
that comes before this side has sent its own is kept, and counts as soon as it has.

SHUTDOWN ends the association, not the connection: both sides are `READY` again, no new messages
flow, but receipts, rejections and cosignatures for what has already crossed still do, since the
books are closed only when everything that was delivered is receipted.

An input that the table does not hold for a state is undefined: it changes nothing and is
reported. `DISCONNECT`, from wherever, ends in `IDLE`; an association that has been there is over,
and the next connection gets a new one.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an association is."""

    IDLE = "idle"
    CONNECTION_PENDING = "connection-pending"
    SYSTEM_ID_PENDING = "system-id-pending"
    ID_PENDING = "id-pending"
    READY = "ready"
    ASSOCIATION_PENDING = "association-pending"
    DATA_READY = "data-ready"


class Input(StrEnum):
    """What can happen to an association, from either side."""

    DIAL = "dial"
    DIALLED = "dialled"
    ACCEPTED = "accepted"
    HELLO = "hello"
    ASSOCIATE = "associate"
    STARTUP = "startup"
    SHUT_DOWN = "shut-down"
    SHUTDOWN = "shutdown"
    SEND_GROUP = "send-group"
    ENVELOPE = "envelope"
    RESEND = "resend"
    SEND_ANSWER = "send-answer"
    RECEIPT = "receipt"
    REJECTION = "rejection"
    COSIGNATURE = "cosignature"
    HEARTBEAT = "heartbeat"
    DISCONNECT = "disconnect"


STATE_MEANING = {
    State.IDLE: "no connection",
    State.CONNECTION_PENDING: "this side dials",
    State.SYSTEM_ID_PENDING: "this side was dialled and waits for the peer's HELLO",
    State.ID_PENDING: "this side has dialled, sent its HELLO and waits for the peer's",
    State.READY: "both are identified; nothing flows but answers to what has crossed before",
    State.ASSOCIATION_PENDING: "STARTUP sent, the peer's awaited",
    State.DATA_READY: "associated: messages flow",
}

INPUT_MEANING = {
    Input.DIAL: "the node begins to dial",
    Input.DIALLED: "transport is up and the peer is the right one by TLS; this side dialled",
    Input.ACCEPTED: "the same, and the peer dialled",
    Input.HELLO: "a HELLO came and holds",
    Input.ASSOCIATE: "the node has checked the HELLO against its journal",
    Input.STARTUP: "a STARTUP came",
    Input.SHUT_DOWN: "the node ends the association",
    Input.SHUTDOWN: "a SHUTDOWN came",
    Input.SEND_GROUP: "the node hands over a group of messages",
    Input.ENVELOPE: "an ENVELOPE came",
    Input.RESEND: "a RESEND came",
    Input.SEND_ANSWER: "the node hands over a receipt, rejection or cosignature",
    Input.RECEIPT: "a RECEIPT came",
    Input.REJECTION: "a REJECTION came",
    Input.COSIGNATURE: "a COSIGNATURE came",
    Input.HEARTBEAT: "a HEARTBEAT came",
    Input.DISCONNECT: "transport is lost, a timer has run out, or the peer has misbehaved",
}

_IDENTIFICATION = {
    Input.HELLO: State.READY,
    Input.DISCONNECT: State.IDLE,
}


def _identified(state: State) -> dict[Input, State]:
    """Return what is welcome wherever both sides are identified: the answers, and the ends."""
    answers = (
        Input.SEND_ANSWER,
        Input.RECEIPT,
        Input.REJECTION,
        Input.COSIGNATURE,
        Input.HEARTBEAT,
    )
    return dict.fromkeys(answers, state) | {
        Input.SHUT_DOWN: State.READY,
        Input.SHUTDOWN: State.READY,
        Input.DISCONNECT: State.IDLE,
    }


TABLE: dict[State, dict[Input, State]] = {
    State.IDLE: {
        Input.DIAL: State.CONNECTION_PENDING,
        Input.ACCEPTED: State.SYSTEM_ID_PENDING,
    },
    State.CONNECTION_PENDING: {
        Input.DIALLED: State.ID_PENDING,
        Input.DISCONNECT: State.IDLE,
    },
    State.SYSTEM_ID_PENDING: _IDENTIFICATION | {Input.SHUTDOWN: State.SYSTEM_ID_PENDING},
    State.ID_PENDING: _IDENTIFICATION | {Input.SHUTDOWN: State.ID_PENDING},
    State.READY: _identified(State.READY)
    | {Input.ASSOCIATE: State.ASSOCIATION_PENDING, Input.STARTUP: State.READY},
    State.ASSOCIATION_PENDING: _identified(State.ASSOCIATION_PENDING)
    | {Input.STARTUP: State.DATA_READY},
    State.DATA_READY: _identified(State.DATA_READY)
    | {
        Input.SEND_GROUP: State.DATA_READY,
        Input.ENVELOPE: State.DATA_READY,
        Input.RESEND: State.DATA_READY,
    },
}
