"""The figures by themselves: distributions, alarm rates, losses, how a line stood, words."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.api.schema import EntryView
from hotline.exercise.record.events import Endex, FaultBegan, FaultEnded
from hotline.exercise.report.document import Loss
from hotline.exercise.report.figures.alarms import peak_of, verdict_of
from hotline.exercise.report.figures.exchanged import loss_of
from hotline.exercise.report.figures.kept import fault_rows
from hotline.exercise.report.figures.lines import availability, line_spans
from hotline.exercise.report.figures.reactions import missed_deadlines, reactions, warning_times
from hotline.exercise.report.moments import Clocks, Shift, us_of
from hotline.exercise.report.proposing.form import OF_SIMULATED, Figures
from hotline.exercise.report.proposing.improvements import improvements
from hotline.exercise.report.proposing.strengths import strengths
from hotline.exercise.report.spread import VALUES_MOST, share_within, spread_of
from hotline.exercise.report.wording import clock_of, lasting, many
from tests.exercise.report.courses import entry, noted, side, span
from tests.exercise.report.documents import at, blank, message

SECOND_US = 1_000_000


# --- Distributions and words ------------------------------------------------------------------


def test_nine_of_ten_do_not_exceed_p90() -> None:
    """By nearest rank: a value that occurred, and no average."""
    found = spread_of([5.0, None, *range(1, 10)])
    assert (found.n, found.min, found.median, found.p90, found.max) == (10, 1, 5, 8, 9)
    assert spread_of([None]).median is None
    assert share_within([1.0, 4.0, 9.0], 4.0) == pytest.approx(2 / 3)
    assert share_within([], 4.0) is None


def test_many_values_are_thinned_but_keep_their_ends() -> None:
    """The pictures need no more; the figures are of all."""
    found = spread_of(float(n) for n in range(5000))
    assert (found.n, len(found.values)) == (5000, VALUES_MOST)
    assert (found.values[0], found.values[-1]) == (0.0, 4999.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"), (0.0123, "12 ms"), (2.5, "2.5 s"), (59.6, "1 min"), (90, "1 min 30 s"),
        (3600, "1 h"), (5400, "1 h 30 min"), (90_000, "1 d 1 h"), (-12.0, "-12 s"),
    ],
)  # fmt: skip
def test_durations_are_said_in_two_units(seconds: float, text: str) -> None:
    """The two that matter, with the sign."""
    assert lasting(seconds) == text


def test_counts_and_the_scenarios_clock_in_words() -> None:
    """One is one; before STARTEX the clock has a minus."""
    assert (many(1, "message"), many(2, "relief")) == ("1 message", "2 reliefs")
    assert (clock_of(3723.9), clock_of(-5.0), clock_of(None)) == ("T+01:02:03", "T-00:00:05", "")


# --- Alarms -----------------------------------------------------------------------------------


def test_the_peak_is_of_any_ten_minutes_wherever_they_begin() -> None:
    """Nine before and nine after the edge of a bucket are a flood that no bucket shows."""
    edge = [(599 - n) * SECOND_US for n in range(9)] + [(601 + n) * SECOND_US for n in range(9)]
    assert peak_of(edge) == 18
    assert peak_of([0, 600 * SECOND_US]) == 1
    assert peak_of([]) == 0


@pytest.mark.parametrize(
    ("peak", "verdict"),
    [(0, "quiet"), (1, "manageable"), (2, "demanding"), (9, "demanding"), (10, "flood")],
)
def test_alarm_rates_are_judged_by_isa_18_2(peak: int, verdict: str) -> None:
    """About 1 in 10 minutes is manageable, 10 are a flood."""
    assert verdict_of(peak) == verdict


# --- What was lost ----------------------------------------------------------------------------


def said(n: int, seq: int, **what: Any) -> EntryView:
    """Return the entry of a message that hmeimim received."""
    told: dict[str, Any] = {
        "direction": "in",
        "id": f"{seq:064x}",
        "precedence": "FLASH",
        "seq": seq,
    }
    return entry("hmeimim", n, n, "notice", **(told | what))


def test_a_message_twice_or_out_of_turn_is_found() -> None:
    """By the recipient's own entries, in the order they were made."""
    play = noted((100.0, Endex(why="time")))
    tidy = loss_of(span(play, side("hmeimim", said(1, 1), said(2, 2))), [])
    assert tidy.doubled == tidy.reordered == []
    twice = loss_of(span(play, side("hmeimim", said(1, 1), said(2, 2), said(3, 1))), [])
    assert twice.doubled == twice.reordered == [f"{1:064x}"]


def test_what_has_a_receipt_and_is_not_there_is_lost() -> None:
    """What has none is queued: it is at its sender."""
    play = noted((100.0, Endex(why="time")))
    rows = [
        message(1, 5, state="lost"),
        message(2, 6, state="queued", received=None),
        message(3, 7),
    ]
    found = loss_of(span(play), rows)
    assert (found.lost, found.queued) == ([rows[0].id], [rows[1].id])
    assert (found.sent, found.received) == (3, 2)


# --- The line ---------------------------------------------------------------------------------


def up_and_down(*at_s: tuple[float, str]) -> list[EntryView]:
    """Return the entries of a line that went up and down."""
    return [
        entry("iaf", n, seconds, "association", state=state, reason="nothing came")
        for n, (seconds, state) in enumerate(at_s)
    ]


def test_a_cut_is_explained_by_a_fault_that_lasted_then_and_another_is_not() -> None:
    """A line goes down some seconds after its cause; what nothing explains is unexplained."""
    play = noted(
        (10.0, FaultBegan(inject="cut", kind="cut", centre="", amount=0.0, means="proxy")),
        (40.0, FaultEnded(inject="cut", kind="cut")),
        (1000.0, Endex(why="time")),
    )
    entries = up_and_down((-5, "up"), (22, "down"), (45, "up"), (500, "down"), (600, "up"))
    whole = span(play, side("iaf", *entries))
    spans = line_spans(whole, fault_rows(whole))
    down = [(one.seconds, one.faults) for one in spans if one.centre == "iaf" and not one.up]
    assert down == [(23.0, ["cut"]), (100.0, [])]
    (mine, _) = availability(spans, ("iaf", "hmeimim"))
    assert (mine.cuts, mine.unexplained, mine.longest_s) == (2, 1, 100.0)
    assert mine.share == pytest.approx(0.877)
    assert mine.outside == pytest.approx(877 / 977, abs=1e-6)


def test_a_node_that_was_killed_had_no_line_from_its_last_entry_on() -> None:
    """It enters nothing when it is killed; its next entry is that it began."""
    entries = [
        *up_and_down((-5, "up")),
        entry("iaf", 1, 100, "clock"),
        entry("iaf", 0, 160, "node", node=True, state="started"),
        entry("iaf", 2, 170, "association", state="up"),
    ]
    spans = line_spans(span(noted((200.0, Endex(why="time"))), side("iaf", *entries)), [])
    mine = [(one.up, one.seconds, one.reason) for one in spans if one.centre == "iaf"]
    assert mine == [(True, 100.0, ""), (False, 70.0, "the node was gone"), (True, 30.0, "")]


# --- Clocks -----------------------------------------------------------------------------------


def test_a_clock_that_was_set_wrong_on_purpose_is_set_right_again() -> None:
    """By the node's own entries of the fault, while it lasted, and not before or after."""
    entries = [
        entry("iaf", 0, 0.01, "exercise", node=True, event="startex"),
        entry("iaf", 1, 50, "fault", node=True, state="began", kind="clock-offset", amount=30.0),
        entry("iaf", 2, 150, "fault", node=True, state="ended", kind="clock-offset"),
    ]
    clocks = span(noted((200.0, Endex(why="time"))), side("iaf", *entries)).clocks
    for shown, true in ((40, 40), (100, 70), (160, 160)):
        assert clocks.common_us("iaf", us_of(at(shown))) == us_of(at(true))
        assert clocks.common_us("hmeimim", us_of(at(shown))) == us_of(at(shown))
        # The pictures take them from the report's data.
        again = Clocks.of(clocks.parts(("iaf", "hmeimim")))
        assert again.common_us("iaf", us_of(at(shown))) == us_of(at(true))


def test_a_clock_far_from_the_directors_is_moved_by_what_startex_shows() -> None:
    """Two seconds are the way of a request; six minutes are another clock."""
    entries = [entry("iaf", 0, 360.5, "exercise", node=True, event="startex")]
    clocks = span(noted((200.0, Endex(why="time"))), side("iaf", *entries)).clocks
    assert clocks.common_us("iaf", us_of(at(370.5))) == us_of(at(10))
    assert Clocks({"iaf": 5}, {"iaf": [Shift(0, 10, 3)]}).common_us("iaf", 9) == 1


# --- People -----------------------------------------------------------------------------------


def test_answers_are_counted_by_who_owed_them() -> None:
    """By centre and precedence; line checks and unopened answers are nobody's duty."""
    rows = [
        message(1, 10, precedence="FLASH"),
        message(2, 20, precedence="FLASH", read=None, read_s=None, read_scenario_s=None,
                replied=None, reply_s=None, reply_scenario_s=None),
        message(4, 30, precedence="FLASH", kind="line-check", deadline_s=None),
        message(5, 40, precedence="FLASH", kind="reply", deadline_s=None, read=None),
    ]  # fmt: skip
    (found,) = reactions(rows, ("iaf", "hmeimim"))
    assert (found.centre, found.received, found.unread) == ("hmeimim", 2, 1)
    assert (found.to_answer, found.unanswered, found.reply.median) == (2, 1, 44.8)


def test_an_answer_is_late_by_the_nodes_alarm_or_the_scenarios_clock() -> None:
    """The node's timer runs as life does; at a higher speed the scenario's may be over before."""
    play = noted((100.0, Endex(why="time")), factor=60.0)
    rung = entry("hmeimim", 3, 60, "alarm-raised", node=True, code="desk.reply-overdue",
                 subject=f"IAF-0001 {f'{1:064x}'[:8]}")  # fmt: skip
    rows = [
        message(1, 10),
        message(2, 11, id="b" * 64, reply_scenario_s=601.0),
        message(4, 12, id="c" * 64, reply_scenario_s=599.0),
        message(5, 13, id="d" * 64, replied=None, reply_s=None, reply_scenario_s=None),
        message(7, 14, id="e" * 64, replied=None, reply_scenario_s=None, reference="IAF-7"),
        message(8, 15, kind="withdrawal", deadline_s=None, reference="IAF-7"),
    ]
    found = missed_deadlines(span(play, side("hmeimim", rung)), rows)
    assert [(one.message[:1], one.by) for one in found] == [
        ("0", "node"), ("b", "scenario"), ("d", "scenario"),
    ]  # fmt: skip


def test_a_warning_is_short_below_the_letters_minimum() -> None:
    """Equal is enough; where no minimum is known nothing is short."""
    rows = [
        message(n, n, warning_s=warning, warning_needed_s=needed)
        for n, (warning, needed) in enumerate([(899.9, 900.0), (900.0, 900.0), (5.0, None)], 1)
    ]
    assert [one.short for one in warning_times(rows)] == [True, False, False]


def figures(**given: Any) -> Figures:
    """Return figures of an exercise in which nothing happened but what is given."""
    names = Figures.__dataclass_fields__
    return Figures(**({name: [] for name in names} | {"loss": blank(Loss)} | given))


def test_what_was_lost_is_the_gravest_and_never_hidden_among_strengths() -> None:
    """One lost message outweighs everything else."""
    whole = span(noted((10.0, Endex(why="time"))))
    lost = figures(loss=blank(Loss, sent=2, received=1, lost=["a"]), rows=[message(1, 5)])
    assert improvements(whole, lost)[0].rule == "loss.lost"
    assert [one.rule for one in strengths(whole, lost) if one.rule.startswith("loss")] == []


def test_what_a_simulated_crew_did_stands_below_what_people_did() -> None:
    """Its mistakes are parameters: they are told apart."""
    rows = [message(1, 5, read=None, precedence="FLASH")]
    for people in (True, False):
        whole = span(noted((10.0, Endex(why="time"))), people=people)
        (found,) = improvements(whole, figures(rows=rows))
        assert found.rule == "message.unread"
        assert found.simulated is not people
        assert (found.weight > OF_SIMULATED) is not people
