"""HELLO: what this side says of itself, and whether what the peer says can be.

The numbered steps are those of ``docs/spec/association.md``, section 3. A letter of agreement
that differs is no reason to stay apart: it is reported, and both sides alarm.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotline.errors import LineError
from hotline.line.incoming import IncomingStream
from hotline.line.mirror import check_not_behind
from hotline.line.outgoing import OutgoingStream
from hotline.line.terms import Instant, ResumeState, Terms
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.merkle import EMPTY_ROOT, Frontier
from hotline.wire.frames import PROTOCOL_VERSION, Hello


def own_hello(
    terms: Terms, resume: ResumeState, incoming: Sequence[IncomingStream], now: Instant
) -> Hello:
    """Make this side's HELLO out of the terms of the line and what is durable here."""
    return Hello(
        versions=(PROTOCOL_VERSION,),
        centre=terms.centre,
        status=terms.status,
        epoch=terms.epoch,
        letter_hash=terms.letter_hash,
        next_expected=tuple(stream.next_expected for stream in incoming),
        checkpoint=resume.own_checkpoint,
        mirror_size=resume.mirror.size,
        mirror_checkpoint=resume.mirror_checkpoint,
        sent_us=now.wall_us,
    )


def check_identity(hello: Hello, terms: Terms) -> None:
    """Check that the peer is the one that this line is for (steps 1 and 2).

    TLS has shown whose certificate it is; this is what the program behind it thinks it is.
    Raises ``LineError``: ``line.no-common-version``, ``line.wrong-centre``,
    ``line.wrong-status``, ``line.wrong-epoch``.
    """
    # 1. There is a version of the protocol that both speak.
    if PROTOCOL_VERSION not in hello.versions:
        raise LineError(
            "line.no-common-version",
            f"the peer speaks versions {hello.versions}, this side {PROTOCOL_VERSION}",
            "upgrade the older of the two programs",
        )
    # 2. Centre, status and epoch are those of the line.
    if hello.centre != terms.peer:
        raise LineError(
            "line.wrong-centre", f"the peer calls itself {hello.centre}, not {terms.peer}"
        )
    if hello.status != terms.status:
        raise LineError(
            "line.wrong-status", f"the peer is on {hello.status}, this side on {terms.status}"
        )
    if hello.epoch != terms.epoch:
        raise LineError(
            "line.wrong-epoch", f"the peer is in epoch {hello.epoch}, this side in {terms.epoch}"
        )


def check_record(
    hello: Hello, terms: Terms, mirror: Frontier, outgoing: Sequence[OutgoingStream]
) -> Checkpoint | None:
    """Check that the peer still holds what it has proved to hold, and resume (steps 3 to 5).

    Returns its newest checkpoint, None while its log is empty. Raises ``TrustError`` when that
    does not verify (``trust.*``) or contradicts the mirror (``line.forked-log``), ``LineError``
    ``line.peer-rolled-back`` when something is gone.
    """
    # 3. The peer's log key signed its newest checkpoint; an empty log has none.
    checkpoint = None
    if hello.checkpoint:
        checkpoint = open_checkpoint(hello.checkpoint, terms.peer_origin, terms.peer_log)
    # 4. Its log is not smaller than our mirror of it, nor another one of the same size.
    check_not_behind(checkpoint or Checkpoint(terms.peer_origin, 0, EMPTY_ROOT), mirror)
    # 5. It expects nothing that it has receipted; sending resumes where it expects.
    for stream, next_expected in zip(outgoing, hello.next_expected, strict=True):
        stream.resume(next_expected)
    return checkpoint


def holds_more(hello: Hello, resume: ResumeState, outgoing: Sequence[OutgoingStream]) -> bool:
    """Return whether the peer has messages or log entries of ours that we do not (step 6)."""
    return hello.mirror_size > resume.own_size or any(
        next_expected > stream.sent_through + 1
        for stream, next_expected in zip(outgoing, hello.next_expected, strict=True)
    )
