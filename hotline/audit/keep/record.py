"""What a record is made of besides its journal: a node.toml, public cards, letters.

::

    node.toml             centre, status, lines, outside witnesses; nothing that a node would run on
    keys/                 centre.card, ca.crt, node.crt, peers/<centre>.card: public, all of them
    letters/<peer>.toml   the letter of each line
    data/journal.sqlite   the journal, in one file
    backup.json, or archive.json
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from hotline.journal.banner import banner_of
from hotline.journal.journal import JOURNAL_FILE
from hotline.journal.schema import connect
from hotline.model.text import printable
from hotline.trust.card import Card

BACKUP_FILE = "backup.json"
ARCHIVE_FILE = "archive.json"
JOURNAL = Path("data", JOURNAL_FILE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lies around a journal and may be shown to anybody.

    ``letters`` are the files' bytes by peer, ``witnesses`` vkeys, ``certificate`` the node's in
    PEM (empty where there is none).
    """

    card: Card
    peers: Mapping[str, Card]
    letters: Mapping[str, bytes]
    witnesses: tuple[str, ...]
    certificate: bytes


def write_surroundings(
    directory: Path, around: Surroundings, what: str, *, segment: str = ""
) -> None:
    """Lay out a record's directory, all but the journal; ``what`` is said at the top of node.toml.

    The journal goes to ``directory / JOURNAL``; ``segment`` is the origin of the one log that it
    holds, if it is an archived segment.
    """
    keys = directory / "keys"
    for path in (keys / "peers", directory / "letters", (directory / JOURNAL).parent):
        path.mkdir(parents=True, mode=0o700)
    (keys / "centre.card").write_bytes(around.card.note)
    (keys / "ca.crt").write_text(ssl.DER_cert_to_PEM_cert(around.card.ca_der), "ascii")
    if around.certificate:
        (keys / "node.crt").write_bytes(around.certificate)
    for centre, card in sorted(around.peers.items()):
        (keys / "peers" / f"{centre}.card").write_bytes(card.note)
    for peer, letter in sorted(around.letters.items()):
        (directory / "letters" / f"{peer}.toml").write_bytes(letter)
    (directory / "node.toml").write_text(_node_toml(around, what, segment), "utf-8")


def _node_toml(around: Surroundings, what: str, segment: str) -> str:
    lines = [
        f"# {what}",
        "# A record, not a node: it holds no private keys, and `hotline run` refuses it.",
        f'centre = "{around.card.centre}"',
        f'status = "{around.card.status}"',
        'data = "data"',
        'keys = "keys"',
    ]
    if segment:
        lines.append(f"segment = {_quoted(segment)}")
    for peer in sorted(around.letters):
        lines += ["", "[[line]]", f'peer = "{peer}"', f'letter = "letters/{peer}.toml"']
    for vkey in around.witnesses:
        lines += ["", "[[witness]]", f"vkey = {_quoted(vkey)}"]
    return "\n".join(lines) + "\n"


def mark_record(directory: Path) -> str:
    """Say at the top of a record's node.toml what its journal is marked with, and return that.

    Nothing is said of actual traffic. The names of exercises are as letters had them, so one line.
    """
    with closing(connect(directory / JOURNAL, writable=False)) as connection:
        traffic = printable(banner_of(connection))
    if traffic:
        config = directory / "node.toml"
        config.write_text(f"# {traffic}\n{config.read_text('utf-8')}", "utf-8")
    return traffic


def _quoted(text: str) -> str:
    """Return a TOML basic string, which is JSON's but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def hashes_of(directory: Path) -> dict[str, str]:
    """Return the SHA-256 (hex) of every file below ``directory``, by its path there."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                name = path.relative_to(directory).as_posix()
                found[name] = file_digest(file, "sha256").hexdigest()
    return found
