"""The catalogue of falsifications: what each must be found by, and what cannot be found."""

from __future__ import annotations

from hotline.wire.codec import pack
from hotline.wire.records import VoiceHeard, encode_record
from tests.audit.forgeries import (
    OWN_3,
    STRANGER,
    Bend,
    archived_falsely,
    as_a_segment,
    compared,
    empty_epoch,
    endless_generation,
    endless_items,
    entered_again,
    epoch_gone,
    forged_mirror,
    forged_note,
    hashed_again,
    insert_last,
    invented_message,
    items_spelled_otherwise,
    last,
    later_cosignature,
    lonely_receipt,
    other_remark,
    own_cosignature,
    payload,
    plus,
    put_off_for_ever,
    read_out,
    related,
    resigned_envelope,
    sealed_again,
    second_signature,
    set_meta,
    shortened,
    signed_beside,
    split_run,
    sql,
    swapped,
    taken_out_falsely,
    then,
    to,
    transplanted,
    unsigned_record,
)
from tests.audit.tampering import (
    MIRROR_1,
    MIRROR_2,
    NODE_1,
    NODE_2,
    OWN_1,
    OWN_2,
    cut,
    delete,
    hashes_of,
    log_id,
    plant,
)

CATALOGUE: dict[str, tuple[Bend, int, str]] = {
    # Extra rows.
    "one more value of meta": (set_meta("note", "x"), 1, ""),
    "a log of nobody": (insert_last("log", id=to(None), origin=to("x")), 1, "x"),
    "a line without logs": (insert_last("line", log=to(99), mirror=to(98), epoch=to(9)), 1, "None"),
    "a line with the logs of another": (insert_last("line", log=to(1), epoch=to(9)), 1, NODE_1),
    "one more stream": (insert_last("stream", stream=to(4)), 3, OWN_1),
    "a group again": (insert_last("envelope", id=to(None), first_seq=plus(1)), 2, OWN_1),
    "a group in a mirror": (insert_last("envelope", id=to(None), log=to(3)), 1, "3"),
    "a message after the last": (insert_last("message", idx=plus(5)), 4, OWN_1),
    "a message before the first": (insert_last("message", idx=to(-1)), 4, OWN_1),
    "a message in a mirror": (insert_last("message", log=to(3)), 1, "3"),
    "a message in the node's log": (insert_last("message", log=to(1), idx=plus(9)), 1, "1"),
    "a message that nobody signed": (invented_message, 2, OWN_2),
    "a record after the last": (insert_last("record", idx=plus(1)), 4, OWN_1),
    "a record before the first": (insert_last("record", idx=to(-1)), 4, OWN_1),
    "a record in a mirror": (insert_last("record", log=to(3)), 1, "3"),
    "leaf hashes after the last": (insert_last("leaf_run", first=plus(999)), 4, OWN_1),
    "leaf hashes of a mirror": (insert_last("leaf_run", MIRROR_1, first=plus(99)), 8, MIRROR_1),
    "leaf hashes within others": (insert_last("leaf_run", first=to(100)), 4, OWN_1),
    "a run of no leaf hashes": (split_run, 4, OWN_1),
    "one more block of hashes": (insert_last("subtree", idx=plus(1)), 5, OWN_1),
    "one more block of blocks": (insert_last("subtree", level=to(16), idx=to(0)), 5, OWN_1),
    "one more block of a mirror": (insert_last("subtree", MIRROR_1, idx=plus(1)), 8, MIRROR_1),
    "a receipt for more than there is": (insert_last("receipt_given", size=plus(9)), 6, OWN_1),
    "a receipt for nothing": (insert_last("receipt_given", size=to(0)), 6, OWN_1),
    "a receipt within another": (insert_last("receipt_given", size=to(200)), 6, OWN_1),
    "a receipt of the node's log": (lonely_receipt, 1, "1"),
    "one more receipt taken": (insert_last("receipt_taken", first_seq=plus(1)), 9, OWN_1),
    "a receipt taken of no stream": (insert_last("receipt_taken", stream=to(7)), 9, OWN_1),
    "one more cosignature": (insert_last("cosignature", size=plus(1)), 10, OWN_1),
    "a cosignature of the node's log": (insert_last("cosignature", log=to(1)), 10, NODE_1),
    "a cosignature of a stranger": (insert_last("cosignature", witness=to("x")), 10, OWN_1),
    "a cosignature without the end of its line": (
        sql("UPDATE cosignature SET line = rtrim(line, char(10))"),
        10,
        OWN_1,
    ),
    "text behind the end of a cosignature": (
        sql("UPDATE cosignature SET line = line || char(0) || 'x'"),
        10,
        OWN_1,
    ),
    "text behind the end of a cosignature given to another": (
        sql("UPDATE witnessed SET line = line || char(0) || 'x'"),
        10,
        "hotline/exercise/third/log/1",
    ),
    "text behind the end of a reference": (
        sql("UPDATE message SET reference = reference || char(0) || 'x' WHERE reference <> ''"),
        11,
        OWN_1,
    ),
    "a stranger's signature on our checkpoints": (signed_beside(STRANGER), 6, OWN_1),
    "our signature twice on our checkpoints": (signed_beside(), 6, OWN_1),
    "a stranger's signature on the peer's checkpoint": (
        lambda db: db.execute(
            "UPDATE log SET note = CAST(note || ? AS BLOB) WHERE id = 3", (STRANGER,)
        ),
        8,
        MIRROR_1,
    ),
    "a stranger's signature on what was cosigned for another": (
        lambda db: db.execute("UPDATE witnessed SET note = CAST(note || ? AS BLOB)", (STRANGER,)),
        10,
        "hotline/exercise/third/log/1",
    ),
    "a record of a kind that there is not": (unsigned_record("note", b"\x80"), 4, NODE_2),
    "a record that no program can read": (unsigned_record("node", b"\xc1"), 4, NODE_2),
    "a record that says one thing twice": (
        unsigned_record("clock-stepped", b"\x82" + b"\xa7step_us\x05" * 2),
        4,
        NODE_2,
    ),
    "a record of the node's in a line's log": (
        unsigned_record("node", pack({"state": "stopped"}), OWN_2),
        4,
        OWN_2,
    ),
    "a record of a line's in the node's log": (
        unsigned_record("clock", pack({"offset_us": 0, "round_trip_us": 0})),
        4,
        NODE_2,
    ),
    "one more reading": (insert_last("reading", officer=to("nobody")), 11, ""),
    "an answer awaited to nothing": (insert_last("deadline", idx=to(10_000)), 11, OWN_1),
    "an answer awaited to a service": (insert_last("deadline", idx=to(5)), 11, OWN_1),
    "one more alarm": (insert_last("alarm", id=to(None)), 11, ""),
    # The tail.
    "the tail cut off, nothing else": (lambda db: cut(db, OWN_1, 600), 4, OWN_1),
    "the tail cut off, hashes fitted": (shortened(OWN_1, 30), 6, OWN_1),
    "the tail cut off, streams fitted": (shortened(OWN_1, 30, marks=True), 6, OWN_1),
    "the tail cut off, its receipts too": (
        shortened(OWN_1, 30, marks=True, receipts=True),
        9,
        OWN_1,
    ),
    "the tail of a closed log cut off": (shortened(OWN_1, 1, marks=True, receipts=True), 4, OWN_1),
    "the node's log cut off": (shortened(NODE_1, 3), 6, OWN_1),
    "the node's closed log cut off": (shortened(NODE_1, 1), 4, NODE_1),
    "the mirror cut off": (
        lambda db: plant(db, log_id(db, MIRROR_1), hashes_of(db, log_id(db, MIRROR_1))[:-20]),
        8,
        MIRROR_1,
    ),
    "the newest messages unsigned": (
        sql(
            "DELETE FROM receipt_given WHERE log = :own2",
            "UPDATE log SET note = x'' WHERE id = :own2",
        ),
        7,
        OWN_2,
    ),
    "all receipts given gone": (
        sql("DELETE FROM receipt_given", "UPDATE log SET note = x'' WHERE own"),
        7,
        OWN_1,
    ),
    "all receipts taken gone": (sql("DELETE FROM receipt_taken"), 9, OWN_1),
    "all cosignatures but their sizes gone": (sql("UPDATE cosignature SET line = ''"), 10, OWN_1),
    "everything of one epoch gone but its line": (
        sql(*(f"DELETE FROM {table} WHERE log = :own" for table in ("message", "record"))),
        4,
        OWN_1,
    ),
    # The order.
    "two records exchanged": (
        swapped("record", OWN_1, "kind", "time_us", "salt", "payload"),
        4,
        OWN_1,
    ),
    "two records exchanged, hashes fitted": (
        hashed_again(NODE_1, swapped("record", NODE_1, "kind", "time_us", "salt", "payload")),
        6,
        OWN_1,
    ),
    "two messages exchanged": (
        swapped("message", OWN_2, "stream", "seq", "id", "envelope", "position", "length"),
        2,
        OWN_2,
    ),
    "two messages' numbers exchanged": (
        swapped("message", OWN_1, "stream", "seq", "id"),
        2,
        OWN_1,
    ),
    # What was said, when and by whom.
    "another rejection": (payload("rejection", code="line.ok"), 4, OWN_1),
    "another receipt": (payload("receipt", old_size=0), 4, OWN_2),
    "another receipt, hashes fitted": (
        hashed_again(OWN_2, payload("receipt", old_size=0)),
        9,
        OWN_2,
    ),
    "another alarm text": (payload("alarm-raised", text="x"), 4, NODE_1),
    "another alarm text, hashes fitted": (
        hashed_again(NODE_1, payload("alarm-raised", text="x")),
        6,
        OWN_1,
    ),
    "another alarm text in the entry and at the desk": (
        hashed_again(NODE_1, payload("alarm-raised", text="x"), sql("UPDATE alarm SET text = 'x'")),
        6,
        OWN_1,
    ),
    "another officer": (payload("read", officer="x"), 4, OWN_1),
    "another officer, hashes fitted": (hashed_again(OWN_1, payload("read", officer="x")), 6, OWN_1),
    "another officer at the desk": (sql("UPDATE reading SET officer = 'x' || officer"), 11, OWN_1),
    "another who acknowledged": (sql("UPDATE alarm SET acknowledged_by = 'x'"), 11, ""),
    "another who recovered": (payload("recovered", officer="x"), 4, NODE_2),
    "another who recovered, hashes fitted": (
        hashed_again(NODE_2, payload("recovered", officer="x")),
        6,
        OWN_2,
    ),
    "logs that a recovery did not close": (
        hashed_again(NODE_2, payload("recovered", closed=[])),
        4,
        NODE_1,
    ),
    "a recovery that nobody can read": (
        hashed_again(NODE_2, payload("recovered", closed=7)),
        4,
        NODE_2,
    ),
    "a generation that begins with no recovery": (
        hashed_again(NODE_2, sql("UPDATE record SET kind = 'node' WHERE kind = 'recovered'")),
        4,
        NODE_2,
    ),
    "a recovery within a log": (
        hashed_again(NODE_2, sql("UPDATE record SET kind = 'recovered' WHERE log = :node2")),
        4,
        NODE_2,
    ),
    "another anchor": (payload("anchor", checkpoint=b"x\n"), 4, OWN_2),
    "another anchor, hashes fitted": (
        hashed_again(OWN_2, payload("anchor", checkpoint=b"x\n")),
        6,
        OWN_2,
    ),
    "an anchor that no key signed": (
        hashed_again(OWN_2, payload("anchor", checkpoint=forged_note(NODE_2, []))),
        6,
        OWN_2,
    ),
    "an anchor that nobody can read": (
        hashed_again(OWN_2, payload("anchor", checkpoint=7)),
        6,
        OWN_2,
    ),
    "the node's newest checkpoint gone": (
        sql("UPDATE log SET note = x'' WHERE id = :node"),
        6,
        NODE_1,
    ),
    "another contradiction, hashes fitted": (
        hashed_again(OWN_1, payload("equivocation", seq=2)),
        2,
        OWN_1,
    ),
    "a contradiction that nobody signed": (
        hashed_again(OWN_1, payload("equivocation", envelope=b"\x93\x01")),
        2,
        OWN_1,
    ),
    "received later": (sql("UPDATE message SET time_us = time_us + 1 WHERE direction"), 4, OWN_1),
    "received later, hashes fitted": (
        hashed_again(OWN_1, sql("UPDATE message SET time_us = time_us + 1 WHERE direction = 1")),
        6,
        OWN_1,
    ),
    "received later, receipts and hashes fitted": (
        then(
            hashed_again(OWN_1, sql("UPDATE message SET time_us = time_us + 1 WHERE direction")),
            sealed_again(OWN_1),
        ),
        6,
        OWN_1,
    ),
    "sent earlier": (
        sql(
            "UPDATE message SET created_us = created_us - 1, time_us = time_us - 1"
            " WHERE direction = 0"
        ),
        2,
        OWN_1,
    ),
    "sent earlier, hashes fitted": (
        hashed_again(
            OWN_1,
            sql("UPDATE message SET created_us = 5, time_us = 5 WHERE direction = 0"),
        ),
        6,
        OWN_1,
    ),
    "the peer received later": (sql("UPDATE receipt_taken SET time_us = time_us + 1"), 9, OWN_1),
    "receipts taken later": (sql("UPDATE receipt_taken SET taken_us = taken_us + 1"), 9, OWN_1),
    "another reference": (
        sql("UPDATE message SET reference = 'Y' WHERE reference = 'X-1'"),
        11,
        OWN_1,
    ),
    "an answer to another": (
        sql("UPDATE message SET about = zeroblob(32) WHERE about <> ''"),
        11,
        OWN_1,
    ),
    "a remark on what was sent": (other_remark, 11, OWN_1),
    "a remark on what was received": (
        sql(
            """UPDATE message SET flags = '[{"code":"x","text":"y"}]' WHERE direction = 1"""
            " AND flags IS NULL AND log = :own2"
        ),
        11,
        OWN_2,
    ),
    "a remark reworded": (
        sql("UPDATE message SET flags = replace(flags, '9 s', '99 s') WHERE flags <> ''"),
        11,
        OWN_1,
    ),
    "a remark spelled otherwise": (
        sql("UPDATE message SET flags = ' ' || flags WHERE flags <> ''"),
        11,
        OWN_1,
    ),
    "remarks taken off the desk": (sql("UPDATE message SET flags = NULL"), 11, OWN_1),
    "remarks taken off the desk and the log, hashes fitted": (
        then(
            sql("UPDATE message SET flags = NULL"),
            hashed_again(
                OWN_1,
                sql(
                    "UPDATE record SET kind = 'clock', payload = (SELECT payload FROM record"
                    " WHERE kind = 'clock') WHERE kind = 'remarked'"
                ),
            ),
        ),
        6,
        OWN_1,
    ),
    "another remark at the desk and in the log": (
        then(
            sql("""UPDATE message SET flags = '[{"code":"x","text":"y"}]' WHERE flags <> ''"""),
            payload("remarked", flags=[{"code": "x", "text": "y"}]),
        ),
        4,
        OWN_1,
    ),
    "a remark entered twice": (
        entered_again("remarked", OWN_1),
        11,
        OWN_1,
    ),
    "a remark entered on no message": (
        entered_again("remarked", OWN_1, message=bytes(32)),
        11,
        OWN_1,
    ),
    "a remark that nobody can read": (unsigned_record("remarked", b"", OWN_1), 11, OWN_1),
    "a remark of no flags": (
        entered_again("remarked", OWN_1, flags=[]),
        11,
        OWN_1,
    ),
    "what a message means, that nobody can read": (
        unsigned_record("compared", b"", OWN_1),
        11,
        OWN_1,
    ),
    "what a message means, that is not there": (compared(), 11, OWN_1),
    "what a message means, that was compared at once": (compared(settles="X-1"), 11, OWN_1),
    "what a message means, a second time": (compared(settles="X-9"), 11, OWN_1),
    "what a message means, with other flags": (
        payload("compared", flags=[{"code": "x", "text": "y"}]),
        4,
        OWN_1,
    ),
    "what a message means, with no flags, hashes fitted": (
        hashed_again(OWN_1, payload("compared", flags=[])),
        6,
        OWN_1,
    ),
    "what a message means, entered as something else": (
        hashed_again(OWN_1, sql("UPDATE record SET kind = 'clock' WHERE kind = 'compared'")),
        4,
        OWN_1,
    ),
    "an exercise that ends twice": (entered_again("exercise", NODE_2), 11, NODE_2),
    "an exercise paused that nobody plays": (
        entered_again("exercise", NODE_2, event="pause", record=b""),
        11,
        NODE_2,
    ),
    "play stopped by a message that is not there": (
        entered_again("exercise", NODE_2, event="real-world", record=b"", message=bytes(32)),
        11,
        NODE_2,
    ),
    "what happened in an exercise, that nobody can read": (
        unsigned_record("exercise", b"\x80"),
        4,
        NODE_2,
    ),
    "an exercise in a line's log": (entered_again("exercise", OWN_2), 4, OWN_2),
    "another exercise": (payload("exercise", name="Autumn"), 4, NODE_2),
    "another exercise, hashes fitted": (
        hashed_again(NODE_2, payload("exercise", name="Autumn")),
        6,
        OWN_2,
    ),
    "a fault that ends twice": (entered_again("fault", NODE_2), 11, NODE_2),
    "a fault that ends and never began": (
        entered_again("fault", NODE_2, kind="slow-disk"),
        11,
        NODE_2,
    ),
    "a fault of a kind that there is not": (
        entered_again("fault", NODE_2, kind="no-power"),
        4,
        NODE_2,
    ),
    "a fault in a line's log": (entered_again("fault", OWN_2), 4, OWN_2),
    "another who broke it": (payload("fault", by="x"), 4, NODE_2),
    "another who broke it, hashes fitted": (
        hashed_again(NODE_2, payload("fault", by="x")),
        6,
        OWN_2,
    ),
    "a watch assumed twice on one brief": (entered_again("watch", NODE_2), 11, NODE_2),
    "a watch assumed on another brief": (
        hashed_again(NODE_2, payload("watch", brief=0)),
        11,
        NODE_2,
    ),
    "a watch assumed on a brief that said something else": (
        hashed_again(NODE_2, payload("watch", digest=bytes(32))),
        11,
        NODE_2,
    ),
    "a watch taken from who has it": (
        unsigned_record("watch", pack({"step": "taken", "officer": "orlov", "text": ""})),
        11,
        NODE_2,
    ),
    "a watch reviewed by who never had it": (
        unsigned_record("watch", pack({"step": "reviewed", "officer": "orlov", "text": ""})),
        11,
        NODE_2,
    ),
    "a step of the watch that there is not": (
        unsigned_record("watch", pack({"step": "lost", "officer": "orlov", "text": ""})),
        4,
        NODE_2,
    ),
    "a step of the watch in a line's log": (entered_again("watch", OWN_2), 4, OWN_2),
    "another officer who has the watch": (payload("watch", officer="x"), 4, NODE_2),
    "another officer who has the watch, hashes fitted": (
        hashed_again(NODE_2, payload("watch", officer="x")),
        6,
        OWN_2,
    ),
    "a relation that nobody can read": (unsigned_record("conflict", b"", OWN_1), 11, OWN_1),
    "a relation of a notice that is not there": (related(there=False), 11, OWN_1),
    "a relation with the notices exchanged": (related(exchanged=True), 11, OWN_1),
    "a relation brought about by nothing": (related(caused_by=bytes(32)), 11, OWN_1),
    "a relation with a key too many": (related(more=1), 11, OWN_1),
    "a remark that is none": (sql("UPDATE message SET flags = '{}' WHERE flags <> ''"), 11, OWN_1),
    "other sequence numbers": (sql("UPDATE message SET seq = seq + 1 WHERE stream = 3"), 2, OWN_1),
    "other sequence numbers throughout": (
        hashed_again(
            OWN_1,
            sql(
                "UPDATE OR IGNORE message SET seq = seq + 1 WHERE stream = 1 AND log = :own",
                "UPDATE envelope SET first_seq = first_seq + 1000 WHERE stream = 1 AND log = :own",
                "UPDATE stream SET next_seq = next_seq + 1 WHERE stream = 1 AND log = :own",
            ),
        ),
        3,
        OWN_1,
    ),
    "more messages in a group than signed": (
        sql("UPDATE envelope SET count = count + 1 WHERE log = :own2"),
        2,
        OWN_2,
    ),
    "a receipt for countless messages": (endless_items, 7, OWN_1),
    "a receipt for messages in another spelling": (items_spelled_otherwise, 7, OWN_1),
    "a cleared alarm": (sql("UPDATE alarm SET cleared_us = NULL"), 11, ""),
    "an answer awaited that was given": (
        sql(
            "INSERT INTO deadline SELECT log, idx, direction, time_us FROM message m"
            " WHERE EXISTS (SELECT 1 FROM message r WHERE r.about = m.id)"
            " AND NOT EXISTS (SELECT 1 FROM deadline d WHERE d.log = m.log AND d.idx = m.idx)"
        ),
        11,
        OWN_1,
    ),
    "an answer awaited to what was withdrawn": (
        sql(
            "INSERT INTO deadline SELECT log, idx, direction, time_us FROM message"
            " WHERE reference = 'X-9' AND kind = 'notice'"
        ),
        11,
        OWN_1,
    ),
    "an answer due before the question": (sql("UPDATE deadline SET due_us = 1"), 11, OWN_1),
    "an answer due at another time": (sql("UPDATE deadline SET due_us = due_us + 1"), 11, OWN_1),
    "another time to answer": (payload("answer-time", within_us=1), 4, OWN_1),
    "another time to answer, hashes fitted, and what is due": (
        hashed_again(
            OWN_1,
            payload("answer-time", within_us=1),
            sql("UPDATE deadline SET due_us = due_us - 59999999"),
        ),
        6,
        OWN_1,
    ),
    "a call that nobody can read": (unsigned_record("voice", b"\x80", OWN_1), 4, OWN_1),
    "a call whose check words are of another text": (
        unsigned_record(
            "voice",
            encode_record(VoiceHeard("A ...\n", "flag swan pony ruby", "", (), "orlov")),
            OWN_1,
        ),
        4,
        OWN_1,
    ),
    "a call about a message that was never sent": (read_out(bytes(32)), 11, OWN_1),
    "an answer to a call that was never made": (read_out(spoken=0), 11, OWN_1),
    "an answer to a call yet to come": (read_out(spoken=10**9), 11, OWN_1),
    "an answer to a call about another message": (read_out(message=bytes(32)), 11, OWN_1),
    "an answer that agrees in other words": (read_out(words="flag swan pony ruby"), 11, OWN_1),
    "an answer that differs in the same words": (read_out(agrees=False), 11, OWN_1),
    "another time of a stand-by": (payload("answer-due", due_us=1), 4, OWN_1),
    "a stand-by for ever, entered behind the last": (
        put_off_for_ever,
        11,
        OWN_1,
    ),
    "an answer put off to no message": (
        unsigned_record("answer-due", pack({"message": bytes(32), "due_us": 1}), OWN_1),
        11,
        OWN_1,
    ),
    "an answer put off that nobody can read": (
        unsigned_record("answer-due", b"", OWN_1),
        11,
        OWN_1,
    ),
    "a time to answer that nobody can read": (
        unsigned_record("answer-time", b"\x80", OWN_1),
        11,
        OWN_1,
    ),
    # What belongs elsewhere.
    "a receipt of another epoch": (transplanted("receipt_given", "note"), 6, OWN_2),
    "a checkpoint of another epoch": (
        sql("UPDATE log SET note = (SELECT note FROM log WHERE id = :own) WHERE id = :own2"),
        6,
        OWN_2,
    ),
    "the peer's checkpoint of another epoch": (
        sql("UPDATE log SET note = (SELECT note FROM log WHERE id = :mirror) WHERE id = 5"),
        8,
        MIRROR_2,
    ),
    "the peer's checkpoint for our own": (
        sql("UPDATE log SET note = (SELECT note FROM log WHERE id = :mirror) WHERE id = :own"),
        6,
        OWN_1,
    ),
    "a cosignature of another epoch": (transplanted("cosignature", "root", "line"), 10, OWN_2),
    "a cosignature of another size": (later_cosignature, 10, OWN_1),
    "a cosignature of our own": (own_cosignature, 10, OWN_1),
    "a signature of another group": (resigned_envelope, 2, OWN_1),
    "receipts of another key": (sealed_again(OWN_1), 6, OWN_1),
    "a mirror's leaf that is not about us": (forged_mirror, 8, MIRROR_1),
    "a log and its mirror exchanged": (
        sql("UPDATE line SET log = :mirror, mirror = :own WHERE log = :own"),
        1,
        MIRROR_1,
    ),
    "the lines' epochs exchanged": (
        sql("UPDATE line SET epoch = epoch + 10", "UPDATE line SET epoch = 13 - epoch"),
        1,
        OWN_1,
    ),
    "a log of ours shown as the peer's": (sql("UPDATE log SET own = 0 WHERE id = :own"), 1, OWN_1),
    "a mirror shown as ours": (sql("UPDATE log SET own = 1 WHERE id = :mirror"), 1, MIRROR_1),
    "sizes that no number holds": (
        sql("UPDATE log SET size = 9223372036854775807 WHERE own"),
        4,
        OWN_1,
    ),
    "a cosignature given to another, of another size": (
        sql("UPDATE witnessed SET size = size + 1"),
        10,
        "hotline/exercise/third/log/1",
    ),
    "a cosignature given to another, of another tree": (
        sql("UPDATE witnessed SET root = zeroblob(32)"),
        10,
        "hotline/exercise/third/log/1",
    ),
    "a cosignature given to another, shown as the peer's": (
        sql(f"UPDATE witnessed SET origin = '{MIRROR_1}' WHERE origin LIKE '%/log/1'"),
        10,
        MIRROR_1,
    ),
    # What the journal is.
    "an archive of an epoch that is here": (archived_falsely, 1, NODE_2),
    "an epoch taken out behind an archive that no key signed": (taken_out_falsely, 1, NODE_2),
    "an archive that says nothing": (unsigned_record("archived", b""), 1, NODE_2),
    "a node's journal shown as an archived segment": (set_meta("segment", OWN_1), 1, OWN_1),
    "one epoch of a node's journal shown as an archived segment": (as_a_segment, 1, OWN_2),
    "a closed epoch taken out with its line": (epoch_gone, 1, NODE_1),
    "an epoch that never was": (empty_epoch, 1, OWN_3),
    "the opening of an epoch hidden": (
        hashed_again(NODE_2, sql("UPDATE record SET kind = 'node' WHERE kind = 'line-opened'")),
        1,
        OWN_2,
    ),
    "an epoch opened twice": (
        entered_again("line-opened", NODE_2),
        1,
        NODE_2,
    ),
    "an opening that says nothing": (unsigned_record("line-opened", b""), 1, NODE_2),
    "an epoch opened with another mirror": (
        hashed_again(NODE_2, payload("line-opened", mirror=MIRROR_1)),
        1,
        NODE_2,
    ),
    "another status": (set_meta("status", "actual"), 1, ""),
    "another centre": (set_meta("centre", "hmeimim"), 1, ""),
    "another schema": (set_meta("schema", "1"), 1, ""),
    "an earlier generation": (set_meta("generation", "1"), 1, "6"),
    "a later generation": (set_meta("generation", "3"), 1, "hotline/exercise/iaf/node/3"),
    "countless generations": (endless_generation, 1, "hotline/exercise/iaf/node/3"),
    "no generation": (sql("DELETE FROM meta WHERE key = 'generation'"), 1, ""),
    "a generation that is no number": (set_meta("generation", "two"), 1, ""),
    "an unknown meta key": (set_meta("examined_us", "1"), 1, ""),
    "a fence that nobody set": (set_meta("fence", "it was rolled back"), 1, ""),
    "text that is none": (sql("UPDATE alarm SET text = CAST(x'ff' AS TEXT)"), 1, ""),
    "a value beyond all measure": (
        sql("UPDATE record SET payload = zeroblob(200000000) WHERE log = :own AND idx = 1"),
        1,
        "",
    ),
    "a table that is none": (lambda db: db.execute("CREATE TABLE more(x)"), 1, ""),
    "a table that takes anything": (
        lambda db: (
            db.execute("ALTER TABLE alarm RENAME TO kept"),
            db.execute("CREATE TABLE alarm AS SELECT * FROM kept"),
            db.execute("DROP TABLE kept"),
        ),
        1,
        "",
    ),
    "an index that is gone": (lambda db: db.execute("DROP INDEX message_by_about"), 1, ""),
    "a trigger that changes what is written": (
        lambda db: db.execute(
            "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM alarm; END"
        ),
        1,
        "",
    ),
    "a view in the place of a table": (
        lambda db: (
            db.execute("ALTER TABLE alarm RENAME TO kept"),
            db.execute("CREATE VIEW alarm AS SELECT * FROM kept"),
        ),
        1,
        "",
    ),
}
"""Each falsification with the step and the log by which it must be found."""

UNSEEN: dict[str, Bend] = {
    "a cosignature taken away": lambda db: delete(db, "cosignature", last(db, "cosignature")),
    "what was cosigned for others forgotten": sql("DELETE FROM witnessed"),
    "a second signature": second_signature,
    "an entry changed that no checkpoint covers yet": hashed_again(
        NODE_2,
        sql(
            "UPDATE record SET time_us = 5 WHERE log = :node2"
            " AND idx = (SELECT max(idx) FROM record WHERE log = :node2)"
        ),
    ),
}
"""What one record alone does not show, though its file was changed."""

WHY_UNSEEN = {
    "a cosignature taken away": "a cosignature is no entry, and none is due at any size: the"
    " report says how many entries of each log are cosigned, and fewer are less proof; the peer"
    " keeps its own",
    "what was cosigned for others forgotten": "nothing else in the record says what was cosigned"
    " for a log that is no peer's: whoever asked keeps the cosignature, and two of them that"
    " contradict each other are proof against this witness",
    "a second signature": "a reader of version 1 verifies the first signature of a group and"
    " carries others along unread; all that is said is under the first",
    "an entry changed that no checkpoint covers yet": "an entry is bound from the next checkpoint"
    " on: at the latest when the node stops; while a line is up, a second after it was made in that"
    " line's log, a minute in the node's own",
}
"""Why, and who finds each."""
