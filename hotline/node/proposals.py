"""Proposals of the peers that wait for us: changes to notices of ours that nobody has taken up.

A proposal asks for no answer of its own, so nothing is due; it is open until the notice is revised,
withdrawn or over, or the peer answers otherwise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from hotline.journal.queries import StoredMessage, find_message, replies_to
from hotline.model.kinds import Answer
from hotline.model.lifecycle import State, aged
from hotline.model.messages import Reply
from hotline.node.airspace.two_clocks import behind_us
from hotline.node.desk import read_payload

if TYPE_CHECKING:
    from hotline.node.centre import Centre

_AT_ONCE: Final = 500
_OVER: Final = frozenset({State.ENDED, State.WITHDRAWN, State.EXPIRED})
_COUNTER: Final = Answer.COUNTER.value.encode()


def own_contents(centre: Centre) -> list[bytes]:
    """Return the ids of the messages with the content of our notices in force; on the loop."""
    now_us = centre.clock.wall_us()
    return [
        one.id
        for line in centre.lines.values()
        for one in line.airspace.current.of(centre.config.centre)
        if aged(one.life, one.ends_us, now_us - behind_us(line)).state not in _OVER
    ]


def proposed_to(
    connection: sqlite3.Connection, contents: Sequence[bytes]
) -> dict[bytes, StoredMessage]:
    """Return the open proposals by the content that they would change; in the reader's thread.

    What counts is the peer's newest answer to the newest content of a notice.
    """
    found: dict[bytes, StoredMessage] = {}
    for at in range(0, len(contents), _AT_ONCE):
        for about, reply in replies_to(connection, contents[at : at + _AT_ONCE]).items():
            # The octets are looked at first: few answers propose anything.
            if _COUNTER not in reply.body:
                continue
            said = read_payload(reply)
            if isinstance(said, Reply) and said.answer == Answer.COUNTER:
                found[about] = reply
    return found


def proposed_notices(
    connection: sqlite3.Connection, contents: Sequence[bytes]
) -> list[tuple[StoredMessage, StoredMessage]]:
    """Return our notices with the proposal to each, the most urgent first, then the oldest."""
    found = [
        (find_message(connection, about.hex()), reply)
        for about, reply in proposed_to(connection, contents).items()
    ]
    return sorted(found, key=lambda pair: (pair[0].stream, pair[1].time_us, pair[1].index))
