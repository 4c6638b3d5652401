"""What the console answers: of a silent node, to what is no request, and as files to take away."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from hotline.api.exercise_shapes import ExerciseRequest
from hotline.console.access import HEADERS
from hotline.console.app import application
from hotline.console.refusing import refusing
from hotline.console.serving import serving, tls_context
from tests.console.consoles import Console, consoles
from tests.console.test_frame import Wire, Wired
from tests.console.visitors import flawless, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
SILENT_S = 10.0
"""Within which a page says that the node does not answer."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wired(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wired]:
    """Serve a second console of one node, by a wire of its own."""
    directory = tmp_path_factory.mktemp("answers")
    async with AsyncExitStack() as stack:
        iaf, _ = await stack.enter_async_context(consoles(directory))
        wire = Wire(directory / "wire.sock", iaf.setting.socket)
        await wire.mend()
        stack.callback(wire.cut)
        setting = dataclasses.replace(iaf.setting, socket=wire.path)
        home = directory / "iaf"
        context = tls_context(home / "console.pem", home / "console.key")
        port = await stack.enter_async_context(serving(setting, context, "127.0.0.1", 0))
        url = f"https://127.0.0.1:{port}"
        yield Wired(dataclasses.replace(iaf, setting=setting, url=url, _contexts={}), wire)


@pytest.fixture(scope="module")
def iaf(wired: Wired) -> Console:
    """Return the console whose node always answers."""
    return wired.console


async def test_a_frozen_node_is_told_within_seconds(wired: Wired) -> None:
    """On every page and form, with what to do; once it answers again all is as before."""
    levi = await visitor(wired.console, "Levi")
    guest = await wired.console.guest()
    assert (await levi.get("/watch")).status == 200
    wired.wire.deaden()
    try:
        since = time.monotonic()
        shown, posted, login = await asyncio.gather(
            levi.get("/watch"),
            levi.post("/watch/relief/take"),
            guest.request.get("/login"),
        )
        assert time.monotonic() - since < SILENT_S
        for answer in (shown, posted):
            assert answer.status == 504
            assert "console.node-silent" in answer.text
            assert "The node does not answer" in answer.text
        assert login.status == 200, "the form for logging in needs no node to be shown"
    finally:
        await wired.wire.mend()
    assert (await levi.get("/watch")).status == 200


async def test_a_page_that_takes_its_time_is_waited_for(iaf: Console) -> None:
    """While the node lives nothing is cut off: patience ends with the node, not with a clock."""
    levi = await visitor(iaf, "Levi")
    page = await levi.page()
    await page.goto("/watch")
    # The stream of events goes on much longer than any page.
    seen = await page.evaluate(
        """async () => {
          const answer = await fetch("/live", { headers: { Accept: "text/event-stream" } });
          const reader = answer.body.getReader();
          const until = performance.now() + 7000;
          let text = "";
          while (performance.now() < until) {
            const { value, done } = await reader.read();
            if (done) return "ended";
            text += new TextDecoder().decode(value);
          }
          await reader.cancel();
          return text;
        }"""
    )
    assert seen.count("event: beat") >= 2
    await page.close()


async def test_no_answer_names_what_serves_it(iaf: Console) -> None:
    """Pages, files, redirections and errors: neither a product nor a version of others."""
    levi = await visitor(iaf, "Levi")
    for path in ("/watch", "/static/frame.css", "/nothing", "/log.csv", "/log/nosuch.1/1"):
        answer = await levi.get(path)
        assert answer.headers["server"] == "hotline", path


async def test_a_log_that_is_not_there_is_told_in_words_of_the_console(iaf: Console) -> None:
    """Nobody at a page is sent to the API."""
    for officer, words in (("Noa", "Choose one under Log, Logs."), ("Levi", None)):
        answer = await (await visitor(iaf, officer)).get("/log/nosuch.1/1")
        assert "/v1/" not in answer.text
        if words is not None:
            assert answer.status == 404
            assert words in answer.text


async def test_what_is_no_request_is_refused_by_a_page(iaf: Console, tmp_path: Path) -> None:
    """In three languages, with the headers of every answer, and the connection is closed."""
    made = application(iaf.setting)
    runner = web.AppRunner(made, access_log=None)
    await runner.setup()
    assert runner.server is not None
    server = await asyncio.get_running_loop().create_server(
        refusing(made, runner.server, access_log=None), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    try:
        for sent in (
            b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x16\x03\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            answer = (await asyncio.wait_for(reader.read(), 10)).decode()
            writer.close()
            head, _, body = answer.partition("\r\n\r\n")
            assert head.partition("\r\n")[0].endswith("400 Bad Request")
            for name, value in {
                **HEADERS,
                "Cache-Control": "no-store",
                "Server": "hotline",
            }.items():
                assert f"{name}: {value}" in head
            assert "Python" not in answer
            for lang in ("en", "ru", "he"):
                assert f'lang="{lang}"' in body
            assert iaf.setting.banner in body
    finally:
        server.close()
        await runner.cleanup()


async def test_the_name_of_the_exercise_is_on_all_that_is_taken_away(iaf: Console) -> None:
    """In file names, in each row and object, in titles, and where officers log in; made safe."""
    guest = await iaf.guest()
    asked = ExerciseRequest(event="startex", name="GOLDEN HAWK/7", by="Dana")
    await iaf.client.tell_exercise(asked)
    noa = await visitor(iaf, "Noa")
    for path, name in (
        ("/log.csv", "EXERCISE-GOLDEN-HAWK-7-hotline-iaf-log.csv"),
        ("/log.json", "EXERCISE-GOLDEN-HAWK-7-hotline-iaf-log.json"),
        ("/watch/alarms.csv", "EXERCISE-GOLDEN-HAWK-7-hotline-iaf-alarms.csv"),
        ("/logs.csv", "EXERCISE-GOLDEN-HAWK-7-hotline-iaf-logs.csv"),
    ):
        answer = await noa.get(path)
        assert answer.headers["content-disposition"].endswith(f'filename="{name}"'), path
    rows = (await noa.get("/log.csv")).text.splitlines()[1:]
    assert rows
    assert all("EXERCISE GOLDEN HAWK/7" in row for row in rows)
    await guest.goto("/login")
    assert (await guest.title()).startswith("EXERCISE GOLDEN HAWK/7 · ")
    assert await guest.locator(".banner").inner_text() == "EXERCISE GOLDEN HAWK/7"
    await flawless(guest)
