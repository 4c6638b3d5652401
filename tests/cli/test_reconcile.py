"""``hotline log reconcile``: what it takes, what it prints, and how it ends."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hotline.audit.keep.record import BACKUP_FILE, write_surroundings
from hotline.cli.log.reconcile import reconcile_paths
from hotline.cli.log.reconciled import print_reconciliation
from tests.audit.falsifying import forged
from tests.audit.histories import CENTRES, Line, copied, export_to, path_of
from tests.audit.records import surroundings
from tests.cli.command import fails, hotline, hotline_json, unmarked


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make both centres' directories, and an export of each, of a line on which things happened."""
    directory = tmp_path_factory.mktemp("records")
    line = Line(directory / "line")
    line.play([(what, each, 3, 5) for what in ("say", "carry", "clock") for each in CENTRES])
    line.settle()
    line.close()
    for centre in CENTRES:
        record = directory / centre
        write_surroundings(record, surroundings(centre), "A record.")
        copied(path_of(directory / "line", centre), record / "data/journal.sqlite")
        assert export_to(record / "data/journal.sqlite", centre, directory / f"{centre}.jsonl")
    return directory


@pytest.fixture
def records(made: Path, tmp_path: Path) -> Path:
    """Give a copy of the directories, to be bent."""
    return Path(shutil.copytree(made, tmp_path / "records"))


def falsify(records: Path) -> None:
    """Have iaf change what it received first, and sign everything again."""
    with forged(records / "iaf/data/journal.sqlite", "iaf") as forger:
        (index,) = forger.db.execute(
            "SELECT min(idx) FROM message WHERE log = ? AND direction = 1", (forger.log,)
        ).fetchone()
        forger.alter(index)


@pytest.mark.parametrize("a", ["iaf", "iaf/node.toml", "iaf.jsonl"])
@pytest.mark.parametrize("b", ["hmeimim", "hmeimim.jsonl"])
def test_records_that_agree_end_with_0(made: Path, a: str, b: str) -> None:
    """Directories, a node.toml, exports: in any form the verdict stands first, under the mark."""
    shown = unmarked(hotline("log", "reconcile", made / a, made / b).stdout)
    assert shown.startswith("the records agree: ")
    assert "record of  iaf" in shown
    assert "The clocks" in shown
    assert "Warning times" in shown


def test_the_order_of_the_records_is_free(made: Path) -> None:
    """The first named is a."""
    found = hotline_json("log", "reconcile", made / "hmeimim", made / "iaf")
    assert (found["a"]["centre"], found["b"]["centre"]) == ("hmeimim", "iaf")
    assert found["agree"] is True


def test_records_that_differ_end_with_5(records: Path) -> None:
    """What differs is told with the entries of both sides, what it means, and what to do."""
    falsify(records)
    shown = hotline(
        "log", "reconcile", "--no-verify", records / "iaf", records / "hmeimim", exit_code=5
    ).stdout
    assert unmarked(shown).startswith("the records do NOT agree: ")
    assert "two moments for one message  [time-differs]" in shown
    assert "in iaf      entry" in shown
    assert "in hmeimim  entry" in shown
    assert "means" in shown
    assert "to do" in shown
    assert "not checked here" in shown


def test_a_record_that_does_not_hold_by_itself_does_not_agree(records: Path) -> None:
    """Verification is part of it, unless it is not wanted."""
    journal = records / "iaf/data/journal.sqlite"
    with forged(journal, "iaf") as forger:
        forger.db.execute("DELETE FROM reading")
        forger.db.execute("UPDATE stream SET receipted = receipted + 1 WHERE direction = 0")
    pair = (records / "iaf", records / "hmeimim")
    found = hotline_json("log", "reconcile", *pair, exit_code=5)
    assert found["a"]["verified"] is False
    assert {one["code"] for one in found["differences"]} == {"record-does-not-hold"}
    found = hotline_json("log", "reconcile", *pair, "--no-verify")
    assert found["a"]["verified"] is None


def test_a_backup_may_end_in_the_past(records: Path) -> None:
    """What it lacks of today is open; the same lack in a node's directory is a difference."""
    old = records / "old"
    write_surroundings(old, surroundings("iaf"), "An older record.")
    copied(records / "iaf/data/journal.sqlite", old / "data/journal.sqlite")
    with forged(old / "data/journal.sqlite", "iaf") as forger:
        forger.roll_back(forger.size - 6)
    pair = (old, records / "hmeimim", "--no-verify")
    assert "rolled-back" in hotline("log", "reconcile", *pair, exit_code=5).stdout
    (old / BACKUP_FILE).write_text("{}")
    found = hotline_json("log", "reconcile", *pair)
    assert found["a"]["complete"] is False
    assert any("after the end of the record of iaf" in one["text"] for one in found["open"])


def test_the_page_is_whole_and_overwrites_nothing(made: Path, tmp_path: Path) -> None:
    """--html writes one file, and only over another one when --force says so."""
    page = tmp_path / "page.html"
    words = ("log", "reconcile", made / "iaf", made / "hmeimim", "--html", page)
    assert "the records agree" in hotline(*words).stdout
    assert page.read_text("utf-8").startswith("<!doctype html>")
    first = page.stat().st_ino
    fails("export.file-exists", *words, exit_code=2)
    hotline(*words, "--force")
    assert page.stat().st_ino != first
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_is_written_of_records_that_differ_too(records: Path, tmp_path: Path) -> None:
    """That is when it is wanted."""
    falsify(records)
    page = tmp_path / "page.html"
    hotline("log", "reconcile", records / "iaf", records / "hmeimim", "--html", page, exit_code=5)
    assert "time-differs" in page.read_text("utf-8")


def test_times_choose_the_messages_that_are_listed(made: Path) -> None:
    """Since and until are what `log show` takes: RFC 3339, a day, or so long ago."""
    pair = (made / "iaf", made / "hmeimim")
    every = hotline_json("log", "reconcile", *pair)["exchanges"]
    assert len(every) == 10
    middle = every[5]["created_at"]
    late = hotline_json("log", "reconcile", *pair, "--since", middle)["exchanges"]
    early = hotline_json("log", "reconcile", *pair, "--until", middle)["exchanges"]
    assert len(late) + len(early) == len(every)
    assert hotline_json("log", "reconcile", *pair, "--since", "+0s")["exchanges"] == []
    assert hotline_json("log", "reconcile", *pair, "--until", "1971-01-01")["exchanges"] == []
    fails("model.bad-time", "log", "reconcile", *pair, "--since", "noon", exit_code=2)


def test_what_is_no_pair_of_records_is_refused(records: Path, tmp_path: Path) -> None:
    """Each mistake has its code, and the exit code of what it is."""
    iaf, hmeimim = records / "iaf", records / "hmeimim"

    def refused(code: str, *pair: Path, exit_code: int) -> None:
        assert "hotline: hint: " in fails(code, "log", "reconcile", *pair, exit_code=exit_code)

    refused("reconcile.same-centre", iaf, records / "iaf.jsonl", exit_code=2)
    refused("reconcile.no-record", iaf, tmp_path / "nothing", exit_code=2)
    refused("reconcile.no-record", iaf, tmp_path, exit_code=2)
    refused("config.unreadable", iaf, tmp_path / "node.toml", exit_code=1)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes((records / "hmeimim.jsonl").read_bytes()[:-40])
    refused("export.cut-short", iaf, cut, exit_code=5)
    (hmeimim / "data/journal.sqlite").write_bytes(b"noise" * 1000)
    refused("journal.corrupt", iaf, hmeimim, exit_code=5)


def test_the_terminal_gets_lines_that_fit(records: Path) -> None:
    """On 80 columns nothing is cut but titles, and nothing runs over the edge."""
    falsify(records)
    found = reconcile_paths(records / "iaf", records / "hmeimim", verify=False)
    out = Console(file=StringIO(), width=80, force_terminal=True, color_system=None)
    print_reconciliation(out, found)
    assert isinstance(out.file, StringIO)
    lines = out.file.getvalue().split("\n")
    assert max(map(len, lines)) <= 80, max(lines, key=len)
