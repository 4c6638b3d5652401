"""``hotline send``: sign messages, hand them over, wait for the receipts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from hotline.api.airspace_shapes import Checked, CheckRequest
from hotline.api.client import Client
from hotline.api.schema import Flag, MessageView, RelationView, SendRequest, Sent
from hotline.cli.asking import (
    SIGN_S,
    answering,
    ask,
    json_option,
    officer_of,
    officer_option,
    wait_options,
)
from hotline.cli.exits import Exit
from hotline.cli.files import read_file
from hotline.cli.output import (
    block,
    coarse,
    facts,
    moment,
    plain,
    precedence_text,
    print_json,
    stdout,
    warning_text,
)
from hotline.cli.relations import relation_block
from hotline.cli.root import decide, warn
from hotline.errors import HotlineError
from hotline.model.kinds import Kind, Precedence
from hotline.model.phrases import GROUPS
from hotline.model.times import SECOND_US

WAIT_S = 10.0
MOST_WARNED = 10
"""Relations of one message that are warned of one by one."""
LOOK_EVERY_S = 0.1
"""Between two looks for receipts that one request could not wait for."""
URGENT = frozenset({GROUPS["warning"], GROUPS["distress"]})
"""Hundreds of the phrases that are said as advisories."""
RESOLVED = "airspace.resolved"
"""The one flag on what is sent that is no warning."""
_MENDS = {
    Kind.ACTIVATION.value: "agree with the peer who gives way; a revision says what changes",
    Kind.NONCONFORMANCE.value: "agree with the peer, by telephone, who gives way; a revision says"
    " where it goes on, an activation that it is back in its plan, an end that it is over",
    Kind.CONTINGENCY.value: "agree with the peer, by telephone, who gives way; another contingency"
    " says where it is, an end that it is over",
}
"""What can still be done about a conflict of what flies: it can be withdrawn no more."""
_WAITS = Text("no receipt yet: it waits here for the line", style="yellow")


class PrecedenceName(click.Choice[str]):
    """A precedence by name, however it is written; listed in capitals, as the documents have it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name in capitals. Raises click's usage error."""
        return super().convert(str(value).upper(), param, ctx)


@click.command()
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    type=click.Path(path_type=Path, allow_dash=True),
)
@click.option("--to", "peer", metavar="PEER", default="", help="The peer, where there are several.")
@click.option(
    "--precedence",
    type=PrecedenceName([precedence.name for precedence in Precedence]),
    help="Overrides what the files say.",
)
@click.option(
    "--phrase",
    "phrases",
    metavar="N",
    type=int,
    multiple=True,
    help="Instead of FILE: say phrase N of the letter. May be given several times.",
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Sign nothing: say what would be sent, and what it would mean.",
)
@officer_option
@click.option(
    "--released-by",
    metavar="NAME",
    default="",
    help="The second officer, where the letter has two release what is sent.",
)
@wait_options(WAIT_S)
@json_option
@click.pass_context
def send(
    context: click.Context,
    files: tuple[Path, ...],
    peer: str,
    precedence: str | None,
    phrases: tuple[int, ...],
    only_check: bool,
    officer: str | None,
    released_by: str,
    wait: float,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Sign messages and send them; wait for the peer's receipts.

    FILE holds one message, in JSON, GeoJSON or KML; - is stdin. All files are checked
    before the first one is signed, and sent in the order given. Instead of files, --phrase says
    numbers of the letter's phrase book: as an advisory where one of them warns, else as a service
    message.

    What the airspace says is told at once: conflicts with the peer's notices, a short warning,
    words against numbers. The message is sent all the same; --check says it before.

    Once signed and kept, a message is delivered whatever happens to the line; without a receipt in
    time the exit code is 6, and so it is after Ctrl-C.
    """
    name = officer_of(officer)
    if bool(files) == bool(phrases):
        raise click.UsageError("give either files or --phrase, which make messages of their own")
    documents = [read_file(file)[1] for file in files] or [said_by_number(phrases)]
    requests = [
        SendRequest(
            document=document,
            peer=peer,
            precedence=precedence,
            officer=name,
            released_by=released_by,
        )
        for document in documents
    ]
    if only_check:
        checked = ask(context, lambda client: check_all(client, requests), None)
        verdict = decide(context, Exit.FAILED if any(map(remarkable, checked)) else Exit.DONE)
        if as_json:
            print_json({"checked": checked})
        else:
            for one in checked:
                print_checked(stdout(), one)
        context.exit(verdict)
    wait_s = 0.0 if no_wait else wait
    kept: list[Sent] = []
    try:
        sent = ask(context, lambda client: send_all(client, requests, wait_s, kept), None)
    except (KeyboardInterrupt, HotlineError) as stopped:
        tell_kept(kept, as_json=as_json)
        # What was never handed over is no message that waits for its receipt.
        if isinstance(stopped, HotlineError) or len(kept) < len(requests):
            raise
        context.exit(warn_interrupted(len(kept)))
    if as_json:
        print_json({"messages": sent})
    else:
        for view in sent:
            print_sent(stdout(), view)
    context.exit(check_receipts(sent, wait_s))


def said_by_number(phrases: tuple[int, ...]) -> dict[str, Any]:
    """Return the message that says phrases: an advisory where one of them warns."""
    urgent = any(number // 100 in URGENT for number in phrases)
    kind = Kind.ADVISORY if urgent else Kind.SERVICE
    return {"kind": kind.value, "phrases": list(phrases)}


async def send_all(
    client: Client, requests: list[SendRequest], wait_s: float, kept: list[Sent]
) -> list[MessageView]:
    """Send all, then wait until each has its receipt, ``wait_s`` seconds at most in all.

    None of them waits for another one's receipt: what is last may be what is most urgent. Each
    goes into ``kept`` as soon as it is signed and kept, for whoever ends this from outside.
    """
    for request in requests:
        async with answering(client, SIGN_S):
            kept.append(await client.send(request))
        kind = str(request.document.get("kind", ""))
        warn_of(kept[-1].reference or kept[-1].id[:8], kept[-1].flags, kept[-1].relations, kind)
    return await await_receipts(client, [sent.id for sent in kept], wait_s)


async def check_all(client: Client, requests: list[SendRequest]) -> list[Checked]:
    """Return what messages would mean, none of them being sent."""
    found = []
    for request in requests:
        asked = CheckRequest(
            document=request.document,
            peer=request.peer,
            precedence=request.precedence,
            officer=request.officer,
        )
        async with answering(client, SIGN_S):
            found.append(await client.check(asked))
    return found


def remarkable(checked: Checked) -> bool:
    """Say whether anything would be flagged, or meet a notice of the peer."""
    return bool(checked.flags or checked.relations)


def warn_of(name: str, flags: list[Flag], relations: list[RelationView], kind: str = "") -> None:
    """Warn on stderr of what the airspace says to a message that is signed: it went out."""
    mend = _MENDS.get(kind, "revise or withdraw it, or agree with the peer who gives way")
    for relation in relations[:MOST_WARNED]:
        warn(f"{relation.text}; sent all the same [airspace.{relation.relation}]", mend)
    if len(relations) > MOST_WARNED:
        more = len(relations) - MOST_WARNED
        warn(f"{name} meets {more} more; `hotline airspace conflicts` lists all of them")
    for flag in flags:
        if flag.code == RESOLVED:
            click.echo(f"hotline: note: {name}: {flag.text} [{flag.code}]", err=True)
            continue
        where = f", {flag.field}" if flag.field else ""
        warn(f"{name}{where}: {flag.text}; sent all the same [{flag.code}]")


async def await_receipts(client: Client, ids: list[str], wait_s: float) -> list[MessageView]:
    """Return the messages of these ids, as soon as all have a receipt or the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + wait_s
    found: dict[str, MessageView] = {}
    pause = 0.005
    while True:
        for id_ in ids:
            if id_ not in found or found[id_].receipt is None:
                async with answering(client):
                    found[id_] = (await client.message(id_)).message
        if all(view.receipt is not None for view in found.values()) or loop.time() >= end:
            return [found[id_] for id_ in ids]
        await asyncio.sleep(min(pause, max(0.0, end - loop.time())))
        pause = min(2 * pause, LOOK_EVERY_S)


def check_receipts(sent: list[MessageView], wait_s: float) -> Exit:
    """Warn of messages without a receipt, and return the exit code."""
    waiting = [view for view in sent if view.receipt is None]
    if not waiting or wait_s == 0.0:
        return Exit.DONE
    peers = " and ".join(sorted({view.peer for view in waiting}))
    warn(
        f"{len(waiting)} of {len(sent)} sent, but not acknowledged by {peers} "
        f"within {wait_s:g} s [cli.not-acknowledged]",
        "use the voice line; what was sent is kept, and delivered when the line is up",
    )
    return Exit.NOT_ACKNOWLEDGED


def warn_interrupted(count: int) -> Exit:
    """Warn that nobody waited for the receipts of what is kept, and return the exit code."""
    what = "the message is" if count == 1 else f"all {count} messages are"
    warn(
        f"interrupted before the receipts were there; {what} signed and kept, and will be "
        "delivered when the line is up [cli.not-acknowledged]",
        "`hotline outbox` shows the receipts; what is urgent goes over the voice line too",
    )
    return Exit.NOT_ACKNOWLEDGED


def tell_kept(kept: list[Sent], *, as_json: bool) -> None:
    """Print what was signed before something went wrong: it goes out all the same."""
    if as_json and kept:
        print_json({"messages": kept})
    elif kept:
        out = stdout()
        for sent in kept:
            out.print(_title(sent, f"to {sent.peer}"))
            out.print(facts(_signed(sent) | {"durable": _WAITS}, indent=2))


def print_checked(out: Console, checked: Checked) -> None:
    """Print what a message would be, and mean: conflicts first."""
    if checked.relations:
        out.print(relation_block(checked.relations))
    for flag in checked.flags:
        text = f"{flag.field}: {flag.text}" if flag.field else flag.text
        out.print(Text("flag  ", style="bold red") + plain(f"{text} [{flag.code}]"))
    heading = f"  {checked.kind} to {checked.peer}, "
    name = checked.reference or f"new {checked.kind}"
    said = "not sent" if remarkable(checked) else "not sent; nothing speaks against it"
    out.print(
        Text.assemble(
            plain(name, "bold"), plain(heading), precedence_text(checked.precedence), f": {said}"
        )
    )
    out.print(facts({"warning": _warning_now(checked)}, indent=2))
    out.print(block(checked.text, indent=4))
    out.print()


def _warning_now(checked: Checked) -> Text | None:
    """Return how much warning there would be, if the message were received now."""
    if checked.warning_s is None or checked.warning_needed_s is None:
        return None
    asks = f"the letter asks for {coarse(round(checked.warning_needed_s) * SECOND_US)}"
    short = checked.warning_s < checked.warning_needed_s
    left = coarse(int(checked.warning_s) * SECOND_US)
    text = left if checked.warning_s >= 0 else f"none, it began {left} ago"
    return Text(f"{text}, {asks}", style="bold red" if short else "")


def print_sent(out: Console, view: MessageView) -> None:
    """Print what an officer notes about a message that went out."""
    out.print(_title(view, f"{view.kind} to {view.peer}"))
    out.print(facts(_stamps(view), indent=2))


def _title(sent: MessageView | Sent, what: str) -> Text:
    return Text.assemble(
        plain(sent.reference or sent.id[:12], "bold"),
        "  ",
        plain(what),
        ", ",
        precedence_text(sent.precedence),
        f" no. {sent.seq}",
    )


def _signed(sent: MessageView | Sent) -> dict[str, Any]:
    return {"id": sent.id, "signed": moment(sent.created_at)}


def _stamps(view: MessageView) -> dict[str, Any]:
    if view.receipt is None:
        durable: object = _WAITS
    else:
        durable = (
            f"{moment(view.receipt.durable_at)} at {view.peer}, "
            f"entry {view.receipt.index} of its log"
        )
    return _signed(view) | {
        "durable": durable,
        "warning": warning_text(view.warning_s, view.warning_needed_s),
    }
