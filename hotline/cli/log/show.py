"""``hotline log show``: the entries of this node's logs."""

from __future__ import annotations

import click
from rich.text import Text

from hotline.api.schema import EntryView
from hotline.cli.asking import json_option, look
from hotline.cli.output import Listing, now_us, of_day, plain, print_json, stdout
from hotline.model.kinds import Kind
from hotline.model.times import resolve_time

RECORD_KINDS = (
    "receipt",
    "rejection",
    "refusal",
    "equivocation",
    "association",
    "clock",
    "read",
    "anchor",
    "node",
    "alarm-raised",
    "alarm-cleared",
    "alarm-acknowledged",
    "clock-stepped",
    "recovered",
)
"""Entries that are no messages, as docs/spec/log.md, section 2, has them."""
KINDS = (*(kind.value for kind in Kind), *RECORD_KINDS)
HEX_DIGITS = 64
"""Digits of an id or a hash; the first ones are enough to find it again."""
MOST_SHOWN = 60


@click.command("show")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    type=click.Choice(KINDS),
    help="Only these; may be repeated. docs/howto/commands.md lists them.",
)
@click.option("--since", metavar="TIME", help="Only from this time on (RFC 3339).")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most."
)
@click.option("--log", "which", metavar="LOG", help="Only this log: a peer's id, or node.")
@json_option
@click.pass_context
def show(
    context: click.Context,
    kinds: tuple[str, ...],
    since: str | None,
    limit: int,
    which: str | None,
    as_json: bool,
) -> None:
    """List entries of this node's logs, the newest first: messages and everything else."""
    from_time = resolve_time(since, now_us()) if since is not None else None
    page = look(context, lambda node: node.log(log=which, kind=kinds, since=from_time, limit=limit))
    if as_json:
        print_json(page)
        return
    listing = Listing("at", "log", "entry", "kind", "what", right=("entry",), flexible="what")
    for entry in page.entries:
        listing.add(
            of_day(entry.at),
            plain(short_origin(entry.log)),
            str(entry.entry),
            plain(entry.kind),
            _what(entry),
        )
    listing.print(stdout())


def short_origin(origin: str) -> str:
    """Return the part of a log's origin that tells one node's logs apart: the peer, or node."""
    parts = origin.split("/")
    return parts[3] if len(parts) == 5 else origin


def _what(entry: EntryView) -> Text:
    what = dict(entry.what)
    if "direction" in what:
        arrow = "to" if what["direction"] == "out" else "from"
        said = (what.get("precedence"), what.get("seq"), what.get("reference"), what.get("title"))
        shown = " ".join(str(part) for part in said if part not in (None, ""))
        return plain(f"{str(what.get('id', ''))[:8]} {arrow} {short_origin(entry.log)} {shown}")
    return plain(" ".join(f"{key}={_short(value)}" for key, value in what.items()))


def _short(value: object) -> str:
    text = str(value).partition("\n")[0]
    if len(text) == HEX_DIGITS and set(text) <= set("0123456789abcdef"):
        return text[:8]
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
