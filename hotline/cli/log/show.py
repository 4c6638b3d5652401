"""``hotline log show``: the record in words, and what comes to it while one looks on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.text import Text

from hotline.api.client import Client
from hotline.api.schema import EntryView
from hotline.audit.search.pages import BEGINNING
from hotline.audit.search.terms import Words
from hotline.cli.asking import answering, config_of, json_option, look, socket_of
from hotline.cli.log.searching import search_options, words_of
from hotline.cli.output import PRECEDENCE_STYLE, mark_traffic, plain, print_json, stdout
from hotline.errors import UsageError

PAGE = 1000
WAKE_S = 1.0
"""What is entered without an event, as readings are, shows within this time."""
NARROWEST = 24
"""Columns that the words of an entry have at least."""


@click.command("show")
@search_options
@click.option(
    "--limit", type=click.IntRange(1, PAGE), default=50, show_default=True, help="At most so many."
)
@click.option("--oldest-first", is_flag=True, help="Begin with the oldest that fit.")
@click.option("-f", "--follow", is_flag=True, help="Show each new entry as it becomes durable.")
@json_option
@click.pass_context
def show(
    context: click.Context,
    /,
    limit: int,
    oldest_first: bool,
    follow: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Show entries of this node's logs in words: who said what to whom, and what else happened.

    The newest come first. With -f the newest come last, and new ones below them until Ctrl-C.
    """
    if follow and oldest_first:
        raise click.UsageError("--oldest-first begins at the beginning and -f at the end: give one")
    words = words_of(options)
    if follow:
        with suppress(KeyboardInterrupt):
            asyncio.run(_follow(context, words, limit, as_json))
        return
    start = BEGINNING if oldest_first else None
    page = look(context, lambda node: node.log(limit=limit, after=start, **words))
    if as_json:
        print_json(page)
        return
    if page.entries:
        _print(page.entries, Sheet(stdout()), as_json=False)
    else:
        click.echo("hotline: note: no entry fits", err=True)
    if page.more:
        which = "newer" if oldest_first else "older"
        click.echo(
            f"hotline: note: {which} entries fit too: --limit shows up to {PAGE},"
            " --since and --until choose others",
            err=True,
        )


async def _follow(context: click.Context, words: Words, limit: int, as_json: bool) -> None:
    """Print the newest entries, then each new one; end when the node does."""
    try:
        async with Client(socket_of(config_of(context))) as client:
            async with answering(client):
                page = await client.log(limit=limit, **words)
            if not as_json:
                mark_traffic(context, client.traffic)
            sheet = Sheet(stdout())
            _print(page.entries[::-1], sheet, as_json)
            cursor = page.after
            async for _ in _wakings(client):
                while True:
                    async with answering(client):
                        page = await client.log(limit=PAGE, after=cursor, **words)
                    _print(page.entries, sheet, as_json)
                    cursor = page.after
                    if not page.more:
                        break
    except UsageError as error:
        if error.code != "api.no-node":
            raise
        raise UsageError(
            "search.nothing-to-follow",
            "no node runs here, so there is nothing to follow",
            "leave -f out to see what its journal holds, or start the node",
        ) from None
    click.echo("hotline: note: the node has ended, and with it what there was to follow", err=True)


async def _wakings(client: Client) -> AsyncIterator[None]:
    """Yield at each event of the node and every ``WAKE_S``; end with the node."""
    news = asyncio.Event()
    news.set()

    async def listen() -> None:
        async for _ in client.events():
            news.set()

    listening = asyncio.create_task(listen())
    try:
        while not listening.done():
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), WAKE_S)
            news.clear()
            if not listening.done():
                yield
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


def _print(entries: list[EntryView], sheet: Sheet, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            click.echo(msgspec.json.encode(entry))
        else:
            sheet.add(entry)


class Sheet:
    """Entries below each other: time, log and number, then words that go on in their own column.

    On a terminal each day has a heading; in a file or a pipe each line bears its date.
    """

    def __init__(self, out: Console) -> None:
        self._out = out
        self._day = ""

    def add(self, entry: EntryView) -> None:
        """Print one entry."""
        day, clock = entry.at[:10], entry.at[11:23]
        if not self._out.is_terminal:
            self._out.print(_line(f"{day} {clock} UTC", entry, self._out.width), soft_wrap=True)
            return
        if day != self._day:
            self._out.print(Text(f"{day} UTC", style="bold"))
            self._day = day
        self._out.print(_line(clock, entry, self._out.width), soft_wrap=True)


def short_origin(origin: str) -> str:
    """Return the part of a log's origin that tells one node's logs apart: the peer, or node."""
    parts = origin.split("/")
    return parts[3] if len(parts) == 5 else origin


def _line(when: str, entry: EntryView, width: int) -> Text:
    said = entry.what.get("precedence")
    place = f"{short_origin(entry.log)} {entry.entry}"
    head = Text.assemble((when, "dim"), "  ", plain(f"{place:<12}", "dim"), "  ")
    words = plain(entry.text, PRECEDENCE_STYLE.get(str(said), "") if said else "dim")
    room = max(NARROWEST, width - head.cell_len)
    lines = words.wrap(Console(width=room), room)
    for number, line in enumerate(lines):
        line.rstrip()
        if number:
            head.append("\n" + " " * (width - room if width > room else 0))
        head.append_text(line)
    return head
