"""The lines of a call as they are printed: a label, the text, the check word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from textwrap import wrap
from typing import TypeVar

import click
from rich.console import Console
from rich.text import Text

from hotline.api.client import Client
from hotline.api.voice_shapes import VoiceView
from hotline.cli.asking import SIGN_S, ask
from hotline.cli.output import GAP, plain
from hotline.errors import UsageError
from hotline.formats.telephone.items import Item
from hotline.model.languages.language import Language

T = TypeVar("T")

LABEL_WIDTH = 7
"""Columns of the labels: ``F12.10`` is the longest."""
TEXT_WIDTH = 52
"""Columns of the texts on a terminal, so that word and all fit into 80."""
NARROW = 38
"""The same where the meaning of each item stands behind it."""
MEANING_AT = 60
"""Column from which the meaning stands."""

language_option = click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    help="Say beside each item what it is, in English, Russian or Hebrew.",
)
"""``--language`` for commands that print items."""


def print_items(out: Console, view: VoiceView, language: str | None) -> None:
    """Print each item with its check word behind a slash, and the words of the whole last.

    What is printed, without ``--language``, can be given to ``hotline voice take`` as it is. On a
    terminal long texts go on in further lines, which begin with blanks as the layout has them.
    """
    room = (NARROW if language is not None else TEXT_WIDTH) if out.is_terminal else None
    for item in view.items:
        lines = wrap(item.text, room) if room is not None else [item.text]
        for number, line in enumerate(lines):
            shown = Text.assemble(
                ("" if number else item.label, "bold"),
                " " * (LABEL_WIDTH - (0 if number else len(item.label))),
                plain(line),
                (f" / {item.word}" if number == len(lines) - 1 else "", "cyan"),
            )
            if language is not None and not number:
                # Behind the Latin letters, so that a line never begins from the right.
                meaning = Item(item.label, item.text).meaning(Language(language))
                shown.append(" " * max(GAP, MEANING_AT - shown.cell_len))
                shown.append(meaning, style="dim")
            out.print(shown, soft_wrap=True)
    out.print(Text.assemble(("CHECK".ljust(LABEL_WIDTH), "bold"), (words(view.words), "cyan")))


def ask_running(context: click.Context, question: Callable[[Client], Awaitable[T]]) -> T:
    """Return the node's answer; one that is stopped can neither sign nor record.

    Raises UsageError: ``voice.no-node``.
    """
    try:
        return ask(context, question, SIGN_S)
    except UsageError as error:
        if error.code != "api.no-node":
            raise
        raise UsageError(
            "voice.no-node",
            "no node runs here, so nothing can be signed or recorded",
            "start it with `hotline --config FILE run`; until then speak in your own words, and"
            " write down the time and the names",
        ) from None


def words(several: list[str]) -> str:
    """Return check words as one text, or that there are none."""
    return " ".join(several) or "none"


def heading(view: VoiceView) -> Text:
    """Return the line that begins a call."""
    way = {"heard": "from", "spoken": "to"}.get(view.state, "with")
    return Text.assemble(
        plain(view.state, "bold green" if view.state != "differs" else "bold red"),
        " " * GAP,
        plain(view.subject or view.message[:12]),
        f"  {way} ",
        plain(view.peer),
    )
