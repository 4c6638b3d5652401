"""Static files have the address of their content: no page meets those of another release."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Response

from hotline.console import versioned
from tests.console.consoles import Console, consoles

in_module = pytest.mark.asyncio(loop_scope="module")
CONSOLE = Path(versioned.STATIC).parent
BEAT = """async (root) => {
  const { on } = await import(`${root}/live.js`);
  await new Promise((done) => on("beat", done));
}"""
"""Returns once the page's own stream has brought a beat."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def iaf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """Run both centres, and yield one console."""
    async with consoles(tmp_path_factory.mktemp("versioned")) as (iaf, _):
        yield iaf


@in_module
async def test_all_that_a_page_loads_is_of_one_release_and_kept(iaf: Console) -> None:
    """Styles, modules and what they import, land and both workers: kept for good, never asked anew.

    The stream of events runs by its worker, so that the page is not lost.
    """
    page = await iaf.page("Cohen")
    loaded: list[Response] = []
    page.context.on("response", lambda one: loaded.append(one))
    await page.goto("/picture")
    await page.wait_for_function("() => document.querySelector('.map path') !== null")
    await page.evaluate(BEAT, versioned.address())
    static = {one.url.removeprefix(iaf.url): one for one in loaded if "/static/" in one.url}
    names = {path.removeprefix(f"{versioned.address()}/") for path in static}
    assert names >= {"frame.css", "frame.js", "live.js", "map.js", "vendor/land/land-50m.json"}
    for path, answer in static.items():
        assert path.startswith(f"{versioned.address()}/"), path
        assert answer.status == 200
        assert answer.headers["cache-control"] == versioned.FOREVER
    shared = await page.evaluate(
        "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    )
    assert f"{versioned.address()}/beat.js" in shared


@in_module
async def test_a_page_of_the_release_before_is_led_to_the_files_of_this_one(iaf: Console) -> None:
    """By an older digest or none; what is led on is not kept, and what is not there is not made."""
    page = await iaf.guest()
    for old in ("/static/0123456789abcdef/frame.css", "/static/frame.css"):
        answer = await page.request.get(old, max_redirects=0)
        assert (answer.status, answer.headers["cache-control"]) == (302, "no-store")
        assert answer.headers["location"] == f"{versioned.address()}/frame.css"
    for missing in (
        f"{versioned.address()}/nothing.css",
        "/static/nothing.css",
        "/static/0123456789abcdef/..%2fapp.py",
        "/static//example.org/frame.css",
    ):
        answer = await page.request.get(missing, max_redirects=0)
        assert (answer.status, answer.headers["cache-control"]) == (404, "no-store"), missing


def test_nothing_names_a_static_file_by_an_address_of_its_own() -> None:
    """Templates begin with the address that has the digest, scripts and styles are relative."""
    found = [
        f"{file.relative_to(CONSOLE)}: {line.strip()}"
        for pattern in ("templates/**/*.html", "static/*.js", "static/*.css")
        for file in CONSOLE.glob(pattern)
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"""["'(]/static/""", line)
    ]
    assert found == []


def test_the_address_changes_with_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another content, another name, a file more: each has another address."""
    monkeypatch.setattr(versioned, "STATIC", tmp_path)
    (tmp_path / "a.js").write_text("one")
    addresses = []
    for change in (
        lambda: None,
        lambda: (tmp_path / "a.js").write_text("two"),
        lambda: (tmp_path / "a.js").rename(tmp_path / "b.js"),
        lambda: (tmp_path / "c.css").write_text(""),
    ):
        change()
        versioned.files.cache_clear()
        versioned.address.cache_clear()
        addresses.append(versioned.address())
    versioned.files.cache_clear()
    versioned.address.cache_clear()
    assert len(set(addresses)) == 4
