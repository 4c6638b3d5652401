"""Every page of the console as every role, in three languages and three themes.

The table of pages is walked, so that a page which is added later is held to the same.
"""

from __future__ import annotations

import re
import string
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe

from hotline.api import access_shapes
from hotline.api.audit_shapes import JobKind, JobRequest, JobView
from hotline.console.access import COOKIE, POLICY, THEMES
from hotline.console.language import catalogue
from hotline.console.page import TEMPLATES, Page, environment
from hotline.console.pages import PAGES
from hotline.exercise.ground.processes import holds_within
from hotline.model.access import Role
from hotline.model.kinds import Precedence
from hotline.model.languages.language import Counted, Language
from tests.centres import receipted, say
from tests.console.consoles import OFFICERS, PASSWORD, Console, consoles
from tests.console.directing import DRILL, directed_drill

pytestmark = pytest.mark.asyncio(loop_scope="module")
EVERYONE = "Everyone"
"""An officer who has every role, so that no page is left out."""
LIVE = "/live"
SAMPLES = {
    "peer": "hmeimim",
    "log": "hmeimim.1",
    "origin": "hmeimim.1",
    "name": "IAF-0101",
    "kind": "accept",
    "event": "pause",
    "command": "pause",
}
"""What stands for a part of an address; a number elsewhere."""
NAMES = {"/officers/of/{name}": "Levi", "/exercise/of/{name}": DRILL}
PLAIN_JSON = frozenset({"/words", "/picture/data", "/notice/{name}/map.json"})
"""JSON that scripts of a marked page ask for, and nobody keeps. A proof (``.txt``) has a form that
others have laid down, and is marked by its file's name."""
FINE = frozenset({200, 302, 303, 400, 404, 409, 410})
"""What a page may answer to whoever may ask: a sample may name nothing."""
UNTRANSLATED = frozenset(
    re.findall(
        r"\w+",
        "UTC SHA English CSV JSON PDF CAP CoT KML GeoJSON ICAO FIR MGRS WGS EXERCISE STARTEX ENDEX"
        " YAML ISA FL ft km ms tlog proof FLASH IMMEDIATE PRIORITY ROUTINE",
    )
)
"""What is written in Latin letters in every language."""
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
"""What differs between themes."""
VIOLATIONS = """async options => (await axe.run(document, options)).violations
    .map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`)"""


@dataclass
class Open:
    """A console with sessions of its officers, as a browser has them."""

    console: Console
    http: aiohttp.ClientSession
    tokens: dict[str, str]
    jobs: list[int]

    async def get(self, path: str, officer: str) -> tuple[int, Mapping[str, str], str]:
        """Return status, headers and text of a page."""
        cookie = {"Cookie": f"{COOKIE}={self.tokens[officer]}"}
        url = self.console.url + path
        async with self.http.get(url, headers=cookie, allow_redirects=False, ssl=False) as answer:
            return answer.status, answer.headers, await answer.text()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    """Run both centres with a notice, an alarm, a watch and play; log everybody in."""
    async with (
        consoles(tmp_path_factory.mktemp("every")) as (iaf, hmeimim),
        directed_drill(iaf, hmeimim),
        aiohttp.ClientSession() as http,
    ):
        await say(iaf.centre, "iaf/01-patrol.json")
        await receipted(iaf.centre, Precedence.ROUTINE, 1)
        await say(hmeimim.centre, "hmeimim/02-patrol.json")
        await iaf.centre.bell.ring("line.peer-misbehaved", "hmeimim", "x", "something was odd")
        asked = access_shapes.OfficerRequest(
            name=EVERYONE, roles=[*Role], language="en", password=PASSWORD, by="set-up"
        )
        iaf.secrets[EVERYONE] = (await iaf.client.add_officer(asked)).secret
        tokens = {}
        for name in (*OFFICERS["iaf"], EVERYONE):
            login = access_shapes.LoginRequest(
                officer=name, password=PASSWORD, code=iaf.code(name), address="127.0.0.1"
            )
            tokens[name] = (await iaf.client.log_in(login)).token
        yield Open(iaf, http, tokens, await jobs_done(iaf, hmeimim))


async def job_done(console: Console, kind: JobKind, upload: str = "") -> JobView:
    """Have a job done, and return what came of it."""
    view = await console.client.begin_job(JobRequest(kind=kind, officer="Noa", upload=upload))

    async def over() -> bool:
        return (await console.client.job(view.id)).ended_at is not None

    assert await holds_within(over, 60), kind
    return await console.client.job(view.id)


async def jobs_done(iaf: Console, hmeimim: Console) -> list[int]:
    """Verify, export and reconcile, well and in vain; return the numbers of all jobs."""

    async def lines(*texts: bytes) -> AsyncIterator[bytes]:
        for text in texts:
            yield text

    theirs = await job_done(hmeimim, "export")
    async with hmeimim.client.job_result(theirs.id) as found:
        export = await iaf.client.upload(found.chunks)
    strange = await iaf.client.upload(lines(b"no export\n"))
    done = [
        await job_done(iaf, "verify"),
        await job_done(iaf, "export"),
        await job_done(iaf, "reconcile", export.name),
        await job_done(iaf, "reconcile", strange.name),
    ]
    assert [one.ok for one in done[:3]] == [True] * 3
    assert done[3].problem is not None
    return [one.id for one in done]


def pages() -> list[Page]:
    """Return every page that is asked for by its address, without the stream."""
    return [page for page in PAGES if page.method == "GET" and page.path != LIVE]


def address(path: str) -> str:
    """Return an address with a sample for each of its parts."""
    for beginning, name in NAMES.items():
        path = path.replace(beginning, beginning.replace("{name}", name))
    return re.sub(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}", lambda m: SAMPLES.get(m[1], "1"), path)


def whole(text: str) -> bool:
    """Say whether an answer is a page with its frame, and not a part of one."""
    return text.lstrip().lower().startswith("<!doctype html")


def inline(text: str) -> list[str]:
    """Return what a strict policy refuses: scripts and styles in the page itself."""
    return re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|<[^>]+\s(?:style|on\w+)=", text)


@pytest.mark.parametrize("role", Role)
async def test_roles_open_what_is_theirs(opened: Open, role: Role) -> None:
    """A page answers those whose role it is for, and refuses everybody else."""
    officer = next(name for name, (held, _) in OFFICERS["iaf"].items() if held == role.value)
    for page in pages():
        status, _, _ = await opened.get(address(page.path), officer)
        if role in page.roles:
            # The node may keep more to itself than the page does.
            assert status in FINE | {403}, page.path
        else:
            assert status == 403, page.path


@pytest.mark.parametrize("language", Language)
async def test_pages_are_whole_marked_and_strict(opened: Open, language: Language) -> None:
    """Language, direction, mark, policy: on every answer of every page, download and part."""
    client = opened.console.client.on_behalf_of(opened.tokens[EVERYONE])
    await client.set_language(language.value)
    mark = opened.console.setting.banner
    assert mark
    for page in pages():
        status, headers, text = await opened.get(address(page.path), EVERYONE)
        where = f"{page.path} in {language.value}"
        assert status in FINE, where
        assert headers["Content-Security-Policy"] == POLICY, where
        assert headers["X-Content-Type-Options"] == "nosniff", where
        assert headers["Cache-Control"] == "no-store", where
        kind = headers.get("Content-Type", "")
        if status in (302, 303):
            continue
        if kind.startswith("text/html"):
            assert inline(text) == [], where
            if whole(text):
                tag = f'<html lang="{language.value}" dir="{language.direction}"'
                assert tag in text, where
                assert re.search(rf"<title>[^<]*{re.escape(mark)}", text), where
                assert text.count('<p class="banner') == 2, where
        elif page.path not in PLAIN_JSON and not page.path.endswith(".txt") and text.strip():
            assert mark.lower() in text.lower(), where


async def test_downloads_bear_the_mark_in_their_names(opened: Open) -> None:
    """Whatever a browser keeps as a file is called an exercise's."""
    for page in pages():
        _, headers, _ = await opened.get(address(page.path), EVERYONE)
        name = headers.get("Content-Disposition", "")
        if "filename" in name:
            assert "exercise" in name.lower(), page.path


async def test_the_stream_bears_the_mark(opened: Open) -> None:
    """The first thing that a page hears says what it is of."""
    cookie = {"Cookie": f"{COOKIE}={opened.tokens[EVERYONE]}"}
    heard = ""
    async with opened.http.get(opened.console.url + LIVE, headers=cookie, ssl=False) as answer:
        async for line in answer.content:
            heard += line.decode()
            if "event: open" in heard and heard.endswith("}\n"):
                break
    assert opened.console.setting.banner in heard


async def test_nobody_who_has_not_logged_in_sees_a_page(opened: Open) -> None:
    """Without a session every page sends to the login, and tells nothing."""
    for page in pages():
        url = opened.console.url + address(page.path)
        async with opened.http.get(url, allow_redirects=False, ssl=False) as answer:
            assert answer.status == 303, page.path
            assert answer.headers["Location"].startswith("/login?to="), page.path


async def test_forms_from_elsewhere_do_nothing(opened: Open) -> None:
    """A POST without the token of the session is refused, whatever it asks for."""
    cookie = {"Cookie": f"{COOKIE}={opened.tokens[EVERYONE]}"}
    for page in PAGES:
        if page.method != "POST":
            continue
        url = opened.console.url + address(page.path)
        async with opened.http.post(url, headers=cookie, data={"sure": "yes"}, ssl=False) as answer:
            assert answer.status == 403, page.path
            assert "console.foreign-form" in await answer.text(), page.path


async def test_pages_can_be_used_by_everybody(opened: Open) -> None:
    """Axe finds nothing on any page, from right to left, in three themes."""
    console = opened.console
    await console.client.on_behalf_of(opened.tokens[EVERYONE]).set_language("he")
    first = await console.guest()
    context = first.context
    await context.add_cookies(
        [{"name": COOKIE, "value": opened.tokens[EVERYONE], "url": console.url, "secure": True}]
    )
    await first.close()
    found: list[str] = []
    seen: set[str] = set()
    jobs = (f"/job/{number}" for number in opened.jobs)
    for path in dict.fromkeys((*(address(page.path) for page in pages()), *jobs)):
        status, _, text = await opened.get(path, EVERYONE)
        if status != 200 or not whole(text):
            continue
        seen.add(path)
        tab = await context.new_page()
        await tab.goto(path)
        await tab.evaluate(Axe().axe_script)
        for theme in THEMES:
            await tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            options = {"resultTypes": ["violations"]} if theme == THEMES[0] else CONTRAST
            violations = await tab.evaluate(VIOLATIONS, options)
            found += [f"{path} {theme}: {one}" for one in violations]
        await tab.close()
    assert found == []
    board = f"/exercise/of/{DRILL}"
    assert seen >= {board, "/verify", "/reconcile", "/export", *(f"/job/{n}" for n in opened.jobs)}


# --- Words ----------------------------------------------------------------------------------------


def texts() -> Iterator[tuple[str, Language, str]]:
    """Yield every text of every word, with its name and language."""
    for name, term in catalogue().items():
        for language in Language:
            if isinstance(term, Counted):
                for number in (1, 2, 5):
                    yield name, language, term.after(number, language)
            else:
                yield name, language, term.text(language)


async def test_words_say_the_same_in_three_languages() -> None:
    """What is filled in is the same in each; nothing is empty, and nothing left in English."""
    fields: dict[str, dict[Language, set[str]]] = {}
    for name, language, text in texts():
        assert text.strip(), f"{name} is empty in {language.value}"
        used = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        fields.setdefault(name, {}).setdefault(language, set()).update(used)
        plain = re.sub(r"\{\w*\}", "", text)
        english = catalogue()[name]
        if language is Language.EN or isinstance(english, Counted):
            continue
        if english.text(Language.EN) == text:
            left = set(re.findall(r"[A-Za-z]{2,}", plain))
            assert left <= UNTRANSLATED, f"{name} is English in {language.value}"
    for name, of in fields.items():
        assert of[Language.RU] == of[Language.EN] == of[Language.HE], name


async def test_templates_say_nothing_but_words() -> None:
    """No template has text of its own, and each word that one names is there."""
    made = environment()
    for path in sorted(TEMPLATES.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        where = str(path.relative_to(TEMPLATES))
        for name in re.findall(
            r"\bt(?:\.plain|\.counted)?\('([a-z_]+\.[A-Za-z0-9_-]+)'\s*[,)]", source
        ):
            assert name in catalogue(), f"{where}: {name}"
        data = (text for _, sort, text in made.lex(source) if sort == "data")
        plain = re.sub(r"<(code|template)\b.*?</\1>", " ", " ".join(data), flags=re.DOTALL)
        plain = re.sub(r"<[^>]*>|&\w+;", " ", re.sub(r'[\w-]+="[^"]*"', " ", plain))
        left = set(re.findall(r"[A-Za-z]{3,}", plain)) - UNTRANSLATED
        assert left == set(), where
