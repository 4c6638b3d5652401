"""References of one run: on nodes that stay, a scenario that is played again has others.

A notice's reference is its name for as long as its journal lasts. So on nodes that were not made
for the exercise each one that a scenario or its mock traffic gives gets the run's mark behind it,
``IAF-0101`` as ``IAF-0101-5KD0QF3``. All else of an inject is the same for the same seed. The mark
is in the record's first entry, so that a director that goes on, and the report, read it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec

from hotline.exercise.scenario.shape import Inject, Scenario
from hotline.model.kinds import Kind
from hotline.model.rules import MAX_REFERENCE

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without what is misread over a telephone."""
A_SECOND = 32
"""Marks a second. Between STARTEX and ENDEX both nodes are asked and told: no run is shorter."""
LENGTH = 7
"""Digits of a mark: all different for 34 years."""
_CUT = 6
_TOKEN = re.compile(r"(?<![\w-])[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w-])")


def mark_of(at_us: int) -> str:
    """Return the mark of a run that begins at a moment (microseconds since 1970)."""
    count, mark = at_us * A_SECOND // 1_000_000, ""
    for _ in range(LENGTH):
        count, digit = divmod(count, len(DIGITS))
        mark = DIGITS[digit] + mark
    return mark


class References:
    """The references of one run. An empty ``mark`` leaves everything as it is written."""

    def __init__(self, mark: str, injects: Iterable[Inject] = ()) -> None:
        self.mark = mark
        self._names: dict[str, str] = {}
        for inject in injects:
            self._learn(inject.document)

    def scenario(self, scenario: Scenario) -> Scenario:
        """Return a scenario as it is played in this run."""
        return msgspec.structs.replace(
            scenario, injects=tuple(self.inject(one) for one in scenario.injects)
        )

    def inject(self, inject: Inject) -> Inject:
        """Return an inject as it is played: in its message, and in what people are told of it."""
        if not self.mark:
            return inject
        return msgspec.structs.replace(
            inject,
            document=self._said(inject.document),
            expectations=tuple(
                msgspec.structs.replace(one, reference=self._said(one.reference, "reference"))
                for one in inject.expectations
            ),
            **{
                name: self._said(getattr(inject, name))
                for name in ("title", "description", "outcome", "text", "reason", "comment")
            },
        )

    def added(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return an inject that is added in play, as its file has it, with this run's references.

        A new notice's is marked too, unless it has the mark already.
        """
        self._learn(given.get("send"))
        found: dict[str, Any] = self._said(given)
        return found

    def _learn(self, document: Any) -> None:
        """Take note of the reference that a notice gives, if the document is one."""
        if not self.mark or not isinstance(document, dict):
            return
        properties = document.get("properties")
        fields = properties if isinstance(properties, dict) else document
        reference = fields.get("reference")
        is_notice = fields is properties or document.get("kind") == Kind.NOTICE.value
        if is_notice and isinstance(reference, str) and not reference.endswith(f"-{self.mark}"):
            self._names[reference] = self._marked(reference)

    def _marked(self, reference: str) -> str:
        """Return a reference with the mark; a long one is cut, and stays different from others."""
        room = MAX_REFERENCE - LENGTH - 1
        if len(reference) > room:
            own = sha256(reference.encode()).hexdigest()[:_CUT].upper()
            reference = f"{reference[: room - _CUT - 1].rstrip('-')}-{own}"
        return f"{reference}-{self.mark}"

    def _said(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._said(inner, str(name)) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._said(inner) for inner in value]
        if not isinstance(value, str) or not self._names:
            return value
        if key == "reference":
            return self._names.get(value, value)
        return _TOKEN.sub(lambda found: self._in_text(found[0]), value)

    def _in_text(self, word: str) -> str:
        # A word that is nothing but letters may be a word all the same.
        return word if word.isalpha() else self._names.get(word, word)
