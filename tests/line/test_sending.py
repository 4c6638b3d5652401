import pytest

from hotline.errors import LineError, UsageError
from hotline.line import OutgoingState, Want, Window
from hotline.line.outgoing import OutgoingStream
from hotline.line.sending import Rank, SendQueue
from hotline.wire import frames as fr
from hotline.wire.frames import Resend

from .pair import FLASH, IMMEDIATE, ROUTINE, LinePair

IDS = [bytes([n]) * 32 for n in range(1, 30)]


def stream(
    durable: int = 20, state: OutgoingState | None = None, window: Window | None = None
) -> OutgoingStream:
    """Make a stream with so many durable messages and a window."""
    return OutgoingStream(3, state or OutgoingState(0, durable), window or Window())


def kinds(frames: list[bytes]) -> list[tuple[str, int]]:
    """Return what frames are, and of which stream."""
    decoded = map(fr.decode_frame, frames)
    return [(type(frame).__name__, getattr(frame, "stream", -1)) for frame in decoded]


def test_flash_overtakes_a_backlog_of_a_hundred_thousand() -> None:
    """Whatever waits, FLASH is the next frame that the transport gets."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, *[bytes(200)] * 500)
    pair.iaf.link.extend_durable(ROUTINE, 100_000)
    pair.iaf.groups[ROUTINE] |= {
        first: ([bytes(32)] * 500, bytes(150_000)) for first in range(501, 100_000, 500)
    }
    pair.iaf.work()
    assert pair.iaf.link.backlog >= 4
    sent = pair.iaf.link.frames_to_send()
    assert sum(map(len, sent)) < 512 * 1024
    pair.iaf.say(FLASH, b"warning")
    pair.iaf.work()
    assert kinds(pair.iaf.link.frames_to_send(0)) == [("EnvelopeFrame", FLASH)]
    assert kinds(pair.iaf.link.frames_to_send(1)) == [("EnvelopeFrame", ROUTINE)]


def test_a_full_window_of_one_precedence_leaves_the_others_open() -> None:
    """A peer that is behind with ROUTINE still gets everything more urgent."""
    pair = LinePair(window=Window(max_messages=2)).associated()
    pair.hmeimim.receipts = False
    for text in (b"1", b"2", b"3"):
        pair.iaf.say(ROUTINE, text)
    pair.run()
    assert pair.hmeimim.inbox[ROUTINE] == [b"1", b"2"]
    assert pair.iaf.link.wanted() == []
    pair.iaf.say(IMMEDIATE, b"go")
    pair.iaf.say(FLASH, b"warning")
    assert [want.stream for want in pair.iaf.link.wanted()] == [FLASH, IMMEDIATE]
    pair.run()
    pair.hmeimim.receipts = True
    pair.hmeimim.answer()
    pair.run()
    assert pair.hmeimim.inbox[ROUTINE] == [b"1", b"2", b"3"]


def test_nothing_is_wanted_before_the_association() -> None:
    """Messages flow in DATA_READY only."""
    pair = LinePair()
    pair.iaf.say(ROUTINE, b"one")
    pair.connect()
    assert pair.iaf.link.wanted() == []
    group = pair.iaf.groups[ROUTINE][1]
    assert not pair.iaf.link.send_group(ROUTINE, 1, *group, pair.clock())


def test_a_group_that_is_not_wanted_any_more_is_declined() -> None:
    """Between asking and answering the peer may have changed what comes next."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one")
    group = pair.iaf.groups[ROUTINE][1]
    assert not pair.iaf.link.send_group(ROUTINE, 2, *group, pair.clock())
    assert pair.iaf.link.send_group(ROUTINE, 1, *group, pair.clock())
    assert not pair.iaf.link.send_group(ROUTINE, 1, *group, pair.clock())


@pytest.mark.parametrize(
    ("window", "want"),
    [
        ({}, Want(3, 6, 15, 2 * 1024 * 1024 - 100)),
        ({"max_messages": 6}, Want(3, 6, 1, 2 * 1024 * 1024 - 100)),
        ({"max_messages": 5}, None),
        ({"max_bytes": 100}, None),
        ({"max_bytes": 101}, Want(3, 6, 15, 1)),
        ({"max_groups": 1}, None),
    ],
)
def test_a_window_limits_messages_groups_and_bytes(
    window: dict[str, int], want: Want | None
) -> None:
    """Each of the three limits closes the window; a receipt opens it again."""
    outgoing = stream(window=Window(**window))
    assert outgoing.hand_over(1, IDS[:5], 100)
    assert outgoing.want() == want
    assert outgoing.hand_over(6, IDS[5:6], 100) is (want is not None)
    outgoing.acknowledge(5)
    assert outgoing.receipted_through == 5
    assert outgoing.want() is not None


def test_only_what_is_durable_is_sent() -> None:
    """Nothing leaves before fsync."""
    outgoing = stream(durable=2)
    for ids in (IDS[:3], []):
        with pytest.raises(UsageError) as caught:
            outgoing.hand_over(1, ids, 100)
        assert caught.value.code == "line.not-durable"
    assert outgoing.hand_over(1, IDS[:2], 100)
    assert outgoing.want() is None


def test_a_retry_sends_the_same_messages() -> None:
    """A number that was used once never stands for another message."""
    outgoing = stream()
    assert outgoing.hand_over(1, IDS[:3], 100)
    outgoing.resend(Resend(3, 2, 2))
    assert outgoing.want() == Want(3, 1, 20, 2 * 1024 * 1024)
    with pytest.raises(UsageError) as caught:
        outgoing.hand_over(1, IDS[1:4], 100)
    assert caught.value.code == "line.other-message"
    assert outgoing.hand_over(1, IDS[:3], 100)
    assert list(outgoing.under_way(1, 3)) == IDS[:3]


def test_what_was_sent_stays_sent_after_a_rewind() -> None:
    """A receipt may still come for what is about to be sent again."""
    outgoing = stream()
    for n in range(3):
        assert outgoing.hand_over(n + 1, IDS[n : n + 1], 100)
    outgoing.resend(Resend(3, 1, 1))
    assert outgoing.hand_over(1, IDS[:1], 100)
    assert list(outgoing.under_way(1, 3)) == IDS[:3]


def test_a_resend_takes_back_what_still_waits() -> None:
    """Each group goes out once after the peer asked, and in order."""
    pair = LinePair().associated()
    for text in (b"1", b"2", b"3"):
        pair.iaf.say(ROUTINE, text)
    pair.iaf.work()
    pair.iaf.link.frames_to_send(1)
    pair.iaf.link.receive_frame(fr.encode_frame(Resend(ROUTINE, 1, 1)), pair.clock())
    pair.iaf.work()
    again = [fr.decode_frame(data) for data in pair.iaf.link.frames_to_send()]
    assert [f.first_seq for f in again if isinstance(f, fr.EnvelopeFrame)] == [1, 2, 3]


def test_a_receipt_after_a_rewind_moves_the_cursor_on() -> None:
    """What the peer had after all is not sent again."""
    outgoing = stream()
    for n in range(3):
        assert outgoing.hand_over(n + 1, IDS[n : n + 1], 100)
    outgoing.resend(Resend(3, 1, 1))
    outgoing.acknowledge(2)
    want = outgoing.want()
    assert want is not None
    assert want.from_seq == 3


def test_sending_resumes_where_the_peer_expects() -> None:
    """What the peer holds is not sent again, and can still be receipted."""
    outgoing = stream(state=OutgoingState(4, 20, tuple(IDS[4:14])))
    outgoing.resume(8)
    want = outgoing.want()
    assert want is not None
    assert want.from_seq == 8
    assert outgoing.sent_through == 7
    assert list(outgoing.under_way(5, 3)) == IDS[4:7]
    with pytest.raises(LineError) as caught:
        outgoing.under_way(5, 4)
    assert caught.value.code == "line.receipt-not-sent"


def test_a_resume_state_that_contradicts_itself_is_refused() -> None:
    """Ids beyond what is durable were read from two different moments of the journal."""
    with pytest.raises(UsageError) as caught:
        stream(state=OutgoingState(4, 5, tuple(IDS[4:6])))
    assert caught.value.code == "line.bad-resume-state"
    assert Window().most_unreceipted == 2048 + 511


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([Resend(3, 2, 4)], "line.resend-not-sent"),
        ([Resend(3, 1, 2)], "line.resend-receipted"),
        ([Resend(3, 3, 3), Resend(3, 3, 3)], "line.resend-loop"),
        ([Resend(3, 3, 3), Resend(3, 2, 2)], "line.resend-loop"),
    ],
)
def test_a_resend_must_make_sense(frames: list[Resend], code: str) -> None:
    """A peer can neither ask for what is settled nor keep us sending the same."""
    outgoing = stream()
    for n in range(3):
        assert outgoing.hand_over(n + 1, IDS[n : n + 1], 100)
    outgoing.acknowledge(1)
    for frame in frames[:-1]:
        outgoing.resend(frame)
        assert outgoing.hand_over(3, IDS[2:3], 100)
    with pytest.raises(LineError) as caught:
        outgoing.resend(frames[-1])
    assert caught.value.code == code


def test_a_resend_is_fair_again_after_a_receipt() -> None:
    """Progress is what tells a second loss from a loop."""
    outgoing = stream()
    for n in range(3):
        assert outgoing.hand_over(n + 1, IDS[n : n + 1], 100)
    outgoing.resend(Resend(3, 2, 2))
    assert outgoing.hand_over(2, IDS[1:2], 100)
    outgoing.acknowledge(1)
    outgoing.resend(Resend(3, 2, 2))
    want = outgoing.want()
    assert want is not None
    assert want.from_seq == 2


def test_the_queue_is_drained_in_order_of_urgency() -> None:
    """Control, FLASH, answers, then the rest by precedence; within a rank, in order."""
    queue = SendQueue()
    for number in (3, 2, 1, 0):
        queue.put_envelope(number, b"%d" % number)
    queue.put(Rank.ANSWER, b"receipt")
    queue.put(Rank.CONTROL, b"first")
    queue.put(Rank.CONTROL, b"second")
    assert len(queue) == 7
    assert queue.size == 4 + 18
    assert queue.take(0) == [b"first", b"second", b"0"]
    assert queue.take(8) == [b"receipt", b"1"]
    queue.drop_envelopes(2)
    assert queue.take(8) == [b"3"]
    assert (len(queue), queue.size) == (0, 0)
