"""The entries of an exercise's record: what the director did, and when.

One JSON object a line. Every entry has ``n`` (from 1, without gaps), ``at`` (RFC 3339, UTC, the
director's wall clock), ``t`` (seconds of the scenario's clock since STARTEX, null before it) and
``prev`` (SHA-256 of the line before, hex; 64 zeros at the first). The last line's hash is entered
in both journals at ENDEX, so that the record cannot be changed afterwards without being found out.
What the crews and nodes did is not here: their journals say it.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Event(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="event", forbid_unknown_fields=True
):
    """What an entry says; the fields of its kind stand beside ``n``, ``at``, ``t``, ``prev``."""


class NodeAtStart(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it was found at STARTEX. ``logs`` has the number of entries by log's origin.

    ``ahead_s`` is how far its clock was ahead of the director's, 0 where that is less than asking
    takes.
    """

    centre: str
    status: str
    version: str
    card: str
    letter: str
    logs: dict[str, int]
    ahead_s: float = 0.0


class Opened(Event, frozen=True, kw_only=True, tag="opened"):
    """The first entry: which scenario, on what ground, how fast."""

    name: str
    scenario: str
    """SHA-256 of the scenario's file, hex; the file lies beside the record as scenario.yaml."""
    seed: int
    time_factor: float
    ground: str
    version: str
    humans: tuple[str, ...] = ()
    """Centres whose crew is human though the scenario simulates it."""
    mark: str = ""
    """What stands behind every reference of this run; empty where the nodes were made for it."""


class Cleared(Event, frozen=True, kw_only=True, tag="cleared"):
    """What stood at a node from earlier play, and the director has ended before STARTEX.

    ``ended`` are references of the centre's notices, withdrawn or ended by its own node, ``alarms``
    the codes of those acknowledged as the director, ``watch`` the simulated officer who left it.
    """

    centre: str
    ended: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    watch: str = ""


class Startex(Event, frozen=True, kw_only=True, tag="startex"):
    """Play begins. ``starts`` is the scenario's clock at this moment, RFC 3339."""

    nodes: tuple[NodeAtStart, ...]
    starts: str


class Paused(Event, frozen=True, kw_only=True, tag="paused"):
    """The scenario's clock stands still; the nodes' own timers do not."""

    by: str
    why: str = ""


class Resumed(Event, frozen=True, kw_only=True, tag="resumed"):
    """The scenario's clock goes on."""

    by: str


class DirectorRestarted(Event, frozen=True, kw_only=True, tag="director-restarted"):
    """The director was gone, and goes on from this record."""

    last: str
    """When the entry before was written: the scenario's clock stood still from then on."""
    cut: int = 0
    """Bytes of a line that was not written to its end, and is cut off."""


class InjectAdded(Event, frozen=True, kw_only=True, tag="inject-added"):
    """An extra inject, with the fields of `scenario.shape.Inject`."""

    inject: dict[str, Any]
    by: str


class InjectDue(Event, frozen=True, kw_only=True, tag="inject-due"):
    """Its time has come; written before anything is done, so that a restart does not do it twice.

    ``reference`` is the one that a notice is going to have, empty where the message has none.
    ``planned`` has the fields of an inject that a generator made, but for its message: they are in
    no file, and what is expected of it is judged by them.
    """

    inject: str
    reference: str = ""
    planned: dict[str, Any] | None = None


class InjectDelivered(Event, frozen=True, kw_only=True, tag="inject-delivered"):
    """Done. ``message`` is the id of the message that carried it, empty where none did.

    ``simulated`` is whether the director or a simulated crew did it: false for people. ``refused``
    is the code with which the originator's own node refused what was wrong on purpose.
    """

    inject: str
    message: str = ""
    reference: str = ""
    peer: str = ""
    originator: str = ""
    simulated: bool = True
    refused: str = ""


class InjectSkipped(Event, frozen=True, kw_only=True, tag="inject-skipped"):
    """It will not be delivered; what was expected of it is void. ``planned`` as of `InjectDue`."""

    inject: str
    by: str
    why: str
    planned: dict[str, Any] | None = None


class InjectFailed(Event, frozen=True, kw_only=True, tag="inject-failed"):
    """It could not be delivered: ``code`` and ``text`` of the error."""

    inject: str
    code: str
    text: str


class FaultBegan(Event, frozen=True, kw_only=True, tag="fault-began"):
    """``at`` is when it had taken effect. ``means`` says through what, such as proxy or netem."""

    inject: str
    kind: str
    centre: str
    amount: float
    means: str


class FaultEnded(Event, frozen=True, kw_only=True, tag="fault-ended"):
    """What was broken is whole again; ``at`` is when it was.

    ``left`` is whether that is only because the director leaves play for later: once play goes on,
    it is broken anew for the time that was left.
    """

    inject: str
    kind: str
    left: bool = False


class CrewActed(Event, frozen=True, kw_only=True, tag="crew-acted"):
    """What a simulated crew meant to do: ``mistake`` names the one that it made on purpose."""

    centre: str
    officer: str
    what: str
    message: str = ""
    mistake: str = ""


class CrewFinished(Event, frozen=True, kw_only=True, tag="crew-finished"):
    """A simulated crew has finished what a delivered inject asked of it: a task, a call, a relief.

    Where it is missing, a director that goes on asks the crew again, which looks at its node for
    what is done already.
    """

    inject: str


class Judged(Event, frozen=True, kw_only=True, tag="judged"):
    """An expectation as the board showed it then; the report judges anew from the journals."""

    expectation: str
    verdict: str
    text: str = ""


class Commented(Event, frozen=True, kw_only=True, tag="commented"):
    """An evaluator's comment, on an inject or, where that is empty, on the whole."""

    by: str
    text: str
    inject: str = ""


class RealWorld(Event, frozen=True, kw_only=True, tag="real-world"):
    """Real world, no play: play has stopped on both sides. ``by`` is who called it, and where."""

    by: str
    text: str = ""


class PlayStopped(Event, frozen=True, kw_only=True, tag="play-stopped"):
    """Both nodes have stopped: real seconds from the call to each one's word, by centre.

    ``unreached`` are the centres that could not be told by the director; the line may have.
    """

    after_s: dict[str, float]
    unreached: tuple[str, ...] = ()


ENDED = {
    "time": "the time is over",
    "all-done": "everything is done",
    "ended": "before its time",
    "real-world": "real world, no play",
}
"""What people read of each reason for ENDEX."""


class Endex(Event, frozen=True, kw_only=True, tag="endex"):
    """The last entry but for comments. ``why``: time, all-done, ended, real-world."""

    why: str
    by: str = ""
    logs: dict[str, dict[str, int]] = {}
    """The number of entries of each log at ENDEX, by centre and origin."""


EVENTS = (
    Opened, Cleared, Startex, Paused, Resumed, DirectorRestarted, InjectAdded, InjectDue,
    InjectDelivered, InjectSkipped, InjectFailed, FaultBegan, FaultEnded, CrewActed, CrewFinished,
    Judged, Commented, RealWorld, PlayStopped, Endex,
)  # fmt: skip
"""Every kind of entry."""
