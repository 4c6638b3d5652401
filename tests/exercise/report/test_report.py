"""The report of an exercise that two real nodes played: what it says, and what it refuses."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import msgspec
import pytest

from hotline.api.schema import EntryView
from hotline.audit.reconcile.findings import Difference
from hotline.cli.exits import Exit
from hotline.errors import ExerciseError
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from hotline.exercise.record.writing import RecordWriter
from hotline.exercise.report import binding
from hotline.exercise.report.binding import check_exercise, check_journals
from hotline.exercise.report.collected import Side
from hotline.exercise.report.document import AlarmRow, LineSpan, Report
from hotline.exercise.report.html import render
from hotline.exercise.report.making import make_report
from hotline.exercise.report.noted import Play
from hotline.exercise.report.storing import encoded
from hotline.exercise.report.tables import tables
from hotline.exercise.scenario.shape import Crew, CrewKind
from hotline.model.kinds import Status
from tests.audit.reconciliations import agreeing
from tests.cli.command import fails, hotline, hotline_json
from tests.exercise.report import played


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Play the exercise once for the whole module."""
    return asyncio.run(played.play(tmp_path_factory.mktemp("played")))


@pytest.fixture(scope="module")
def report(directory: Path) -> Report:
    """Make its report once."""
    return make_report(played.sources_of(directory))


@pytest.fixture
def copy(directory: Path, tmp_path: Path) -> Path:
    """Give a copy of the exercise to be bent; sockets stay where they are."""
    return Path(
        shutil.copytree(
            directory, tmp_path / "copy", ignore=shutil.ignore_patterns("iaf.sock", "*.sock")
        )
    )


# --- What it says -----------------------------------------------------------------------------


def test_it_names_the_exercise_and_both_crews(report: Report) -> None:
    """The banner has EXERCISE and the name; a simulated crew is marked as one."""
    assert report.exercise.banner == f"EXERCISE {played.NAME}"
    assert [(one.centre, one.crew) for one in report.centres] == [
        ("iaf", "human"),
        ("hmeimim", "simulated"),
    ]
    assert "director" not in report.centres[0].officers


def test_only_people_are_officers_of_a_crew_of_people(directory: Path) -> None:
    """Whoever was named where the director or a program acted was not there."""
    sources = played.sources_of(directory)
    asked = dataclasses.replace(
        sources,
        scenario=msgspec.structs.replace(
            sources.scenario,
            crews={centre: Crew(kind=CrewKind.HUMAN) for centre in played.CENTRES},
        ),
    )
    assert [one.officers for one in make_report(asked).centres] == [["Levi"], []]
    assert [one.officers for one in make_report(sources).centres] == [["Levi"], ["sim. Orlov"]]


def test_nothing_was_lost(report: Report) -> None:
    """Two notices and two answers, each once at its recipient."""
    assert (report.loss.sent, report.loss.received) == (4, 4)
    assert report.loss.lost == report.loss.queued == report.loss.doubled == []


def test_reactions_are_measured_at_the_recipient(report: Report) -> None:
    """From durable there to opened and answered; the scenario's clock ran 60 times as fast."""
    patrol = next(row for row in report.messages if row.reference == "IAF-0101" and not row.about)
    assert patrol.read_by == "sim. Orlov"
    assert patrol.read_s is not None
    assert patrol.reply_s is not None
    assert 0 < patrol.read_s < patrol.reply_s
    assert patrol.reply_scenario_s == pytest.approx(patrol.reply_s * played.FACTOR, rel=0.2)
    (routine,) = [one for one in report.reactions if one.precedence == "ROUTINE"]
    assert (routine.centre, routine.to_answer, routine.unanswered) == ("hmeimim", 1, 0)
    assert routine.reply.median == patrol.reply_s


def test_a_wrong_read_back_says_what_was_said_and_what_was_signed(report: Report) -> None:
    """One of two was right; of the other, each field that differs."""
    right, wrong = report.read_backs
    assert (right.right, right.reference) == (True, "IAF-0101")
    assert (wrong.right, wrong.reference, wrong.simulated) == (False, "IAF-0104", True)
    levels = {one.field: (one.said, one.signed) for one in wrong.differences}
    assert levels["altitude_upper"] == ("FL200", "FL300")


def test_verdicts_are_judged_anew_from_the_journals(report: Report) -> None:
    """Two passed by an entry that is named; the third expired, whatever the board said."""
    verdicts = {one.id: one for row in report.msel for one in row.verdicts}
    assert [one.verdict for one in verdicts.values()] == ["pass", "pass", "expired"]
    assert all(one.by is not None for one in verdicts.values() if one.verdict == "pass")
    assert verdicts["patrol.2"].board == "pass"
    assert report.counts == {"pass": 2, "fail": 0, "expired": 1, "void": 0, "open": 0}


def test_an_inject_whose_time_had_not_come_says_so(report: Report) -> None:
    """The MSEL has every inject with what became of it, and evaluators' comments."""
    rows = {row.id: row for row in report.msel}
    assert [rows[name].state for name in ("patrol", "strike", "gone", "never")] == [
        "delivered", "delivered", "delivered", "not-due",
    ]  # fmt: skip
    assert [one.text for one in rows["gone"].comments] == ["Calm work."]


def test_the_cut_is_explained_by_its_fault(report: Report) -> None:
    """Both nodes found the line down while one was restarted, and nothing else took it down."""
    assert [(one.cuts, one.unexplained) for one in report.availability] == [(1, 0), (1, 0)]
    assert {tuple(one.faults) for one in report.line if not one.up} == {("gone",)}
    for centre in played.CENTRES:
        spans = [one for one in report.line if one.centre == centre]
        assert [one.until for one in spans[:-1]] == [one.since for one in spans[1:]]


def test_alarms_and_mistakes_are_listed(report: Report) -> None:
    """The alarm with who acknowledged it; the simulated crew's mistake apart from findings."""
    (alarm,) = [one for one in report.alarms if one.code == "line.clock-offset"]
    assert (alarm.centre, alarm.acknowledged_by) == ("iaf", "Levi")
    assert [one.mistake for one in report.mistakes] == ["wrong-position"]
    assert "read-back.wrong" in [one.rule for one in report.improvements if one.simulated]


def test_what_a_simulated_crew_did_well_stands_apart(report: Report) -> None:
    """In the list of strengths there is nothing that a program has done."""
    page = render(report)
    strengths = page[page.index('id="strengths"') : page.index('id="improvements"')]
    ours, _, theirs = strengths.partition("What simulated crews did well")
    assert "nothing was lost" in ours
    assert ">SIMULATED<" not in ours
    assert theirs.count(">SIMULATED<") == sum(one.simulated for one in report.strengths) > 0


def test_both_journals_bind_the_record(report: Report, directory: Path) -> None:
    """Each holds the hash of the record's line ENDEX, and the statement says in which entry."""
    record = read_record(directory)
    (ending, _) = next(record.every(events.Endex))
    assert report.proof.record == ending.sha256
    assert [one.centre for one in report.proof.bound] == list(played.CENTRES)
    assert len(report.proof.logs) == 4


def test_the_same_sources_give_the_same_bytes(report: Report, directory: Path) -> None:
    """Data and page; and the data read back give the same page."""
    again = make_report(played.sources_of(directory))
    assert encoded(again) == encoded(report)
    assert render(msgspec.json.decode(encoded(report), type=Report)) == render(report)


# --- What it refuses --------------------------------------------------------------------------


def refused(directory: Path, *, unfinished: bool = False) -> str:
    """Return the code with which a report is refused."""
    with pytest.raises(ExerciseError) as raised:
        make_report(played.sources_of(directory), unfinished=unfinished)
    assert raised.value.hint
    return raised.value.code


def test_a_journal_that_was_changed_is_refused(copy: Path) -> None:
    """One byte of one payload."""
    path = copy / "collected" / "hmeimim" / "data" / "journal.sqlite"
    found = path if path.is_file() else next((copy / "collected" / "hmeimim").rglob("*.sqlite"))
    with closing(sqlite3.connect(found)) as db:
        db.execute("UPDATE record SET payload = x'80' WHERE kind = 'read'")
        db.commit()
    assert refused(copy) == "report.journal-does-not-verify"


def test_the_journals_of_two_runs_are_refused(copy: Path, tmp_path: Path) -> None:
    """Each holds by itself, and they are of different nodes under the same names."""
    other = asyncio.run(played.play(tmp_path / "other"))
    shutil.rmtree(copy / "collected" / "hmeimim")
    shutil.copytree(other / "collected" / "hmeimim", copy / "collected" / "hmeimim")
    assert refused(copy) == "report.journals-disagree"


@pytest.mark.parametrize(
    ("code", "contradicts"), [("message-not-received", True), ("restored", False)]
)
def test_only_what_the_journals_explain_themselves_is_no_contradiction(
    directory: Path, monkeypatch: pytest.MonkeyPatch, code: str, contradicts: bool
) -> None:
    """A recovery is told by a signed record; anything else on which they differ refuses."""
    found = agreeing()
    found.differences.append(Difference(code, "the records differ", None, None))
    monkeypatch.setattr(binding, "reconcile", lambda *_, **__: found)
    if contradicts:
        assert refused(directory) == "report.journals-disagree"
    else:
        assert make_report(played.sources_of(directory)).proof.explained == [
            "the records differ [restored]"
        ]


def rewritten(directory: Path, change: object) -> None:
    """Write the record anew with a chain that holds, each entry as ``change`` gives it."""
    assert callable(change)
    entries = read_record(directory).entries
    (directory / "record.jsonl").unlink()
    times: Iterator[int] = iter([one.at_us for one in entries])
    with RecordWriter.create(directory, lambda: next(times)) as writer:
        for one in entries:
            event = change(one.event)
            if event is not None:
                writer.append(event, one.t)


def test_a_record_that_was_written_anew_is_refused(copy: Path) -> None:
    """Its chain holds, and yet neither journal holds its hash."""
    rewritten(
        copy,
        lambda event: (
            msgspec.structs.replace(event, mistake="")
            if isinstance(event, events.CrewActed)
            else event
        ),
    )
    assert refused(copy) == "report.record-not-bound"


def test_the_record_of_another_exercise_is_refused(copy: Path) -> None:
    """The nodes entered another name at STARTEX."""
    rewritten(
        copy,
        lambda event: (
            msgspec.structs.replace(event, name="another")
            if isinstance(event, events.Opened)
            else event
        ),
    )
    assert refused(copy) == "report.other-exercise"


def test_a_changed_scenario_is_refused(copy: Path) -> None:
    """The record has the hash of the file that was played."""
    sources = played.sources_of(copy)
    changed = msgspec.structs.replace(sources.scenario, sha256="0" * 64)
    with pytest.raises(ExerciseError) as raised:
        make_report(dataclasses.replace(sources, scenario=changed))
    assert raised.value.code == "report.other-scenario"


def test_play_without_endex_is_refused_or_marked(tmp_path: Path) -> None:
    """As a report of the whole it is refused; as one of a part it says so in large letters."""
    left = asyncio.run(played.play(tmp_path / "left", ends=False))
    assert refused(left) == "report.no-endex"
    part = make_report(played.sources_of(left), unfinished=True)
    assert not part.exercise.finished
    assert part.proof.bound == []
    page = render(part)
    assert '<p class="unfinished"' in page
    assert "(UNFINISHED)</title>" in page


@pytest.mark.parametrize(
    ("untold", "by_hand", "why", "page"),
    [
        (("iaf",), "", "its node was not told", "the journal of iaf has no ENDEX"),
        (("iaf",), "iaf", "Levi said there by hand", "the journal of iaf has no ENDEX"),
        (("iaf", "hmeimim"), "", "its node was not told", "the journals of iaf and hmeimim have"),
    ],
)
def test_a_node_that_was_not_told_of_endex_is_named(
    tmp_path: Path, untold: tuple[str, ...], by_hand: str, why: str, page: str
) -> None:
    """A report of the whole is refused with the reason; one as it stands says what binds it."""
    left = asyncio.run(played.play(tmp_path / "left", untold=untold, by_hand=by_hand))
    with pytest.raises(ExerciseError) as raised:
        make_report(played.sources_of(left))
    assert raised.value.code == "report.no-endex"
    assert why in raised.value.message
    part = make_report(played.sources_of(left), unfinished=True)
    bound = [one.centre for one in part.proof.bound]
    assert bound == [centre for centre in played.CENTRES if centre not in untold]
    assert not part.exercise.finished
    said = " ".join(re.sub(r"<[^>]*>", "", render(part)).split())
    assert f"UNFINISHED: {page}" in said
    binds = f"Only the journal of {bound[0]} binds" if bound else "Nothing binds"
    assert f"{binds} the record." in said
    assert "both hold the hash" not in said


def test_what_was_ended_by_hand_and_bound_afterwards_is_whole(tmp_path: Path) -> None:
    """The entry of the hash is the one that counts."""
    made = asyncio.run(played.play(tmp_path / "made", by_hand="iaf"))
    report = make_report(played.sources_of(made))
    assert report.exercise.finished
    assert [one.centre for one in report.proof.bound] == ["iaf", "hmeimim"]


def test_a_record_that_lost_its_end_is_not_of_unfinished_play(copy: Path) -> None:
    """Both journals hold ENDEX with a hash, so an end was there: nothing is made of the rest."""
    rewritten(copy, lambda event: None if isinstance(event, events.Endex) else event)
    assert refused(copy, unfinished=True) == "report.record-not-bound"
    said = fails(
        "report.record-not-bound", "exercise", "report", copy, "--unfinished",
        exit_code=Exit.UNVERIFIED,
    )  # fmt: skip
    assert "the exercise did end" in said
    assert not (copy / "report").exists()


HASH = "00" * 32
RUNS = {
    "of the run before, and this one has none": (["startex", HASH, "startex"], 2, None),
    "of this run": (["startex", HASH, "startex", HASH], 2, "report.record-not-bound"),
    "of the run behind it": (["startex", "", "startex", HASH], 0, None),
    "behind STARTEX that was said again": (
        ["startex", "startex", "pause", HASH], 0, "report.record-not-bound",
    ),
    "without a hash: of somebody at the node": (["startex", "real-world", ""], 0, None),
    "behind one by hand": (["startex", "", HASH], 0, "report.record-not-bound"),
    "and no STARTEX of this run": (["startex", ""], 1, "report.other-exercise"),
}  # fmt: skip
"""What a node entered, an ENDEX as its hash; its size at STARTEX; how unfinished play fares."""


@pytest.mark.parametrize(("happened", "counted", "code"), RUNS.values(), ids=RUNS)
def test_only_endex_of_this_run_shows_that_it_ended(
    directory: Path, happened: list[str], counted: int, code: str | None
) -> None:
    """On nodes that are played on several times, earlier and later runs have theirs."""
    play = Play(read_record(directory))
    play.endex = None
    assert play.startex is not None
    log = "hotline/exercise/iaf/node/1"
    nodes = [
        events.NodeAtStart(
            centre=centre, status="exercise", version="0", card="", letter="", logs={log: counted}
        )
        for centre in played.CENTRES
    ]
    play.startex = (play.startex[0], events.Startex(nodes=tuple(nodes), starts=""))
    entries = tuple(
        EntryView(
            log=log, entry=number, kind="exercise", at="", text="",
            what={
                "event": "endex" if one in ("", HASH) else one,
                "name": played.NAME,
                "record": one if one == HASH else "",
            },
        )
        for number, one in enumerate(happened)
    )  # fmt: skip
    sides = [Side(one, "", None, entries, (), (), ()) for one in played.CENTRES]
    if code is None:
        assert check_exercise(play, sides, unfinished=True) == []
    else:
        with pytest.raises(ExerciseError) as raised:
            check_exercise(play, sides, unfinished=True)
        assert raised.value.code == code


def test_an_actual_journal_is_refused(directory: Path) -> None:
    """By its card, before a byte of it is read."""
    first, second = played.sources_of(directory).collected
    actual = dataclasses.replace(first, card=dataclasses.replace(first.card, status=Status.ACTUAL))
    with pytest.raises(ExerciseError) as raised:
        check_journals([actual, second])
    assert raised.value.code == "report.not-of-an-exercise"


# --- The command ------------------------------------------------------------------------------


def test_the_command_leaves_page_data_and_tables(copy: Path) -> None:
    """Every file's name and every row says EXERCISE and its name; the data are the schema's."""
    done = hotline("exercise", "report", copy)
    assert done.stdout.startswith(f"EXERCISE {played.NAME}: 2 of 3 expectations passed")
    files = {path.name for path in (copy / "report").iterdir()}
    assert "report.json" in files
    assert all(name.startswith(f"EXERCISE-{played.NAME}") for name in files - {"report.json"})
    found = msgspec.json.decode((copy / "report" / "report.json").read_bytes(), type=Report)
    assert found.exercise.name == played.NAME
    for path in (copy / "report").glob("*.csv"):
        headings, *rows = csv.reader(StringIO(path.read_text()))
        assert rows
        assert {row[0] for row in (headings, *rows)} == {f"EXERCISE {played.NAME}"}


def test_the_command_replaces_a_report_only_when_forced(copy: Path) -> None:
    """And never what is no report."""
    hotline("exercise", "report", copy)
    fails("report.exists", "exercise", "report", copy, exit_code=Exit.USAGE)
    hotline("exercise", "report", copy, "--force")
    (copy / "report" / "notes.txt").write_text("mine")
    fails("files.directory-in-use", "exercise", "report", copy, "--force", exit_code=Exit.USAGE)
    assert (copy / "report" / "notes.txt").read_text() == "mine"


def test_the_command_says_why_it_refuses(copy: Path) -> None:
    """Exit code 5, the reason, and no report."""
    lines = (copy / "record.jsonl").read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"inject":"', b'"inject":"x')
    (copy / "record.jsonl").write_bytes(b"".join(lines))
    fails("record.chain", "exercise", "report", copy, exit_code=Exit.UNVERIFIED)
    assert not (copy / "report").exists()


def test_the_command_says_that_play_was_not_ended(tmp_path: Path) -> None:
    """Nothing was collected then; with --unfinished the nodes' own journals are read."""
    left = asyncio.run(played.play(tmp_path / "left", ends=False))
    shutil.rmtree(left / "collected")
    said = fails("report.no-endex", "exercise", "report", left, exit_code=Exit.UNVERIFIED)
    assert "--unfinished" in said
    found = hotline_json("exercise", "report", left, "--unfinished")
    assert (found["exercise"]["finished"], len(found["messages"])) == (False, 4)
    shutil.rmtree(left / "iaf")
    again = (left, "--unfinished", "--force")
    fails("report.journal-missing", "exercise", "report", *again, exit_code=Exit.FAILED)


def test_a_table_without_rows_has_its_headings(report: Report) -> None:
    """A program that reads it need not know whether an alarm rang, and it says of what it is."""
    empty = tables(msgspec.structs.replace(report, alarms=[], line=[]))
    for name, form in (("alarms", AlarmRow), ("line", LineSpan)):
        (headings,) = csv.reader(StringIO(empty[name]))
        assert headings == [f"EXERCISE {played.NAME}", *form.__struct_fields__]


def test_the_command_takes_a_journal_from_elsewhere(copy: Path, tmp_path: Path) -> None:
    """Such as one that the other centre has sent; a name without part in it is refused."""
    moved = tmp_path / "sent"
    (copy / "collected" / "iaf").rename(moved)
    fails("report.journal-missing", "exercise", "report", copy, exit_code=Exit.FAILED)
    found = hotline_json("exercise", "report", copy, "--journal", f"iaf={moved}")
    assert found["exercise"]["name"] == played.NAME
    strange = ("--journal", f"london={moved}", "--force")
    fails("report.no-such-centre", "exercise", "report", copy, *strange, exit_code=Exit.USAGE)
    wrong = ("--journal", f"hmeimim={moved}", "--journal", f"iaf={moved}", "--force")
    fails("report.journal-missing", "exercise", "report", copy, *wrong, exit_code=Exit.FAILED)


def test_without_a_browser_there_is_no_paper(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found out before the work; the hint says how else to print."""
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    said = fails("report.no-browser", "exercise", "report", copy, "--pdf", exit_code=Exit.FAILED)
    assert "print it into a file" in said
    assert not (copy / "report").exists()
