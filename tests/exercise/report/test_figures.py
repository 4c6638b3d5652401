"""The figures by themselves: distributions, alarm rates, losses, how a line stood, words."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.api.schema import AlarmView, EntryView
from hotline.exercise.record.events import (
    Endex,
    Event,
    FaultBegan,
    FaultEnded,
    InjectDelivered,
    InjectDue,
)
from hotline.exercise.report.document import Acceptance, Loss
from hotline.exercise.report.figures.alarms import (
    alarm_rates,
    alarm_rows,
    by_priority,
    peak_of,
    verdict_of,
)
from hotline.exercise.report.figures.exchanged import loss_of
from hotline.exercise.report.figures.faults import fault_rows
from hotline.exercise.report.figures.lines import availability, line_spans
from hotline.exercise.report.figures.reactions import missed_deadlines, reactions, warning_times
from hotline.exercise.report.moments import Clocks, Shift, us_of
from hotline.exercise.report.msel import msel_rows
from hotline.exercise.report.proposing.form import GRAVE, OF_SIMULATED, Figures
from hotline.exercise.report.proposing.improvements import improvements
from hotline.exercise.report.proposing.strengths import strengths
from hotline.exercise.report.spread import VALUES_MOST, share_within, spread_of
from hotline.exercise.report.wording import clock_of, lasting, many
from hotline.exercise.scenario.shape import (
    Act,
    Expectation,
    ExpectationKind,
    Fault,
    FaultKind,
    Inject,
)
from tests.exercise.report.courses import entry, noted, side, span
from tests.exercise.report.documents import at, blank, inject, message, ref, verdict

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
    edge = [599.0 - n for n in range(9)] + [601.0 + n for n in range(9)]
    assert peak_of(edge) == 18
    assert peak_of([0, 600]) == 1
    assert peak_of([]) == 0


@pytest.mark.parametrize(
    ("peak", "verdict"),
    [(0, "quiet"), (1, "manageable"), (2, "demanding"), (9, "demanding"), (10, "flood")],
)
def test_alarm_rates_are_judged_by_isa_18_2(peak: int, verdict: str) -> None:
    """About 1 in 10 minutes is manageable, 10 are a flood."""
    assert verdict_of(peak) == verdict


def ringing(count: int, every_s: float) -> tuple[AlarmView, ...]:
    """Return alarms that rang one after the other, each acknowledged a second later."""
    return tuple(
        AlarmView(
            id=n, code="line.down", peer="", subject="", text="", raised_at=at(n * every_s),
            cleared_at=at(n * every_s + 2), acknowledged_at=at(n * every_s + 1),
            acknowledged_by="Levi",
        )
        for n in range(1, count + 1)
    )  # fmt: skip


def test_alarms_are_counted_by_the_clock_that_the_crew_lives_by() -> None:
    """Twelve in two minutes flood people; at 60 times the speed a simulated crew had two hours."""
    play = noted((150.0, Endex(why="time")), factor=60.0)
    sides = [side(centre, alarms=ringing(12, 10.0)) for centre in ("iaf", "hmeimim")]
    whole = span(play, *sides, people=("iaf",))
    rows = alarm_rows(whole)
    people, simulated = alarm_rates(whole, rows)
    assert (people.clock, people.simulated, people.peak, people.verdict) == (
        "life", False, 12, "flood",
    )  # fmt: skip
    assert (people.average, people.life, people.acknowledged.median) == (None, None, 1.0)
    assert (simulated.clock, simulated.simulated, simulated.peak, simulated.verdict) == (
        "scenario", True, 1, "manageable",
    )  # fmt: skip
    assert (len(simulated.buckets), simulated.average, simulated.acknowledged.median) == (
        15, 0.8, 60.0,
    )  # fmt: skip
    assert people.priorities == {"high": 12, "medium": 0, "low": 0}
    assert simulated.life is not None
    assert (simulated.life.peak, simulated.life.verdict) == (12, "flood")
    found = improvements(whole, figures(alarm_rates=[people, simulated], alarms=rows))
    assert [(one.rule, one.centre) for one in found] == [("alarm.flood", "iaf")]
    said = [one.text for one in strengths(whole, figures(alarm_rates=[simulated], alarms=rows))]
    assert said == [
        "12 alarms, every one acknowledged by name, half of them within 1 min of the scenario"
    ]


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


def test_alarms_are_counted_by_priority() -> None:
    """Each priority is named, also one that nothing had; ISA-18.2 has shares for all three."""
    codes = ["line.down", "witness.late", "desk.reply-overdue", "line.down"]
    assert list(by_priority(codes).items()) == [("high", 2), ("medium", 1), ("low", 1)]
    assert list(by_priority([]).values()) == [0, 0, 0]


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
    assert [one.explained for one in spans if one.faults] == [["the line is cut (inject cut)"]]
    (mine, _) = availability(spans, ("iaf", "hmeimim"))
    assert (mine.cuts, mine.unexplained, mine.longest_s) == (2, 1, 100.0)
    assert mine.share == pytest.approx(0.877)
    assert mine.outside == pytest.approx(877 / 977, abs=1e-6)


@pytest.mark.parametrize(
    ("down_s", "by"),
    [
        (25.0, ["cut", "slow"]),
        (48.0, ["cut", "slow"]),
        (60.0, ["slow"]),
        (90.0, ["slow"]),
        (132.0, ["slow"]),
        (139.0, []),
    ],
)
def test_what_lasts_explains_before_what_is_over(down_s: float, by: list[str]) -> None:
    """Within the time in which a node notices; else only what had ended last, for a minute."""
    play = noted(
        (10.0, FaultBegan(inject="cut", kind="cut", centre="", amount=0.0, means="proxy")),
        (20.0, FaultBegan(inject="slow", kind="delay", centre="", amount=1.0, means="proxy")),
        (40.0, FaultEnded(inject="cut", kind="cut")),
        (78.0, FaultEnded(inject="slow", kind="delay")),
        (200.0, Endex(why="time")),
    )
    entries = up_and_down((-5, "up"), (down_s, "down"), (150, "up"))
    whole = span(play, side("iaf", *entries))
    (down,) = (
        one for one in line_spans(whole, fault_rows(whole)) if one.centre == "iaf" and not one.up
    )
    assert down.faults == by


def gone_from_160_on(*faults: tuple[float, Event], peer: tuple[EntryView, ...] = ()) -> object:
    """Return how iaf's line stood, whose node enters nothing from 100 s on and begins at 160 s."""
    entries = [
        *up_and_down((-5, "up")),
        entry("iaf", 1, 100, "clock"),
        entry("iaf", 0, 160, "node", node=True, state="started"),
        entry("iaf", 2, 170, "association", state="up"),
    ]
    play = noted(*faults, (200.0, Endex(why="time")))
    whole = span(play, side("iaf", *entries), side("hmeimim", *peer))
    spans = line_spans(whole, fault_rows(whole))
    return [(one.up, one.seconds, one.reason, one.faults) for one in spans if one.centre == "iaf"]


KILLED: tuple[tuple[float, Event], ...] = (
    (150.0, InjectDue(inject="k")),
    (151.0, FaultBegan(inject="k", kind="node-kill", centre="iaf", amount=0.0, means="SIGKILL")),
    (161.0, FaultEnded(inject="k", kind="node-kill")),
)


def test_a_killed_node_had_no_line_from_when_others_say_it_was_gone() -> None:
    """It enters nothing then: the peer found the line down, or the director has ended the node."""
    lost = entry("hmeimim", 3, 140, "association", state="down", reason="lost")
    gone = "the node was gone"
    assert gone_from_160_on(*KILLED) == [
        (True, 150.0, "", []), (False, 20.0, gone, ["k"]), (True, 30.0, "", []),
    ]  # fmt: skip
    assert gone_from_160_on(peer=(lost,)) == [
        (True, 140.0, "", []), (False, 30.0, gone, []), (True, 30.0, "", []),
    ]  # fmt: skip


def test_a_killed_node_of_which_nobody_tells_was_gone_from_its_last_entry_on() -> None:
    """What the peer entered before that is of another time."""
    earlier = entry("hmeimim", 3, 40, "association", state="down", reason="lost")
    assert gone_from_160_on(peer=(earlier,)) == [
        (True, 100.0, "", []), (False, 70.0, "the node was gone", []), (True, 30.0, "", []),
    ]  # fmt: skip


def test_a_restart_lasts_from_its_order_until_the_node_is_back() -> None:
    """Whatever the record has for its end: the line goes down before the node has ended."""
    began = FaultBegan(inject="r", kind="node-restart", centre="iaf", amount=0.0, means="SIGTERM")
    play = noted(
        (50.0, InjectDue(inject="r")), (52.0, began),
        (52.001, FaultEnded(inject="r", kind="node-restart")), (200.0, Endex(why="time")),
    )  # fmt: skip
    back = entry("iaf", 4, 55, "node", node=True, state="started")
    down = entry("iaf", 5, 40, "node", node=True, state="started")
    (found,) = fault_rows(span(play, side("iaf", down, back)))
    assert (found.began, found.ended, found.seconds) == (at(50), at(55), 5.0)
    assert found.what == "the node of iaf restarts"


@pytest.mark.parametrize(
    ("kind", "amount", "what"),
    [
        ("clock-offset", -8.0, "the clock of iaf is 8 s behind"),
        ("clock-offset", 600.0, "the clock of iaf is 10 min ahead"),
        ("loss", 12.5, "the line loses 12.5 %"),
        ("delay", 0.8, "the line delays all by 800 ms"),
        ("of-a-later-version", 1.0, "of-a-later-version"),
    ],
)
def test_a_fault_is_said_with_its_unit(kind: str, amount: float, what: str) -> None:
    """A number alone says nothing."""
    began = FaultBegan(inject="f", kind=kind, centre="iaf", amount=amount, means="proxy")
    (found,) = fault_rows(span(noted((5.0, began), (9.0, Endex(why="time")))))
    assert found.what == what


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
    (found,) = reactions(span(noted((100.0, Endex(why="time")))), rows)
    assert (found.centre, found.received, found.unread) == ("hmeimim", 2, 1)
    assert (found.to_answer, found.unanswered, found.reply.median) == (2, 1, 44.8)


def test_an_answer_is_late_by_the_nodes_alarm_or_a_simulated_crews_clock() -> None:
    """The node's timer runs as life does, and so do people; the scenario's may be over before."""
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
    found = missed_deadlines(span(play, side("hmeimim", rung), people=False), rows)
    assert [(one.message[:1], one.by) for one in found] == [
        ("0", "node"), ("b", "scenario"), ("d", "scenario"),
    ]  # fmt: skip
    of_people = missed_deadlines(span(play, side("hmeimim", rung)), rows)
    assert [(one.message[:1], one.by) for one in of_people] == [("0", "node")]


def test_reactions_are_told_by_the_clock_that_the_crew_lives_by() -> None:
    """People need their seconds however fast the scenario's clock runs."""
    rows = [message(1, 10, read_s=2.0, read_scenario_s=120.0, reply_scenario_s=2400.0)]
    play = noted((100.0, Endex(why="time")), factor=60.0)
    (people,) = reactions(span(play, people=True), rows)
    (simulated,) = reactions(span(play, people=False), rows)
    assert (people.clock, people.opened.median, people.answered.median) == ("life", 2.0, 44.8)
    assert (simulated.opened.median, simulated.answered.median) == (120.0, 2400.0)
    assert (people.simulated, simulated.simulated) == (False, True)


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


def test_what_nodes_did_as_expected_is_no_merit_of_a_simulated_crew() -> None:
    """A receipt stands among the strengths of all, an answer among those of the program."""
    whole = span(noted((10.0, Endex(why="time"))), people=False)
    row = inject(1, 5.0, verdicts=[
        verdict("1", 1, "pass", 6.0, kind="receipt", simulated=False),
        verdict("1", 2, "pass", 9.0, simulated=True),
    ])  # fmt: skip
    found = {one.text: one.simulated for one in strengths(whole, figures(msel=[row]))}
    assert found == {"receipt: once as expected": False, "reply: once as expected": True}


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


def test_an_acceptance_of_what_nobody_had_opened_is_to_be_mended() -> None:
    """Whoever accepts without reading has read nothing back but what the screen gave."""
    given = {"centre": "hmeimim", "officer": "Orlov", "reference": "IAF-1", "evidence": ref()}
    accepted = [
        blank(Acceptance, **given, opened=True, read_back=True),
        blank(Acceptance, **given, opened=False, read_back=True),
        blank(Acceptance, **given, opened=True, read_back=False),
    ]
    whole = span(noted((10.0, Endex(why="time"))))
    found = improvements(whole, figures(acceptances=accepted))
    assert [(one.rule, one.weight, one.text) for one in found] == [
        ("acceptance.unopened", GRAVE,
         "1 of 3 acceptances given to what nobody had opened, the first by Orlov to IAF-1"),
        ("acceptance.no-read-back", GRAVE,
         "1 of 3 acceptances without a read-back, the first by Orlov to IAF-1"),
    ]  # fmt: skip
    assert improvements(whole, figures(acceptances=accepted[:1])) == []


def test_neither_a_fault_nor_what_a_node_does_by_itself_is_a_crew_s() -> None:
    """Whoever sits there: the director breaks things, and a node notices by itself."""
    expected = tuple(
        Expectation(id=f"1.{n}", kind=kind, centre="iaf", within_s=60)
        for n, kind in enumerate(ExpectationKind)
    )
    cut = Fault(kind=FaultKind.CUT)
    injects = (
        Inject(id="1", at_s=0.0, act=Act.FAULT, fault=cut, expectations=expected),
        Inject(id="2", at_s=0.0, act=Act.SEND),
    )
    happened = [(1.0, InjectDelivered(inject=one.id, simulated=True)) for one in injects]
    play = noted(*happened, (100.0, Endex(why="time")))
    rows = msel_rows(span(play, people=False), injects, frozenset(), {})
    assert {row.id: row.simulated for row in rows} == {"1": False, "2": True}
    assert {row.title for row in rows} == {"the line is cut", "message"}
    marked = {one.kind for row in rows for one in row.verdicts if one.simulated}
    assert {kind.value for kind in ExpectationKind} - marked == {
        "receipt", "flagged", "alarm-raised", "line-up", "line-down"
    }  # fmt: skip


def test_what_follows_an_inject_that_was_not_delivered_is_due_as_planned() -> None:
    """From the delivery where there was one, else from the plan: it is never without a time."""
    first = Inject(id="1", at_s=60.0, act=Act.SEND)
    second = Inject(id="2", at_s=30.0, after="1", act=Act.FAULT, fault=Fault(kind=FaultKind.CUT))
    third = Inject(id="3", at_s=10.0, after="2", act=Act.END)
    ended = (100.0, Endex(why="time"))
    delivered = (65.0, InjectDelivered(inject="1"))
    for happened, due in (((ended,), [60.0, 90.0, 100.0]), ((delivered, ended), [60, 95, 105])):
        rows = msel_rows(span(noted(*happened)), (first, second, third), frozenset(), {})
        assert {row.id: row.due_s for row in rows} == dict(zip("123", due, strict=True))
        assert [(row.id, row.type) for row in rows if row.simulated or row.id == "2"] in (
            [("2", "fault: cut")], [("1", "message"), ("2", "fault: cut")],
        )  # fmt: skip
