"""``hotline inbox`` and ``hotline outbox``: what lies on the desk, what went out."""

from __future__ import annotations

import click
import msgspec
from rich.text import Text

from hotline.api.schema import MessagePage, MessageView
from hotline.cli.asking import json_option, look
from hotline.cli.countdown import when
from hotline.cli.output import (
    Listing,
    clock_text,
    compact,
    count_text,
    now_us,
    of_day,
    plain,
    precedence_text,
    print_json,
    state_text,
    stdout,
)
from hotline.cli.relations import mark
from hotline.cli.root import warn
from hotline.model.kinds import Kind, Precedence
from hotline.model.times import SECOND_US, parse_time

MOST = 1000
"""Messages that are looked at, the newest ones."""
SHOWN_ID = 8
TITLE_LINES = 2
"""Lines that a title has in a list; more is to be looked at by `hotline show`."""
TITLE_LEAST = 18
"""Columns that a title needs to be understood; others are left out for it."""


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also what is read and answered.")
@json_option
@click.pass_context
def inbox(context: click.Context, everything: bool, as_json: bool) -> None:
    """List what lies on the desk: unread, or waiting for an answer, the most urgent first."""
    page = look(context, lambda node: node.messages(direction="in", limit=MOST))
    ordered = order_inbox(page.messages)
    shown = ordered if everything else [view for view in ordered if is_open(view)]
    if as_json:
        print_json(msgspec.structs.replace(page, messages=shown))
        return
    if shown:
        inbox_listing(shown, now_us()).print(stdout())
    settled = len(ordered) - len(shown)
    if not shown:
        stdout().print("nothing waits on the desk")
    if settled:
        click.echo(f"{settled} settled; `hotline inbox --all` lists them too", err=True)
    _warn_if_cut(page)


@click.command()
@json_option
@click.pass_context
def outbox(context: click.Context, as_json: bool) -> None:
    """List what this centre sent, the newest first, with receipts and answers."""
    page = look(context, lambda node: node.messages(direction="out", limit=MOST))
    if as_json:
        print_json(page)
        return
    if page.messages:
        outbox_listing(page.messages, now_us()).print(stdout())
    else:
        stdout().print("nothing was sent yet")
    _warn_if_cut(page)


def is_open(view: MessageView) -> bool:
    """Say whether somebody here still has to read or answer a message."""
    return view.state == "unread" or view.due_at is not None


def order_inbox(messages: list[MessageView]) -> list[MessageView]:
    """Return what is open by precedence and deadline, then the rest, the newest first."""
    waiting = [view for view in messages if is_open(view)]
    settled = [view for view in messages if not is_open(view)]

    def urgency(view: MessageView) -> tuple[int, str, str]:
        # Without a deadline after those that have one; then as they came.
        return rank(view.precedence), view.due_at or "~", view.entered_at

    return [*sorted(waiting, key=urgency), *settled]


def rank(precedence: str) -> int:
    """Return a precedence as a number, most urgent first; what is unknown comes last."""
    known = Precedence.__members__.get(precedence)
    return len(Precedence) if known is None else int(known)


def inbox_listing(messages: list[MessageView], at_us: int) -> Listing:
    """Return the desk as a table as wide as the terminal, from 80 columns on."""
    several = len({view.peer for view in messages}) > 1
    columns = ["id", "at", "precedence", "kind", "reference", "", "title", "start", "state", "due"]
    if several:
        columns.insert(1, "from")
    listing = Listing(
        *columns,
        right=("start", "due"),
        flexible="title",
        spare=("at", "state", "kind"),
        folds=TITLE_LINES,
        least=TITLE_LEAST,
        told="kind",
        if_any=("due",),
    )
    for view in messages:
        cells: list[str | Text] = [
            plain(view.id[:SHOWN_ID]),
            clock_text(view.entered_at, at_us),
            precedence_text(view.precedence),
            plain(view.kind),
            plain(view.reference or "-"),
            mark(one.relation for one in view.relations),
            _title(view),
            when(view.life, view.starts_at, view.ends_at, at_us),
            state_text(view.state),
            _due(view.due_at, at_us),
        ]
        if several:
            cells.insert(1, plain(view.peer))
        listing.add(*cells, instead=_title(view, _kind_and_title(view)))
    return listing


def outbox_listing(messages: list[MessageView], at_us: int) -> Listing:
    """Return what went out as a table as wide as the terminal, from 80 columns on."""
    several = len({view.peer for view in messages}) > 1
    columns = [
        "id",
        "at",
        "precedence",
        "kind",
        "reference",
        "",
        "title",
        "start",
        "receipt",
        "answer",
    ]
    if several:
        columns.insert(1, "to")
    listing = Listing(
        *columns,
        right=("start",),
        flexible="title",
        spare=("at", "kind", "start"),
        folds=TITLE_LINES,
        least=TITLE_LEAST,
        told="kind",
        if_any=("start", "answer"),
    )
    for view in messages:
        receipt = (
            Text("none yet", style="yellow")
            if view.receipt is None
            else Text(of_day(view.receipt.durable_at, at_us), style="green")
        )
        cells: list[str | Text] = [
            plain(view.id[:SHOWN_ID]),
            clock_text(view.created_at, at_us),
            precedence_text(view.precedence),
            plain(view.kind),
            plain(view.reference or "-"),
            mark(one.relation for one in view.relations),
            _title(view),
            when(view.life, view.starts_at, view.ends_at, at_us),
            receipt,
            plain(view.answer or ("awaited" if view.due_at else "")),
        ]
        if several:
            cells.insert(1, plain(view.peer))
        listing.add(*cells, instead=_title(view, _kind_and_title(view)))
    return listing


def _kind_and_title(view: MessageView) -> str:
    """Return a title for a list without the kinds: ``reply: accept``, ``end: ended at 10:00``.

    A notice is what has a title of its own; a conflict says so in its first words.
    """
    if view.kind in (Kind.NOTICE.value, Kind.CONFLICT.value):
        return view.title
    # The reference stands beside.
    title = view.title.removesuffix(f" {view.reference}") if view.reference else view.title
    return f"{view.kind}: {title}"


def _title(view: MessageView, said: str | None = None) -> Text:
    title = plain(view.title if said is None else said)
    if not view.flags:
        return title
    count = count_text(len(view.flags), "flag")
    return Text.assemble((f"[{count}] ", "bold red"), title)


def _due(due: str | None, at_us: int) -> Text:
    """Return the time left to answer in a few columns, in red once it is over."""
    if due is None:
        return Text("")
    left_us = parse_time(due) - at_us
    if left_us < 0:
        return Text(f"{compact(left_us)} late", style="bold red")
    return Text(compact(left_us), style="yellow" if left_us < 120 * SECOND_US else "")


def _warn_if_cut(page: MessagePage) -> None:
    if len(page.messages) >= MOST:
        warn(f"only the newest {MOST} messages were looked at [cli.many-messages]")
