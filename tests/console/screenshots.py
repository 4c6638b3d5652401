"""Screenshots of every page of the console, beside each other: ``make screenshots``.

Two real nodes, with a console each and a line that is cut at the end, an afternoon's traffic, and
Chromium in which everybody of every role has logged in. Each page is shown in three looks: English
in the dark theme on a screen of 1280 px, Russian in the dim one on 768, Hebrew in the light one on
390. What no page may do is told on stderr, and ends the command with 1: to be wider than the
screen, to report an error of a script, to ask for what is not there.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

import structlog
from playwright.async_api import Error, Page, Response

from tests.console.afternoon import afternoon, while_cut
from tests.console.consoles import Console
from tests.console.severable import Consoles, read_in, severable_consoles

DIRECTED: Final = "line-cut-flash"
"""The exercise that a director directs meanwhile."""
PATIENCE_S: Final = 60
ENDS_S: Final = 20
"""How long a director may take to end."""
SETTLES_MS: Final = 500
"""After this long what scripts draw has been drawn, and what counts has counted."""
TALLEST: Final = 6000
"""Pixels of a page that are shown at most."""

Act = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at: language, theme, and the width and height of the screen."""

    language: str
    theme: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """Return what files and columns are called by."""
        return f"{self.language}-{self.theme}-{self.width}"


LOOKS: Final = (
    Look("en", "dark", 1280, 800),
    Look("ru", "dim", 768, 1024),
    Look("he", "light", 390, 844),
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One page: who looks, where (``{name}`` is filled in by what the afternoon left), at what.

    ``page`` is the path of the page's route; ``act`` is what is done before the picture is taken,
    for what a page shows only then.
    """

    name: str
    page: str
    officer: str = "Cohen"
    path: str = ""
    act: Act | None = None
    cut: bool = False


async def _send_first_form(page: Page) -> None:
    await page.click("main form button.main")
    await page.wait_for_load_state()


async def _accept(page: Page) -> None:
    await page.check("[name=answer][value=accept]")
    await _send_first_form(page)


async def _propose(page: Page) -> None:
    await page.check("[name=answer][value=counter]")
    await page.locator("#proposal").evaluate("one => { one.open = true; }")


async def _wrong_login(page: Page) -> None:
    await page.fill("#officer", "Cohen")
    await page.fill("#password", "ten horses at the gate")
    await page.fill("#code", "000000")
    await _send_first_form(page)


async def _choose(page: Page) -> None:
    await page.locator(".activity .pick").first.click()


async def _answer(page: Page) -> None:
    await page.fill("#words", "almond amber anchor artist")
    await _send_first_form(page)


async def _mishear(page: Page) -> None:
    await page.fill("#text", "A EXERCISE FROM HMEIMIM TO IAF\nB NOTICE\nhello")
    await _send_first_form(page)


AREA: Final = "34.40 32.10\n34.40 32.60\n34.00 32.60\n34.00 32.10"
READ_WRONG: Final = "?area=3415N+03345E&start=1430&end=1630&lower=FL180&upper=FL240"
READ_RIGHT: Final = "?confirm=area&confirm=times&confirm=levels"

SHOTS: Final = (
    Shot("login", "/login", ""),
    Shot("login-refused", "/login", "", act=_wrong_login),
    Shot("picture", "/picture"),
    Shot("picture-chosen", "/picture", path="/picture?sel=hmeimim:iaf:IAF-0101", act=_choose),
    Shot("inbox", "/inbox"),
    Shot("inbox-peer", "/inbox", path="/inbox?who=peer"),
    Shot("inbox-all", "/inbox", path="/inbox?who=all"),
    Shot("notice-unread", "/notice/{name}", path="/notice/{unread}"),
    Shot("notice-theirs", "/notice/{name}", path="/notice/{met}"),
    Shot("notice-own", "/notice/{name}", path="/notice/{own}"),
    Shot("notice-revised", "/notice/{name}", path="/notice/{strike}"),
    Shot("notice-advisory", "/notice/{name}", path="/notice/{advisory}"),
    Shot("reply-1-read-back", "/notice/{name}/reply", path="/notice/{met}/reply"),
    Shot("reply-1-differs", "/notice/{name}/reply", path="/notice/{met}/reply" + READ_WRONG),
    Shot(
        "reply-2-answer",
        "/notice/{name}/reply/answer",
        path="/notice/{met}/reply/answer" + READ_RIGHT,
    ),
    Shot(
        "reply-2-proposal",
        "/notice/{name}/reply/answer",
        path="/notice/{met}/reply/answer" + READ_RIGHT,
        act=_propose,
    ),
    Shot(
        "reply-3-confirm",
        "/notice/{name}/reply/confirm",
        path="/notice/{met}/reply/answer" + READ_RIGHT,
        act=_accept,
    ),
    Shot("step-1", "/notice/{name}/step/{kind}", path="/notice/{own}/step/withdrawal"),
    Shot(
        "step-2",
        "/notice/{name}/step/{kind}/confirm",
        path="/notice/{own}/step/withdrawal",
        act=_send_first_form,
    ),
    Shot("compose", "/compose"),
    Shot("compose-draft", "/compose/{draft:[0-9]+}", path="/compose/{draft}"),
    Shot("compose-send", "/compose/{draft:[0-9]+}/send", path="/compose/{written}/send"),
    Shot(
        "compose-release", "/compose/{draft:[0-9]+}/release", "Levi", "/compose/{offered}/release"
    ),
    Shot("watch", "/watch"),
    Shot("relief", "/watch/relief"),
    Shot("relief-brief", "/watch/relief", "Levi"),
    Shot("alarms", "/watch/alarms"),
    Shot("alarm", "/watch/alarms/{id}", path="/watch/alarms/{alarm}"),
    Shot("statistics", "/watch/statistics", "Amir"),
    Shot("exercise", "/exercise"),
    Shot("exercise-director", "/exercise", "Dana"),
    Shot("board", "/exercise/of/{name}", "Dana", f"/exercise/of/{DIRECTED}"),
    Shot("officers", "/officers", "Amir"),
    Shot("officer", "/officers/of/{name}", "Amir", "/officers/of/Levi"),
    Shot("password", "/password"),
    Shot("log", "/log", "Noa"),
    Shot("log-search", "/log", "Noa", "/log?text=patrol"),
    Shot("logs", "/logs", "Noa"),
    Shot("entry", r"/log/{log:[^/]+}/{entry:\d{1,18}}", "Noa", "{entry}"),
    Shot("proof", r"/log/{log:[^/]+}/{entry:\d{1,18}}/proof", "Noa", "{entry}/proof"),
    Shot("checkpoints", "/log/{log:[^/]+}/checkpoint", "Noa", "{log}/checkpoint"),
    Shot("checkpoint", r"/log/{log:[^/]+}/checkpoint/{size:\d{1,18}}", "Noa", "{checkpoint}"),
    Shot("witness", "/log/{log:[^/]+}/witness", "Noa", "{log}/witness"),
    Shot("verify", "/verify", "Noa"),
    Shot("verified", r"/job/{id:\d{1,9}}", "Noa", "{job}"),
    Shot("evidence", "/verify/evidence", "Noa"),
    Shot("reconcile", "/reconcile", "Noa"),
    Shot("export", "/export", "Noa"),
    Shot("refused", "/officers", "Cohen"),
    Shot("nowhere", "", "Cohen", "/nowhere"),
    Shot("cut-picture", "/picture", cut=True),
    Shot("cut-inbox", "/inbox", path="/inbox?who=peer", cut=True),
    Shot("cut-watch", "/watch", cut=True),
    Shot("cut-notice", "/notice/{name}", path="/notice/{waiting}", cut=True),
    Shot("cut-relief", "/watch/relief", "Levi", cut=True),
    Shot("voice", "/voice", cut=True),
    Shot("voice-sheet", "/voice/of/{name}", path="/voice/of/{waiting}", cut=True),
    Shot("voice-answered", "/voice/of/{name}", path="/voice/of/{waiting}", act=_answer, cut=True),
    Shot("voice-hear", "/voice/hear", cut=True),
    Shot("voice-misheard", "/voice/hear", act=_mishear, cut=True),
    Shot("voice-heard", r"/voice/heard/{peer}/{entry:\d{1,18}}", path="{heard}", cut=True),
)
"""Every page, and what it shows in more than one state; `NO_PAGES` are the other addresses."""

NO_PAGES: Final = frozenset(
    {
        "/",
        "/strip",
        "/words",
        "/live",
        "/compose/drafts",
        "/voice/standing",
        "/watch/lines",
        "/watch/duty",
        "/watch/alarms.csv",
        "/watch/alarms/standing",
        "/exercise/play",
        "/exercise/of/{name}/board",
        "/officers/secret",
        "/inbox/list",
        "/notice/{name}/standing",
        "/notice/{name}/read",
        "/notice/{name}/evidence",
        "/notice/{name}/text",
        "/notice/{name}/map.json",
        "/notice/{name}/step/{kind}/send",
        "/notice/{name}/reply/send",
        "/notice/{name}/reply/standing",
        "/compose/{draft:[0-9]+}/state",
        "/picture/data",
        "/evidence/{name}",
        r"/job/{id:\d{1,9}}/state",
        r"/job/{id:\d{1,9}}/result",
    }
)
"""Parts of pages, downloads, and what sends on to a page. Secrets are shown to nobody else."""


@dataclass
class Album:
    """What has been taken, and what no page may do."""

    directory: Path
    looks: Sequence[Look]
    taken: dict[str, list[Path]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _where: str = ""

    def listen(self, page: Page) -> None:
        """Note what goes wrong in the pages that are shown here."""
        page.on("pageerror", lambda error: self.fault(str(error)))
        page.on("response", self._answered)

    def fault(self, text: str) -> None:
        """Note what the page that is being taken should not have done."""
        self.faults.append(f"{self._where}: {text.splitlines()[0]}")

    def _answered(self, response: Response) -> None:
        missing = "/static/" in response.url and response.status >= 400
        if missing or response.status >= 500:
            self.fault(f"{response.url} is {response.status}")

    async def take(self, page: Page, shot: Shot, look: Look, path: str) -> None:
        """Look at a page, and keep the picture."""
        self._where = f"{shot.name} {look.name}"
        await page.goto(path)
        if shot.act is not None:
            await shot.act(page)
        await page.wait_for_timeout(SETTLES_MS)
        # What stays in view while a page moves is shown where it belongs.
        await page.evaluate("scrollTo(0, 0)")
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self.fault(f"{wide} px wider than the screen")
        file = self.directory / f"{shot.name}.{look.name}.png"
        tall = await page.evaluate("document.documentElement.scrollHeight")
        await page.screenshot(
            path=file,
            full_page=True,
            clip={"x": 0, "y": 0, "width": look.width, "height": min(tall, TALLEST)},
        )
        self.taken.setdefault(shot.name, []).append(file)

    def bind(self) -> Path:
        """Write the page that shows all of them beside each other; return where it is."""
        rows = []
        for name, files in self.taken.items():
            cells = "".join(
                f'<td><a href="{escape(one.name)}"><img src="{escape(one.name)}" loading="lazy"'
                f' alt="{escape(one.stem)}"></a></td>'
                for one in files
            )
            rows.append(f'<tr id="{escape(name)}"><th>{escape(name)}</th>{cells}</tr>')
        heads = "".join(f"<th>{escape(look.name)}</th>" for look in self.looks)
        faults = "".join(f"<li>{escape(one)}</li>" for one in self.faults)
        file = self.directory / "index.html"
        file.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Pages of the console'
            "</title><style>body{font:14px sans-serif;background:#777}td{vertical-align:top}"
            f"img{{max-width:30vw;max-height:90vh;border:1px solid}}</style><ul>{faults}</ul>"
            f"<table><tr><th></th>{heads}</tr>{''.join(rows)}</table></html>\n",
            "utf-8",
        )
        return file


async def take_all(directory: Path, shots: Sequence[Shot], looks: Sequence[Look]) -> Album:
    """Play the afternoon and take these shots in these looks."""
    album = Album(directory, looks)
    with tempfile.TemporaryDirectory() as place:
        async with severable_consoles(Path(place)) as both:
            seen = await afternoon(both)
            values = {name: getattr(seen, name) for name in seen.__slots__}
            async with directed(both.iaf, wanted=any(one.name == "board" for one in shots)):
                values |= await _prepared(both)
                await _take(both, album, [one for one in shots if not one.cut], values)
            late = [one for one in shots if one.cut]
            if late:
                await both.cut()
                values["waiting"] = await while_cut(both)
                values["heard"] = await _heard(both)
                await _take(both, album, late, values)
    return album


async def _take(
    both: Consoles, album: Album, shots: Sequence[Shot], values: dict[str, str]
) -> None:
    for look in album.looks:
        for officer in dict.fromkeys(one.officer for one in shots):
            page = await _seat(both.iaf, officer, look)
            album.listen(page)
            for shot in (one for one in shots if one.officer == officer):
                path = (shot.path or shot.page).format_map(values)
                try:
                    await album.take(page, shot, look, path)
                except Error as error:
                    album.fault(str(error))
            await page.close()


async def _seat(console: Console, officer: str, look: Look) -> Page:
    """Return a page of an officer, or of a guest for no name, that has this look."""
    if officer:
        page = await console.page(officer)
        await read_in(page, look.language)
    else:
        page = await console.guest(locale=look.language)
    await page.context.add_cookies(
        [{"name": "hotline-theme", "value": look.theme, "url": console.url}]
    )
    await page.set_viewport_size({"width": look.width, "height": look.height})
    return page


async def _prepared(both: Consoles) -> dict[str, str]:
    """Do by the pages what leaves something to see on others; return where that is."""
    iaf = both.iaf
    page = await iaf.page("Cohen")
    drafts = []
    for done in ("save", "review", "review"):
        await page.goto("/compose")
        await page.click(".templates [name=template][value=patrol]")
        await page.fill("#f-title", "Patrol in the evening")
        await page.fill("#f-v0_points", AREA)
        await page.fill("#f-v0_start", "+1h30m")
        await page.fill("#f-v0_end", "+3h")
        await page.click(f"#form [name=do][value={done}]")
        await page.wait_for_selector("#send" if done == "review" else "#form")
        drafts.append(re.sub(r".*/compose/(\d+).*", r"\1", page.url))
    found = await iaf.client.draft(int(drafts[2]))
    await iaf.client.offer_draft(found.id, "Cohen", found.version)
    alarms = (await iaf.client.alarms()).alarms
    unread = [
        one for one in (await iaf.client.messages(direction="in")).messages if not one.read_at
    ]
    await page.close()
    relieving = await iaf.page("Levi")
    await relieving.goto("/watch/relief")
    await relieving.click("form[action='/watch/relief/brief'] button")
    await relieving.close()
    page = await iaf.page("Noa")
    await page.goto("/verify")
    await page.click("form[action='/verify'] button.main")
    await page.wait_for_url("**/job/*")
    job = await page.evaluate("location.pathname")
    await page.goto("/log?text=patrol")
    entry = await page.get_attribute("table.entries a.target", "href") or ""
    log = entry.rpartition("/")[0]
    await page.goto(f"{log}/checkpoint")
    checkpoint = await page.get_attribute(f"main a[href^='{log}/checkpoint/']", "href") or ""
    await page.close()
    return {
        "draft": drafts[0],
        "written": drafts[1],
        "offered": drafts[2],
        "alarm": str(alarms[0].id),
        "unread": unread[0].id,
        "job": job,
        "entry": entry,
        "log": log,
        "checkpoint": checkpoint,
    }


async def _heard(both: Consoles) -> str:
    """Have a notice of the peer read out and written down; return the page of it."""
    said = await both.hmeimim.client.speak("HMEIMIM-0212", "Petrov")
    text = "\n".join(f"{one.label} {one.text}" for one in said.items)
    check = " ".join(said.words)
    taken = await both.iaf.client.take_down(f"{text}\nCHECK {check}", "Cohen")
    return f"/voice/heard/{taken.call.peer}/{taken.call.entry}"


@asynccontextmanager
async def directed(console: Console, *, wanted: bool) -> AsyncIterator[None]:
    """Have a shipped exercise directed meanwhile, where the console's board looks for it."""
    if not wanted:
        yield
        return
    place = console.setting.config.parent / "var/exercise" / DIRECTED
    place.parent.mkdir(parents=True)
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hotline", "exercise", "run", DIRECTED, "--headless",
        "--directory", place, stdout=DEVNULL, stderr=DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not list(place.glob("*.jsonl")) and running.returncode is None:
                await asyncio.sleep(0.1)
        yield
    finally:
        if running.returncode is None:
            running.terminate()
            try:
                await asyncio.wait_for(running.wait(), ENDS_S)
            except TimeoutError:
                running.kill()
                await running.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the screenshots; return 1 where a page did what no page may do."""
    parser = argparse.ArgumentParser(description="Take a screenshot of every page of the console.")
    parser.add_argument("--directory", type=Path, default=Path("var/screenshots"))
    parser.add_argument("--page", action="append", help="only those whose names begin so")
    parser.add_argument(
        "--look", action="append", choices=[one.name for one in LOOKS], help="only these looks"
    )
    given = parser.parse_args(arguments)
    shots = [one for one in SHOTS if one.name.startswith(tuple(given.page or [""]))]
    looks = [one for one in LOOKS if one.name in (given.look or [one.name])]
    given.directory.mkdir(parents=True, exist_ok=True)
    for old in given.directory.glob("*.png"):
        old.unlink()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.WARNING)
    album = asyncio.run(take_all(given.directory, shots, looks))
    print(album.bind())
    for one in album.faults:
        print(one, file=sys.stderr)
    return 1 if album.faults else 0


if __name__ == "__main__":
    sys.exit(main())
