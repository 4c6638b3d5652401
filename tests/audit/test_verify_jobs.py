"""The verification shared by several processes: same report, no process left, whatever happens."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest

from hotline.audit.verification import crew
from hotline.audit.verification.crew import Crew, usable_cores
from hotline.audit.verification.findings import Report
from hotline.audit.verification.journal import verify_journal
from tests.audit.catalogue import CATALOGUE
from tests.audit.tampering import build, card, falsified

JOBS = 3


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of an honest journal; nobody changes it."""
    return build(tmp_path_factory.mktemp("honest"))["iaf"]


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Start real processes once for all tests: each start takes longer than a verification."""
    with ProcessPoolExecutor(JOBS, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have processes started for the first item, and given little at once."""
    monkeypatch.setattr(crew, "ALONE_S", 0.0)
    monkeypatch.setattr(crew, "BATCH_ITEMS", 3)


@pytest.fixture
def shared(
    eager: None, monkeypatch: pytest.MonkeyPatch, processes: ProcessPoolExecutor
) -> ProcessPoolExecutor:
    """Have every crew work with the processes that are there."""

    class Lent:
        def __init__(self, *_: object, **__: object) -> None: ...

        def submit(self, *what: Any) -> Any:
            return processes.submit(*what)

        def shutdown(self, **_: object) -> None: ...

    monkeypatch.setattr(crew, "ProcessPoolExecutor", Lent)
    return processes


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
    monkeypatch.setattr(crew, "ProcessPoolExecutor", None)
    report = verify_journal(honest, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=4)
    assert (report.ok, report.jobs) == (True, 1)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("error", [OSError("no semaphores"), NotImplementedError(), ImportError()])
def test_where_no_process_can_be_started(
    honest: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Without shared memory or semaphores the whole work is done in this process."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(crew, "ProcessPoolExecutor", refuse)
    report = verify_journal(honest, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=4)
    assert (report.ok, report.jobs) == (True, 1)


@pytest.mark.usefixtures("eager")
def test_where_only_some_processes_can_be_started(
    honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second process is refused, the first is ended, and the work is done here."""
    start, started = SpawnProcess.start, []

    def refuse(process: SpawnProcess) -> None:
        if started:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        started.append(process)
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    report = verify_journal(honest, card("iaf"), {"hmeimim": card("hmeimim")}, jobs=4)
    assert (report.ok, len(started)) == (True, 1)
    started[0].join(60)
    assert started[0].exitcode == -signal.SIGKILL


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
    crew.ALONE_S = 0.0
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


def test_the_default_is_what_this_process_may_use() -> None:
    """A process that is held to some cores uses those."""
    assert usable_cores() == len(os.sched_getaffinity(0))


def _children() -> set[str]:
    """Return the process ids of this process's children that were spawned to share work."""
    found = set()
    for thread in Path("/proc/self/task").iterdir():
        for child in (thread / "children").read_text().split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.add(child)
    return found
