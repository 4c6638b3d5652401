"""The flags of messages as they are shown: those of their arrival, and what was found after it.

A message that was taken before there was time to compare it is flagged `airspace.compared-later`,
for good: flags are bound as they were. What it was found to mean is a record of its own, and is
joined here, so that nobody reads as open what is settled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from hotline.api import schema
from hotline.audit.export.values import time_text
from hotline.journal.compared import LATER, compared_later
from hotline.journal.queries import StoredMessage
from hotline.model.phrasing import duration_text
from hotline.model.times import SECOND_US
from hotline.node.desk import stored_flags
from hotline.wire.records import ComparedLater, Flag

_NAMES: Final = {
    "airspace.conflict": "conflict",
    "airspace.possible": "possible conflict",
    "airspace.proximity": "proximity",
    "airspace.resolved": "an end of what was there before",
    "airspace.more-relations": "more than can be compared",
}


def flags_of(connection: sqlite3.Connection, message: StoredMessage) -> list[schema.Flag]:
    """Return the flags of a message, with what was found of it later behind the flag that said so.

    ``found_at`` is set on that flag, and on those found later; it stays empty until then.
    """
    flags = stored_flags(message)
    if all(flag.code != LATER for flag in flags):
        return [_shown(flag) for flag in flags]
    found = compared_later(connection, message.log, message.id)
    if found is None:
        return [_shown(flag) for flag in flags]
    at_us, said = found
    shown = []
    for flag in flags:
        if flag.code == LATER:
            text = _settled(said, max(0, at_us - message.time_us))
            flag = Flag(flag.code, text, flag.field)
            shown += [_shown(one, at_us) for one in (flag, *said.flags)]
        else:
            shown.append(_shown(flag))
    return shown


def _shown(flag: Flag, at_us: int | None = None) -> schema.Flag:
    found_at = None if at_us is None else time_text(at_us)
    return schema.Flag(code=flag.code, text=flag.text, field=flag.field, found_at=found_at)


def _settled(said: ComparedLater, after_us: int) -> str:
    """Return in words what a message was found to mean."""
    after = _after(after_us)
    what = ", ".join(_named(said.flags))
    if not said.stood:
        text = f"not compared as it was said: {after} later it was revised or over"
        return f"{text}; found: {what}" if what else text
    return f"compared {after} later: {what or 'nothing was found'}"


def _named(flags: Iterable[Flag]) -> list[str]:
    return [*dict.fromkeys(_NAMES.get(flag.code, flag.code) for flag in flags)]


def _after(after_us: int) -> str:
    if after_us >= 60 * SECOND_US:
        return duration_text(after_us // SECOND_US * SECOND_US)
    return f"{after_us / SECOND_US:.1f} s" if after_us >= SECOND_US else f"{after_us // 1000} ms"
