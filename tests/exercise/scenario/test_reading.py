from __future__ import annotations

from pathlib import Path

import pytest

from hotline.errors import ExerciseError
from hotline.exercise.scenario.reading import (
    ScenarioRefused,
    extra_inject,
    keep,
    kept,
    read_scenario,
    scenario_named,
    scenario_of_bytes,
)
from hotline.exercise.scenario.shape import (
    DIRECTOR,
    Act,
    CrewKind,
    Delivery,
    ExpectationKind,
    FaultKind,
)
from hotline.exercise.scenario.timing import due_s
from hotline.exercise.scenario.wording import expectation_said, fault_said, owed_said
from hotline.model.kinds import Answer, Precedence
from hotline.model.letter import read_letter
from tests.exercise.scenario.plan import PLAN, problems, spoiled


def test_a_scenario_is_read_into_its_shape() -> None:
    """Times are seconds, what is left out is filled in, expectations are numbered."""
    found = scenario_of_bytes(PLAN.encode(), "plan.yaml")
    first, second, third = found.injects
    assert (found.name, found.duration_s, found.time_factor) == ("small", 600.0, 1.0)
    assert found.crews["iaf"].kind is CrewKind.SIMULATED
    assert (first.act, first.originator, first.recipient) == (Act.SEND, "iaf", "hmeimim")
    assert (first.precedence, first.delivery) == (Precedence.ROUTINE, Delivery.LINE)
    assert [(one.id, one.kind, one.centre, one.within_s) for one in first.expectations] == [
        ("1.1", ExpectationKind.RECEIPT, "hmeimim", 5.0),
        ("1.2", ExpectationKind.REPLY, "hmeimim", 120.0),
    ]
    assert (second.act, second.after, second.at_s) == (Act.REPLY, "1", 60.0)
    assert (second.about, second.answer) == ("1", Answer.ACCEPT)
    assert third.fault is not None
    assert (third.originator, third.fault.kind, third.fault.for_s) == (
        DIRECTOR,
        FaultKind.CUT,
        40.0,
    )
    assert due_s(found.injects) == {"1": 10.0, "2": 70.0, "3": 300.0}
    assert first.line == 7
    assert found.source == PLAN


def test_the_letter_names_the_exercise_and_its_centres() -> None:
    """Without a letter of its own a scenario is played under the sample, marked with its name."""
    found = scenario_of_bytes(spoiled("[iaf, hmeimim]", "[hmeimim, iaf]").encode(), "plan.yaml")
    assert found.letter is not None
    letter = read_letter(found.letter.encode())
    assert (letter.exercise, letter.centres, letter.dials) == (
        "small",
        ("hmeimim", "iaf"),
        "hmeimim",
    )
    assert letter.phrases


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("within: 5 s", "witin: 5 s", "scenario.unknown-key", "22:19"),
        ("title: A small", "titel: A small", "scenario.unknown-key", "2:1"),
        ("within: 5 s", "centre: iaf", "scenario.missing-key", "22:18"),
        ("duration: 10 min\n", "", "scenario.missing-key", "1:1"),
        ("at: 10 s", "at: -10 s", "scenario.bad-time", "8:9"),
        ("at: 10 s", "at: 10", "scenario.bad-time", "8:9"),
        ("at: 10 s", "at: .nan", "scenario.bad-time", "8:9"),
        ("at: 10 s", "at: 11 min", "scenario.bad-time", "8:9"),
        ("by: 1 min", "by: 10 min", "scenario.bad-time", "25:12"),
        ("duration: 10 min", "duration: 0 s", "scenario.bad-time", "5:11"),
        ("duration: 10 min", "duration: 25 h", "scenario.bad-time", "5:11"),
        ("duration: 10 min", "duration: 10 min\ntime-factor: 61", "scenario.out-of-range", "6:14"),
        ("duration: 10 min", "duration: 10 min\ntime-factor: 0", "scenario.out-of-range", "6:14"),
        ("duration: 10 min", "duration: 10 min\ntime-factor: .nan", "scenario.out-of-range",
         "6:14"),
        ("duration: 10 min", "duration: 10 min\nstarts: 2026-03-01T06:00", "scenario.bad-time",
         "6:9"),
        ('id: "3"', 'id: "1"', "scenario.repeated-id", "28:9"),
        ("from: iaf", "from: mars", "scenario.unknown-centre", "9:11"),
        ("from: iaf", "from: director", "scenario.unknown-centre", "9:11"),
        ("from: iaf", "from: iaf\n    to: iaf", "scenario.to-itself", "10:9"),
        ("from: iaf\n    send", "send", "scenario.missing-key", "7:5"),
        ('inject: "1"', 'inject: "9"', "scenario.unknown-inject", "25:12"),
        ('inject: "1"', 'inject: "2"', "scenario.cycle", "25:12"),
        ('about: "1"', 'about: "3"', "scenario.nothing-sent", "27:20"),
        ('about: "1"', 'about: "7"', "scenario.unknown-inject", "27:20"),
        ("from: hmeimim", "from: iaf", "scenario.to-itself", "27:20"),
        ("answer: accept", "answer: maybe", "scenario.unknown-word", "27:33"),
        ("answer: accept", "answer: reject", "scenario.bad-message", "27:12"),
        ("answer: accept", "answer: counter", "scenario.bad-message", "27:12"),
        ("fault: {cut: {for: 40 s}}", "fault: {cut: {for: 40 s}}\n    tell: hi",
         "scenario.one-of", "31:5"),
        ("    fault: {cut: {for: 40 s}}\n", "", "scenario.one-of", "28:5"),
        ("at: 5 min", "at: 5 min\n    after: \"1\"", "scenario.one-of", "30:5"),
        ("{cut: {for: 40 s}}", "{cut: {for: 40 s}, delay: {by: 1 s}}", "scenario.wrong-type",
         "30:12"),
        ("{cut: {for: 40 s}}", "{clock-offset: {by: 7 s}}", "scenario.missing-key", "30:27"),
        ("centre: iaf, within: 30 s", "within: 30 s", "scenario.missing-key", "32:9"),
        ("line-down: {centre: iaf, within: 30 s}", "receipt: {centre: iaf, within: 30 s}",
         "scenario.nothing-sent", "32:9"),
        ("line-down: {", "alarm-raised: {code: line.dwon, ", "scenario.unknown-code", "32:30"),
        ("line-down: {", "alarm-raised: {", "scenario.missing-key", "32:23"),
        ("line-down: {", "sunshine: {", "scenario.unknown-key", "32:9"),
        ("activity: patrol", "activity: picnic", "scenario.bad-message", "14:17"),
        ("lat: 34.5", "lat: 134.5", "scenario.bad-message", "16:42"),
        ("title: Patrol", "title: Patrol\n      colour: red", "scenario.bad-message", "14:7"),
        ("time_start: +45m", "time_start: 2026-03-01T10:00:00Z", "scenario.absolute-time", "19:23"),
        ("title: Patrol", "title: Patrol\n      status: exercise", "scenario.out-of-place", "14:7"),
        ("title: Patrol", "title: Patrol\n      remarks:", "scenario.wrong-type", "14:7"),
        ("kind: notice", "kind: conflict", "scenario.unknown-word", "11:13"),
        ("kind: notice", "kind: advisory", "scenario.bad-message", "12:7"),
        ("centres: [iaf, hmeimim]", "centres: [iaf]", "scenario.wrong-number", "4:10"),
        ("centres: [iaf, hmeimim]", "centres: [iaf, iaf]", "scenario.to-itself", "4:10"),
        ("objectives: [To be spoiled]", "objectives: none", "scenario.wrong-type", "3:13"),
        ("    expect:", "    objectives: [1, 2]\n    expect:", "scenario.unknown-objective",
         "21:17"),
        ("    expect:", "    objectives: [0]\n    expect:", "scenario.out-of-range", "21:18"),
        ("    expect:", "    objectives: 1\n    expect:", "scenario.wrong-type", "21:17"),
        ("    reply: {about", "    objectives: [1]\n    reply: {about", "scenario.out-of-place",
         "27:17"),
        ("duration: 10 min", "duration: 10 min\ntime-factor: 9\nhighest-factor: 8",
         "scenario.too-fast", "6:14"),
        ("title: A small scenario", 'title: "A \\u202e trap"', "scenario.bad-text", "2:8"),
        ("name: small", "name: Not Small", "scenario.bad-text", "1:7"),
    ],
)  # fmt: skip
def test_every_mistake_is_found_where_it_stands(old: str, new: str, code: str, place: str) -> None:
    """Code, line and column of what is wrong, whatever else is found besides."""
    found = problems(spoiled(old, new))
    assert (code, place) in [(one[0], one[1]) for one in found], found


def test_an_unknown_key_is_mended_with_the_one_that_is_meant() -> None:
    """Not with a list of all, and without complaining about the key that it stands for."""
    assert problems(spoiled("within: 5 s", "witin: 5 s")) == [
        (
            "scenario.unknown-key",
            "22:19",
            "the key 'witin' is not known",
            'did you mean "within"?',
        )
    ]


def test_several_mistakes_are_listed_at_once_in_the_order_of_the_file() -> None:
    """A planner mends all of them before trying again."""
    text = (
        spoiled("at: 10 s", "at: soon")
        .replace("within: 2 min", "within: two")
        .replace("A small scenario", "")
    )
    assert [(one[0], one[1]) for one in problems(text)] == [
        ("scenario.wrong-type", "2:1"),
        ("scenario.bad-time", "8:9"),
        ("scenario.bad-time", "23:43"),
    ]


def test_mistakes_of_form_and_of_sense_are_listed_together() -> None:
    """One inject is misspelt, another one names a centre that is none: both are said at once."""
    text = spoiled("within: 30 s}", "witin: 30 s}").replace("from: hmeimim", "from: mars")
    text += "traffic:\n  - {id: a, until: 1 h, rates: [{hour: 0, per-hour: 1}]}\n"
    assert [(one[0], one[1]) for one in problems(text)] == [
        ("scenario.unknown-centre", "26:11"),
        ("scenario.unknown-key", "32:34"),
        ("scenario.bad-time", "34:20"),
    ]


@pytest.mark.parametrize(
    "old",
    ["at: 10 s", "within: 5 s", "kind: notice", 'id: "1"', "send:\n      kind: notice"],
)
def test_nothing_is_said_of_what_refers_to_an_inject_that_cannot_be_read(
    tmp_path: Path, old: str
) -> None:
    """What it would be is not known: only it is to be mended."""
    activation = "{kind: activation, reference: IAF-0001, at: +0s}"
    text = f'{PLAN}  - {{id: "4", at: 6 min, from: iaf, send: {activation}}}\n'
    assert old in text
    wrong = old.replace('"1"', '"1!"') if '"1"' in old else f"{old}x"
    ((_, place, _, _),) = problems(text.replace(old, wrong, 1), tmp_path)
    assert 7 <= int(place.partition(":")[0]) <= 23
    begin, _, rest = text.partition("    send:\n")
    end = rest.partition("    expect:")[2]
    without = f"{begin}    send: {{file: nothere.json}}\n    expect:{end}"
    assert [one[0] for one in problems(without, tmp_path)] == ["scenario.missing-file"]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (
            ", answer: accept",
            "",
            "add answer: the answer, of accept, reject, stand-by, counter",
        ),
        (
            "one-of: [accept], within: 2 min",
            "one-of: [accept]",
            "add within: the time for it, after the inject's delivery, as in 30 s",
        ),
        (
            "line-down: {",
            "alarm-raised: {",
            "add code: the alarm's code, as in line.down",
        ),
        (
            "line-down: {",
            "alarm-raised: {code: witness.zzzzzzzzzz, ",
            "known are witness.late",
        ),
        ("    at: 5 min\n", "", "add one of them, and only one"),
    ],
)
def test_hints_name_what_can_be_written(old: str, new: str, hint: str) -> None:
    """The words that are known, or an example of the form."""
    ((_, _, _, said),) = problems(spoiled(old, new))
    assert said == hint


@pytest.mark.parametrize("reply", ["{within: 2 min}", "2 min"])
def test_a_reply_without_answers_is_any_reply(reply: str) -> None:
    """No list is made up: what is expected says that it replies, and nothing of how."""
    text = spoiled("{one-of: [accept], within: 2 min}", reply)
    (_, expected) = scenario_of_bytes(text.encode(), "plan.yaml").injects[0].expectations
    assert (expected.answers, expected.within_s) == ((), 120.0)
    assert expectation_said(expected) == "hmeimim replies within 2 min"
    assert owed_said(expected) == "hmeimim: reply"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("corrupted-frame", "iaf sends a corrupted frame"),
        ("replayed-envelope", "iaf sends an old envelope again"),
    ],
)
def test_a_fault_of_what_is_sent_names_its_sender(kind: str, said: str) -> None:
    """As the node itself has it: the other one refuses or takes what comes."""
    text = spoiled("{cut: {for: 40 s}}", f"{{{kind}: {{centre: iaf}}}}")
    fault = scenario_of_bytes(text.encode(), "plan.yaml").injects[2].fault
    assert fault is not None
    assert fault_said(fault) == said


@pytest.mark.parametrize(
    "line",
    ["status: running", "startex_at: 2026", "delivered: [1]", "clock: 5 min", "verdicts: {}"],
)
def test_the_state_of_a_past_run_is_never_taken(line: str) -> None:
    """Whoever copies a run's state into a scenario is told why it has no place there."""
    ((code, place, _, hint),) = problems(f"{PLAN}{line}\n")
    assert (code, place) == ("scenario.unknown-key", "33:1")
    assert "past run" in hint
    ((code, _, _, hint),) = problems(spoiled('id: "1"', f'id: "1"\n    {line}'))
    assert code == "scenario.unknown-key"
    assert "past run" in hint


def test_a_cycle_is_told_with_all_who_wait() -> None:
    """Every inject of it is named, once."""
    text = PLAN.replace("    at: 10 s\n", '    after: {inject: "3", by: 1 s}\n').replace(
        "    at: 5 min\n", '    after: {inject: "2", by: 1 s}\n'
    )
    cycles = [one for one in problems(text) if one[0] == "scenario.cycle"]
    assert [one[2] for one in cycles] == ["injects wait for each other: 1 after 3 after 2 after 1"]


def test_a_message_may_be_flawed_on_purpose_but_not_in_its_form() -> None:
    """For exercises about flaws a rule may be broken; a field of the wrong type cannot be sent."""
    flawed = spoiled("from: iaf", "from: iaf\n    flawed: true").replace("lat: 34.5", "lat: 134.5")
    found = scenario_of_bytes(flawed.encode(), "plan.yaml")
    assert found.injects[0].flawed
    codes = {one[0] for one in problems(flawed.replace("lat: 134.5", "lat: north"))}
    assert codes == {"scenario.bad-message"}


def test_phrases_are_looked_up_in_the_sender_s_letter() -> None:
    """A phrase that the letter does not have is found before the exercise."""
    advisory = "{kind: advisory, text: hello, phrases: [399]}"
    text = f'{PLAN}  - {{id: "4", at: 1 min, from: iaf, send: {advisory}}}\n'
    ((code, place, said, _),) = problems(text)
    assert (code, place) == ("scenario.bad-message", "33:83")
    assert "399" in said
    scenario_of_bytes(text.replace("399", "314").encode(), "plan.yaml")


def test_references_are_given_once_and_known_when_they_are_used() -> None:
    """An activation of what nobody announced, a notice announced twice, one before its notice."""
    document = "{{kind: activation, reference: IAF-0001, at: +0s}}"
    step = f'  - {{{{id: "4", at: {{at}}, from: {{who}}, send: {document}}}}}\n'
    scenario_of_bytes((PLAN + step.format(at="1 min", who="iaf")).encode(), "plan.yaml")
    for at, who in (("1 min", "hmeimim"), ("5 s", "iaf")):
        found = problems(PLAN + step.format(at=at, who=who))
        assert [one[0] for one in found] == ["scenario.unknown-reference"]
    first = PLAN.partition("    expect:")[0].partition("injects:\n")[2]
    twice = PLAN + first.replace('id: "1"', 'id: "4"')
    assert [one[0] for one in problems(twice)] == ["scenario.repeated-reference"]


def test_an_alarm_is_asked_for_about_a_notice_that_somebody_gives() -> None:
    """Of an alarm that names a notice, and only there."""
    keys = "centre: iaf, within: 5 s, code: {code}, reference: {reference}"
    asked = f"      - alarm-raised: {{{{{keys}}}}}\n"
    for code, reference, found in (
        ("airspace.conflict", "IAF-0001", ""),
        ("notice.short-warning", "IAF-0002", "scenario.unknown-reference"),
        ("line.down", "IAF-0001", "scenario.out-of-place"),
        ("airspace.conflict", "iaf 1", "scenario.bad-text"),
    ):
        text = PLAN + asked.format(code=code, reference=reference)
        if found:
            ((told, place, *_),) = problems(text)
            assert (told, place.partition(":")[0]) == (found, "33")
        else:
            expected = scenario_of_bytes(text.encode(), "plan.yaml").injects[-1].expectations[-1]
            assert expected.reference == reference
            assert expectation_said(expected).startswith("airspace.conflict about IAF-0001 rings")


def test_messages_and_letters_may_lie_beside_the_scenario(tmp_path: Path) -> None:
    """They are read once, kept with the exercise, and read again from there."""
    (tmp_path / "notices").mkdir()
    notice = Path("examples/iaf/01-patrol.json").read_bytes()
    (tmp_path / "notices/patrol.json").write_bytes(notice)
    letter = Path("examples/letter.toml").read_bytes()
    (tmp_path / "letter.toml").write_bytes(letter)
    begin, _, rest = PLAN.partition("    send:\n")
    _, _, end = rest.partition("    expect:")
    text = f"letter: letter.toml\n{begin}    send: {{file: notices/patrol.json}}\n    expect:{end}"
    (tmp_path / "plan.yaml").write_text(text)
    found = read_scenario(tmp_path / "plan.yaml")
    assert found.injects[0].document is not None
    assert found.injects[0].document["kind"] == "notice"
    assert found.letter == f'exercise = "small"\n{letter.decode()}'
    assert sorted(found.beside) == ["letter.toml", "notices/patrol.json"]
    exercise = tmp_path / "exercise"
    exercise.mkdir()
    keep(found, exercise)
    assert kept(exercise) == found
    assert (exercise / "scenario.yaml").read_bytes() == (tmp_path / "plan.yaml").read_bytes()


@pytest.mark.parametrize(
    "name", ["nothere.toml", "../letter.toml", "/etc/passwd", "folder", "C:\\\\letter.toml", "link"]
)
def test_only_files_beside_the_scenario_are_read(tmp_path: Path, name: str) -> None:
    """Neither a missing file, nor one elsewhere, by whatever way."""
    (tmp_path / "letter.toml").write_text("title = 1")
    plan = tmp_path / "plan"
    (plan / "folder").mkdir(parents=True)
    (plan / "link").symlink_to(tmp_path / "letter.toml")
    ((code, place, _, _),) = problems(f'{PLAN}letter: "{name}"\n', plan)
    assert (code, place) == ("scenario.missing-file", "33:9")


@pytest.mark.parametrize(
    ("letter", "code", "place"),
    [
        ("{status: actual}", "scenario.actual-letter", "33:18"),
        ("{timers: {heartbeat: 3}}", "scenario.unknown-key", "33:19"),
        ("{timers: {heartbeat_s: fast}}", "scenario.bad-letter", "33:9"),
        ("{timers: {heartbeat_s: 99}}", "scenario.bad-letter", "33:18"),
        ("{edition: null}", "scenario.wrong-type", "33:19"),
        ("{exercise: other}", "scenario.unknown-key", "33:10"),
        ('{toml: "title = "}', "scenario.bad-letter", "33:9"),
        ('{toml: "exercise = 1"}', "scenario.bad-letter", "33:9"),
        ("{toml: x, edition: y}", "scenario.wrong-type", "33:9"),
    ],
)
def test_a_letter_that_cannot_be_used_is_refused(letter: str, code: str, place: str) -> None:
    """Actual ones above all; a key that is wrong has its own place."""
    found = problems(f"{PLAN}letter: {letter}\n")
    assert (code, place) in [(one[0], one[1]) for one in found], found


def test_a_letter_of_others_or_of_another_exercise_is_refused() -> None:
    """Its centres are those of the scenario, and so is the name in it."""
    found = scenario_of_bytes(PLAN.encode(), "plan.yaml")
    assert found.letter is not None
    inline = "letter:\n  toml: |\n" + "".join(f"    {line}\n" for line in found.letter.split("\n"))
    scenario_of_bytes((PLAN + inline).encode(), "plan.yaml")
    other = PLAN + inline.replace('exercise = "small"', 'exercise = "large"')
    assert [one[0] for one in problems(other)] == ["scenario.letter-of-another-exercise"]
    others = PLAN + inline.replace('"hmeimim"', '"mars"')
    assert [one[0] for one in problems(others)] == ["scenario.letter-of-others"]


def test_a_centre_may_hold_another_letter() -> None:
    """What differs is said; the rest is the common one's."""
    text = f"{PLAN}letters: {{hmeimim: {{minimum_warning_s: {{default: 1800}}}}}}\n"
    found = scenario_of_bytes(text.encode(), "plan.yaml")
    assert found.letter is not None
    common, other = (read_letter(one.encode()) for one in (found.letter, found.letters["hmeimim"]))
    assert (common.minimum_warning_s.default, other.minimum_warning_s.default) == (900, 1800)
    assert (common.phrases, common.exercise) == (other.phrases, other.exercise)


def test_an_extra_inject_is_checked_against_the_scenario() -> None:
    """A director may add one in play: it can follow what is there, and takes no id twice."""
    scenario = scenario_of_bytes(PLAN.encode(), "plan.yaml")
    inject = extra_inject({"id": "x", "after": "1", "to": "iaf", "tell": "Look out"}, scenario)
    assert (inject.id, inject.after, inject.text) == ("x", "1", "Look out")
    for given, code in (
        ({"id": "1", "at": "1 s", "to": "iaf", "tell": "a"}, "scenario.repeated-id"),
        ({"id": "x", "after": "9", "to": "iaf", "tell": "a"}, "scenario.unknown-inject"),
        ({"id": "x", "at": "1 s", "to": "mars", "tell": "a"}, "scenario.unknown-centre"),
        ({"id": "x"}, "scenario.one-of"),
    ):
        with pytest.raises(ScenarioRefused) as caught:
            extra_inject(given, scenario)
        assert code in {one.code for one in caught.value.problems}


def test_what_a_user_names_is_a_file_or_one_that_is_shipped(tmp_path: Path) -> None:
    """A name that is neither is refused with the one that may be meant."""
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    assert scenario_named(str(path)).name == "small"
    for given in ("first-lesson", "first-lesson.yaml"):
        assert scenario_named(given).name == "first-lesson"
    for given, code in (
        ("frist-lesson", "scenario.not-shipped"),
        ("nothere.yaml", "scenario.unreadable"),
        (f"{tmp_path}/plan.yaml/x", "scenario.unreadable"),
    ):
        with pytest.raises(ExerciseError) as caught:
            scenario_named(given)
        assert caught.value.code == code
