"""An honest pair of journals that hold everything a journal can hold, and the tools to falsify it.

The falsifier here can write the file and knows every rule of the log but has no key: it re-hashes
whatever it changes, all the way up to the edge of the tree.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from hotline.audit.verification.findings import Report
from hotline.audit.verification.journal import verify_journal
from hotline.journal.compared import LATER, enter_compared
from hotline.journal.duty import EXERCISE, FAULT, WATCH, enter
from hotline.journal.incoming import Presentation, repeated, take_cosignature, witness
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.log import BLOCK
from hotline.journal.outgoing import Draft
from hotline.journal.records import (
    acknowledge_alarm,
    anchor,
    append_record,
    clear_alarms,
    raise_alarm,
    read_message,
)
from hotline.journal.recovery import recover
from hotline.journal.schema import SCHEMA
from hotline.journal.state import OutGroup
from hotline.journal.witnessing import Submission, Verdict, add_checkpoint
from hotline.model.answering import wants_answer
from hotline.model.kinds import Status
from hotline.model.messages import (
    Advisory,
    Message,
    Notice,
    Reply,
    Withdrawal,
    encode_payload,
    kind_of,
)
from hotline.trust.card import Card, read_card
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.merkle import Frontier, leaf_hash, tree_root
from hotline.trust.notes import NoteKey
from hotline.wire.codec import pack
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf
from hotline.wire.records import (
    BriefedItem,
    BriefedSection,
    ComparedLater,
    FaultBegun,
    FaultEnded,
    Flag,
    Played,
    Record,
    WatchAssumed,
    WatchBriefed,
    WatchTaken,
    brief_digest,
)
from tests.journal.ledger import (
    FLASH,
    IMMEDIATE,
    PEER,
    PRIORITY,
    ROUTINE,
    T0_US,
    catch_up,
    do,
    forge,
    line_of,
    open_journal,
    say,
    taking,
    transact,
)
from tests.trust import samples

SECOND_US = 1_000_000
LATER_US = T0_US + 3600 * SECOND_US
WITHIN_S = 60.0

OWN_1 = "hotline/exercise/iaf/hmeimim/1"
OWN_2 = "hotline/exercise/iaf/hmeimim/2"
MIRROR_1 = "hotline/exercise/hmeimim/iaf/1"
MIRROR_2 = "hotline/exercise/hmeimim/iaf/2"
NODE_1 = "hotline/exercise/iaf/node/1"
NODE_2 = "hotline/exercise/iaf/node/2"


@cache
def card(centre: str) -> Card:
    """Return the public card of a centre."""
    return read_card(samples.centre(centre).card)


def verify(path: Path, centre: str = "iaf", *, segment: str = "", jobs: int = 1) -> Report:
    """Verify a centre's journal with the cards of both, as what its place says that it is."""
    peers = {PEER[centre]: card(PEER[centre])}
    return verify_journal(path, card(centre), peers, segment=segment, jobs=jobs)


# --- The honest pair --------------------------------------------------------------------------


def build(
    directory: Path, before_the_end: Callable[[dict[str, Journal]], object] = lambda pair: None
) -> dict[str, Path]:
    """Write the honest journals of two centres; return the file of each.

    ``before_the_end`` sees both when the last exchange, in their second epoch, has yet to come.
    """
    pair = {centre: open_journal(directory / centre, centre) for centre in PEER}
    iaf, hmeimim = pair.values()
    for journal in pair.values():
        _open(journal)
    # Runs that end just before, at and just after the edges of blocks of 256 leaves.
    for count in (3, 120, 170):
        for sender, recipient in ((iaf, hmeimim), (hmeimim, iaf)):
            say(sender, 1, FLASH)
            say(sender, count, ROUTINE)
            catch_up(sender, recipient)
        _witness(iaf, hmeimim)
    _talk(iaf, hmeimim)
    _talk(hmeimim, iaf)
    for journal in pair.values():
        _remark(journal)
        do(journal, lambda j: setattr(line_of(j), "seal_wanted", True))
    catch_up(iaf, hmeimim)
    catch_up(hmeimim, iaf)
    _witness(iaf, hmeimim)
    do(iaf, lambda j: j.set_fence("its log contradicts what the peer holds"))
    _renew(pair, directory)
    iaf, hmeimim = pair.values()
    do(iaf, lambda j: recover(j, "levi", LATER_US), LATER_US)
    for journal in pair.values():
        _open(journal)
    for sender, recipient in ((iaf, hmeimim), (hmeimim, iaf)):
        for stream in (IMMEDIATE, PRIORITY):
            say(sender, 5, stream, LATER_US)
        catch_up(sender, recipient, LATER_US)
    _exercise(iaf)
    _record(iaf, "node", {"state": "stopped"}, node=True)
    _witness(iaf, hmeimim)
    for journal in pair.values():
        _vouch(journal)
    before_the_end(pair)
    say(iaf, 1, FLASH, LATER_US)
    say(hmeimim, 1, FLASH, LATER_US)
    catch_up(iaf, hmeimim, LATER_US)
    catch_up(hmeimim, iaf, LATER_US)
    _witness(iaf, hmeimim)
    paths = {}
    for centre, journal in pair.items():
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        journal.close()
        paths[centre] = directory / centre / JOURNAL_FILE
    return paths


def _renew(pair: dict[str, Journal], directory: Path) -> None:
    """Stop both nodes and open their journals under a letter that names epoch 2."""
    for centre, journal in list(pair.items()):
        journal.close()
        pair[centre] = open_journal(directory / centre, centre, lines={PEER[centre]: 2})


def _record(journal: Journal, kind: str, what: dict[str, Any], *, node: bool = False) -> None:
    do(
        journal,
        lambda j: append_record(j, j.node_log if node else line_of(j), kind, pack(what), T0_US),
    )


def _open(journal: Journal) -> None:
    _record(journal, "node", {"state": "started"}, node=True)
    _record(journal, "association", {"state": "up", "remote": "127.0.0.1"})
    do(journal, lambda j: anchor(j, line_of(j), T0_US))


def _talk(asks: Journal, answers: Journal) -> None:
    """Have three notices and an advisory answered, put off, and left alone."""
    said: list[OutGroup] = []
    for number in range(3):
        notice = Notice(reference=f"X-{number}", title="patrol", remarks="none")
        said += _tell(asks, answers, notice, flags=(Flag("notice.short-warning", "9 s"),))
    said += _tell(asks, answers, Advisory(text="two aircraft northbound"))
    for group, answer in zip(said, ("accept", "stand-by", "reject"), strict=False):
        reply = Reply(to=group.ids[0].hex(), reference="X", answer=answer, officer="levi")
        _tell(answers, asks, reply, about=group.ids[0])
    # A notice that is withdrawn unanswered: nobody waits any more. It is compared when it is taken.
    (put_off,) = _tell(asks, answers, Notice(reference="X-9"), flags=(Flag(LATER, "not yet"),))
    compared = ComparedLater(put_off.ids[0], True, (Flag("airspace.possible", "near X-1"),))
    do(answers, lambda j: enter_compared(j, line_of(j), [compared], T0_US))
    _tell(asks, answers, Withdrawal(reference="X-9", reason="weather"))
    # A reply to no message that is here: said all the same, and shown as it is.
    _tell(answers, asks, Reply(to="no such message", answer="accept"))
    for officer in ("petrov", "levi"):
        for group in said[:2]:
            do(answers, lambda j, g=group, o=officer: read_message(j, line_of(j), g.ids[0], o, 1))


def _tell(
    sender: Journal,
    recipient: Journal,
    message: Message,
    *,
    about: bytes | None = None,
    flags: tuple[Flag, ...] = (),
) -> list[OutGroup]:
    """Bring one message across as the desk does, with its receipt."""
    answer = message.answer if isinstance(message, Reply) else None
    wants = wants_answer(kind_of(message), message, sender.status)
    shown = {
        "reference": getattr(message, "reference", "") or None,
        "about": about,
        "answer_within_s": WITHIN_S if wants or answer == "stand-by" else None,
        "settles": answer not in (None, "stand-by"),
    }
    draft = Draft(kind_of(message).value, encode_payload(message), **shown)
    peer = line_of(sender).peer
    _, _, committed = transact(sender, drafts={(peer, IMMEDIATE): [draft]})
    groups = committed.groups[peer]
    for group in groups:
        do(recipient, taking(group, shown=[Presentation(**shown, flags=flags)]))
    catch_up(sender, recipient)
    return groups


def _remark(journal: Journal) -> None:
    """Enter what a line and a node record besides messages, in all its forms."""
    peer = line_of(journal).peer
    twin = "iaf" if peer == "iaf" else "hmeimim"
    rejected = {"stream": 3, "seq": 9, "message": bytes(32), "code": "line.broken", "text": "no"}
    _record(journal, "rejection", rejected)
    _record(journal, "refusal", {"code": "wire.malformed", "text": "no frame", "frame": b"\xc1"})
    _record(journal, "clock", {"offset_us": -12, "round_trip_us": 900})
    _record(journal, "association", {"state": "down", "reason": "line.receive-timeout"})
    _record(journal, "clock-stepped", {"step_us": 5}, node=True)
    _contradict(journal, twin)
    for number, code in enumerate(("line.down", "receipt.late", "disk.low", "clock.off")):
        do(journal, lambda j, c=code, n=number: raise_alarm(j, c, peer, str(n), "it is", T0_US))
    do(journal, lambda j: clear_alarms(j, "line.down", peer, "0", T0_US + 1))
    do(journal, lambda j: clear_alarms(j, "receipt.late", peer, "1", T0_US + 1))
    do(journal, lambda j: raise_alarm(j, "receipt.late", peer, "1", "again", T0_US + 2))
    do(journal, lambda j: acknowledge_alarm(j, 1, "levi", T0_US + 3))
    do(journal, lambda j: acknowledge_alarm(j, 3, "levi", T0_US + 3))
    do(journal, lambda j: anchor(j, line_of(j), T0_US))


def _exercise(journal: Journal) -> None:
    """Enter what a node has of an exercise: play, a fault on purpose, and the relief of a watch."""
    told = (BriefedSection("lines", 1, (BriefedItem("hmeimim", "up"),)),)
    steps: list[tuple[str, Record]] = [
        (EXERCISE, Played("startex", "Spring", "director", "", b"", None, "")),
        (WATCH, WatchTaken("levi", "")),
        (FAULT, FaultBegun("clock-offset", "", 7.5, None, "director")),
        (WATCH, WatchBriefed("petrov", told, "")),
        (FAULT, FaultEnded("clock-offset", "", "told", "director")),
        (EXERCISE, Played("endex", "Spring", "director", "", bytes(32), None, "")),
    ]
    for kind, said in steps:
        entry = do(journal, lambda j, k=kind, s=said: enter(j, k, s, LATER_US), LATER_US)
        if isinstance(said, WatchBriefed):
            assumed = WatchAssumed("petrov", "levi", entry.index, brief_digest(told), "")
            do(journal, lambda j, s=assumed: enter(j, WATCH, s, LATER_US), LATER_US)
    do(journal, lambda j: anchor(j, line_of(j), LATER_US), LATER_US)


def _contradict(journal: Journal, twin: str) -> None:
    """Have the peer sign a second message under a number that it has used."""
    impostor = open_journal(journal.directory / "impostor", twin)
    group = forge(impostor, 3, ROUTINE)
    impostor.close()
    entered = do(
        journal,
        lambda j: repeated(
            j,
            line_of(j),
            stream=group.stream,
            first_seq=group.first_seq,
            ids=group.ids,
            envelope=group.envelope,
            now_us=T0_US,
        ),
    )
    assert entered is None


def _witness(one: Journal, other: Journal) -> None:
    for mine, theirs in ((one, other), (other, one)):
        cosignature = do(mine, lambda j: witness(j, line_of(j), T0_US))
        if cosignature is not None:
            do(theirs, lambda j, c=cosignature: take_cosignature(j, line_of(j), c))


def _vouch(journal: Journal) -> None:
    """Cosign the logs of somebody who is no peer, as an outside witness does."""
    for log in ("log", "another-log"):
        key = PrivateKey.from_entropy(Role.LOG, "third", Status.EXERCISE, log.encode().ljust(32))
        checkpoint = Checkpoint(f"hotline/exercise/third/{log}/1", 1, leaf_hash(b"a leaf"))
        submitted = Submission(
            NoteKey(checkpoint.origin, key.public_key),
            sign_checkpoint(checkpoint, key),
            checkpoint,
            old=0,
            proof=(),
        )
        answer = do(journal, lambda j, s=submitted: add_checkpoint(j, s, T0_US))
        assert answer.verdict is Verdict.COSIGNED


# --- Falsifying -------------------------------------------------------------------------------


@contextmanager
def falsified(honest: Path, copy: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a copy of a journal, to be bent at will; it is written at the end."""
    shutil.copy(honest, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        yield db
        db.execute("COMMIT")


def columns() -> dict[str, list[tuple[str, str]]]:
    """Return (column, type) of every table of a journal."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            table: [(row[1], row[2]) for row in db.execute(f"PRAGMA table_info({table})")]
            for table in tables
        }


KEYS = {
    "meta": "key",
    "log": "id",
    "line": "log",
    "stream": "log, direction, stream",
    "envelope": "id",
    "message": "log, idx",
    "record": "log, idx",
    "leaf_run": "log, first",
    "subtree": "log, level, idx",
    "receipt_given": "log, size",
    "receipt_taken": "log, stream, first_seq",
    "cosignature": "log, size, witness",
    "witnessed": "origin",
    "reading": "message, officer",
    "deadline": "log, idx",
    "alarm": "id",
}
"""What finds a row in each table."""


def rows_of(db: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    """Return a table's rows, in order of its key, as column to value."""
    cursor = db.execute(f"SELECT * FROM {table} ORDER BY {KEYS[table]}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def change(db: sqlite3.Connection, table: str, row: dict[str, Any], **values: Any) -> None:
    """Write other values into one row, whose values are those in ``row``."""
    key = {name: row[name] for name in KEYS[table].split(", ")}
    done = db.execute(
        f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in values)}"
        f" WHERE {' AND '.join(f'{name} = ?' for name in key)}",
        (*values.values(), *key.values()),
    )
    assert done.rowcount == 1


def delete(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Take one row away."""
    key = {name: row[name] for name in KEYS[table].split(", ")}
    where = " AND ".join(f"{name} = ?" for name in key)
    assert db.execute(f"DELETE FROM {table} WHERE {where}", (*key.values(),)).rowcount == 1


def insert(db: sqlite3.Connection, table: str, row: dict[str, Any], **values: Any) -> None:
    """Put in a copy of a row with other values."""
    new = row | values
    db.execute(
        f"INSERT INTO {table}({', '.join(new)}) VALUES ({', '.join('?' * len(new))})",
        (*new.values(),),
    )


def flip(value: Any, bit: int = 0) -> Any:
    """Return a value with one bit changed: of a number, or of the byte in the middle."""
    if value is None:
        return b"\0" * 32
    if isinstance(value, int):
        return value ^ (1 << bit)
    data = bytearray(value.encode() if isinstance(value, str) else value)
    if not data:
        return "x" if isinstance(value, str) else b"x"
    data[len(data) // 2] ^= 1
    return data.decode() if isinstance(value, str) else bytes(data)


def log_id(db: sqlite3.Connection, origin: str) -> int:
    """Return the id of a log."""
    (id_,) = db.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
    return int(id_)


def rehash(db: sqlite3.Connection, origin: str) -> None:
    """Make leaf hashes, blocks, edge and size fit the entries again, as whoever has no key can."""
    log = log_id(db, origin)
    leaves: dict[int, bytes] = {}
    for idx, direction, stream, seq, id_, created_us, time_us in db.execute(
        "SELECT idx, direction, stream, seq, id, created_us, time_us FROM message WHERE log = ?",
        (log,),
    ):
        leaves[idx] = (
            received_leaf(stream, seq, id_, time_us)
            if direction
            else sent_leaf(stream, seq, id_, created_us)
        )
    for idx, kind, time_us, salt, payload in db.execute(
        "SELECT idx, kind, time_us, salt, payload FROM record WHERE log = ?", (log,)
    ):
        leaves[idx] = own_leaf(kind, sha256(payload).digest(), time_us, salt)
    plant(db, log, [leaf_hash(leaves[idx]) for idx in sorted(leaves)])


def plant(db: sqlite3.Connection, log: int, hashes: list[bytes]) -> None:
    """Store a tree over these leaf hashes as that of a log."""
    frontier = Frontier()
    frontier.extend(hashes)
    db.execute("DELETE FROM leaf_run WHERE log = ?", (log,))
    if hashes:
        db.execute("INSERT INTO leaf_run VALUES (?, 0, ?)", (log, b"".join(hashes)))
    db.execute("DELETE FROM subtree WHERE log = ?", (log,))
    for number in range(len(hashes) // BLOCK):
        root = tree_root(hashes[number * BLOCK : (number + 1) * BLOCK])
        db.execute("INSERT INTO subtree VALUES (?, 8, ?, ?)", (log, number, root))
    db.execute(
        "UPDATE log SET size = ?, frontier = ? WHERE id = ?",
        (frontier.size, frontier.encode(), log),
    )


def hashes_of(db: sqlite3.Connection, log: int) -> list[bytes]:
    """Return the stored leaf hashes of a log."""
    runs = db.execute("SELECT hashes FROM leaf_run WHERE log = ? ORDER BY first", (log,))
    data = b"".join(run for (run,) in runs)
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def cut(db: sqlite3.Connection, origin: str, size: int) -> None:
    """Take away the entries of a log from ``size`` on, and all that names them but receipts."""
    log = log_id(db, origin)
    for table in ("message", "record", "deadline"):
        db.execute(f"DELETE FROM {table} WHERE log = ? AND idx >= ?", (log, size))
    db.execute("DELETE FROM envelope WHERE log = ? AND first_idx >= ?", (log, size))


def mark_streams(db: sqlite3.Connection, origin: str) -> None:
    """Make the streams' marks fit the messages again."""
    log = log_id(db, origin)
    for direction, stream, seq, id_ in db.execute(
        "SELECT direction, stream, max(seq), id FROM message WHERE log = ? GROUP BY 1, 2", (log,)
    ).fetchall():
        db.execute(
            "UPDATE stream SET next_seq = ?, last_id = ? WHERE log = ? AND direction = ?"
            " AND stream = ?",
            (seq + 1, id_, log, direction, stream),
        )
