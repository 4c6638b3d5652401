"""``node.toml``: who this node is, where its data lie, which lines it has.

Unknown keys are refused: a misspelt key that is silently ignored is a setting that nobody made.
Every key is described in ``docs/howto/configure.md``, which a test holds against this file.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from hotline.audit.named_files import open_regular
from hotline.errors import ConfigError
from hotline.model.kinds import Status
from hotline.model.letter import MAX_LETTER_BYTES, Letter, banner, letter_hash, read_letter
from hotline.node.console_settings import Console, ConsoleConfig, read_console
from hotline.node.witness.settings import (
    OutsideWitness,
    WitnessConfig,
    WitnessService,
    WitnessServiceConfig,
    read_service,
    read_witnesses,
)
from hotline.trust.names import CENTRE_ID

CONFIG_VARIABLE = "HOTLINE_CONFIG"
"""Environment variable that names node.toml where ``--config`` does not."""


class ApiConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the local API listens: a Unix socket, by default beside node.toml."""

    socket: str = "api.sock"


class ListenConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where this node takes connections of peers that dial it."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)]


class LineConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: the peer's id, the letter's file, and where to dial if the letter has us dial."""

    peer: str
    letter: str
    addresses: tuple[str, ...] = ()


class LogConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the node's own log lines look: ``console`` or ``json``; from which level on."""

    format: str = "console"
    level: str = "info"


class NodeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as written; paths are relative to it."""

    centre: str
    status: Status
    line: tuple[LineConfig, ...] = ()
    data: str = "data"
    keys: str = "keys"
    passphrase_file: str | None = None
    api: ApiConfig = ApiConfig()
    console: ConsoleConfig | None = None
    listen: ListenConfig | None = None
    log: LogConfig = LogConfig()
    witness: tuple[WitnessConfig, ...] = ()
    witness_service: WitnessServiceConfig | None = None
    segment: str = ""


class Line(msgspec.Struct, frozen=True):
    """A line with its letter read and its addresses split into (host, port)."""

    peer: str
    letter: Letter
    letter_hash: bytes
    addresses: tuple[tuple[str, int], ...]

    def dials(self, centre: str) -> bool:
        """Whether ``centre`` is the side that the letter has dial."""
        return self.letter.dials == centre


class NodeConfig(msgspec.Struct, frozen=True):
    """A configuration that fits together, with all paths absolute."""

    path: Path
    centre: str
    status: Status
    data: Path
    keys: Path
    passphrase_file: Path | None
    socket: Path
    listen: ListenConfig | None
    lines: tuple[Line, ...]
    log: LogConfig
    witnesses: tuple[OutsideWitness, ...]
    witness_service: WitnessService | None
    console: Console
    # Whether node.toml has a [console]: without one there is none, and the API's own rules hold.
    has_console: bool

    @property
    def banner(self) -> str:
        """What all that this node says is marked with; empty for actual traffic."""
        return banner(self.status, [line.letter.exercise for line in self.lines])


def find_config(given: Path | None) -> Path:
    """Return the node.toml to use: given, ``HOTLINE_CONFIG``, or ``node.toml`` here.

    Raises ConfigError when there is none.
    """
    named = given or (Path(os.environ[CONFIG_VARIABLE]) if CONFIG_VARIABLE in os.environ else None)
    path = named or Path("node.toml")
    if not path.is_file():
        raise ConfigError(
            "config.not-found",
            f"there is no configuration at {path}",
            f"name it with --config FILE or in {CONFIG_VARIABLE}; `make demo` leaves two of them",
        )
    return path


def read_file(path: Path) -> NodeFile:
    """Read the shape of a node.toml, no file beside it. Raises ConfigError naming the key."""
    try:
        with open_regular(path) as opened:
            table = tomllib.load(opened)
    except OSError as error:
        raise ConfigError(
            "config.unreadable",
            f"{path} cannot be read: {error.strerror}",
            "check its path and permissions",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            "config.not-toml", f"{path} is not TOML: {error}", "mend the line that is named"
        ) from error
    try:
        return msgspec.convert(table, NodeFile)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ConfigError(
            "config.wrong-key",
            f"{path}: {error}",
            "docs/howto/configure.md describes every key",
        ) from error


def read_config(path: Path) -> NodeConfig:
    """Read node.toml and the letters that it names. Raises ConfigError."""
    file = read_file(path)
    if file.segment:
        raise ConfigError(
            "config.segment",
            f"{path} says that its journal is an archived segment, which no node writes",
            "take `segment` out of a node's own node.toml; `hotline log archive` writes it into"
            " that of a segment",
        )
    if not CENTRE_ID.fullmatch(file.centre):
        raise ConfigError(
            "config.bad-centre",
            f"{file.centre!r} cannot be a centre's id",
            "use 2 to 32 lower-case letters, digits and hyphens, a letter first",
        )
    base = path.absolute().parent
    lines = tuple(_line(file, base, line) for line in file.line)
    peers = [line.peer for line in lines]
    witnesses = file.witness_service is not None and file.witness_service.log
    if not (peers or witnesses) or len(set(peers)) != len(peers):
        raise ConfigError(
            "config.lines",
            "a node needs at least one [[line]], and one only for each peer; one that only"
            " witnesses needs a [[witness_service.log]]",
            "add or merge the tables",
        )
    if file.listen is None and any(not line.dials(file.centre) for line in lines):
        raise ConfigError(
            "config.nowhere-to-listen",
            "a letter has the peer dial this node, but it listens nowhere",
            "add a [listen] table with host and port",
        )
    return NodeConfig(
        path=path.absolute(),
        centre=file.centre,
        status=file.status,
        data=base / file.data,
        keys=base / file.keys,
        passphrase_file=base / file.passphrase_file if file.passphrase_file else None,
        socket=base / file.api.socket,
        listen=file.listen,
        lines=lines,
        log=file.log,
        witnesses=read_witnesses(file.witness, base),
        witness_service=read_service(file.witness_service, file.centre, file.status),
        console=read_console(file.console or ConsoleConfig(), base, base / file.keys),
        has_console=file.console is not None,
    )


def _line(file: NodeFile, base: Path, line: LineConfig) -> Line:
    path = base / line.letter
    try:
        with open_regular(path) as opened:
            data = opened.read(MAX_LETTER_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(
            "config.no-letter",
            f"the letter {path} cannot be read: {getattr(error, 'strerror', error)}",
            "put the letter of agreement there; both sides hold the same file",
        ) from error
    letter = read_letter(data)
    if letter.peer_of(file.centre) != line.peer:
        raise ConfigError(
            "config.letter-of-another-line",
            f"{path} is between {' and '.join(letter.centres)}, not with {line.peer}",
            "name the letter of this line",
        )
    if letter.status is not file.status:
        raise ConfigError(
            "config.letter-of-another-status",
            f"{path} is for status {letter.status}, this node is {file.status}",
            "actual, exercise and test each have their own letter, keys and journal",
        )
    if letter.dials == file.centre and not line.addresses:
        raise ConfigError(
            "config.nowhere-to-dial",
            f"the letter has this node dial {line.peer}, but no address is given",
            'add addresses = ["host:port"] to the [[line]]',
        )
    return Line(
        peer=line.peer,
        letter=letter,
        letter_hash=letter_hash(data),
        addresses=tuple(_address(text) for text in line.addresses),
    )


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(
            "config.bad-address", f"{text!r} is no address", "write host:port, as 10.0.0.2:7400"
        )
    return host.strip("[]"), int(port)
