"""The order in which a thread is shown: what is in force first, what it superseded last.

An officer acts on what stands first. So the content that counts now opens the thread, what was
said since follows, and earlier content with all that was said of it comes after that, marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hotline.api.schema import MessageView
from hotline.cli.output import moment
from hotline.model.kinds import Kind, Relation
from hotline.model.lifecycle import IN_FORCE

_CONTENTS = frozenset({Kind.NOTICE.value, Kind.REVISION.value})
_IN_FORCE = frozenset(state.value for state in IN_FORCE)
_OVER = {Kind.WITHDRAWAL.value: "withdrawn", Kind.END.value: "ended"}
_CHANGES_NOTHING = frozenset({"model.wrong-actor", "model.undefined-step", "model.revision-old"})
_RELATIONS = {
    f"airspace.{kind.value}": kind.value for kind in Relation if kind is not Relation.CLEAR
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A message in the order of showing; ``past`` says why it counts no more, or is empty.

    ``superseded`` is whether it came before what is in force now.
    """

    view: MessageView
    past: str = ""
    superseded: bool = False

    def is_past(self, code: str) -> bool:
        """Say whether what a flag says of this message was so once, and is not now.

        A relation is past also where the notice counts, but stands in none of that kind any more.
        """
        if self.past:
            return True
        relation = _RELATIONS.get(code)
        if relation is None or self.view.life is None:
            return False
        return all(one.relation != relation for one in self.view.relations)


def placed(thread: Sequence[MessageView]) -> list[Placed]:
    """Return a thread, which is the oldest first, in the order in which it is shown."""
    contents = _contents(thread)
    if not contents:
        return [Placed(view) for view in thread]
    current = contents[-1]
    over = "" if current.life in _IN_FORCE else _over(thread, current)
    superseded = {
        one.id: f"superseded by revision {_number(after)} at {moment(after.entered_at)}"
        for one, after in pairwise(contents)
    }
    at = next(number for number, view in enumerate(thread) if view.id == current.id)
    later = [
        Placed(view, over if view.kind not in _OVER and view.life is not None else "")
        for view in thread[at + 1 :]
        if view.id not in superseded
    ]
    late = [view for view in thread[at + 1 :] if view.id in superseded]
    earlier = [
        Placed(view, superseded.get(view.id, ""), superseded=True) for view in [*thread[:at], *late]
    ]
    return [Placed(current, over), *later, *earlier]


def _contents(thread: Sequence[MessageView]) -> list[MessageView]:
    """Return the notice and its revisions that counted when they came, in their order."""
    first = next((view for view in thread if view.kind in _CONTENTS and view.life), None)
    if first is None:
        return []
    found: list[MessageView] = []
    for view in thread:
        if view.kind not in _CONTENTS or not view.life or view.direction != first.direction:
            continue
        if any(flag.code in _CHANGES_NOTHING for flag in view.flags):
            continue
        if not found or _number(view) > _number(found[-1]):
            found.append(view)
    return found


def _number(view: MessageView) -> int:
    """Return the number of a revision; 0 for a notice, or where it cannot be read."""
    number = (view.message or {}).get("number", 0)
    return number if isinstance(number, int) else 0


def _over(thread: Sequence[MessageView], current: MessageView) -> str:
    """Say since when a notice is over."""
    for view in reversed(thread):
        if view.kind in _OVER and view.direction == current.direction:
            return f"{_OVER[view.kind]} at {moment(view.entered_at)}"
    return f"{current.life}" if current.life else ""
