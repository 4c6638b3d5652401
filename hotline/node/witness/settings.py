"""What node.toml says of witnesses: those of our logs, and the logs that this node witnesses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from hotline.errors import ConfigError, TrustError
from hotline.model.kinds import Status
from hotline.trust.cosignature import WitnessKey
from hotline.trust.names import CENTRE_ID, status_and_centre_of
from hotline.trust.notes import NoteKey

MAX_WITNESSES = 16
"""Outside witnesses of one node: as many signatures as every reader of notes must accept."""
MAX_LOGS = 1000
"""Logs that one node witnesses for others; each takes one row, and a lookup for each request."""


class WitnessConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outside witness of this node's logs: its vkey (type 0x04), and where it is asked.

    ``url`` is the submission prefix. Without it the witness is asked no more, and what it cosigned
    before still verifies. ``ca`` is a file of authorities, in place of the system's.
    """

    vkey: str
    url: str | None = None
    ca: str | None = None


class WitnessedLogConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log that this node witnesses though its centre is no peer: the log's vkey (type 0x01)."""

    vkey: str


class WitnessServiceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A port of its own for ``add-checkpoint``, and whose logs it takes besides the peers'."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    log: tuple[WitnessedLogConfig, ...] = ()


class OutsideWitness(msgspec.Struct, frozen=True):
    """An outside witness with its key read; ``ca`` is absolute."""

    key: WitnessKey
    url: str | None
    ca: Path | None


class WitnessService(msgspec.Struct, frozen=True):
    """Where the service listens, and the keys of the logs that are not a peer's, by origin."""

    host: str
    port: int
    logs: dict[str, NoteKey]


def read_witnesses(configured: Iterable[WitnessConfig], base: Path) -> tuple[OutsideWitness, ...]:
    """Read the ``[[witness]]`` tables; paths are relative to ``base``. Raises ConfigError."""
    found: dict[str, OutsideWitness] = {}
    for witness in configured:
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
        if witness.url is not None:
            _check_url(witness.url)
        ca = base / witness.ca if witness.ca is not None else None
        found[key.name] = OutsideWitness(key, witness.url, ca)
    if len(found) > MAX_WITNESSES:
        raise ConfigError(
            "config.bad-witness",
            f"{len(found)} witnesses are named, at most {MAX_WITNESSES} can be",
            "name fewer; readers of a checkpoint need not look at more signatures",
        )
    return tuple(found.values())


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or not url.isascii() or not url.isprintable():
        raise ConfigError(
            "config.bad-witness",
            f"{url!r} is no address of a witness",
            "give the submission prefix that the witness publishes, as https://witness.example/w",
        )


def read_service(
    configured: WitnessServiceConfig | None, centre: str, status: Status
) -> WitnessService | None:
    """Read the ``[witness_service]`` table of this ``centre``. Raises ConfigError."""
    if configured is None:
        return None
    logs: dict[str, NoteKey] = {}
    for log in configured.log:
        try:
            key = NoteKey.from_vkey(log.vkey)
        except TrustError as error:
            raise ConfigError(
                "config.bad-witnessed-log",
                f"a [[witness_service.log]] has a vkey that cannot be used: {error.message}",
                "copy the log's whole vkey, type 0x01; its centre finds it in `hotline doctor`",
            ) from error
        declared = status_and_centre_of(key.name)
        if declared is None or declared[0] != status or declared[1] == centre:
            raise ConfigError(
                "config.bad-witnessed-log",
                f"{key.name} is not the {status} log of another centre",
                "a node witnesses logs of hotline centres other than its own, of its own status",
            )
        if key.name in logs or len(logs) >= MAX_LOGS:
            raise ConfigError(
                "config.bad-witnessed-log",
                f"{key.name} is named twice, or more than {MAX_LOGS} logs are",
                "name each log once",
            )
        logs[key.name] = key
    return WitnessService(configured.host, configured.port, logs)
