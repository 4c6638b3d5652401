import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import RemoteError
from hotline.line import (
    Association,
    IncomingState,
    Instant,
    OutgoingState,
    PeerMisbehaved,
    ResumeState,
    Terms,
    Undefined,
)
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import Frontier
from hotline.trust.names import line_log_origin
from hotline.wire.body import decode_body
from hotline.wire.codec import unpack
from hotline.wire.envelope import decode_envelope
from hotline.wire.frames import decode_frame
from hotline.wire.leaf import decode_leaf

DIRECTORY = Path(__file__).parent.parent / "vectors"
TOOL = Path(__file__).parent.parent.parent / "tools" / "make_vectors.py"
FILES = sorted(DIRECTORY.glob("*.json"))
DECODERS: dict[str, Callable[[bytes], object]] = {
    "object": unpack,
    "body": decode_body,
    "envelope": decode_envelope,
    "leaf": decode_leaf,
    "frame": decode_frame,
}


def associate(context: dict[str, Any]) -> Association:
    """Bring an association into the state that a vector describes."""
    raw = bytes.fromhex
    us, peer, status, epoch = (context[key] for key in ("centre", "peer", "status", "epoch"))
    outgoing = tuple(
        OutgoingState(receipted, receipted + len(ids), tuple(map(raw, ids)))
        for receipted, ids in context["outgoing"]
    )
    state = ResumeState(
        outgoing=outgoing,
        incoming=tuple(IncomingState(seq, raw(last)) for seq, last in context["incoming"]),
        mirror=Frontier.decode(raw(context["mirror"])),
    )
    terms = Terms(
        centre=us,
        peer=peer,
        status=status,
        epoch=epoch,
        letter_hash=raw(context["letter_hash"]),
        own_origin=line_log_origin(status, us, peer, epoch),
        peer_origin=line_log_origin(status, peer, us, epoch),
        peer_signing=PublicKey(raw(context["peer_signing"])),
        peer_log=PublicKey(raw(context["peer_log"])),
        peer_witness=PublicKey(raw(context["peer_witness"])),
    )
    now = Instant(0.0, 1_772_359_200_000_000)
    association = Association(terms, state, dials=True, now=now)
    association.start(now)
    for frame in context["before"]:
        association.receive_frame(raw(frame), now)
    if context["before"]:
        association.associate(now)
    association.events()
    return association


def outcome(vector: dict[str, Any]) -> str:
    """Return ``accepted`` or the code with which this program refuses a vector's data."""
    data = bytes.fromhex(vector["data"]) + bytes(vector["trailing_zeros"])
    if vector["what"] in DECODERS:
        try:
            DECODERS[vector["what"]](data)
        except RemoteError as error:
            return error.code
        return "accepted"
    association = associate(vector["context"])
    association.receive_frame(data, Instant(0.0, 1_772_359_200_000_000))
    events = association.events()
    for event in events:
        if isinstance(event, PeerMisbehaved):
            assert association.closed
            return event.error.code
        assert not isinstance(event, Undefined)
    return "accepted" if events else "ignored"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_vector_has_the_outcome_that_it_names(file: Path) -> None:
    """What must be refused is refused with its code, what must be accepted is accepted."""
    vector = json.loads(file.read_text())
    assert vector["name"] == file.stem
    assert outcome(vector) == vector["expect"]


def test_the_vectors_are_those_that_the_tool_makes() -> None:
    """No vector was edited by hand, and none is missing."""
    assert {file.name: file.read_text() for file in FILES} == runpy.run_path(str(TOOL))["vectors"]()
    assert len(FILES) >= 40
