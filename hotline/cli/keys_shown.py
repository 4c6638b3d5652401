"""How keys and cards are shown: what expires when, and the words that are compared by voice."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from hashlib import sha256

from rich.console import Console
from rich.table import Table

from hotline.cli.output import count_text
from hotline.model.times import format_time
from hotline.node.keyring import PublicKeyring
from hotline.trust.card import Card
from hotline.trust.certificates import validity
from hotline.trust.words import lines_of

WARN_DAYS = 30
_DAY_US = 86_400_000_000
_WIDE = 132  # columns where there is no terminal to ask: nothing is folded into a file


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One thing that expires: what it is, whose, when (microseconds since 1970 UTC).

    ``fingerprint`` is its SHA-256; ``words`` are the card's, empty for a certificate.
    """

    what: str
    centre: str
    expires_us: int
    days_left: int
    fingerprint: bytes
    words: tuple[str, ...] = ()


def rows_of(keyring: PublicKeyring, now_us: int) -> list[KeyRow]:
    """Return the own card and certificates, then the pinned cards."""

    def row(what: str, card: Card, der: bytes | None = None) -> KeyRow:
        expires_us = card.expires_us if der is None else validity(der).not_after_us
        days_left = (expires_us - now_us) // _DAY_US
        if der is not None:
            return KeyRow(what, card.centre, expires_us, days_left, sha256(der).digest())
        return KeyRow(what, card.centre, expires_us, days_left, card.fingerprint, card.words)

    own = keyring.card
    return [
        row("own card", own),
        row("CA certificate", own, own.ca_der),
        *(
            [row("node certificate", own, keyring.node_certificate_der)]
            if keyring.node_certificate_der
            else []
        ),
        *(row("pinned card", peer) for peer in keyring.peers.values()),
    ]


def rows_json(keyring: PublicKeyring, rows: list[KeyRow]) -> dict[str, object]:
    """Return what `hotline keys show --json` prints."""
    return {
        "centre": keyring.centre,
        "status": keyring.status.value,
        "directory": str(keyring.directory),
        "items": [
            {
                "what": row.what,
                "centre": row.centre,
                "expires": format_time(row.expires_us),
                "days_left": row.days_left,
                "fingerprint": row.fingerprint.hex(),
                "words": list(row.words),
            }
            for row in rows
        ],
    }


def print_table(keyring: PublicKeyring, rows: list[KeyRow]) -> None:
    """Print on stdout what expires when, and the words of the own card."""
    out = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
    out.print(f"keys of [bold]{keyring.centre}[/], for [bold]{keyring.status}[/] traffic\n")
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for heading in ("what", "centre", "expires"):
        table.add_column(heading, no_wrap=True)
    table.add_column("days left", justify="right", no_wrap=True)
    table.add_column("fingerprint", no_wrap=True)
    for row in rows:
        style = "red" if row.days_left < 0 else "yellow" if row.days_left < WARN_DAYS else ""
        table.add_row(
            row.what,
            row.centre,
            format_time(row.expires_us),
            str(row.days_left) if row.days_left >= 0 else "expired",
            row.fingerprint.hex()[:16],
            style=style,
        )
    out.print(table)
    out.print("\nthe other side should see these words when it enrols our card:\n")
    print_words(out, keyring.card)
    if not keyring.peers:
        out.print("\nnobody is enrolled yet: `hotline keys enrol FILE`")


def describe(talk: Console, card: Card, now_us: int) -> None:
    """Print what is to be known of a card before it is pinned."""
    days_left = (card.expires_us - now_us) // _DAY_US
    talk.print(f"card of   [bold]{card.centre}[/]")
    talk.print(f"status    [bold]{card.status}[/]")
    talk.print(f"issued    {format_time(card.issued_us)}")
    talk.print(f"expires   {format_time(card.expires_us)}, in {count_text(days_left, 'day')}")
    talk.print(f"sha-256   {card.fingerprint.hex()}\n", soft_wrap=True)
    print_words(talk, card)
    talk.print()


def print_words(console: Console, card: Card) -> None:
    """Print the fingerprint words of a card, as they are read out."""
    for line in lines_of(card.words):
        console.print("    " + "".join(f"{word:<12}" for word in line.split()).rstrip())
