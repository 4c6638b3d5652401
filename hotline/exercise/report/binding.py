"""Whether journals, record and scenario belong together, before anything is made of them.

Steps, each of which refuses with its reason (docs/spec/exercise-report.md, section 2): each journal
is verified by itself; both are compared; both are of this exercise; both hold the hash of the
record's last line; the scenario is the file that was played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hotline.api.schema import EntryView
from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.findings import Difference, Reconciliation
from hotline.audit.verification.findings import Report as Verified
from hotline.audit.verification.journal import verify_journal
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.record.line import Entry
from hotline.exercise.report.collected import Collected, Side
from hotline.exercise.report.document import LogPart, Proof, Ref
from hotline.exercise.report.noted import Play
from hotline.exercise.scenario.shape import Scenario
from hotline.model.kinds import Status
from hotline.model.times import shorten

EXPLAINED = frozenset({"restored"})
"""Differences that the journals themselves explain by a signed record; all others contradict."""
REMARKS_MOST = 50
SHOWN = 3
"""Failures that are told in an error."""

Told = Callable[[str], object]
"""Told what is being done."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks of the journals found, before anything was read out of them."""

    verified: dict[str, Verified]
    reconciled: Reconciliation


def check_journals(collected: Sequence[Collected], told: Told | None = None) -> Checked:
    """Verify each journal and compare both. Raises ExerciseError with the reason."""
    verified = {}
    for one in collected:
        if one.card.status is not Status.EXERCISE:
            raise ExerciseError(
                "report.not-of-an-exercise",
                f"the journal of {one.centre} is {one.card.status}: it is not of an exercise",
                "name the journals that were collected at the end of this exercise",
            )
        if told is not None:
            told(f"verifying the journal of {one.centre}")
        verified[one.centre] = _verified(one)
    if told is not None:
        told("comparing both journals")
    return Checked(verified, _reconciled(collected))


def check_exercise(play: Play, sides: Sequence[Side], *, unfinished: bool) -> list[Ref]:
    """Hold both journals against the record; return the entries that hold its hash.

    ``unfinished`` allows a journal without the hash: its node was not told of ENDEX. So it does a
    record without ENDEX of play that had none: a node is told of ENDEX with the hash of the
    record's line, so a journal that holds one shows that lines of the record are missing. Raises
    ExerciseError.
    """
    name = play.opened.name
    for side in sides:
        begun = [one for one in side.of_kind("exercise") if one.what.get("event") == "startex"]
        named = [str(one.what.get("name", "")) for one in begun]
        if name not in named:
            also = f", but of {shorten(named[-1])}" if named else ""
            raise ExerciseError(
                "report.other-exercise",
                f"the journal of {side.centre} is not of the exercise {shorten(name)}{also}",
                "name the journals that were collected at the end of this exercise",
            )
    if not unfinished:
        check_ended(play)
    if play.endex is not None:
        found = [_bound(play, side, play.endex[0], unfinished=unfinished) for side in sides]
        return [one for one in found if one is not None]
    for side in sides:
        _check_not_bound(play, side)
    return []


def check_ended(play: Play) -> None:
    """Raise ExerciseError unless the record has an ENDEX."""
    if play.endex is None:
        raise ExerciseError(
            "report.no-endex",
            "the record has no ENDEX: the exercise still runs, or its director was ended",
            "end it, go on with `hotline exercise run --resume`, or give --unfinished for a report"
            " that says so on every page",
        )


def check_scenario(play: Play, scenario: Scenario) -> None:
    """Raise ExerciseError unless this is the scenario's file that was played."""
    if scenario.sha256 != play.opened.scenario:
        raise ExerciseError(
            "report.other-scenario",
            "scenario.yaml is not the file that was played: the record has another hash of it",
            "put the file that was played beside the record",
        )


def proof_of(checked: Checked, play: Play, bound: Sequence[Ref], sides: Sequence[Side]) -> Proof:
    """Return what was checked, for the statement at the end of the report."""
    found = checked.reconciled
    clock = found.clock
    return Proof(
        record=play.ending.sha256,
        record_entries=len(play.record.entries),
        record_after=len(play.record.entries) - play.ending.n,
        scenario=play.opened.scenario,
        bound=list(bound),
        logs=[
            LogPart(centre=side.centre, origin=origin, entries=size, root=root)
            for side in sides
            for origin, size, root in checked.verified[side.centre].checkpoints
        ],
        entries=sum(one.entries for one in checked.verified.values()),
        messages=found.messages,
        signatures=sum(one.signatures for one in checked.verified.values()),
        compared=found.entries,
        checkpoints=found.checkpoints,
        clock_offset_s=round(clock.offset_us / 1e6, 6) if clock is not None else None,
        clock_uncertainty_s=round(clock.uncertainty_us / 1e6, 6) if clock is not None else None,
        explained=[_difference(one) for one in found.differences[:REMARKS_MOST]],
        open=[one.text for one in found.open[:REMARKS_MOST]],
        remarks=[one.text for one in found.remarks[:REMARKS_MOST]],
    )


def _verified(one: Collected) -> Verified:
    try:
        report = verify_journal(one.journal, one.card, one.peers, witnesses=one.witnesses)
    except HotlineError as error:
        raise ExerciseError(
            "report.journal-does-not-verify",
            f"the journal of {one.centre} cannot be verified: {error.message}",
            "run `hotline log verify` on it; collect it again where its node still has it",
        ) from error
    if not report.ok:
        first = "; ".join(failure.text for failure in report.failures[:SHOWN])
        raise ExerciseError(
            "report.journal-does-not-verify",
            f"the journal of {one.centre} does not hold: {first}",
            "run `hotline log verify` on it: it names every step and entry that fails",
        )
    return report


def _reconciled(collected: Sequence[Collected]) -> Reconciliation:
    records = [one.record() for one in collected]
    try:
        # Each was verified by itself just before.
        found = reconcile(records[0], records[1], verify=False)
    except HotlineError as error:
        raise ExerciseError(
            "report.journals-disagree",
            f"the journals cannot be compared: {error.message}",
            "name the journals of both centres of one line",
        ) from error
    finally:
        for record in records:
            record.close()
    contradicting = [one for one in found.differences if one.code not in EXPLAINED]
    if contradicting or found.differences_left_out:
        count = len(contradicting) + found.differences_left_out
        first = "; ".join(_difference(one) for one in contradicting[:SHOWN])
        raise ExerciseError(
            "report.journals-disagree",
            f"the journals contradict each other in {count} {_things(count)}: {first}",
            "run `hotline log reconcile` on both: it names the entries, and what to do",
        )
    return found


def _things(count: int) -> str:
    return "thing" if count == 1 else "things"


def _difference(one: Difference) -> str:
    return f"{one.text} [{one.code}]"


def _bound(play: Play, side: Side, ending: Entry, *, unfinished: bool) -> Ref | None:
    """Return a journal's entry that holds the record's hash.

    None where its node was not told of ENDEX, which is allowed if ``unfinished``; somebody may have
    said there by hand that play is over. Raises ExerciseError.
    """
    holding = [one for one in side.of_kind("exercise") if _hash(one) == ending.sha256]
    if holding:
        return side.ref(holding[-1])
    run = _since_startex(play, side)
    ends = [one for one in _of_one_run(run) if one.what.get("event") == "endex"]
    if not run or any(_hash(one) for one in ends):
        raise ExerciseError(
            "report.record-not-bound",
            f"the record is not the one that the journal of {side.centre} holds the hash of",
            "name the exercise's own directory: its record was changed, or is of another run",
        )
    if unfinished:
        return None
    by = str(ends[0].what.get("by") or "somebody") if ends else ""
    raise ExerciseError(
        "report.no-endex",
        f"the journal of {side.centre} has no ENDEX with the hash of the record: {by} said there by"
        " hand that play is over"
        if ends
        else f"the journal of {side.centre} has no ENDEX, though the record has one: its node was"
        " not told",
        "go on with `hotline exercise run --resume`, which enters and collects it; or give"
        " --unfinished for a report that says so on every page",
    )


def _check_not_bound(play: Play, side: Side) -> None:
    """Raise ExerciseError where a journal has bound a record of this run, which has no ENDEX.

    The run begins with the first STARTEX that its node did not have when the director counted its
    log. It lasts until ENDEX: nobody can begin another one before. An ENDEX that somebody entered
    at the node itself has no hash, and binds nothing.
    """
    run = _since_startex(play, side)
    if not run:
        raise ExerciseError(
            "report.other-exercise",
            f"the journal of {side.centre} has no STARTEX of this run of the exercise",
            "name the journals of the nodes that it was played on, as they are now",
        )
    ended = next((one for one in _of_one_run(run) if _hash(one)), None)
    if ended is not None:
        raise ExerciseError(
            "report.record-not-bound",
            f"the record has no ENDEX, but the exercise did end: the journal of {side.centre} has"
            f" its ENDEX, with the hash of another record, in entry {ended.entry}",
            "name the exercise's own directory: lines of its record are missing, and without them"
            " there is no report of it, not even an unfinished one",
        )


def _since_startex(play: Play, side: Side) -> list[EntryView]:
    """Return what a node entered about exercises since STARTEX of this run, that first."""
    counted: dict[str, int] = {}
    if play.startex is not None:
        nodes = play.startex[1].nodes
        counted = next((one.logs for one in nodes if one.centre == side.centre), counted)
    entries = side.of_kind("exercise")
    for place, one in enumerate(entries):
        is_ours = one.what.get("event") == "startex" and one.what.get("name") == play.opened.name
        if is_ours and one.entry >= counted.get(one.log, 0):
            return entries[place:]
    return []


def _of_one_run(run: Sequence[EntryView]) -> Iterator[EntryView]:
    """Yield what was entered until somebody begins another one: that takes an ENDEX before."""
    ended = False
    for one in run:
        event = one.what.get("event")
        if ended and event == "startex":
            return
        ended = ended or event == "endex"
        yield one


def _hash(entry: EntryView) -> str:
    return str(entry.what.get("record", ""))
