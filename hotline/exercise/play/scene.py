"""What a director has in hand while it plays: the record and all that follows from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hotline.api.client import Client
from hotline.errors import ExerciseError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.crew.telephone import Telephone
from hotline.exercise.ground.ground import Ground
from hotline.exercise.judging.engine import Judge
from hotline.exercise.play.clocks import LiveClocks
from hotline.exercise.play.faults import Faults
from hotline.exercise.play.following import Follower
from hotline.exercise.play.msel import Msel
from hotline.exercise.record.events import Event, Judged, Startex
from hotline.exercise.record.line import Entry
from hotline.exercise.record.references import References
from hotline.exercise.record.writing import RecordWriter
from hotline.exercise.scenario.shape import CrewKind, Inject, Scenario

REMEMBERED = 200
"""Lines of the story that the board shows to whoever asks; the record has all of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story: ``kind`` is what it is about, for its colour."""

    at_us: int
    t: float | None
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """What the crew of a centre is to do by itself."""

    inject: str
    centre: str
    t: float
    text: str


class Scene:
    """Everything that is known of the exercise. All that changes goes through `record`."""

    def __init__(
        self,
        scenario: Scenario,
        ground: Ground,
        clock: ScenarioClock,
        writer: RecordWriter,
        traffic: tuple[Inject, ...],
        wall_us: Callable[[], int],
        references: References | None = None,
    ) -> None:
        self.scenario = scenario
        self.references = references if references is not None else References("")
        self.ground = ground
        self.clock = clock
        self.wall_us = wall_us
        self.writer = writer
        self.msel = Msel(scenario.injects, traffic)
        self.clocks = LiveClocks(wall_us, scenario.injects)
        self.judge = Judge(scenario, self.clocks.common_us)
        self.faults = Faults(ground, clock, self.record, self.say)
        self.telephone = Telephone()
        self.followers: dict[str, Follower] = {}
        self.tasks: dict[str, Task] = {}
        self.judged: dict[str, str] = {}
        """Verdicts that are in the record, by expectation."""
        self.story: deque[Line] = deque(maxlen=REMEMBERED)
        self.stopping = False
        """Whether the real world has called: nobody plays from then on."""
        self.said: Callable[[Line], None] = lambda _: None
        self.changed: Callable[[], None] = lambda: None
        """Told after each entry of the record."""

    @property
    def clients(self) -> dict[str, Client]:
        """The nodes, by centre."""
        return self.ground.clients

    def client(self, centre: str) -> Client:
        """Return a centre's node. Raises ExerciseError for a centre that is not here."""
        found = self.ground.clients.get(centre)
        if found is None:
            raise ExerciseError(
                "exercise.unknown-centre",
                f"{centre[:40]!a} is no centre of this exercise",
                f"name {' or '.join(self.ground.clients)}",
            )
        return found

    def is_human(self, centre: str) -> bool:
        """Whether people sit at a centre."""
        crew = self.scenario.crews.get(centre)
        return crew is not None and crew.kind is CrewKind.HUMAN

    def other(self, centre: str) -> str:
        """Return the centre that faces a centre."""
        return next(name for name in self.scenario.centres if name != centre)

    def now_t(self) -> float:
        """Return the scenario's second."""
        return self.clock.now_s()

    def record(self, event: Event) -> Entry:
        """Write an entry; once it is durable everything else learns of it."""
        begun = self.judge.course.begun or isinstance(event, Startex)
        entry = self.writer.append(event, self.clock.now_s() if begun else None)
        self.took(entry)
        self.changed()
        return entry

    def took(self, entry: Entry) -> None:
        """Take an entry of the record, new or found there."""
        self.judge.recorded(entry)
        self.msel.recorded(entry)
        self.clocks.recorded(entry)
        if isinstance(entry.event, Judged):
            self.judged[entry.event.expectation] = entry.event.verdict

    def say(self, kind: str, text: str) -> None:
        """Tell whoever looks on."""
        t = self.clock.now_s() if self.judge.course.begun else None
        line = Line(self.wall_us(), t, kind, text)
        self.story.append(line)
        self.said(line)
