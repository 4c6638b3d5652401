"""The jobs of the auditor: begun, watched, ended, and their results kept for a while.

Each is a process of its own (`hotline.api.audit_work`); at most two run at once, so that the line
keeps its cores. Every one that ends is entered in the node's own log, with the officer who asked
for it and the hash of what came of it, before its result can be taken.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from hotline.api import audit_shapes as shapes
from hotline.api import schema
from hotline.api.audit_uploads import Uploads, require_room
from hotline.api.audit_work import (
    COMMAND,
    ORDER,
    OUTCOME,
    PEER_RECORD,
    REPORT,
    SUFFIXES,
    Made,
    Order,
    Outcome,
    Told,
)
from hotline.audit.export.values import time_or_none, time_text
from hotline.errors import HotlineError, UsageError
from hotline.node.centre import Centre
from hotline.wire.audit_records import AUDITED
from hotline.wire.records import MAX_REMARK

DIRECTORY: Final = "jobs"
JOB: Final = "job.json"
AT_ONCE: Final = 2
MOST_WAITING: Final = 8
MOST_KEPT: Final = 20
MAX_LINE: Final = 64 * 1024
ENDED: Final = frozenset({"done", "failed", "cancelled"})

_log = structlog.get_logger()


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a job in its directory, beside its results."""

    id: int
    kind: shapes.JobKind
    state: shapes.JobState
    officer: str
    asked_us: int
    began_us: int | None = None
    ended_us: int | None = None
    form: str | None = None
    search: dict[str, Any] = {}
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Job:
    """A job in this process: what is kept of it, and how far it has come."""

    kept: Kept
    told: Told = field(default_factory=lambda: Told("", 0, 0))
    # Monotonic seconds at which the step began that is told of, and how far it was by then.
    since: float = 0.0
    before: int = 0
    task: asyncio.Task[None] | None = None
    cancelled_by: str = ""


class Jobs:
    """All jobs of a node. ``open`` before use, ``close`` at the end."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._directory = centre.config.data / DIRECTORY
        self._jobs: dict[int, _Job] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self.uploads = Uploads(self._directory)

    async def open(self) -> None:
        """Find what was kept; what ran when the node ended has failed."""
        for kept in await asyncio.to_thread(_found, self._directory):
            self._jobs[kept.id] = _Job(kept)

    async def close(self) -> None:
        """End what runs; it stands as failed when the node is back."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.uploads.close()

    async def begin(self, asked: shapes.JobRequest, officer: str, search: dict[str, Any]) -> _Job:
        """Begin a job, or have it wait for one that runs.

        ``search`` was found to be good. Raises UsageError (``audit.too-many-jobs``,
        ``audit.no-such-upload``, ``audit.disk-full``).
        """
        going = [job for job in self._jobs.values() if job.kept.state not in ENDED]
        if len(going) >= AT_ONCE + MOST_WAITING:
            raise UsageError(
                "audit.too-many-jobs",
                f"{len(going)} jobs wait or run already",
                "wait until one has ended, or end one",
            )
        number = max(self._jobs, default=0) + 1
        place = self._place(number)
        kept = Kept(
            id=number,
            kind=asked.kind,
            state="waiting",
            officer=officer,
            asked_us=self._centre.clock.wall_us(),
            form=asked.form if asked.kind == "export" else None,
            search=search,
        )
        order = Order(number, asked.kind, str(self._centre.config.path), asked.form, search)
        job = self._jobs[number] = _Job(kept)
        try:
            if asked.kind == "export":
                size = self._centre.journal.path.stat().st_size
                require_room(self._centre.config.data, 2 * size)
            await asyncio.to_thread(_prepare, place, order, kept)
            if asked.kind == "reconcile":
                self.uploads.claim(asked.upload, place / PEER_RECORD)
        except BaseException:
            del self._jobs[number]
            shutil.rmtree(place, ignore_errors=True)
            raise
        job.task = self._centre.spawn(self._run(job))
        return job

    def find(self, number: int) -> _Job:
        """Return a job. Raises UsageError (``audit.no-such-job``)."""
        if number not in self._jobs:
            raise UsageError(
                "audit.no-such-job",
                f"there is no job {number}",
                f"GET /v1/jobs lists those that are kept, {MOST_KEPT} at most",
            )
        return self._jobs[number]

    async def cancel(self, number: int, officer: str) -> _Job:
        """End a job that has not ended. Raises UsageError (``audit.job-ended``)."""
        job = self.find(number)
        if job.kept.state in ENDED or job.task is None:
            raise UsageError(
                "audit.job-ended", f"job {number} has ended already", "look at what came of it"
            )
        job.cancelled_by = officer
        job.task.cancel()
        await asyncio.wait([job.task])
        return job

    def view(self, job: _Job, *, report: bool = False) -> shapes.JobView:
        """Return a job in the shape of the API, with its ``report`` where that is asked for."""
        kept, told = job.kept, job.told
        outcome = kept.outcome or Outcome()
        running = kept.state == "running"
        spent = asyncio.get_running_loop().time() - job.since
        far = told.done - job.before
        rate = far / spent if running and far > 0 and spent > 0 else None
        failed = schema.Problem(
            code=outcome.code, message=outcome.message, hint=outcome.hint, kind=outcome.kind
        )
        return shapes.JobView(
            id=kept.id,
            kind=kept.kind,
            state=kept.state,
            officer=kept.officer,
            asked_at=time_text(kept.asked_us),
            began_at=time_or_none(kept.began_us),
            ended_at=time_or_none(kept.ended_us),
            form=kept.form,
            search=kept.search,
            step=told.step if running else "",
            done=told.done,
            total=told.total,
            rate=rate,
            left_s=max(0, told.total - told.done) / rate if rate else None,
            ok=outcome.ok if kept.state == "done" else None,
            files=[
                shapes.JobFile(
                    name=one.name,
                    media=shapes.media_of(one.name),
                    size=one.size,
                    sha256=one.sha256,
                )
                for one in outcome.files
            ],
            problem=failed if kept.state == "failed" else None,
            report=self._report(kept) if report and kept.state == "done" else None,
        )

    def views(self) -> list[shapes.JobView]:
        """Return all jobs, the newest first."""
        return [self.view(self._jobs[number]) for number in sorted(self._jobs, reverse=True)]

    def file(self, job: _Job, name: str) -> tuple[Path, Made]:
        """Return a file of a job's result; with an empty name the first.

        Raises UsageError (``audit.no-result``, ``audit.no-such-file``).
        """
        files = job.kept.outcome.files if job.kept.outcome is not None else ()
        if job.kept.state != "done" or not files:
            raise UsageError(
                "audit.no-result",
                f"job {job.kept.id} is {job.kept.state} and has no result",
                "ask again once it is done",
            )
        found = next((one for one in files if name in ("", one.name)), None)
        if found is None:
            raise UsageError(
                "audit.no-such-file",
                f"the result of job {job.kept.id} has no file {name[:80]!a}",
                f"it has {', '.join(one.name for one in files)}",
            )
        return self._place(job.kept.id) / found.name, found

    # --- How ------------------------------------------------------------------------------------

    def _place(self, number: int) -> Path:
        return self._directory / f"{number:08}"

    def _report(self, kept: Kept) -> dict[str, Any] | None:
        try:
            data = (self._place(kept.id) / REPORT).read_bytes()
            return msgspec.json.decode(data, type=dict[str, Any])
        except (OSError, msgspec.MsgspecError):
            return None

    async def _run(self, job: _Job) -> None:
        """Do a job from waiting to its end, whatever happens."""
        outcome, state = Outcome(), "failed"
        try:
            async with self._room:
                await self._keep(job, state="running", began_us=self._centre.clock.wall_us())
                outcome = await self._work(job)
            state = "failed" if outcome.code else "done"
        except asyncio.CancelledError:
            if not job.cancelled_by:
                return  # the node stops; it is found as failed when it is back
            state = "cancelled"
        except HotlineError as error:
            outcome = Outcome(code=error.code, message=error.message, hint=error.hint)
        except OSError as error:
            outcome = _broken(f"its process cannot be started: {error.strerror or error}")
        try:
            await self._enter(job, state, outcome)
        except HotlineError as error:  # what cannot be entered is not given away
            state = "failed"
            outcome = Outcome(code=error.code, message=error.message, hint=error.hint)
        await self._keep(
            job, state=state, outcome=outcome, ended_us=self._centre.clock.wall_us(), tidy=True
        )
        job.task = None
        await self._forget()

    async def _work(self, job: _Job) -> Outcome:
        place = self._place(job.kept.id)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            COMMAND,
            str(place),
            *sys.path,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=MAX_LINE,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            while line := await process.stdout.readline():
                self._told(job, msgspec.json.decode(line, type=Told))
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            data = await asyncio.to_thread((place / OUTCOME).read_bytes)
        except FileNotFoundError:
            return _broken(f"its process ended with {process.returncode}")
        return msgspec.json.decode(data, type=Outcome)

    def _told(self, job: _Job, told: Told) -> None:
        if told.step != job.told.step or told.done < job.told.done:
            job.since, job.before = asyncio.get_running_loop().time(), told.done
        job.told = told

    async def _enter(self, job: _Job, state: str, outcome: Outcome) -> None:
        """Enter in the node's own log who had what done, and the hash of what came of it."""
        kept = job.kept
        words = [kept.form or "", *(f"{name} {value}" for name, value in kept.search.items())]
        digest = bytes.fromhex(outcome.files[0].sha256) if outcome.files else b""
        if outcome.code:
            words.append(outcome.message)
        await self._centre.record(
            AUDITED,
            {
                "job": kept.id,
                "work": kept.kind,
                "state": state,
                "officer": job.cancelled_by or kept.officer,
                "what": ", ".join(word for word in words if word)[:MAX_REMARK],
                "ok": outcome.ok,
                "digest": digest,
            },
        )

    async def _keep(self, job: _Job, *, tidy: bool = False, **changed: Any) -> None:
        job.kept = msgspec.structs.replace(job.kept, **changed)
        await asyncio.to_thread(_write, self._place(job.kept.id), job.kept, tidy)

    async def _forget(self) -> None:
        """Throw away the oldest jobs that have ended."""
        ended = sorted(n for n, job in self._jobs.items() if job.kept.state in ENDED)
        for number in ended[: max(0, len(ended) - MOST_KEPT)]:
            del self._jobs[number]
            await asyncio.to_thread(shutil.rmtree, self._place(number), ignore_errors=True)


JOBS: Final = web.AppKey("jobs", Jobs)


async def keeping_jobs(centre: Centre, made: web.Application) -> AsyncIterator[None]:
    """Have the jobs of a node while its API is open."""
    jobs = made[JOBS] = Jobs(centre)
    await jobs.open()
    yield
    await jobs.close()


def forms() -> tuple[str, ...]:
    """Return the forms in which a record can be exported."""
    return tuple(SUFFIXES)


def _broken(why: str) -> Outcome:
    return Outcome(
        code="audit.job-broken",
        message=f"the job ended without a result: {why}",
        hint="do it on the machine of the node with `hotline log verify`, which says more",
        kind="JournalError",
    )


def _prepare(place: Path, order: Order, kept: Kept) -> None:
    place.mkdir(mode=0o700, parents=True)
    (place / ORDER).write_bytes(msgspec.json.encode(order))
    _write(place, kept, tidy=False)


def _write(place: Path, kept: Kept, tidy: bool) -> None:
    """Write what is kept of a job; ``tidy`` away whatever is no part of its result."""
    making = place / f".{JOB}.new"
    making.write_bytes(msgspec.json.encode(kept))
    making.replace(place / JOB)
    if not tidy:
        return
    wanted = {JOB, REPORT} if kept.state == "done" else {JOB}
    if kept.state == "done" and kept.outcome is not None:
        wanted |= {one.name for one in kept.outcome.files}
    for other in place.iterdir():
        if other.name in wanted:
            continue
        if other.is_dir() and not other.is_symlink():
            shutil.rmtree(other, ignore_errors=True)
        else:
            with suppress(OSError):
                other.unlink()


def _found(directory: Path) -> list[Kept]:
    """Return the jobs that are kept; what had not ended has failed, what is no job goes."""
    found = []
    for place in sorted(directory.iterdir()) if directory.is_dir() else ():
        try:
            kept = msgspec.json.decode((place / JOB).read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError):
            if place.is_dir() and place.name.isdecimal():
                shutil.rmtree(place, ignore_errors=True)
            continue
        if kept.state not in ENDED:
            outcome = _broken("the node was stopped")
            kept = msgspec.structs.replace(kept, state="failed", outcome=outcome)
            with suppress(OSError):
                _write(place, kept, tidy=True)
        found.append(kept)
    return found
