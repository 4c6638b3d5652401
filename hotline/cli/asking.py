"""One question to the node, through its API; options that many commands share."""

from __future__ import annotations

import asyncio
import getpass
import math
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hotline.api.client import Client
from hotline.audit.named_files import open_regular
from hotline.cli.output import mark_traffic, now_us
from hotline.cli.root import Root
from hotline.errors import HotlineError, UsageError
from hotline.journal.journal import JOURNAL_FILE
from hotline.model.letter import MAX_LETTER_BYTES, Letter, read_letter
from hotline.node.config import find_config, read_file

if TYPE_CHECKING:
    from hotline.api.stopped import Reading

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

READ_S = 5.0
"""A node that works answers a question long before."""
SIGN_S = 25.0
"""What is written waits for the disk, and a disk can be slow."""
OFFICER_VARIABLE = "HOTLINE_OFFICER"
"""Environment variable with the name under which this person acts."""


def config_of(context: click.Context) -> Path:
    """Return the node.toml that this command is about. Raises ConfigError when there is none."""
    said = context.find_object(Root)
    return find_config(said.config_path if said is not None else None)


def is_interactive() -> bool:
    """Say whether a person can be asked: their answers come in, and they see the questions."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def socket_of(config: Path) -> Path:
    """Return the Unix socket of the node that a node.toml describes. Raises ConfigError.

    The letters are not read: a node whose letter was moved away can still be asked.
    """
    return config.absolute().parent / read_file(config).api.socket


@asynccontextmanager
async def answering(client: Client, within_s: float | None = READ_S) -> AsyncIterator[None]:
    """Give the node so many seconds for what is asked inside. Raises UsageError.

    ``api.no-answer``: its process is there, or the socket would not open, and says nothing.
    """
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError:
        also = "" if within_s == READ_S else "; see `hotline outbox` before saying it again"
        raise UsageError(
            "api.no-answer",
            f"the node on {client.socket} does not answer: nothing came within {within_s:g} s",
            f"look at its log, and whether its process is stopped or the disk hangs{also}",
        ) from None


def ask(
    context: click.Context,
    question: Callable[[Client], Awaitable[T]],
    within_s: float | None = READ_S,
) -> T:
    """Return the node's answer. Raises whatever error the node answered with.

    ``within_s`` is how long the whole may take; None where the question sees to it itself.
    """
    socket = socket_of(config_of(context))

    async def work() -> T:
        async with Client(socket) as client, answering(client, within_s):
            answer = await question(client)
            mark_traffic(context, client.traffic)
            return answer

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
            async with Client(socket_of(config)) as client, answering(client):
                answer = await question(client)
                mark_traffic(context, client.traffic)
                return answer
        except UsageError as error:
            if error.code != "api.no-node" or not journal.is_file():
                raise
        click.echo("hotline: note: no node runs here; this is what its journal holds", err=True)
        # Reading a stopped node takes most of the program, and few commands find one stopped.
        from hotline.api.stopped import StoppedNode

        async with StoppedNode(journal, now_us(), letters_of(config)) as stopped:
            mark_traffic(context, stopped.traffic)
            return await question(stopped)

    return asyncio.run(work())


def letters_of(config: Path) -> dict[str, Letter]:
    """Return the letters of a node's lines that can be read, by peer: a stopped node needs none."""
    found = {}
    for line in read_file(config).line:
        with suppress(OSError, HotlineError):
            path = config.absolute().parent / line.letter
            with open_regular(path) as file:
                found[line.peer] = read_letter(file.read(MAX_LETTER_BYTES + 1))
    return found


def officer_of(given: str | None) -> str:
    """Return who acts: as given, else ``HOTLINE_OFFICER``, else the login name."""
    if given is not None:
        if not given.strip():
            raise click.UsageError("--officer says no name: give the name of who acts")
        return given
    named = os.environ.get(OFFICER_VARIABLE)
    if named and named.strip():
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


class Seconds(click.FloatRange):
    """A number of seconds; what is no number, though Python calls it a float, is refused."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number. Raises click's usage error."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return number


def wait_options(default_s: float) -> Callable[[F], F]:
    """Add ``--wait SECONDS`` and ``--no-wait`` to a command, as the arguments of these names."""

    def decorate(function: F) -> F:
        function = click.option(
            "--no-wait", is_flag=True, help="Do not wait for receipts; exit 0 once signed and kept."
        )(function)
        return click.option(
            "--wait",
            metavar="SECONDS",
            type=Seconds(0.0, 3600.0),
            default=default_s,
            show_default=True,
            help="How long to wait for the receipts, in all.",
        )(function)

    return decorate
