"""Records of a log in the officer's language: receipts, logins, officers, drafts, line and watch.

What is said follows from the fields of the record; a step of a closed list has a word of its own
(``entries.draft_offered``), so that one without a word is not said at all, and its English stands.
Each form raises KeyError, TypeError or ValueError for a record of another shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from markupsafe import Markup

from hotline.api.schema import EntryView
from hotline.console.language import Words
from hotline.console.page import utc_seconds
from hotline.console.saying import values
from hotline.model.kinds import Precedence
from hotline.model.languages import terms
from hotline.model.phrasing import duration_text

_SHORT: Final = 12
"""Digits of an id that a message is called by."""
MOST_RUNS: Final = 8
"""Runs of a receipt that are told one by one."""
_ORIGIN_PARTS: Final = 5

Form = Callable[[EntryView, Words], Markup]


def message_link(id_: Any) -> Markup:
    """Return a message by the first digits of its id, as a link to it. Raises ValueError."""
    digits = str(id_)
    if not digits.isalnum():
        raise ValueError(digits)
    return Markup('<a class="target" href="/notice/%s"><bdi dir="ltr">%s</bdi></a>') % (
        digits,
        digits[:_SHORT],
    )


def peer_of(entry: EntryView) -> str:
    """Return the peer of the line whose log an entry is in; empty for the node's own log."""
    parts = entry.log.split("/")
    return parts[3] if len(parts) == _ORIGIN_PARTS and parts[3] != "node" else ""


def _step(entry: EntryView, name: str, words: Words, **fields: Markup) -> Markup:
    """Return the word of one step of a kind. Raises KeyError for a step without one."""
    word = f"entries.{entry.kind}_{entry.what[name]}".replace(" ", "-")
    if not words.has(word):
        raise KeyError(word)
    return words(word, **fields)


def _receipt(entry: EntryView, words: Words) -> Markup:
    runs = entry.what["items"]
    told = [_run(*run, words=words) for run in runs[:MOST_RUNS]]
    if len(runs) > MOST_RUNS:
        told.append(words("entries.receipt_more", count=len(runs) - MOST_RUNS))
    return words("entries.receipt", peer=_peer(entry, words), runs=Markup("; ").join(told))


def _run(
    stream: int, first_seq: int, count: int, first_index: int, time_us: int, *, words: Words
) -> Markup:
    return words(
        "entries.receipt_run",
        precedence=_precedence(stream, words),
        numbers=_numbers(first_seq, count, words),
        entries=_numbers(first_index, count, words),
        time=utc_seconds(time_us),
    )


def _session(entry: EntryView, words: Words) -> Markup:
    what = entry.what
    name = str(what["officer"])
    fields = {
        "officer": values.officer(name, words) if name else words("entries.stranger"),
        "address": values.name(str(what.get("address") or "—"), words),
    }
    if what["state"] == "began":
        return words("entries.session_began", **fields)
    if what["state"] == "refused" and what["why"] == "throttled":
        span = values.seconds(int(what["wait_s"]), words)
        return words("entries.session_throttled", span=span, **fields)
    why = f"entries.why_{what['why']}"
    if not words.has(why):
        raise KeyError(why)
    return _step(entry, "state", words, why=words(why), **fields)


def _officer(entry: EntryView, words: Words) -> Markup:
    what = entry.what
    fields = {"officer": _name(what["officer"], words), "by": _name(what["by"], words)}
    if "roles" in what:
        roles = [words(f"officers.role_{role}") for role in what["roles"]]
        fields["roles"] = Markup(", ").join(roles)
    return _step(entry, "step", words, **fields)


def _draft(entry: EntryView, words: Words) -> Markup:
    what = entry.what
    fields = {"draft": values.number(str(int(what["draft"])), words)}
    for field in ("officer", "offered_by"):
        if what.get(field):
            fields[field] = _name(what[field], words)
    if "message" in what:
        fields["message"] = message_link(what["message"])
    if "reason" in what:
        fields["reason"] = values.others(str(what["reason"]), words)
    if "code" in what:
        fields["code"] = values.name(str(what["code"]), words)
    if what["step"] == "released" and "offered_by" not in fields:
        return words("entries.draft_released-alone", **fields)
    return _step(entry, "step", words, **fields)


def _answer_time(entry: EntryView, words: Words) -> Markup:
    within = duration_text(int(entry.what["within_us"]), words.language)
    precedence = _precedence(entry.what["stream"], words)
    return words("entries.answer-time", precedence=precedence, span=within)


def _answer_due(entry: EntryView, words: Words) -> Markup:
    due = utc_seconds(int(entry.what["due_us"]))
    return words("entries.answer-due", message=message_link(entry.what["message"]), time=due)


def _association(entry: EntryView, words: Words) -> Markup:
    what = entry.what
    return _step(
        entry,
        "state",
        words,
        peer=_peer(entry, words),
        remote=values.name(str(what.get("remote") or "—"), words),
        reason=values.detail(str(what.get("reason", "")), words),
    )


def _clock(entry: EntryView, words: Words) -> Markup:
    offset, trip = (int(entry.what[name]) / 1000 for name in ("offset_us", "round_trip_us"))
    return words(
        "entries.clock",
        peer=_peer(entry, words),
        offset=values.number(f"{offset:+.1f}", words),
        round_trip=values.number(f"{trip:.1f}", words),
    )


def _stepped(entry: EntryView, words: Words) -> Markup:
    step_s = int(entry.what["step_us"]) / 1e6
    return words("entries.clock-stepped", seconds=values.number(f"{step_s:+.3f}", words))


def _anchor(entry: EntryView, words: Words) -> Markup:
    size = int(str(entry.what["checkpoint"]).split("\n")[1])
    return words("entries.anchor", size=values.number(str(size), words))


def _node(entry: EntryView, words: Words) -> Markup:
    return _step(entry, "state", words)


def _watch(entry: EntryView, words: Words) -> Markup:
    what = entry.what
    said = Markup(": %s") % values.others(str(what["text"]), words) if what["text"] else Markup("")
    fields = {"officer": _name(what["officer"], words)}
    if "relieved" in what:
        fields["relieved"] = _name(what["relieved"], words)
        fields["brief"] = values.number(str(int(what["brief"])), words)
    return _step(entry, "step", words, **fields) + said


def _voice(entry: EntryView, words: Words) -> Markup:
    what = entry.what
    fields = {"officer": _name(what["officer"], words), "peer": _peer(entry, words)}
    if "message" in what:
        fields["message"] = message_link(what["message"])
    if what["state"] == "confirmed" and not what["agrees"]:
        return words("entries.voice_differs", **fields)
    if what["state"] == "heard" and (what["differs"] or what["said"] not in ("", what["words"])):
        return words("entries.voice_misheard", **fields)
    return _step(entry, "state", words, **fields)


def _name(officer: Any, words: Words) -> Markup:
    return values.officer(str(officer), words)


def _peer(entry: EntryView, words: Words) -> Markup:
    return values.name(peer_of(entry) or "—", words)


def _precedence(stream: Any, words: Words) -> Markup:
    name = Precedence(int(stream)).name
    return Markup("%s") % (terms.said("precedence", name, words.language) or name)


def _numbers(first: int, count: int, words: Words) -> Markup:
    last = int(first) + int(count) - 1
    return values.number(f"{int(first)}" if last == first else f"{first}\N{EN DASH}{last}", words)


FORMS: Final[Mapping[str, Form]] = {
    "receipt": _receipt,
    "session": _session,
    "officer": _officer,
    "draft": _draft,
    "answer-time": _answer_time,
    "answer-due": _answer_due,
    "association": _association,
    "clock": _clock,
    "clock-stepped": _stepped,
    "anchor": _anchor,
    "node": _node,
    "watch": _watch,
    "voice": _voice,
}
"""By the kind of the record."""
