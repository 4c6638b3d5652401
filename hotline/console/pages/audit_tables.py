"""Pages as JSON and CSV: the same content under the same address with a suffix.

A CSV has no cell that a spreadsheet would take for a formula (`hotline.audit.export.table_csv`),
and each of its rows bears the mark of an exercise; so does the name of every file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import web

from hotline.api.audit_client import Download
from hotline.api.audit_names import file_name
from hotline.audit.export.table_csv import safe_cell
from hotline.audit.reconcile.plain import shown
from hotline.console.mark import marked
from hotline.console.visit import Visit
from hotline.errors import HotlineError

MARK: Final = "traffic"
FIELDS: Final = ("field", "value")
"""Columns of one thing as a table: each of its leaves with its path."""
_ROWS_AT_ONCE: Final = 200


async def as_json(visit: Visit, value: object, *parts: str) -> web.Response:
    """Return a shape of the API as a JSON file, which bears the mark."""
    mark = await marked(visit)
    said: Any = msgspec.to_builtins(value)
    said = {**said, MARK: said.get(MARK) or mark}
    return web.Response(
        body=msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n",
        content_type="application/json",
        charset="utf-8",
        headers=_named(visit, mark, parts, ".json", inline=True),
    )


async def as_text(visit: Visit, text: str, *parts: str) -> web.Response:
    """Return a text as it is, under a name that bears the mark."""
    return web.Response(
        text=text,
        content_type="text/plain",
        charset="utf-8",
        headers=_named(visit, await marked(visit), parts, ".txt", inline=True),
    )


async def as_csv(
    visit: Visit, columns: Sequence[str], rows: Iterable[Sequence[object]], *parts: str
) -> web.Response:
    """Return rows as a CSV file; the last column of each is the mark."""
    mark = await marked(visit)
    text = _lines([[*columns, MARK]]) + _lines(_with(mark, rows))
    return web.Response(
        body=text.encode(),
        content_type="text/csv",
        charset="utf-8",
        headers=_named(visit, mark, parts, ".csv"),
    )


async def streamed_csv(
    visit: Visit, columns: Sequence[str], rows: AsyncIterator[Sequence[object]], *parts: str
) -> web.StreamResponse:
    """Return rows as a CSV file as they come: however many there are, few are held."""
    mark = await marked(visit)
    response = web.StreamResponse(headers=_named(visit, mark, parts, ".csv"))
    response.content_type = "text/csv"
    response.charset = "utf-8"
    # The first row is asked for before anything is answered: what is wrong is told as a problem.
    waiting = [row async for row in _first(rows)]
    await response.prepare(visit.request)
    with _whole_or_broken(visit):
        await response.write(_lines([[*columns, MARK]]).encode())
        async for row in rows:
            waiting.append(row)
            if len(waiting) >= _ROWS_AT_ONCE:
                await response.write(_lines(_with(mark, waiting)).encode())
                waiting.clear()
        await response.write(_lines(_with(mark, waiting)).encode())
        await response.write_eof()
    return response


async def relayed(visit: Visit, download: Download) -> web.StreamResponse:
    """Pass a file of the node on to the browser as it comes."""
    response = web.StreamResponse(
        headers={"Content-Disposition": f'attachment; filename="{download.name}"'}
    )
    response.content_type = download.media
    if download.size is not None:
        response.content_length = download.size
    await response.prepare(visit.request)
    with _whole_or_broken(visit):
        async for chunk in download.chunks:
            await response.write(chunk)
        await response.write_eof()
    return response


@contextmanager
def _whole_or_broken(visit: Visit) -> Iterator[None]:
    """Break the connection where a file cannot be given whole: no browser takes it for one then."""
    try:
        yield
    except (HotlineError, aiohttp.ClientError, OSError, TimeoutError):
        if visit.request.transport is not None:
            visit.request.transport.abort()


async def _first(rows: AsyncIterator[Sequence[object]]) -> AsyncIterator[Sequence[object]]:
    """Yield the first of some rows, if there is one."""
    row = await anext(rows, None)
    if row is not None:
        yield row


def flat(value: object, name: str = "") -> list[tuple[str, object]]:
    """Return the leaves of an object, each with its path, as ``witnesses.0.name``."""
    if isinstance(value, Mapping):
        return [row for key, inner in value.items() for row in flat(inner, _under(name, str(key)))]
    if isinstance(value, list | tuple):
        return [row for n, inner in enumerate(value) for row in flat(inner, _under(name, str(n)))]
    return [(name, value)]


def leaves(value: object) -> list[tuple[str, object]]:
    """Return the leaves of a shape of the API."""
    plain: Any = msgspec.to_builtins(value)
    return flat(plain)


def _under(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _named(
    visit: Visit, mark: str, parts: Sequence[str], suffix: str, *, inline: bool = False
) -> dict[str, str]:
    called = file_name(mark, visit.setting.centre, *parts, suffix=suffix)
    how = "inline" if inline else "attachment"
    return {"Content-Disposition": f'{how}; filename="{called}"'}


def _with(mark: str, rows: Iterable[Sequence[object]]) -> Iterable[list[object]]:
    return ([*row, mark] for row in rows)


def _lines(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return safe_cell(shown(str(value), 40_000, lines=True))
