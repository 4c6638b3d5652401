"""Jobs of the auditor: verify, reconcile and export, each in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from hotline.api import audit_jobs, audit_shapes
from hotline.api.audit_uploads import Uploads
from hotline.api.client import Client
from hotline.audit.search.decoding import told_in
from hotline.errors import UsageError
from hotline.journal.queries import records
from hotline.node.centre import Centre
from tests.api.conftest import Pair, ask
from tests.api.test_audit import told
from tests.centres import PATIENCE_S

REQUEST = audit_shapes.JobRequest


async def ended(client: Client, id_: int) -> audit_shapes.JobView:
    """Return a job once it has ended."""
    async with asyncio.timeout(PATIENCE_S):
        while (job := await client.job(id_)).state not in audit_jobs.ENDED:
            await asyncio.sleep(0.05)
    return job


async def taken(client: Client, id_: int, file: str = "") -> tuple[str, bytes]:
    """Return name and bytes of a file of a result."""
    async with client.job_result(id_, file) as download:
        return download.name, b"".join([chunk async for chunk in download.chunks])


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """Yield bytes in pieces, as a browser sends them."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def audited(centre: Centre) -> list[dict[str, object]]:
    """Return what the node's own log says of audits."""
    found = await centre.reader.run(lambda connection: records(connection, kinds=("audited",)))
    return [told_in(one.payload) for one in found]


async def test_a_verification_reports_and_is_entered(pair: Pair) -> None:
    """The record holds; the file is the report; who had it verified stands in the node's log."""
    await told(pair)
    begun = await pair.a.begin_job(REQUEST(kind="verify", officer="Noa"))
    assert begun.state in ("waiting", "running")
    job = await ended(pair.a, begun.id)
    assert (job.state, job.ok, job.problem) == ("done", True, None)
    assert job.report is not None
    assert job.report["failures"] == []
    assert job.report["messages"] >= 1
    name, data = await taken(pair.a, job.id)
    assert name.startswith("EXERCISE-")
    assert job.files[0].sha256 == sha256(data).hexdigest()
    assert msgspec.json.decode(data)["traffic"].startswith("EXERCISE")
    (record,) = await audited(pair.iaf)
    assert (record["officer"], record["work"], record["ok"]) == ("Noa", "verify", True)
    assert record["digest"] == sha256(data).digest()
    again = await ended(pair.a, (await pair.a.begin_job(REQUEST(kind="verify", officer="Noa"))).id)
    assert again.ok, "a record of this kind is one that verification knows"


async def test_the_peers_export_is_reconciled(pair: Pair) -> None:
    """One side exports, the other hands the file in: the records agree."""
    await told(pair)
    export = await ended(
        pair.b, (await pair.b.begin_job(REQUEST(kind="export", officer="Belova"))).id
    )
    name, data = await taken(pair.b, export.id)
    assert name.startswith("EXERCISE-")
    assert name.endswith(".jsonl")
    upload = await pair.a.upload(pieces(data))
    assert (upload.size, upload.sha256) == (len(data), sha256(data).hexdigest())
    begun = await pair.a.begin_job(REQUEST(kind="reconcile", officer="Noa", upload=upload.name))
    job = await ended(pair.a, begun.id)
    assert (job.state, job.ok, job.problem) == ("done", True, None)
    assert [Path(file.name).suffix for file in job.files] == [".html", ".json"]
    _, page = await taken(pair.a, job.id)
    assert b"EXERCISE" in page
    with pytest.raises(UsageError, match="used yet"):
        await pair.a.begin_job(REQUEST(kind="reconcile", officer="Noa", upload=upload.name))


@pytest.mark.parametrize("form", audit_jobs.forms())
async def test_every_form_can_be_exported(pair: Pair, form: audit_shapes.ExportForm) -> None:
    """Each form is made and taken, with the mark in its name and its hash as told."""
    await told(pair)
    search: dict[str, str | list[str] | bool] = {"line": "hmeimim"}
    if form != "tlog-tiles":
        search["kind"] = ["notice"]
    begun = await pair.a.begin_job(REQUEST(kind="export", officer="Noa", form=form, search=search))
    job = await ended(pair.a, begun.id)
    assert (job.state, job.problem) == ("done", None)
    for file in job.files:
        name, data = await taken(pair.a, job.id, file.name)
        assert name == file.name
        assert name.startswith("EXERCISE-")
        assert sha256(data).hexdigest() == file.sha256
    if form == "csv":
        name, data = await taken(pair.a, job.id)
        header, row, rest = data.split(b"\r\n")
        assert (rest, b"IAF-0101" in row, header[:9]) == (b"", True, b"log,entry")


async def test_a_strange_export_fails_with_its_reason(pair: Pair) -> None:
    """What is no export is refused by its code, and the refusal is entered."""
    upload = await pair.a.upload(pieces(b'{"type": "\xff\n' * 40))
    begun = await pair.a.begin_job(REQUEST(kind="reconcile", officer="Noa", upload=upload.name))
    job = await ended(pair.a, begun.id)
    assert (job.state, job.ok, job.files) == ("failed", None, [])
    assert job.problem is not None
    assert job.problem.code.startswith("export.")
    (record,) = await audited(pair.iaf)
    assert (record["state"], record["digest"]) == ("failed", b"")
    with pytest.raises(UsageError, match="has no result"):
        await taken(pair.a, job.id)


async def test_a_job_can_be_ended(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is gone, nothing of it is kept, and who ended it is entered."""
    monkeypatch.setattr(audit_jobs, "COMMAND", "import time; time.sleep(600)")
    running = [
        await pair.a.begin_job(REQUEST(kind="verify", officer="Noa"))
        for _ in range(audit_jobs.AT_ONCE + 1)
    ]
    states = [(await pair.a.job(one.id)).state for one in running]
    assert states == ["running"] * audit_jobs.AT_ONCE + ["waiting"]
    for one in reversed(running):
        cancelled = await pair.a.cancel_job(one.id, "Amir")
        assert (cancelled.state, cancelled.files) == ("cancelled", [])
    assert {record["officer"] for record in await audited(pair.iaf)} == {"Amir"}
    with pytest.raises(UsageError, match="ended already"):
        await pair.a.cancel_job(running[0].id, "Amir")


async def test_jobs_outlive_the_api_and_are_bounded(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest results are found again after a restart; what ran then has failed."""
    monkeypatch.setattr(audit_jobs, "MOST_KEPT", 2)
    ids = []
    for _ in range(3):
        begun = await pair.a.begin_job(REQUEST(kind="verify", officer="Noa"))
        ids.append((await ended(pair.a, begun.id)).id)
    async with asyncio.timeout(PATIENCE_S):
        # A job is shown as ended before the oldest is thrown away.
        while len(kept := [job.id for job in (await pair.a.jobs()).jobs]) > 2:
            await asyncio.sleep(0.05)
    assert kept == [ids[2], ids[1]]
    monkeypatch.setattr(audit_jobs, "COMMAND", "import time; time.sleep(600)")
    broken = await pair.a.begin_job(REQUEST(kind="verify", officer="Noa"))
    again = audit_jobs.Jobs(pair.iaf)
    await again.open()
    found = {job.id: job for job in again.views()}
    assert found[broken.id].state == "failed"
    assert found[ids[2]].ok
    assert again.view(again.find(ids[2]), report=True).report is not None
    await pair.a.cancel_job(broken.id, "Noa")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "verify", "officer": ""}, "api.bad-officer"),
        ({"kind": "burn", "officer": "Noa"}, "api.bad-body"),
        ({"kind": "reconcile", "officer": "Noa"}, "audit.upload-needed"),
        ({"kind": "verify", "officer": "Noa", "upload": "x"}, "audit.upload-unused"),
        (
            {"kind": "reconcile", "officer": "Noa", "upload": "../../api.sock"},
            "audit.no-such-upload",
        ),
        ({"kind": "verify", "officer": "Noa", "search": {"kind": "x"}}, "audit.search-unused"),
        ({"kind": "export", "officer": "Noa", "search": {"path": "/"}}, "audit.unknown-term"),
        ({"kind": "export", "officer": "Noa", "search": {"text": ["a"]}}, "audit.bad-term"),
        ({"kind": "export", "officer": "Noa", "search": {"area": "x"}}, "search.bad-area"),
        ({"kind": "export", "officer": "Noa", "form": "exe"}, "api.bad-body"),
    ],
)
async def test_a_wrong_order_is_refused_at_once(
    pair: Pair, body: dict[str, object], code: str
) -> None:
    """No job is begun for what cannot be done."""
    asked = await ask(pair.iaf, "POST", "/v1/jobs", body)
    assert asked.body["code"] == code
    assert (await pair.a.jobs()).jobs == []


async def test_uploads_are_bounded(tmp_path: Path) -> None:
    """Too much, and nothing at all, leave no file behind; the oldest makes room."""
    uploads = Uploads(tmp_path)
    for data, limit in ((b"x" * 5000, 4000), (b"", 4000)):
        with pytest.raises(UsageError):
            await uploads.take(pieces(data), limit)
    assert list((tmp_path / "uploads").iterdir()) == []
    names = [(await uploads.take(pieces(b"%d" % n))).name for n in range(6)]
    assert len(list((tmp_path / "uploads").iterdir())) == 4
    with pytest.raises(UsageError, match="used yet"):
        uploads.claim(names[0], tmp_path / "taken")
    uploads.claim(names[5], tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"5"


async def test_an_upload_that_begins_leaves_another_one_alone(tmp_path: Path) -> None:
    """While the list is empty too: of two that come at once both can be used."""
    earlier = tmp_path / "uploads" / "of an earlier run"
    earlier.parent.mkdir()
    earlier.write_bytes(b"nobody's")
    uploads = Uploads(tmp_path)
    other: list[str] = []

    async def slowly() -> AsyncIterator[bytes]:
        yield b"slow"
        other.append((await uploads.take(pieces(b"quick"))).name)
        yield b"ly"

    slow = await uploads.take(slowly())
    assert not earlier.exists()
    for number, (name, held) in enumerate(((slow.name, b"slowly"), (other[0], b"quick"))):
        uploads.claim(name, tmp_path / str(number))
        assert (tmp_path / str(number)).read_bytes() == held
