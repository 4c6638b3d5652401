"""``hotline watch``: what happens, one line each, as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click
from rich.text import Text

from hotline.api.client import Client
from hotline.cli.asking import answering, config_of, socket_of
from hotline.cli.output import now_us, of_day, plain, precedence_text, stdout
from hotline.errors import HotlineError
from hotline.model.times import format_time


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def watch(context: click.Context, as_json: bool) -> None:
    """Show messages, receipts, lines and alarms as they come; Ctrl-C ends it.

    Ends with exit code 1 when the node stops.
    """
    socket = socket_of(config_of(context))

    async def work() -> None:
        async with Client(socket) as client:
            events = client.events()
            async with answering(client):
                # The first one says only that nothing is missed from here on.
                opened = await anext(events, None)
            if as_json and opened is not None:
                click.echo(json_line(*opened))
            async for name, what in events:
                if says_nothing(name, what):
                    continue
                if as_json:
                    click.echo(json_line(name, what))
                    continue
                line = await describe(client, name, what)
                if line is not None:
                    at = of_day(format_time(now_us()))
                    stdout().print(Text.assemble((f"{at}  ", "dim"), line), soft_wrap=True)

    with suppress(KeyboardInterrupt):
        asyncio.run(work())
        click.echo("the node has stopped", err=True)
        context.exit(1)


def json_line(name: str, what: Mapping[str, Any]) -> bytes:
    """Return an event as one line of JSON, in UTF-8 whatever the terminal's encoding is."""
    # Half of a pair, which UTF-8 lacks, is written as JSON has it: ``\\ud800``.
    line = json.dumps({"event": name, **what}, ensure_ascii=False)
    return line.encode("utf-8", "backslashreplace")


def says_nothing(name: str, what: Mapping[str, Any]) -> bool:
    """Say whether an event concerns nobody's message: a checkpoint that was only cosigned."""
    return name == "receipt" and what.get("count", 1) == 0


async def describe(client: Client, name: str, what: Mapping[str, Any]) -> Text | None:
    """Return an event in one line; None for what an officer need not see."""
    line = str(what.get("line", ""))
    match name:
        case "message":
            return await _message(client, what)
        case "receipt":
            count = what.get("count", 1)
            many = f"{count} messages are" if count != 1 else "1 message is"
            return Text.assemble(("receipt  ", "green"), plain(f"{many} durable at {line}"))
        case "line" if what.get("up"):
            return Text.assemble(("line     ", "bold green"), plain(f"with {line} is up"))
        case "line":
            reason = f": {what['reason']}" if what.get("reason") else ""
            return Text.assemble(("line     ", "bold red"), plain(f"with {line} is DOWN{reason}"))
        case "alarm":
            return Text.assemble(("alarm    ", "bold red"), plain(what.get("text", "")))
        case "alarm-acknowledged":
            said = f"alarm {what.get('alarm')} is acknowledged by {what.get('officer')}"
            return Text.assemble("alarm    ", plain(said))
    return None


async def _message(client: Client, what: Mapping[str, Any]) -> Text:
    id_ = str(what.get("id", ""))
    title = str(what.get("kind", ""))
    with suppress(HotlineError):
        view = (await client.message(id_)).message
        title = f"{view.kind} {view.reference or ''} {view.title}".replace("  ", " ")
    return Text.assemble(
        ("message  ", "bold"),
        plain(f"{id_[:8]} of {what.get('line', '')}  "),
        precedence_text(str(what.get("precedence", ""))),
        plain(f"  {title}"),
    )
