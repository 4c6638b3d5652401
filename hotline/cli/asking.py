"""One question to the node, through its API; options that many commands share."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hotline.api.client import Client
from hotline.api.stopped import Reading, StoppedNode
from hotline.cli.root import Root
from hotline.errors import UsageError
from hotline.journal.journal import JOURNAL_FILE
from hotline.node.config import find_config, read_file

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

OFFICER_VARIABLE = "HOTLINE_OFFICER"
"""Environment variable with the name under which this person acts."""


def config_of(context: click.Context) -> Path:
    """Return the node.toml that this command is about. Raises ConfigError when there is none."""
    said = context.find_object(Root)
    return find_config(said.config_path if said is not None else None)


def socket_of(config: Path) -> Path:
    """Return the Unix socket of the node that a node.toml describes. Raises ConfigError.

    The letters are not read: a node whose letter was moved away can still be asked.
    """
    return config.absolute().parent / read_file(config).api.socket


def ask(context: click.Context, question: Callable[[Client], Awaitable[T]]) -> T:
    """Return the node's answer. Raises whatever error the node answered with."""
    socket = socket_of(config_of(context))

    async def work() -> T:
        async with Client(socket) as client:
            return await question(client)

    return asyncio.run(work())


def look(context: click.Context, question: Callable[[Reading], Awaitable[T]]) -> T:
    """Return what the node answers, or, where none runs, what its journal holds.

    Says on stderr which of the two it is. Raises the node's error, or that there is no node when
    there is no journal either.
    """
    config = config_of(context)
    journal = config.absolute().parent / read_file(config).data / JOURNAL_FILE

    async def work() -> T:
        try:
            async with Client(socket_of(config)) as client:
                return await question(client)
        except UsageError as error:
            if error.code != "api.no-node" or not journal.is_file():
                raise
        click.echo("hotline: note: no node runs here; this is what its journal holds", err=True)
        async with StoppedNode(journal) as stopped:
            return await question(stopped)

    return asyncio.run(work())


def officer_of(given: str | None) -> str:
    """Return who acts: as given, else ``HOTLINE_OFFICER``, else the login name."""
    if given:
        return given
    named = os.environ.get(OFFICER_VARIABLE)
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("nobody is logged in here by name; give --officer NAME") from None


def officer_option(function: F) -> F:
    """Add ``--officer NAME`` to a command."""
    return click.option(
        "--officer",
        metavar="NAME",
        help=f"Who acts. Default: {OFFICER_VARIABLE}, else the login name.",
    )(function)


def json_option(function: F) -> F:
    """Add ``--json`` to a command, as the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(function)


def wait_options(default_s: float) -> Callable[[F], F]:
    """Add ``--wait SECONDS`` and ``--no-wait`` to a command, as the arguments of these names."""

    def decorate(function: F) -> F:
        function = click.option(
            "--no-wait", is_flag=True, help="Do not wait for receipts; exit 0 once signed and kept."
        )(function)
        return click.option(
            "--wait",
            metavar="SECONDS",
            type=click.FloatRange(0.0, 3600.0),
            default=default_s,
            show_default=True,
            help="How long to wait for the receipts, in all.",
        )(function)

    return decorate
