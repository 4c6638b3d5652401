"""Steps 3, 4 and the proofs of 7 and 8: one log's checkpoints, and the entries under them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from hotline.audit.evidence.exchange import Entry, LogSeen, Witnessed
from hotline.audit.evidence.forks import Parts, parts_of_path
from hotline.audit.evidence.form import LogPart, from_base64, malformed
from hotline.audit.evidence.steps import CHECKPOINTS, CONSISTENCY, at
from hotline.errors import TrustError
from hotline.model.times import SECOND_US, format_time
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey, split_cosignature
from hotline.trust.merkle import MAX_TREE_SIZE, verify_consistency
from hotline.trust.names import line_log_origin
from hotline.trust.notes import Note, NoteKey
from hotline.trust.proof import Proof
from hotline.wire.leaf import MessageLeaf, OwnLeaf, decode_leaf

MAX_SECOND = 253_402_300_799
"""The last second of the year 9999."""


def _moment(sight: Witnessed) -> tuple[int, int, str]:
    return sight.at_s, sight.size, sight.witness


class _Sights:
    """The cosignatures of one witness over one log, by size."""

    def __init__(self, sights: Sequence[Witnessed]) -> None:
        self._sizes = [sight.size for sight in sights]
        # For each size the earliest over it or any larger one: a clock can have gone back.
        self._first = list(accumulate(reversed(sights), lambda *two: min(two, key=_moment)))[::-1]

    def first(self, index: int) -> Witnessed | None:
        """Return the earliest cosignature over a tree that has entry ``index``."""
        place = bisect_right(self._sizes, index)
        return self._first[place] if place < len(self._first) else None


@dataclass(slots=True)
class CheckedLog:
    """One log whose checkpoints have been checked; gives the entries that proofs show in it."""

    centre: str
    origin: str
    checkpoints: dict[bytes, Checkpoint]
    witnessed: tuple[Witnessed, ...]
    parts: Parts
    trees: frozenset[Checkpoint] = field(init=False)
    _sizes: list[int] = field(init=False)
    _sights: list[_Sights] = field(init=False)

    def __post_init__(self) -> None:
        self.trees = frozenset(self.checkpoints.values())
        self._sizes = [one.size for one in self.checkpoints.values()]
        by_witness: dict[str, list[Witnessed]] = {}
        for sight in self.witnessed:
            by_witness.setdefault(sight.witness, []).append(sight)
        self._sights = [_Sights(sights) for sights in by_witness.values()]

    def entry(self, text: str) -> tuple[Entry, MessageLeaf | OwnLeaf]:
        """Return the entry that a tlog-proof shows, and its leaf. Raises ``TrustError``."""
        proof = Proof.parse(text)
        checkpoint = self.checkpoints.get(proof.note)
        if checkpoint is None:
            raise TrustError(
                "evidence.other-checkpoint",
                f"a proof rests on a checkpoint that is not one of {self.origin} in this file",
            )
        leaf = decode_leaf(proof.extra)
        proof.verify(proof.extra, checkpoint)
        for first, end, node in parts_of_path(proof.index, checkpoint, proof.extra, proof.path):
            self.parts[self.origin, first, end] = node
        entry = Entry(
            self.centre,
            self.origin,
            proof.index,
            leaf.time_us,
            # Of all that are joined to that of the proof, the first that covers it.
            self._sizes[bisect_right(self._sizes, proof.index)],
            self._first_sights(proof.index),
        )
        return entry, leaf

    def _first_sights(self, index: int) -> tuple[Witnessed, ...]:
        """Return each witness's first cosignature over a tree that has entry ``index``."""
        first = (sights.first(index) for sights in self._sights)
        return tuple(sorted((sight for sight in first if sight is not None), key=_moment))

    def seen(self) -> LogSeen:
        """Return the log as the file shows it."""
        return LogSeen(
            self.centre,
            self.origin,
            tuple(self.checkpoints),
            tuple(self.checkpoints.values()),
            self.witnessed,
        )


def check_log(
    part: LogPart, card: Card, peer: Card, epoch: int, outside: Sequence[WitnessKey]
) -> CheckedLog:
    """Check one log's checkpoints (steps 3 and 4). Raises ``Refused``."""
    origin = line_log_origin(card.status, card.centre, peer.centre, epoch)
    with at(CHECKPOINTS, f"the log {origin}"):
        if part.origin != origin:
            raise TrustError(
                "evidence.other-log", "its name is not that of these centres, status and epoch"
            )
        keys = {
            (key.name, key.key_id): (key, name)
            for key, name in (
                (NoteKey(origin, card.log), ""),
                (peer.note_keys()[-1], peer.centre),
                *((key, key.name) for key in outside),
            )
        }
        checkpoints: dict[bytes, Checkpoint] = {}
        witnessed: list[Witnessed] = []
        before = 0
        for text in part.checkpoints:
            note = text.encode()
            checkpoint, sights = _open(note, origin, keys)
            if checkpoint.size <= before:
                raise malformed("its checkpoints are not in the order of their sizes, each once")
            checkpoints[note] = checkpoint
            witnessed += sights
            before = checkpoint.size
    with at(CONSISTENCY, f"the log {origin}"):
        _grew(tuple(checkpoints.values()), part.consistency)
    parts: Parts = {(origin, 0, one.size): one.root for one in checkpoints.values()}
    return CheckedLog(card.centre, origin, checkpoints, tuple(witnessed), parts)


def _open(
    note: bytes, origin: str, keys: dict[tuple[str, bytes], tuple[NoteKey, str]]
) -> tuple[Checkpoint, list[Witnessed]]:
    """Return a checkpoint and who cosigned it; every line of it must be by a key of the file."""
    opened = Note.parse(note)
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != origin or checkpoint.size == 0 or checkpoint.size > MAX_TREE_SIZE:
        raise TrustError("trust.wrong-origin", "one of its checkpoints is of another log")
    if opened.encode() != note:
        raise malformed("a checkpoint is not spelled as it should be")
    sights: list[Witnessed] = []
    signers: set[tuple[str, bytes]] = set()
    for signature in opened.signatures:
        signer = signature.name, signature.key_id
        if signer not in keys:
            raise TrustError(
                "evidence.stranger-signed",
                "a line of a checkpoint is by a key that is not in this file",
            )
        if signer in signers:
            raise TrustError("evidence.signed-twice", "a key signed one checkpoint twice")
        signers.add(signer)
        key, witness = keys[signer]
        key.verify(opened.text, signature.signature)
        if witness:
            at_s, _ = split_cosignature(signature.signature)
            if at_s > MAX_SECOND:
                raise TrustError(
                    "trust.malformed-cosignature", "a cosignature is of a year after 9999"
                )
            sights.append(Witnessed(witness, at_s, checkpoint.size))
    if next(iter(keys)) not in signers:
        raise TrustError("trust.unsigned-note", "a checkpoint is not signed by the log's own key")
    return checkpoint, sights


def _grew(checkpoints: Sequence[Checkpoint], paths: Sequence[Sequence[str]]) -> None:
    """Check that each checkpoint's tree is the beginning of the next one's."""
    if len(paths) != max(0, len(checkpoints) - 1):
        raise malformed("there is not one consistency proof from each checkpoint to the next")
    for (older, newer), path in zip(pairwise(checkpoints), paths, strict=True):
        hashes = [from_base64(node, "a hash of a consistency proof") for node in path]
        verify_consistency(older.size, older.root, newer.size, newer.root, hashes)


def second_text(at_s: int) -> str:
    """Return the RFC 3339 time in UTC of a witness's second."""
    return format_time(at_s * SECOND_US)
