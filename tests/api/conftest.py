"""A pair of centres with a client each, and ways to ask the API without its client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from hotline.api.client import Client
from hotline.node.centre import Centre
from tests.centres import centre_pair, client_of, lone_centre


@dataclass
class Asked:
    """What came back: HTTP status, headers, and the body, decoded where it is JSON."""

    status: int
    body: Any
    media: str
    headers: Mapping[str, str]


async def ask(
    centre: Centre,
    method: str,
    path: str,
    body: object = None,
    *,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Asked:
    """Ask a centre's API as any HTTP client would."""
    sent = raw if raw is not None else None if body is None else msgspec.json.encode(body)
    data = BytesIO(sent) if sent is not None else None
    connector = aiohttp.UnixConnector(str(centre.config.socket))
    async with (
        aiohttp.ClientSession("http://node", connector=connector) as session,
        session.request(method, path, data=data, headers=headers) as response,
    ):
        answer = await response.read()
        media = response.content_type
        decoded = msgspec.json.decode(answer) if media == "application/json" else answer.decode()
        return Asked(response.status, decoded, media, response.headers)


@dataclass
class Pair:
    """Both centres, the line between them up, each with a client of its API."""

    iaf: Centre
    hmeimim: Centre
    a: Client
    b: Client


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    """Run the pair and serve both APIs."""
    async with centre_pair(tmp_path) as (iaf, hmeimim), client_of(iaf, hmeimim) as (a, b):
        yield Pair(iaf, hmeimim, a, b)


@dataclass
class Lone:
    """One centre whose line is down, with a client."""

    centre: Centre
    client: Client


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Lone]:
    """Run hmeimim alone and serve its API."""
    async with lone_centre(tmp_path) as centre, client_of(centre) as client:
        yield Lone(centre, client)
