"""What a message announces by itself, whatever the table of the life cycle makes of it."""

from __future__ import annotations

from hotline.model.lifecycle import IN_FORCE, ORIGINATOR_ONLY, Step
from hotline.model.messages import (
    Contingency,
    End,
    Nonconformance,
    Notice,
    Revision,
    Withdrawal,
)
from hotline.node.airspace.standing import Standing

_STEPS = frozenset(kind.value for kind in ORIGINATOR_ONLY)


def announced_by(message: Step, own: Standing | None, now_us: int) -> Notice | Revision | None:
    """Return what a message announces that does not follow the table; None if nothing new.

    ``own`` is the notice that it is about, if that is its sender's. What flies though its notice
    is over flies where that was to fly, as long as its times have not passed.
    """
    stands = own is not None and own.life.state in IN_FORCE
    match message:
        case Notice():
            return message
        case Revision():
            repeats = own is not None and stands and message.volumes == own.content.volumes
            return None if repeats else message
        case Withdrawal() | End():
            return None
        case Nonconformance(volumes=volumes) | Contingency(volumes=volumes) if volumes:
            repeats = own is not None and stands and volumes == own.off_nominal
            return None if repeats else Notice(reference=message.reference, volumes=volumes)
    if own is None or stands or (own.ends_us is not None and own.ends_us < now_us):
        return None
    content = own.content
    volumes = (*content.volumes, *own.off_nominal)
    return Notice(message.reference, content.title, content.activity, volumes)


def names_step(kind: str) -> bool:
    """Whether messages of a kind make up the life of a notice."""
    return kind in _STEPS
