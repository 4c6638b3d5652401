from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.line import (
    Closed,
    GroupReceived,
    Input,
    PeerMisbehaved,
    RateLimit,
    State,
    Undefined,
    Window,
)
from hotline.line import association as association_module
from hotline.line.terms import Instant
from hotline.line.timing import PeerClock, RateMeter
from hotline.wire import frames as fr

from .pair import FLASH, KEYS, ROUTINE, LinePair, Node, terms_of


def assert_closed(pair: LinePair, frame: bytes, code: str) -> list[fr.Frame]:
    """Give a frame to `hmeimim`, which must close with that code; return what it still sends."""
    link = pair.hmeimim.link
    link.frames_to_send()
    link.receive_frame(frame, pair.clock())
    events = link.events()
    [misbehaved] = [event for event in events if isinstance(event, PeerMisbehaved)]
    assert misbehaved.error.code == code
    assert misbehaved.frame == frame[: fr.MAX_FRAME]
    assert events[-1] == Closed(misbehaved.error)
    assert link.closed
    assert not [event for event in events if isinstance(event, GroupReceived)]
    sent = [fr.decode_frame(data) for data in link.frames_to_send()]
    assert isinstance(sent[-1], fr.Shutdown)
    assert sent[-1].code == code
    return sent


def test_a_huge_frame_closes_before_it_is_decoded() -> None:
    """The limit is checked on the bytes, and the evidence kept is bounded too."""
    pair = LinePair().associated()
    assert_closed(pair, bytes(2 * fr.MAX_FRAME), "wire.frame-too-large")


def test_garbage_closes() -> None:
    """What is no frame is not guessed at."""
    assert_closed(LinePair().associated(), b"GET / HTTP/1.1\r\n", "wire.bad-field")


def test_garbage_before_the_start_closes_too() -> None:
    """A driver that reads too early does no harm."""
    pair = LinePair()
    pair.hmeimim.connect()
    assert_closed(pair, b"", "wire.malformed")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender": "other"}, "line.wrong-sender"),
        ({"status": "actual"}, "line.wrong-status"),
        ({"epoch": 2}, "line.wrong-epoch"),
    ],
)
def test_a_message_that_is_not_of_this_line_is_rejected(
    changes: dict[str, object], code: str
) -> None:
    """The sender hears which message was refused and why, and the line closes."""
    pair = LinePair().associated()
    body = pair.iaf.body(ROUTINE, b"one", **changes)
    frame = fr.EnvelopeFrame(ROUTINE, 1, pair.iaf.seal([body]))
    rejection, _ = assert_closed(pair, fr.encode_frame(frame), code)
    assert isinstance(rejection, fr.Rejection)
    assert (rejection.stream, rejection.seq, rejection.code) == (ROUTINE, 1, code)
    assert any(rejection.message_id)


def test_a_bad_signature_is_rejected() -> None:
    """Another key of the very same centre is not its signing key."""
    pair = LinePair().associated()
    sealed = pair.iaf.seal([pair.iaf.body(ROUTINE, b"one")], KEYS["iaf"].log)
    frame = fr.encode_frame(fr.EnvelopeFrame(ROUTINE, 1, sealed))
    rejection, _ = assert_closed(pair, frame, "trust.bad-signature")
    assert isinstance(rejection, fr.Rejection)


def test_an_envelope_that_cannot_be_read_is_rejected_without_an_id() -> None:
    """There is nothing to name but the place that the frame claims."""
    pair = LinePair().associated()
    frame = fr.encode_frame(fr.EnvelopeFrame(ROUTINE, 1, b"\xc1"))
    rejection, _ = assert_closed(pair, frame, "wire.malformed")
    assert isinstance(rejection, fr.Rejection)
    assert rejection.message_id == bytes(32)


def test_a_forged_group_behind_a_gap_is_not_believed() -> None:
    """A gap is a reason to ask again only when somebody authentic shows it."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    sealed = pair.iaf.seal([pair.iaf.body(ROUTINE, b"two")], KEYS["iaf"].log)
    frame = fr.encode_frame(fr.EnvelopeFrame(ROUTINE, 2, sealed))
    assert_closed(pair, frame, "trust.bad-signature")


def _receipt(pair: LinePair) -> fr.Receipt:
    """Make the receipt that `iaf` would give for what `hmeimim` sends."""
    pair.iaf.receipts = False
    pair.hmeimim.say(ROUTINE, b"one", b"two")
    pair.run()
    return pair.iaf.receipt()


def _changed(receipt: fr.Receipt, **changes: object) -> fr.Receipt:
    fields = {name: getattr(receipt, name) for name in receipt.__struct_fields__}
    return fr.Receipt(**(fields | changes))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: _changed(r, leaf_hashes=bytes(64)), "line.forged-leaf"),
        (lambda r: _changed(r, leaf_hashes=r.leaf_hashes + bytes(32)), "line.receipt-count"),
        (lambda r: _changed(r, leaf_hashes=bytes(64), items=()), "line.inconsistent-root"),
        (lambda r: _changed(r, old_size=1), "line.receipt-gap"),
        (lambda r: _changed(r, items=r.items * 2), "line.receipt-order"),
        (lambda r: _changed(r, checkpoint=r.checkpoint[:-9]), "trust.malformed-note"),
        (
            lambda r: _changed(r, checkpoint=r.checkpoint + "— x AAAAAAAAAAAA\n".encode()),
            "trust.other-signatures",
        ),
        (
            lambda r: _changed(r, items=(fr.ReceiptItem(0, 1, 1, 0, r.items[0].time_us),)),
            "line.receipt-not-sent",
        ),
    ],
)
def test_a_receipt_that_does_not_hold_acknowledges_nothing(
    change: Callable[[fr.Receipt], fr.Receipt], code: str
) -> None:
    """Inclusion, consistency and order are proved, or the receipt is evidence."""
    pair = LinePair().associated()
    wrong = change(_receipt(pair))
    assert_closed(pair, fr.encode_frame(wrong), code)
    assert pair.hmeimim.receipted[ROUTINE] == 0
    assert pair.hmeimim.link.mirror.size == 0


def test_a_receipt_goes_through_the_log_in_order() -> None:
    """Items that point back are refused, even if each of them is true."""
    pair = LinePair().associated()
    pair.iaf.receipts = False
    pair.hmeimim.say(ROUTINE, b"one")
    pair.run()
    pair.hmeimim.say(FLASH, b"two")
    pair.run()
    right = pair.iaf.receipt()
    wrong = _changed(right, items=right.items[::-1])
    assert_closed(pair, fr.encode_frame(wrong), "line.receipt-order")


@pytest.mark.parametrize("size", [1, 2])
def test_a_log_is_the_one_that_hello_showed(size: int) -> None:
    """A peer that shows one log in its HELLO, and sends another, has signed two of one size."""
    pair = LinePair()
    pair.iaf.receipts = False
    pair.iaf.say(ROUTINE, *[b"one", b"two"][:size])
    pair.connect()
    (hello,) = pair.iaf.link.frames_to_send()
    pair.hmeimim.link.receive_frame(hello, pair.clock())
    # Another log of the same peer, which reaches that size in one step or goes beyond it.
    other = Node("iaf", "hmeimim", dials=True, clock=pair.clock)
    other.say(ROUTINE, b"three", b"four")
    pair.hmeimim.link.events()
    assert_closed(pair, fr.encode_frame(other.receipt()), "line.forked-log")


def test_a_receipt_that_was_spoilt_does_not_spoil_the_right_one() -> None:
    """Verification changes nothing until all of it holds."""
    pair = LinePair().associated()
    right = _receipt(pair)
    pair.cut()
    pair.connect()
    pair.run()
    pair.hmeimim.link.receive_frame(fr.encode_frame(right), pair.clock())
    pair.hmeimim.work()
    assert pair.hmeimim.receipted[ROUTINE] == 2


def test_a_resend_loop_closes() -> None:
    """A peer cannot keep this side sending the same over and over."""
    pair = LinePair().associated()
    pair.hmeimim.say(ROUTINE, b"one")
    pair.hmeimim.work()
    frame = fr.encode_frame(fr.Resend(ROUTINE, 1, 1))
    pair.hmeimim.link.receive_frame(frame, pair.clock())
    pair.hmeimim.work()
    assert not pair.hmeimim.link.closed
    assert_closed(pair, frame, "line.resend-loop")


def test_a_flood_closes() -> None:
    """More frames a second than agreed end the line, however well-formed they are."""
    pair = LinePair(rate=RateLimit(frames_per_s=10, burst_s=2)).associated()
    frame = fr.encode_frame(fr.Heartbeat(1, 0, 0))
    pair.clock.advance(2)
    for _ in range(20):
        pair.hmeimim.link.receive_frame(frame, pair.clock())
    assert not pair.hmeimim.link.closed
    pair.hmeimim.link.events()
    assert_closed(pair, frame, "line.rate-exceeded")


def test_the_rate_is_limited_in_bytes_too_and_recovers_with_time() -> None:
    """Few large frames are a flood as well; a pause makes room again, up to the burst."""
    meter = RateMeter(RateLimit(frames_per_s=100, bytes_per_s=1000, burst_s=1), Instant(0, 0))
    assert meter.allows(1000, Instant(0, 0))
    assert not meter.allows(1, Instant(0, 0))
    assert meter.allows(999, Instant(1.1, 0))
    assert meter.allows(1000, Instant(100, 0))
    assert not meter.allows(1001, Instant(200, 0))


def test_a_peer_that_sends_but_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a peer is bounded."""
    monkeypatch.setattr(association_module, "MAX_QUEUED_BYTES", 1000)
    pair = LinePair(window=Window()).associated()
    pair.hmeimim.say(ROUTINE, bytes(2000))
    pair.hmeimim.work()
    frame = fr.encode_frame(fr.Heartbeat(1, 0, 0))
    pair.hmeimim.link.receive_frame(frame, pair.clock())
    [misbehaved] = [e for e in pair.hmeimim.link.events() if isinstance(e, PeerMisbehaved)]
    assert misbehaved.error.code == "line.not-reading"


def test_a_frame_out_of_place_changes_nothing_and_is_reported() -> None:
    """FMTP: an undefined event causes no transition."""
    pair = LinePair()
    pair.connect()
    link = pair.hmeimim.link
    for frame in (fr.Startup(), fr.Heartbeat(1, 0, 0), fr.EnvelopeFrame(3, 1, b"")):
        link.receive_frame(fr.encode_frame(frame), pair.clock())
    assert [event for event in link.events() if isinstance(event, Undefined)] == [
        Undefined(Input.STARTUP, State.SYSTEM_ID_PENDING),
        Undefined(Input.HEARTBEAT, State.SYSTEM_ID_PENDING),
        Undefined(Input.ENVELOPE, State.SYSTEM_ID_PENDING),
    ]
    assert link.state is State.SYSTEM_ID_PENDING
    link.associate(pair.clock())
    link.shutdown("line.test", "", pair.clock())
    assert link.state is State.SYSTEM_ID_PENDING
    assert len(link.events()) == 2


def test_a_refused_hello_is_answered_only_when_the_peer_is_the_right_one() -> None:
    """A stranger learns nothing; a peer that was rolled back learns it from our HELLO."""
    pair = LinePair()
    pair.iaf.terms = terms_of("iaf", "hmeimim", status="actual")
    pair.connect()
    [hello] = pair.iaf.link.frames_to_send()
    [shutdown] = assert_closed(pair, hello, "line.wrong-status")
    assert isinstance(shutdown, fr.Shutdown)

    pair = LinePair().associated()
    pair.hmeimim.say(ROUTINE, b"one")
    pair.run()
    pair.cut()
    pair.iaf.log.hashes.clear()
    pair.connect()
    [hello] = pair.iaf.link.frames_to_send()
    answer, _ = assert_closed(pair, hello, "line.peer-rolled-back")
    assert isinstance(answer, fr.Hello)


def test_an_echo_that_cannot_be_measures_nothing() -> None:
    """A peer cannot make the round trip negative, nor echo what was never sent."""
    clock = PeerClock()
    clock.heartbeat(Instant(0.0, 1000))
    assert clock.hear(fr.Heartbeat(5, 1000, 2_000_000), Instant(1.0, 1_001_000)) is None
    assert clock.hear(fr.Heartbeat(5, 999, 0), Instant(1.0, 1_001_000)) is None
    clock.heartbeat(Instant(1.0, 1_001_000))
    assert clock.hear(fr.Heartbeat(5, 1_001_000, 0), Instant(2.0, 2_001_000)) is not None
    assert clock.hear(fr.Heartbeat(9, 1_001_000, 0), Instant(2.0, 2_001_000)) is None, "used"


@given(st.binary(max_size=120), st.integers(0, 400), st.integers(0, 255), st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_nothing_is_raised(noise: bytes, at: int, value: int, which: int) -> None:
    """The fuzzing contract of the line: noise, and damaged frames of every kind, in any state."""
    pair = LinePair()
    pair.connect()
    [hello] = pair.iaf.link.frames_to_send()
    samples = [
        hello,
        fr.encode_frame(fr.EnvelopeFrame(3, 1, pair.iaf.seal([pair.iaf.body(3, b"x")]))),
        fr.encode_frame(fr.Receipt(pair.iaf.log.note(), 0, bytes(32), ())),
        fr.encode_frame(fr.Cosignature(1, bytes(32), "— hotline/exercise/iaf/witness AAAA\n")),
        fr.encode_frame(fr.Rejection(3, 1, bytes(32), "line.test", "")),
        fr.encode_frame(fr.Resend(3, 1, 1)),
        noise,
    ]
    damaged = bytearray(samples[which] or b"\0")
    damaged[at % len(damaged)] = value
    for state in range(2):
        pair = LinePair()
        if state:
            pair.associated()
        else:
            pair.connect()
        pair.hmeimim.link.receive_frame(bytes(damaged), pair.clock())
        closed = [e for e in pair.hmeimim.link.events() if isinstance(e, Closed)]
        assert bool(closed) is pair.hmeimim.link.closed
