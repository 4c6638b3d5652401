"""More notices near each other than relations are held: said, and taken up when there is room."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from hotline.airspace.engine import Engine
from hotline.airspace.room import Limits
from hotline.airspace.terms import terms_of
from hotline.model.messages import Withdrawal
from hotline.node import watch
from tests.centres import centre_pair, eventually
from tests.node.skies import entered, flags, notice, rings, send, silent

MORE = "airspace.more-relations"


async def test_too_many_to_be_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notice is flagged with their number, an alarm rings; room brings the comparison."""
    monkeypatch.setattr(watch, "EVERY_S", 0.02)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        (line,) = iaf.lines.values()
        await eventually(lambda: not line.airspace.loading)
        line.airspace.compared.putting.engine = Engine(
            "iaf", {"hmeimim": terms_of(line.letter)}, limits=Limits(1, 1)
        )
        for number in (1, 2, 3):
            await send(iaf, notice(f"IAF-{number}"))
        shown = await flags(iaf, await send(hmeimim, notice("HMEIMIM-1")))
        assert shown[MORE].startswith("2 more stand as possible conflicts")
        await eventually(partial(rings, iaf, MORE))
        (first,) = await entered(iaf, 1)
        await send(iaf, Withdrawal(first.reference))
        one, over, other = await entered(iaf, 3)
        assert [one.relation, over.relation, other.relation] == ["conflict", "clear", "conflict"]
        await send(iaf, Withdrawal(other.reference))
        await entered(iaf, 5)
        await eventually(partial(silent, iaf, MORE))
