"""``hotline show``: a message with all that belongs to it, what is in force first, and stamps."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from hotline.api.client import Client
from hotline.api.renderings import render_thread
from hotline.api.schema import MessageView, Thread
from hotline.api.stopped import Reading
from hotline.audit.named_files import open_regular
from hotline.cli.asking import config_of, json_option, look, officer_of, officer_option
from hotline.cli.countdown import countdown
from hotline.cli.output import (
    block,
    facts,
    moment,
    now_us,
    plain,
    precedence_text,
    print_json,
    state_text,
    stdout,
    time_left,
    warning_text,
)
from hotline.cli.relations import relation_block
from hotline.cli.root import warn
from hotline.cli.threads import Placed, placed
from hotline.errors import HotlineError
from hotline.model.languages.language import Language
from hotline.model.letter import MAX_LETTER_BYTES, read_letter
from hotline.model.phrases import Phrase, by_number
from hotline.node.config import read_file


@click.command()
@click.argument("name", metavar="ID")
@click.option("--peek", is_flag=True, help="Do not record that the message was read.")
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    help="Show the messages in English, Russian or Hebrew, with the letter's phrases.",
)
@officer_option
@json_option
@click.pass_context
def show(
    context: click.Context,
    name: str,
    peek: bool,
    language: str | None,
    officer: str | None,
    as_json: bool,
) -> None:
    """Show a message and all that belongs to it.

    ID is a reference such as IAF-0104, or the first 6 or more digits of an id. That you have read
    it is recorded, unless --peek is given, or --json without --officer. In another language the
    words are translated; the fields as signed remain the authoritative text.
    """
    reader = None if peek or (as_json and officer is None) else officer_of(officer)
    found = look(context, lambda node: read_thread(node, name, reader))
    if language is not None:
        found = render_thread(found, Language(language), phrases_at(config_of(context)))
    if as_json:
        print_json(found)
    else:
        print_thread(stdout(), found, now_us())


async def read_thread(node: Reading, name: str, reader: str | None) -> Thread:
    """Return a message with its thread, after recording who read what came in."""
    found = await node.message(name)
    if reader is None or not isinstance(node, Client):
        return found
    unread = [view for view in found.thread if view.direction == "in" and view.state == "unread"]
    for view in unread:
        await node.read(view.id, reader)
    return await node.message(name) if unread else found


def phrases_at(config: Path) -> dict[str, dict[int, Phrase]]:
    """Return the phrases of each line's letter, by peer; a letter that can't be read is left out.

    Says on stderr which one is missing: a message is shown all the same, with numbers only.
    """
    found = {}
    for line in read_file(config).line:
        path = config.absolute().parent / line.letter
        try:
            with open_regular(path) as file:
                letter = read_letter(file.read(MAX_LETTER_BYTES + 1))
            found[line.peer] = by_number(letter.phrases)
        except (OSError, HotlineError) as error:
            reason = getattr(error, "message", None) or getattr(error, "strerror", None)
            warn(
                f"the letter {path} cannot be read, so phrases are shown by number: {reason}",
                "put it back; `hotline letter check` says whether it can be used",
            )
    return found


def print_thread(out: Console, found: Thread, at_us: int) -> None:
    """Print each message of a thread under a heading of its own, the notice's standing first.

    What is in force comes before what it superseded (`threads`).
    """
    print_standing(out, found, at_us)
    before = False
    for number, one in enumerate(placed(found.thread)):
        if number:
            out.print()
        if one.superseded and not before:
            before = True
            out.print(Text("--- before that, and not in force any more ---", style="dim"))
            out.print()
        print_message(out, one.view, at_us, chosen=one.view.id == found.message.id, place=one)


def print_standing(out: Console, found: Thread, at_us: int) -> None:
    """Print what the notice is to others, loudest first, and how it stands by the clock.

    Nothing is printed of what is no notice.
    """
    about = next((view for view in [found.message, *found.thread] if view.life is not None), None)
    if about is None:
        return
    if about.relations:
        out.print(relation_block(about.relations))
    rows: dict[str, object] = {}
    left = countdown(about.life, about.starts_at, about.ends_at, at_us)
    if left is not None:
        rows[about.reference or about.id[:8]] = left
    if about.open_steps:
        rows["next"] = f"may be sent: {', '.join(about.open_steps)}"
    if rows:
        out.print(facts(rows))
    if rows or about.relations:
        out.print()


def print_message(
    out: Console, view: MessageView, at_us: int, *, chosen: bool, place: Placed | None = None
) -> None:
    """Print one message: heading, flags, text, stamps; what is past in it is dim."""
    place = place or Placed(view)
    way = f"from {view.peer}" if view.direction == "in" else f"to {view.peer}"
    out.print(
        Text.assemble(
            ("» " if chosen else "  ", "bold"),
            plain(view.id[:8], "bold"),
            "  ",
            plain(way),
            "  ",
            precedence_text(view.precedence),
            f" no. {view.seq}  ",
            state_text(view.state),
            plain(f"  ({view.life})" if view.life and not place.superseded else "", "dim"),
        )
    )
    if place.superseded and place.past:
        out.print(Text("  ") + plain(place.past, "bold yellow"))
    for flag in view.flags if view.rendering is None else ():
        text = f"{flag.field}: {flag.text}" if flag.field else flag.text
        if place.is_past(flag.code):
            out.print(plain(f"  flag when it came  {text} [{flag.code}]", "dim"))
        else:
            out.print(Text("  flag  ", style="bold red") + plain(f"{text} [{flag.code}]"))
    out.print()
    out.print(block(view.rendering or view.text, indent=4))
    out.print()
    # By itself: beside the other labels its 64 digits do not fit into 80 columns.
    out.print(facts({"id": view.id}, indent=4))
    out.print(facts(stamps(view, at_us), indent=4))


def stamps(view: MessageView, at_us: int) -> dict[str, object]:
    """Return who did what when, as far as it has happened."""
    here = "received" if view.direction == "in" else "durable here"
    receipt = view.receipt
    waiting = view.direction == "out" and receipt is None
    durable_there: object = Text("no receipt yet", style="yellow") if waiting else None
    if receipt is not None:
        durable_there = f"{moment(receipt.durable_at)}, entry {receipt.index} of its log"
    due: Text | None = None
    if view.due_at is not None:
        due = time_left(view.due_at, at_us) + Text(f", until {moment(view.due_at)}")
    return {
        "composed by": view.composed_by,
        "signed": moment(view.created_at),
        here: f"{moment(view.entered_at)}, entry {view.entry} of this log",
        "durable there": durable_there,
        "read": _by(view.read_by, view.read_at),
        "answered": _answered(view),
        "answer in": due,
        "warning": warning_text(view.warning_s, view.warning_needed_s),
    }


def _by(name: str | None, at: str | None) -> str | None:
    return None if name is None else f"{moment(at)} by {name}"


def _answered(view: MessageView) -> str | None:
    if view.answer is None:
        return None
    by = f" by {view.answered_by}" if view.answered_by else ""
    return f"{moment(view.answered_at)}{by}: {view.answer}"
