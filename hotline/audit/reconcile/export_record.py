"""A JSON Lines export as one side of a reconciliation.

The file is read line by line, and every leaf, tree and checkpoint of it is checked on the way:
whoever gives an export away has it believed for its signatures alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hotline.audit.entries import MessageEntry
from hotline.audit.named_files import open_regular
from hotline.audit.reconcile.export_lines import (
    EndLine,
    Header,
    LogHeader,
    MessageLine,
    cut_short,
    decode_header,
    decode_line,
    entry_of,
    malformed,
    read_line,
)
from hotline.audit.reconcile.export_remarks import Flagged
from hotline.audit.reconcile.records import Horizon, LineState, Placed, Recovery
from hotline.audit.reconcile.tables import Held
from hotline.errors import HotlineError, TrustError, UsageError
from hotline.model.kinds import Status
from hotline.model.letter import banner
from hotline.model.text import unsafe_character
from hotline.trust.card import Card, read_card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.cosignature import WitnessKey
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.trust.names import line_log_origin, node_log_origin
from hotline.trust.notes import Note


class ExportRecord:
    """The export in the file ``path``; its header is read and checked at once.

    Raises UsageError (``reconcile.no-record``, ``export.filtered``), WireError (``export.*``), and
    TrustError for a card or checkpoint that does not hold.
    """

    form = "export"
    complete = False
    segment = False

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._peer = ""
        try:
            self._file = open_regular(path)
        except OSError as error:
            raise _not_there(path, (error.strerror or str(error)).lower()) from error
        try:
            with self._named():
                self._header = decode_header(read_line(self._file, 1))
                self._begins = self._file.tell()
                self.card, self.pins = _cards(self._header)
                self.traffic = _mark(self._header)
                if len({log.origin for log in self._header.logs}) != len(self._header.logs):
                    raise malformed(1, "it names a log twice")
                _check_witnesses(self._header)
                for log in self._header.logs:
                    _check_log(log, self.card)
        except BaseException:
            self._file.close()
            raise

    def glance(self, peer: str) -> dict[int, Horizon]:
        """Return nothing: an export does not move."""
        del peer
        return {}

    def begin(self, peer: str) -> None:
        """Take note of whose line is compared."""
        self._peer = peer

    def lines(self) -> list[LineState]:
        """Return each epoch of the line, oldest first."""
        return sorted(
            (
                LineState(log.epoch, log.origin, log.size, log.size, log.checkpoint.encode(), None)
                for log in self._header.logs
                if log.peer == self._peer and log.epoch is not None
            ),
            key=lambda line: line.epoch,
        )

    def recoveries(self) -> Mapping[str, Recovery]:
        """Return nothing: an export ends at what was signed, which a recovery leaves as it is."""
        return {}

    def entries(self) -> Iterator[Placed]:
        """Yield the entries of the line's logs; check all logs of the file on the way.

        Raises WireError (``export.malformed``, ``export.cut-short``, ``export.line-too-long``) and
        TrustError (``export.leaf-differs``, ``export.words-differ``, ``export.other-root``).
        """
        with self._named():
            yield from self._entries()

    def _entries(self) -> Iterator[Placed]:
        logs = self._header.logs
        trees = [Frontier() for _ in logs]
        flagged = [Flagged() for _ in logs]
        file, number, count, current = self._file, 1, 0, 0
        file.seek(self._begins)
        while True:
            place = file.tell()
            number += 1
            line = decode_line(read_line(file, number), number)
            if isinstance(line, EndLine):
                break
            count += 1
            if not current <= line.log < len(logs):
                raise malformed(number, "its entries are not log by log")
            current = line.log
            log, tree = logs[line.log], trees[line.log]
            if line.entry != tree.size or tree.size >= log.size:
                raise malformed(number, f"entry {tree.size} of {log.origin} is due")
            if isinstance(line, MessageLine) and log.epoch is None:
                raise malformed(number, "a node's own log has no messages")
            entry = entry_of(line, number)
            flagged[line.log].take(line, entry, number)
            tree.append(leaf_hash(entry.leaf()))
            if log.peer == self._peer and log.epoch is not None:
                yield log.epoch, entry, place
        if line.entries != count:
            raise cut_short(f"its end counts {line.entries} entries, and there are {count}")
        if file.read(1):
            raise malformed(number + 1, "something follows the end")
        for log, tree in zip(logs, trees, strict=True):
            if tree.size != log.size:
                raise cut_short(f"{log.origin} has {tree.size} of {log.size} entries")
            if tree.root().hex() != log.root:
                raise TrustError(
                    "export.other-root",
                    f"the entries of {log.origin} do not give the root of its checkpoint",
                    "the file was changed after it was written: ask for it again",
                )

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Put the file's name before what is wrong with it."""
        try:
            yield
        except HotlineError as error:
            raise type(error)(error.code, f"{self.name}: {error.message}", error.hint) from error

    def body(self, epoch: int, place: int) -> bytes | None:
        """Return the body of the message in the line that begins at byte ``place``."""
        del epoch
        self._file.seek(place)
        line = decode_line(read_line(self._file, 0), 0)
        entry = entry_of(line, 0) if isinstance(line, MessageLine) else None
        return entry.body if isinstance(entry, MessageEntry) else None

    def held(self, epoch: int) -> Iterator[Held]:
        """Yield nothing: all that an export holds of the other's log is in its receipts."""
        del epoch
        return iter(())

    def cosigned(self, epoch: int) -> Iterator[tuple[int, bytes, str]]:
        """Yield the peer's cosignatures over the checkpoint that the export ends at."""
        pinned = self.pins.get(self._peer)
        for log in self._header.logs:
            if log.peer == self._peer and log.epoch == epoch and pinned is not None:
                note = Note.parse(log.checkpoint.encode())
                witness = pinned.note_keys()[-1]
                for line in note.signatures:
                    if (line.name, line.key_id) == (witness.name, witness.key_id):
                        yield log.size, bytes.fromhex(log.root), line.line()

    def note_at(self, epoch: int, size: int) -> bytes | None:
        """Return the checkpoint that the export ends at, if it is of that size."""
        for log in self._header.logs:
            if (log.peer, log.epoch, log.size) == (self._peer, epoch, size):
                return log.checkpoint.encode()
        return None

    def mirror_root(self, epoch: int, size: int) -> bytes | None:
        """Return None: an export has no copy of the other's leaf hashes."""
        del epoch, size
        return None

    def mirror_leaves(self, epoch: int) -> Iterator[bytes]:
        """Yield nothing, for the same reason."""
        del epoch
        return iter(())

    def verify(self, progress: Callable[[int, int], None] | None = None) -> str | None:
        """Return None: what an export can show by itself is checked whenever it is read."""
        del progress
        return None

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _mark(header: Header) -> str:
    """Return what the record is marked with. Raises WireError for a mark of another status.

    The status is signed; the names of exercises are as the file has them.
    """
    due = banner(Status(header.status), ())
    given = header.traffic
    if unsafe_character(given) is not None or not (
        given == due or (due == "EXERCISE" and given.startswith(f"{due} ")) or not given
    ):
        raise malformed(1, f"it is marked as other traffic than {header.status}")
    return given or due


def _cards(header: Header) -> tuple[Card, Mapping[str, Card]]:
    """Return the centre's own card and those of its peers. Raises TrustError."""
    own, *others = (read_card(text.encode()) for text in header.cards)
    if (own.centre, own.status.value) != (header.centre, header.status):
        raise malformed(1, "its first card is not that of its centre and status")
    pins = {card.centre: card for card in others}
    if len(pins) != len(others) or any(card.status != own.status for card in others):
        raise malformed(1, "its cards are not one of each peer, all of one status")
    return own, pins


def _check_witnesses(header: Header) -> None:
    """Check that each outside witness is told by its key, and in the one order."""
    try:
        names = [WitnessKey.from_vkey(vkey).name for vkey in header.witnesses]
    except HotlineError as error:
        raise malformed(1, f"a witness's key cannot be read: {error.message}") from error
    if names != sorted(set(names)):
        raise malformed(1, "its witnesses are not each there once, in the order of their names")


def _check_log(log: LogHeader, card: Card) -> None:
    """Check that a log is the centre's and its checkpoint signed by it. Raises HotlineError."""
    status = Status(card.status)
    if log.peer is None or log.epoch is None:
        generation = log.origin.rpartition("/")[2]
        number = int(generation) if generation.isdecimal() and len(generation) < 10 else 0
        due = node_log_origin(status, card.centre, number)
    else:
        due = line_log_origin(status, card.centre, log.peer, log.epoch)
    if log.origin != due:
        raise malformed(1, f"{log.origin!a} is not the name of that log")
    checkpoint = open_checkpoint(log.checkpoint.encode(), log.origin, card.log)
    if checkpoint != Checkpoint(log.origin, log.size, bytes.fromhex(log.root)):
        raise TrustError(
            "export.other-root",
            f"the checkpoint of {log.origin} is not of the size and root that are given with it",
            "the file was changed after it was written: ask for it again",
        )


def _not_there(path: Path, why: str) -> UsageError:
    return UsageError(
        "reconcile.no-record",
        f"{path} cannot be read as a record: {why}",
        "name a directory with a node.toml, that node.toml, or a file that "
        "`hotline log export --format jsonl` wrote",
    )
