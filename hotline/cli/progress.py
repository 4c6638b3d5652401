"""How far a long command has come: on stderr, on a terminal only, and gone at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Tell(Protocol):
    """Takes how much is done of how much, and what is being done when that has changed."""

    def __call__(self, done: int, total: int, doing: str = ...) -> None:
        """Show it."""


class _Count(MofNCompleteColumn):
    """How many of how many, once that is known."""

    def render(self, task: Task) -> Text:
        """Return both numbers; nothing before anything was told."""
        return Text() if task.total is None else super().render(task)


@contextmanager
def progress_bar(doing: str, *columns: ProgressColumn) -> Iterator[Tell]:
    """Show a bar while the context is open, and yield what moves it.

    ``columns`` follow the word for what is being done; without any, a bar, a count and the time
    that is left.
    """
    shown = columns or (BarColumn(), _Count(), TimeRemainingColumn())
    with Progress(
        TextColumn("{task.description}"),
        *shown,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task(doing, total=None)

        def tell(done: int, total: int, doing: str = doing) -> None:
            bar.update(task, description=doing, completed=done, total=total)

        yield tell
