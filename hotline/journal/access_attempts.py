"""Failed attempts to log in, counted by what they came under; each fades away in its own time.

Counted is the name, and the address where that tells places apart: never this machine's own, from
which everybody seems to come who sits elsewhere and comes by SSH. Whoever has logged in before on
a device is counted by that device alone, so that nobody who merely knows his name keeps him out.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final, NamedTuple

from hotline.errors import UsageError
from hotline.model.access import name_key
from hotline.model.times import SECOND_US

if TYPE_CHECKING:
    import sqlite3

    from hotline.journal.journal import Journal

FREE_BY_NAME: Final = 5
FREE_BY_ADDRESS: Final = 20
"""Failures before anybody has to wait."""
NAME_FADES_US: Final = 15 * 60 * SECOND_US
"""In this time one failure under a name, or on a device, is forgotten."""
ADDRESS_FADES_US: Final = 60 * SECOND_US
"""In this time one failure from an address is forgotten: several people may share one."""
FIRST_WAIT_US: Final = 15 * SECOND_US
LONGEST_WAIT_US: Final = 15 * 60 * SECOND_US
"""The wait doubles with each further failure."""
MAX_SOURCES: Final = 10_000
"""Names, addresses and devices that are counted at one time."""
SUBNET_BITS: Final = 64
"""Of an IPv6 address: one machine may have all that begin with these (RFC 4291)."""


class Source(NamedTuple):
    """What attempts are counted under: its digest, how many are free, and when one fades."""

    digest: bytes
    free: int
    fades_us: int


def sources_of(name: str, address: str, device: str = "") -> list[Source]:
    """Return what an attempt is counted under; ``device`` is one that is known, or empty."""
    if device:
        return [
            Source(_digest("device", f"{device}\n{name_key(name)}"), FREE_BY_NAME, NAME_FADES_US)
        ]
    found = [_source_of(name_key(name))]
    place = place_of(address)
    if place:
        found.append(Source(_digest("address", place), FREE_BY_ADDRESS, ADDRESS_FADES_US))
    return found


def place_of(address: str) -> str:
    """Return what tells the place of an address from others; empty for this machine's own."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known
    if known.is_loopback:
        return ""
    if isinstance(known, IPv6Address):
        return str(ip_network((int(known), SUBNET_BITS), strict=False))
    return str(known)


def count(journal: Journal, sources: Sequence[Source], now_us: int) -> None:
    """Count an attempt. Raises UsageError (``access.throttled``) while it has to wait."""
    wait_s = wait_of(journal.connection, sources, now_us)
    if wait_s:
        raise UsageError(
            "access.throttled",
            f"too many attempts failed; nobody is let in here for {wait_s} s",
            f"wait {wait_s} s, then try once more",
        )
    for source in sources:
        failed, since_us = _faded(journal, source, now_us)
        over = failed + 1 - source.free
        wait_us = min(FIRST_WAIT_US << min(over, 20), LONGEST_WAIT_US) if over >= 0 else 0
        journal.execute(
            "INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?)",
            (source.digest, failed + 1, since_us, now_us + wait_us if wait_us else 0),
        )
    _make_room(journal, now_us)


def wait_of(connection: sqlite3.Connection, sources: Sequence[Source], now_us: int) -> int:
    """Return how many seconds an attempt has to wait; 0 where it need not.

    A clock that was set back must not keep anybody out for longer than the longest wait.
    """
    until_us = 0
    for source in sources:
        row = connection.execute(
            "SELECT until_us FROM attempt WHERE source = ?", (source.digest,)
        ).fetchone()
        if row is not None and row[0] <= now_us + LONGEST_WAIT_US:
            until_us = max(until_us, row[0])
    return max(0, -(-(until_us - now_us) // SECOND_US))


def forget(journal: Journal, sources: Sequence[Source]) -> None:
    """Forget what failed under a name or device that has proved itself, and of an address this.

    Whoever has a name here must not make room with it for attempts under others.
    """
    name, *places = sources
    journal.execute("DELETE FROM attempt WHERE source = ?", (name.digest,))
    for place in places:
        journal.execute(
            "UPDATE attempt SET count = count - 1, until_us = 0 WHERE source = ? AND count > 0",
            (place.digest,),
        )


def _source_of(key: str) -> Source:
    return Source(_digest("officer", key), FREE_BY_NAME, NAME_FADES_US)


def _faded(journal: Journal, source: Source, now_us: int) -> tuple[int, int]:
    """Return how many failures are left by now, and since when the next one fades."""
    row = journal.execute(
        "SELECT count, last_us FROM attempt WHERE source = ?", (source.digest,)
    ).fetchone()
    if row is None or row[1] > now_us:
        return (0 if row is None else row[0]), now_us
    gone = (now_us - row[1]) // source.fades_us
    left = max(0, row[0] - gone)
    return left, row[1] + gone * source.fades_us if left else now_us


def _make_room(journal: Journal, now_us: int) -> None:
    """Forget the least of what is counted, where that is too much; never an officer's name.

    Strangers make names up without end, and none of that may have a real one be forgotten.
    """
    (held,) = journal.execute("SELECT count(*) FROM attempt").fetchone()
    if held <= MAX_SOURCES:
        return
    journal.execute("DELETE FROM attempt WHERE last_us + count * ? < ?", (NAME_FADES_US, now_us))
    (held,) = journal.execute("SELECT count(*) FROM attempt").fetchone()
    names = journal.execute("SELECT name_key FROM officer").fetchall()
    officers = {_source_of(key).digest for (key,) in names}
    rows = journal.execute("SELECT source FROM attempt ORDER BY count, last_us").fetchall()
    others = [source for (source,) in rows if source not in officers]
    for source in others[: max(0, held - MAX_SOURCES)]:
        journal.execute("DELETE FROM attempt WHERE source = ?", (source,))


def _digest(what: str, text: str) -> bytes:
    return sha256(f"{what}\n{text}".encode(errors="replace")).digest()
