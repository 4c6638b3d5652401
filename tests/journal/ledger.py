"""The vocabulary of the journal's tests: two centres' journals, with keys that never change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from hotline.journal.incoming import Presentation, Taken, take
from hotline.journal.journal import Journal
from hotline.journal.outgoing import Composed, Draft, take_receipt
from hotline.journal.queries import groups_from, receipts_after
from hotline.journal.signer import Signer
from hotline.journal.state import Committed, LineState, OutGroup, load_line
from hotline.model.kinds import Status
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.wire.body import Body, decode_body, encode_body, message_id
from hotline.wire.codec import pack
from hotline.wire.envelope import body_spans, decode_envelope, encode_envelope, group_input
from hotline.wire.frames import Receipt, ReceiptItem
from hotline.wire.leaf import received_leaf
from tests.trust import samples

FLASH, IMMEDIATE, PRIORITY, ROUTINE = range(4)
T0_US = samples.NOW_US
PEER = {"iaf": "hmeimim", "hmeimim": "iaf"}
CLOCK = pack({"offset_us": -12, "round_trip_us": 900})
"""The payload of a ``clock`` record, for whoever needs an entry of any kind."""


@cache
def key(role: Role, centre: str) -> PrivateKey:
    """Return a centre's key of that role."""
    return samples.key(role, centre)


def signer_of(centre: str) -> Signer:
    """Return a signer that is not fenced."""
    return Signer(
        status=Status.EXERCISE,
        signing=key(Role.SIGNING, centre),
        log=key(Role.LOG, centre),
        witness=key(Role.WITNESS, centre),
    )


def open_journal(directory: Path, centre: str = "iaf", **changes: Any) -> Journal:
    """Open the journal of a centre that has one line, in epoch 1, unless ``changes`` differ."""
    settings: dict[str, Any] = {
        "centre": centre,
        "status": Status.EXERCISE,
        "lines": {PEER.get(centre, "hmeimim"): 1},
        "signer": signer_of(centre),
        "clock_us": lambda: T0_US,
    }
    return Journal(directory, **(settings | changes))


def line_of(journal: Journal) -> LineState:
    """Return the line of a journal that has one."""
    (line,) = journal.lines.values()
    return line


def draft(payload: bytes = b"\x80", kind: str = "service", **changes: Any) -> Draft:
    """Make a message that waits to be signed."""
    return Draft(kind, payload, **changes)


def transact(
    journal: Journal,
    *actions: Callable[[Journal], Any],
    drafts: dict[tuple[str, int], list[Draft]] | None = None,
    now_us: int = T0_US,
) -> tuple[list[Any], list[Any], Committed]:
    """Run one transaction; return what the actions and the drafts gave, and what is released."""
    results, composed, committed = journal.transact(actions, drafts or {}, lambda: now_us)
    return results, [one for group in composed.values() for one in group], committed


def do(journal: Journal, action: Callable[[Journal], Any], now_us: int = T0_US) -> Any:
    """Run one action in a transaction of its own; raise what it raised."""
    ((result,), _, _) = transact(journal, action, now_us=now_us)
    if isinstance(result, BaseException):
        raise result
    return result


def say(
    journal: Journal, count: int = 1, stream: int = ROUTINE, now_us: int = T0_US, **changes: Any
) -> list[OutGroup]:
    """Compose ``count`` messages in one transaction; return the groups that may be sent."""
    peer = line_of(journal).peer
    waiting = [draft(b"\x81\xa1n" + bytes([n % 128]), **changes) for n in range(count)]
    _, composed, committed = transact(journal, drafts={(peer, stream): waiting}, now_us=now_us)
    assert all(isinstance(one, Composed) for one in composed)
    return committed.groups[peer]


def taking(
    group: OutGroup,
    *,
    shown: Sequence[Presentation] | None = None,
    peer: str | None = None,
    now_us: int = T0_US,
) -> Callable[[Journal], Taken]:
    """Make the action that enters a group at its recipient."""
    bodies = [decode_body(body) for body in decode_envelope(group.envelope).bodies]

    def action(journal: Journal) -> Taken:
        return take(
            journal,
            journal.line(peer or bodies[0].sender),
            stream=group.stream,
            first_seq=group.first_seq,
            envelope=group.envelope,
            bodies=bodies,
            ids=group.ids,
            spans=body_spans(group.envelope),
            presentations=shown or [Presentation()] * len(bodies),
            now_us=now_us,
        )

    return action


def hear(journal: Journal, *groups: OutGroup, now_us: int = T0_US) -> Receipt:
    """Take groups in one transaction; return the receipt that is released for them."""
    results, _, committed = transact(journal, *(taking(g, now_us=now_us) for g in groups))
    for result in results:
        if isinstance(result, BaseException):
            raise result
    (receipt,) = committed.receipts.values()
    return receipt


def prove(journal: Journal, receipt: Receipt) -> Frontier:
    """Verify a receipt as its recipient does, from nothing but its own journal."""
    line = line_of(journal)
    origin, log_key = line.mirror.origin, key(Role.LOG, line.peer).public_key
    checkpoint = open_checkpoint(receipt.checkpoint, origin, log_key)
    leaves = [receipt.leaf_hashes[i : i + 32] for i in range(0, len(receipt.leaf_hashes), 32)]
    assert receipt.old_size == line.mirror.size, "the receipt does not begin at the mirror's end"
    frontier = line.mirror.frontier.copy()
    frontier.extend(leaves)
    assert (frontier.size, frontier.root()) == (checkpoint.size, checkpoint.root)
    for item in receipt.items:
        ids = journal.execute(
            "SELECT id FROM message WHERE log = ? AND direction = 0 AND stream = ? AND seq >= ?"
            " ORDER BY seq LIMIT ?",
            (line.log, item.stream, item.first_seq, item.count),
        ).fetchall()
        assert len(ids) == item.count, "a receipt for what was never said"
        for offset, (id_,) in enumerate(ids):
            leaf = received_leaf(item.stream, item.first_seq + offset, id_, item.time_us)
            place = item.first_index - receipt.old_size + offset
            assert place >= 0, "a receipt names a leaf that it does not bring"
            assert leaf_hash(leaf) == leaves[place]
    return frontier


def accept(journal: Journal, receipt: Receipt, now_us: int = T0_US) -> int | None:
    """Verify a receipt and enter it."""
    frontier = prove(journal, receipt)
    index: int | None = do(
        journal,
        lambda j: take_receipt(j, line_of(j), receipt, frontier, receipt.items, now_us),
    )
    return index


def catch_up(sender: Journal, recipient: Journal, now_us: int = T0_US) -> list[Receipt]:
    """Bring everything durable across, and every receipt back, as after a reconnect."""
    out, into = line_of(sender), line_of(recipient)
    for stream, waiting in enumerate(into.incoming):
        while waiting.next_seq < out.outgoing[stream].next_seq:
            for group in groups_from(
                sender.connection,
                out.log,
                stream,
                waiting.next_seq,
                max_messages=2048,
                max_bytes=1 << 20,
            ):
                hear(recipient, group, now_us=now_us)
    given = list(receipts_after(recipient.connection, into.log, out.mirror.size, 1000))
    for receipt in given:
        accept(sender, receipt, now_us)
    return given


def forge(journal: Journal, seq: int, stream: int = ROUTINE) -> OutGroup:
    """Sign another message under a number of this centre, as one that equivocates does."""
    line = line_of(journal)
    body = encode_body(
        Body(
            sender=line.centre,
            recipient=line.peer,
            epoch=line.epoch,
            precedence=stream,
            seq=seq,
            previous=bytes(32) if seq == 1 else b"p" * 32,
            status=str(journal.status),
            kind="service",
            created_us=T0_US,
            payload=b"\x81\xa1n\xa5other",
        )
    )
    signature = key(Role.SIGNING, line.centre).sign(group_input([body]))
    envelope = encode_envelope([signature], [body])
    return OutGroup(stream, seq, (message_id(body),), envelope, T0_US, 0)


def items_of(receipt: Receipt) -> list[tuple[int, int, int]]:
    """Return what a receipt names, as (stream, first sequence, count)."""
    return [(item.stream, item.first_seq, item.count) for item in receipt.items]


def edge(line: LineState) -> dict[str, Any]:
    """Return a copy of all of a line's state that the disk must hold too."""
    return deepcopy(_edge(line))


def _edge(line: LineState) -> dict[str, Any]:
    return {
        "own": (line.own.size, line.own.frontier, line.own.note, line.own.block),
        "mirror": (line.mirror.size, line.mirror.frontier, line.mirror.note, line.mirror.block),
        "written": (line.own.written, line.mirror.written),
        "outgoing": line.outgoing,
        "incoming": line.incoming,
        "sealed": line.sealed,
        "unsealed": line.unsealed,
        "cosigned": line.cosigned,
        "pending": (line.items, line.changed, line.seal_wanted),
    }


def assert_memory_is_disk(journal: Journal) -> None:
    """Load every line again beside the one in memory and compare."""
    for peer, line in journal.lines.items():
        stored = load_line(journal.connection, journal.status, journal.centre, peer, line.epoch)
        assert edge(line) == edge(stored)


def item(stream: int, first_seq: int, count: int, first_index: int) -> ReceiptItem:
    """Make a receipt's item, taken at ``T0_US``."""
    return ReceiptItem(stream, first_seq, count, first_index, T0_US)
