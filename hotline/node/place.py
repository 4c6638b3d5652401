"""Where a record lies: a node.toml names the journal, the cards beside it, and outside witnesses.

A backup and an archived segment have the same layout without private keys, so whatever reads a
record reads all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline.errors import ConfigError, TrustError
from hotline.journal.journal import JOURNAL_FILE
from hotline.node.config import NodeFile, read_file
from hotline.node.keyring import load_cards
from hotline.trust.card import Card
from hotline.trust.cosignature import WitnessKey
from hotline.trust.names import CENTRE_ID


@dataclass(frozen=True, slots=True)
class Place:
    """One record and the public keys that it is held against; ``witnesses`` by their names."""

    config: Path
    journal: Path
    card: Card
    peers: dict[str, Card]
    witnesses: dict[str, WitnessKey]


def read_place(config: Path) -> Place:
    """Return the place that a node.toml describes; no private key is touched.

    Raises ConfigError and KeysError when there is nothing that could be read.
    """
    file = read_file(config)
    base = config.absolute().parent
    card, peers = load_cards(base / file.keys)
    return Place(
        config, base / file.data / JOURNAL_FILE, card, dict(peers), outside_witnesses(file)
    )


def outside_witnesses(file: NodeFile) -> dict[str, WitnessKey]:
    """Return the keys of the witnesses that a node.toml names. Raises ConfigError."""
    found: dict[str, WitnessKey] = {}
    for witness in file.witness:
        try:
            key = WitnessKey.from_vkey(witness.vkey)
        except TrustError as error:
            raise ConfigError(
                "config.bad-witness",
                f"a [[witness]] has a vkey that cannot be used: {error.message}",
                "copy the whole line that the witness publishes, type 0x04",
            ) from error
        if key.name in found or CENTRE_ID.fullmatch(key.name):
            raise ConfigError(
                "config.bad-witness",
                f"the witness {key.name} is named twice, or has the name of a centre",
                "name each outside witness once; a peer witnesses without being named",
            )
        found[key.name] = key
    return found
