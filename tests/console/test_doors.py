"""Who comes to the console's port: browsers beside other programs, slow clients, and nonsense."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from yarl import URL

from hotline.api.client import Client
from hotline.api.routes import ROUTES
from hotline.console import access, listening
from tests.centres import eventually
from tests.console.consoles import PASSWORD, Console, consoles

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = "application/x-www-form-urlencoded"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def console(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """Run a pair with consoles; give that of iaf."""
    async with consoles(tmp_path_factory.mktemp("doors")) as (iaf, _):
        yield iaf


def trusting() -> ssl.SSLContext:
    """Return a context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def asking(console: Console, token: str = "") -> aiohttp.ClientSession:
    """Return a client without a browser's manners."""
    cookies = {"Cookie": f"{access.COOKIE}={token}"} if token else {}
    return aiohttp.ClientSession(
        console.url,
        connector=aiohttp.TCPConnector(ssl=trusting(), limit=0),
        headers=cookies,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def token_of(console: Console, officer: str) -> str:
    """Return the session of an officer's browser."""
    context = await console.context(officer)
    return next(one["value"] for one in await context.cookies() if one["name"] == access.COOKIE)


async def test_a_program_beside_the_console_is_not_given_the_session(console: Console) -> None:
    """Another port of the same host, without TLS, gets none of the console's cookies."""
    seen: list[str] = []

    async def look(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie", ""))
        return web.Response(text="hello")

    beside = web.Application()
    beside.router.add_get("/{rest:.*}", look)
    runner = web.AppRunner(beside)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    page = await console.page("Cohen")
    await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    await page.goto("/inbox")
    assert URL(page.url).path == "/inbox", "the session goes on"
    await page.close()
    await runner.cleanup()
    assert seen
    assert "hotline" not in " ".join(seen)


async def test_one_browser_has_one_session(console: Console) -> None:
    """Whoever logs in again ends his earlier session; logging out clears what was typed."""
    context = await console.context("Levi")
    first = await token_of(console, "Levi")
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("#officer", "Levi")
    await page.fill("#password", PASSWORD)
    await page.fill("#code", await console.fresh_code("Levi"))
    await page.click("button.main")
    await page.wait_for_url("**/picture**")
    second = await token_of(console, "Levi")
    assert first != second
    async with asking(console, first) as client:
        answer = await client.get("/inbox", allow_redirects=False)
        assert answer.headers["Location"].startswith("/login")
    async with asking(console, second) as client:
        form = {access.FIELD: access.csrf_of(second)}
        answer = await client.post("/logout", data=form, allow_redirects=False)
        assert answer.headers["Clear-Site-Data"] == '"storage"'
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
        answer = await client.get("/inbox", allow_redirects=False)
        assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nnonsense"),
        ({"Content-Type": FORM, "Content-Encoding": "gzip"}, b"no gzip at all"),
        ({"Content-Type": f"{FORM}; charset=no-such"}, b"officer=Cohen"),
        ({"Content-Type": FORM}, b"officer=\xff\xfe&password=\xff"),
        ({"Content-Type": "application/json"}, b"{}"),
    ],
)
async def test_what_is_no_form_is_refused(
    console: Console, headers: dict[str, str], body: bytes
) -> None:
    """Whoever sends it; it is no defect of ours, and leaves no traceback."""
    async with asking(console) as client:
        answer = await client.post("/login", data=body, headers=headers)
        assert answer.status in (400, 403)


@pytest.mark.parametrize("value", ['"abc\\015\\012X"', "short", "é" * 43, "a" * 2000])
async def test_a_cookie_that_no_node_gave_is_none(console: Console, value: str) -> None:
    """Pages lead to the login, which gives a token of its own."""
    async with asking(console) as client:
        bad = {"Cookie": f"{access.COOKIE}={value}; {access.GUEST}={value}"}
        answer = await client.get("/inbox", headers=bad, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/login?to=%2Finbox")
        answer = await client.get("/login", headers=bad)
        assert answer.status == 200
        assert value not in answer.headers["Set-Cookie"]


async def test_without_a_session_no_form_is_taken(console: Console) -> None:
    """The token of nobody's forms can be computed by anybody."""
    async with asking(console) as client:
        form = {access.FIELD: access.csrf_of(""), "theme": "light"}
        assert (await client.post("/prefer", data=form)).status == 403
        answer = await client.post("/logout", data=form, allow_redirects=False)
        assert answer.headers["Location"] == "/login"


async def test_many_streams_of_one_session_keep_nobody_else_out(console: Console) -> None:
    """They are bounded for each session, and take no place from other officers' questions."""
    token, other = await token_of(console, "Noa"), await token_of(console, "Cohen")
    async with asking(console, token) as client, asking(console, other) as second:
        # The officer's own browser may have one too.
        streams = [await client.get("/live") for _ in range(access.MOST_AT_ONCE - 2)]
        assert {one.status for one in streams} == {200}
        more = [await client.get("/live") for _ in range(3)]
        assert more[-1].status == 429
        streams += more
        assert (await second.get("/picture")).status == 200
        for one in streams:
            one.close()

        async def let_go() -> bool:
            return (await client.get("/log")).status == 200

        await until_true(let_go)


async def until_true(condition: Any) -> None:
    """Ask until it is so."""
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_an_address_that_is_too_long_gets_a_page(console: Console) -> None:
    """With all that every page has, in the visitor's language."""
    async with asking(console, await token_of(console, "Cohen")) as client:
        answer = await client.get("/log?text=" + "x" * 9000)
        assert answer.status == 414
        assert "too long" in await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_who_connects_and_asks_for_nothing_is_let_go(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence, and half a request, end with the time; of too many the oldest silent one goes."""
    host, port = URL(console.url).host, URL(console.url).port
    half = b"GET /login HTTP/1.1\r\nHost: x\r\nX-Slow: "

    async def opened() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(host, port, ssl=trusting())

    monkeypatch.setattr(listening, "ASK_S", 0.2)
    reader, writer = await opened()
    writer.write(half)
    async with asyncio.timeout(10):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
    monkeypatch.setattr(listening, "ASK_S", 600.0)
    before = (await console.context("Cohen")).pages
    monkeypatch.setattr(listening, "MOST", 40 + len(before))
    held = [await opened() for _ in range(60)]
    async with asking(console) as client:
        assert (await client.get("/login")).status == 200, "there is room for who asks"
    await eventually(lambda: sum(one.at_eof() for one, _ in held) >= 10)
    for _, one in held:
        one.close()


async def test_a_form_that_never_comes_is_not_waited_for(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused when its time is over."""
    monkeypatch.setattr(access, "FORM_S", 0.2)
    host, port = URL(console.url).host, URL(console.url).port
    reader, writer = await asyncio.open_connection(host, port, ssl=trusting())
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Type: {FORM}\r\nContent-Length: 90"
    writer.write(f"{head}\r\n\r\nofficer=".encode())
    async with asyncio.timeout(10):
        assert b" 408 " in await reader.readline()
    writer.close()


async def test_by_the_consoles_socket_only_officers_speak(console: Console) -> None:
    """Whoever takes the console over does what a session may, and nothing as the centre."""
    socket = console.centre.config.console.socket
    assert socket != console.centre.config.socket
    assert socket.stat().st_mode & 0o777 == 0o600
    async with Client(socket) as client:
        assert (await client.health()).status
        for route in ROUTES:
            if route.roles is None:
                continue
            path = route.path.replace("{", "").replace("}", "")
            async with client._session.request(route.method, path, json={}) as answer:
                assert answer.status == 401, f"{route.method} {route.path}"
        noa = client.on_behalf_of(await token_of(console, "Noa"))
        assert (await noa.status()).centre == "iaf"
