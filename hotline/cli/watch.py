"""``hotline watch``: what happens, one line each, as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from hotline.api.client import Client
from hotline.api.routes import MAX_LIMIT
from hotline.api.schema import MessageView
from hotline.cli.asking import answering, config_of, socket_of
from hotline.cli.countdown import countdown
from hotline.cli.output import mark_traffic, now_us, of_day, plain, precedence_text, stdout
from hotline.cli.relations import mark, style_of
from hotline.cli.starts import Starts
from hotline.cli.starts import describe as begins
from hotline.cli.told import CODES, Told, is_told_by_nodes, only_relations
from hotline.errors import HotlineError
from hotline.model.kinds import Kind, Relation
from hotline.model.times import SECOND_US, format_time

LEARN_US = 2 * SECOND_US
"""Between two looks at what stands, however much happens."""

KIND_WIDTH = 9
"""Columns of the word that says what happened, with the blanks behind it."""
NAMED = 3
"""Messages that a receipt names; more are counted."""
LOOKED_AT = 100
"""Newest messages among which those of a receipt are looked for."""

_WORDS = {Relation.CLEAR.value: "resolved", Relation.PROXIMITY.value: "near"}

Event = tuple[str, dict[str, Any]]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def watch(context: click.Context, as_json: bool) -> None:
    """Show messages, receipts, lines, conflicts and alarms as they come; Ctrl-C ends it.

    Says 30, 10, 5 and 1 minutes before its start, and at it, that a planned notice begins. Ends
    with exit code 1 when the node stops.
    """
    socket = socket_of(config_of(context))

    async def work() -> None:
        async with Client(socket) as client:
            events = client.events()
            async with answering(client):
                # The first one says only that nothing is missed from here on.
                opened = await anext(events, None)
            mark_traffic(context, client.traffic)
            if as_json and opened is not None:
                click.echo(json_line(*opened))
            if as_json:
                async for name, what in events:
                    if not says_nothing(name, what):
                        click.echo(json_line(name, what))
                return
            out = stdout()
            async for line in lines(client, events):
                print_line(out, of_day(format_time(now_us())), line)

    with suppress(KeyboardInterrupt):
        asyncio.run(work())
        click.echo("the node has stopped", err=True)
        context.exit(1)


def print_line(out: Console, at: str, line: Text) -> None:
    """Print what happened, and when. On a terminal what is said has a column of its own."""
    said = line[KIND_WIDTH:]
    margin = len(at) + 2 + KIND_WIDTH
    # Only a terminal has an edge; what reads a file or a pipe wants whole lines.
    whole = not out.is_terminal or out.width < 2 * margin
    first, *others = [said] if whole else said.wrap(out, out.width - margin)
    out.print(Text.assemble((f"{at}  ", "dim"), line[:KIND_WIDTH], first), soft_wrap=True)
    for other in others:
        other.rstrip()
        out.print(Text(" " * margin) + other, soft_wrap=True)


async def lines(client: Client, events: AsyncIterator[Event]) -> AsyncIterator[Text]:
    """Yield what happens and what begins soon, a line each, until the node stops."""
    starts, told, learned_us, stale = Starts(), Told(), 0, True
    coming = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            if stale and now_us() - learned_us >= LEARN_US:
                with suppress(HotlineError):
                    starts.learn((await client.airspace(limit=MAX_LIMIT)).activities, now_us())
                learned_us, stale = now_us(), False
            moments = [starts.next_us, learned_us + LEARN_US if stale else None]
            waits = [max(0, moment - now_us()) for moment in moments if moment is not None]
            done, _ = await asyncio.wait(
                [coming], timeout=min(waits) / SECOND_US if waits else None
            )
            for due in starts.take(now_us()):
                yield begins(due)
            if not done:
                continue
            event = coming.result()
            if event is None:
                return
            coming = asyncio.ensure_future(anext(events, None))
            stale = stale or event[0] in ("message", "relation", "receipt")
            line = None if says_nothing(*event) else await describe(client, *event, told)
            if line is not None:
                yield line
    finally:
        coming.cancel()


def json_line(name: str, what: Mapping[str, Any]) -> bytes:
    """Return an event as one line of JSON, in UTF-8 whatever the terminal's encoding is."""
    # Half of a pair, which UTF-8 lacks, is written as JSON has it: ``\\ud800``.
    line = json.dumps({"event": name, **what}, ensure_ascii=False)
    return line.encode("utf-8", "backslashreplace")


def says_nothing(name: str, what: Mapping[str, Any]) -> bool:
    """Say whether an event concerns nobody's message: a checkpoint that was only cosigned."""
    return name == "receipt" and what.get("count", 1) == 0


async def describe(
    client: Client, name: str, what: Mapping[str, Any], told: Told | None = None
) -> Text | None:
    """Return an event in one line; None for what an officer need not see, or was ``told``."""
    line = str(what.get("line", ""))
    told = Told() if told is None else told
    match name:
        case "message":
            # Whoever has sent one here knows of it; what becomes of it is told by its receipt.
            return None if what.get("direction") == "out" else await _message(client, what, told)
        case "receipt":
            said = await _receipted(client, what)
            if not said:
                return None
            return Text.assemble(("receipt  ", "green"), plain(f"{said} durable at {line}"))
        case "line" if what.get("up"):
            return Text.assemble(("line     ", "bold green"), plain(f"with {line} is up"))
        case "line":
            reason = f": {what['reason']}" if what.get("reason") else ""
            return Text.assemble(("line     ", "bold red"), plain(f"with {line} is DOWN{reason}"))
        case "relation":
            return None if told.relation(what) else _relation(what)
        case "compared":
            if only_relations(what.get("flags", ())):
                return None
            found = ", ".join(str(code) for code in what.get("flags", ())) or "nothing was found"
            said = f"message {str(what.get('id', ''))[:8]} of {line} compared: {found}"
            return Text.assemble("compared ", plain(said))
        case "alarm":
            if told.alarm(what):
                return None
            whose = f"line with {line}: " if line else ""
            said = f"{whose}{what.get('text', '')} [{what.get('code', '')}]"
            return Text.assemble(("alarm    ", "bold red"), plain(said))
        case "alarm-acknowledged":
            said = f"alarm {what.get('alarm')} is acknowledged by {what.get('officer')}"
            return Text.assemble("alarm    ", plain(said))
        case "exercise" | "fault" | "watch":
            return _about_exercise(name, what)
    return None


def _about_exercise(name: str, what: Mapping[str, Any]) -> Text:
    """Return what happened in an exercise, what is broken on purpose, or who has the watch."""
    by = str(what.get("by") or "somebody")
    if name == "fault":
        where = f" on the line with {what['line']}" if what.get("line") else ""
        said = f"{what.get('kind', '')}{where} {what.get('state', '')}, on purpose"
        return Text.assemble(("fault    ", "yellow"), plain(said))
    if name == "watch":
        holder = str(what.get("on_duty") or "nobody")
        said = f"{what.get('step', '')} by {what.get('officer', '')}; {holder} has it"
        return Text.assemble("watch    ", plain(said))
    if what.get("event") == "real-world":
        return Text.assemble(("exercise ", "bold red"), plain(f"REAL WORLD, NO PLAY, says {by}"))
    if what.get("event") == "task":
        told = f"{what.get('name', '')}: this crew is told: {what.get('text', '')}"
        return Text.assemble(("exercise ", "bold yellow"), plain(told))
    said = f"{what.get('name', '')}: {what.get('event', '')} by {by}"
    return Text.assemble(("exercise ", "bold"), plain(said))


async def _receipted(client: Client, what: Mapping[str, Any]) -> str:
    """Return ``IAF-0104 is``, or ``3 messages are`` where they are many or not known any more.

    Empty where it is for nothing that an officer has sent.
    """
    count = int(what.get("count", 1))
    proved = {
        (precedence, first + number)
        for precedence, first, run in what.get("which", ())
        for number in range(min(run, NAMED + 1))
    }
    if 0 < len(proved) <= NAMED:
        with suppress(HotlineError):
            page = await client.messages(direction="out", peer=str(what["line"]), limit=LOOKED_AT)
            views = [view for view in page.messages if (view.precedence, view.seq) in proved]
            if len(views) == count:
                names = [_name(view) for view in reversed(views) if not is_told_by_nodes(view.kind)]
                return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}" if names else ""
    return f"{count} messages are" if count != 1 else "1 message is"


def _name(view: MessageView) -> str:
    """Return ``IAF-0104`` for a notice, ``reply IAF-0104`` for what is about one."""
    if view.reference and view.kind == Kind.NOTICE.value:
        return view.reference
    return f"{view.kind} {view.reference or view.id[:8]}"


async def _message(client: Client, what: Mapping[str, Any], told: Told) -> Text | None:
    id_ = str(what.get("id", ""))
    said = plain(what.get("kind", ""))
    with suppress(HotlineError):
        view = (await client.message(id_)).message
        if is_told_by_nodes(view.kind) and told.conflict(view.peer, view.message):
            return None
        title = f"{view.kind} {view.reference or ''} {view.title}".replace("  ", " ")
        said = plain(title)
        if view.relations:
            said = mark(one.relation for one in view.relations) + Text(" ") + said
        left = countdown(view.life, view.starts_at, view.ends_at, now_us())
        if left is not None:
            said += Text(", ") + left
    return Text.assemble(
        ("message  ", "bold"),
        plain(f"{id_[:8]} of {what.get('line', '')}  "),
        precedence_text(str(what.get("precedence", ""))),
        "  ",
        said,
    )


def _relation(what: Mapping[str, Any]) -> Text:
    """Return a relation that has begun, changed or ended, and its alarm; a conflict stands out."""
    relation = str(what.get("relation", ""))
    word = _WORDS.get(relation, relation)
    code = f" [{CODES[relation]}]" if relation in CODES else ""
    return Text.assemble(
        plain(f"{word:9}", style_of(relation)), plain(f"{what.get('text', '')}{code}")
    )
