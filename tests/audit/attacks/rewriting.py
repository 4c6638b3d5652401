"""What somebody can do who holds keys: change history, and sign everything over it again.

Each change works on an open journal and leaves its hashes and signatures to ``sign_again``, which
goes all the way up: leaves, trees, the node log's checkpoints anchored in the lines, the lines'
checkpoints and receipts. Cosignatures need the other centre's key, so they are taken away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from hotline.journal.incoming import decode_items, encode_items
from hotline.node.keyring import Keyring
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import PrivateKey
from hotline.trust.merkle import tree_root
from hotline.wire.body import Body, decode_body, encode_body, message_id
from hotline.wire.codec import pack, unpack
from hotline.wire.envelope import decode_envelope, encode_envelope, group_input
from hotline.wire.frames import ReceiptItem
from tests.audit.tampering import (
    change,
    delete,
    hashes_of,
    insert,
    mark_streams,
    plant,
    rehash,
    rows_of,
)
from tests.centres import now_us

OUT, IN = 0, 1
NO_ITEMS = encode_items([])
"""The items of a checkpoint update, which names no message."""
Row = dict[str, Any]


def logs(db: sqlite3.Connection) -> tuple[dict[int, str], dict[int, str]]:
    """Return (id to origin) of the node's own logs, and of the lines' own logs."""
    of_lines = {line for (line,) in db.execute("SELECT log FROM line")}
    own = dict(db.execute("SELECT id, origin FROM log WHERE own"))
    return (
        {log: origin for log, origin in own.items() if log not in of_lines},
        {log: origin for log, origin in own.items() if log in of_lines},
    )


def sign_again(db: sqlite3.Connection, keys: Keyring, *, keep_cosignatures: bool = False) -> None:
    """Make every hash and every signature of this centre's log key fit the entries as they are."""
    node_logs, line_logs = logs(db)
    notes: dict[str, dict[int, bytes]] = {}
    for log, origin in node_logs.items():
        rehash(db, origin)
        notes[origin] = _notes(db, log, origin, keys.log)
    for row in records(db, "anchor"):
        origin, size = place_of(row["payload"])
        say(db, row, checkpoint=notes[origin][size])
    anchored_again(db)
    for log, origin in line_logs.items():
        rehash(db, origin)
        fresh = _notes(db, log, origin, keys.log)
        note = b""
        for row in [row for row in rows_of(db, "receipt_given") if row["log"] == log]:
            note = fresh[row["size"]]
            change(db, "receipt_given", row, note=note)
        db.execute("UPDATE log SET note = ? WHERE id = ?", (note, log))
        mark_streams(db, origin)
        if not keep_cosignatures:
            db.execute("DELETE FROM cosignature WHERE log = ?", (log,))


def anchored_again(db: sqlite3.Connection) -> None:
    """Make the newest checkpoint of each node's log the newest that is anchored."""
    newest = dict.fromkeys(logs(db)[0].values(), (0, b""))
    for row in records(db, "anchor"):
        origin, size = place_of(row["payload"])
        newest[origin] = max(newest[origin], (size, said_in(row)["checkpoint"]))
    for origin, (_, note) in newest.items():
        db.execute("UPDATE log SET note = ? WHERE origin = ?", (note, origin))


def groups_signed_again(db: sqlite3.Connection, signing: PrivateKey) -> None:
    """Sign every group sent with this key."""
    for row in rows_of(db, "envelope"):
        if row["direction"] == OUT:
            bodies = decode_envelope(row["bytes"]).bodies
            change(
                db,
                "envelope",
                row,
                bytes=encode_envelope([signing.sign(group_input(bodies))], bodies),
            )


def cosigned_again(db: sqlite3.Connection, witness: PrivateKey) -> None:
    """Have this key make every cosignature that is left."""
    origins = dict(db.execute("SELECT id, origin FROM log"))
    for row in rows_of(db, "cosignature"):
        text = Checkpoint(origins[row["log"]], row["size"], row["root"]).text()
        change(db, "cosignature", row, line=cosign(text, witness, 1).decode())


def mirror_forgotten(db: sqlite3.Connection) -> None:
    """Take the mirror back to the newest receipt that is an entry, with all that was cosigned."""
    (mirror,) = db.execute("SELECT mirror FROM line ORDER BY log DESC LIMIT 1").fetchone()
    note = said_in(records(db, "receipt")[-1])["checkpoint"]
    size = int(note.split(b"\n")[1])
    hashes = hashes_of(db, mirror)
    assert size < len(hashes), "the newest receipt is the newest checkpoint"
    plant(db, mirror, hashes[:size])
    db.execute("UPDATE log SET note = ? WHERE id = ?", (note, mirror))
    db.execute("DELETE FROM cosignature WHERE log = ? AND size > ?", (mirror, size))


def place_of(anchor: bytes) -> tuple[str, int]:
    """Return origin and size that an anchor's payload names."""
    said = unpack(anchor)
    assert isinstance(said, dict)
    origin, size, *_ = said["checkpoint"].decode().split("\n")
    return origin, int(size)


def _notes(db: sqlite3.Connection, log: int, origin: str, key: PrivateKey) -> dict[int, bytes]:
    hashes = hashes_of(db, log)
    return {
        size: sign_checkpoint(Checkpoint(origin, size, tree_root(hashes[:size])), key)
        for size in range(1, len(hashes) + 1)
    }


# --- Finding what is to be changed ------------------------------------------------------------


def message(db: sqlite3.Connection, direction: int, stream: int, seq: int = 1) -> Row:
    """Return one message's row."""
    return next(
        row
        for row in rows_of(db, "message")
        if (row["direction"], row["stream"], row["seq"]) == (direction, stream, seq)
    )


def records(db: sqlite3.Connection, *kinds: str) -> list[Row]:
    """Return all records of some kinds."""
    return [row for row in rows_of(db, "record") if row["kind"] in kinds]


def said_in(row: Row) -> dict[str, Any]:
    """Return what a record says."""
    said = unpack(row["payload"])
    assert isinstance(said, dict)
    return said


def say(db: sqlite3.Connection, row: Row, **values: Any) -> dict[str, Any]:
    """Have a record say something else; return all that it says now."""
    said = said_in(row)
    assert said.keys() >= values.keys()
    change(db, "record", row, payload=pack(said | values))
    return said | values


# --- Changing what was entered ----------------------------------------------------------------


def due_later(db: sqlite3.Connection, row: Row, later_us: int) -> None:
    """Have the answer to a message due as much later, unless a stand-by says when it is."""
    if not any(said_in(each)["message"] == row["id"] for each in records(db, "answer-due")):
        db.execute(
            "UPDATE deadline SET due_us = due_us + ? WHERE log = ? AND idx = ?",
            (later_us, row["log"], row["idx"]),
        )


def received_at(stream: int, later_us: int) -> Callable[[sqlite3.Connection], None]:
    """Have the first message of a stream received at another time, its receipt saying the same."""

    def bend(db: sqlite3.Connection) -> None:
        row = message(db, IN, stream)
        change(db, "message", row, time_us=row["time_us"] + later_us)
        due_later(db, row, later_us)
        for given in [given for given in rows_of(db, "receipt_given") if given["items"] != b"\x90"]:
            items = [
                msgspec.structs.replace(item, time_us=item.time_us + later_us)
                if (item.stream, item.first_seq) == (stream, row["seq"])
                else item
                for item in decode_items(given["items"])
            ]
            change(db, "receipt_given", given, items=encode_items(items))

    return bend


def read_by(officer: str) -> Callable[[sqlite3.Connection], None]:
    """Have every message read by another officer, at the desk too."""

    def bend(db: sqlite3.Connection) -> None:
        for row in records(db, "read"):
            say(db, row, officer=officer)
        db.execute("UPDATE reading SET officer = ?", (officer,))

    return bend


def acknowledged_by(officer: str) -> Callable[[sqlite3.Connection], None]:
    """Have every alarm acknowledged by another officer, at the desk too."""

    def bend(db: sqlite3.Connection) -> None:
        for row in records(db, "alarm-acknowledged"):
            say(db, row, officer=officer)
        db.execute("UPDATE alarm SET acknowledged_by = ? WHERE acknowledged_by <> ''", (officer,))

    return bend


def says(kind: str, **values: Any) -> Callable[[sqlite3.Connection], None]:
    """Have the first record of a kind that can say this say something else."""

    def bend(db: sqlite3.Connection) -> None:
        row = next(row for row in records(db, kind) if said_in(row).keys() >= values.keys())
        say(db, row, **values)

    return bend


def without_alarms(db: sqlite3.Connection) -> None:
    """Have no alarm ever raised: in the node's log and at the desk."""
    kinds = ("alarm-raised", "alarm-cleared", "alarm-acknowledged")
    for row in reversed(records(db, *kinds)):
        take_out(db, "record", row)
    db.execute("DELETE FROM alarm")


def without_received(stream: int) -> Callable[[sqlite3.Connection], None]:
    """Have the newest message of a stream never received, read, or receipted."""

    def bend(db: sqlite3.Connection) -> None:
        row = [
            row
            for row in rows_of(db, "message")
            if (row["direction"], row["stream"]) == (IN, stream)
        ][-1]
        db.execute("DELETE FROM reading WHERE message = ?", (row["id"],))
        db.execute("DELETE FROM deadline WHERE log = ? AND idx = ?", (row["log"], row["idx"]))
        for read in reversed(records(db, "read")):
            if said_in(read)["message"] == row["id"]:
                take_out(db, "record", read)
        _forget_stream(db, row)
        delete(db, "envelope", {"id": row["envelope"]})
        for given in rows_of(db, "receipt_given"):
            kept = [
                item
                for item in decode_items(given["items"])
                if (item.stream, item.first_seq) != (row["stream"], row["seq"])
            ]
            change(db, "receipt_given", given, items=encode_items(kept))
        take_out(db, "message", row)

    return bend


def without_sent(stream: int) -> Callable[[sqlite3.Connection], None]:
    """Have the newest message of a stream never sent, nor receipted by the peer."""

    def bend(db: sqlite3.Connection) -> None:
        row = [
            row
            for row in rows_of(db, "message")
            if (row["direction"], row["stream"]) == (OUT, stream)
        ][-1]
        without_receipt_of(stream)(db)
        db.execute("DELETE FROM deadline WHERE log = ? AND idx = ?", (row["log"], row["idx"]))
        _forget_stream(db, row)
        delete(db, "envelope", {"id": row["envelope"]})
        take_out(db, "message", row)

    return bend


def without_receipt_of(stream: int) -> Callable[[sqlite3.Connection], None]:
    """Have the peer's receipt for the newest message of a stream never taken."""

    def bend(db: sqlite3.Connection) -> None:
        taken = [row for row in rows_of(db, "receipt_taken") if row["stream"] == stream][-1]
        assert taken["count"] == 1
        delete(db, "receipt_taken", taken)
        db.execute(
            "UPDATE stream SET receipted = receipted - 1 WHERE log = ? AND direction = ?"
            " AND stream = ?",
            (taken["log"], OUT, stream),
        )
        (receipt,) = [
            row
            for row in records(db, "receipt")
            if (row["log"], row["idx"]) == (taken["log"], taken["record_idx"])
        ]
        take_out(db, "record", receipt)

    return bend


def _forget_stream(db: sqlite3.Connection, row: Row) -> None:
    """Take the mark of a stream away, of which ``row`` is the only message."""
    assert row["seq"] == 1
    key = (row["log"], row["direction"], row["stream"])
    db.execute("DELETE FROM stream WHERE log = ? AND direction = ? AND stream = ?", key)


def composed_earlier(
    stream: int, earlier_us: int, signing: PrivateKey
) -> Callable[[sqlite3.Connection], None]:
    """Have the first message of a stream say that it was composed earlier, and sign it again."""

    def bend(db: sqlite3.Connection) -> None:
        row = message(db, OUT, stream)
        (group,) = [group for group in rows_of(db, "envelope") if group["id"] == row["envelope"]]
        body = decode_body(decode_envelope(group["bytes"]).bodies[0])
        created_us = body.created_us - earlier_us
        new = encode_body(msgspec.structs.replace(body, created_us=created_us))
        envelope = encode_envelope([signing.sign(group_input([new]))], [new])
        change(db, "envelope", group, bytes=envelope)
        (span,) = decode_envelope(envelope).spans()
        times = {"created_us": created_us, "time_us": created_us}
        change(db, "message", row, id=message_id(new), position=span[0], length=span[1], **times)
        due_later(db, row, -earlier_us)

    return bend


def never_said(stream: int, signing: PrivateKey) -> Callable[[sqlite3.Connection], None]:
    """Enter a message of the peer's that it never sent, under ``signing``, at the end of the log.

    It bears the kind ``service``, which nobody answers. The receipt is the attacker's own.
    """

    def bend(db: sqlite3.Connection) -> None:
        line = rows_of(db, "line")[-1]
        (peer, own) = line["peer"], db.execute("SELECT value FROM meta WHERE key = 'centre'")
        newest = [
            row
            for row in rows_of(db, "message")
            if (row["log"], row["direction"], row["stream"]) == (line["log"], IN, stream)
        ][-1]
        (size,) = db.execute("SELECT size FROM log WHERE id = ?", (line["log"],)).fetchone()
        (status,) = db.execute("SELECT value FROM meta WHERE key = 'status'").fetchone()
        body = Body(
            sender=peer,
            recipient=own.fetchone()[0],
            epoch=line["epoch"],
            precedence=stream,
            seq=newest["seq"] + 1,
            previous=newest["id"],
            status=status,
            kind="service",
            created_us=now_us(),
            payload=b"\x80",
        )
        data = encode_body(body)
        envelope = encode_envelope([signing.sign(group_input([data]))], [data])
        groups = rows_of(db, "envelope")
        insert(
            db,
            "envelope",
            groups[-1],
            id=groups[-1]["id"] + 1,
            log=line["log"],
            direction=IN,
            stream=stream,
            first_seq=body.seq,
            count=1,
            first_idx=size,
            bytes=envelope,
        )
        ((position, length),) = decode_envelope(envelope).spans()
        insert(
            db,
            "message",
            newest,
            idx=size,
            seq=body.seq,
            id=message_id(data),
            kind=body.kind,
            created_us=body.created_us,
            time_us=body.created_us,
            envelope=groups[-1]["id"] + 1,
            position=position,
            length=length,
            reference=None,
            about=None,
            flags=None,
        )
        given = [row for row in rows_of(db, "receipt_given") if row["log"] == line["log"]][-1]
        item = ReceiptItem(stream, body.seq, 1, size, body.created_us)
        insert(
            db,
            "receipt_given",
            given,
            size=size + 1,
            old_size=given["size"],
            items=encode_items([item]),
        )
        db.execute("UPDATE log SET size = size + 1 WHERE id = ?", (line["log"],))

    return bend


# --- Closing the gap --------------------------------------------------------------------------


def take_out(db: sqlite3.Connection, table: str, row: Row) -> None:
    """Take an entry out of its log and move all that comes after one place forward."""
    log, gone = row["log"], row["idx"]
    delete(db, table, row)
    for name, column in (
        ("message", "idx"),
        ("record", "idx"),
        ("deadline", "idx"),
        ("envelope", "first_idx"),
        ("receipt_taken", "record_idx"),
    ):
        _shift(db, name, column, log, gone)
    for given in rows_of(db, "receipt_given"):
        if given["log"] != log:
            continue
        items = [
            msgspec.structs.replace(item, first_index=item.first_index - (item.first_index > gone))
            for item in decode_items(given["items"])
        ]
        change(db, "receipt_given", given, items=encode_items(items))
    _shift(db, "receipt_given", "old_size", log, gone)
    db.execute(
        "DELETE FROM receipt_given WHERE log = ? AND size = ? + 1 AND old_size = ?",
        (log, gone, gone),
    )  # it covered nothing else
    _shift(db, "receipt_given", "size", log, gone)
    node_logs, _ = logs(db)
    if log in node_logs:
        for anchor in records(db, "anchor"):
            origin, size = place_of(anchor["payload"])
            if origin == node_logs[log] and size > gone:
                note = f"{origin}\n{size - 1}\n".encode()
                change(db, "record", anchor, payload=pack({"checkpoint": note}))
    db.execute("UPDATE log SET size = size - 1 WHERE id = ?", (log,))


def _shift(db: sqlite3.Connection, table: str, column: str, log: int, gone: int) -> None:
    # By way of the negative numbers, which nothing has: rows must not meet on their way.
    for change_to in (f"-{column}", f"-{column} - 1"):
        where = f"{column} > ?" if change_to == f"-{column}" else f"{column} < -?"
        db.execute(
            f"UPDATE {table} SET {column} = {change_to} WHERE log = ? AND {where}", (log, gone)
        )


def each(db: sqlite3.Connection, bends: Iterable[Callable[[sqlite3.Connection], object]]) -> None:
    """Do one change after the other."""
    for bend in bends:
        bend(db)
