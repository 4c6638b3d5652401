"""``hotline voice take``: the side that writes down."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from hotline.api.voice_shapes import VoiceTaken
from hotline.cli.asking import config_of, json_option, officer_of, officer_option
from hotline.cli.exits import Exit
from hotline.cli.files import read_bytes
from hotline.cli.output import block, facts, print_json, stdout
from hotline.cli.root import decide, warn
from hotline.cli.show import phrases_at
from hotline.cli.voice.reading import ask_running, heading, language_option, print_items, words
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.sheet import Sheet
from hotline.formats.telephone.wording import WITHIN_M
from hotline.model.languages.language import Language
from hotline.model.phrases import Phrase
from hotline.model.rendering import rendition


@click.command()
@click.argument("file", metavar="[FILE]", default="-", type=click.Path(path_type=Path))
@click.option(
    "--from", "peer", metavar="PEER", default="", help="Who reads out, where there are several."
)
@language_option
@officer_option
@json_option
@click.pass_context
def take(
    context: click.Context,
    file: Path,
    peer: str,
    language: str | None,
    officer: str | None,
    as_json: bool,
) -> None:
    """Take what was heard over a telephone: say what it means, and the words to answer with.

    FILE holds the items as they were typed, one a line; without it, or with -, they come from
    stdin. It is recorded whether the words agree or not. Exit code 5 if they differ.
    """
    acting = officer_of(officer)
    if str(file) == "-" and sys.stdin.isatty():
        click.echo("Type each item on a line of its own; Ctrl-D ends.", err=True)
    text = read_bytes(file).decode(errors="replace")
    # Whoever holds the receiver asks once for all that was misheard: each with its line and mend.
    hear(text)
    taken = ask_running(context, lambda client: client.take_down(text, acting, peer))
    code = decide(context, Exit.UNVERIFIED if taken.agrees is False else Exit.DONE)
    if as_json:
        print_json(taken)
    else:
        said = Language(language or Language.EN)
        print_taken(stdout(), taken, said, phrases_at(config_of(context)).get(taken.call.peer))
    tell(taken, items_shown=not as_json)
    context.exit(code)


def print_taken(
    out: Console, taken: VoiceTaken, language: Language, phrases: dict[int, Phrase] | None
) -> None:
    """Print what was heard as a message, and what to answer."""
    sheet = hear(taken.call.text).sheet
    out.print(heading(taken.call))
    out.print()
    if taken.agrees is False:
        print_items(out, taken.call, None)
        out.print()
    shown = rendition(sheet.message, language, phrases, precedence=sheet.precedence)
    # The last line says that what is signed counts, and nothing is signed yet.
    out.print(block(shown.rpartition("\n")[0], indent=4))
    out.print()
    # Whoever read these words out would confirm what was misheard.
    answer = None if taken.agrees is False else words(taken.call.answer)
    out.print(facts(notes(sheet) | {"answer": answer}))


def notes(sheet: Sheet) -> dict[str, object]:
    """Return what the message does not show: what was left out, and what was rounded."""
    near = f"true positions lie within {WITHIN_M} m of these" if sheet.rounded else None
    return {"not read out": ", ".join(sorted(sheet.unread)) or None, "rounded": near}


def tell(taken: VoiceTaken, *, items_shown: bool) -> None:
    """Say on stderr what has to be done about it."""
    if taken.agrees is None:
        click.echo(
            "The check words were not typed; the speaker compares the words of the answer.",
            err=True,
        )
    if taken.agrees is False and taken.call.differs:
        warn(
            f"the words of these items are others: {', '.join(taken.call.differs)}",
            "ask for them again, and take the whole once more",
        )
    elif taken.agrees is False:
        where = "above" if items_shown else "in `items`"
        warn(
            f"the check words are others: {words(taken.call.said)} was typed,"
            f" and the text has {words(taken.call.words)}",
            f"ask for the word of each item, and compare with those {where}; then take it again",
        )
    if taken.arrived is not None and taken.otherwise:
        warn(
            f"message {taken.arrived.id[:8]} is here, signed, and says something else in "
            f"{', '.join(taken.otherwise)}",
            f"what is signed counts: `hotline show {taken.arrived.id[:8]}`",
        )
    elif taken.arrived is not None:
        content = "the same content"
        if taken.not_read_out:
            content += f" as far as it is read out ({taken.not_read_out})"
        click.echo(
            f"Message {taken.arrived.id[:8]} is here already, signed, with {content}.", err=True
        )
