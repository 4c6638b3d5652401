"""The shapes of the API, one frozen struct each; the OpenAPI document is made from them.

Times are RFC 3339 in UTC with six decimals; ids of messages are 64 hexadecimal digits.
Fields are only ever added.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What all shapes have in common."""


class Request(Shape, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request's body must be: a field that is not known is refused, never ignored."""


class Marked(Shape, frozen=True, kw_only=True):
    """An answer of a node. ``traffic`` marks what is not actual: ``EXERCISE`` and its name."""

    traffic: str = ""


class Problem(Shape, frozen=True, kw_only=True):
    """An error: the code is stable, the hint says the mend. RFC 9457 in spirit.

    ``kind`` is the class in ``hotline.errors``, so that the client raises the same one.
    """

    code: str
    message: str
    hint: str = ""
    kind: str = "HotlineError"


class Health(Shape, frozen=True, kw_only=True):
    """The node's loop runs. ``play_name`` is what is played now, which everybody is to see."""

    centre: str
    status: str
    version: str
    uptime_s: float
    play_name: str = ""


class Readiness(Shape, frozen=True, kw_only=True):
    """Whether messages can be taken; ``reason`` says why not. A line that is down is no reason."""

    ready: bool
    reason: str = ""


class Flag(Shape, frozen=True, kw_only=True):
    """Something remarkable about a received message.

    ``found_at`` is when it was found, where that was after the message was taken; of
    `airspace.compared-later` it is when the message was compared, null until then.
    """

    code: str
    text: str
    field: str = ""
    found_at: str | None = None


class Receipt(Shape, frozen=True, kw_only=True):
    """The peer's proof: durable there at ``durable_at`` (its clock), verified here at ``taken_at``.

    ``index`` is the message's entry in the peer's log.
    """

    durable_at: str
    taken_at: str
    index: int


class Place(Shape, frozen=True, kw_only=True):
    """A position on WGS 84, in degrees."""

    lat: float
    lng: float


class Outline(Shape, frozen=True, kw_only=True, tag_field="type", tag="MultiPolygon"):
    """An area as a geometry of GeoJSON (RFC 7946): polygons of rings of longitude and latitude."""

    coordinates: list[list[list[tuple[float, float]]]]


class RelationView(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What this node finds two notices to be to each other, as docs/spec/airspace.md has it.

    ``relation`` is conflict, proximity, possible or clear. ``own`` is this centre's reference and
    ``other`` the peer's; ``own_id`` and ``other_id`` are the messages that were compared. The rest
    says where, between which heights above WGS 84, and from when until when; null is unbounded or
    not known. ``distance_m``, ``vertical_m`` and ``time_gap_s`` are the closest approach, 0 where
    they meet. ``since`` is when this was entered, null where that is not looked up or not done
    yet. ``text`` says all of it in one sentence: it is for people, and may change. ``drawn`` is
    the area where two in conflict meet, where it was asked for and can be drawn.
    """

    line: str
    relation: str
    own: str
    other: str
    own_id: str
    other_id: str
    by_right: bool
    text: str
    place: Place | None = None
    altitude_lower_m: float | None = None
    altitude_upper_m: float | None = None
    from_: str | None = None
    until: str | None = None
    distance_m: float | None = None
    vertical_m: float | None = None
    time_gap_s: float | None = None
    since: str | None = None
    drawn: Outline | None = None


class MessageView(Marked, frozen=True, kw_only=True):
    """One message as this node's journal knows it.

    ``state`` says in one word where it stands: ``queued`` (durable here, no receipt),
    ``receipted``, ``unread``, ``read``, ``answered``, ``standing-by``. ``warning_s`` is the
    warning time in seconds: the earliest start minus the moment it was durable at the receiver;
    None where the message has no start or no receipt yet. ``life`` is the notice's state
    (planned, ...). ``composed_by`` is the officer whom the message names as its composer.
    ``rendering`` is the message in the language that was asked for; None where none was.

    Of messages about a notice: ``warning_needed_s`` is the letter's minimum, given with the
    contents (notice, revision); ``starts_at`` and ``ends_at`` are the first start and the last end
    of the notice as it stands now, None where one is open; ``open_steps`` are the kinds that this
    centre may send about it next; ``relations`` what it is to the peer's, or ours, now, the gravest
    first, at most 20, while it is in force. ``owner`` is the centre that gave the notice: the
    reference alone does not say, since each centre chooses its own; empty where there is none.
    ``namesake`` is whether both centres of the line have given a notice of that name.
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
    composed_by: str | None = None
    rendering: str | None = None
    warning_needed_s: float | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    open_steps: list[str] = []
    relations: list[RelationView] = []
    owner: str = ""
    namesake: bool = False


class MessagePage(Marked, frozen=True, kw_only=True):
    """Messages, newest first. ``before`` asks for those that come next, null where none do."""

    messages: list[MessageView]
    before: str | None = None


class Reading(Shape, frozen=True, kw_only=True):
    """An officer of this centre has opened a message."""

    officer: str
    at: str


class Thread(Marked, frozen=True, kw_only=True):
    """A message and all that belongs to it, oldest first.

    ``readings`` are those of the message, the first one first, at most 50. ``checked`` is what this
    node finds to flag in a message of its own, by the letter in force and the moment of the peer's
    receipt (without one: by now); None where that was not asked for, or cannot be said. The peer's
    node flags for itself, and tells nothing of it.
    """

    message: MessageView
    thread: list[MessageView]
    readings: list[Reading] = []
    checked: list[Flag] | None = None


class SendRequest(Request, frozen=True, kw_only=True):
    """A message to send, as its file gives it; ``peer`` may be empty when there is one line.

    With ``wait_s`` above 0 the answer comes when the receipt is durable, or after that time.
    ``released_by`` is the second officer, where the letter asks for one; a session names none,
    since whoever releases does so in his own.
    """

    document: dict[str, Any]
    peer: str = ""
    precedence: str | None = None
    officer: str = ""
    wait_s: float = 0.0
    released_by: str = ""


class Sent(Marked, frozen=True, kw_only=True):
    """A message that is signed and durable; ``receipt`` is None while none has come.

    ``flags`` is what the composer should know of it: less warning than the letter asks for,
    contradictions between words and numbers, comparisons that are not at their end, and which
    conflict it has ended.
    ``relations`` is what the notice is to the peer's, as this node finds at once.
    """

    id: str
    peer: str
    reference: str | None
    precedence: str
    seq: int
    entry: int
    created_at: str
    receipt: Receipt | None
    flags: list[Flag] = []
    relations: list[RelationView] = []


class ReplyRequest(Request, frozen=True, kw_only=True):
    """An officer's answer; ``read_back`` has the form of docs/spec/notice.md.

    ``read_back_signed`` asks the node to read back the signed fields themselves: for programs
    that play an officer, never for officers. ``phrases`` are numbers of the letter's phrase book.
    ``as_of`` is the id of the newest message of the thread that the officer has seen: where it is
    given, and the notice was changed or answered since, nothing is signed (`reply.superseded`,
    `reply.answered-meanwhile`).
    """

    answer: str
    officer: str
    read_back: dict[str, Any] | None = None
    read_back_signed: bool = False
    reason: str = ""
    proposal: list[dict[str, Any]] = []
    phrases: list[int] = []
    wait_s: float = 0.0
    as_of: str = ""


class ReadRequest(Request, frozen=True, kw_only=True):
    """Who opened a message."""

    officer: str


class AcknowledgeRequest(Request, frozen=True, kw_only=True):
    """Who acknowledges an alarm."""

    officer: str


class AlarmView(Shape, frozen=True, kw_only=True):
    """One alarm; ``id`` 0 marks one that the journal could not take yet.

    ``priority`` is high, medium or low. One with ``shelved_until`` is kept quiet until then, by
    whom and why: it stands, and is shown, and neither flashes nor sounds.
    """

    id: int
    code: str
    peer: str
    subject: str
    text: str
    raised_at: str
    cleared_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    priority: str = "medium"
    shelved_until: str | None = None
    shelved_by: str = ""
    shelved_reason: str = ""


class AlarmPage(Marked, frozen=True, kw_only=True):
    """Alarms, oldest first. ``more`` is whether there are older ones of those asked for."""

    alarms: list[AlarmView]
    more: bool = False


class LineView(Shape, frozen=True, kw_only=True):
    """One line. ``backlog`` counts messages without a receipt, by precedence.

    ``last_contact_s`` is since when nothing was heard of the peer, also while the line is down;
    None where it was not heard since the node started: ``last_recorded_at`` is then when the newest
    message or receipt of it that the record holds was entered.

    ``activities`` counts the notices that stand, by who gave them (own, peer), ``relations`` what
    they are to each other, by kind. ``comparing`` is while not all of them are compared yet,
    ``loading`` while what stood before the node started is still being read.
    """

    peer: str
    up: bool
    state: str
    since: str
    epoch: int
    dials: bool
    remote: str | None
    last_contact_s: float | None
    last_recorded_at: str | None = None
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
    activities: dict[str, int] = {}
    relations: dict[str, int] = {}
    comparing: bool = False
    loading: bool = False


class WitnessView(Shape, frozen=True, kw_only=True):
    """An outside witness that is asked; ``cosigned`` is how many entries of each log, by origin.

    ``waiting_s`` is for how long it has owed a cosignature, ``last_error`` why, when it was asked.
    """

    name: str
    url: str
    cosigned: dict[str, int]
    waiting_s: float
    late: bool
    last_error: str


class Wrong(Shape, frozen=True, kw_only=True):
    """One thing that is wrong, worst first, with its mend.

    ``alarm`` is the number of the alarm where only that tells of it; 0 while it has none.
    """

    code: str
    text: str
    hint: str
    alarm: int | None = None


class Status(Marked, frozen=True, kw_only=True):
    """The node at a glance; ``wrong`` is empty when all is well.

    ``play`` is where an exercise stands here: none, running, paused or stopped; ``play_name`` is
    its name. ``on_duty`` has the watch, empty where nobody has it; ``on_duty_disabled`` is whether
    that officer was disabled since. ``to_review`` was relieved, and has not signed off yet.
    ``tasks`` counts what the crew has been told to do in the exercise, ``offered`` the drafts that
    wait to be released by a second officer, ``proposals`` our notices in force to which the peer
    proposes a change that nobody has taken up yet.
    """

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
    witnesses: list[WitnessView] = []
    play: str = "none"
    play_name: str = ""
    play_since: str | None = None
    on_duty: str = ""
    on_duty_since: str | None = None
    on_duty_disabled: bool = False
    to_review: str = ""
    tasks: int = 0
    offered: int = 0
    proposals: int = 0


class Check(Shape, frozen=True, kw_only=True):
    """One check of the doctor; ``mend`` is empty where it passed."""

    name: str
    ok: bool
    text: str
    mend: str = ""


class Doctor(Marked, frozen=True, kw_only=True):
    """All checks."""

    ok: bool
    checks: list[Check]


class EntryView(Shape, frozen=True, kw_only=True):
    """One entry of a log; ``what`` is a message's summary or a record's decoded payload.

    ``text`` says it in words: who said what to whom. It is for people, and may change.
    """

    log: str
    entry: int
    kind: str
    at: str
    what: dict[str, Any]
    text: str


class EntryPage(Marked, frozen=True, kw_only=True):
    """Entries, newest first; oldest first where ``after`` was asked for.

    ``after`` and ``before`` are cursors to ask on with: for what comes after all of these, and for
    what lies before. ``more`` says whether the page ended at its limit.
    """

    entries: list[EntryView]
    after: str
    before: str
    more: bool
