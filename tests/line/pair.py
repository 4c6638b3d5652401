"""Both ends of a line in memory: a fake clock, a link that can be cut, two nodes in miniature."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hotline.line import (
    Association,
    Event,
    GroupReceived,
    GroupRepeated,
    IncomingState,
    Instant,
    OutgoingState,
    PeerIdentified,
    ReceiptVerified,
    ResumeState,
    State,
    Terms,
)
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.trust.names import line_log_origin
from hotline.wire import (
    body as bodies,
)
from hotline.wire import (
    frames as fr,
)
from hotline.wire.envelope import encode_envelope, group_input
from hotline.wire.leaf import received_leaf, sent_leaf
from hotline.wire.shapes import NOTHING_BEFORE, STREAMS

STATUS = Status.EXERCISE
EPOCH = 1
T0_US = 1_772_359_200_000_000
LETTER = bytes(range(32))
FLASH, IMMEDIATE, PRIORITY, ROUTINE = range(STREAMS)

E = TypeVar("E")


class Clock:
    """Two clocks that move only when told."""

    def __init__(self) -> None:
        self.mono = 100.0
        self.wall_us = T0_US

    def __call__(self) -> Instant:
        """Return now."""
        return Instant(self.mono, self.wall_us)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.mono += seconds
        self.wall_us += round(seconds * 1e6)


class Keys:
    """The three keys of a centre, the same in every run."""

    def __init__(self, centre: str, seed: int) -> None:
        make = PrivateKey.from_entropy
        self.signing = make(Role.SIGNING, centre, STATUS, bytes([seed]) * 32)
        self.log = make(Role.LOG, centre, STATUS, bytes([seed + 1]) * 32)
        self.witness = make(Role.WITNESS, centre, STATUS, bytes([seed + 2]) * 32)


KEYS = {"iaf": Keys("iaf", 1), "hmeimim": Keys("hmeimim", 11)}


def terms_of(centre: str, peer: str, **changes: Any) -> Terms:
    """Return the terms of the line as ``centre`` holds them."""
    keys = KEYS[peer]
    terms = Terms(
        centre=centre,
        peer=peer,
        status=STATUS,
        epoch=EPOCH,
        letter_hash=LETTER,
        own_origin=line_log_origin(STATUS, centre, peer, EPOCH),
        peer_origin=line_log_origin(STATUS, peer, centre, EPOCH),
        peer_signing=keys.signing.public_key,
        peer_log=keys.log.public_key,
        peer_witness=keys.witness.public_key,
    )
    return replace(terms, **changes)


class Log:
    """A log of one line: leaf hashes, and notes over any size of it."""

    def __init__(self, origin: str, key: PrivateKey) -> None:
        self.origin = origin
        self.key = key
        self.hashes: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        self.hashes.append(leaf_hash(leaf))

    def root(self, size: int) -> bytes:
        """Return the root over the first ``size`` leaves."""
        frontier = Frontier()
        frontier.extend(self.hashes[:size])
        return frontier.root()

    def note(self, size: int | None = None) -> bytes:
        """Return the signed checkpoint of all leaves, or of the first ``size``."""
        size = len(self.hashes) if size is None else size
        return sign_checkpoint(Checkpoint(self.origin, size, self.root(size)), self.key)


class Node:
    """A node in miniature: its journal is lists, and everything is durable at once.

    ``receipts`` off makes it journal without answering, as a node does that is cut before the
    receipt leaves; ``stalled`` makes it lose, at the next cut, all that has come meanwhile.
    """

    def __init__(self, centre: str, peer: str, *, dials: bool, clock: Clock, **terms: Any) -> None:
        self.centre, self.peer, self.dials, self.clock = centre, peer, dials, clock
        self.keys = KEYS[centre]
        self.terms = terms_of(centre, peer, **terms)
        self.log = Log(self.terms.own_origin, self.keys.log)
        self.outbox: list[list[bytes]] = [[] for _ in range(STREAMS)]  # bodies
        self.groups: list[dict[int, tuple[list[bytes], bytes]]] = [{} for _ in range(STREAMS)]
        self.receipted = [0] * STREAMS
        self.inbox: list[list[bytes]] = [[] for _ in range(STREAMS)]  # payloads, in order
        self.inbox_ids: list[list[bytes]] = [[] for _ in range(STREAMS)]
        self.runs: list[fr.ReceiptItem] = []
        self.mirror = Frontier()
        self.receipts = True
        self.stalled = False
        self.waiting: list[Event] = []
        self.announced = 0
        self.history: list[Event] = []
        self.ends_associating = True

    def connect(self) -> Association:
        """Make a new association from what is durable."""
        self.link = Association(self.terms, self.resume_state(), dials=self.dials, now=self.clock())
        return self.link

    def resume_state(self) -> ResumeState:
        """Return what is durable."""
        return ResumeState(
            outgoing=tuple(
                OutgoingState(
                    self.receipted[s],
                    len(self.outbox[s]),
                    tuple(map(bodies.message_id, self.outbox[s][self.receipted[s] :][:2559])),
                )
                for s in range(STREAMS)
            ),
            incoming=tuple(
                IncomingState(len(ids) + 1, ids[-1] if ids else NOTHING_BEFORE)
                for ids in self.inbox_ids
            ),
            own_size=len(self.log.hashes),
            own_checkpoint=self.log.note() if self.log.hashes else b"",
            mirror=self.mirror,
        )

    def body(self, stream: int, payload: bytes, **changes: Any) -> bytes:
        """Return the next body of a stream, changed in what ``changes`` says."""
        sent = self.outbox[stream]
        body = bodies.Body(
            sender=self.centre,
            recipient=self.peer,
            epoch=EPOCH,
            precedence=stream,
            seq=len(sent) + 1,
            previous=bodies.message_id(sent[-1]) if sent else NOTHING_BEFORE,
            status=STATUS,
            kind="service",
            created_us=self.clock().wall_us,
            payload=payload,
        )
        fields = {name: getattr(body, name) for name in body.__struct_fields__} | changes
        return bodies.encode_body(bodies.Body(**fields))

    def seal(self, group: Sequence[bytes], key: PrivateKey | None = None) -> bytes:
        """Sign a group."""
        return encode_envelope([(key or self.keys.signing).sign(group_input(group))], group)

    def say(self, stream: int, *payloads: bytes) -> None:
        """Sign one group and make it durable; it may be sent from now on."""
        first, group = len(self.outbox[stream]) + 1, []
        for payload in payloads:
            body = self.body(stream, payload)
            group.append(body)
            self.outbox[stream].append(body)
            message_id = bodies.message_id(body)
            seq = len(self.outbox[stream])
            self.log.add(sent_leaf(stream, seq, message_id, self.clock().wall_us))
        ids = list(map(bodies.message_id, group))
        self.groups[stream][first] = (ids, self.seal(group))
        if hasattr(self, "link"):
            self.link.extend_durable(stream, len(self.outbox[stream]))

    def work(self) -> None:
        """Do what a node does between two frames: take events, answer, send what is wanted."""
        self.waiting += self.link.events()
        if not self.stalled:
            events, self.waiting = self.waiting, []
            for event in events:
                self.history.append(event)
                self.take(event)
        while groups := [
            (want, self.groups[want.stream][want.from_seq]) for want in self.link.wanted()
        ]:
            for want, group in groups:
                assert self.link.send_group(want.stream, want.from_seq, *group, self.clock())

    def take(self, event: Event) -> None:
        """Journal what an event brings, and answer it."""
        if isinstance(event, PeerIdentified):
            self.announced = event.hello.mirror_size
            if self.ends_associating:
                self.answer()
                self.link.associate(self.clock())
        elif isinstance(event, GroupReceived):
            assert event.first_seq == len(self.inbox[event.stream]) + 1
            now = self.clock().wall_us
            self.runs.append(
                fr.ReceiptItem(
                    event.stream, event.first_seq, len(event.ids), len(self.log.hashes), now
                )
            )
            for offset, (body, message_id) in enumerate(zip(event.bodies, event.ids, strict=True)):
                self.inbox[event.stream].append(body.payload)
                self.inbox_ids[event.stream].append(message_id)
                self.log.add(received_leaf(event.stream, event.first_seq + offset, message_id, now))
            self.answer()
        elif isinstance(event, GroupRepeated):
            known = self.inbox_ids[event.stream][event.first_seq - 1 :][: len(event.ids)]
            assert known == list(event.ids)
        elif isinstance(event, ReceiptVerified):
            self.mirror = event.frontier
            for item in event.acknowledged:
                assert item.first_seq == self.receipted[item.stream] + 1
                self.receipted[item.stream] += item.count
            line = cosign(event.checkpoint.text(), self.keys.witness, 1).decode()
            self.link.send_cosignature(
                fr.Cosignature(event.checkpoint.size, event.checkpoint.root, line), self.clock()
            )

    def receipt(self) -> fr.Receipt:
        """Return the receipt for everything since the last one."""
        size = len(self.log.hashes)
        return (
            fr.Receipt(
                self.log.note(),
                self.announced,
                b"".join(self.log.hashes[self.announced :]),
                tuple(run for run in self.runs if run.first_index >= self.announced),
            )
            if size
            else fr.Receipt(b"", 0, b"", ())
        )

    def answer(self) -> None:
        """Send the receipt for what the log has gained."""
        if (
            self.receipts
            and len(self.log.hashes) > self.announced
            and self.link.send_receipt(self.receipt(), self.clock())
        ):
            self.announced = len(self.log.hashes)

    def saw(self, kind: type[E]) -> list[E]:
        """All events of a kind so far."""
        return [event for event in self.history if isinstance(event, kind)]


class LinePair:
    """Two nodes and the link between them; ``wires[x]`` holds frames on their way to ``x``."""

    def __init__(self, **terms: Any) -> None:
        self.clock = Clock()
        self.iaf = Node("iaf", "hmeimim", dials=True, clock=self.clock, **terms)
        self.hmeimim = Node("hmeimim", "iaf", dials=False, clock=self.clock, **terms)
        self.wires: dict[str, deque[bytes]] = {}
        self.delay_s = 0.0

    @property
    def nodes(self) -> tuple[Node, Node]:
        """Both nodes, the dialling one first."""
        return self.iaf, self.hmeimim

    def other(self, node: Node) -> Node:
        """Return the node at the other end."""
        return self.hmeimim if node is self.iaf else self.iaf

    def connect(self) -> None:
        """Bring transport up; nothing has crossed yet."""
        self.wires = {"iaf": deque(), "hmeimim": deque()}
        for node in self.nodes:
            node.connect().start(self.clock())

    def collect(self) -> None:
        """Put what both sides want to send on the wires."""
        for node in self.nodes:
            node.work()
            self.wires[node.peer].extend(node.link.frames_to_send())

    def deliver(self, node: Node) -> None:
        """Hand one frame from the wire to a node."""
        node.link.receive_frame(self.wires[node.centre].popleft(), self.clock())
        node.work()

    def run(self, frames: int = 100_000) -> int:
        """Let frames cross, in turn, until all is quiet or so many have; returns how many did."""
        crossed = 0
        while True:
            self.collect()
            waiting = [node for node in self.nodes if self.wires[node.centre]]
            if not waiting:
                return crossed
            for node in waiting:
                if crossed == frames:
                    return crossed
                self.clock.advance(self.delay_s)
                self.deliver(node)
                crossed += 1

    def cut(self) -> None:
        """Lose the connection with everything on the wires."""
        for node in self.nodes:
            node.waiting.clear()
            node.link.receive_eof(self.clock())
            node.work()
            self.wires[node.centre].clear()

    def associated(self) -> LinePair:
        """Connect and run until messages may flow."""
        self.connect()
        self.run()
        assert [node.link.state for node in self.nodes] == [State.DATA_READY] * 2
        return self
