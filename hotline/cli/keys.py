"""``hotline keys``: make a centre's keys, hand out its card, enrol the peer's, see what expires.

These commands work on the directory of keys and need no running node. What they print on stdout
is data (a card, a table, JSON); all talk goes to stderr.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from time import time_ns

import click
from rich.console import Console
from rich.markup import escape

from hotline.cli.asking import config_of, is_interactive, json_option
from hotline.cli.group import Group
from hotline.cli.keys_console import console
from hotline.cli.keys_renew import AUTHORITY, DAYS, PASSPHRASE, renew_in
from hotline.cli.keys_shown import (
    WARN_DAYS,
    describe,
    print_table,
    print_words,
    rows_json,
    rows_of,
)
from hotline.cli.output import count_text
from hotline.errors import KeysError, TrustError, UsageError
from hotline.model.kinds import Status
from hotline.model.times import format_time
from hotline.node.config import read_config, read_file
from hotline.node.keyfiles import read_passphrase, read_public, write_public
from hotline.node.keyring import (
    CARD_FILE,
    DEFAULT_DAYS,
    PRIVATE_FILES,
    PublicKeyring,
    check_pin,
    init_keys,
    load_cards,
    load_public,
    pin_card,
)
from hotline.node.witness.vkeys import log_vkeys
from hotline.trust.card import MAX_CARD_SIZE, Card, read_card
from hotline.trust.certificates import MAX_DAYS
from hotline.trust.words import parse_words

_MAKE_CARD = "give the file that the other side made with `hotline keys card`"


@dataclass(frozen=True, slots=True)
class Where:
    """The directory of keys, and what node.toml says of the centre, if there is one."""

    directory: Path
    centre: str | None = None
    status: str | None = None


def find_keys(context: click.Context, given: Path | None) -> Where:
    """Return where the keys are: ``--keys``, else as node.toml says, else ``keys`` here."""
    config: Path | None = getattr(context.obj, "config_path", None)
    if config is None:
        return Where(given or Path("keys"))
    file = read_file(config)
    return Where(given or config.parent / file.keys, file.centre, file.status)


_keys_option = click.option(
    "--keys",
    "given",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the keys. Default: what node.toml says, else ./keys.",
)


@click.group(cls=Group)
def keys() -> None:
    """Make, exchange and look after keys."""


@keys.command()
@_keys_option
@click.option("--centre", help="Id of this centre, as in the letter of agreement.")
@click.option(
    "--status",
    type=click.Choice([status.value for status in Status]),
    help="What the keys may sign. A key for one status never serves another.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MAX_DAYS),
    default=DEFAULT_DAYS,
    show_default=True,
    help="How long the keys are valid.",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Protect the private keys with the passphrase in this file.",
)
@click.option("--ask-passphrase", is_flag=True, help="Protect them with a passphrase typed in.")
@click.pass_context
def init(
    context: click.Context,
    given: Path | None,
    centre: str | None,
    status: str | None,
    days: int,
    passphrase_file: Path | None,
    ask_passphrase: bool,
) -> None:
    """Make a certificate authority, a node certificate and the signing, log and witness keys."""
    where = find_keys(context, given)
    centre, status = centre or where.centre, status or where.status
    if centre is None or status is None:
        missing = "--centre" if centre is None else "--status"
        raise click.UsageError(f"{missing} is needed where no node.toml says it", context)
    if passphrase_file is not None and ask_passphrase:
        raise click.UsageError("--passphrase-file and --ask-passphrase exclude each other", context)
    passphrase = None
    if passphrase_file is not None:
        passphrase = read_passphrase(passphrase_file)
    elif ask_passphrase:
        passphrase = _typed_passphrase()
    card = init_keys(
        where.directory,
        centre,
        Status(status),
        now_us=_now_us(),
        passphrase=passphrase,
        days=days,
    )
    talk = _stderr()
    talk.print(f"made the [bold]{card.status}[/] keys of [bold]{card.centre}[/] in ", end="")
    talk.print(escape(str(where.directory)))
    talk.print(f"they expire at {format_time(card.expires_us)}\n")
    print_words(talk, card)
    talk.print(
        "\nnext: `hotline keys card -o FILE`, send the file, and compare these words by voice"
    )


@keys.command()
@_keys_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the card to this file instead of stdout.",
)
@click.pass_context
def card(context: click.Context, given: Path | None, output: Path | None) -> None:
    """Write this centre's public card, for the other side to enrol."""
    own = _shown(find_keys(context, given).directory).card
    if output is None:
        click.echo(own.note, nl=False)
        return
    write_public(output, own.note)
    talk = _stderr()
    talk.print(f"wrote the card of [bold]{own.centre}[/] ({own.status}) to {escape(str(output))}\n")
    print_words(talk, own)


@keys.command()
@_keys_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--words", help="The 16 words that the other side read out; needed in scripts.")
@click.option("--replace", is_flag=True, help="Take a new card of a centre that is enrolled.")
@click.pass_context
def enrol(
    context: click.Context, given: Path | None, file: Path, words: str | None, replace: bool
) -> None:
    """Check the peer's card, compare its fingerprint by voice, and pin it.

    FILE is the card that the other side sent, or - for stdin. Call the other side on a line that
    you trust, and have them read out the words of `hotline keys show`.
    """
    directory = find_keys(context, given).directory
    received = _read_received(file)
    talk = _stderr()
    if not check_pin(directory, received, _now_us(), replace=replace):
        talk.print(f"the card of [bold]{received.centre}[/] is pinned already")
        return
    describe(talk, received, _now_us())
    if words is not None:
        if parse_words(words) != received.words:
            raise _different_words(received)
    elif is_interactive() and str(file) != "-":
        _confirm(received)
    else:
        raise UsageError(
            "keys.words-needed",
            "there is no terminal to ask whether the words are the same",
            'give the words that the other side read out with --words "..."',
        )
    pin_card(directory, received, _now_us(), replace=replace)
    talk.print(f"pinned the card of [bold]{received.centre}[/]")


@keys.command()
@_keys_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def show(context: click.Context, given: Path | None, as_json: bool) -> None:
    """Show the own fingerprint words, what is pinned, and what expires when."""
    keyring = _shown(find_keys(context, given).directory)
    rows = rows_of(keyring, _now_us())
    if as_json:
        click.echo(json.dumps(rows_json(keyring, rows), indent=2))
    else:
        print_table(keyring, rows)
    talk = _stderr()
    for row in rows:
        if row.days_left < WARN_DAYS:
            when = f"in {count_text(row.days_left, 'day')}" if row.days_left >= 0 else "already"
            verb = "expires" if row.days_left >= 0 else "expired"
            talk.print(f"[yellow]warning:[/] the {row.what} of {row.centre} {verb} {when}")


def _shown(directory: Path) -> PublicKeyring:
    """Return what a directory says, also that of a backup or an archive: public cards alone."""
    private = any((directory / name).exists() for name in PRIVATE_FILES)
    if private or not (directory / CARD_FILE).is_file():
        return load_public(directory)
    own, peers = load_cards(directory)
    click.echo("hotline: note: no private keys are here: public cards alone", err=True)
    return PublicKeyring(directory, own, b"", peers)


@keys.command()
@_keys_option
@DAYS
@PASSPHRASE
@AUTHORITY
@click.pass_context
def renew(
    context: click.Context,
    given: Path | None,
    days: int,
    passphrase_file: Path | None,
    authority: Path | None,
) -> None:
    """Have the own authority make a new node certificate, also while the node runs.

    Peers pin the authority, so they enrol nothing. The node takes it over by itself: lines that
    are up stay up, and every connection from then on shows it.
    """
    renew_in(context, find_keys(context, given), days, passphrase_file, authority, _now_us())


@keys.command()
@json_option
@click.option("--tables", is_flag=True, help="As tables for node.toml of a node that witnesses.")
@click.pass_context
def logs(context: click.Context, as_json: bool, tables: bool) -> None:
    """Print the vkeys of this node's logs, all that a witness has to be given.

    One a line, then that of the node's own affairs. They follow from node.toml, the letters and
    the card, so those of a new epoch can be handed over before it begins.
    """
    config = read_config(config_of(context))
    vkeys = log_vkeys(config, load_cards(config.keys)[0])
    if as_json:
        click.echo(json.dumps({"logs": vkeys}, indent=2))
    elif tables:
        click.echo("\n".join(f'[[witness_service.log]]\nvkey = "{vkey}"\n' for vkey in vkeys))
    else:
        click.echo("\n".join(vkeys))


keys.add_command(console)


def _confirm(card: Card) -> None:
    typed = click.prompt(
        f"Has {card.centre} read out the same 16 words? Type the first line of words, or yes",
        default="no",
        show_default=False,
        err=True,
    )
    if typed.strip().lower() == "yes":
        return
    if typed.strip().lower() == "no" or parse_words(typed) != card.words[:4]:
        raise _different_words(card)


def _different_words(card: Card) -> KeysError:
    return KeysError(
        "keys.different-words",
        f"the words are not those of this card, so {card.centre} was not enrolled",
        "have the other side read out the words of `hotline keys show`; if they differ still, "
        "the file was changed on its way",
    )


def _read_received(file: Path) -> Card:
    """Return the card in a file, or on stdin. Raises KeysError and TrustError with our mend."""
    try:
        data = sys.stdin.buffer.read(MAX_CARD_SIZE + 1) if str(file) == "-" else read_public(file)
    except KeysError as error:
        raise KeysError(error.code, error.message, _MAKE_CARD) from None
    try:
        return read_card(data)
    except TrustError as error:
        if not error.code.startswith("trust.malformed-"):
            raise
        # Which line of it cannot be read does not matter to who took the wrong file.
        name = "stdin" if str(file) == "-" else file
        raise TrustError(
            "trust.malformed-card",
            f"{name}: this is not a card, or only a part of one",
            _MAKE_CARD,
        ) from None


def _typed_passphrase() -> bytes:
    if not is_interactive():
        raise UsageError(
            "keys.no-terminal",
            "there is no terminal on which a passphrase could be typed unseen",
            "write it into a file that only you can read, and name that with --passphrase-file",
        )
    once, again = (
        str(click.prompt(question, hide_input=True, err=True)).encode()
        for question in ("passphrase", "the same again")
    )
    if once != again:
        raise UsageError(
            "keys.passphrases-differ",
            "the two passphrases that were typed are not the same, so no keys were made",
            "run the command again, and type the same passphrase twice",
        )
    return once


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _now_us() -> int:
    return time_ns() // 1000
