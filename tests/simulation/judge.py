"""The invariants: what must hold at every moment of a history, and at its end.

Whoever breaks one raises `ViolationError`, by which the history ends there. What is watched is
what leaves a node (every frame, as it is handed to the network), what its officers and listeners
are told, and what its disk holds when it starts again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hotline.errors import HotlineError, WireError
from hotline.model.kinds import Precedence
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.names import line_log_origin
from hotline.wire import frames as fr
from hotline.wire.body import message_id
from hotline.wire.envelope import decode_envelope
from tests.simulation.ground import LOWER_BYTES, PEER
from tests.simulation.network import Seen
from tests.simulation.records import Records, Said

if TYPE_CHECKING:
    from hotline.journal.outgoing import Composed
    from tests.simulation.history import History
    from tests.simulation.node import SimulatedNode

SETTLE_S = 60.0
"""Simulated seconds within which everything is delivered once faults have stopped."""
FENCE_S = 30.0
"""Within which a node that was put back to an older disk has found out, once both can meet."""
START_S, STOP_S = 20.0, 10.0
"""Within which a node starts, once nothing is wrong with its disk, and stops."""
OVERTAKE_BYTES = 2 * LOWER_BYTES
"""Bytes of lower precedence that may leave a node after a FLASH was ready to: what was handed to
the transport before, and one batch more that was just being put together."""
LOOK_EVERY_S = 0.25


class ViolationError(Exception):
    """An invariant does not hold."""


class Listener:
    """Stands where a node has the queue of whoever listens to its events."""

    def __init__(self, judge: Judge, node: SimulatedNode) -> None:
        self._judge, self._node = judge, node

    def put_nowait(self, event: tuple[str, dict[str, Any]] | None) -> None:
        """Take one event."""
        if event is not None and not self._node.dying:
            self._judge.published(self._node, *event)


class Judge:
    """Watches one history.

    ``lying`` is the node, if any, whose keys are in hostile hands: nothing is demanded of what it
    says, and what is demanded of the other is safety, not delivery. ``put_back`` is the one that
    was restored to an older disk.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.settled_s = 0.0
        self.lying = ""
        self.put_back = ""
        # The first violation; what follows it may be its consequence.
        self.found = ""
        # Ids by (sender, stream, seq), and the other way round, of all that ever left its node.
        self.ids: dict[tuple[str, int, int], bytes] = {}
        self.places: dict[tuple[str, bytes], tuple[int, int]] = {}
        # Ids by number, of what an officer was told is durable.
        self.owed: dict[str, dict[tuple[int, int], bytes]] = {"iaf": {}, "hmeimim": {}}
        # What each centre has told of its log; which roots of it the other has cosigned, by size.
        self.said = {"iaf": Said(), "hmeimim": Said()}
        self.vouched: dict[str, dict[int, bytes]] = {"iaf": {}, "hmeimim": {}}
        # Ids that were shown, and the last number shown, by receiver (and stream).
        self.shown: dict[str, set[bytes]] = defaultdict(set)
        self.last_shown: dict[tuple[str, int], int] = defaultdict(int)
        # The last number that a sender was told is receipted, by (sender, stream).
        self.receipted: dict[tuple[str, int], int] = defaultdict(int)
        # FLASH that was ready and did not leave yet: (seq, connection) -> bytes gone before it.
        self.urgent: dict[str, dict[int, int]] = {"iaf": {}, "hmeimim": {}}

    def fail(self, invariant: str, text: str) -> None:
        """Note a violation; the history ends with the first."""
        if not self.found:
            self.found = f"{invariant}: {text}"

    def check(self) -> None:
        """End the history if something was violated. Raises ViolationError."""
        defects = self.history.loop.stumbles + self.history.ground.logged
        if defects:
            self.fail("no defect", defects[0])
        if self.found:
            raise ViolationError(self.found)

    # --- On the wire ------------------------------------------------------------------------

    def seen(self, seen: Seen) -> None:
        """Look at a frame that leaves its node."""
        if seen.sender == self.lying:
            return
        try:
            frame = fr.decode_frame(seen.frame)
        except HotlineError as error:
            self.fail("frames hold", f"{seen.sender} sends what is no frame: {error}")
            return
        if isinstance(frame, fr.EnvelopeFrame):
            self._envelope(seen, frame)
        elif isinstance(frame, fr.Receipt | fr.Hello) and frame.checkpoint:
            checkpoint = self._opened(seen.sender, frame.checkpoint)
            self._root(seen.sender, checkpoint.size, checkpoint.root, "signed")
            if isinstance(frame, fr.Receipt):
                self._receipt(seen.sender, frame)
        elif isinstance(frame, fr.Cosignature):
            peer = PEER[seen.sender]
            vouched = self.vouched[peer]
            if vouched.setdefault(frame.size, frame.root) != frame.root:
                self.fail("no fork cosigned", f"{seen.sender} cosigned two trees of {frame.size}")
            if peer != self.lying:
                self._root(peer, frame.size, frame.root, f"{seen.sender} cosigned")

    def _opened(self, centre: str, note: bytes) -> Checkpoint:
        keys = self.history.ground.keyrings[centre]
        origin = line_log_origin(keys.status, centre, PEER[centre], 1)
        return open_checkpoint(note, origin, PublicKey(keys.log.public))

    def _root(self, centre: str, size: int, root: bytes, who: str) -> None:
        if self.said[centre].roots.setdefault(size, root) != root:
            self.fail("no fork", f"{who} another tree of {size} entries of {centre}'s log")

    def _receipt(self, sender: str, receipt: fr.Receipt) -> None:
        said, hashes = self.said[sender], receipt.leaf_hashes
        for at in range(0, len(hashes), fr.HASH_SIZE):
            index, leaf = receipt.old_size + at // fr.HASH_SIZE, hashes[at : at + fr.HASH_SIZE]
            if said.leaves.setdefault(index, leaf) != leaf:
                self.fail("receipts hold", f"{sender} sends two leaves {index}")
        for item in receipt.items:
            for offset in range(item.count):
                place, index = (item.stream, item.first_seq + offset), item.first_index + offset
                if said.entries.setdefault(place, index) != index:
                    self.fail("receipts hold", f"{sender} receipts {place} at two places")

    def _envelope(self, seen: Seen, frame: fr.EnvelopeFrame) -> None:
        sender, stream = seen.sender, frame.stream
        try:
            bodies = decode_envelope(frame.envelope).bodies
        except WireError as error:
            self.fail("frames hold", f"{sender} sends what is no envelope: {error}")
            return
        for offset, body in enumerate(bodies):
            seq, id_ = frame.first_seq + offset, message_id(body)
            if self.ids.setdefault((sender, stream, seq), id_) != id_:
                self.fail("one id", f"{sender} sends two messages as {stream}/{seq}")
            self.places[sender, id_] = stream, seq
        urgent = self.urgent[sender]
        if stream == Precedence.FLASH:
            for offset in range(len(bodies)):
                urgent.pop(frame.first_seq + offset, None)
        else:
            for seq in urgent:
                urgent[seq] += len(seen.frame)
                if urgent[seq] - len(seen.frame) > OVERTAKE_BYTES:
                    self.fail(
                        "FLASH overtakes",
                        f"{urgent[seq]} bytes of lower precedence left {sender} before FLASH {seq}",
                    )

    # --- What people are told ---------------------------------------------------------------

    def told(self, node: SimulatedNode, composed: Composed) -> None:
        """Take note that an officer was told that a message is durable."""
        if node.name == self.put_back:
            return  # it cannot know yet that these numbers are taken
        place = composed.stream, composed.seq
        owed = self.owed[node.name]
        if owed.setdefault(place, composed.id) != composed.id:
            self.fail("one id", f"{node.name} has told of two messages as {place}")
        if composed.stream == Precedence.FLASH and (node.name, *place) not in self.ids:
            self.urgent[node.name][composed.seq] = 0

    def listener(self, node: SimulatedNode) -> Listener:
        """Return a listener to a node's events."""
        return Listener(self, node)

    def published(self, node: SimulatedNode, name: str, what: dict[str, Any]) -> None:
        """Look at what a node tells whoever listens."""
        if name == "message" and what.get("direction", "in") == "in":
            self._shown(node.name, bytes.fromhex(what["id"]))
            node.officers.shown(what["id"], what["kind"])
        elif name == "receipt":
            for precedence, first_seq, count in what["which"]:
                stream = Precedence[precedence]
                self.receipted[node.name, stream] = first_seq + count - 1
        elif name == "line" and not what["up"]:
            # What was ready is sent again on the next connection, in its order.
            self.urgent[node.name].clear()

    def _shown(self, receiver: str, id_: bytes) -> None:
        sender = PEER[receiver]
        if sender == self.lying:
            if id_ in self.shown[receiver]:
                self.fail("shown once", f"{receiver} shows {id_.hex()[:12]} again")
            self.shown[receiver].add(id_)
            return
        place = self.places.get((sender, id_))
        if place is None:
            self.fail("authentic", f"{receiver} shows what {sender} never sent")
            return
        stream, seq = place
        if id_ in self.shown[receiver]:
            self.fail("shown once", f"{receiver} shows {stream}/{seq} again")
        elif seq <= self.last_shown[receiver, stream]:
            self.fail("in order", f"{receiver} shows {stream}/{seq} after a later one")
        self.shown[receiver].add(id_)
        self.last_shown[receiver, stream] = seq

    # --- What a disk holds ------------------------------------------------------------------

    def started(self, node: SimulatedNode) -> None:
        """Compare what a node finds on its disk with what was said of it."""
        if node.name == self.put_back:
            return
        assert node.centre is not None
        line = node.centre.journal.line(node.peer)
        for stream, seq in self.owed[node.name]:
            if line.outgoing[stream].next_seq <= seq:
                self.fail("nothing told is lost", f"{node.name} has lost its own {stream}/{seq}")
        for stream in range(4):
            held, promised = line.incoming[stream].next_seq - 1, self.receipted[node.peer, stream]
            if held < promised:
                self.fail(
                    "nothing receipted is lost",
                    f"{node.name} holds {stream}/{held}, but {node.peer} has its receipt for "
                    f"{stream}/{promised}",
                )
        if node.centre.fenced is not None:
            self.fail("no false fence", f"{node.name} is fenced: {node.centre.fenced}")

    def could_not_start(self, node: SimulatedNode, error: HotlineError) -> None:
        """Take note of a node that does not start though nothing is wrong with its disk now."""
        self.fail("starts", f"{node.name}: {error} ({error.__cause__!r})")

    # --- The end ----------------------------------------------------------------------------

    def _delivered(self) -> bool:
        return all(
            node.up
            and node.centre is not None
            and not node.pending
            and node.centre.line(node.peer).up
            and not any(node.centre.line(node.peer).backlog)
            for node in self.history.nodes.values()
        )

    async def settle(self) -> None:
        """Wait until everything is delivered; that must be so in ``SETTLE_S``."""
        loop = self.history.loop
        begun = loop.now
        while not self._delivered():
            self.check()
            if loop.now - begun > SETTLE_S:
                self.fail("delivered in time", self._state())
            await asyncio.sleep(LOOK_EVERY_S)
        self.settled_s = loop.now - begun

    def _state(self) -> str:
        said = []
        for node in self.history.nodes.values():
            if not node.up or node.centre is None:
                said.append(f"{node.name} is down")
                continue
            line = node.centre.line(node.peer)
            state = "up" if line.up else f"down ({line.last_error})"
            said.append(f"{node.name}: line {state}, held {line.held}, waiting {line.backlog}")
        return "; ".join(said)

    async def fenced(self, node: SimulatedNode) -> None:
        """Wait until a node that was put back has found out."""
        begun = self.history.loop.now
        while self.history.loop.now - begun < FENCE_S:
            self.check()
            centre = node.centre
            if node.up and centre is not None and (centre.fenced or centre.line(node.peer).held):
                node.fenced = centre.fenced is not None
                return
            await asyncio.sleep(LOOK_EVERY_S)
        self.fail("a rollback is found out", f"{node.name} signs on: {self._state()}")

    async def close(self) -> None:
        """Stop both nodes; what they leave must verify, reconcile, and hold what was said."""
        nodes = self.history.nodes.values()
        await self._until(lambda: all(node.up for node in nodes), START_S, "starts")
        stopping = [node.run(node.stop()) for node in nodes if node.up]
        await self._until(lambda: all(task.done() for task in stopping), STOP_S, "stops")
        with Records(self.history.ground, self.fail).held() as records:
            self._look_into(records)
        self.check()

    def _look_into(self, records: Records) -> None:
        nodes = self.history.nodes.values()
        for node in nodes:
            if node.name != self.lying:
                put_back = node.name == self.put_back
                records.verify(node.name, fenced=put_back and node.fenced)
                if not put_back:
                    records.hold_to(node.name, self.said[node.name], self.vouched[node.peer])
        if not self.lying and not self.put_back:
            for node in nodes:
                submitted = self.history.nodes[node.peer].submitted
                records.hold(node.name, self.owed[node.peer], submitted)
            records.reconcile(self.history.nodes)

    async def _until(self, there: Callable[[], bool], within_s: float, invariant: str) -> None:
        begun = self.history.loop.now
        while not there():
            if self.history.loop.now - begun > within_s:
                self.fail(invariant, f"not within {within_s:g} s: {self._state()}")
            self.check()
            await asyncio.sleep(LOOK_EVERY_S)
        self.check()
