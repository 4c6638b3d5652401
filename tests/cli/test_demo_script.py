"""Scripts for `hotline demo --samples`: how a directory is read, and what is judged."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from hotline.api.client import Client
from hotline.api.schema import Flag, MessagePage, MessageView
from hotline.cli.demo import command, course, timeline_shown
from hotline.cli.demo.course import officer_at
from hotline.cli.demo.proof import Proof
from hotline.cli.demo.samples import Sample
from hotline.cli.demo.script import read_script
from hotline.cli.demo.story import Story
from hotline.cli.demo.timeline import Finding, Ring, Row, Rung, Timeline, as_object, needed_s
from hotline.cli.exits import Exit
from hotline.errors import UsageError
from hotline.journal.compared import LATER
from hotline.model.letter import read_letter
from hotline.model.times import format_time
from hotline.wire.records import Related
from tests.cli.command import EXAMPLES, fails
from tests.cli.samples import view

SEPTEMBER = EXAMPLES / "september-2018"
NOON = "2026-03-01T12:00:00.000000Z"
NOON_US = 1_772_366_400_000_000
ID = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the script to be spoiled."""
    return shutil.copytree(SEPTEMBER, tmp_path / "samples")


def refused(code: str, folder: Path, tmp_path: Path, exit_code: int = 1) -> str:
    """Return what is said of samples that are refused before anything is made."""
    at = tmp_path / "demo"
    said = fails(code, "demo", "--samples", folder, "--directory", at, exit_code=exit_code)
    assert not at.exists()
    return said


# Reading a directory


def test_a_script_is_read_with_its_course() -> None:
    """Messages of both centres in one order; roles and status from the letter."""
    script = read_script(SEPTEMBER)
    assert [sample.number for sample in script.samples] == list(range(1, 12))
    assert script.roles.centres == ("iaf", "hmeimim")
    assert script.evidence == ("IAF-0917",)
    assert script.step(10).moment == ("end", "IAF-0917")
    assert script.step(9).answers == 5
    assert script.judged


def test_without_a_script_messages_follow_each_other(folder: Path) -> None:
    """Nothing is expected then, and evidence is written of every notice."""
    (folder / "script.toml").unlink()
    script = read_script(folder)
    assert not script.judged
    assert script.title == "samples"
    assert script.evidence == ("HMEIMIM-0917", "IAF-0917")
    assert script.step(3).moment is None
    assert script.step(3).flags is None


def test_the_centre_that_dials_is_the_letter_s(folder: Path) -> None:
    """Whoever it is; the other one waits for the connection."""
    letter = folder / "letter.toml"
    letter.write_text(letter.read_text().replace('dials = "iaf"', 'dials = "hmeimim"'))
    assert read_script(folder).roles.centres == ("hmeimim", "iaf")


def test_a_directory_without_a_letter_is_no_script(tmp_path: Path) -> None:
    """It is said what is missing, and which directory is one."""
    (tmp_path / "empty").mkdir()
    assert "examples/september-2018" in refused("demo.no-letter", tmp_path / "empty", tmp_path)


def test_nothing_is_played_for_real(folder: Path, tmp_path: Path) -> None:
    """A letter of status actual belongs to a line that is in use."""
    letter = folder / "letter.toml"
    letter.write_text(letter.read_text().replace('"exercise"', '"actual"'))
    refused("demo.actual", folder, tmp_path)


def test_two_messages_with_one_number_have_no_order(folder: Path, tmp_path: Path) -> None:
    """Both are named."""
    (folder / "iaf" / "03-strike.json").rename(folder / "iaf" / "04-strike.json")
    said = refused("demo.same-number", folder, tmp_path)
    assert "hmeimim/04-stand-by.json" in said
    assert "iaf/04-strike.json" in said


def test_a_script_without_messages_is_refused(folder: Path, tmp_path: Path) -> None:
    """A folder of neither centre is looked into for nothing."""
    shutil.rmtree(folder / "iaf")
    shutil.rmtree(folder / "hmeimim")
    refused("demo.no-messages", folder, tmp_path)


def test_a_message_that_breaks_a_rule_is_named(folder: Path, tmp_path: Path) -> None:
    """Before any node is started."""
    path = folder / "iaf" / "03-strike.json"
    path.write_text(path.read_text().replace('"lat": 35.52', '"lat": 91'))
    assert "03-strike.json" in refused("model.bad-latitude", folder, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step = 1", "step"),
        ("[[step]]\nnumber = 99", "no message has that number"),
        ("[[step]]\nnumber = 3\n[[step]]\nnumber = 3", "stands there twice"),
        ('[[step]]\nnumber = 3\nuntil = "later"', "start of IAF-0917"),
        ("[[step]]\nnumber = 3\npause_s = 1e9", "0 to 3600"),
        ("[[step]]\nnumber = 3\npause_s = nan", "0 to 3600"),
        ("[[step]]\nnumber = 3\nanswers = 3", "no message 3 before it"),
        ("[[step]]\nnumber = 3\nwait = 1", "wait"),
        ("[alarms]\nmallory = []", "mallory"),
        ("title = 'open", "script.toml"),
        ("\udcff", "script.toml"),
    ],
)
def test_a_script_that_does_not_fit_is_refused(
    folder: Path, tmp_path: Path, text: str, said: str
) -> None:
    """It is said where it does not."""
    (folder / "script.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert said in refused("demo.bad-script", folder, tmp_path)


def test_every_centre_has_an_officer_who_says_that_it_is_a_program() -> None:
    """Also one that the demonstration does not know by name."""
    assert officer_at("iaf") == "levy (simulated)"
    assert officer_at("cyprus") == "officer of cyprus (simulated)"


async def test_a_reply_to_what_has_not_come_is_refused() -> None:
    """It says which file it is, and what it lacks."""

    class Empty(Client):
        async def messages(self, **_: object) -> MessagePage:
            return MessagePage(messages=[])

    reply = Sample(4, "hmeimim", "04-reply.json", {"kind": "reply", "reference": "IAF-0917"})
    with pytest.raises(UsageError) as caught:
        await course._answered(Empty("nowhere"), reply, None)
    assert caught.value.code == "demo.nothing-to-answer"
    assert "hmeimim/04-reply.json answers IAF-0917" in caught.value.message


# What is judged


def finding(centre: str = "hmeimim", at_us: int = NOON_US, **changes: object) -> Finding:
    """Return what a centre found of the notice of `row`."""
    related = Related(
        own=b"\1" * 32,
        other=bytes.fromhex(ID),
        reference="HMEIMIM-0917",
        other_reference="IAF-0917",
        relation="conflict",
        before="",
        cause="notice",
        caused_by=None,
        by_right=False,
        from_us=NOON_US,
        until_us=None,
        lat=None,
        lng=None,
        lower_m=None,
        upper_m=None,
        distance_m=None,
        vertical_m=None,
        time_gap_us=None,
        text="HMEIMIM-0917: conflict with IAF-0917",
    )
    return Finding(centre, at_us, msgspec.structs.replace(related, **changes))


def shown(*codes: str, warning_s: float | None = 59.0) -> MessageView:
    """Return a strike notice as its receiver has it."""
    return view(
        id=ID,
        created_at=NOON,
        entered_at=NOON,
        warning_s=warning_s,
        flags=[Flag(code=code, text="text") for code in codes],
        message={"activity": "strike"},
    )


def row(*codes: str, expected: set[str] | None, later: tuple[Finding, ...] = ()) -> Row:
    """Return a message with flags."""
    return Row(
        number=3,
        centre="iaf",
        file="03-strike.json",
        sent=shown(),
        come=shown(*codes),
        needed_s=1800.0,
        later=later,
        expected=None if expected is None else frozenset(expected),
    )


def timeline(one: Row, *rung: Rung) -> Timeline:
    """Return a timeline of one message."""
    return Timeline(NOON_US, (one,), one.later, rung)


@pytest.mark.parametrize(
    ("flagged", "expected", "missing", "unexpected"),
    [
        (["a.b"], {"a.b"}, [], []),
        (["a.b"], None, [], []),
        ([], {"a.b"}, ["a.b"], []),
        (["a.b", "c.d"], {"a.b"}, [], ["c.d"]),
        (["c.d"], set(), [], ["c.d"]),
    ],
)
def test_flags_are_held_against_what_is_expected(
    flagged: list[str], expected: set[str] | None, missing: list[str], unexpected: list[str]
) -> None:
    """No more and no less; where nothing is said, anything will do."""
    one = row(*flagged, expected=expected)
    assert (one.missing, one.unexpected) == (missing, unexpected)
    assert timeline(one).as_expected is not bool(missing or unexpected)


def test_what_is_found_right_after_counts_as_flagged() -> None:
    """Where the comparison was put off, and said so, what it found takes the flag's place."""
    late = row(LATER, expected={"airspace.conflict"}, later=(finding(),))
    assert timeline(late).as_expected
    assert row(LATER, expected={"airspace.conflict"}).missing == ["airspace.conflict"]
    silent = row(expected={"airspace.conflict"}, later=(finding(),))
    assert silent.missing == ["airspace.conflict"]


def test_what_is_found_later_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """By the message's flags as soon as these say so, by what was entered until then."""
    text = finding().related.text
    at = format_time(NOON_US + 7000)
    flags = [
        Flag(code="airspace.proximity", text="on arrival"),
        Flag(code=LATER, text="compared 7 ms later: conflict", found_at=at),
        Flag(code="airspace.conflict", text=text, found_at=at),
    ]
    late = finding(at_us=NOON_US + 7000)
    expected = {"airspace.conflict", "airspace.proximity"}
    settled = row(expected=expected, later=(late,))
    assert settled.come is not None
    settled = replace(settled, come=msgspec.structs.replace(settled.come, flags=flags))
    open_ = row("airspace.proximity", LATER, expected=expected, later=(late,))
    for one in (settled, open_):
        assert timeline(one).as_expected
        timeline_shown.print_timeline(Story(to_stderr=False), timeline(one))
        flagged = capsys.readouterr().out.partition("What the two nodes found")[0]
        assert flagged.count(text) == 1
        assert f"found 7 ms later: {text}" in " ".join(flagged.split())


def test_what_has_not_come_is_not_as_expected() -> None:
    """A message that its receiver does not have is never well."""
    lost = replace(row(expected=set()), come=None)
    assert not timeline(lost).as_expected
    assert as_object(timeline(lost))["messages"][0]["durable_s"] is None


def test_alarms_are_judged_as_flags_are() -> None:
    """Missing and unexpected ones are told."""
    ring = Ring("notice.overrun", "text", NOON_US)
    rung = Rung("iaf", (ring,), frozenset({"airspace.conflict"}))
    assert (rung.missing, rung.unexpected) == (["airspace.conflict"], ["notice.overrun"])
    assert not timeline(row(expected=None), rung).as_expected
    assert timeline(row(expected=None), replace(rung, expected=None)).as_expected


def test_the_minimum_is_the_letter_s() -> None:
    """For notices and revisions by precedence and activity; other messages have none."""
    letter = read_letter((SEPTEMBER / "letter.toml").read_bytes())
    assert needed_s(shown(), letter) == 1800
    assert needed_s(view(kind="end"), letter) is None


@pytest.mark.parametrize(
    ("holds", "good", "code"),
    [(True, True, Exit.DONE), (True, False, Exit.FAILED), (False, False, Exit.UNVERIFIED)],
)
def test_the_exit_code_of_a_script(
    monkeypatch: pytest.MonkeyPatch, holds: bool, good: bool, code: Exit
) -> None:
    """A record that does not hold is worse than a flag that was not raised."""
    monkeypatch.setattr(Proof, "holds", property(lambda _: holds))
    proof = Proof.__new__(Proof)
    found = timeline(row(expected=set() if good else {"a.b"}))
    assert command.exit_of_script(found, proof) is code


# What is shown


def test_what_is_wrong_is_said_where_it_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """A flag that lacks, one too many, an alarm that lacks and one too many; in 100 columns."""
    one = row("c.d", LATER, expected={"a.b"}, later=(finding(text="word " * 60),))
    ring = Ring("notice.overrun", "why " * 40, NOON_US, NOON_US + 5_000_000)
    rungs = (Rung("iaf", (ring,), frozenset({"x.y"})), Rung("hmeimim", (), None))
    timeline_shown.print_timeline(Story(to_stderr=False), timeline(one, *rungs))
    out = capsys.readouterr().out
    assert "a.b                          was expected here, and was NOT flagged" in out
    assert "c.d                          not expected: text" in out
    assert "x.y                          was expected at iaf, and did NOT ring" in out
    assert "notice.overrun  not expected: why" in out
    assert "over at 5.00" in out
    assert "hmeimim: none" in out
    assert "only hmeimim found it" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 100


def test_what_both_found_is_one_line() -> None:
    """The second centre's finding of the same is told beside the first one's."""
    mine, theirs = (
        finding(),
        finding("iaf", NOON_US + 1000, reference="IAF-0917", other_reference="HMEIMIM-0917"),
    )
    ended = finding(relation="clear")
    assert timeline_shown.paired([mine, theirs, ended]) == [(mine, theirs), (ended, None)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (59.99, "59.9 s"),
        (-0.05, "-0.1 s"),
        (1799.9, "29 min 59 s"),
        (1800.0, "30 min"),
        (-7200.0, "-2 h"),
    ],
)
def test_durations_in_a_narrow_column(seconds: float, text: str) -> None:
    """Tenths where they matter, the two largest units elsewhere; no warning is made longer."""
    assert timeline_shown.seconds_text(seconds) == text
