"""The association: one live session on a line, as a state machine without I/O.

Every input is given the time; after it, `frames_to_send()` and `events()` are drained. A remote
fault never raises: it becomes a rejection where a message can be named, `PeerMisbehaved`, a
SHUTDOWN with the fault's code, and `Closed`. Only misuse by this program raises.

The driver must drain `events()` after each `receive_frame`, and stop reading from the transport
while its journal is behind: that is what keeps memory bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hotline.errors import FencedError, LineError, RemoteError, UsageError, WireError
from hotline.line import events as ev
from hotline.line.identification import check_identity, check_record, holds_more, own_hello
from hotline.line.incoming import IncomingStream, Place, open_group
from hotline.line.mirror import check_not_forked, verify_receipt
from hotline.line.outgoing import OutgoingStream, Want
from hotline.line.sending import Rank, SendQueue
from hotline.line.states import TABLE, Input, State
from hotline.line.terms import Instant, ResumeState, Terms
from hotline.line.timing import PeerClock, RateMeter
from hotline.trust.checkpoint import Checkpoint, open_lone_checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.notes import NoteKey
from hotline.wire import frames as fr
from hotline.wire.body import message_id
from hotline.wire.envelope import decode_envelope
from hotline.wire.shapes import STREAMS

LOWER_PRECEDENCE_BYTES = 256 * 1024
"""How much that is not urgent is handed to the transport at once."""

MAX_QUEUED_BYTES = 64 * 1024 * 1024
"""Bytes that may wait for a peer that keeps sending; more than any catching-up needs."""

_NO_MESSAGE = bytes(32)
_MAX_TEXT = 500


@dataclass(slots=True)
class Statistics:
    """What has crossed so far; ``last_contact`` is in seconds of the monotonic clock."""

    frames_in: int = 0
    frames_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    last_contact: float | None = None
    round_trip_us: int | None = None
    offset_us: int | None = None


class Association:
    """One side of a line, for the life of one transport connection.

    ``dials`` says which side this is, as the letter of agreement has fixed it. ``mirror`` is the
    frontier of the peer's log as far as receipts have proved it; never change it in place.
    """

    def __init__(self, terms: Terms, state: ResumeState, *, dials: bool, now: Instant) -> None:
        self.terms = terms
        self.state = State.IDLE
        self.statistics = Statistics()
        self.mirror = state.mirror
        self._resume = state
        self._dials = dials
        self._outgoing = [
            OutgoingStream(stream, outgoing, terms.window)
            for stream, outgoing in enumerate(state.outgoing)
        ]
        self._incoming = [IncomingStream(incoming) for incoming in state.incoming]
        self._queue = SendQueue()
        self._events: list[ev.Event] = []
        self._clock = PeerClock()
        self._rate = RateMeter(terms.rate, now)
        self._closed = False
        # Set while a STARTUP has come that this side's own has not met yet.
        self._peer_started = False
        # The checkpoint in the peer's HELLO: its log has to pass there.
        self._claimed: Checkpoint | None = None
        # Set by the peer's HELLO when it holds more than we do.
        self._rolled_back = False
        # Monotonic deadlines; None while they do not run.
        self._identify_by: float | None = None
        self._silent_by: float | None = None
        self._heartbeat_at: float | None = None
        # The peer's first heartbeat, which has no echo, has been answered.
        self._answered_first = False
        self._handlers: dict[type, tuple[Input, Callable[..., None]]] = {
            fr.Hello: (Input.HELLO, self._on_hello),
            fr.Startup: (Input.STARTUP, self._on_startup),
            fr.Shutdown: (Input.SHUTDOWN, self._on_shutdown),
            fr.EnvelopeFrame: (Input.ENVELOPE, self._on_envelope),
            fr.Receipt: (Input.RECEIPT, self._on_receipt),
            fr.Rejection: (Input.REJECTION, self._on_rejection),
            fr.Cosignature: (Input.COSIGNATURE, self._on_cosignature),
            fr.Heartbeat: (Input.HEARTBEAT, self._on_heartbeat),
            fr.Resend: (Input.RESEND, self._on_resend),
        }

    # --- What the node drains -------------------------------------------------------------

    def frames_to_send(self, max_bytes: int = LOWER_PRECEDENCE_BYTES) -> list[bytes]:
        """Return frames for the transport, most urgent first; each is one WebSocket message.

        Control frames and FLASH come whatever ``max_bytes`` is; of the rest, as many as begin
        within it. Ask again when the transport has drained; pass 0 while it has not.
        """
        taken = self._queue.take(max_bytes)
        self.statistics.frames_out += len(taken)
        self.statistics.bytes_out += sum(map(len, taken))
        return taken

    def events(self) -> list[ev.Event]:
        """Return what has happened since the last call, in order."""
        drained, self._events = self._events, []
        return drained

    @property
    def closed(self) -> bool:
        """Whether the association is over: send what is left, then drop the connection."""
        return self._closed

    @property
    def backlog(self) -> int:
        """Frames that wait for the transport."""
        return len(self._queue)

    # --- The connection -------------------------------------------------------------------

    def start(self, now: Instant) -> None:
        """Begin: transport is up, and by TLS the peer is the one of ``terms``.

        The side that dials says HELLO first. Raises ``UsageError`` ``line.association-over``:
        each connection gets a new association.
        """
        self._check_not_over()
        if self._dials and self.state is State.IDLE:
            self._feed(Input.DIAL)
        if self._feed(Input.DIALLED if self._dials else Input.ACCEPTED):
            self._identify_by = now.mono + self.terms.timers.identification_s
            if self._dials:
                self._say_hello(now)

    def receive_frame(self, data: bytes, now: Instant) -> None:
        """Take one WebSocket message from the peer; never raises for what is in it."""
        if self._closed:
            return
        statistics = self.statistics
        statistics.frames_in += 1
        statistics.bytes_in += len(data)
        try:
            if not self._rate.allows(len(data), now):
                raise LineError(
                    "line.rate-exceeded", "the peer sends more than this line agreed to take"
                )
            if self._queue.size > MAX_QUEUED_BYTES:
                raise LineError(
                    "line.not-reading", "the peer sends, but does not read what it is sent"
                )
            frame = fr.decode_frame(data)
            statistics.last_contact = now.mono
            self._silent_by = now.mono + self.terms.timers.receive_s
            input_, handler = self._handlers[type(frame)]
            if input_ in TABLE[self.state]:
                handler(frame, now)
            else:
                self._events.append(ev.Undefined(input_, self.state))
                if input_ is Input.ENVELOPE and self._peer_started:
                    # Shutdowns have crossed, and the peer took a STARTUP from before them for
                    # ours: tell it, or it would wait for receipts of what is dropped here.
                    self.shutdown("line.not-associated", "this side has not started", now)
        except RemoteError as error:
            self._events.append(ev.PeerMisbehaved(error, data[: fr.MAX_FRAME]))
            self._close(error, announce=True)

    def receive_eof(self, now: Instant) -> None:
        """Note that the transport is gone, from whichever side; an unannounced end has a reason."""
        if not self._closed:
            orderly = self.state in (State.IDLE, State.READY)
            self._close(
                None if orderly else LineError("line.connection-lost", "the connection was lost"),
                announce=False,
            )

    def associate(self, now: Instant) -> None:
        """Send STARTUP: the node has compared the peer's HELLO with its journal.

        Raises ``FencedError`` ``line.rolled-back`` if the peer holds more of this side's
        messages or log than this side does.
        """
        if self._rolled_back:
            raise FencedError(
                "line.rolled-back",
                f"{self.terms.peer} holds more of this node's record than the node itself",
                "the journal was restored or lost; recover it before signing anything",
            )
        if self._feed(Input.ASSOCIATE):
            self._put(Rank.CONTROL, fr.Startup())
            if self._peer_started:
                self._on_startup(fr.Startup(), now)

    def shutdown(self, code: str, text: str, now: Instant) -> None:
        """End the association, or refuse to associate; the connection stays up."""
        if self._feed(Input.SHUT_DOWN):
            self._end_association()
            self._put(Rank.CONTROL, fr.Shutdown(code, text[:_MAX_TEXT]))

    # --- Time -----------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """Return when ``tick`` is due at the latest (monotonic seconds), None for never."""
        return min((due for due in self._deadlines() if due is not None), default=None)

    def tick(self, now: Instant) -> None:
        """Do what is due: heartbeats, and an end to what has lasted too long."""
        if self._identify_by is not None and now.mono >= self._identify_by:
            self._time_out("line.identification-timeout", "the peer has not said who it is")
        elif self._silent_by is not None and now.mono >= self._silent_by:
            self._time_out("line.receive-timeout", "nothing came from the peer for too long")
        elif any(due is not None and now.mono >= due for due in self._gap_deadlines()):
            self._time_out("line.gap-not-filled", "the peer has not sent again what was missing")
        elif self._heartbeat_at is not None and now.mono >= self._heartbeat_at:
            self._beat(now)

    # --- Sending --------------------------------------------------------------------------

    def extend_durable(self, stream: int, through: int) -> None:
        """Note that our messages of a stream through that sequence are durable."""
        outgoing = self._outgoing[stream]
        outgoing.durable_through = max(outgoing.durable_through, through)

    def wanted(self) -> list[Want]:
        """Return what may be sent now, FLASH first; empty unless associated."""
        if self.state is not State.DATA_READY:
            return []
        wants = [outgoing.want() for outgoing in self._outgoing]
        return [want for want in wants if want is not None]

    def send_group(
        self, stream: int, first_seq: int, ids: Sequence[bytes], envelope: bytes, now: Instant
    ) -> bool:
        """Send a stored group; False when it is not what is wanted (any more): ask again.

        That can happen between ``wanted`` and here, when the peer asks for something again or
        the association ends. Raises ``UsageError``: ``line.not-durable``, ``line.other-message``.
        """
        if Input.SEND_GROUP not in TABLE[self.state]:
            return False
        if not self._outgoing[stream].hand_over(first_seq, ids, len(envelope)):
            return False
        frame = fr.encode_frame(fr.EnvelopeFrame(stream, first_seq, envelope))
        self._queue.put_envelope(stream, frame)
        return True

    def send_receipt(self, receipt: fr.Receipt, now: Instant) -> bool:
        """Send a receipt, once what it says is durable; False when nobody is there to take it."""
        return self._answer(receipt)

    def send_cosignature(self, cosignature: fr.Cosignature, now: Instant) -> bool:
        """Send our witness signature over a checkpoint of the peer's, once it is durable."""
        return self._answer(cosignature)

    def send_rejection(self, rejection: fr.Rejection, now: Instant) -> bool:
        """Send a logical rejection that the node found reason for."""
        return self._answer(rejection)

    def _answer(self, frame: fr.Frame) -> bool:
        if self._feed(Input.SEND_ANSWER):
            self._put(Rank.ANSWER, frame)
            return True
        return False

    # --- Receiving ------------------------------------------------------------------------

    def _on_hello(self, hello: fr.Hello, now: Instant) -> None:
        check_identity(hello, self.terms)
        if not self._dials:
            # Before the two records are compared: a peer that was rolled back learns it here.
            self._say_hello(now)
        checkpoint = check_record(hello, self.terms, self.mirror, self._outgoing)
        self._claimed = checkpoint
        self._rolled_back = holds_more(hello, self._resume, self._outgoing)
        self._identify_by = None
        self._feed(Input.HELLO)
        differs = hello.letter_hash != self.terms.letter_hash
        self._events.append(ev.PeerIdentified(hello, differs, checkpoint, self._rolled_back))
        self._beat(now)

    def _on_startup(self, frame: fr.Startup, now: Instant) -> None:
        self._peer_started = self.state is State.READY
        self._feed(Input.STARTUP)
        if self.state is State.DATA_READY:
            self._events.append(ev.Associated())

    def _on_shutdown(self, frame: fr.Shutdown, now: Instant) -> None:
        self._events.append(ev.ShutdownReceived(frame.code, frame.text))
        self._end_association()
        self._feed(Input.SHUTDOWN)

    def _on_envelope(self, frame: fr.EnvelopeFrame, now: Instant) -> None:
        stream = self._incoming[frame.stream]
        try:
            group = open_group(frame, self.terms)
            # 7. Its place in the stream.
            place = stream.place(group)
        except RemoteError as error:
            self._reject(frame, error)
            raise
        if place is Place.AFTER_A_GAP:
            if stream.gap_since is None:
                stream.gap_since = now.mono
                missing = fr.Resend(frame.stream, stream.next_expected, frame.first_seq - 1)
                self._put(Rank.CONTROL, missing)
        elif place is Place.REPEATED:
            self._events.append(
                ev.GroupRepeated(
                    frame.stream, frame.first_seq, frame.envelope, group.bodies, group.ids
                )
            )
        else:
            # 8. Taken: the node makes it durable, and answers with a receipt.
            stream.take(group)
            self._events.append(
                ev.GroupReceived(
                    frame.stream,
                    frame.first_seq,
                    frame.envelope,
                    group.bodies,
                    group.ids,
                    tuple(group.opened.spans()),
                )
            )

    def _on_receipt(self, receipt: fr.Receipt, now: Instant) -> None:
        terms = self.terms
        # 2. The peer's log key, and it alone, signed the checkpoint of its log of this line.
        checkpoint = open_lone_checkpoint(
            receipt.checkpoint, NoteKey(terms.peer_origin, terms.peer_log)
        )
        if checkpoint.size <= self.mirror.size:
            check_not_forked(checkpoint, self.mirror)
            self._events.append(ev.ReceiptRepeated(receipt, checkpoint))
            return
        # 3 to 6.
        grown, acknowledged = verify_receipt(
            receipt, checkpoint, self.mirror, self._outgoing, self._claimed
        )
        # 7. Only now does anything change.
        self.mirror = grown
        for item in acknowledged:
            self._outgoing[item.stream].acknowledge(item.count)
        self._events.append(ev.ReceiptVerified(receipt, checkpoint, grown, acknowledged))

    def _on_rejection(self, frame: fr.Rejection, now: Instant) -> None:
        if frame.seq > self._outgoing[frame.stream].sent_through:
            raise LineError("line.rejection-not-sent", f"{frame} is about what was never sent")
        self._events.append(
            ev.RejectionReceived(frame.stream, frame.seq, frame.message_id, frame.code, frame.text)
        )

    def _on_cosignature(self, frame: fr.Cosignature, now: Instant) -> None:
        terms = self.terms
        text = Checkpoint(terms.own_origin, frame.size, frame.root).text()
        timestamp_s = verify_cosignature(
            text, frame.line.encode(), terms.peer_witness_name, terms.peer_witness
        )
        self._events.append(ev.CosignatureVerified(frame.size, frame.root, frame.line, timestamp_s))

    def _on_heartbeat(self, frame: fr.Heartbeat, now: Instant) -> None:
        measured = self._clock.hear(frame, now)
        if measured is not None:
            self.statistics.offset_us = measured.offset_us
            self.statistics.round_trip_us = measured.round_trip_us
            self._events.append(measured)
        if not frame.echo_us and not self._answered_first:
            # The peer's first: answered at once, so that it knows our clock from the beginning.
            self._answered_first = True
            self._beat(now)

    def _on_resend(self, frame: fr.Resend, now: Instant) -> None:
        self._outgoing[frame.stream].resend(frame)
        self._queue.drop_envelopes(frame.stream)
        self._events.append(ev.ResendRequested(frame.stream, frame.first, frame.last))

    # --- Inside ---------------------------------------------------------------------------

    def _check_not_over(self) -> None:
        if self._closed:
            raise UsageError(
                "line.association-over",
                "an association cannot be started again",
                "make a new one, with the journal's present state, for each connection",
            )

    def _feed(self, input_: Input) -> bool:
        """Move as the table says; report and return False where it says nothing."""
        old = self.state
        new = TABLE[old].get(input_)
        if new is None:
            if not self._closed:
                self._events.append(ev.Undefined(input_, old))
            return False
        if new is not old:
            self.state = new
            self._events.append(ev.StateChanged(old, new))
        return True

    def _put(self, rank: Rank, frame: fr.Frame) -> None:
        self._queue.put(rank, fr.encode_frame(frame))

    def _say_hello(self, now: Instant) -> None:
        self._put(Rank.CONTROL, own_hello(self.terms, self._resume, self._incoming, now))

    def _beat(self, now: Instant) -> None:
        self._heartbeat_at = now.mono + self.terms.timers.heartbeat_s
        self._put(Rank.CONTROL, self._clock.heartbeat(now))

    def _reject(self, frame: fr.EnvelopeFrame, error: RemoteError) -> None:
        """Answer a message that could not be authenticated; its id tells the peer which."""
        try:
            first_id = message_id(decode_envelope(frame.envelope).bodies[0])
        except WireError:
            first_id = _NO_MESSAGE
        text = error.message[:_MAX_TEXT]
        rejection = fr.Rejection(frame.stream, frame.first_seq, first_id, error.code, text)
        self._put(Rank.CONTROL, rejection)

    def _end_association(self) -> None:
        self._peer_started = False
        for stream in range(STREAMS):
            self._queue.drop_envelopes(stream)
            self._outgoing[stream].rewind_all()
            self._incoming[stream].gap_since = None

    def _time_out(self, code: str, message: str) -> None:
        self._close(LineError(code, message), announce=True)

    def _close(self, reason: RemoteError | None, *, announce: bool) -> None:
        self._end_association()
        if announce and reason is not None:
            text = reason.message[:_MAX_TEXT]
            self._put(Rank.CONTROL, fr.Shutdown(reason.code, text))
        self._identify_by = self._silent_by = self._heartbeat_at = None
        if self.state is not State.IDLE:
            self._feed(Input.DISCONNECT)
        self._closed = True
        self._events.append(ev.Closed(reason))

    def _gap_deadlines(self) -> list[float | None]:
        receive_s = self.terms.timers.receive_s
        return [
            None if stream.gap_since is None else stream.gap_since + receive_s
            for stream in self._incoming
        ]

    def _deadlines(self) -> list[float | None]:
        return [
            self._identify_by,
            self._silent_by,
            self._heartbeat_at,
            *self._gap_deadlines(),
        ]
