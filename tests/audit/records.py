"""Directories as nodes leave them, around the honest pair of journals of ``tampering``."""

from __future__ import annotations

from pathlib import Path

from hotline.audit.keep.record import Surroundings
from tests.audit.tampering import card
from tests.journal.ledger import PEER
from tests.trust import samples

EXAMPLES = Path(__file__).parents[2] / "examples"


def surroundings(centre: str = "iaf", witnesses: tuple[str, ...] = ()) -> Surroundings:
    """Return what lies around a centre's journal."""
    return Surroundings(
        card(centre),
        {PEER[centre]: card(PEER[centre])},
        {PEER[centre]: (EXAMPLES / "letter.toml").read_bytes()},
        witnesses,
        b"",
    )


def secrets_of(*centres: str) -> list[bytes]:
    """Return every private key of centres, as bytes that must not occur anywhere."""
    return [
        key.secret.private_bytes_raw()
        for sample in map(samples.centre, centres)
        for key in (sample.signing, sample.log, sample.witness)
    ]
