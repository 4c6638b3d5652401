"""The plain text of a message, with the details of its flags in the language of the text too.

A flag's own sentence is English, as it was entered; the text has it in a line of its own, behind
what the flag's code stands for. That line alone is said anew here: whatever else is in the text,
the sender's words too, stays as the node wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable

from hotline.api import schema
from hotline.console.language import Words
from hotline.console.saying.said import sentence
from hotline.model.languages.flags import flag_lines
from hotline.model.languages.language import Language


def plainly(view: schema.MessageView, language: Language) -> str:
    """Return a message's text as it was rendered in a language; its English where it was not."""
    if view.rendering is None:
        return view.text
    return with_flags_said(view.rendering, view.flags, language)


def with_flags_said(text: str, flags: Iterable[schema.Flag], language: Language) -> str:
    """Return a rendering with the sentences of its flags said in the rendering's language."""
    if language is Language.EN:
        return text
    lines, at, words = text.split("\n"), 0, Words(language)
    for flag in flags:
        head, *more = flag_lines(flag.code, flag.text, flag.field, language)
        said = sentence(flag.code, flag.text, words, alone=True) if more else None
        if said is None:
            continue
        for index in range(at, len(lines) - 1):
            line = lines[index + 1]
            # Two lines that belong together: no title, which is one, passes for them.
            if lines[index].endswith(head) and line.strip() == more[0].strip():
                indent = line[: len(line) - len(line.lstrip())]
                lines[index + 1] = f"{indent}{said.striptags()}"
                at = index + 2
                break
    return "\n".join(lines)
