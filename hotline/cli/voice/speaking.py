"""``hotline voice compose`` and ``confirm``: the side that reads out."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.api.client import Client
from hotline.api.schema import SendRequest
from hotline.api.voice_shapes import VoiceView
from hotline.cli.asking import json_option, officer_of, officer_option
from hotline.cli.exits import Exit
from hotline.cli.files import read_file
from hotline.cli.output import MARK_STYLE, plain, print_json, stdout
from hotline.cli.root import decide, warn
from hotline.cli.send import PrecedenceName
from hotline.cli.voice.reading import ask_running, language_option, print_items
from hotline.formats.telephone.items import NOT_READ
from hotline.model.kinds import Precedence


@click.command()
@click.argument("what", metavar="FILE|ID")
@click.option("--to", "peer", metavar="PEER", default="", help="The peer, where there are several.")
@click.option(
    "--precedence",
    type=PrecedenceName([precedence.name for precedence in Precedence]),
    help="Overrides what FILE says.",
)
@language_option
@officer_option
@json_option
@click.pass_context
def compose(
    context: click.Context,
    what: str,
    peer: str,
    precedence: str | None,
    language: str | None,
    officer: str | None,
    as_json: bool,
) -> None:
    """Print a message as it is read out over a telephone, with its check words.

    FILE is a message as `hotline send` takes it, - is stdin: it is signed and kept, and goes out by
    itself when the line is up. ID is a reference, or the first 6 or more digits of the id, of a
    message of this centre. That it was read out is recorded.
    """
    name = officer_of(officer)
    path = Path(what)
    document = None
    if what == "-" or path.is_file() or "/" in what or path.suffix:
        document = read_file(path)[1]
    elif peer or precedence:
        raise click.UsageError("--to and --precedence are for a FILE; a signed message has both")

    async def speak(client: Client) -> VoiceView:
        wanted = what
        if document is not None:
            asked = SendRequest(document=document, peer=peer, precedence=precedence, officer=name)
            wanted = (await client.send(asked)).id
        return await client.speak(wanted, name)

    view = ask_running(context, speak)
    if as_json:
        print_json(view)
        return
    out = stdout()
    print_items(out, view, language)
    if view.traffic:
        # Read out first and last: who comes in late must not take it for real.
        out.print(plain(view.traffic, MARK_STYLE), soft_wrap=True)
    unread = [item.label for item in view.items if item.text.endswith(NOT_READ)]
    if unread:
        warn(
            f"items {', '.join(unread)} cannot be read out as they stand; "
            "say in your own words what matters of them"
        )
    click.echo(
        "Read out label and text of each item, its word where a doubt is, and the check words.\n"
        "Ask for the words of the answer, and give them to "
        f"`hotline voice confirm {view.message[:8]} WORD WORD WORD WORD`.",
        err=True,
    )


@click.command()
@click.argument("name", metavar="ID")
@click.argument("words", metavar="WORD...", nargs=-1, required=True)
@click.option("--items", is_flag=True, help="The words are those of the items, from the first on.")
@officer_option
@json_option
@click.pass_context
def confirm(
    context: click.Context,
    name: str,
    words: tuple[str, ...],
    items: bool,
    officer: str | None,
    as_json: bool,
) -> None:
    """Compare the words of the listener's answer with those that are due, and record it.

    ID is the message that was read out. If the words differ, have the listener read the word of
    every item, and give them with --items: it says which items are others. Exit code 5 if they
    differ.
    """
    acting = officer_of(officer)
    view = ask_running(
        context, lambda client: client.confirm(name, " ".join(words), acting, by_item=items)
    )
    code = decide(context, Exit.DONE if view.state == "confirmed" else Exit.UNVERIFIED)
    if as_json:
        print_json(view)
    elif code is Exit.DONE:
        stdout().print(f"confirmed: {view.peer} wrote down what was read out")
    else:
        stdout().print(f"differs: {view.peer} wrote down something else")
    if code is not Exit.DONE and items:
        warn(
            f"other items were heard: {', '.join(view.differs)}", "read these again, and ask again"
        )
    elif code is not Exit.DONE and view.words and view.said == view.words:
        warn(
            "these are the check words that were read out, and the listener answers with others",
            "ask for the words that the listener's `hotline voice take` says to answer with",
        )
    elif code is not Exit.DONE:
        warn(
            "the words are not those that are due",
            "have the word of every item read, and give them with `hotline voice confirm "
            f"{view.message[:8]} --items WORD...`",
        )
    context.exit(code)
