"""Whatever is read of an exercise says so and its name; nothing of actual traffic does.

A command that is new is in none of the tables below, and the first test fails: put it into
``READ`` with what it writes, or beside the reason why it has no mark.
"""

from __future__ import annotations

import csv
import json
import re
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest

from hotline.cli.root import root
from tests.centres import PATIENCE_S, STEP_S
from tests.cli.command import hotline
from tests.separation.worlds import MARK, NAME, World, says

pytestmark = pytest.mark.pair

READ: dict[str, list[str]] = {
    "inbox": ["inbox --all"],
    "outbox": ["outbox"],
    "show": ["show IAF-0101 --peek"],
    "send": ["send --check {another}", "send {another} --officer levy"],
    "status": ["status"],
    "doctor": ["doctor"],
    "alarms": ["alarms --all"],
    "duty show": ["duty show"],
    "voice compose": ["voice compose IAF-0101 --officer levy"],
    "voice list": ["voice list"],
    "voice show": ["voice show IAF-0101"],
    "airspace picture": ["airspace picture --at {start}"],
    "airspace conflicts": ["airspace conflicts"],
    "airspace compare": ["airspace compare {notice} {notice}"],
    "log show": ["log show", "log show --kind notice"],
    "log verify": ["log verify"],
    "log reconcile": ["log reconcile {iaf} {hmeimim}", "log reconcile {export} {hmeimim}"],
    "verify": ["verify {evidence}"],
    "letter check": ["letter check {letter}"],
    "log backup": ["log backup {new}"],
    "log export": ["log export --format jsonl {new}", "log export --format tlog-tiles {new}"],
}
"""Commands that print for people, as typed at iaf's node; what is in braces is filled in."""

JSON_TOO = {
    "inbox --all",
    "outbox",
    "show IAF-0101 --peek",
    "status",
    "doctor",
    "alarms --all",
    "duty show",
    "voice list",
    "voice show IAF-0101",
    "airspace picture --at {start}",
    "airspace conflicts",
    "airspace compare {notice} {notice}",
    "log show",
    "log verify",
    "verify {evidence}",
    "log reconcile {iaf} {hmeimim}",
    "letter check {letter}",
    "log prove IAF-0101",
    "log backup {new}",
    "log export --format csv {new}",
}
"""Those that say it as ``traffic`` with --json, at the top or of each file."""

WRITTEN = {
    "geojson": ["airspace convert IAF-0101 --to geojson"],
    "json": ["airspace convert IAF-0101 --to json"],
    "kml": ["airspace convert IAF-0101 --to kml"],
    "f3548": ["airspace convert IAF-0101 --to f3548"],
    "cot": ["airspace convert IAF-0101 --to cot"],
    "notam": ["airspace convert IAF-0101 --to notam"],
    "evidence": ["log evidence IAF-0101 --output -"],
    "jsonl": ["log export --format jsonl -"],
    "csv": ["log export --format csv -"],
}
"""What goes to stdout as data: no line for people, the mark inside."""

UNMARKED = {
    "console": "its pages say it, each of them: tests/console/test_every_page.py",
    "officer add": "officers are of a centre and of no exercise by name",
    "officer disable": "the same",
    "officer list": "the same",
    "officer password": "the same",
    "officer roles": "the same",
    "officer secret": "the same",
    "keys console": "keys are of a status and of no exercise by name",
    "run": "its log lines say it, which a test of the logs and one below look at",
    "watch": "prints as events come: tests/cli/test_pair.py reads its first line",
    "reply": "prints what `send` prints, by the same function",
    "voice take": "prints under the mark of the node, as tests/cli/test_voice.py sees",
    "voice confirm": "the same",
    "acknowledge": "prints what `alarms` prints",
    "duty take": "prints what `duty show` prints",
    "duty brief": "the same",
    "duty assume": "the same",
    "duty review": "the same",
    "duty release": "the same",
    "recover": "needs a fenced node: tests/cli/test_recover.py",
    "log archive": "needs a closed epoch: tests/cli/test_archive.py",
    "log evidence": "in WRITTEN",
    "log prove": "a C2SP tlog-proof, whose origin says the status",
    "airspace convert": "in WRITTEN",
    "airspace bridge": "feeds maps with what `airspace convert --to cot` writes",
    "keys init": "keys are of a status and of no exercise by name: the next one may use them",
    "keys card": "the same",
    "keys enrol": "the same",
    "keys show": "the same",
    "keys renew": "the same",
    "keys logs": "the same: each key's name has the status",
    "letter phrases": "a phrase book says the same in an exercise",
    "completion": "a script for the shell",
    "demo": "tells of nodes of its own, of an exercise without a name, and begins with EXERCISE",
    "verify": "in READ",
}
"""Commands beside, and why."""


def commands() -> Iterator[str]:
    """Yield every command that the program has, but those that play exercises."""

    def below(group: click.Group, context: click.Context, words: tuple[str, ...]) -> Iterator[str]:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                inner = click.Context(command, info_name=name, parent=context)
                yield from below(command, inner, (*words, name))
            else:
                yield " ".join((*words, name))

    return below(root, click.Context(root), ())


def test_no_command_is_forgotten() -> None:
    """Each is read below, or has a reason; `test_exercise_commands` has those of exercises."""
    others = {one for one in commands() if not one.startswith("exercise ")}
    assert READ.keys() | UNMARKED.keys() == others


@pytest.fixture(scope="module")
def fill(
    both: dict[object, World], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[World, str], list[str]]:
    """Return what makes words of a command line: with the files of a world in the braces."""
    directory = tmp_path_factory.mktemp("files")
    made: dict[str, dict[str, str]] = {}
    for world in both.values():
        place = directory / world.name
        place.mkdir()
        iaf = world.pair.iaf
        iaf.hotline("log", "evidence", "IAF-0101", "--output", place / "evidence.json")
        iaf.hotline("airspace", "convert", "IAF-0101", "--to", "json", "--output", place / "n.json")
        iaf.hotline("log", "export", "--format", "jsonl", place / "export.jsonl")
        start = json.loads((place / "n.json").read_text())["volumes"][0]["time_start"]
        made[world.name] = {
            "another": str(world.another),
            "start": start,
            "notice": str(place / "n.json"),
            "evidence": str(place / "evidence.json"),
            "export": str(place / "export.jsonl"),
            "letter": str(world.sites["iaf"].directory / "letter.toml"),
            "iaf": str(world.sites["iaf"].directory),
            "hmeimim": str(world.sites["hmeimim"].directory),
        }
        # What was read out and what was listed has to be there.
        iaf.hotline("voice", "compose", "IAF-0101", "--officer", "levy")
    count = iter(range(1000))

    def filled(world: World, line: str) -> list[str]:
        words = made[world.name] | {"new": str(directory / world.name / f"new{next(count)}")}
        return [word.format_map(words) for word in line.split()]

    return filled


def run(world: World, words: list[str]) -> str:
    """Return the stdout of a command of iaf's; any exit code of one that had something to say.

    What was entered just now is proven once its node has signed a checkpoint over it.
    """
    until = time.monotonic() + PATIENCE_S
    codes = [0, 1, 3]
    while True:
        try:
            return str(world.pair.iaf.hotline(*words, exit_code=codes[0]).stdout)
        except AssertionError as error:
            if "[evidence.not-signed-yet]" in str(error) and time.monotonic() < until:
                time.sleep(STEP_S)
            elif len(codes) == 1:
                raise
            else:
                del codes[0]


@pytest.mark.parametrize("line", [line for lines in READ.values() for line in lines])
def test_what_people_read_begins_with_the_mark(
    line: str, exercise: World, actual: World, fill: Callable[[World, str], list[str]]
) -> None:
    """The mark is the first line, once; actual traffic has none."""
    shown = run(exercise, fill(exercise, line))
    lines = shown.splitlines()
    if line.startswith("verify"):
        # Of several files each has its own mark, under its name.
        assert lines[1].strip() == MARK
    else:
        assert lines[0] == MARK
        closed = 2 if line.startswith("voice compose") else 1
        assert lines.count(MARK) == closed, "a sheet that is read out says it last, too"
    assert "EXERCISE" not in run(actual, fill(actual, line))


@pytest.mark.parametrize("line", sorted(JSON_TOO))
def test_what_programs_read_says_it_as_traffic(
    line: str, exercise: World, actual: World, fill: Callable[[World, str], list[str]]
) -> None:
    """One JSON value and nothing else; ``traffic`` is empty for actual traffic."""
    for world, due in ((exercise, MARK), (actual, "")):
        said = json.loads(run(world, [*fill(world, line), "--json"]))
        if line.startswith("verify"):
            said = said["files"][0]["proves"]
        assert said["traffic"] == due
    assert "EXERCISE" not in json.dumps(said)


@pytest.mark.parametrize("form", WRITTEN)
def test_data_says_it_inside(
    form: str, exercise: World, actual: World, fill: Callable[[World, str], list[str]]
) -> None:
    """What is piped into another program is whole, says both, and of actual traffic neither."""
    (line,) = WRITTEN[form]
    text = run(exercise, fill(exercise, line))
    assert "EXERCISE" in text.upper()
    assert says(text)
    assert not text.startswith(MARK)
    _parse(form, text)
    assert "EXERCISE" not in run(actual, fill(actual, line)).upper()


def _parse(form: str, text: str) -> None:
    """Read a text as its form's own readers do."""
    if form in ("kml", "cot"):
        for document in text.splitlines() if form == "cot" else [text]:
            ElementTree.fromstring(document)
    elif form == "jsonl":
        assert json.loads(text.splitlines()[0])["traffic"] == MARK
    elif form == "csv":
        assert {row["traffic"] for row in csv.DictReader(text.splitlines())} == {MARK}
    elif form != "notam":
        assert NAME in json.dumps(json.loads(text), ensure_ascii=False).replace('\\"', '"')


def test_tables_say_it_too(exercise: World, actual: World, tmp_path: Path) -> None:
    """SQLite in a table and in its views, Parquet in metadata and a column, a page in its head."""
    parquet = pytest.importorskip("pyarrow.parquet")
    for world, due in ((exercise, MARK), (actual, "")):
        iaf, place = world.pair.iaf, tmp_path / world.name
        place.mkdir()
        iaf.hotline("log", "export", "--format", "sqlite", place / "r.sqlite")
        base = sqlite3.connect(place / "r.sqlite")
        assert base.execute("SELECT value FROM about WHERE key = 'traffic'").fetchall() == [(due,)]
        for view in ("timeline", "warning_times"):
            assert set(base.execute(f"SELECT traffic FROM {view}")) == {(due,)}
        base.close()
        described = (place / "r.sqlite.metadata.json").read_text()
        assert says(described, MARK) is bool(due)
        iaf.hotline("log", "export", "--format", "parquet", place / "r.parquet")
        table = parquet.read_table(place / "r.parquet")
        assert set(table["traffic"].to_pylist()) == {due or None}
        stated = json.loads(table.schema.metadata[b"hotline-export"])
        assert stated.get("traffic", "") == due
        iaf.hotline("log", "export", "--format", "csv", place / "r.csv")
        assert json.loads((place / "r.csv.about.json").read_text()).get("traffic", "") == due
        page = place / "page.html"
        hotline("log", "reconcile", *_records(world), "--html", page)
        # The style has a rule for pages of exercises, whoever uses it.
        shown = re.sub("<style>.*?</style>", "", page.read_text("utf-8"), flags=re.DOTALL)
        assert ("EXERCISE EXERCISE EXERCISE" in shown, says(shown)) == (bool(due), bool(due))
        assert "<7731>" not in shown
        iaf.hotline("log", "backup", place / "kept")
        kept = json.loads((place / "kept/backup.json").read_text())
        assert kept.get("traffic", "") == due
        first = (place / "kept/node.toml").read_text("utf-8").splitlines()[0]
        assert (first == f"# {MARK}") is bool(due)


def test_a_node_says_it_in_whatever_it_tells(exercise: World, actual: World) -> None:
    """Each line of its log, each answer's header, the figures and the first event."""
    for world, due in ((exercise, MARK), (actual, "")):
        site = world.sites["iaf"]
        log = (site.directory / "node.log").read_text("utf-8").splitlines()
        assert log
        assert all(says(line, MARK) for line in log) is bool(due)
        assert any("EXERCISE" in line for line in log) is bool(due)
        for path, where in (("/metrics", "body"), ("/healthz", "head"), ("/v1/events", "body")):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(site.socket))
                raw.settimeout(20)
                raw.sendall(f"GET {path} HTTP/1.1\r\nHost: node\r\n\r\n".encode())
                answer = b""
                wanted = (
                    b"hotline_fenced"
                    if path == "/metrics"
                    else b"now"
                    if "events" in path
                    else b"\r\n\r\n"
                )
                while wanted not in answer:
                    answer += raw.recv(65536)
            head, _, body = answer.decode().partition("\r\n\r\n")
            assert ("Hotline-Traffic: EXERCISE" in head) is bool(due), path
            if where == "body":
                while "}" not in body:
                    break
                assert says(body) is bool(due), path


def _records(world: World) -> tuple[Path, Path]:
    return world.sites["iaf"].directory, world.sites["hmeimim"].directory
