"""The audit pages in a real browser: search, entry, proof, checkpoint, witness, jobs, downloads."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from hotline.audit.evidence.check import check
from hotline.model.kinds import Precedence
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.notes import Note
from hotline.trust.proof import Proof
from tests.centres import eventually, receipted, say
from tests.console.consoles import Pair, consoles

HOSTILE = "\u202egnp.exe <img src=x onerror=alert(1)> \x07=1+1 " + "\u0301" * 40 + "x" * 1500
pytestmark = pytest.mark.asyncio(loop_scope="module")

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True, slots=True)
class Audited(Pair):
    """Both consoles, after one notice from each side and an alarm with a hostile text."""

    notice: str
    entry: str
    id_: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def audited(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Audited]:
    """Run both centres with something in their records, for all of this file."""
    async with consoles(tmp_path_factory.mktemp("audit")) as (iaf, hmeimim):
        id_ = await say(iaf.centre, "iaf/01-patrol.json")
        await receipted(iaf.centre, Precedence.ROUTINE, 1)
        await say(hmeimim.centre, "hmeimim/02-patrol.json")
        await iaf.centre.bell.ring("test.alarm", "", "", HOSTILE)
        line = iaf.centre.line("hmeimim")
        await eventually(lambda: line.witnessed >= line.stored.own.written, "all is cosigned")
        (found,) = (await iaf.client.log(id=id_.hex(), kind="notice")).entries
        entry = f"/log/hmeimim.1/{found.entry}"
        yield Audited(iaf, hmeimim, "IAF-0101", entry, id_.hex())


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def closed(audited: Audited) -> AsyncIterator[None]:
    """Close the pages of each test."""
    yield
    await audited.close_pages()


async def downloaded(page: Page, address: str) -> tuple[str, bytes]:
    """Return the name that a file is to have, and its bytes."""
    answer = await page.context.request.get(address)
    assert answer.status == 200, address
    said = answer.headers["content-disposition"]
    found = re.search(r'filename="([^"]+)"', said)
    assert found is not None
    return found[1], await answer.body()


async def widths_beyond(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    found: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


async def test_the_log_is_searched_with_its_state_in_the_address(audited: Audited) -> None:
    """Facets narrow the list, the address keeps them, and a row leads to its entry."""
    page = await audited.iaf.page("Noa")
    await page.goto("/log")
    assert await page.locator("svg .arrow.own").count() == 1
    assert await page.locator("svg .arrow.peer").count() == 1
    await page.fill("#reference", audited.notice)
    await page.click("summary:has-text('More')")
    await page.select_option("#kind", ["notice", "reply"])
    await page.click("form[role=search] button.main")
    assert "reference=IAF-0101" in page.url
    assert "kind=notice&kind=reply" in page.url
    rows = page.locator("table.entries tbody tr")
    assert await rows.count() == 1
    await page.reload()
    assert await page.input_value("#reference") == audited.notice
    await rows.first.locator("a").click()
    await page.wait_for_url(f"**{audited.entry}")
    assert "Patrol south of Cyprus" in await page.inner_text("main")


async def test_a_wrong_term_keeps_what_was_typed(audited: Audited) -> None:
    """It is told beside the form in the officer's language, and nothing typed is lost."""
    page = await audited.hmeimim.page("Belova")
    answer = await page.goto("/log?area=nowhere&text=bcd")
    assert answer is not None
    assert answer.status == 400
    assert "Район не распознан" in await page.inner_text("#problem")
    assert await page.input_value("#area") == "nowhere"
    assert await page.input_value("#text") == "bcd"


async def test_pages_of_the_log_follow_each_other(audited: Audited) -> None:
    """Older and newer meet: no entry is shown twice, none is passed over."""
    for _ in range(60):
        await audited.iaf.centre.record("node", {"state": "journal works again"})
    page = await audited.iaf.page("Noa")
    await page.goto("/log")
    cells = "table.entries tbody tr td:nth-child(2)"
    first = await page.locator(cells).all_inner_texts()
    await page.click("nav.pages a[rel=next]")
    second = await page.locator(cells).all_inner_texts()
    assert len(first) == 50
    assert not set(first) & set(second)
    assert not await page.locator("nav.pages a[rel=next]").count()
    await page.click("nav.pages a[rel=prev]")
    assert set(await page.locator(cells).all_inner_texts()) >= set(first)


async def test_hostile_text_is_shown_and_does_nothing(audited: Audited) -> None:
    """Overrides, control characters and markup are visible as such; no script runs."""
    page = await audited.iaf.page("Noa")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    await page.goto("/log?kind=alarm-raised")
    text = await page.inner_text("table.entries tbody")
    assert "\\u202e" in text
    assert "<img src=x" in text
    assert "\u202e" not in text
    assert await page.locator("table.entries img").count() == 0
    await page.goto(f"/log?text={'<b>' * 20}%E2%80%AE")
    assert await page.locator("main b").count() == 0
    assert await widths_beyond(page) <= 0
    assert said == []


async def test_tables_have_no_formula_and_bear_the_mark(audited: Audited) -> None:
    """Every row of a CSV says EXERCISE, and no cell of it begins like a formula."""
    await audited.iaf.centre.bell.ring("test.formula", "", "", "=HYPERLINK(1)")
    page = await audited.iaf.page("Noa")
    for address in ("/log.csv", "/logs.csv", f"{audited.entry}.csv", "/log/node/checkpoint.csv"):
        name, data = await downloaded(page, address)
        assert name.startswith("EXERCISE-"), name
        header, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
        assert header[-1] == "traffic"
        assert rows
        for row in rows:
            assert row[-1].startswith("EXERCISE")
            assert not any(cell[:1] in "=+@\t\r" for cell in row if cell)
    for address in ("/log.json", f"{audited.entry}.json", "/log/hmeimim/witness.json"):
        name, data = await downloaded(page, address)
        assert name.startswith("EXERCISE-")
        assert b'"traffic": "EXERCISE' in data


async def test_proof_and_evidence_hold_away_from_the_node(audited: Audited) -> None:
    """What the page gives can be checked with the public keys alone."""
    page = await audited.iaf.page("Levi")
    _, data = await downloaded(page, f"{audited.entry}/proof.txt")
    proof = Proof.parse(data.decode())
    proof.verify(proof.extra, Checkpoint.parse(Note.parse(proof.note).text))
    await page.goto(f"{audited.entry}/proof")
    assert await page.inner_text("pre.note") == data.decode()
    name, data = await downloaded(page, f"/evidence/{audited.id_}")
    assert name.startswith("EXERCISE-")
    keyring = audited.iaf.centre.keyring
    assert check(data, (keyring.card, keyring.peer("hmeimim")))
    entries = (await audited.iaf.client.log(kind="audited", operator="Levi")).entries
    assert [entry.what["work"] for entry in entries] == ["evidence"]


async def test_an_evidence_file_is_checked_on_a_page(audited: Audited) -> None:
    """What it proves stands there; one byte of it changed, and the step that it fails at."""
    page = await audited.hmeimim.page("Petrov")
    other = await audited.iaf.page("Levi")
    name, data = await downloaded(other, f"/evidence/{audited.id_}")

    async def hand_in(what: bytes) -> str:
        await page.goto("/verify/evidence")
        file = {"name": name, "mimeType": "application/json", "buffer": what}
        await page.set_input_files("#evidence", file)
        await page.click("form[action='/verify/evidence'] button.main")
        return await page.inner_text("main")

    said = await hand_in(data)
    assert "подтверждено" in said
    assert audited.notice in said
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    assert [one["id"] for one in found.response["violations"]] == []
    changed = data.replace(b'"length":', b'"lengths":', 1) if b'"length":' in data else data[:-3]
    said = await hand_in(changed)
    assert "НЕ ПОДТВЕРЖДЕНО" in said  # noqa: RUF001 - Petrov reads Russian
    assert await page.locator(".entered code").count() == 1


async def test_the_record_is_verified_and_exported_from_the_page(audited: Audited) -> None:
    """Progress and verdict appear without a reload, and the result can be taken."""
    page = await audited.iaf.page("Noa")
    await page.goto("/verify")
    await page.click("main form button.main")
    await page.wait_for_selector("[data-state=done]")
    assert "the record holds" in await page.inner_text("#job")
    await expect(page.locator("#cancel")).to_have_count(0)
    await page.goto("/log?kind=notice")
    await page.click("text=Export these")
    assert "kind=notice" in page.url
    await page.check("input[name=form][value=csv]")
    await page.click("main form[action='/export'] button.main")
    await page.wait_for_selector("[data-state=done]")
    link = await page.get_attribute(".files a", "href")
    assert link is not None
    name, data = await downloaded(page, link)
    assert name.startswith("EXERCISE-")
    assert data.count(b"\r\n") == 3, "a header and two notices"


async def test_the_peers_export_is_reconciled_from_the_page(
    audited: Audited, tmp_path: Path
) -> None:
    """A file of the peer is handed in by the browser; the records agree."""
    theirs = await audited.hmeimim.page("Belova")
    await theirs.goto("/export")
    await theirs.click("main form[action='/export'] button.main")
    await theirs.wait_for_selector("[data-state=done]")
    link = await theirs.get_attribute(".files a", "href")
    assert link is not None
    name, data = await downloaded(theirs, link)
    (tmp_path / name).write_bytes(data)
    page = await audited.iaf.page("Noa")
    await page.goto("/reconcile")
    await page.set_input_files("#export-file", tmp_path / name)
    await page.click("main form button.main")
    await page.wait_for_selector("[data-state=done]")
    assert "the records agree" in await page.inner_text("#job")
    strange = tmp_path / "strange.jsonl"
    strange.write_text("no export\n")
    await page.goto("/reconcile")
    await page.set_input_files("#export-file", strange)
    await page.click("main form button.main")
    await page.wait_for_selector("[data-state=failed]")
    assert await page.locator("#problem").count() == 1


async def test_who_may_not_sees_nothing_of_it(audited: Audited) -> None:
    """An officer has no jobs; a director of play sees the list and no entry in full."""
    officer = await audited.iaf.page("Cohen")
    await officer.goto("/log")
    assert await officer.locator("nav.places a[href='/verify']").count() == 0
    director = await audited.iaf.page("Dana")
    await director.goto("/log")
    assert await director.locator("table.entries tbody a").count() == 0
    for page, address in ((officer, "/verify"), (officer, "/job/1"), (director, audited.entry)):
        answer = await page.goto(address)
        assert answer is not None
        assert answer.status >= 400
    before = (await audited.iaf.client.jobs()).jobs
    for page in (officer, await audited.iaf.page("Noa")):
        refused = await page.context.request.post("/verify", form={"csrf": "x"})
        assert refused.status >= 400
    assert (await audited.iaf.client.jobs()).jobs == before


@pytest.mark.parametrize(("name", "width"), [("Noa", 1280), ("Belova", 390)])
async def test_every_page_is_accessible_and_fits(audited: Audited, name: str, width: int) -> None:
    """Axe finds nothing against WCAG 2.2 AA, and nothing is wider than the window."""
    console = audited.iaf if name == "Noa" else audited.hmeimim
    page = await console.page(name)
    await page.set_viewport_size({"width": width, "height": 800})
    peer = "hmeimim" if name == "Noa" else "iaf"
    addresses = [
        *("/log", "/log?text=%3Cb%3E&flagged=true", "/log?area=x", "/logs"),
        *(f"/log/{peer}.1/5", f"/log/{peer}.1/5/proof", "/log/node.1/0"),
        *(f"/log/{peer}.1/checkpoint", f"/log/{peer}.1.mirror/witness", "/log/node/witness"),
        *("/verify", "/reconcile", "/export"),
    ]
    for address in addresses:
        await page.goto(address)
        found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
        assert found.violations_count == 0, (address, found.generate_report())
        assert await widths_beyond(page) <= 0, address
