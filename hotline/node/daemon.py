"""The process around a centre: logs, signals, readiness, an orderly end.

What the node offers to its own people (``Face``) is handed in, because ``api`` stands on ``node``
and not the other way round.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

from hotline.errors import ConfigError
from hotline.model.text import printable
from hotline.node.centre import Centre
from hotline.node.config import LogConfig, NodeConfig, read_config
from hotline.node.keyfiles import read_passphrase
from hotline.node.keyring import Keyring, load_keyring

STOP_S: Final = 8.0
"""Within which the centre has stopped; the face has 2 s before that, so that all is over in 10."""

GARBAGE: Final = 5_000
"""Objects more than before at which those that refer to each other in a ring are looked for."""

Face = Callable[[Centre], AbstractAsyncContextManager[Any]]
"""Serves a running centre while its context is open."""

_log = structlog.get_logger()


def run(config_path: Path, face: Face) -> None:
    """Run the node that a node.toml describes until SIGTERM or SIGINT.

    Raises ConfigError, KeysError, JournalError when it cannot start; returns after an orderly
    end. An end that takes longer than ``STOP_S`` is cut short with exit status 1: what is durable
    by then stays durable, and the next start begins from that.
    """
    config = read_config(config_path)
    configure_logs(config.log, sys.stderr, config.banner)
    keyring = keyring_of(config)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(config, keyring, face))


def keyring_of(config: NodeConfig) -> Keyring:
    """Load the keys that a configuration names. Raises KeysError, ConfigError."""
    passphrase = read_passphrase(config.passphrase_file) if config.passphrase_file else None
    keyring = load_keyring(config.keys, passphrase)
    if (keyring.centre, keyring.status) != (config.centre, config.status):
        raise ConfigError(
            "config.keys-of-another-node",
            f"the keys in {config.keys} are of {keyring.centre} for {keyring.status} traffic, "
            f"this node is {config.centre} for {config.status}",
            "name this node's own keys in node.toml; each status has its own",
        )
    return keyring


def configure_logs(config: LogConfig, stream: TextIO, banner: str = "") -> None:
    """Have every log line written to ``stream``: one event each, as text or as JSON.

    Each says ``banner`` as its ``traffic``, so that no line of an exercise's log passes for one of
    an actual node's; actual traffic has none.

    Tracebacks are plain: they never show the values of variables, which may be secrets.
    """
    level = logging.getLevelNamesMapping().get(config.level.upper())
    if level is None or config.format not in ("console", "json"):
        raise ConfigError(
            "config.log",
            f"[log] has format {config.format!r} and level {config.level!r}",
            "use format console or json, and level debug, info, warning or error",
        )
    renderer: list[Any]
    if config.format == "json":
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        renderer = [
            _write_out_controls,
            structlog.dev.ConsoleRenderer(
                colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            *([partial(_mark, banner)] if banner else []),
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    # What libraries have to say goes the same way, from warnings on.
    marked = f"[{banner}] ".replace("%", "%%") if banner else ""
    logging.basicConfig(
        stream=stream, level=max(level, logging.WARNING), format=f"{marked}%(message)s", force=True
    )


def _write_out_controls(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Make every text of a log line one line of it, which steers no terminal.

    What a peer says stands in reasons and errors.
    """
    return {key: printable(said) if isinstance(said, str) else said for key, said in event.items()}


def _mark(
    banner: str, _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {**event, "traffic": banner}


def spare_the_loop() -> None:
    """Have the collector of garbage look no more at what is there now, and less often at the rest.

    A look at everything holds the loop. What was imported and wired by the start stays until the
    end, and what a node holds by the thousand is nothing that the collector looks at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def notify(text: str) -> None:
    """Tell systemd how the service does; nothing where there is no systemd."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(text.encode(), address)


def watchdog_s() -> float | None:
    """Return how often systemd wants to hear of this process: half its limit; None if never."""
    text = os.environ.get("WATCHDOG_USEC", "")
    meant = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(text) / 2e6 if meant and text.isdecimal() and int(text) else None


async def _serve(config: NodeConfig, keyring: Keyring, face: Face) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    centre = Centre(config, keyring)
    try:
        await centre.start()
        async with face(centre):
            spare_the_loop()
            notify("READY=1\nSTATUS=the journal is open and the API answers")
            await _until(stop)
            notify("STOPPING=1")
            _log.info("node_stopping")
            # From here on nothing new is taken; whoever still waits is told that the node stops.
            centre.stopping = True
    except OSError as error:
        raise _cannot_listen(config, error) from None
    finally:
        await _stop(centre)


async def _until(stop: asyncio.Event) -> None:
    """Wait for the signal, telling systemd in time that the loop turns."""
    every_s = watchdog_s()
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_s)
        notify("WATCHDOG=1")


async def _stop(centre: Centre) -> None:
    if not hasattr(centre, "writer"):
        return
    try:
        await asyncio.wait_for(centre.stop(), STOP_S)
    except TimeoutError:
        _log.error("stop_cut_short", seconds=STOP_S)
        # A thread that hangs in the disk would keep the interpreter from ending by itself.
        os._exit(1)


def _cannot_listen(config: NodeConfig, error: OSError) -> ConfigError:
    ports = [each for each in (config.listen, config.witness_service) if each is not None]
    where = " or ".join(f"{each.host}:{each.port}" for each in ports) or "?"
    return ConfigError(
        "config.cannot-listen",
        f"the port {where} cannot be opened: {error.strerror or error}",
        "see what else listens there (`ss -ltnp`), or change [listen] or [witness_service] in "
        "node.toml",
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where it is installed, which makes the loop's share of a message smaller."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
