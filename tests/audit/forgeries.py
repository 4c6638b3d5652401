"""Single falsifications, to be put together: each bends a journal through its connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from hotline.journal.incoming import encode_items
from hotline.journal.prune import OF_A_LOG
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import Role
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.trust.spoken import answer_words, check_words
from hotline.wire.codec import pack, unpack
from hotline.wire.envelope import decode_envelope, encode_envelope
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import sent_leaf
from hotline.wire.records import VoiceConfirmed, VoiceSpoken, encode_record
from tests.audit.tampering import (
    MIRROR_1,
    NODE_1,
    NODE_2,
    OWN_1,
    OWN_2,
    change,
    cut,
    hashes_of,
    insert,
    log_id,
    mark_streams,
    plant,
    rehash,
    rows_of,
)
from tests.journal.ledger import key
from tests.trust import samples

Bend = Callable[[sqlite3.Connection], object]
"""Falsifies a journal."""


def last(db: sqlite3.Connection, table: str, origin: str = OWN_1) -> dict[str, Any]:
    """Return the last row of a table, of one log where it has logs."""
    rows = rows_of(db, table)
    if "log" in rows[0] and table != "line":
        log = log_id(db, origin)
        rows = [row for row in rows if row["log"] == log]
    return rows[-1]


def insert_last(
    table: str, among: str = OWN_1, /, **values: Callable[[Any], Any]
) -> Callable[[sqlite3.Connection], None]:
    """Make the falsification that puts in a copy of a last row, some of its values changed."""

    def bend(db: sqlite3.Connection) -> None:
        row = last(db, table, among)
        insert(db, table, row, **{name: make(row[name]) for name, make in values.items()})

    return bend


def plus(number: int) -> Callable[[int], int]:
    """Make the change that adds to a value."""
    return lambda value: value + number


def to(value: Any) -> Callable[[Any], Any]:
    """Make the change that replaces a value."""
    return lambda _: value


def set_meta(name: str, value: str) -> Bend:
    """Make the falsification of one value of ``meta``."""
    return lambda db: db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def sql(*statements: str) -> Bend:
    """Make a falsification of SQL; ``:own``, ``:mirror``, ``:node`` are the first logs' ids."""

    def bend(db: sqlite3.Connection) -> None:
        ids = {"own": log_id(db, OWN_1), "own2": log_id(db, OWN_2), "mirror": log_id(db, MIRROR_1)}
        ids |= {"node": log_id(db, NODE_1), "node2": log_id(db, NODE_2)}
        changed = sum(db.execute(statement, ids).rowcount for statement in statements)
        assert changed, "nothing was falsified"

    return bend


def then(*bends: Bend) -> Bend:
    """Do one falsification after the other."""

    def bend(db: sqlite3.Connection) -> None:
        for each in bends:
            each(db)

    return bend


def hashed_again(origin: str, *bends: Bend) -> Bend:
    """Falsify, then make every hash of the log fit again; only signatures stand against it."""
    return then(*bends, lambda db: rehash(db, origin))


def shortened(origin: str, by: int, *, marks: bool = False, receipts: bool = False) -> Bend:
    """Take entries off the end, with all hashes made to fit, and the rest as far as is asked."""

    def bend(db: sqlite3.Connection) -> None:
        log = log_id(db, origin)
        (size,) = db.execute("SELECT size FROM log WHERE id = ?", (log,)).fetchone()
        cut(db, origin, size - by)
        rehash(db, origin)
        if marks:
            mark_streams(db, origin)
        if receipts:
            db.execute("DELETE FROM receipt_given WHERE log = ? AND size > ?", (log, size - by))
            db.execute("DELETE FROM cosignature WHERE log = ? AND size > ?", (log, size - by))
            note = last(db, "receipt_given", origin)["note"]
            db.execute("UPDATE log SET note = ? WHERE id = ?", (note, log))

    return bend


def swapped(table: str, origin: str, *names: str) -> Bend:
    """Exchange two neighbouring rows' values, as to put one entry before the other."""

    def bend(db: sqlite3.Connection) -> None:
        log = log_id(db, origin)
        first, second = [row for row in rows_of(db, table) if row["log"] == log][-2:]
        assert any(first[name] != second[name] for name in names)
        change(db, table, first, **{name: second[name] for name in names})
        change(db, table, second, **{name: first[name] for name in names})

    return bend


def payload(kind: str, /, **values: Any) -> Bend:
    """Change fields of the newest record of a kind, its hashes left as they are."""

    def bend(db: sqlite3.Connection) -> None:
        row = [row for row in rows_of(db, "record") if row["kind"] == kind][-1]
        said = unpack(row["payload"])
        assert isinstance(said, dict)
        assert said.keys() >= values.keys()
        change(db, "record", row, payload=pack(said | values))

    return bend


def sealed_again(origin: str) -> Bend:
    """Sign every receipt again over the tree as it is now, with a key that is not the log's."""

    def bend(db: sqlite3.Connection) -> None:
        log = log_id(db, origin)
        hashes = hashes_of(db, log)
        for row in [row for row in rows_of(db, "receipt_given") if row["log"] == log]:
            note = forged_note(origin, hashes[: row["size"]])
            change(db, "receipt_given", row, note=note)
            db.execute("UPDATE log SET note = ? WHERE id = ?", (note, log))

    return bend


def forged_note(origin: str, hashes: list[bytes]) -> bytes:
    """Sign a checkpoint with a key of the right name that is not the centre's."""
    frontier = Frontier()
    frontier.extend(hashes)
    other = samples.PrivateKey.from_entropy(
        Role.LOG, origin.split("/")[2], samples.Status.EXERCISE, b"another key".ljust(32)
    )
    return sign_checkpoint(Checkpoint(origin, frontier.size, frontier.root()), other)


def resigned_envelope(db: sqlite3.Connection) -> None:
    """Replace the signature of a group by a valid one of other bodies."""
    first, second = [row for row in rows_of(db, "envelope") if row["direction"]][:2]
    taken = decode_envelope(second["bytes"]).signatures
    bodies = decode_envelope(first["bytes"]).bodies
    change(db, "envelope", first, bytes=encode_envelope(taken, bodies))


def other_remark(db: sqlite3.Connection) -> None:
    """Make a sent message look as if this desk had remarked on it."""
    row = next(row for row in rows_of(db, "message") if not row["direction"])
    change(db, "message", row, flags='[{"code":"x","text":"y"}]')


def split_run(db: sqlite3.Connection) -> None:
    """Put a run of no leaves at the end of a log."""
    row = last(db, "leaf_run")
    insert(db, "leaf_run", row, first=row["first"] + len(row["hashes"]) // 32, hashes=b"")


def endless_items(db: sqlite3.Connection) -> None:
    """Have a receipt name as many messages as a number can say."""
    row = next(row for row in rows_of(db, "receipt_given") if len(row["items"]) > 1)
    item = unpack(row["items"])[0]  # type: ignore[index]
    many = [ReceiptItem(item[0], item[1], 2**62, item[3], item[4])]
    change(db, "receipt_given", row, items=encode_items(many))


def transplanted(table: str, *names: str, origin: str = OWN_2, source: str = OWN_1) -> Bend:
    """Put values of one line's row in the place of those of the other epoch's."""

    def bend(db: sqlite3.Connection) -> None:
        taken = last(db, table, source)
        change(db, table, last(db, table, origin), **{name: taken[name] for name in names})

    return bend


def later_cosignature(db: sqlite3.Connection) -> None:
    """Give a cosignature of one size the line of another."""
    rows = [row for row in rows_of(db, "cosignature") if row["log"] == log_id(db, OWN_1)]
    change(db, "cosignature", rows[0], line=rows[-1]["line"])


def own_cosignature(db: sqlite3.Connection) -> None:
    """Have this centre witness its own log."""
    row = last(db, "cosignature")
    text = Checkpoint(OWN_1, row["size"], row["root"]).text()
    line = cosign(text, key(Role.WITNESS, "iaf"), 1).decode()
    change(db, "cosignature", row, line=line)
    insert(db, "cosignature", row, witness="iaf", line=line)


def invented_message(db: sqlite3.Connection) -> None:
    """Enter a message that nobody signed, in the bytes of one that was, and make all hashes fit."""
    row = [row for row in rows_of(db, "message") if not row["direction"]][-1]
    (size,) = db.execute("SELECT size FROM log WHERE id = ?", (row["log"],)).fetchone()
    insert(db, "message", row, idx=size, seq=row["seq"] + 1, id=b"i" * 32)
    origin = db.execute("SELECT origin FROM log WHERE id = ?", (row["log"],)).fetchone()[0]
    rehash(db, origin)
    mark_streams(db, origin)


def forged_mirror(db: sqlite3.Connection) -> None:
    """Change a leaf of the peer's that is not about us, and make its edge and blocks fit."""
    log = log_id(db, MIRROR_1)
    hashes = hashes_of(db, log)
    hashes[-1] = leaf_hash(sent_leaf(0, 1, bytes(32), 0))
    plant(db, log, hashes)


def second_signature(db: sqlite3.Connection) -> None:
    """Add a signature to a received group, such as no reader of version 1 looks at."""
    row = next(row for row in rows_of(db, "envelope") if row["direction"])
    envelope = decode_envelope(row["bytes"])
    data = encode_envelope([*envelope.signatures, bytes(64)], envelope.bodies)
    change(db, "envelope", row, bytes=data)
    messages = [one for one in rows_of(db, "message") if one["envelope"] == row["id"]]
    for message, (at, length) in zip(messages, decode_envelope(data).spans(), strict=True):
        change(db, "message", message, position=at, length=length)


STRANGER = b"\xe2\x80\x94 stranger.example/log AAAAAAAAAAAA\n"
"""A signature line of somebody whose key nobody knows."""


def signed_beside(line: bytes = b"") -> Bend:
    """Make the bend that puts a signature line, or our own again, on each checkpoint of ours."""

    def bend(db: sqlite3.Connection) -> None:
        for row in rows_of(db, "receipt_given"):
            own = row["note"].partition(b"\n\n")[2]
            change(db, "receipt_given", row, note=row["note"] + (line or own))
        db.execute(
            "UPDATE log SET note = (SELECT r.note FROM receipt_given r WHERE r.log = log.id"
            " ORDER BY r.size DESC LIMIT 1) WHERE id IN (SELECT log FROM line)"
        )

    return bend


def items_spelled_otherwise(db: sqlite3.Connection) -> None:
    """Write the times in receipts' items as signed numbers, which say the same."""
    for row in rows_of(db, "receipt_given"):
        change(db, "receipt_given", row, items=row["items"].replace(b"\xcf", b"\xd3"))


def unsigned_record(kind: str, payload: bytes, origin: str = NODE_2) -> Bend:
    """Make the falsification that enters a record behind all that is signed of a log."""

    def bend(db: sqlite3.Connection) -> None:
        (size,) = db.execute("SELECT size FROM log WHERE origin = ?", (origin,)).fetchone()
        insert(db, "record", last(db, "record", origin), idx=size, kind=kind, payload=payload)
        rehash(db, origin)

    return bend


def read_out(about: bytes | None = None, **answered: Any) -> Bend:
    """Make the falsification that enters a call about a message sent, and the answer to it.

    ``about`` is read out instead of it, and ``answered`` stands in the answer.
    """

    def bend(db: sqlite3.Connection) -> None:
        log = log_id(db, OWN_1)
        (sent,) = db.execute(
            "SELECT id FROM message WHERE log = ? AND direction = 0", (log,)
        ).fetchone()
        (size,) = db.execute("SELECT size FROM log WHERE id = ?", (log,)).fetchone()
        text = "A ...\n"
        read = sent if about is None else about
        spoken = VoiceSpoken(read, text, " ".join(check_words(text)), "levy")
        answer = {
            "message": read,
            "spoken": size,
            "words": " ".join(answer_words(text)),
            "agrees": True,
            "differs": (),
            "officer": "levy",
        }
        confirmed = VoiceConfirmed(**answer | answered)
        unsigned_record("voice", encode_record(spoken), OWN_1)(db)
        unsigned_record("voice", encode_record(confirmed), OWN_1)(db)

    return bend


def related(*, exchanged: bool = False, there: bool = True, **values: Any) -> Bend:
    """Make the falsification that enters a relation of a notice sent and one received."""

    def bend(db: sqlite3.Connection) -> None:
        sent, received = (
            db.execute(
                "SELECT id FROM message WHERE log = ? AND direction = ? AND kind = 'notice'",
                (log_id(db, OWN_1), direction),
            ).fetchone()
            for direction in (0, 1)
        )
        own, other = (sent, received)[:: -1 if exchanged else 1]
        said = {
            "own": own[0] if there else bytes(32),
            "other": other[0],
            "reference": "IAF-0001",
            "other_reference": "HMEIMIM-0001",
            "relation": "conflict",
            "before": "",
            "cause": "notice",
            "caused_by": None,
            "by_right": False,
            "from_us": None,
            "until_us": None,
            "lat": None,
            "lng": None,
            "lower_m": None,
            "upper_m": None,
            "distance_m": None,
            "vertical_m": None,
            "time_gap_us": None,
            "text": "conflict",
        }
        unsigned_record("conflict", pack(said | values), OWN_1)(db)

    return bend


def compared(*, settles: str = "", **values: Any) -> Bend:
    """Make the falsification that enters what a message was found to mean when it was compared.

    The message is a notice that was received with the reference ``settles``, were it none.
    """

    def bend(db: sqlite3.Connection) -> None:
        found = db.execute(
            "SELECT id FROM message WHERE log = ? AND direction = 1 AND reference = ?",
            (log_id(db, OWN_1), settles),
        ).fetchone()
        said = {"message": bytes(32) if found is None else found[0], "stood": True, "flags": []}
        unsigned_record("compared", pack(said | values), OWN_1)(db)

    return bend


def archived_as_it_ends(db: sqlite3.Connection) -> bytes:
    """Return the payload of an ``archived`` record that fits the rows of the closed epoch."""
    said: dict[str, Any] = {"officer": "nobody"}
    for names, origin in (
        (("origin", "size", "root"), OWN_1),
        (("mirror", "mirror_size", "mirror_root"), MIRROR_1),
    ):
        encoded = db.execute("SELECT frontier FROM log WHERE origin = ?", (origin,)).fetchone()[0]
        frontier = Frontier.decode(encoded)
        said |= zip(names, (origin, frontier.size, frontier.root()), strict=True)
    anchors = [row for row in rows_of(db, "record") if row["kind"] == "anchor"]
    log = log_id(db, OWN_1)
    newest = [row["payload"] for row in anchors if row["log"] == log][-1]
    return pack(said | {"anchor": unpack(newest)["checkpoint"]})  # type: ignore[index]


def archived_falsely(db: sqlite3.Connection) -> None:
    """Enter in the node's log that an epoch was taken out whose entries are all here."""
    unsigned_record("archived", archived_as_it_ends(db))(db)


def taken_out_falsely(db: sqlite3.Connection) -> None:
    """Delete all entries of a closed epoch, and enter that it was archived; no key signs that."""
    payload = archived_as_it_ends(db)
    logs = (log_id(db, OWN_1), log_id(db, MIRROR_1))
    db.execute("DELETE FROM reading")
    for table in OF_A_LOG:
        db.execute(f"DELETE FROM {table} WHERE log IN (?, ?)", logs)
    unsigned_record("archived", payload)(db)


def last_said(db: sqlite3.Connection, kind: str) -> bytes:
    """Return the payload of the newest record of a kind."""
    (payload,) = db.execute(
        "SELECT payload FROM record WHERE kind = ? ORDER BY log DESC, idx DESC LIMIT 1", (kind,)
    ).fetchone()
    return bytes(payload)


def entered_again(kind: str, origin: str, /, **values: Any) -> Bend:
    """Make the falsification that enters the newest record of a kind again, changed."""

    def bend(db: sqlite3.Connection) -> None:
        said = unpack(last_said(db, kind))
        assert isinstance(said, dict)
        unsigned_record(kind, pack(said | values), origin)(db)

    return bend


def put_off_for_ever(db: sqlite3.Connection) -> None:
    """Enter that the answer to what is awaited has time, as if a stand-by had been sent."""
    (id_,) = db.execute(
        "SELECT m.id FROM deadline d JOIN message m ON m.log = d.log AND m.idx = d.idx"
    ).fetchone()
    unsigned_record("answer-due", pack({"message": id_, "due_us": 2**60}), OWN_1)(db)


def epoch_gone(db: sqlite3.Connection) -> None:
    """Take the closed epoch out with its line, as if it had never been."""
    logs = (log_id(db, OWN_1), log_id(db, MIRROR_1))
    db.execute("DELETE FROM reading")
    for table in (*OF_A_LOG, "line"):
        db.execute(f"DELETE FROM {table} WHERE log IN (?, ?)", logs)
    db.execute("DELETE FROM log WHERE id IN (?, ?)", logs)
    notes = [
        unpack(row["payload"])["checkpoint"]  # type: ignore[index]
        for row in rows_of(db, "record")
        if row["kind"] == "anchor"
    ]
    for note in notes:
        origin = note.partition(b"\n")[0].decode()
        db.execute("UPDATE log SET note = ? WHERE origin = ?", (note, origin))


def as_a_segment(db: sqlite3.Connection) -> None:
    """Leave the newest epoch alone, and say that the journal is an archived segment of it."""
    epoch_gone(db)
    for origin in (NODE_1, NODE_2):
        log = log_id(db, origin)
        for table in ("record", "leaf_run", "subtree"):
            db.execute(f"DELETE FROM {table} WHERE log = ?", (log,))
        db.execute("DELETE FROM log WHERE id = ?", (log,))
    db.execute("DELETE FROM alarm")
    db.execute("DELETE FROM witnessed")
    set_meta("segment", OWN_2)(db)


OWN_3 = "hotline/exercise/iaf/hmeimim/3"
"""An epoch that never was."""


def empty_epoch(db: sqlite3.Connection) -> None:
    """Put in an epoch that nobody opened, whose logs have no entries."""
    edge = Frontier().encode()
    mirror = "hotline/exercise/hmeimim/iaf/3"
    db.execute("INSERT INTO log VALUES (900, ?, 1, 0, ?, x'')", (OWN_3, edge))
    db.execute("INSERT INTO log VALUES (901, ?, 0, 0, ?, x'')", (mirror, edge))
    db.execute("INSERT INTO line VALUES (900, 901, 'hmeimim', 3)")


def endless_generation(db: sqlite3.Connection) -> None:
    """Claim more generations than could be counted."""
    set_meta("generation", "999999999")(db)


def lonely_receipt(db: sqlite3.Connection) -> None:
    """Give a receipt in the node's log, for which there is nobody, with its true anchor."""
    (note, size) = db.execute("SELECT note, size FROM log WHERE origin = ?", (NODE_1,)).fetchone()
    db.execute(
        "INSERT INTO receipt_given VALUES (?, ?, 0, ?, ?)",
        (log_id(db, NODE_1), size, note, encode_items([])),
    )
