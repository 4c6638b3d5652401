"""The inbox against real nodes: order, filters, live arrival, one press to open, hostile words."""

# ruff: noqa: RUF001 - Russian words are what a Russian officer is shown

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import expect

from hotline.api import schema
from hotline.console.language import Words
from hotline.console.pages.inbox import ordered, replaced, row_of
from hotline.console.pages.notice_words import Spoken
from hotline.model.kinds import Precedence
from hotline.model.languages.language import Language
from hotline.model.messages import Withdrawal
from tests.console.consoles import Pair
from tests.console.visitors import flawless, visitor
from tests.node.skies import blurt, box, notice, revision, send

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("closed")]
HOSTILE = "\u202egnp.exe\u2066 <script>alert(1)</script> \x07\x1b[31m" + "\U0001f480" * 80


@dataclass(frozen=True, slots=True)
class Told(Pair):
    """Both consoles, and the ids of what iaf has said."""

    ids: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(pair: Pair) -> AsyncIterator[Told]:
    """Run both centres, with notices of several urgencies from iaf."""
    iaf, hmeimim = pair.iaf, pair.hmeimim
    centre = iaf.centre
    said = {
        "routine": await send(centre, notice("IAF-0001", box(begins_s=300))),
        "flash": await send(centre, notice("IAF-0002", box(31, 31)), Precedence.FLASH),
        "first": await send(centre, notice("IAF-0003", box(35, 35)), Precedence.PRIORITY),
        "over": await send(centre, notice("IAF-0004", box(30, 30))),
    }
    said["second"] = await send(centre, revision("IAF-0003", 1, box(35, 35)), Precedence.PRIORITY)
    await send(centre, Withdrawal("IAF-0004", "Weather."))
    said["hostile"] = await blurt(centre, notice("IAF-0005", box(29, 29), title=HOSTILE))
    await send(hmeimim.centre, notice("HMEIMIM-0001", box(33.7, 32.7)))
    yield Told(iaf, hmeimim, {name: id_.hex() for name, id_ in said.items()})


async def test_what_waits_comes_in_order_of_urgency(pair: Told) -> None:
    """FLASH is first, then by precedence and deadline; what was revised waits no more, and last."""
    who = await visitor(pair.hmeimim, "Sokolov")
    page = await who.page()
    await page.goto("/inbox")
    current = page.locator(".row:not(.old):not(:has(.life.withdrawn))")
    words = await current.locator(".precedence").all_inner_texts()
    ranks = [Precedence[word.split()[-1]] for word in words]
    assert ranks == sorted(ranks)
    assert ranks[0] is Precedence.FLASH
    due = page.locator(".row .until b")
    assert await due.first.get_attribute("data-until") is not None
    first = page.locator(f"#m-{pair.ids['first'][:16]}")
    await expect(first).to_contain_text("replaced by a revision")
    await expect(first.locator(".until")).to_have_count(0)
    short = page.locator(f"#m-{pair.ids['routine'][:16]}")
    await expect(short).to_contain_text("SHORT warning")
    await expect(short).to_contain_text("CONFLICT with HMEIMIM-0001")


async def test_filters_are_in_the_address(pair: Told) -> None:
    """Whose turn it is, line and kind narrow the list, and a reload asks the same."""
    who = await visitor(pair.hmeimim, "Sokolov")
    ended = await who.get("/inbox?who=ended")
    assert "IAF-0004" in ended.text
    assert "IAF-0002" not in ended.text
    peer = await who.get("/inbox?who=peer")
    assert "HMEIMIM-0001" in peer.text
    assert "IAF-0002" not in peer.text
    page = await who.page()
    await page.goto("/inbox?who=all")
    await page.select_option("#kind", "withdrawal")
    await page.click(".filters button")
    assert "kind=withdrawal" in page.url
    assert await page.locator(".row").count() == 1
    await page.reload()
    assert await page.input_value("#kind") == "withdrawal"
    for odd in ("who=nobody", "line=nowhere", "kind=%00", "who=us&line=" + "x" * 4000):
        assert (await who.get(f"/inbox?{odd}")).status == 200


async def test_what_is_unread_is_found_page_by_page(
    pair: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far back it lies: each page leads to the next until all of it was shown."""
    monkeypatch.setattr("hotline.console.pages.inbox.LOOKED_AT", 2)
    for number in range(3):
        await send(pair.iaf.centre, notice(f"IAF-001{number}", box(24, 24), title=f"N {number}"))
    page = await pair.hmeimim.client.messages(unread=True)
    wanted = {one.id for one in page.messages if one.kind != "line-check"}
    assert len(wanted) > 4
    who = await visitor(pair.hmeimim, "Sokolov")
    found: set[str] = set()
    address, pages = "/inbox", 0
    while address:
        answer = await who.get(address)
        found |= set(re.findall(r'href="/notice/([0-9a-f]{64})"', answer.text))
        pages += 1
        assert pages < 20
        address = next((one for one in answer.links() if "before=" in one), "")
    assert wanted <= found
    assert pages > 1
    assert (await who.get("/inbox?before=nowhere")).status == 200


async def test_the_list_hears_of_what_comes(pair: Told) -> None:
    """A new message is on the open page without a reload."""
    who = await visitor(pair.hmeimim, "Petrov")
    page = await who.page()
    await page.goto("/inbox")
    id_ = (await send(pair.iaf.centre, notice("IAF-0006", box(28, 28)))).hex()
    await expect(page.locator(f"#m-{id_[:16]}")).to_contain_text("IAF-0006")


async def test_one_press_opens_and_is_recorded_by_name(pair: Told) -> None:
    """An unread row opens with one press; before that no look at it is a reading."""
    who = await visitor(pair.hmeimim, "Petrov")
    id_ = pair.ids["flash"]
    for path in ("/inbox", f"/notice/{id_}", f"/notice/{id_}/map.json", f"/notice/{id_}/text"):
        await who.get(path)
    assert (await pair.hmeimim.client.message(id_)).message.read_by is None
    page = await who.page()
    await page.goto("/inbox")
    row = page.locator(f"#m-{id_[:16]}")
    await expect(row).to_contain_text("НЕ ПРОЧИТАНО")
    await row.locator("a[data-open]").click()
    await page.wait_for_url(f"**/notice/{id_}")
    assert (await pair.hmeimim.client.message(id_)).message.read_by == "Petrov"


async def test_an_auditor_never_becomes_a_reader(pair: Told) -> None:
    """He sees the whole message, and nothing is entered under his name."""
    who = await visitor(pair.hmeimim, "Belova")
    id_ = pair.ids["second"]
    page = await who.get(f"/notice/{id_}")
    assert page.status == 200
    assert "data-map" in page.text
    assert (await who.post(f"/notice/{id_}/read")).status == 403
    assert (await pair.hmeimim.client.message(id_)).message.read_by is None


async def test_hostile_words_are_harmless_in_the_list(pair: Told) -> None:
    """Marks of direction and controls are written out, markup is text, and the page holds."""
    who = await visitor(pair.hmeimim, "Sokolov")
    answer = await who.get("/inbox")
    assert "\u202e" not in answer.text
    assert "\x07" not in answer.text
    assert "<script>alert" not in answer.text
    page = await who.page()
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto("/inbox?who=all")
        row = page.locator(f"#m-{pair.ids['hostile'][:16]}")
        await expect(row.locator(".title")).to_contain_text("\\u202e")
        await flawless(page)


@pytest.mark.parametrize(
    ("officer", "theme", "width"),
    [("Cohen", "dark", 1280), ("Levi", "dim", 390), ("Levi", "light", 1280)],
)
async def test_axe_finds_nothing(pair: Told, officer: str, theme: str, width: int) -> None:
    """In each theme, in Hebrew and English, on a wide and a narrow screen."""
    who = await visitor(pair.iaf, officer)
    cookie = {"name": "hotline-theme", "value": theme, "url": pair.iaf.url}
    await who.context.add_cookies([cookie])  # type: ignore[list-item]
    page = await who.page()
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto("/inbox?who=all")
    await flawless(page)


# --- Without a browser ----------------------------------------------------------------------------


def view(name: str, **changes: object) -> schema.MessageView:
    """Return a message of the peer's that has been read and answered."""
    plain = schema.MessageView(
        id=name,
        peer="iaf",
        direction="in",
        kind="notice",
        precedence="ROUTINE",
        seq=1,
        entry=1,
        created_at="2026-03-01T10:00:00Z",
        entered_at="2026-03-01T10:00:00Z",
        state="answered",
        reference=name,
        about=None,
        title=name,
        receipt=None,
        read_by="Petrov",
        read_at="2026-03-01T10:00:01Z",
        answer=None,
        answered_by=None,
        answered_at=None,
        due_at=None,
        warning_s=None,
        life="planned",
        flags=[],
        message=None,
        text="",
    )
    return msgspec.structs.replace(plain, **changes)


async def test_order_of_rows() -> None:
    """What waits goes by precedence, then deadline or start; the rest by age, newest first."""
    late, soon = "2026-03-01T18:00:00Z", "2026-03-01T11:00:00Z"
    views = [
        view("old", entered_at="2026-03-01T08:00:00Z"),
        view("new", entered_at="2026-03-01T09:00:00Z", precedence="ROUTINE"),
        view("routine-late", due_at=late),
        view("routine-soon", due_at=soon),
        view("routine-begins", due_at=late, starts_at="2026-03-01T10:30:00Z"),
        view("flash-late", due_at=late, precedence="FLASH"),
        view("flash-unread", read_at=None, read_by=None, precedence="FLASH"),
        view("odd", due_at=soon, precedence="WHENEVER"),
    ]
    spoken = Spoken(Words(Language.EN))
    rows = ordered(row_of(one, spoken, False) for one in views)
    assert [row.view.id for row in rows] == [
        "flash-late",
        "flash-unread",
        "routine-begins",
        "routine-soon",
        "routine-late",
        "odd",
        "new",
        "old",
    ]


async def test_what_is_over_is_not_urgent_for_what_it_was() -> None:
    """An unread notice that was taken back comes after what waits, and its withdrawal names it."""
    spoken = Spoken(Words(Language.EN))
    taken = view("taken", precedence="FLASH", read_at=None, life="withdrawn")
    named = msgspec.structs.replace(taken, message={"title": "Range closed"})
    back = view("back", kind="withdrawal", read_at=None, message={}, reference="taken")
    rows = ordered(
        [
            row_of(named, spoken, False),
            row_of(back, spoken, False, about=named),
            row_of(view("due", due_at="2026-03-01T18:00:00Z"), spoken, False),
            row_of(view("ours", direction="out"), spoken, False, proposed=True),
        ]
    )
    assert [row.view.id for row in rows] == ["due", "back", "ours", "taken"]
    assert "Range closed" in str(rows[1].takes_back)
    assert re.search(r"taken<.*> is taken back", spoken.title(back))


async def test_what_a_later_message_has_replaced() -> None:
    """A revision replaces what its own side said under the reference before, and nothing else."""
    views = [
        view("a", reference="IAF-0001", entry=1),
        view("b", reference="IAF-0001", entry=5, kind="revision"),
        view("c", reference="IAF-0001", entry=3, direction="out"),
        view("d", reference="IAF-0001", entry=4, kind="activation"),
        view("e", reference=None, entry=2),
    ]
    assert {one.id for one, old in replaced(views) if old} == {"a"}
