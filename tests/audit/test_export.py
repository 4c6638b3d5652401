"""What an export is made from: checkpoints, memory, and cells that are no formulas."""

from __future__ import annotations

import csv
import os
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.directories import made_whole
from hotline.audit.export import forms
from hotline.audit.export.files import made_files
from hotline.audit.export.forms import write_export
from hotline.audit.export.rows import COLUMNS, Row
from hotline.audit.export.selection import Record, choose, single
from hotline.audit.export.table_csv import csv_line, safe_cell, write_csv
from hotline.audit.export.values import json_text
from hotline.audit.search.terms import Search
from hotline.errors import HotlineError, LocalError, UsageError
from hotline.journal.journal import Journal
from hotline.journal.records import anchor, append_record
from hotline.model.messages import Service, encode_payload
from hotline.model.text import unsafe_character
from tests.audit.tampering import card
from tests.journal.ledger import (
    ROUTINE,
    T0_US,
    accept,
    do,
    draft,
    hear,
    line_of,
    open_journal,
    say,
    transact,
)

ENTRIES = 20_000
GROUP = 1000


def opened(directory: Path, centre: str = "iaf", **changes: object) -> closing[Journal]:
    """Return a centre's journal, to be closed."""
    return closing(open_journal(directory, centre, **changes))


def record_of(journal: Journal, centre: str = "hmeimim") -> Record:
    """Return a record of all that is signed."""
    parts = choose(journal.connection).parts
    return Record(journal.connection, centre, "exercise", card(centre), {}, {}, parts)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """Have one centre hear twenty thousand messages."""
    directory = tmp_path_factory.mktemp("long")
    with opened(directory / "a") as ours, opened(directory / "b", "hmeimim") as theirs:
        payload = encode_payload(Service(text="words " * 20))
        for n in range(0, ENTRIES, GROUP):
            waiting = {("hmeimim", ROUTINE): [draft(payload) for _ in range(GROUP)]}
            _, _, committed = transact(ours, drafts=waiting, now_us=T0_US + n)
            for group in committed.groups["hmeimim"]:
                hear(theirs, group, now_us=T0_US + n)
        yield theirs


@pytest.mark.parametrize("form", ["jsonl", "csv", "sqlite"])
def test_memory_stays_flat(long: Journal, tmp_path: Path, form: str) -> None:
    """An export of any length takes the memory of a few entries, not of the record."""
    record = record_of(long)
    tracemalloc.start()
    try:
        count = write_export(form, record, Search(), [tmp_path / "a", tmp_path / "b"], "record")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == ENTRIES
    assert (tmp_path / "a").stat().st_size > 5_000_000
    assert peak < 4_000_000


@pytest.mark.parametrize("form", ["csv", "parquet", "sqlite"])
def test_every_number_of_processes_gives_the_same_bytes(
    long: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Rows that other processes made stand where those of this one would."""
    record = record_of(long)
    written = []
    for cores in (1, 3):
        monkeypatch.setattr(forms, "usable_cores", lambda cores=cores: cores)
        files = [tmp_path / f"{cores}", tmp_path / f"{cores}.beside"]
        write_export(form, record, Search(), files, "record")
        written.append(files[0].read_bytes())
    assert written[0] == written[1]


def test_nothing_signed_is_nothing_exported(tmp_path: Path) -> None:
    """What was said and never receipted is under no checkpoint of ours."""
    with opened(tmp_path) as journal:
        say(journal)
        with pytest.raises(UsageError) as caught:
            choose(journal.connection)
    assert caught.value.code == "export.no-checkpoint"
    assert "bring the line up" in caught.value.hint


def test_an_older_checkpoint_of_the_nodes_log_is_found_in_its_anchor(tmp_path: Path) -> None:
    """Of the node's own log only the newest checkpoint is kept, but for those in lines' logs."""
    with opened(tmp_path) as journal:
        sizes = []
        for n in range(3):
            do(journal, lambda j: append_record(j, j.node_log, "node", b"\x80", T0_US))
            if n != 1:
                do(journal, lambda j: anchor(j, line_of(j), T0_US))
            else:
                do(journal, lambda j: j.seal_node_log())
            (part,) = choose(journal.connection, log="node").parts
            sizes.append(part.size)
        assert sizes == [2, 3, 4], "before them, that the line was opened"
        (part,) = choose(journal.connection, log="node", at=[(None, 2)]).parts
        assert (part.size, part.newer) == (2, 2)
        with pytest.raises(UsageError) as caught:
            choose(journal.connection, at=[("node", 3)])
        assert caught.value.code == "export.no-checkpoint-at"
        assert "4" not in caught.value.message.partition(" over ")[2].partition(" ")[0]


def test_one_log_is_meant_where_only_one_fits(tmp_path: Path) -> None:
    """With one line it is that line's; with several somebody has to say."""
    with opened(tmp_path / "one") as journal:
        assert single(journal.connection, None).peer == "hmeimim"
        assert single(journal.connection, "node").peer is None
    with opened(tmp_path / "two", lines={"hmeimim": 1, "akrotiri": 1}) as journal:
        with pytest.raises(UsageError) as caught:
            single(journal.connection, None)
        assert single(journal.connection, "akrotiri").peer == "akrotiri"
    assert caught.value.code == "export.several-lines"
    assert "akrotiri, hmeimim, node" in caught.value.hint


def test_a_receipt_counts_only_up_to_the_checkpoint(tmp_path: Path) -> None:
    """What a table of the journal says now is not what stood at the checkpoint."""
    with opened(tmp_path / "a") as ours, opened(tmp_path / "b", "hmeimim") as theirs:
        (group,) = say(ours)
        # A message of theirs makes us sign a checkpoint before the receipt for ours has come.
        (other,) = say(theirs)
        hear(ours, other)
        record = record_of(ours, "iaf")
        files = [tmp_path / "before", tmp_path / "x"]
        write_export("csv", record, Search(), files, "record")
        accept(ours, hear(theirs, group))
        again = Record(*(getattr(record, name) for name in Record.__slots__))
        write_export("csv", again, Search(), [tmp_path / "after", tmp_path / "y"], "record")
        assert (tmp_path / "after").read_bytes() == (tmp_path / "before").read_bytes()


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_harmless_cell(text: str) -> None:
    """A program gets the text back; a spreadsheet gets no formula."""
    cell = safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert (cell.removeprefix("'")) == text


def test_a_table_is_read_back_as_it_was_written() -> None:
    """Commas, quotes and line breaks stay within their cells."""
    out = BytesIO()
    text = 'one, "two"\nthree\r\n=four'
    row = Row("log", 1, "record", text, 0, "iaf", "=1+1", payload="{}")
    assert write_csv(out, [csv_line(row)]) == 1
    (read,) = csv.DictReader(out.getvalue().decode().splitlines(keepends=True))
    assert read["kind"] == text
    assert read["words"] == "'=1+1"
    assert read["time"] == "1970-01-01T00:00:00.000000Z"


@given(st.lists(st.text("ab,;\"'\r\n\t =\x0b\u2028é"), min_size=4, max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_line_is_what_the_standard_library_writes(texts: list[str]) -> None:
    """A line of CSV is, byte for byte, the one of Python's own writer."""
    kind, words, title, text = texts
    row = Row("log", 1, "record", kind, 0, "iaf", words, title=title, text=text)
    cells = [""] * len(COLUMNS)
    for name, value in (("kind", kind), ("words", words), ("title", title), ("text", text)):
        cells[COLUMNS.index(name)] = safe_cell(value)
    for name, value in (("log", "log"), ("entry", "1"), ("type", "record"), ("said_by", "iaf")):
        cells[COLUMNS.index(name)] = value
    cells[COLUMNS.index("time")] = "1970-01-01T00:00:00.000000Z"
    due = StringIO()
    csv.writer(due, lineterminator="\r\n").writerow(cells)
    assert csv_line(row) == due.getvalue().encode()


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
@settings(max_examples=100, deadline=None)
def test_json_holds_nothing_that_steers(value: object) -> None:
    """Whatever a payload says, its line is one line, and shows as it stands."""
    try:
        text = json_text(value)
    except (HotlineError, UnicodeEncodeError):
        return
    assert unsafe_character(text) is None


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """What fails half-way leaves nothing, and what was there before as it was."""
    target, beside = tmp_path / "out", tmp_path / "out.about.json"
    target.write_text("old")

    def fail() -> None:
        with made_files([target, beside], force=True) as (one, two):
            one.write_text("half")
            two.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert target.read_text() == "old"
    with made_files([target, beside], force=True) as (one, two):
        one.write_text("new")
        two.write_text("about")
    assert (target.read_text(), beside.read_text()) == ("new", "about")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    path.symlink_to("elsewhere")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("make", [_pipe, _link, _dangling, _socket, Path.mkdir])
def test_only_a_file_is_ever_replaced(
    tmp_path: Path, make: Callable[[Path], None], force: bool
) -> None:
    """A device that a file replaces is gone for the whole machine."""
    (tmp_path / "elsewhere").write_text("mine")
    make(tmp_path / "out")
    before = (tmp_path / "out").lstat()
    for targets in (["out"], ["other", "out"]):
        with (
            pytest.raises(UsageError) as caught,
            made_files([tmp_path / name for name in targets], force=force),
        ):
            pytest.fail("there is a file to write to")
        assert caught.value.code == "files.not-a-file"
    assert (tmp_path / "out").lstat() == before
    assert (tmp_path / "elsewhere").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"out", "elsewhere"}


def test_what_comes_to_be_there_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """A name that was free at the beginning need not be at the end."""

    def write() -> None:
        with made_files([tmp_path / "out"], force=False) as (file,):
            file.write_text("ours")
            (tmp_path / "out").write_text("theirs")

    with pytest.raises(UsageError) as caught:
        write()
    assert caught.value.code == "export.file-exists"
    assert (tmp_path / "out").read_text() == "theirs"
    assert len([*tmp_path.iterdir()]) == 1


def test_nobody_else_reads_what_is_written(tmp_path: Path) -> None:
    """From the first byte on, as nobody else reads the journal; in directories too."""
    with made_files([tmp_path / "out"], force=False) as (file,):
        assert file.stat().st_mode & 0o777 == 0o600
        file.write_text("secret")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    with made_whole(tmp_path / "tiles") as making:
        (making / "tile" / "0").mkdir(parents=True, mode=0o755)
        (making / "tile" / "0" / "000").write_text("secret")
        (making / "tile" / "0" / "000").chmod(0o644)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "tiles").rglob("*")}
    assert modes == {0o600, 0o700}


def test_what_cannot_be_written_is_named_as_it_was_given(tmp_path: Path) -> None:
    """Not by the name that it has until it is whole."""
    target = tmp_path / ("x" * 250)
    for making in (made_files([target], force=False), made_whole(target)):
        with pytest.raises(LocalError) as caught, making:
            pytest.fail("there is something to write to")
        assert caught.value.code == "export.cannot-write"
        assert f"{target} cannot be written" in caught.value.message
        assert "shorter" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
