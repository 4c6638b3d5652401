"""``[console]`` of node.toml: where the officers' console listens, and how they are let in."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hotline.errors import ConfigError
from hotline.trust.certificates import is_near

KEY_FILE = "console.key"
CERTIFICATE_FILE = "console.pem"
"""In the directory of keys, where node.toml names no others: made by `hotline keys console`."""


class ConsoleConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table as written; ``certificate`` and ``key`` are of the centre's own authority."""

    listen: str = "127.0.0.1:8440"
    open: bool = False
    certificate: str = ""
    key: str = ""
    addresses: tuple[str, ...] = ()
    idle_minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60)] = 720
    session_hours: Annotated[int, Meta(ge=1, le=7 * 24)] = 24
    second_factor: Literal["required", "none"] = "required"
    exercise: tuple[str, ...] = ()
    socket: str = "console.sock"
    group: str = ""
    separate: bool = False


class Console(msgspec.Struct, frozen=True):
    """A table that fits together, with all paths absolute.

    ``addresses`` are the IP addresses, besides loopback, by which browsers reach it.
    ``own_certificate`` is whether the centre brings a certificate, and not this node makes one.
    ``socket`` is where the node answers it, and nobody without a session of an officer; ``group``
    may open it, if one is named. ``separate`` is whether somebody else than the node starts it.
    ``exercises`` are directories in which a director may steer exercises from this console.
    """

    host: str
    port: int
    certificate: Path
    key: Path
    own_certificate: bool
    addresses: tuple[str, ...]
    idle_minutes: int
    session_hours: int
    second_factor: str
    socket: Path
    group: str
    separate: bool
    exercises: tuple[Path, ...] = ()


def read_console(table: ConsoleConfig, base: Path, keys: Path) -> Console:
    """Return the settings of a table. Raises ConfigError.

    ``config.bad-address``: no address with a port; ``config.console-address``: one that the
    centre's authority cannot vouch for; ``config.console-open``: one that others reach,
    without ``open``; ``config.console-certificate``: a certificate without its key.
    """
    host, colon, port = table.listen.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdecimal() or int(port[:6]) > 65535:
        raise ConfigError(
            "config.bad-address",
            f"[console] listen {table.listen[:80]!r} is no address",
            "write host:port, as 127.0.0.1:8440",
        )
    if not (table.open or _is_loopback(host)):
        raise ConfigError(
            "config.console-open",
            f"[console] would listen on {host[:80]}, where others reach it",
            "listen on 127.0.0.1, or say `open = true` in [console]",
        )
    if bool(table.certificate) != bool(table.key):
        raise ConfigError(
            "config.console-certificate",
            "[console] names a certificate or its key, and not both",
            "name both, or leave both out for a certificate by the centre's own keys",
        )
    addresses = tuple(_address(text) for text in table.addresses)
    far = [one for one in addresses if not is_near(one)]
    if far and not table.certificate:
        raise ConfigError(
            "config.console-address",
            f"[console] addresses: the centre's own authority cannot vouch for {far[0]}, which is"
            " no address of a private network",
            "name a `certificate` and its `key` of your own authority in [console]",
        )
    return Console(
        host=host,
        port=int(port),
        certificate=base / table.certificate if table.certificate else keys / CERTIFICATE_FILE,
        key=base / table.key if table.key else keys / KEY_FILE,
        own_certificate=bool(table.certificate),
        addresses=addresses,
        idle_minutes=table.idle_minutes,
        session_hours=table.session_hours,
        second_factor=table.second_factor,
        socket=base / table.socket,
        group=table.group,
        separate=table.separate,
        exercises=tuple(base / name for name in table.exercise),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ConfigError(
            "config.bad-address",
            f"[console] addresses: {text[:80]!r} is no IP address",
            "write addresses such as 10.0.0.5, without a port",
        ) from None
