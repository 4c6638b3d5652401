import pytest

from hotline.errors import FencedError, UsageError
from hotline.line import (
    Associated,
    Association,
    ClockMeasured,
    Closed,
    GroupReceived,
    GroupRepeated,
    Input,
    PeerIdentified,
    ReceiptRepeated,
    RejectionReceived,
    ResendRequested,
    ResumeState,
    ShutdownReceived,
    State,
    Timers,
    Undefined,
)
from hotline.trust.merkle import Frontier
from hotline.wire import frames as fr

from .pair import FLASH, LETTER, ROUTINE, STATUS, T0_US, Clock, LinePair, Node, terms_of


def test_the_dialling_side_says_hello_first() -> None:
    """FMTP: the listening side waits to hear who it is."""
    pair = LinePair()
    pair.connect()
    assert isinstance(fr.decode_frame(pair.iaf.link.frames_to_send()[0]), fr.Hello)
    assert pair.hmeimim.link.frames_to_send() == []
    assert pair.iaf.link.state is State.ID_PENDING
    assert pair.hmeimim.link.state is State.SYSTEM_ID_PENDING


def test_hello_says_what_is_held() -> None:
    """HELLO carries everything that the peer needs to resume and to notice a rollback."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one", b"two")
    pair.run()
    pair.cut()
    pair.connect()
    pair.run(1)
    [identified] = pair.hmeimim.saw(PeerIdentified)[1:]
    hello = identified.hello
    assert (hello.centre, hello.status, hello.epoch) == ("iaf", STATUS, 1)
    assert hello.letter_hash == LETTER
    assert hello.next_expected == (1, 1, 1, 1)
    assert hello.mirror_size == pair.iaf.mirror.size == 2
    assert hello.checkpoint == pair.iaf.log.note()
    assert hello.sent_us == pair.clock().wall_us
    assert identified.checkpoint is not None
    assert identified.checkpoint.size == len(pair.iaf.log.hashes)


def test_an_association_starts_once() -> None:
    """The side that dials waits for the peer's name at once; starting again changes nothing."""
    clock = Clock()
    link = Node("iaf", "hmeimim", dials=True, clock=clock).connect()
    assert link.next_deadline() is None
    link.start(clock())
    assert link.state is State.ID_PENDING
    link.start(clock())
    assert link.events()[-1] == Undefined(Input.DIALLED, State.ID_PENDING)


def test_an_association_lives_for_one_connection() -> None:
    """What is over stays over: it takes nothing more, and cannot be started again."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    link = pair.iaf.link
    pair.cut()
    assert link.closed
    assert link.state is State.IDLE
    assert link.next_deadline() is None
    link.events()
    link.receive_frame(b"anything", pair.clock())
    link.receive_eof(pair.clock())
    link.tick(pair.clock())
    assert not link.send_receipt(pair.hmeimim.receipt(), pair.clock())
    assert not link.send_group(ROUTINE, 1, [], b"", pair.clock())
    assert link.events() == []
    with pytest.raises(UsageError) as caught:
        link.start(pair.clock())
    assert caught.value.code == "line.association-over"


def test_a_lost_connection_has_a_reason_and_an_orderly_end_has_none() -> None:
    """Only the end that nobody announced is worth an alarm."""
    pair = LinePair().associated()
    pair.hmeimim.link.shutdown("line.maintenance", "until noon", pair.clock())
    pair.run()
    assert pair.iaf.saw(ShutdownReceived) == [ShutdownReceived("line.maintenance", "until noon")]
    assert [node.link.state for node in pair.nodes] == [State.READY] * 2
    pair.cut()
    assert pair.iaf.saw(Closed) == [Closed(None)]
    pair.connect()
    pair.run()
    pair.cut()
    reason = pair.iaf.saw(Closed)[1].reason
    assert reason is not None
    assert reason.code == "line.connection-lost"


def test_after_a_shutdown_the_same_connection_associates_again() -> None:
    """SHUTDOWN ends the association, not the connection; what was under way goes again."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    pair.iaf.work()  # handed over, not collected
    pair.iaf.link.shutdown("line.test", "a test", pair.clock())
    assert not [f for f in pair.iaf.link.frames_to_send() if f[1] == 4]
    pair.hmeimim.link.shutdown("line.test", "a test", pair.clock())
    pair.run()
    for node in pair.nodes:
        node.link.associate(pair.clock())
    pair.run()
    assert pair.hmeimim.inbox[ROUTINE] == [b"one"]
    assert pair.iaf.receipted[ROUTINE] == 1


def test_a_startup_from_before_crossed_shutdowns_is_put_right() -> None:
    """An envelope for a side that has not started is answered, so that it is sent again."""
    pair = LinePair().associated()
    iaf, hmeimim = pair.iaf.link, pair.hmeimim.link
    iaf.shutdown("line.test", "", pair.clock())
    iaf.associate(pair.clock())
    hmeimim.shutdown("line.test", "", pair.clock())
    pair.run()
    assert iaf.state is hmeimim.state is State.READY
    hmeimim.associate(pair.clock())
    assert hmeimim.state is State.DATA_READY
    pair.hmeimim.say(FLASH, b"warning")
    pair.run()
    assert pair.iaf.saw(Undefined) == [Undefined(Input.ENVELOPE, State.READY)]
    assert pair.hmeimim.saw(ShutdownReceived)[-1].code == "line.not-associated"
    for link in (iaf, hmeimim):
        link.associate(pair.clock())
    pair.run()
    assert pair.iaf.inbox[FLASH] == [b"warning"]


def test_receipts_still_pass_after_the_association_has_ended() -> None:
    """The books are closed for everything that was delivered."""
    pair = LinePair().associated()
    pair.hmeimim.receipts = False
    pair.iaf.say(ROUTINE, b"one")
    pair.run()
    pair.iaf.link.shutdown("line.test", "a test", pair.clock())
    pair.run()
    pair.hmeimim.receipts = True
    pair.hmeimim.answer()
    pair.run()
    assert pair.iaf.receipted[ROUTINE] == 1


def test_letters_that_differ_do_not_keep_the_centres_apart() -> None:
    """Deliver first, flag always."""
    pair = LinePair()
    pair.hmeimim.terms = terms_of("hmeimim", "iaf", letter_hash=bytes(32))
    pair.associated()
    assert [node.saw(PeerIdentified)[0].letter_differs for node in pair.nodes] == [True, True]
    pair.iaf.say(FLASH, b"warning")
    pair.run()
    assert pair.hmeimim.inbox[FLASH] == [b"warning"]


def test_a_startup_that_comes_early_counts_later() -> None:
    """The peer may have finished its checks first."""
    pair = LinePair()
    pair.hmeimim.ends_associating = False
    pair.connect()
    pair.run()
    assert pair.iaf.link.state is State.ASSOCIATION_PENDING
    assert pair.hmeimim.link.state is State.READY
    pair.hmeimim.link.associate(pair.clock())
    assert pair.hmeimim.link.state is State.DATA_READY
    pair.run()
    assert pair.iaf.link.state is State.DATA_READY
    assert pair.hmeimim.saw(Associated)


@pytest.mark.parametrize(
    "lost", [{"outbox": True}, {"log": True}], ids=["messages gone", "entries gone"]
)
def test_a_node_that_was_rolled_back_does_not_associate(lost: dict[str, bool]) -> None:
    """The rollback fence: the peer holds more of our record than we do."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one", b"two")
    pair.hmeimim.say(ROUTINE, b"three")
    pair.run()
    pair.cut()
    state = pair.iaf.resume_state()
    outgoing = list(state.outgoing)
    if "outbox" in lost:
        outgoing[ROUTINE] = type(outgoing[ROUTINE])()
    own_size = 0 if "log" in lost else state.own_size
    link = Association(
        pair.iaf.terms,
        ResumeState(tuple(outgoing), state.incoming, own_size, b"", Frontier()),
        dials=True,
        now=pair.clock(),
    )
    pair.hmeimim.mirror = Frontier() if "outbox" in lost else pair.hmeimim.mirror
    peer = Association(
        pair.hmeimim.terms, pair.hmeimim.resume_state(), dials=False, now=pair.clock()
    )
    peer.start(pair.clock())
    link.start(pair.clock())
    for frame in link.frames_to_send():
        peer.receive_frame(frame, pair.clock())
    for frame in peer.frames_to_send():
        link.receive_frame(frame, pair.clock())
    identified = [event for event in link.events() if isinstance(event, PeerIdentified)]
    assert [event.rolled_back for event in identified] == [True]
    with pytest.raises(FencedError) as caught:
        link.associate(pair.clock())
    assert caught.value.code == "line.rolled-back"
    assert caught.value.hint


def test_silence_ends_the_association() -> None:
    """FMTP's Tr: nothing for 12 s, with a heartbeat due each 5 s."""
    pair = LinePair().associated()
    start = pair.clock().mono
    assert pair.iaf.link.next_deadline() == start + 5
    for seconds in (5, 5):
        pair.clock.advance(seconds)
        pair.iaf.link.tick(pair.clock())
    assert pair.iaf.link.next_deadline() == start + 12
    pair.clock.advance(1.9)
    pair.iaf.link.tick(pair.clock())
    assert not pair.iaf.link.closed
    pair.clock.advance(0.1)
    pair.iaf.link.tick(pair.clock())
    pair.iaf.work()
    [closed] = pair.iaf.saw(Closed)
    assert closed.reason is not None
    assert closed.reason.code == "line.receive-timeout"
    last = fr.decode_frame(pair.iaf.link.frames_to_send()[-1])
    assert isinstance(last, fr.Shutdown)
    assert last.code == "line.receive-timeout"


def test_heartbeats_keep_a_quiet_line_up() -> None:
    """An hour without a message is not a silent line."""
    pair = LinePair().associated()
    for _ in range(720):
        pair.clock.advance(5)
        for node in pair.nodes:
            node.link.tick(pair.clock())
        pair.run()
    assert [node.link.state for node in pair.nodes] == [State.DATA_READY] * 2


@pytest.mark.parametrize("centre", ["iaf", "hmeimim"])
def test_a_peer_that_does_not_say_who_it_is_is_left(centre: str) -> None:
    """FMTP's Ti runs on both sides from the moment that transport is up."""
    pair = LinePair()
    pair.connect()
    link = {"iaf": pair.iaf, "hmeimim": pair.hmeimim}[centre].link
    deadline = link.next_deadline()
    assert deadline == pair.clock().mono + 10
    pair.clock.advance(10)
    link.tick(pair.clock())
    closed = link.events()[-1]
    assert isinstance(closed, Closed)
    assert closed.reason is not None
    assert closed.reason.code == "line.identification-timeout"


def test_timers_that_cannot_work_are_refused() -> None:
    """A heartbeat after the receive timer would cut every quiet line."""
    for wrong in ({"heartbeat_s": 12}, {"heartbeat_s": 0}, {"identification_s": 0}):
        with pytest.raises(UsageError) as caught:
            Timers(**wrong)
        assert caught.value.code == "line.bad-timers"


def test_both_sides_measure_the_others_clock() -> None:
    """NTP's way: the offset is right even though the two ways take time."""
    pair = LinePair()
    pair.delay_s = 0.020
    pair.hmeimim.clock = ahead = Clock()
    ahead.wall_us = T0_US + 3_000_000
    pair.connect()
    for node in pair.nodes:
        node.work()
    for _ in range(60):
        for node, other in (pair.nodes, pair.nodes[::-1]):
            arriving = node.link.frames_to_send()
            for clock in (pair.clock, ahead):
                clock.advance(0.020)
            for frame in arriving:
                other.link.receive_frame(frame, other.clock())
            other.work()
        for clock in (pair.clock, ahead):
            clock.advance(1)
        for node in pair.nodes:
            node.link.tick(node.clock())
    for node, offset_us in ((pair.iaf, 3_000_000), (pair.hmeimim, -3_000_000)):
        last = node.saw(ClockMeasured)[-1]
        assert last.round_trip_us == node.link.statistics.round_trip_us
        assert last.offset_us == node.link.statistics.offset_us
        assert abs(last.offset_us - offset_us) <= 20_000


def test_clocks_are_measured_before_the_first_heartbeat_is_due() -> None:
    """The first heartbeat of a side is answered at once, and nothing is answered for ever."""
    pair = LinePair().associated()
    for node in pair.nodes:
        assert len(node.saw(ClockMeasured)) == 1
        assert node.link.frames_to_send() == []


def test_a_replayed_envelope_is_reported_and_never_delivered_twice() -> None:
    """The journal answers with the stored receipt; the officer sees nothing new."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    pair.iaf.work()
    [frame] = pair.iaf.link.frames_to_send()
    for _ in range(3):
        pair.hmeimim.link.receive_frame(frame, pair.clock())
    pair.run()
    assert pair.hmeimim.inbox[ROUTINE] == [b"one"]
    assert len(pair.hmeimim.saw(GroupReceived)) == 1
    repeated = pair.hmeimim.saw(GroupRepeated)
    assert [event.ids for event in repeated] == [pair.hmeimim.saw(GroupReceived)[0].ids] * 2


def test_equivocation_is_handed_over_as_evidence() -> None:
    """Two authentic messages for one place: both reach the journal, neither is hidden."""
    pair = LinePair().associated()
    twin = pair.iaf.body(ROUTINE, b"another")
    pair.iaf.say(ROUTINE, b"one")
    pair.run()
    frame = fr.encode_frame(fr.EnvelopeFrame(ROUTINE, 1, pair.iaf.seal([twin])))
    pair.hmeimim.link.receive_frame(frame, pair.clock())
    [repeated] = [e for e in pair.hmeimim.link.events() if isinstance(e, GroupRepeated)]
    assert repeated.ids != pair.hmeimim.saw(GroupReceived)[0].ids
    assert repeated.bodies[0].payload == b"another"


def test_a_gap_is_asked_for_once_and_filled() -> None:
    """What a link loses is sent again, in order, and nothing is delivered out of order."""
    pair = LinePair().associated()
    for text in (b"one", b"two", b"three"):
        pair.iaf.say(ROUTINE, text)
    pair.collect()
    pair.wires["hmeimim"].popleft()
    pair.run()
    assert pair.hmeimim.inbox[ROUTINE] == [b"one", b"two", b"three"]
    assert pair.iaf.saw(ResendRequested) == [ResendRequested(ROUTINE, 1, 1)]
    assert pair.iaf.receipted[ROUTINE] == 3
    pair.iaf.say(ROUTINE, b"four")
    pair.iaf.say(ROUTINE, b"five")
    pair.collect()
    pair.wires["hmeimim"].popleft()
    pair.run()
    assert pair.iaf.saw(ResendRequested)[1:] == [ResendRequested(ROUTINE, 4, 4)]
    assert pair.hmeimim.inbox[ROUTINE][3:] == [b"four", b"five"]


def test_gaps_on_both_sides_at_once_do_not_deadlock() -> None:
    """Both ask, both answer first."""
    pair = LinePair().associated()
    for node in pair.nodes:
        node.say(ROUTINE, b"one")
        node.say(ROUTINE, b"two")
    pair.collect()
    for wire in pair.wires.values():
        wire.popleft()
    pair.run()
    for node in pair.nodes:
        assert node.inbox[ROUTINE] == [b"one", b"two"]
        assert len(node.saw(ResendRequested)) == 1


def test_a_gap_that_is_not_filled_ends_the_association() -> None:
    """A peer that skips and does not come back is left; the next connection resumes."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    pair.iaf.say(ROUTINE, b"two")
    pair.iaf.work()
    pair.hmeimim.link.receive_frame(pair.iaf.link.frames_to_send()[1], pair.clock())
    for _ in range(3):
        pair.clock.advance(4)
        pair.hmeimim.link.receive_frame(fr.encode_frame(fr.Startup()), pair.clock())
        pair.hmeimim.link.tick(pair.clock())
    closed = pair.hmeimim.link.events()[-1]
    assert isinstance(closed, Closed)
    assert closed.reason is not None
    assert closed.reason.code == "line.gap-not-filled"


def test_a_gap_does_not_outlive_the_association() -> None:
    """After a SHUTDOWN nothing is owed until both have started again."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    pair.iaf.say(ROUTINE, b"two")
    pair.iaf.work()
    link = pair.hmeimim.link
    link.receive_frame(pair.iaf.link.frames_to_send()[1], pair.clock())
    link.shutdown("line.test", "", pair.clock())
    for _ in range(4):
        pair.clock.advance(4)
        link.receive_frame(fr.encode_frame(fr.Heartbeat(1, 0, 0)), pair.clock())
        link.tick(pair.clock())
    assert link.state is State.READY


def test_a_rejection_reaches_the_node_that_sent() -> None:
    """OLDI: always one of the two, receipt or rejection."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    pair.run()
    rejection = fr.Rejection(ROUTINE, 1, bytes(32), "model.unknown-kind", "cannot show it")
    assert pair.hmeimim.link.send_rejection(rejection, pair.clock())
    pair.run()
    [received] = pair.iaf.saw(RejectionReceived)
    assert (received.stream, received.seq, received.code) == (ROUTINE, 1, "model.unknown-kind")


def test_a_repeated_receipt_changes_nothing() -> None:
    """A stored receipt that is answered again is known by its size."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    pair.run()
    mirror = pair.iaf.link.mirror
    pair.hmeimim.announced = 0
    pair.hmeimim.link.send_receipt(pair.hmeimim.receipt(), pair.clock())
    pair.run()
    assert len(pair.iaf.saw(ReceiptRepeated)) == 1
    assert pair.iaf.link.mirror is mirror


def test_statistics_count_what_crosses() -> None:
    """Bytes and frames of one side out are those of the other side in."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    pair.run()
    ours, theirs = pair.iaf.link.statistics, pair.hmeimim.link.statistics
    assert (ours.frames_out, ours.bytes_out) == (theirs.frames_in, theirs.bytes_in)
    assert (ours.frames_in, ours.bytes_in) == (theirs.frames_out, theirs.bytes_out)
    assert ours.last_contact == pair.clock().mono
    assert pair.iaf.link.backlog == 0
