"""Step 10: several files' signatures of one log against each other.

An RFC 6962 tree gives each run of its leaves one hash, whatever the tree's size. Every proof that
holds shows the hashes of such runs, all under the log's signature. Two hashes for one run are two
histories: proof that whoever holds the log's key showed one to some and another to others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline.audit.evidence.exchange import Exchange, Said
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.merkle import leaf_hash, node_hash

Parts = dict[tuple[str, int, int], bytes]
"""Origin, first leaf and end of a run of leaves, to the hash over it."""


@dataclass(frozen=True, slots=True)
class Fork:
    """One log, shown differently in two files: entries ``first`` to ``end`` (not included).

    ``files`` are the numbers of the two files; ``notes`` a signed checkpoint of each that cannot
    both be of one log.
    """

    origin: str
    centre: str
    first: int
    end: int
    files: tuple[int, int]
    notes: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two messages that a centre signed for one place in a stream, in files of these numbers."""

    centre: str
    stream: int
    seq: int
    files: tuple[int, int]
    ids: tuple[bytes, bytes]


def parts_of_path(
    index: int, checkpoint: Checkpoint, leaf: bytes, path: Sequence[bytes]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield (first, end, hash) for every run of leaves that a proof that holds shows.

    ``path`` runs from the leaf to the root, as RFC 6962 section 2.1.1 has it.
    """
    runs: list[tuple[int, int, bool]] = []
    start, end = 0, checkpoint.size
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        left = index < middle
        runs.append((middle, end, True) if left else (start, middle, False))
        start, end = (start, middle) if left else (middle, end)
    node = leaf_hash(leaf)
    yield index, index + 1, node
    for (first, last, right), sibling in zip(reversed(runs), path, strict=True):
        yield first, last, sibling
        node = node_hash(node, sibling) if right else node_hash(sibling, node)
        start, end = min(start, first), max(end, last)
        yield start, end, node


def find_forks(files: Sequence[Exchange]) -> list[Fork]:
    """Return where files contradict each other about a log, one fork a log and pair of files.

    Two checkpoints of one size say it best, so they are looked at first.
    """
    forks: dict[tuple[str, int, int], Fork] = {}
    for shown in (_roots, _parts):
        known: dict[tuple[bytes, str, int, int], tuple[bytes, int]] = {}
        for number, file in enumerate(files):
            cards = {seen.origin: card for seen, card in zip(file.logs, file.cards, strict=True)}
            for (origin, first, end), node in sorted(shown(file).items()):
                place = (cards[origin].log.raw, origin, first, end)
                held, before = known.setdefault(place, (node, number))
                pair = (origin, before, number)
                if held != node and pair not in forks:
                    notes = _note(files[before], origin, end), _note(file, origin, end)
                    centre = cards[origin].centre
                    forks[pair] = Fork(origin, centre, first, end, (before, number), notes)
    return list(forks.values())


def _roots(file: Exchange) -> Parts:
    return {
        (seen.origin, 0, checkpoint.size): checkpoint.root
        for seen in file.logs
        for checkpoint in seen.checkpoints
    }


def _parts(file: Exchange) -> Parts:
    return file.parts


def _note(file: Exchange, origin: str, end: int) -> bytes:
    """Return the smallest checkpoint of a file that covers a run of leaves."""
    seen = next(seen for seen in file.logs if seen.origin == origin)
    sized = zip(seen.checkpoints, seen.notes, strict=True)
    return next(note for checkpoint, note in sized if checkpoint.size >= end)


def find_contradictions(files: Sequence[Exchange]) -> list[Contradiction]:
    """Return the places in a stream for which a centre signed two messages."""
    known: dict[tuple[bytes, str, int, int, int], tuple[Said, int]] = {}
    found: list[Contradiction] = []
    for number, file in enumerate(files):
        keys = {card.centre: card.signing.raw for card in file.cards}
        for said in file.messages:
            body = said.body
            stream = (keys[body.sender], body.recipient, body.epoch, body.precedence, body.seq)
            held, before = known.setdefault(stream, (said, number))
            if held.id != said.id:
                ids = held.id, said.id
                found.append(
                    Contradiction(body.sender, body.precedence, body.seq, (before, number), ids)
                )
    return found
