"""Step 11: that what was read out over a telephone was sent, and what was answered was read out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from hotline.audit.verification.projections import Finding
from hotline.audit.verification.replay import since
from hotline.errors import HotlineError
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.layout import lay_out
from hotline.journal.state import OUT
from hotline.journal.voice import VOICE
from hotline.trust.spoken import answer_words, item_word
from hotline.wire.records import VoiceConfirmed, VoiceHeard, VoiceSpoken, decode_record

_Said = VoiceSpoken | VoiceHeard | VoiceConfirmed
_FORM: Any = _Said


def check_voice(db: sqlite3.Connection, log: int, origin: str, begin: int) -> Iterator[Finding]:
    """Yield each ``voice`` record of a line's log that is about nothing before it.

    What was read out is a message that was sent before. An answer is to an entry that says that its
    message was read out, and agrees if, and only if, it is the words of that text. What cannot be
    read is no news: step 4 names it.
    """
    for idx, payload in db.execute(
        "SELECT idx, payload FROM record WHERE log = ? AND idx >= ? AND kind = ? ORDER BY idx",
        (log, since(begin), VOICE),
    ):
        said = _said(payload)
        if isinstance(said, VoiceSpoken):
            row = db.execute(
                "SELECT idx FROM message WHERE id = ? AND log = ? AND direction = ?",
                (said.message, log, OUT),
            ).fetchone()
            if row is None or row[0] >= idx:
                yield origin, idx, "what was read out is no message that was sent before"
        elif isinstance(said, VoiceConfirmed):
            wrong = _answer_to(_spoken(db, log, min(said.spoken, idx)), said)
            if wrong:
                yield origin, idx, wrong


def _spoken(db: sqlite3.Connection, log: int, idx: int) -> VoiceSpoken | None:
    """Return what an entry says was read out; None where it says nothing of that kind."""
    row = db.execute(
        "SELECT payload FROM record WHERE log = ? AND idx = ? AND kind = ?", (log, idx, VOICE)
    ).fetchone()
    said = None if row is None else _said(row[0])
    return said if isinstance(said, VoiceSpoken) else None


def _said(payload: bytes) -> _Said | None:
    try:
        said: _Said = decode_record(payload, _FORM, VOICE)
    except HotlineError:
        return None
    return said


def _answer_to(spoken: VoiceSpoken | None, said: VoiceConfirmed) -> str:
    """Return what is wrong with an answer to what was read out; "" if nothing."""
    if spoken is None or spoken.message != said.message:
        return "it answers no entry before it that says that its message was read out"
    due = {" ".join(answer_words(spoken.text)), _item_words(spoken.text)}
    if said.agrees != (said.words in due):
        return f"the answer is said to {'agree' if said.agrees else 'differ'}, and does not"
    return ""


def _item_words(text: str) -> str | None:
    """Return the words of the items of a text; None for one that nobody could read out."""
    try:
        return " ".join(item_word(str(item)) for item in lay_out(hear(text).sheet))
    except HotlineError:
        return None
