"""What strangers at the door can cost, however many addresses they have."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hotline.errors import TrustError
from hotline.journal.queries import records
from hotline.node.centre import REFUSALS_A_MINUTE, STRANGERS_A_MINUTE
from tests.centres import lone_centre


async def test_strangers_of_many_addresses_fill_nothing(tmp_path: Path) -> None:
    """All together get so many entries a minute; one alone gets its own share of them."""
    error = TrustError("trust.no-certificate", "the other end showed no certificate")
    async with lone_centre(tmp_path) as centre:
        for _ in range(3 * REFUSALS_A_MINUTE):
            centre.note_refusal(error, "192.0.2.1")
        for number in range(3 * STRANGERS_A_MINUTE):
            centre.note_refusal(error, f"2001:db8::{number:x}")
        for _ in range(2):  # the second is entered after all that the first let begin
            await centre.record("test", {})
        found = await centre.reader.run(partial(records, kinds=("refusal",), limit=1000))
        assert len(found) == STRANGERS_A_MINUTE
        assert sum(b"192.0.2.1" in one.payload for one in found) == REFUSALS_A_MINUTE
        # What a peer does wrong has an allowance of its own.
        assert centre.may_record_refusal("iaf")
