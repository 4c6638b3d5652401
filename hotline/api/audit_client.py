"""The client's methods for the auditor: logs, entries, proofs, evidence, and jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from hotline.api import audit_shapes, schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    import aiohttp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Download:
    """A file as it comes: the name it is to have, its media type, its bytes in pieces.

    ``size`` is None where the node does not say it.
    """

    name: str
    media: str
    size: int | None
    chunks: AsyncIterator[bytes]


class AuditMethods:
    """What `hotline.api.client.Client` asks of a node about its record."""

    if TYPE_CHECKING:

        async def _get(
            self,
            path: str,
            type_: type[T],
            parameters: Mapping[str, str | Sequence[str] | int | None] | None = None,
            fine: tuple[int, ...] = (200,),
        ) -> T: ...

        async def _post(
            self, path: str, body: schema.Request | None, type_: type[T], wait_s: float = 0.0
        ) -> T: ...

        def _stream(
            self,
            method: str,
            path: str,
            parameters: Mapping[str, str] | None = None,
            data: AsyncIterator[bytes] | None = None,
        ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]: ...

    # --- The record -----------------------------------------------------------------------

    async def logs(self) -> audit_shapes.LogPage:
        """Return the logs of the journal, and how much of each is signed and witnessed."""
        return await self._get("/v1/logs", audit_shapes.LogPage)

    async def entry(self, log: str, entry: int) -> audit_shapes.EntryDetail:
        """Return one entry in full."""
        return await self._get(_entry(log, entry), audit_shapes.EntryDetail)

    async def proof(self, log: str, entry: int) -> audit_shapes.ProofView:
        """Return the proof that an entry is in its log."""
        return await self._get(f"{_entry(log, entry)}/proof", audit_shapes.ProofView)

    async def checkpoints(
        self, log: str, *, before: int | None = None, limit: int | None = None
    ) -> audit_shapes.CheckpointPage:
        """Return the signed states of a log that are kept, the newest first."""
        path = f"/v1/logs/{_part(log)}/checkpoints"
        parameters = {"before": before, "limit": limit}
        return await self._get(path, audit_shapes.CheckpointPage, parameters)

    @asynccontextmanager
    async def evidence(self, name: str, *, alone: bool = False) -> AsyncIterator[Download]:
        """Give the evidence file of one exchange."""
        path = f"/v1/messages/{_part(name)}/evidence"
        async with self._download(path, {"alone": "true"} if alone else {}) as found:
            yield found

    # --- Jobs -----------------------------------------------------------------------------

    async def upload(self, chunks: AsyncIterator[bytes]) -> audit_shapes.Upload:
        """Hand in a peer's export, to reconcile with."""
        async with self._stream("POST", "/v1/uploads", data=chunks) as response:
            return msgspec.json.decode(await response.read(), type=audit_shapes.Upload)

    async def jobs(self) -> audit_shapes.JobPage:
        """Return the jobs that wait, run, or ended not long ago."""
        return await self._get("/v1/jobs", audit_shapes.JobPage)

    async def begin_job(self, request: audit_shapes.JobRequest) -> audit_shapes.JobView:
        """Begin a verification, a reconciliation or an export."""
        return await self._post("/v1/jobs", request, audit_shapes.JobView)

    async def job(self, id_: int) -> audit_shapes.JobView:
        """Return how far a job has come, or what came of it."""
        return await self._get(f"/v1/jobs/{id_}", audit_shapes.JobView)

    @asynccontextmanager
    async def job_result(self, id_: int, file: str = "") -> AsyncIterator[Download]:
        """Give a file of a job's result; the first one where none is named."""
        parameters = {"file": file} if file else {}
        async with self._download(f"/v1/jobs/{id_}/result", parameters) as found:
            yield found

    async def cancel_job(self, id_: int, officer: str) -> audit_shapes.JobView:
        """End a job that waits or runs."""
        body = audit_shapes.CancelRequest(officer=officer)
        return await self._post(f"/v1/jobs/{id_}/cancel", body, audit_shapes.JobView)

    # --- How ------------------------------------------------------------------------------

    @asynccontextmanager
    async def _download(self, path: str, parameters: Mapping[str, str]) -> AsyncIterator[Download]:
        async with self._stream("GET", path, parameters) as response:
            said = response.content_disposition
            yield Download(
                name=(said.filename if said is not None else None) or "hotline",
                media=response.content_type,
                size=response.content_length,
                chunks=response.content.iter_chunked(256 * 1024),
            )


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _entry(log: str, entry: int) -> str:
    return f"/v1/logs/{_part(log)}/entries/{entry}"
