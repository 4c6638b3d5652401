"""The client raises the node's own errors, and tells apart why a node cannot be asked."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import aiohttp
import msgspec
import pytest

from hotline.api.client import Client
from hotline.api.schema import ReplyRequest, SendRequest
from hotline.api.server import open_api
from hotline.errors import ConfigError, FencedError, HotlineError, ModelError, UsageError
from tests.api.conftest import Lone
from tests.centres import client_of, example, lone_centre


async def code_of(client: Client) -> str:
    """Return the code of the error that asking raises."""
    with pytest.raises(HotlineError) as caught:
        await client.status()
    assert caught.value.hint
    return caught.value.code


async def test_errors_keep_class_code_message_and_hint(lone: Lone) -> None:
    """A caller cannot tell whether the node is in this process or behind a socket."""
    with pytest.raises(UsageError) as unknown:
        await lone.client.message("ffffff")
    assert unknown.value.code == "node.no-such-message"
    assert "hotline inbox" in unknown.value.hint
    with pytest.raises(ModelError) as broken:
        await lone.client.send(SendRequest(document={"kind": "service", "text": ""}))
    assert broken.value.code == "model.text-missing"
    assert type(broken.value) is ModelError
    await lone.centre.fence("its log was rolled back")
    with pytest.raises(FencedError):
        await lone.client.send(SendRequest(document=example("hmeimim/02-patrol.json")))


async def test_names_are_quoted_on_their_way(lone: Lone) -> None:
    """A name with a slash is a name, not a path."""
    with pytest.raises(UsageError) as caught:
        await lone.client.reply("../status", ReplyRequest(answer="reject", officer="a", reason="b"))
    assert caught.value.code == "node.no-such-message"


async def test_no_node_is_said_with_how_to_start_one(tmp_path: Path) -> None:
    """Neither a missing socket nor one that a killed node left behind is a node."""
    async with Client(tmp_path / "api.sock") as client:
        assert await code_of(client) == "api.no-node"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "api.sock"))
    async with Client(tmp_path / "api.sock") as client:
        assert await code_of(client) == "api.no-node"
        with pytest.raises(UsageError):
            await anext(aiter(client.events()))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "api.no-answer"),
        (b"HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\nno", "api.strange-answer"),
        (b"SSH-2.0-x\r\n", "api.no-answer"),
    ],
)
async def test_what_is_no_node_is_found_out(tmp_path: Path, answer: bytes, code: str) -> None:
    """A socket of some other program gives an error of ours, whatever it says."""

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(other, tmp_path / "api.sock")
    async with server, Client(tmp_path / "api.sock") as client:
        assert await code_of(client) == code
        with pytest.raises(HotlineError) as caught:
            await anext(aiter(client.events()))
        assert caught.value.code == code


async def test_a_socket_that_one_may_not_open_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who is not let in is not told to start another node."""

    async def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(aiohttp.UnixConnector, "_create_connection", refuse)
    async with Client(tmp_path / "api.sock") as client:
        assert await code_of(client) == "api.not-allowed"


async def test_an_error_of_a_class_that_is_not_known_is_still_an_error(tmp_path: Path) -> None:
    """A newer node may have classes that an older client has not."""
    body = b'{"code": "new.code", "message": "x", "hint": "y", "kind": "NewError"}'

    async def newer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 400 X\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    server = await asyncio.start_unix_server(newer, tmp_path / "api.sock")
    async with server, Client(tmp_path / "api.sock") as client:
        assert await code_of(client) == "new.code"


async def test_the_document_and_the_figures_have_methods_too(lone: Lone) -> None:
    """Every route is reached from Python."""
    assert (await lone.client.openapi())["openapi"] == "3.1.0"
    assert "hotline_fenced" in await lone.client.metrics()


async def test_a_socket_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A path that is too long for a socket is found out before anybody looks for it."""
    async with lone_centre(tmp_path) as centre:
        long = centre.config.socket.parent / ("x" * 200) / "api.sock"
        centre.config = msgspec.structs.replace(centre.config, socket=long)
        with pytest.raises(ConfigError) as caught:
            async with open_api(centre):
                pass
        assert caught.value.code == "api.no-socket"


async def test_the_socket_is_its_owners_alone(lone: Lone) -> None:
    """Mode 0600, so that only the node's user can speak for the centre."""
    assert lone.centre.config.socket.stat().st_mode & 0o777 == 0o600


async def test_a_umask_that_admits_the_group_opens_the_socket_to_it(
    tmp_path: Path,
) -> None:
    """0007 is what an operator sets who wants the duty officers' group to use the node."""
    old = os.umask(0o007)
    try:
        async with lone_centre(tmp_path) as centre, client_of(centre):
            assert centre.config.socket.stat().st_mode & 0o777 == 0o660
    finally:
        os.umask(old)


async def test_a_stale_socket_is_replaced_and_ours_removed(tmp_path: Path) -> None:
    """A node that was killed does not keep the next one from starting."""
    async with lone_centre(tmp_path) as centre:
        path = centre.config.socket
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
        async with client_of(centre) as client:
            assert (await client.health()).status == "exercise"
        assert not path.exists()


async def test_a_socket_in_use_and_a_file_in_its_place_are_refused(lone: Lone) -> None:
    """Neither another node nor somebody's file is pushed aside."""
    path = lone.centre.config.socket
    with pytest.raises(ConfigError) as caught:
        async with open_api(lone.centre):
            pass
    assert caught.value.code == "api.socket-in-use"
    assert path.exists()
    path.rename(path.with_suffix(".moved"))
    path.write_text("mine")
    with pytest.raises(ConfigError) as caught:
        async with open_api(lone.centre):
            pass
    assert caught.value.code == "api.not-a-socket"
    assert path.read_text() == "mine"
