"""The doctor: every check that an operator would make by hand, with the mend of what failed.

A check that cannot be made has failed: nothing passes on what is missing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotline.errors import HotlineError
from hotline.node.config import NodeConfig, read_config
from hotline.node.keyring import PublicKeyring, load_public
from hotline.node.watch import (
    DAY_US,
    EXPIRY_WARNING_DAYS,
    LOW_DISK_BYTES,
    free_bytes,
)

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.centre import Centre
    from hotline.node.line import Line
    from hotline.node.witness.asking import Asking

SLOW_COMMIT_S = 0.25
"""A commit that takes longer makes every receipt late; a healthy disk takes 1 to 20 ms."""

FULL = 2
"""SQLite's number for ``synchronous = FULL``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check; ``mend`` is what to do, and empty where it passed."""

    name: str
    ok: bool
    text: str
    mend: str = ""


async def examine(centre: Centre) -> list[Finding]:
    """Make every check and return what was found, in a fixed order."""
    found = [_fence(centre), await _commit(centre), await _mode(centre), _disk(centre)]
    keys = _load_keys(centre)
    config = _load_config(centre)
    found.append(keys if isinstance(keys, Finding) else _keys_fit(centre, keys))
    found.append(_days_left("own keys", centre.keyring.expires_us, centre, _NEW_KEYS))
    found.append(config if isinstance(config, Finding) else _config_fits(centre, config))
    found.extend(map(_outside_witness, centre.witnesses.values()))
    for line in centre.lines.values():
        found.append(_line_up(line))
        found.append(_clock(line))
        found.append(_letter(line))
        if not isinstance(keys, Finding):
            found.append(_pin(line, keys))
        found.append(
            _days_left(
                f"card of {line.peer}",
                line.card.expires_us,
                centre,
                f"ask {line.peer} for its new card, then run `hotline keys enrol --replace CARD`",
            )
        )
    return found


_NEW_KEYS = (
    "run `hotline keys renew`; where `hotline keys show` says that the authority ends, run "
    "`hotline keys init --keys NEW-DIRECTORY`, have the peers enrol the new card, name the "
    "directory in node.toml, restart"
)


def _fence(centre: Centre) -> Finding:
    if centre.fenced is None:
        return Finding("fence", True, "this node may sign")
    return Finding(
        "fence",
        False,
        f"this node signs nothing: {centre.fenced}",
        "tell the peer by voice and keep both journals; agree on a letter with a new epoch, stop "
        "the node, then run `hotline recover`",
    )


async def _commit(centre: Centre) -> Finding:
    """Commit something small, and see how long the disk takes."""
    begun = time.perf_counter()

    def rewrite(journal: Journal) -> None:
        # A value as it is: the disk is asked for a commit, and the record stays what it was.
        journal.set_meta("generation", journal.meta("generation") or "1")

    try:
        await centre.writer.do(rewrite)
    except HotlineError as error:
        return Finding("journal", False, f"a commit failed: {error.message}", error.hint)
    took_s = time.perf_counter() - begun
    if took_s > SLOW_COMMIT_S:
        return Finding(
            "journal",
            False,
            f"a commit took {took_s * 1000:.0f} ms",
            "see what else writes to this disk (`iostat -x 1`); put the data on a faster one",
        )
    return Finding("journal", True, f"a commit took {took_s * 1000:.0f} ms")


async def _mode(centre: Centre) -> Finding:
    """See that commits survive a power cut: write-ahead log, fsync at each commit."""
    mend = "restart the node, which sets it; the journal may not lie on a network file system"
    try:
        mode, synchronous = await centre.writer.do(_pragmas)
    except HotlineError as error:
        return Finding("durability", False, f"the journal cannot be asked: {error.message}", mend)
    text = f"journal mode {mode}, synchronous {synchronous}"
    ok = mode == "wal" and synchronous >= FULL
    return Finding("durability", ok, text, "" if ok else mend)


def _pragmas(journal: Journal) -> tuple[str, int]:
    mode = journal.execute("PRAGMA journal_mode").fetchone()[0]
    return str(mode), int(journal.execute("PRAGMA synchronous").fetchone()[0])


def _disk(centre: Centre) -> Finding:
    free = free_bytes(centre)
    text = f"{free // 2**20} MiB free for the journal"
    if free < LOW_DISK_BYTES:
        mend = f"free space on the file system of {centre.config.data}"
        return Finding("disk", False, text, mend)
    return Finding("disk", True, text)


def _load_keys(centre: Centre) -> PublicKeyring | Finding:
    try:
        return load_public(centre.config.keys)
    except HotlineError as error:
        return Finding("keys", False, error.message, error.hint)


def _keys_fit(centre: Centre, keys: PublicKeyring) -> Finding:
    if keys.card.fingerprint != centre.keyring.card.fingerprint:
        return Finding(
            "keys",
            False,
            "the keys on disk are not those that this node runs with",
            "restart the node to use them, or put the old ones back",
        )
    return Finding("keys", True, "the keys fit together, and only their owner can read them")


def _load_config(centre: Centre) -> NodeConfig | Finding:
    try:
        return read_config(centre.config.path)
    except HotlineError as error:
        return Finding("configuration", False, error.message, error.hint)


def _config_fits(centre: Centre, config: NodeConfig) -> Finding:
    if config != centre.config:
        return Finding(
            "configuration",
            False,
            "node.toml or a letter has changed since the node was started",
            "restart the node to act by it; a letter must change on both sides",
        )
    return Finding("configuration", True, "node.toml and the letters are those in force")


def _days_left(what: str, expires_us: int, centre: Centre, mend: str) -> Finding:
    days = (expires_us - centre.clock.wall_us()) // DAY_US
    text = f"{days} days left" if days >= 0 else f"expired {-days} days ago"
    ok = days >= EXPIRY_WARNING_DAYS
    return Finding(what, ok, text, "" if ok else mend)


def _outside_witness(asking: Asking) -> Finding:
    name = f"witness {asking.name}"
    if asking.last_error:
        mend = asking.mend or f"see that {asking.url} can be reached, and who runs it"
        return Finding(name, False, asking.last_error, mend)
    if asking.late:
        return Finding(name, False, "it owes a cosignature", "ask again in a few seconds")
    if not any(asking.cosigned.values()):
        return Finding(name, True, "it has not been asked yet: no log has a checkpoint")
    return Finding(name, True, "it cosigns this node's logs")


def _line_up(line: Line) -> Finding:
    name = f"line with {line.peer}"
    if line.up:
        return Finding(name, True, "up")
    reason = f": {line.last_error}" if line.last_error else ""
    return Finding(name, False, f"down{reason}", line.mend)


def _clock(line: Line) -> Finding:
    name = f"clock against {line.peer}"
    if line.peer_clock.offset_us is None:
        mend = (
            "ask again in a few seconds: each heartbeat measures the clocks"
            if line.up
            else "bring the line up: each heartbeat measures the clocks"
        )
        return Finding(name, False, "not measured yet", mend)
    limit_ms = line.letter.clock.maximum_offset_ms
    text = f"{line.peer_clock.offset_us / 1e3:+.0f} ms off; the letter allows {limit_ms:g} ms"
    ok = abs(line.peer_clock.offset_us) <= limit_ms * 1000
    mend = "check this machine with `timedatectl`, and have the peer check its own"
    return Finding(name, ok, text, "" if ok else mend)


def _letter(line: Line) -> Finding:
    name = f"letter with {line.peer}"
    short = line.settings.letter_hash.hex()[:16]
    if line.letter_differs:
        return Finding(
            name,
            False,
            f"{line.peer} acts under another letter than {short}",
            "compare `hotline letter check` on both sides, install the same file, restart",
        )
    if not line.up:
        mend = "bring the line up: letters are compared each time"
        return Finding(name, False, "not compared while the line is down", mend)
    return Finding(name, True, f"the same on both sides: {short}")


def _pin(line: Line, keys: PublicKeyring) -> Finding:
    name = f"pin of {line.peer}"
    pinned = keys.peers.get(line.peer)
    if pinned is None:
        mend = f"run `hotline keys enrol CARD` with the card of {line.peer}"
        return Finding(name, False, "no card is pinned", mend)
    if pinned.fingerprint != line.card.fingerprint:
        mend = "restart the node to use the new card"
        return Finding(name, False, "another card is pinned since the node was started", mend)
    return Finding(name, True, " ".join(pinned.words[:4]) + " ...")
