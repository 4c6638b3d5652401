"""Frames that were falsified: the other end refuses each, says why, and keeps it as evidence."""

from __future__ import annotations

import pytest

from hotline.line import GroupReceived, PeerMisbehaved, ReceiptVerified
from hotline.wire import frames as fr
from tests.audit.attacks.wire import WIRE
from tests.line.pair import LinePair


@pytest.mark.parametrize("name", WIRE)
def test_the_other_end_refuses_it(name: str) -> None:
    """The frame is refused with its code, kept whole, and nothing that it says is taken."""
    make, code = WIRE[name]
    pair = LinePair().associated()
    frame = fr.encode_frame(make(pair))
    link = pair.hmeimim.link
    link.events()
    link.receive_frame(frame, pair.clock())
    events = link.events()
    (misbehaved,) = [event for event in events if isinstance(event, PeerMisbehaved)]
    assert (misbehaved.error.code, misbehaved.frame) == (code, frame)
    assert not [event for event in events if isinstance(event, GroupReceived | ReceiptVerified)]
    assert link.closed
