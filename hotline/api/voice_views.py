"""Entries about calls as the shapes of the API, of a running node and of a stopped one alike."""

from __future__ import annotations

from collections.abc import Sequence

from hotline.api.voice_shapes import VoiceItem, VoicePage, VoiceView
from hotline.audit.export.values import time_text
from hotline.errors import HotlineError
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.layout import lay_out, subject_of
from hotline.journal.voice import Call
from hotline.node.voice import is_named, item_word_of
from hotline.trust.spoken import answer_words
from hotline.wire.records import VoiceConfirmed, VoiceHeard, VoiceSpoken


def page_of(found: Sequence[Call], name: str | None, limit: int) -> VoicePage:
    """Return calls as a page; with ``name`` only those about a message, by id or reference."""
    views = (call_view(call, found) for call in found)
    if name is None:
        return VoicePage(calls=[view for view, _ in zip(views, range(limit), strict=False)])
    wanted = [
        view
        for view in views
        if is_named(name, view.message, f"\nB {view.subject}\n")
        or (len(name) > len(view.message) >= 8 and name.lower().startswith(view.message))
    ]
    return VoicePage(calls=wanted[:limit])


def call_view(call: Call, others: Sequence[Call] = ()) -> VoiceView:
    """Return one entry about a call; a confirmation finds what it is about among ``others``."""
    said = call.said
    if isinstance(said, VoiceConfirmed):
        spoken = next(
            (one.said for one in others if (one.log, one.index) == (call.log, said.spoken)), None
        )
        text = spoken.text if isinstance(spoken, VoiceSpoken) else ""
        return VoiceView(
            peer=call.peer,
            entry=call.index,
            at=time_text(call.time_us),
            state="confirmed" if said.agrees else "differs",
            officer=said.officer,
            subject=text.partition("\nB ")[2].partition("\n")[0],
            message=said.message.hex(),
            words=spoken.words.split() if isinstance(spoken, VoiceSpoken) else [],
            said=said.words.split(),
            differs=list(said.differs),
            confirms=said.spoken,
        )
    heard = isinstance(said, VoiceHeard)
    subject, message, items = _opened(said.text)
    return VoiceView(
        peer=call.peer,
        entry=call.index,
        at=time_text(call.time_us),
        state="heard" if heard else "spoken",
        officer=said.officer,
        subject=subject,
        message=message if isinstance(said, VoiceHeard) else said.message.hex(),
        text=said.text,
        items=items,
        words=said.words.split(),
        answer=list(answer_words(said.text)) if heard else [],
        said=said.said.split() if isinstance(said, VoiceHeard) else [],
        differs=list(said.differs) if isinstance(said, VoiceHeard) else [],
    )


def _opened(text: str) -> tuple[str, str, list[VoiceItem]]:
    """Return what a canonical text is about, the beginning of its message's id, and its items."""
    try:
        sheet = hear(text).sheet
    except HotlineError:
        return "", "", []  # entered by another version: its text is shown as it stands
    items = [
        VoiceItem(label=item.label, text=item.text, word=item_word_of(item))
        for item in lay_out(sheet)
    ]
    return subject_of(sheet), sheet.id, items
