"""What a crew has to do, by urgency: one thing after the other, as people do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from hotline.model.kinds import Precedence


@dataclass(frozen=True, slots=True, order=True)
class Todo:
    """One thing to do, not before ``due_s`` of the scenario's clock; the most urgent goes first."""

    precedence: int
    due_s: float
    number: int
    key: Hashable = field(compare=False)
    act: Callable[[], Awaitable[None]] = field(compare=False)


class Agenda:
    """Things to do, each once by its key."""

    def __init__(self) -> None:
        self._todos: dict[Hashable, Todo] = {}
        self._number = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._todos

    def add(
        self, key: Hashable, precedence: str, due_s: float, act: Callable[[], Awaitable[None]]
    ) -> None:
        """Note something to do; nothing where it is noted already."""
        if key not in self._todos:
            self._number += 1
            urgency = Precedence.__members__.get(precedence, Precedence.ROUTINE)
            self._todos[key] = Todo(int(urgency), due_s, self._number, key, act)

    def due(self, now_s: float) -> Todo | None:
        """Return what is due and most urgent, None where nothing is; it stays noted."""
        return min((todo for todo in self._todos.values() if todo.due_s <= now_s), default=None)

    def done(self, todo: Todo) -> None:
        """Strike something out, unless it was noted anew meanwhile."""
        if self._todos.get(todo.key) is todo:
            del self._todos[todo.key]

    def next_s(self) -> float | None:
        """Return when the next thing is due, None without one."""
        return min((todo.due_s for todo in self._todos.values()), default=None)
