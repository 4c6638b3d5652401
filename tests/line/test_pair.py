from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.line import (
    Associated,
    CosignatureVerified,
    PeerMisbehaved,
    State,
    StateChanged,
    Undefined,
)

from .pair import ROUTINE, LinePair


def test_a_notice_crosses_and_its_receipt_is_verified() -> None:
    """The main job, in memory: signed, delivered, receipted, cosigned."""
    pair = LinePair().associated()
    pair.iaf.say(ROUTINE, b"one", b"two")
    pair.run()
    assert pair.hmeimim.inbox[ROUTINE] == [b"one", b"two"]
    assert pair.iaf.receipted[ROUTINE] == 2
    assert pair.iaf.mirror.root() == pair.hmeimim.log.root(len(pair.hmeimim.log.hashes))
    assert pair.hmeimim.saw(CosignatureVerified)[-1].root == pair.iaf.mirror.root()
    for node in pair.nodes:
        assert len(node.saw(Associated)) == 1
        assert not node.saw(Undefined)
        assert not node.saw(PeerMisbehaved)


def test_the_states_are_those_of_fmtp() -> None:
    """The dialling side and the listening side pass through their own states."""
    pair = LinePair().associated()
    assert [change.new for change in pair.iaf.saw(StateChanged)] == [
        State.CONNECTION_PENDING,
        State.ID_PENDING,
        State.READY,
        State.ASSOCIATION_PENDING,
        State.DATA_READY,
    ]
    assert pair.hmeimim.saw(StateChanged)[0].new is State.SYSTEM_ID_PENDING


PAYLOADS = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=3)
STEP = st.one_of(
    st.tuples(st.just("say"), st.sampled_from([0, 1]), st.integers(0, 3), PAYLOADS),
    st.tuples(st.just("run"), st.integers(0, 12)),
    st.tuples(st.just("cut")),
    st.tuples(st.just("mute"), st.sampled_from([0, 1]), st.booleans()),
    st.tuples(st.just("stall"), st.sampled_from([0, 1]), st.booleans()),
    st.tuples(st.just("shut"), st.sampled_from([0, 1])),
)


@given(st.lists(STEP, min_size=5, max_size=40))
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost_doubled_or_reordered_whatever_is_cut(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    """Within a precedence every message arrives once, in order, over any cuts."""
    pair = LinePair()
    pair.connect()
    said: dict[tuple[str, int], list[bytes]] = {}
    for step in steps:
        if step[0] == "say":
            node = pair.nodes[step[1]]
            node.say(step[2], *step[3])
            said.setdefault((node.centre, step[2]), []).extend(step[3])
        elif step[0] == "run":
            pair.run(step[1])
        elif step[0] == "cut":
            pair.cut()
            pair.connect()
        elif step[0] == "mute":
            pair.nodes[step[1]].receipts = step[2]
        elif step[0] == "stall":
            pair.nodes[step[1]].stalled = step[2]
        else:
            pair.nodes[step[1]].link.shutdown("line.test", "a test", pair.clock())
    for node in pair.nodes:
        node.receipts, node.stalled = True, False
    pair.cut()
    pair.connect()
    pair.run()
    for node in pair.nodes:
        assert not node.saw(PeerMisbehaved)
        for stream in range(4):
            expected = said.get((node.centre, stream), [])
            assert pair.other(node).inbox[stream] == expected
            assert node.receipted[stream] == len(expected)
        assert node.mirror.size == len(pair.other(node).log.hashes)
