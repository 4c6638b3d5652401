"""What an officer has seen binds his reply; what waits is found however old it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.api import schema
from hotline.errors import UsageError
from hotline.model.kinds import Precedence
from tests.centres import centre_pair, client_of
from tests.node.skies import box, notice, revision, send


async def test_a_reply_is_held_to_what_its_officer_has_seen(tmp_path: Path) -> None:
    """An answer of a colleague, and a revision of the peer's, each refuse what came before them."""
    async with centre_pair(tmp_path) as (iaf, hmeimim), client_of(hmeimim) as client:
        id_ = (await send(iaf, notice("IAF-0001", box()))).hex()
        wait = schema.ReplyRequest(answer="stand-by", officer="Petrov", as_of=id_)
        reply = await client.reply(id_, wait)
        with pytest.raises(UsageError) as refused:
            await client.reply(id_, wait)
        assert refused.value.code == "reply.answered-meanwhile"
        seen = schema.ReplyRequest(answer="stand-by", officer="Orlov", as_of=reply.id)
        await client.reply(id_, seen)
        last = (await client.message(id_)).thread[-1].id
        await send(iaf, revision("IAF-0001", 1, box(begins_s=9000)))
        late = schema.ReplyRequest(answer="reject", officer="Orlov", reason="No.", as_of=last)
        with pytest.raises(UsageError) as refused:
            await client.reply(id_, late)
        assert refused.value.code == "reply.superseded"
        unknown = schema.ReplyRequest(answer="stand-by", officer="Orlov", as_of="0" * 64)
        with pytest.raises(UsageError):
            await client.reply(id_, unknown)
        # Whoever does not say what he has seen answers as ever.
        await client.reply(id_, schema.ReplyRequest(answer="stand-by", officer="Orlov"))


async def test_what_waits_for_an_answer_is_found_alone(tmp_path: Path) -> None:
    """Each side asks for what it owes and for what it is owed; an answer ends both."""
    async with centre_pair(tmp_path) as (iaf, hmeimim), client_of(iaf, hmeimim) as (ours, theirs):
        first = (await send(iaf, notice("IAF-0001", box()), Precedence.FLASH)).hex()
        second = (await send(iaf, notice("IAF-0002", box(30, 30)))).hex()

        async def waiting(client: object, **words: str) -> set[str]:
            page = await client.messages(**words)  # type: ignore[attr-defined]
            return {one.id for one in page.messages}

        assert await waiting(theirs, awaiting="us") == {first, second}
        assert await waiting(ours, awaiting="peer") == {first, second}
        assert await waiting(ours, awaiting="us") == set()
        assert await waiting(theirs, awaiting="us", direction="out") == set()
        assert await waiting(theirs, awaiting="us", kind="advisory") == set()
        asked = schema.ReplyRequest(
            answer="accept", officer="Petrov", read_back_signed=True, wait_s=20
        )
        await theirs.reply(first, asked)
        assert await waiting(theirs, awaiting="us", peer="iaf") == {second}
        assert await waiting(ours, awaiting="peer") == {second}
        with pytest.raises(UsageError, match="neither us nor peer"):
            await ours.messages(awaiting="both")


async def test_a_thread_says_who_has_opened_its_message(tmp_path: Path) -> None:
    """Each officer once, the first one first."""
    async with centre_pair(tmp_path) as (iaf, hmeimim), client_of(hmeimim) as client:
        id_ = (await send(iaf, notice("IAF-0001", box()))).hex()
        for officer in ("Petrov", "Orlov", "Petrov"):
            await client.read(id_, officer)
        readings = (await client.message(id_)).readings
        assert [one.officer for one in readings] == ["Petrov", "Orlov"]
        assert readings[0].at <= readings[1].at
