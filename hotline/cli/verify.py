"""``hotline verify``: what evidence files prove, with nothing at hand but the files.

No node, configuration, clock or network: the files' bytes, and the cards that are named.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from hotline.audit.evidence.check import check
from hotline.audit.evidence.exchange import Exchange
from hotline.audit.evidence.facts import facts_of
from hotline.audit.evidence.forks import (
    Contradiction,
    Fork,
    find_contradictions,
    find_forks,
)
from hotline.audit.evidence.form import MAX_FILE
from hotline.audit.evidence.steps import FORKS, STEPS, Refused
from hotline.audit.evidence.story import Row, Story, tell
from hotline.audit.named_files import open_regular
from hotline.cli.asking import json_option
from hotline.cli.exits import Exit
from hotline.cli.output import MARK_STYLE, Facts, block, plain, print_json, stdout
from hotline.cli.root import decide, report
from hotline.errors import TrustError, UsageError
from hotline.model.kinds import Precedence
from hotline.model.messages import lower_first
from hotline.trust.card import MAX_CARD_SIZE, Card, read_card
from hotline.trust.words import lines_of


@dataclass(frozen=True, slots=True)
class Looked:
    """One file: what it proves, or why it proves nothing."""

    path: str
    exchange: Exchange | None
    refused: Refused | None


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--card",
    "cards",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A centre's card: other keys are refused. Give both centres'.",
)
@json_option
@click.pass_context
def verify(
    context: click.Context, files: tuple[str, ...], cards: tuple[Path, ...], as_json: bool
) -> None:
    """Check evidence files, and tell what they prove.

    No node, configuration or network is needed. Several files are also held against each other:
    a log that was shown differently is proof against its centre. docs/spec/evidence.md lists the
    steps. Exit code 5 when anything does not hold.
    """
    pins = [read_pin(path) for path in cards]
    looked = [look_at(path, pins) for path in files]
    good = [(one.path, one.exchange) for one in looked if one.exchange is not None]
    exchanges = [exchange for _, exchange in good]
    forks, contradictions = find_forks(exchanges), find_contradictions(exchanges)
    holds = len(good) == len(looked) and not forks and not contradictions
    verdict = decide(context, Exit.DONE if holds else Exit.UNVERIFIED)
    paths = [path for path, _ in good]
    out = stdout()
    if as_json:
        print_json(as_object(looked, forks, contradictions, paths, pinned=bool(pins)))
    else:
        for number, one in enumerate(looked):
            if number:
                out.print()
            print_file(out, one, pinned=bool(pins))
        for fork in forks:
            print_fork(out, fork, paths)
        for contradiction in contradictions:
            print_contradiction(out, contradiction, paths)
    for one in looked:
        if one.refused is not None:
            refused = one.refused
            report(TrustError(refused.code, f"{one.path}: {refused.message}", refused.hint))
    for fork in forks:
        report(
            TrustError(
                "evidence.fork",
                f"step {FORKS}: {fork.centre} signed two histories of its log {fork.origin}",
                "keep all these files: together they prove it; show them to both centres",
            )
        )
    for contradiction in contradictions:
        report(
            TrustError(
                "evidence.equivocation",
                f"step {FORKS}: {contradiction.centre} signed two messages as number "
                f"{contradiction.seq} of {Precedence(contradiction.stream).name}",
                "keep all these files: together they prove it; show them to both centres",
            )
        )
    if not as_json and len(looked) > 1:
        style = "bold green" if holds else "bold red"
        out.print()
        out.print(plain(verdict_of(looked, together=not forks and not contradictions), style))
    context.exit(verdict)


def verdict_of(looked: list[Looked], *, together: bool) -> str:
    """Return the last line about several files, so that nobody takes one's verdict for all."""
    bad = sum(one.exchange is None for one in looked)
    if bad:
        return f"{bad} of {len(looked)} files {'does' if bad == 1 else 'do'} NOT hold"
    if not together:
        return f"each of these {len(looked)} files holds, but together they prove two histories"
    return f"all {len(looked)} files hold, each by itself and all together"


def look_at(path: str, pins: list[Card]) -> Looked:
    """Check one file; ``-`` is stdin. Raises UsageError for one that cannot be read."""
    try:
        return Looked(path, check(read_at_most(path, MAX_FILE), pins), None)
    except Refused as refused:
        return Looked(path, None, refused)


def read_at_most(path: str, limit: int) -> bytes:
    """Return a file's bytes, at most one more than ``limit``. Raises UsageError."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(limit + 1)
        with open_regular(Path(path)) as file:
            return file.read(limit + 1)
    except OSError as error:
        raise UsageError(
            "cli.unreadable-file",
            f"{path} cannot be read: {lower_first(error.strerror or str(error))}",
            "give a file that `hotline log evidence` wrote, and cards that `hotline keys card` "
            "wrote",
        ) from error


def read_pin(path: Path) -> Card:
    """Return a card that was named. Raises UsageError, and TrustError with the file's name."""
    try:
        return read_card(read_at_most(str(path), MAX_CARD_SIZE))
    except TrustError as error:
        raise TrustError(error.code, f"{path}: {error.message}", error.hint) from error


# --- For people -------------------------------------------------------------------------------


def print_file(out: Console, one: Looked, *, pinned: bool) -> None:
    """Print what one file proves; of one that is refused, only that it is."""
    if one.exchange is None:
        step = one.refused.step if one.refused is not None else 0
        out.print(plain(f"{one.path}: does NOT hold", "bold red"), soft_wrap=True)
        out.print(plain(f"  step {step}, {STEPS[step]}: failed; nothing in it counts"))
        return
    story = tell(one.exchange)
    out.print(plain(f"{one.path}: holds", "bold green"), soft_wrap=True)
    if story.traffic:
        out.print(plain(f"  {story.traffic}", MARK_STYLE), soft_wrap=True)
    out.print(plain(f"  {story.headline}"), soft_wrap=True)
    print_story(out, story)
    print_keys(out, one.exchange, pinned=pinned)


def print_story(out: Console, story: Story) -> None:
    """Print the warning times, each message, the logs, and what is not proven."""
    for warned in story.warned:
        out.print()
        style = "bold green" if warned.good else "bold red"
        out.print(
            Text.assemble(("  WARNING TIME  ", "bold"), plain(warned.amount, style)),
            soft_wrap=True,
        )
        _rows(out, warned.rows, 4)
    for chapter in story.chapters:
        out.print()
        out.print(plain(f"  {chapter.title}", "bold"), soft_wrap=True)
        _rows(out, chapter.rows, 4)
        if chapter.text:
            out.print(Facts((("says", ""),), 4))
            _rows(out, chapter.text, 6)
    if story.clocks:
        _heading(out, "The clocks")
    _rows(out, story.clocks, 4)
    _heading(out, "The logs, at their newest checkpoint in this file")
    for origin, what in story.logs:
        if origin:
            out.print(plain(f"    {origin}"), soft_wrap=True)
        out.print(block(what, indent=6))
    _heading(out, "Not proven")
    for line in story.unproven:
        out.print(block(f"- {line}", indent=4))


def print_keys(out: Console, exchange: Exchange, *, pinned: bool) -> None:
    """Print the fingerprints that everything rests on."""
    if pinned:
        _heading(out, "The keys are those of the cards that were given")
    else:
        _heading(out, "All rests on these keys: compare the words with each centre by voice")
    rows: list[Row] = []
    for card in exchange.cards:
        first, *rest = lines_of(card.words)
        rows += [(card.centre, first), *(("", line) for line in rest)]
    _rows(out, rows, 4)


def print_fork(out: Console, fork: Fork, paths: list[str]) -> None:
    """Print both signed checkpoints of a fork: they are the proof."""
    out.print()
    out.print(
        plain(f"FORK: {fork.centre} signed two histories of {fork.origin}", "bold red"),
        soft_wrap=True,
    )
    if fork.first == 0:
        what = f"the first {fork.end} entries are not the same"
    else:
        what = f"entries {fork.first} to {fork.end - 1} are not the same"
    out.print(plain(f"  {what}"))
    for number, note in zip(fork.files, fork.notes, strict=True):
        out.print(plain(f"  in {paths[number]}:"), soft_wrap=True)
        out.print(block(note.decode().rstrip("\n"), indent=4))


def print_contradiction(out: Console, found: Contradiction, paths: list[str]) -> None:
    """Print which two messages were signed for one place."""
    stream = Precedence(found.stream).name
    out.print()
    text = f"EQUIVOCATION: {found.centre} signed two messages as number {found.seq} of {stream}"
    out.print(plain(text, "bold red"), soft_wrap=True)
    for number, id_ in zip(found.files, found.ids, strict=True):
        out.print(plain(f"  {id_.hex()} in {paths[number]}"), soft_wrap=True)


def _heading(out: Console, text: str) -> None:
    out.print()
    out.print(plain(f"  {text}", "bold"))


def _rows(out: Console, rows: list[Row] | tuple[Row, ...], indent: int) -> None:
    out.print(Facts(rows, indent))


# --- For scripts ------------------------------------------------------------------------------


def as_object(
    looked: list[Looked],
    forks: list[Fork],
    contradictions: list[Contradiction],
    paths: list[str],
    *,
    pinned: bool,
) -> dict[str, Any]:
    """Return everything as the JSON object that scripts get."""
    return {
        "ok": all(one.exchange is not None for one in looked) and not forks and not contradictions,
        "pinned": pinned,
        "files": [
            {
                "file": one.path,
                "ok": one.exchange is not None,
                "failure": None if one.refused is None else _failure(one.refused),
                "proves": None if one.exchange is None else facts_of(one.exchange),
            }
            for one in looked
        ],
        "forks": [
            {
                "log": fork.origin,
                "centre": fork.centre,
                "entries": [fork.first, fork.end - 1],
                "files": [paths[number] for number in fork.files],
                "checkpoints": [note.decode() for note in fork.notes],
            }
            for fork in forks
        ],
        "equivocations": [
            {
                "centre": one.centre,
                "precedence": Precedence(one.stream).name,
                "seq": one.seq,
                "files": [paths[number] for number in one.files],
                "messages": [id_.hex() for id_ in one.ids],
            }
            for one in contradictions
        ],
    }


def _failure(refused: Refused) -> dict[str, Any]:
    return {
        "step": refused.step,
        "promise": STEPS[refused.step],
        "where": refused.where or None,
        "code": refused.code,
        "text": refused.reason,
    }
