"""The verification shared by several processes: same report, no process left, whatever happens."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hotline.audit.verification import crew, grouped, spans, worker
from hotline.audit.verification.crew import Crew, usable_cores
from hotline.audit.verification.findings import Report
from hotline.audit.verification.grouped import Parties, check_span, check_span_of
from hotline.audit.verification.journal import verify_journal
from hotline.audit.verification.others import Others
from hotline.audit.verification.spans import File, group_spans
from hotline.audit.verification.starts import streams_from
from hotline.journal.schema import connect
from tests.audit.catalogue import CATALOGUE
from tests.audit.tampering import build, card, falsified

JOBS = 3


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of an honest journal; nobody changes it."""
    return build(tmp_path_factory.mktemp("honest"))["iaf"]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have processes started whatever there is to do, and given little at once."""
    monkeypatch.setattr(crew, "WORTH_ENTRIES", 0)
    monkeypatch.setattr(crew, "ALONE_S", 0.0)
    monkeypatch.setattr(crew, "BATCH_ITEMS", 3)
    monkeypatch.setattr(spans, "SPAN", 3 * spans.SIGNATURE)


class Threads(Others):
    """Threads that serve as other processes do: starting those takes longer than a verification."""

    def __init__(self, count: int) -> None:
        self._near, self._far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._near.setblocking(False)
        self._processes = []
        self._poll = select.poll()
        self._pipes = [os.pipe() for _ in range(count)]
        self._threads = []
        for answers, told in self._pipes:
            self._poll.register(answers, select.POLLIN)
            thread = threading.Thread(target=self._serve, args=(self._far.dup(), told))
            self._threads.append(thread)
            thread.start()

    @staticmethod
    def _serve(queue: socket.socket, told: int) -> None:
        with queue:
            worker.serve(queue, told)
        os.close(told)

    def end(self) -> None:
        """Close the queue, and wait for the threads."""
        self._near.close()
        for answers, _ in self._pipes:
            os.close(answers)
        for thread in self._threads:
            thread.join()
        self._far.close()


@pytest.fixture
def shared(eager: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have every crew work with threads in place of processes, which open the journal too."""
    monkeypatch.setattr(crew, "Others", Threads)
    yield
    grouped._opened.cache_clear()


def verified(path: Path, jobs: int) -> Report:
    """Verify a journal, the work shared by so many processes."""
    report = verify_journal(path, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=jobs)
    assert report.jobs == jobs
    report.jobs = 0
    return report


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_with_several_processes(honest: Path, tmp_path: Path, name: str) -> None:
    """Each falsification gives the same report, failure by failure, with one process and three."""
    bend, step, log = CATALOGUE[name]
    with falsified(honest, tmp_path / "copy.sqlite") as db:
        bend(db)
    alone = verified(tmp_path / "copy.sqlite", 1)
    report = verify_journal(
        tmp_path / "copy.sqlite", card("iaf"), {"hmeimim": card("hmeimim")}, jobs=JOBS
    )
    report.jobs = 0
    assert report == alone
    assert (step, log) in {(failure.step, failure.log) for failure in report.failures}


def test_groups_are_read_where_they_are_checked(
    honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut into spans of any length, and read by another, all groups are there and hold."""
    own, peer = card("iaf"), card("hmeimim")
    parties = Parties("iaf", "hmeimim", 1, own.status, own.signing.raw, peer.signing.raw)
    with closing(connect(honest, writable=False)) as db:
        (log,) = db.execute("SELECT log FROM line").fetchone()
        streams = streams_from(db, log, 0)
        counts = set()
        for length in (1, 3, 1000):
            monkeypatch.setattr(spans, "SPAN", length * spans.SIGNATURE)
            cut = list(group_spans(db, log, streams.first, streams.seqs))
            parts = [check_span_of(File.of(honest), parties, span) for span in cut]
            assert all(part.holds(span) for part, span in zip(parts, cut, strict=True))
            assert parts == [check_span(db, parties, span) for span in cut]
            counts.add((sum(part.groups for part in parts), sum(part.messages for part in parts)))
        groups = db.execute("SELECT count(*) FROM envelope WHERE log = ?", (log,)).fetchone()
        messages = db.execute("SELECT count(*) FROM message WHERE log = ?", (log,)).fetchone()
    assert counts == {(*groups, *messages)}
    grouped._opened.cache_clear()


def test_another_file_of_that_name_is_not_read(honest: Path, tmp_path: Path) -> None:
    """Others that find another file where the journal was leave everything to the one who asked."""
    copy = tmp_path / "journal.sqlite"
    copy.write_bytes(honest.read_bytes())
    file = File.of(copy)
    grouped._opened(file).close()
    grouped._opened.cache_clear()
    (tmp_path / "other").write_bytes(honest.read_bytes())
    (tmp_path / "other").replace(copy)
    with pytest.raises(FileNotFoundError):
        grouped._opened(file)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_damaged_file_is_all_that_is_told(honest: Path, tmp_path: Path, jobs: int) -> None:
    """Where the database's own check fails, no other finding counts, whoever came first."""
    path = tmp_path / "journal.sqlite"
    path.write_bytes(honest.read_bytes())
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'message_by_id'"
        ).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    at = root * size - 40
    data[at : at + 8] = bytes(8)  # within the last key of the index
    path.write_bytes(data)
    report = verify_journal(path, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=jobs)
    assert [failure.step for failure in report.failures] == [1]
    assert report.failures[0].text.startswith("the database is damaged")
    assert (report.entries, report.messages, report.checkpoints) == (0, 0, [])


@pytest.mark.usefixtures("eager")
def test_processes_of_its_own(honest: Path) -> None:
    """Real processes are started, share the work, and are gone when the report is there."""
    before = _children()
    assert verified(honest, 2) == verified(honest, 1)
    assert _children() == before


@pytest.mark.usefixtures("shared")
def test_answers_come_in_order() -> None:
    """What is mapped comes back in the order of the items, each with its own answer."""
    with Crew(JOBS) as busy:
        items = [str(number) for number in range(100)]
        assert list(busy.map(int, items, len)) == [(item, int(item)) for item in items]
        assert busy.shared_by == JOBS


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("jobs", [1, JOBS])
def test_an_error_in_what_is_read_comes_in_its_place(jobs: int) -> None:
    """Reading ahead does not bring an error forward: all before it is yielded first."""

    def items() -> Iterator[str]:
        yield from ("1", "2")
        raise LookupError("the third cannot be read")

    with Crew(jobs) as busy:
        answers = busy.map(int, items(), len)
        assert [next(answers)[1], next(answers)[1]] == [1, 2]
        with pytest.raises(LookupError):
            next(answers)


def test_few_entries_start_no_process(honest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small record is verified before a process would have started."""
    monkeypatch.setattr(crew, "Others", None)
    report = verify_journal(honest, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=4)
    assert (report.ok, report.jobs) == (True, 1)


@pytest.mark.usefixtures("eager")
def test_where_no_process_can_be_started(honest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started, the whole work is done in this one."""

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    report = verify_journal(honest, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=4)
    assert (report.ok, report.jobs) == (True, 1)


@pytest.mark.usefixtures("eager")
def test_where_only_some_processes_can_be_started(
    honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second process is refused, the first is ended, and the work is done here."""
    start = subprocess.Popen
    started: list[subprocess.Popen[bytes]] = []

    def refuse(*what: Any, **how: Any) -> Any:
        if started:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        started.append(start(*what, **how))
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", refuse)
    report = verify_journal(honest, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=4)
    assert (report.ok, len(started)) == (True, 1)
    assert started[0].returncode == -signal.SIGKILL


def _number(text: str) -> int:
    """Return the number in a text; in another process, say so and be killed."""
    news = Path(os.environ["NEWS"])
    if os.getpid() != int(os.environ["TESTED"]):
        with news.open("w"):
            os.kill(os.getpid(), signal.SIGKILL)
    if news.exists():
        news.read_bytes()  # comes to its end when the other process, which opened it, is gone
        news.unlink()
    return int(text)


@pytest.mark.usefixtures("eager")
def test_a_process_that_is_killed_costs_nothing_but_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a killed process had to do is done here, in order; nothing is skipped."""
    os.mkfifo(tmp_path / "news")
    monkeypatch.setenv("NEWS", str(tmp_path / "news"))
    monkeypatch.setenv("TESTED", str(os.getpid()))
    items = [str(number) for number in range(50)]
    before = _children()
    with Crew(2) as busy:
        assert [answer for _, answer in busy.map(_number, items, len)] == list(range(50))
        assert busy.jobs == 1, "the other process is given up"
    assert _children() == before


INTERRUPTED = """
import signal, sys
from pathlib import Path
from hotline.audit.verification import crew
from hotline.audit.verification.journal import verify_journal
from tests.audit.tampering import card

def wait(done, total):
    print(done, flush=True)
    signal.pause()

if __name__ == "__main__":
    crew.WORTH_ENTRIES = 0
    try:
        verify_journal(Path(sys.argv[1]), card("iaf"), {"hmeimim": card("hmeimim")}, wait, jobs=2)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_ends_every_process(honest: Path, tmp_path: Path, how: signal.Signals) -> None:
    """Ctrl-C, which every process of a terminal gets, ends them all without a word of theirs.

    A parent that is killed, and cannot say so, leaves none behind either.
    """
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, script, honest],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert int(process.stdout.readline()) > 0
    if how is signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        process.kill()
    # Whoever still ran would hold these pipes open.
    out, err = process.communicate(timeout=60)
    if how is signal.SIGINT:
        assert (out, process.returncode) == ("interrupted\n", 0)
        assert err == ""


@pytest.mark.parametrize("closed", ["0<&-", "0<&- 1>/dev/null 2>&-"])
def test_without_standard_input(honest: Path, tmp_path: Path, closed: str) -> None:
    """Where the standard files are closed, processes still find the queue and the way back."""
    script = tmp_path / "shared.py"
    script.write_text(SHARED)
    subprocess.run(
        ["/bin/sh", "-c", f'"$0" "$@" {closed}', sys.executable, script, honest],
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )


SHARED = """
import sys
from pathlib import Path
from hotline.audit.verification import crew
from hotline.audit.verification.journal import verify_journal
from tests.audit.tampering import card

crew.WORTH_ENTRIES = 0
report = verify_journal(Path(sys.argv[1]), card("iaf"), {"hmeimim": card("hmeimim")}, jobs=2)
sys.exit(not report.ok or report.jobs != 2)
"""


@pytest.mark.usefixtures("eager")
def test_an_error_of_the_caller_ends_every_process(honest: Path) -> None:
    """Whatever the caller's progress raises, such as a broken pipe, no process is left behind."""
    before = _children()

    def broken(done: int, total: int) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        verify_journal(honest, card("iaf"), {"hmeimim": card("hmeimim")}, broken, jobs=2)
    assert _children() == before
    assert not [one for one in threading.enumerate() if one.name == "soundness"]


def test_the_default_is_what_this_process_may_use() -> None:
    """A process that is held to some cores uses those."""
    assert usable_cores() == len(os.sched_getaffinity(0))


def _children() -> set[str]:
    """Return the process ids of this process's children that share work, or are left over."""
    found = set()
    for thread in Path("/proc/self/task").iterdir():
        for child in (thread / "children").read_text().split():
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            if not command or b"verification.worker" in command:
                found.add(child)
    return found
