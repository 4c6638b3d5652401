"""The watch, and its relief: who is in charge now, and how that passes to the next one.

After the position relief briefing of FAA Order JO 7110.65, appendix A: the relieving officer looks
for himself, is briefed, and *says* that the watch is his, at a moment that nobody can mistake; the
one who was relieved stays until he has seen that nothing was forgotten. Here each of these is a
step, entered in the node's own log:

    nobody --taken--> on duty --briefed--> on duty, briefed --assumed--> on duty, to be reviewed
    on duty (whatever else) --released--> nobody        to be reviewed --reviewed--> on duty

Everything that changes who has the watch is in this file. It has no clock and keeps nothing: the
node, the verification and the tests all follow the same steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hotline.errors import UsageError

BRIEF_GOOD_US = 15 * 60 * 1_000_000
"""For how long a watch can be assumed on a brief, in microseconds. What was told goes stale."""


class WatchStep(StrEnum):
    """What an officer does about the watch."""

    TAKEN = "taken"
    """He takes it, since nobody has it."""
    BRIEFED = "briefed"
    """He has himself briefed, in order to relieve the one on duty."""
    ASSUMED = "assumed"
    """He has the watch, and relieves the one who had it."""
    REVIEWED = "reviewed"
    """He was relieved, has monitored the next one, and signs off."""
    RELEASED = "released"
    """He gives it up, and nobody relieves him: not how a watch should end."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a relieving officer was presented with: its entry, its time, the digest of its items."""

    officer: str
    entry: int
    at_us: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Taking:
    """One step: who takes it, when (microseconds since 1970), and as which entry of the log.

    ``relieved``, ``brief`` (an entry) and ``digest`` (of the items as they are now) belong to
    ``assumed``; ``digest`` also to ``briefed``.
    """

    step: WatchStep
    officer: str
    at_us: int
    entry: int = -1
    relieved: str = ""
    brief: int = -1
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who has the watch, since when, on what brief it can pass on, and who has still to sign off.

    ``on_duty`` is empty while nobody has it; ``since_us`` is then when it was released, None where
    nobody ever had it.
    """

    on_duty: str = ""
    since_us: int | None = None
    brief: Brief | None = None
    to_review: str = ""

    @property
    def abandoned(self) -> bool:
        """Whether somebody had the watch, and nobody has it now."""
        return not self.on_duty and self.since_us is not None


NOBODY = Watch()
"""As it is before anybody ever took the watch."""


def is_good(brief: Brief, now_us: int) -> bool:
    """Whether a brief is young enough; one of a later hour, after a clock was set back, is not."""
    return 0 <= now_us - brief.at_us <= BRIEF_GOOD_US


def advance(watch: Watch, taking: Taking) -> Watch:
    """Return how the watch stands after a step. Raises UsageError for one that is not possible.

    Nothing has changed then; the error's hint says which step is.
    """
    return _STEPS[taking.step](watch, taking)


def _taken(watch: Watch, taking: Taking) -> Watch:
    if watch.on_duty:
        raise UsageError(
            "watch.not-free",
            f"{watch.on_duty} has the watch",
            "relieve whoever has it: `hotline duty brief`, then `hotline duty assume`",
        )
    return Watch(taking.officer, taking.at_us, None, watch.to_review)


def _briefed(watch: Watch, taking: Taking) -> Watch:
    _require_held(watch)
    if taking.officer == watch.on_duty:
        raise UsageError(
            "watch.own-relief",
            f"{taking.officer} has the watch, and nobody relieves himself",
            "the relieving officer asks for the brief under his own name",
        )
    brief = Brief(taking.officer, taking.entry, taking.at_us, taking.digest)
    return replace(watch, brief=brief)


def _assumed(watch: Watch, taking: Taking) -> Watch:
    _require_held(watch)
    brief = watch.brief
    if brief is None or brief.officer != taking.officer:
        told = "nobody" if brief is None else brief.officer
        raise UsageError(
            "watch.no-brief",
            f"{taking.officer} was not briefed; the newest brief is for {told}",
            "ask for one with `hotline duty brief`, and have the officer on duty go through it",
        )
    if taking.relieved != watch.on_duty:
        raise UsageError(
            "watch.not-on-duty",
            f"{watch.on_duty} has the watch, not {taking.relieved or 'nobody'}",
            "name the officer whom you relieve as `hotline duty show` has it",
        )
    if not is_good(brief, taking.at_us):
        raise UsageError(
            "watch.brief-too-old",
            f"the brief is older than {BRIEF_GOOD_US // 60_000_000} minutes",
            "ask for a new one with `hotline duty brief`, then assume the watch",
        )
    if (taking.brief, taking.digest) != (brief.entry, brief.digest):
        raise UsageError(
            "watch.brief-changed",
            "things are no longer as the brief has them",
            "ask for a new one with `hotline duty brief`: `hotline duty show` says what changed",
        )
    return Watch(taking.officer, taking.at_us, None, watch.on_duty)


def _reviewed(watch: Watch, taking: Taking) -> Watch:
    if not watch.to_review:
        raise UsageError(
            "watch.nothing-to-review",
            "no relief waits to be reviewed",
            "`hotline duty show` says who has the watch and what may be done",
        )
    if taking.officer != watch.to_review:
        raise UsageError(
            "watch.not-relieved",
            f"{watch.to_review} was relieved, not {taking.officer}",
            "who was relieved monitors and signs off himself",
        )
    return replace(watch, to_review="")


def _released(watch: Watch, taking: Taking) -> Watch:
    _require_held(watch)
    if taking.officer != watch.on_duty:
        raise UsageError(
            "watch.not-on-duty",
            f"{watch.on_duty} has the watch, not {taking.officer}",
            "only who has the watch can give it up",
        )
    return Watch("", taking.at_us, None, watch.to_review)


def _require_held(watch: Watch) -> None:
    if not watch.on_duty:
        raise UsageError(
            "watch.free",
            "nobody has the watch",
            "take it with `hotline duty take`",
        )


_STEPS = {
    WatchStep.TAKEN: _taken,
    WatchStep.BRIEFED: _briefed,
    WatchStep.ASSUMED: _assumed,
    WatchStep.REVIEWED: _reviewed,
    WatchStep.RELEASED: _released,
}
