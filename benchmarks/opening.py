"""A process that opens a journal, says how long that took, and ends."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from hotline.journal.journal import Journal
from hotline.journal.signer import Signer
from hotline.node.config import read_config
from hotline.node.daemon import keyring_of


def open_once(config_path: Path) -> tuple[float, int]:
    """Return the seconds that opening took, and the entries of the first line's log."""
    config = read_config(config_path)
    keyring = keyring_of(config)
    signer = Signer(
        status=config.status,
        signing=keyring.signing,
        log=keyring.log,
        witness=keyring.witness,
    )
    begun = time.perf_counter()
    journal = Journal(
        config.data,
        centre=config.centre,
        status=config.status,
        lines={line.peer: line.letter.epoch for line in config.lines},
        signer=signer,
    )
    seconds = time.perf_counter() - begun
    entries = next(iter(journal.lines.values())).own.size
    journal.close()
    return seconds, entries


if __name__ == "__main__":
    print(json.dumps(open_once(Path(sys.argv[1]))))
