"""The shapes of exercises: play, faults on purpose, and the watch with its relief.

The client's methods for them: ``exercise()``, ``tell_exercise(request)``, ``real_world(by, text)``,
``faults()``, ``break_(request)``, ``watch()``, ``take_step(request)``.
"""

from __future__ import annotations

from hotline.api.schema import Marked, Request, Shape


class ExerciseRequest(Request, frozen=True, kw_only=True):
    """What happened in an exercise, to be entered in the node's own log.

    ``event`` is startex, pause, resume, endex, real-world, comment or task (``text`` is what the
    crew of this centre is to do by itself; only while somebody plays). ``name`` is the exercise's,
    needed for startex; ``by`` who says it. ``record`` is given with endex: SHA-256 of the last line
    of the director's record, 64 hexadecimal digits. With real-world the node also sends a FLASH
    advisory, phrase 513, to every peer.
    """

    event: str
    by: str
    name: str = ""
    text: str = ""
    record: str = ""


class ExerciseEvent(Shape, frozen=True, kw_only=True):
    """One entry about play. ``entry`` is its place in the node's own log.

    Of a real-world: ``message`` is the id of the advisory that said it and ``peer`` the centre that
    it came from or went to; both are empty where this node's officer said it and no line was there.
    """

    entry: int
    at: str
    event: str
    name: str
    by: str
    text: str = ""
    record: str = ""
    message: str = ""
    peer: str = ""


class ExerciseView(Marked, frozen=True, kw_only=True):
    """Where play stands at this node.

    ``state`` is none, running, paused or stopped (real world, no play); ``since`` when it became
    so, null for none. ``events`` are the last ones, newest first, at most 100. ``unacknowledged``
    are the numbers of real-world alarms that nobody has taken notice of yet: play neither begins
    nor goes on before somebody has. After real-world ``sent`` are the ids of the advisories.
    ``tasks`` are what this centre's crew has been told to do in the exercise that is played, oldest
    first, the last 100.
    """

    state: str
    name: str
    since: str | None
    events: list[ExerciseEvent]
    unacknowledged: list[int] = []  # noqa: RUF012 - msgspec copies it
    sent: list[str] = []  # noqa: RUF012
    tasks: list[ExerciseEvent] = []  # noqa: RUF012


class FaultRequest(Request, frozen=True, kw_only=True):
    """Break something of this node on purpose, or, with ``off``, make it whole again.

    ``kind`` is clock-offset (``amount``: seconds, forward), slow-disk (``amount``: seconds a
    commit), full-disk, corrupted-frame or replayed-envelope; the last two are of the line with
    ``peer`` (the only one where none is named) and happen ``amount`` times, once where that is 0.
    ``for_s`` is after how many real seconds the node ends it by itself; null: until it is told, or
    stops. A kind that lasts already is replaced.
    """

    kind: str
    by: str
    amount: float = 0.0
    for_s: float | None = None
    peer: str = ""
    off: bool = False


class FaultView(Shape, frozen=True, kw_only=True):
    """A fault that lasts. ``until`` is when it ends by itself, null where it does not.

    ``left`` is how many frames or envelopes are still to be spoilt; null for what lasts.
    """

    kind: str
    amount: float
    by: str
    since: str
    until: str | None
    peer: str = ""
    left: int | None = None


class FaultPage(Marked, frozen=True, kw_only=True):
    """Faults that last now, oldest first."""

    faults: list[FaultView]


class WatchRequest(Request, frozen=True, kw_only=True):
    """A step of the watch, by ``officer``, who is the one that takes it.

    ``step`` is taken (nobody has the watch), briefed (the relieving officer asks for the brief),
    assumed (the relieving officer has the watch; ``relieved`` names who had it), reviewed (the
    relieved officer has monitored and signs off) or released (the watch ends without a relief).
    ``text`` is what the verbal brief added, or why.
    """

    step: str
    officer: str
    relieved: str = ""
    text: str = ""


class BriefItem(Shape, frozen=True, kw_only=True):
    """One thing that the relieving officer has to know; ``subject`` names it."""

    subject: str
    text: str


class BriefSection(Shape, frozen=True, kw_only=True):
    """All of one sort: ``total`` of them, of which ``items`` are told, the gravest first.

    ``name`` is unread, unanswered, proposals, unreceipted, drafts, alarms, conflicts, lines,
    notices, play or faults.
    """

    name: str
    total: int
    items: list[BriefItem]


class BriefView(Shape, frozen=True, kw_only=True):
    """What was put together for a relieving officer, and until when it is good for assuming.

    ``entry`` is the record that binds it, in the node's own log; ``digest`` the SHA-256 of it.
    ``changed`` are the names of sections that are no more as they were told: then, and when
    ``good`` is false for any other reason, a new brief is needed.
    """

    entry: int
    officer: str
    at: str
    good_until: str
    good: bool
    digest: str
    sections: list[BriefSection]
    changed: list[str] = []  # noqa: RUF012


class WatchStep(Shape, frozen=True, kw_only=True):
    """One entry about the watch. ``brief`` is the entry that an assumption rests on."""

    entry: int
    at: str
    step: str
    officer: str
    relieved: str = ""
    text: str = ""
    brief: int | None = None


class WatchView(Marked, frozen=True, kw_only=True):
    """Who has the watch, since when, and what is to be done next.

    ``on_duty`` is empty while nobody has it. ``to_review`` is the relieved officer who has not
    signed off yet. ``brief`` is the newest one that no assumption has followed, null without one.
    ``next`` says in words what may be done now. ``steps`` are the last ones, newest first, at most
    100.
    """

    on_duty: str
    since: str | None
    to_review: str = ""
    brief: BriefView | None = None
    next: list[str] = []  # noqa: RUF012
    steps: list[WatchStep] = []  # noqa: RUF012
