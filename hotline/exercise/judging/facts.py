"""What the entries of both nodes' logs say, as far as an expectation can be about it.

Entries come as the API shows them (`hotline.api.schema.EntryView`); what has another form than it
should is no fact. Facts are kept by what they are about, so that judging stays quick in a flood.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from hotline.api.schema import EntryView
from hotline.errors import HotlineError
from hotline.exercise.judging.verdict import Ref
from hotline.formats.telephone.hearing import hear
from hotline.model.kinds import Precedence

Topic = tuple[str, ...]
MAX_RUN = 100_000
"""Messages of one run of a receipt: no exercise has more."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened at a centre at ``at_us``, on the director's clock.

    ``word`` is what kind of it: an answer, a code, a state, a kind of message. ``message`` is the
    id of the message that it is about, hexadecimal, ``reference`` a notice's, ``subject`` what an
    alarm is about; ``good`` is whether what should agree agrees; ``officer`` who did it.
    """

    by: Ref
    at_us: int
    word: str = ""
    message: str = ""
    reference: str = ""
    subject: str = ""
    officer: str = ""
    good: bool = True


class Facts:
    """All facts that were seen, by topic. The order in which entries are seen does not matter."""

    def __init__(self) -> None:
        self._by_topic: defaultdict[Topic, list[Fact]] = defaultdict(list)
        self._seen: set[Ref] = set()
        # Each message as its sender entered it, with the number that a receipt names it by.
        self._sent: dict[str, tuple[Fact, Topic]] = {}
        # Code and subject of an alarm, by centre and number; a number may be raised again.
        self._alarms: dict[tuple[str, str], tuple[str, str]] = {}

    def of(self, *topic: str) -> Sequence[Fact]:
        """Return what is known about a topic, in the order of the moments."""
        found = self._by_topic.get(topic, ())
        return sorted(found, key=_order) if len(found) > 1 else found

    def sent(self, message: str) -> Fact | None:
        """Return that a message was sent, as its sender entered it; None where it is not known."""
        found = self._sent.get(message)
        return found[0] if found is not None else None

    def receipts(self, message: str) -> Sequence[Fact]:
        """Return the receipts for a message that its sender took."""
        found = self._sent.get(message)
        return self.of("receipt", *found[1]) if found is not None else ()

    def alarm(self, centre: str, number: str) -> tuple[str, str]:
        """Return an alarm's code and subject; empty for one that was raised before play."""
        return self._alarms.get((centre, number), ("", ""))

    def saw(self, centre: str, entry: EntryView, at_us: int) -> None:
        """Take an entry of one of a centre's logs; one that was seen before changes nothing."""
        ref = Ref(centre, entry.log, entry.entry)
        if ref in self._seen:
            return
        self._seen.add(ref)
        try:
            self._take(ref, entry, entry.what, at_us)
        except (KeyError, TypeError, ValueError, AttributeError, HotlineError):
            return  # of another form than this version writes: it says nothing that is judged

    def _put(self, fact: Fact, *topic: str) -> None:
        self._by_topic[topic].append(fact)

    def _take(self, ref: Ref, entry: EntryView, what: dict[str, Any], at_us: int) -> None:
        centre = ref.centre
        if "direction" in what and "seq" in what:
            self._message(ref, entry, what, at_us)
            return
        match entry.kind:
            case "receipt":
                self._receipts(ref, what["items"], at_us)
            case "read":
                fact = Fact(by=ref, at_us=at_us, message=what["message"], officer=what["officer"])
                self._put(fact, "read", centre, fact.message)
            case "remarked":
                for flag in what["flags"]:
                    self._flag(ref, what["message"], str(flag["code"]), at_us)
            case "association":
                if what["state"] in ("up", "down"):
                    self._put(Fact(by=ref, at_us=at_us, word=what["state"]), "line", centre)
            case "alarm-raised":
                code, subject = str(what["code"]), str(what.get("subject", ""))
                self._alarms[centre, str(what["alarm"])] = code, subject
                fact = Fact(by=ref, at_us=at_us, word=code, subject=subject)
                self._put(fact, "alarm", centre, code)
            case "alarm-acknowledged":
                number, officer = str(what["alarm"]), str(what["officer"])
                fact = Fact(by=ref, at_us=at_us, word=number, officer=officer)
                self._put(fact, "acknowledged", centre)
            case "conflict":
                self._relation(ref, what, at_us)
            case "voice":
                self._voice(ref, what, at_us)
            case "watch":
                self._watch(ref, what, at_us)
            case _:
                pass

    def _message(self, ref: Ref, entry: EntryView, what: dict[str, Any], at_us: int) -> None:
        id_ = str(what["id"])
        sent = what["direction"] == "out"
        fact = Fact(
            by=ref,
            at_us=at_us,
            word=entry.kind,
            message=id_,
            reference=str(what.get("reference") or ""),
            officer=str(what.get("composed_by") or ""),
        )
        for flag in what.get("flags") or ():
            self._flag(ref, id_, str(flag), at_us)
        if sent:
            self._put(fact, "sent", ref.centre, entry.kind)
            self._sent[id_] = fact, _place(ref, str(what["precedence"]), int(what["seq"]))
        if entry.kind == "reply" and what.get("about"):
            said = msgspec.structs.replace(
                fact, word=str(what.get("answer") or ""), good=bool(what.get("read_back"))
            )
            self._put(said, "reply" if sent else "replied", ref.centre, str(what["about"]))

    def _flag(self, ref: Ref, message: str, code: str, at_us: int) -> None:
        fact = Fact(by=ref, at_us=at_us, word=code, message=message)
        self._put(fact, "flag", ref.centre, message)

    def _receipts(self, ref: Ref, items: Sequence[Sequence[int]], at_us: int) -> None:
        for stream, first, count, *_ in items:
            name = Precedence(stream).name
            for seq in range(first, first + min(count, MAX_RUN)):
                self._put(Fact(by=ref, at_us=at_us), "receipt", *_place(ref, name, seq))

    def _relation(self, ref: Ref, what: dict[str, Any], at_us: int) -> None:
        word = str(what["relation"])
        own, other = str(what["reference"]), str(what["other_reference"])
        for one, its_other in ((own, other), (other, own)):
            # What it is to: the reference of the notice of this centre's that is in its way.
            fact = Fact(by=ref, at_us=at_us, word=word, reference=its_other)
            self._put(fact, "relation", ref.centre, one)

    def _voice(self, ref: Ref, what: dict[str, Any], at_us: int) -> None:
        state, officer = str(what["state"]), str(what["officer"])
        if state == "heard":
            # Whoever wrote it down knows the message only by the first signs of its id.
            good = not what["differs"] and what["said"] in ("", what["words"])
            fact = Fact(
                by=ref,
                at_us=at_us,
                word=state,
                message=hear(what["text"]).sheet.id.lower(),
                officer=officer,
                good=good,
            )
        else:
            good = bool(what.get("agrees", True))
            id_ = str(what["message"])
            fact = Fact(by=ref, at_us=at_us, word=state, message=id_, officer=officer, good=good)
        self._put(fact, "voice", ref.centre)

    def _watch(self, ref: Ref, what: dict[str, Any], at_us: int) -> None:
        fact = Fact(
            by=ref,
            at_us=at_us,
            word=str(what["step"]),
            officer=str(what["officer"]),
            reference=str(what.get("relieved") or ""),
            message=str(what.get("brief") if what.get("brief") is not None else ""),
        )
        self._put(fact, "watch", ref.centre)


def _place(ref: Ref, precedence: str, seq: int) -> Topic:
    return (ref.centre, ref.log, precedence, str(seq))


def _order(fact: Fact) -> tuple[int, str, str, int]:
    return (fact.at_us, fact.by.centre, fact.by.log, fact.by.entry)
