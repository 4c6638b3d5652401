from __future__ import annotations

import pytest

from hotline.exercise.judging.verdict import Ref
from hotline.exercise.scenario.shape import Act
from hotline.model.kinds import Answer
from tests.exercise.judging.telling import (
    HMEIMIM,
    IAF,
    M1,
    M2,
    M3,
    Telling,
    expect,
    inject,
    scenario_of,
)


def telling(kind: str, centre: str = HMEIMIM, within_s: float = 60.0, **more: object) -> Telling:
    """Return a course in which one notice was sent at once, with one expectation of it."""
    told = Telling(scenario_of(inject("1", expect(kind, centre, within_s, **more))))
    told.delivered("1", M1, at_s=0)
    told.sent(IAF, M1, at_s=0, reference="IAF-1")
    told.came(HMEIMIM, M1, at_s=0.1, reference="IAF-1")
    return told


def test_a_receipt_passes_with_the_entry_that_proves_it() -> None:
    """The verdict names the moment, the time that it took, and where that stands."""
    told = telling("receipt", IAF, 5)
    told.receipt(IAF, M1, at_s=0.4)
    found = told.verdicts(1)["1.1"]
    assert found.outcome == "pass"
    assert found.after_s == pytest.approx(0.4)
    assert found.by == Ref(IAF, "line", 1)
    assert found.message == M1


def test_a_receipt_for_another_message_decides_nothing() -> None:
    """A receipt is for the numbers that it names."""
    told = telling("receipt", IAF, 5)
    told.sent(IAF, M2, at_s=0.2)
    told.receipt(IAF, M2, at_s=0.4)
    assert told.outcome("1.1", 1) == "open"


def test_what_comes_too_late_has_expired() -> None:
    """A limit is a limit, also where the entry is seen before the judgement."""
    told = telling("receipt", IAF, 5)
    told.receipt(IAF, M1, at_s=5.1)
    assert told.outcome("1.1", 6) == "expired"


def test_a_message_is_read_by_whom_it_is_expected_of() -> None:
    """Only an entry of the centre's own counts."""
    told = telling("read")
    told.entry(HMEIMIM, "line", "read", 9, message=M1, officer="Orlov")
    found = told.verdicts(10)["1.1"]
    assert found.outcome == "pass"
    assert "Orlov" in found.text


@pytest.mark.parametrize(
    ("answer", "outcome"), [("accept", "pass"), ("reject", "fail"), ("stand-by", "open")]
)
def test_a_reply_is_one_of_the_answers_or_another(answer: str, outcome: str) -> None:
    """Another answer fails at once; who stands by has not answered yet."""
    told = telling("reply", answers=(Answer.ACCEPT,))
    told.replied(M2, M1, answer, 9)
    assert told.outcome("1.1", 10) == outcome


def test_an_answer_after_standing_by_counts() -> None:
    """Standing by is no answer where another one is expected."""
    told = telling("reply", answers=(Answer.ACCEPT,))
    told.replied(M2, M1, "stand-by", 9)
    told.replied(M3, M1, "accept", 20)
    assert told.outcome("1.1", 21) == "pass"


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ({"answer": "accept", "read_back": True}, "pass"),
        ({"answer": "accept", "read_back": False}, "fail"),
        ({"answer": "accept", "read_back": True, "flags": ["model.read-back-lower"]}, "fail"),
        ({"answer": "accept", "read_back": True, "flags": ["notice.at-long-ago"]}, "pass"),
        ({"answer": "counter"}, "fail"),
        ({"answer": "stand-by"}, "open"),
    ],
)
def test_a_read_back_agrees_where_it_arrives(what: dict[str, object], outcome: str) -> None:
    """The other centre's node says whether it differs, by its flags."""
    told = telling("read-back")
    told.replied(M2, M1, at_s=9, **what)  # type: ignore[arg-type]
    assert told.outcome("1.1", 10) == outcome


def test_a_conflict_is_noticed_by_acknowledging_its_alarm() -> None:
    """An alarm about another pair of notices is not the one."""
    told = telling("conflict-noticed")
    told.alarm(HMEIMIM, 1, "airspace.conflict", 1, subject="HMM-7 IAF-2")
    told.acknowledged(HMEIMIM, 1, 2)
    assert told.outcome("1.1", 3) == "open"
    told.alarm(HMEIMIM, 2, "airspace.conflict", 4, subject="HMM-7 IAF-1")
    told.acknowledged(HMEIMIM, 2, 5)
    assert told.outcome("1.1", 6) == "pass"


def test_a_conflict_is_noticed_by_withdrawing_what_is_in_the_way() -> None:
    """The node's own finding says which notice that is."""
    told = telling("conflict-noticed")
    told.entry(
        HMEIMIM, "line", "conflict", 1, relation="conflict", reference="HMM-7",
        other_reference="IAF-1",
    )  # fmt: skip
    told.sent(HMEIMIM, M2, 5, kind="withdrawal", reference="HMM-8")
    assert told.outcome("1.1", 6) == "open"
    told.sent(HMEIMIM, M3, 7, kind="withdrawal", reference="HMM-7")
    assert told.outcome("1.1", 8) == "pass"


def test_accepting_is_not_noticing_a_conflict() -> None:
    """Who accepts what is in conflict has overlooked it; who rejects it has not."""
    told = telling("conflict-noticed")
    told.replied(M2, M1, "accept", 5)
    assert told.outcome("1.1", 6) == "open"
    told.replied(M3, M1, "reject", 7)
    assert told.outcome("1.1", 8) == "pass"


def test_an_alarm_from_before_the_inject_does_not_count() -> None:
    """It rings because of something else."""
    told = Telling(scenario_of(inject("1", expect("alarm-raised", IAF, 30, code="line.down"))))
    told.alarm(IAF, 1, "line.down", 5)
    told.delivered("1", at_s=10)
    assert told.outcome("1.1", 11) == "open"
    told.alarm(IAF, 2, "line.down", 12)
    assert told.outcome("1.1", 13) == "pass"


def test_an_alarm_is_acknowledged_by_its_number() -> None:
    """The entry has a number only; the code is that of the alarm."""
    told = telling("alarm-acknowledged", code="line.down")
    told.alarm(HMEIMIM, 3, "clock.apart", 1)
    told.alarm(HMEIMIM, 4, "line.down", 1)
    told.acknowledged(HMEIMIM, 3, 2)
    assert told.outcome("1.1", 3) == "open"
    told.acknowledged(HMEIMIM, 4, 4)
    assert told.outcome("1.1", 5) == "pass"


@pytest.mark.parametrize("subject", ["HMM-7 IAF-1", "IAF-1 HMM-7", "iaf IAF-1", "IAF-1"])
def test_an_alarm_is_about_the_notice_that_is_expected(subject: str) -> None:
    """Its subject names it as a word, wherever: another's alarm of the code is not the one."""
    raised = expect("alarm-raised", HMEIMIM, 60, code="airspace.conflict", reference="IAF-1")
    named = expect("alarm-acknowledged", HMEIMIM, 60, code="airspace.conflict", reference="IAF-1")
    told = Telling(scenario_of(inject("1", raised, named)))
    told.delivered("1", M1)
    for number, other in enumerate(("HMM-7 IAF-10", "HMM-7 IAF-2", ""), 1):
        told.alarm(HMEIMIM, number, "airspace.conflict", number, subject=other)
        told.acknowledged(HMEIMIM, number, number)
    assert [told.outcome(name, 5) for name in ("1.1", "1.2")] == ["open", "open"]
    told.alarm(HMEIMIM, 9, "airspace.conflict", 6, subject=subject)
    assert [told.outcome(name, 6) for name in ("1.1", "1.2")] == ["pass", "open"]
    told.acknowledged(HMEIMIM, 9, 7)
    assert told.outcome("1.2", 7) == "pass"


def test_a_flag_may_stand_on_the_message_or_in_its_remarks() -> None:
    """Both are the node's word."""
    told = telling("flagged", code="notice.short-warning")
    told.entry(HMEIMIM, "line", "remarked", 1, message=M1, flags=[{"code": "notice.short-warning"}])
    assert told.outcome("1.1", 2) == "pass"


@pytest.mark.parametrize(("agrees", "outcome"), [(True, "pass"), (False, "open")])
def test_the_telephone_is_used_when_the_words_agree(agrees: bool, outcome: str) -> None:
    """Of the one who reads out it is the confirmation that counts."""
    told = telling("voice-fallback", IAF)
    told.entry(IAF, "line", "voice", 5, state="spoken", message=M1, officer="Levi", text="")
    told.entry(
        IAF, "line", "voice", 9, state="confirmed", message=M1, officer="Levi", agrees=agrees
    )
    assert told.outcome("1.1", 10) == outcome


def relief(*steps: tuple[str, str, object]) -> Telling:
    """Return a course with steps of the watch of iaf."""
    told = Telling(scenario_of(inject("1", expect("relief", IAF, 600), act=Act.RELIEVE)))
    told.delivered("1")
    for number, (step, officer, brief) in enumerate(steps, 1):
        more = {"brief": brief, "relieved": "Levi"} if step == "assumed" else {}
        told.entry(IAF, "node", "watch", number, step=step, officer=officer, **more)
    return told


def test_a_relief_is_complete_when_the_relieved_one_signs_off() -> None:
    """Brief, assumption, review: only all three are a relief."""
    steps = [("briefed", "Cohen", None), ("assumed", "Cohen", 4), ("reviewed", "Levi", None)]
    assert relief(*steps[:2]).outcome("1.1", 10) == "open"
    assert relief(*steps).outcome("1.1", 10) == "pass"


def test_a_watch_that_is_given_up_is_no_relief() -> None:
    """Nobody has it then."""
    assert relief(("released", "Levi", None)).outcome("1.1", 10) == "fail"


def test_the_line_is_found_down_and_up_after_the_inject() -> None:
    """Each centre's own finding counts, not the other's."""
    down, up = expect("line-down", IAF, 30), expect("line-up", IAF, 60)
    told = Telling(scenario_of(inject("1", down, up, act=Act.FAULT)))
    told.entry(IAF, "line", "association", -5, state="up", remote="x")
    told.delivered("1", at_s=1)
    told.entry(HMEIMIM, "line", "association", 2, state="down", reason="x")
    assert told.outcome("1.1", 3) == "open"
    told.entry(IAF, "line", "association", 4, state="down", reason="x")
    told.entry(IAF, "line", "association", 20, state="up", remote="x")
    found = told.verdicts(21)
    assert [found["1.1"].outcome, found["1.2"].outcome] == ["pass", "pass"]
    assert found["1.2"].after_s == pytest.approx(19)


def test_a_line_that_was_up_all_the_time_is_up_at_the_limit() -> None:
    """It was never found up anew, since it never went down."""
    told = Telling(scenario_of(inject("1", expect("line-up", IAF, 30), act=Act.FAULT)))
    told.entry(IAF, "line", "association", -5, state="up", remote="x")
    told.delivered("1")
    assert told.outcome("1.1", 29) == "open"
    assert told.outcome("1.1", 31) == "pass"


def test_a_message_of_the_crews_own_is_none_that_the_director_sent() -> None:
    """What an inject carried is no work of the crew."""
    first = inject("1", expect("message", IAF, 60, kinds=("notice",)))
    told = Telling(scenario_of(first))
    told.delivered("1", M1)
    told.sent(IAF, M1, 0.1)
    assert told.outcome("1.1", 1) == "open"
    told.sent(IAF, M2, 9, reference="IAF-9")
    assert told.verdicts(10)["1.1"].text.endswith("IAF-9")


def test_what_a_crew_is_told_to_send_is_found_by_itself() -> None:
    """The crew's own limit counts from when it was told, the peer's from the message."""
    work, receipt = expect("message", IAF, 60, kinds=("notice",)), expect("receipt", IAF, 5)
    told = Telling(scenario_of(inject("1", work, receipt, from_crew=True)))
    told.due("1", 0)
    told.sent(IAF, M2, 20, reference="IAF-2")
    told.sent(IAF, M1, 30, reference="IAF-1")
    told.receipt(IAF, M1, 33)
    found = told.verdicts(40)
    assert [found["1.1"].outcome, found["1.2"].outcome] == ["pass", "pass"]
    assert found["1.2"].after_s == pytest.approx(3)


def test_what_a_crew_never_sends_is_void_for_the_others() -> None:
    """Nobody can receipt what was not sent; the crew itself has let its time run out."""
    work, receipt = expect("message", IAF, 60, kinds=("notice",)), expect("receipt", IAF, 5)
    told = Telling(scenario_of(inject("1", work, receipt, from_crew=True)))
    told.due("1", 0)
    told.endex(100)
    found = told.verdicts(100)
    assert [found["1.1"].outcome, found["1.2"].outcome] == ["expired", "void"]
