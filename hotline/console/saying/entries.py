"""An entry of a log in the officer's language: what a message is called, what was done about it.

The entry's own words (``text``) are English, and stand where there are no others: what few readers
ever meet (refusals, contradictions, recoveries, archives) is for whoever has the book open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from markupsafe import Markup

from hotline.api.schema import EntryView
from hotline.console.language import Words
from hotline.console.page import said, utc_seconds
from hotline.console.saying import records, relations, titles, values
from hotline.console.saying.said import sentence
from hotline.model.kinds import Kind
from hotline.model.languages.flags import FLAGS

_Form = Callable[[Mapping[str, Any], Words], Markup | None]
_NAMED: Final = frozenset({Kind.REPLY, Kind.CONFLICT, Kind.ACTIVATION, Kind.END})
"""Kinds whose title the node makes; any other has the words of whoever composed it."""


def told(entry: EntryView, words: Words) -> Markup | None:
    """Return what an entry that is no message says; None where there are only its own words."""
    form, record = _FORMS.get(entry.kind), records.FORMS.get(entry.kind)
    try:
        if record is not None:
            return record(entry, words)
        return None if form is None else form(entry.what, words)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        return None  # a payload of another shape


def titled(kind: str, title: str, words: Words) -> Markup:
    """Return what a message is called, from its kind and the title that the node gives it."""
    about, called = titles.from_text(kind, title, words)
    if kind in _NAMED:
        return called or about or Markup("")
    return said(title, 400)


def _read(what: Mapping[str, Any], words: Words) -> Markup:
    return words(
        "entries.read", message=records.message_link(what["message"]), officer=_name(what, words)
    )


def _raised(what: Mapping[str, Any], words: Words) -> Markup | None:
    text = sentence(str(what["code"]), str(what["text"]), words, alone=True)
    return None if text is None else words("entries.raised", alarm=_alarm(what), what=text)


def _cleared(what: Mapping[str, Any], words: Words) -> Markup:
    return words("entries.cleared", alarm=_alarm(what))


def _acknowledged(what: Mapping[str, Any], words: Words) -> Markup:
    return words("entries.acknowledged", alarm=_alarm(what), officer=_name(what, words))


def _shelved(what: Mapping[str, Any], words: Words) -> Markup:
    return words(
        "entries.shelved",
        alarm=_alarm(what),
        officer=_name(what, words),
        time=utc_seconds(int(what["until_us"])),
        reason=values.others(str(what["reason"]), words),
    )


def _heard(what: Mapping[str, Any], words: Words) -> Markup:
    if not what["officer"]:
        return words("entries.heard_again", alarm=_alarm(what))
    return words("entries.unshelved", alarm=_alarm(what), officer=_name(what, words))


def _conflict(what: Mapping[str, Any], words: Words) -> Markup | None:
    return relations.sentence(str(what["text"]), words, alone=True)


def _remarked(what: Mapping[str, Any], words: Words) -> Markup:
    return words(
        "entries.remarked", message=records.message_link(what["message"]), flags=_flags(what, words)
    )


def _compared(what: Mapping[str, Any], words: Words) -> Markup:
    flags = _flags(what, words) if what["flags"] else words("entered.found_nothing")
    return words("entries.compared", message=records.message_link(what["message"]), flags=flags)


def _flags(what: Mapping[str, Any], words: Words) -> Markup:
    codes = dict.fromkeys(str(one["code"]) for one in what["flags"])
    named = (FLAGS[code].text(words.language) if code in FLAGS else code for code in codes)
    return Markup("%s") % ", ".join(named)


def _alarm(what: Mapping[str, Any]) -> Markup:
    number = int(what["alarm"])
    return Markup('<a class="target" href="/watch/alarms/%s">%s</a>') % (number, number)


def _name(what: Mapping[str, Any], words: Words) -> Markup:
    return values.officer(str(what["officer"]), words)


_FORMS: Final[Mapping[str, _Form]] = {
    "read": _read,
    "alarm-raised": _raised,
    "alarm-cleared": _cleared,
    "alarm-acknowledged": _acknowledged,
    "alarm-shelved": _shelved,
    "alarm-unshelved": _heard,
    "conflict": _conflict,
    "remarked": _remarked,
    "compared": _compared,
}

TOLD: Final = frozenset({*_FORMS, *records.FORMS})
"""Kinds of record that are said in the language of whoever reads."""
