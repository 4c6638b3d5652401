"""The board: everything of an exercise that somebody who looks on wants to see, as one shape.

It is what the control socket answers, what the terminal shows, and what a console may show. Fields
are only ever added. Times ``t`` are seconds of the scenario since STARTEX; others RFC 3339 in UTC.
"""

from __future__ import annotations

import msgspec

from hotline.exercise.judging.verdict import Outcome
from hotline.exercise.play.following import Follower
from hotline.exercise.play.msel import Row, State
from hotline.exercise.play.scene import Scene
from hotline.exercise.record.line import time_text
from hotline.exercise.scenario.shape import Expectation
from hotline.exercise.scenario.wording import inject_said, owed_said

STORY = 40
"""Lines of the story that the board carries, the newest ones."""
TRAFFIC = 20
"""Injects of mock traffic that it carries, the newest delivered ones."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What all parts have in common."""


class CentreShown(Part, frozen=True, kw_only=True):
    """A centre. ``crew`` is human or simulated; ``gone`` says why its node cannot be asked.

    ``backlog`` counts its messages without a receipt, ``alarms`` those that nobody has taken
    notice of. ``play`` is where play stands at its node, ``on_duty`` who has the watch there.
    ``seat`` is how every command of its officers begins, empty where its node is elsewhere.
    """

    centre: str
    crew: str
    gone: str = ""
    line_up: bool = False
    backlog: int = 0
    unread: int = 0
    alarms: int = 0
    play: str = ""
    on_duty: str = ""
    seat: str = ""


class ExpectationShown(Part, frozen=True, kw_only=True):
    """An expectation. ``left_s`` is what is left of its limit, None where it does not count.

    ``real_time`` is whether that is in real seconds, not in those of the scenario. ``owed`` is what
    is owed by whom, as in ``iaf: acknowledge line.down``. ``settled_at`` is when it was decided, or
    its time was over, by the director's clock, ``settled_t`` the same on the scenario's; None of
    what is open or void.
    """

    id: str
    kind: str
    centre: str
    never: bool
    within_s: float
    verdict: str
    text: str
    left_s: float | None
    real_time: bool
    owed: str = ""
    settled_at: str | None = None
    settled_t: float | None = None


class InjectShown(Part, frozen=True, kw_only=True):
    """An inject. ``due_t`` is None while it follows one that has not been delivered."""

    id: str
    title: str
    act: str
    originator: str
    recipient: str
    state: str
    due_t: float | None
    t: float | None
    message: str
    reference: str
    text: str
    traffic: bool
    extra: bool
    expectations: list[ExpectationShown]


class FaultShown(Part, frozen=True, kw_only=True):
    """What is broken on purpose now."""

    inject: str
    kind: str
    centre: str
    amount: float


class TaskShown(Part, frozen=True, kw_only=True):
    """What the crew of a centre was told to do by itself."""

    inject: str
    centre: str
    t: float
    text: str


class LineShown(Part, frozen=True, kw_only=True):
    """One line of the story."""

    at: str
    t: float | None
    kind: str
    text: str


class Board(Part, frozen=True, kw_only=True):
    """The whole board. ``state`` is running, paused, stopping or over.

    ``traffic`` marks it as every answer of a node is marked. ``counts`` are verdicts by outcome,
    ``traffic_done`` and ``traffic_total`` count the mock traffic, of which only the newest injects
    are listed.
    """

    traffic: str
    name: str
    title: str
    state: str
    t: float
    duration_s: float
    factor: float
    at: str
    ground: str
    centres: list[CentreShown]
    injects: list[InjectShown]
    faults: list[FaultShown]
    tasks: list[TaskShown]
    story: list[LineShown]
    counts: dict[str, int]
    traffic_done: int
    traffic_total: int


def board_of(scene: Scene, state: str) -> Board:
    """Return the board as it stands."""
    now_us = scene.wall_us()
    verdicts = scene.judge.verdicts()
    rows = list(scene.msel.rows.values())
    mock = [row for row in rows if row.traffic]
    done = [row for row in mock if row.state is not State.WAITING]
    newest = sorted(done, key=lambda row: row.t or 0.0)[-TRAFFIC:]
    return Board(
        traffic=f"EXERCISE {scene.scenario.name}",
        name=scene.scenario.name,
        title=scene.scenario.title,
        state=state,
        t=round(scene.now_t(), 3),
        duration_s=scene.scenario.duration_s,
        factor=scene.clock.factor,
        at=time_text(now_us),
        ground=scene.ground.kind,
        centres=[_centre(scene, one) for one in scene.followers.values()],
        injects=[
            _inject(scene, row, now_us) for row in [row for row in rows if not row.traffic] + newest
        ],
        faults=[
            FaultShown(
                inject=name,
                kind=inject.fault.kind.value,
                centre=inject.fault.centre,
                amount=inject.fault.amount,
            )
            for name, inject in scene.faults.standing.items()
            if inject.fault is not None
        ],
        tasks=[
            TaskShown(inject=task.inject, centre=task.centre, t=round(task.t, 3), text=task.text)
            for task in scene.tasks.values()
        ],
        story=[
            LineShown(at=time_text(line.at_us), t=line.t, kind=line.kind, text=line.text)
            for line in list(scene.story)[-STORY:]
        ],
        counts={
            outcome.value: sum(one.outcome is outcome for one in verdicts.values())
            for outcome in Outcome
        },
        traffic_done=len(done),
        traffic_total=len(mock),
    )


def _centre(scene: Scene, follower: Follower) -> CentreShown:
    centre, status = follower.centre, follower.status
    crew = scene.scenario.crews.get(centre)
    kind = crew.kind.value if crew is not None else "human"
    if status is None or follower.gone is not None:
        why = follower.gone.message if follower.gone is not None else "not asked yet"
        return CentreShown(centre=centre, crew=kind, gone=why, seat=scene.ground.seat(centre))
    other = scene.other(centre)
    line = next((one for one in status.lines if one.peer == other), None)
    return CentreShown(
        centre=centre,
        crew=kind,
        line_up=line is not None and line.up,
        backlog=sum(line.backlog.values()) if line is not None else 0,
        unread=status.unread,
        alarms=sum(alarm.acknowledged_at is None for alarm in status.alarms),
        play=status.play,
        on_duty=status.on_duty,
        seat=scene.ground.seat(centre),
    )


def _inject(scene: Scene, row: Row, now_us: int) -> InjectShown:
    inject = row.inject
    due_t = scene.msel.due_t(row)
    return InjectShown(
        id=inject.id,
        title=inject_said(inject),
        act=inject.act.value,
        originator=inject.originator,
        recipient=inject.recipient,
        state=row.state.value,
        due_t=due_t,
        t=row.t,
        message=row.message,
        reference=row.reference,
        text=row.text,
        traffic=row.traffic,
        extra=row.extra,
        expectations=[_expectation(scene, one, now_us) for one in inject.expectations],
    )


def _expectation(scene: Scene, one: Expectation, now_us: int) -> ExpectationShown:
    verdict = scene.judge.verdict(one.id)
    left_s = scene.judge.left_s(one.id, now_us)
    settled_t = None if verdict.at_us is None else scene.judge.course.t(verdict.at_us)
    return ExpectationShown(
        id=one.id,
        kind=one.kind.value,
        centre=one.centre,
        never=one.never,
        within_s=one.within_s,
        verdict=verdict.outcome.value,
        text=verdict.text,
        left_s=None if left_s is None else round(left_s, 1),
        real_time=verdict.real_time,
        owed=owed_said(one),
        settled_at=None if verdict.at_us is None else time_text(verdict.at_us),
        settled_t=None if settled_t is None else round(settled_t, 3),
    )
