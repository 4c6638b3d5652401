"""The search of the log page: its form, whose state is the address, and the addresses of pages.

The terms are those of `hotline.audit.search.terms`; nothing is decided here but how they are typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlencode

from multidict import MultiMapping

from hotline.audit.search.terms import TERMS, Words
from hotline.model.kinds import Kind, Precedence

KINDS: Final = (
    *(kind.value for kind in Kind),
    *("receipt", "rejection", "refusal", "equivocation", "association", "clock", "read"),
    *("remarked", "compared", "answer-time", "answer-due", "voice", "anchor", "fork", "node"),
    *("alarm-raised", "alarm-cleared", "alarm-acknowledged", "alarm-shelved", "alarm-unshelved"),
    *("session", "officer", "draft", "clock-stepped", "recovered", "line-opened", "exercise"),
    *("fault", "watch", "archived", "audited"),
)
"""Kinds in the order of the form: messages first."""
MESSAGES: Final = frozenset(kind.value for kind in Kind)
PRECEDENCES: Final = tuple(Precedence.__members__)
LIMITS: Final = (50, 100, 200)
MAX_TYPED: Final = 40_000
_LOCAL: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form says: texts by term, and where the page begins."""

    texts: Mapping[str, str]
    many: Mapping[str, tuple[str, ...]]
    flagged: bool
    limit: int
    after: str | None
    before: str | None

    @property
    def anything(self) -> bool:
        """Whether any term narrows the search."""
        return bool(self.texts or any(self.many.values()) or self.flagged)

    def terms(self) -> dict[str, Any]:
        """Return the terms as the API takes them; times without a zone are UTC."""
        words: dict[str, Any] = dict(self.texts)
        words |= {name: list(values) for name, values in self.many.items() if values}
        for name, latest in (("since", False), ("until", True)):
            if name in words:
                words[name] = _moment(words[name], latest=latest)
        if self.flagged:
            words["flagged"] = True
        return words

    def words(self) -> Words:
        """Return the terms as the client takes them."""
        return cast("Words", self.terms())

    def address(self, path: str = "/log", **changed: str | None) -> str:
        """Return the address of this search, begun elsewhere where ``changed`` says so."""
        pairs = list(self.texts.items())
        pairs += [(name, value) for name, values in self.many.items() for value in values]
        pairs += [("flagged", "true")] if self.flagged else []
        pairs += [("limit", str(self.limit))] if self.limit != LIMITS[0] else []
        places = {"after": self.after, "before": self.before} | changed
        pairs += [(name, value) for name, value in places.items() if value]
        return f"{path}?{urlencode(pairs)}" if pairs else path


def asked_in(query: MultiMapping[Any]) -> Asked:
    """Read a form or an address; what is no term is left out, what is empty does not matter."""
    texts: dict[str, str] = {}
    many: dict[str, tuple[str, ...]] = {}
    for term in TERMS:
        typed = (text for text in query.getall(term.name, []) if isinstance(text, str))
        given = [text.strip()[:MAX_TYPED] for text in typed]
        kept = tuple(dict.fromkeys(text for text in given if text))
        if term.many:
            many[term.name] = kept
        elif kept and term.schema["type"] != "boolean":
            texts[term.name] = kept[0]
    limit = str(query.get("limit", ""))
    return Asked(
        texts=texts,
        many=many,
        flagged=query.get("flagged", "") in ("true", "on"),
        limit=int(limit) if limit in {str(one) for one in LIMITS} else LIMITS[0],
        after=query.get("after") or None,
        before=query.get("before") or None,
    )


def known(kinds: Iterable[str]) -> list[str]:
    """Return the kinds of the form and those that somebody asks for besides."""
    return list(dict.fromkeys((*KINDS, *kinds)))


def _moment(text: str, *, latest: bool) -> str:
    """Return a moment with its zone, which is UTC where none is written."""
    if _DAY.fullmatch(text):
        return f"{text}T23:59:59.999999Z" if latest else f"{text}T00:00:00Z"
    if _LOCAL.fullmatch(text):
        seconds = "" if text.count(":") == 2 else ":59.999999" if latest else ":00"
        return f"{text.replace(' ', 'T')}{seconds}Z"
    return text
