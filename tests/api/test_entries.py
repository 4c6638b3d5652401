"""Asking a node for its entries: filters, pages and cursors, as programs use them."""

from __future__ import annotations

import pytest

from hotline.api.schema import SendRequest
from hotline.errors import UsageError
from tests.api.conftest import Pair, ask
from tests.centres import PATIENCE_S, example, receipted


async def send(pair: Pair, name: str) -> str:
    """Have iaf say a sample message, and return its id once the receipt is here."""
    request = SendRequest(document=example(name), wait_s=PATIENCE_S)
    sent = await pair.a.send(request)
    await receipted(pair.iaf, 3 if sent.precedence == "ROUTINE" else 2, sent.seq)
    return sent.id


async def test_entries_are_found_by_what_they_say(pair: Pair) -> None:
    """One filter of each sort, over the wire, finds the message and nothing else."""
    id_ = await send(pair, "iaf/01-patrol.json")
    await pair.b.read(id_, "orlov")
    for words in (
        {"reference": "iaf-0101"},
        {"id": id_[:8]},
    ):
        kinds = [entry.kind for entry in (await pair.b.log(**words)).entries]
        assert kinds == ["read", "notice"], words
    for words in (
        {"area": "33.5,32.0,35.0,34.0"},
        {"text": "PATROL SOUTH"},
        {"centre": "iaf", "kind": "notice"},
        {"direction": "in", "precedence": ["ROUTINE", "FLASH"]},
    ):
        entries = (await pair.b.log(**words)).entries
        assert [entry.what["id"] for entry in entries if entry.kind == "notice"] == [id_], words
        assert {entry.kind for entry in entries} == {"notice"}, words
    (reading,) = (await pair.b.log(operator="ORLOV")).entries
    assert reading.kind == "read"
    assert reading.text == f"orlov opened message {id_[:8]}"
    assert (await pair.b.log(area="-10,0,-9,1")).entries == []
    assert (await pair.b.log(status="actual")).entries == []


async def test_an_entry_is_told_in_words(pair: Pair) -> None:
    """Who said what to whom, and what the receipt proves, without a payload to be read."""
    await send(pair, "iaf/01-patrol.json")
    receipt, notice = (await pair.a.log(kind=["notice", "receipt"])).entries
    assert notice.text == ('iaf to hmeimim, ROUTINE 1: notice IAF-0101 "Patrol south of Cyprus"')
    assert receipt.text.startswith("receipt for ROUTINE 1, entry ")
    assert " of hmeimim's log, durable " in receipt.text


async def test_pages_lead_on_without_a_gap(pair: Pair) -> None:
    """Going back page by page, and forward from the beginning, gives every entry once."""
    await send(pair, "iaf/01-patrol.json")
    await send(pair, "iaf/03-tanker.json")
    whole = (await pair.a.log()).entries
    back, cursor = [], None
    while True:
        page = await pair.a.log(limit=2, before=cursor)
        back += page.entries
        cursor = page.before
        if not page.more:
            break
    assert back == whole
    forward, cursor = [], "0"
    while True:
        page = await pair.a.log(limit=3, after=cursor)
        forward += page.entries
        cursor = page.after
        if not page.more:
            break
    assert sorted(forward, key=lambda e: (e.log, e.entry)) == sorted(
        whole, key=lambda e: (e.log, e.entry)
    )
    assert (await pair.a.log(after=cursor)).entries == []
    await send(pair, "iaf/09-transport.json")
    new = (await pair.a.log(after=cursor)).entries
    assert [entry.kind for entry in new] == ["notice", "receipt"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=x", "search.bad-cursor"),
        ("after=0&before=0", "search.two-cursors"),
        ("area=1,2", "search.bad-area"),
        ("id=xyz", "search.bad-id"),
        ("centre=nobody", "search.unknown-centre"),
        ("precedence=SOON", "search.bad-term"),
        ("status=none", "search.bad-term"),
        ("direction=up", "search.bad-term"),
        ("text=", "search.bad-text"),
        ("since=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z", "search.bad-time"),
        ("since=noon", "model.bad-time"),
        ("flagged=perhaps", "api.bad-flag"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused(pair: Pair, query: str, code: str) -> None:
    """A filter that is not understood is named, never ignored: it would show what was not meant."""
    asked = await ask(pair.iaf, "GET", f"/v1/log?{query}")
    assert (asked.status, asked.body["code"]) == (400, code)


async def test_a_drawn_area_may_have_many_corners(pair: Pair) -> None:
    """What a map tool drew fits into a question; what does not is refused before it is asked."""
    await send(pair, "iaf/01-patrol.json")
    ring = [[32 + n / 1000, 33.0] for n in range(1500)] + [[34.0, 36.0], [32.0, 36.0], [32.0, 33.0]]
    text = f'{{"type":"Polygon","coordinates":[{ring}]}}'
    assert [e.kind for e in (await pair.a.log(area=text)).entries] == ["notice"]
    with pytest.raises(UsageError) as caught:
        await pair.a.log(area=text + " " * 40_000)
    assert caught.value.code == "search.area-too-large"
