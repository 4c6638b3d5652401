"""Messages in a language that somebody asked for, beside the shapes that carry the data."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hotline.api import schema
from hotline.errors import ModelError
from hotline.model.kinds import Precedence
from hotline.model.languages.language import Language
from hotline.model.messages import decode_payload
from hotline.model.phrases import Phrase
from hotline.model.rendering import rendition

Phrases = Mapping[str, Mapping[int, Phrase]]
"""The phrases of each line's letter, by peer; a line whose letter is not at hand is left out."""


def render_thread(found: schema.Thread, language: Language, phrases: Phrases) -> schema.Thread:
    """Return a thread with every message rendered in a language."""
    thread = [render_view(view, language, phrases) for view in found.thread]
    message = render_view(found.message, language, phrases)
    return msgspec.structs.replace(found, message=message, thread=thread)


def render_view(
    view: schema.MessageView, language: Language, phrases: Phrases
) -> schema.MessageView:
    """Return a message with its rendering; one that can't be read is shown as its text says."""
    rendering = view.text
    if view.message is not None:
        try:
            message = decode_payload(view.kind, view.message)
        except ModelError:  # from a node of another version
            return msgspec.structs.replace(view, rendering=rendering)
        rendering = rendition(
            message,
            language,
            phrases.get(view.peer),
            precedence=Precedence.__members__.get(view.precedence),
            flags=[(flag.code, flag.text, flag.field) for flag in view.flags],
            traffic=view.traffic,
        )
    return msgspec.structs.replace(view, rendering=rendering)
