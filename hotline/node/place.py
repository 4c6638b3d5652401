"""Where a record lies: a node.toml names the journal, the cards beside it, and outside witnesses.

A backup and an archived segment have the same layout without private keys, so whatever reads a
record reads all three.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import HotlineError
from hotline.journal.banner import banner_of
from hotline.journal.journal import JOURNAL_FILE
from hotline.journal.schema import connect
from hotline.model.letter import banner
from hotline.node.config import NodeFile, read_file
from hotline.node.keyring import load_cards
from hotline.node.witness.settings import read_witnesses
from hotline.trust.card import Card
from hotline.trust.cosignature import WitnessKey


@dataclass(frozen=True, slots=True)
class Place:
    """One record and the public keys that it is held against; ``witnesses`` by their names.

    ``segment`` is the origin of the one log that the record holds, empty for that of a node: the
    place has to say so, since a journal that said it itself could do without the node's own log.
    """

    config: Path
    journal: Path
    card: Card
    peers: dict[str, Card]
    witnesses: dict[str, WitnessKey]
    segment: str = ""

    @property
    def traffic(self) -> str:
        """What all that is read here is marked with: ``EXERCISE`` and its name, or ``TEST``.

        Empty for actual traffic. The name is from the journal; where that cannot be read, the
        status on this centre's card says what it is.
        """
        bare = banner(self.card.status, ())
        try:
            with closing(connect(self.journal, writable=False)) as connection:
                found = banner_of(connection)
        except (HotlineError, sqlite3.Error):
            return bare
        # The card is signed, and the journal's word is not.
        return found if found.startswith(bare) and bare else bare


def read_place(config: Path) -> Place:
    """Return the place that a node.toml describes; no private key is touched.

    Raises ConfigError and KeysError when there is nothing that could be read.
    """
    file = read_file(config)
    base = config.absolute().parent
    card, peers = load_cards(base / file.keys)
    return Place(
        config,
        base / file.data / JOURNAL_FILE,
        card,
        dict(peers),
        outside_witnesses(file),
        file.segment,
    )


def outside_witnesses(file: NodeFile) -> dict[str, WitnessKey]:
    """Return the keys of the witnesses that a node.toml names. Raises ConfigError."""
    return {each.key.name: each.key for each in read_witnesses(file.witness, Path())}
