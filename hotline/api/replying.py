"""A reply that knows what was said before it: nothing is answered that has changed meanwhile.

Two officers may answer the same message at the same moment, and the peer may replace what one of
them still reads. Whoever says as of which message he answers is refused when more has been said.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Final

from aiohttp import web

from hotline.errors import UsageError
from hotline.journal.queries import StoredMessage, thread
from hotline.model.kinds import Kind
from hotline.model.text import printable

ONE_AT_A_TIME: Final = web.AppKey("one_at_a_time", asyncio.Lock)
"""Held from the look at what was said until the reply is signed."""
_REPLACING: Final = frozenset({Kind.REVISION.value, Kind.WITHDRAWAL.value, Kind.END.value})


def require_unchanged(connection: sqlite3.Connection, answered: StoredMessage, as_of: str) -> None:
    """Refuse a reply whose officer has not seen the last word; in the reader's thread.

    ``as_of`` is the id of the newest message that belongs to ``answered`` and that he has seen.

    Raises:
        UsageError: ``reply.superseded`` when the notice was revised, withdrawn or ended since, or
            ``reply.answered-meanwhile`` when somebody of this centre has answered since.

    """
    whole = thread(connection, answered)
    seen = next((place for place, one in enumerate(whole) if one.id.hex() == as_of), -1)
    for later in whole[seen + 1 :]:
        if later.direction == answered.direction and later.kind in _REPLACING:
            if later.id == answered.id:
                continue  # what is answered is itself the last word
            raise UsageError(
                "reply.superseded",
                f"{printable(answered.reference or answered.id.hex()[:8])} has changed since: the"
                f" peer has said {printable(later.kind)}",
                "read the newest message of the notice, and answer that",
            )
        if later.direction == "out" and later.about == answered.id:
            raise UsageError(
                "reply.answered-meanwhile",
                f"{printable(answered.reference or answered.id.hex()[:8])} has been answered in the"
                " meantime",
                "look at that answer, and answer again only where it has to be another",
            )
