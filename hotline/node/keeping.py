"""What lies around a node's journal and goes with it into a backup or an archived segment."""

from __future__ import annotations

from pathlib import Path

from hotline.audit.keep.record import ARCHIVE_FILE, BACKUP_FILE, Surroundings
from hotline.errors import ConfigError
from hotline.node.config import NodeFile, read_file
from hotline.node.place import read_place


def surroundings_of(config: Path) -> Surroundings:
    """Return the public part of what a node.toml names. Raises ConfigError, KeysError."""
    place, file = read_place(config), read_file(config)
    base = config.absolute().parent
    certificate = base / file.keys / "node.crt"
    return Surroundings(
        place.card,
        place.peers,
        {line.peer: _letter(base / line.letter) for line in file.line},
        _vkeys(file),
        certificate.read_bytes() if certificate.is_file() else b"",
    )


def _vkeys(file: NodeFile) -> tuple[str, ...]:
    return tuple(witness.vkey for witness in file.witness)


def _letter(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            "config.no-letter",
            f"the letter {path} cannot be read: {error.strerror}",
            "put the letter of agreement there: warning times cannot be understood without it",
        ) from error


READ_IT = (
    "no node runs here; read it with `hotline --config FILE log show`, and check it with"
    " `hotline --config FILE log verify`"
)
"""The mend for who asks a record how its node does."""
_RESTORE = (
    "to restore a node, copy data/journal.sqlite of its backup into the node's own data directory;"
    " docs/howto/retention.md has the steps"
)


def refuse_record(config: Path, hint: str = _RESTORE) -> None:
    """Raise ConfigError (``backup.not-a-node``) where node.toml is that of a backup or archive.

    It has no private keys, so it could not run; and whoever tries is about to make a second log
    under one name. ``hint`` is the mend for who asks something of a node that cannot be there.
    """
    for name in (BACKUP_FILE, ARCHIVE_FILE):
        if (config.absolute().parent / name).exists():
            raise ConfigError(
                "backup.not-a-node",
                f"{config} belongs to a record that is only read: {name} lies beside it",
                hint,
            )
