"""``hotline voice list`` and ``show``: what is recorded of calls."""

from __future__ import annotations

import click
from rich.text import Text

from hotline.api.voice_shapes import VoiceView
from hotline.cli.asking import json_option, look
from hotline.cli.output import Listing, facts, moment, now_us, of_day, plain, print_json, stdout
from hotline.cli.voice.reading import heading, language_option, print_items, words
from hotline.errors import UsageError
from hotline.model.times import shorten

MOST = 1000


@click.command("list")
@click.option("--peer", metavar="PEER", help="Only calls with this centre.")
@json_option
@click.pass_context
def list_calls(context: click.Context, peer: str | None, as_json: bool) -> None:
    """List what was read out, written down and confirmed, the newest first."""
    page = look(context, lambda node: node.voice(peer=peer, limit=MOST))
    if as_json:
        print_json(page)
        return
    if not page.calls:
        stdout().print("nothing was said over a telephone yet")
        return
    listing = Listing("at", "peer", "state", "message", "about", "officer", flexible="about")
    at_us = now_us()
    for view in page.calls:
        listing.add(
            of_day(view.at, at_us),
            plain(view.peer),
            state_of(view),
            plain(view.message[:8]),
            plain(view.subject),
            plain(view.officer),
        )
    listing.print(stdout())


def state_of(view: VoiceView) -> Text:
    """Return what became of a call: of what was heard, whether the words that were typed agree."""
    if view.state == "differs":
        return Text("differs", style="bold red")
    if view.state != "heard":
        return plain(view.state)
    if view.differs or (view.said and view.said != view.words):
        return Text("heard, differs", style="bold red")
    return Text("heard, agrees" if view.said else "heard, no words")


@click.command()
@click.argument("name", metavar="ID")
@language_option
@json_option
@click.pass_context
def show(context: click.Context, name: str, language: str | None, as_json: bool) -> None:
    """Show what was said about a message over a telephone, the newest first, with its text.

    ID is a reference, or the first 6 or more digits of the message's id.
    """
    page = look(context, lambda node: node.voice(name=name, limit=MOST))
    if not page.calls:
        raise UsageError(
            "voice.not-recorded",
            f"nothing is recorded of a call about {shorten(name)}",
            "give the id or the reference as `hotline voice list` shows it",
        )
    if as_json:
        print_json(page)
        return
    out = stdout()
    for number, view in enumerate(page.calls):
        if number:
            out.print()
        out.print(heading(view))
        out.print(facts(stamps(view), indent=2))
        if view.items:
            out.print()
            print_items(out, view, language)


def stamps(view: VoiceView) -> dict[str, object]:
    """Return who did what when."""
    return {
        "at": f"{moment(view.at)}, entry {view.entry} of this log",
        "by": view.officer,
        "message": view.message,
        "of entry": view.confirms,
        "words said": words(view.said) if view.state != "spoken" else None,
        "answer": words(view.answer) if view.answer else None,
        "other items": ", ".join(view.differs) or None,
    }
