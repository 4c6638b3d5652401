"""The shapes of the API, one frozen struct each; the OpenAPI document is made from them.

Times are RFC 3339 in UTC with six decimals; ids of messages are 64 hexadecimal digits.
Fields are only ever added.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What all shapes have in common."""


class Problem(Shape):
    """An error: the code is stable, the hint says the mend. RFC 9457 in spirit."""

    code: str
    message: str
    hint: str = ""


class Flag(Shape):
    """Something remarkable about a received message."""

    code: str
    text: str
    field: str = ""


class Receipt(Shape):
    """The peer's proof: durable there at ``durable_at`` (its clock), verified here at ``taken_at``.

    ``index`` is the message's entry in the peer's log.
    """

    durable_at: str
    taken_at: str
    index: int


class MessageView(Shape):
    """One message as this node's journal knows it.

    ``state`` says in one word where it stands: ``queued`` (durable here, no receipt), ``receipted``,
    ``unread``, ``read``, ``answered``, ``standing-by``. ``warning_s`` is the warning time in
    seconds: the earliest start minus the moment it was durable at the receiver; None where the
    message has no start or no receipt yet. ``life`` is the notice's state (planned, ...).
    """

    id: str
    peer: str
    direction: str
    kind: str
    precedence: str
    seq: int
    entry: int
    created_at: str
    entered_at: str
    state: str
    reference: str | None
    about: str | None
    title: str
    receipt: Receipt | None
    read_by: str | None
    read_at: str | None
    answer: str | None
    answered_by: str | None
    answered_at: str | None
    due_at: str | None
    warning_s: float | None
    life: str | None
    flags: list[Flag]
    message: dict[str, Any] | None
    text: str


class MessagePage(Shape):
    """Messages, newest first."""

    messages: list[MessageView]


class Thread(Shape):
    """A message and all that belongs to it, oldest first."""

    message: MessageView
    thread: list[MessageView]


class SendRequest(Shape):
    """A message to send, as its file gives it; ``peer`` may be empty when there is one line.

    With ``wait_s`` above 0 the answer comes when the receipt is durable, or after that time.
    """

    document: dict[str, Any]
    peer: str = ""
    precedence: str | None = None
    officer: str = ""
    wait_s: float = 0.0


class Sent(Shape):
    """A message that is signed and durable; ``receipt`` is None while none has come."""

    id: str
    peer: str
    reference: str | None
    precedence: str
    seq: int
    entry: int
    created_at: str
    receipt: Receipt | None


class ReplyRequest(Shape):
    """An officer's answer; ``read_back`` has the form of docs/spec/notice.md.

    ``read_back_signed`` asks the node to read back the signed fields themselves: for programs
    that play an officer, never for officers.
    """

    answer: str
    officer: str
    read_back: dict[str, Any] | None = None
    read_back_signed: bool = False
    reason: str = ""
    proposal: list[dict[str, Any]] = []
    wait_s: float = 0.0


class ReadRequest(Shape):
    """Who opened a message."""

    officer: str


class AcknowledgeRequest(Shape):
    """Who acknowledges an alarm."""

    officer: str


class AlarmView(Shape):
    """One alarm; ``id`` 0 marks one that the journal could not take yet."""

    id: int
    code: str
    peer: str
    subject: str
    text: str
    raised_at: str
    cleared_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None


class AlarmPage(Shape):
    """Alarms, oldest first."""

    alarms: list[AlarmView]


class LineView(Shape):
    """One line. ``backlog`` counts messages without a receipt, by precedence."""

    peer: str
    up: bool
    state: str
    since: str
    epoch: int
    dials: bool
    remote: str | None
    last_contact_s: float | None
    round_trip_ms: float | None
    clock_offset_ms: float | None
    backlog: dict[str, int]
    oldest_unreceipted_s: float
    log_entries: int
    unwitnessed_entries: int
    unwitnessed_s: float
    letter: str
    letter_differs: bool
    last_error: str


class Wrong(Shape):
    """One thing that is wrong, worst first, with its mend."""

    code: str
    text: str
    hint: str


class Status(Shape):
    """The node at a glance; ``wrong`` is empty when all is well."""

    centre: str
    status: str
    version: str
    now: str
    started_at: str
    wrong: list[Wrong]
    fenced: str | None
    lines: list[LineView]
    alarms: list[AlarmView]
    unread: int
    unanswered: int
    node_log_entries: int


class Check(Shape):
    """One check of the doctor; ``mend`` is empty where it passed."""

    name: str
    ok: bool
    text: str
    mend: str = ""


class Doctor(Shape):
    """All checks."""

    ok: bool
    checks: list[Check]


class EntryView(Shape):
    """One entry of a log; ``what`` is a message's summary or a record's decoded payload."""

    log: str
    entry: int
    kind: str
    at: str
    what: dict[str, Any]


class EntryPage(Shape):
    """Entries, newest first."""

    entries: list[EntryView]
