"""Work that can be shared, cut into pieces: who has each, and taking what came of it in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from hotline.audit.verification.crew import Crew

S = TypeVar("S")
A = TypeVar("A")

AHEAD = 24
"""Pieces for each process that are read ahead of their answers, at most."""


class NotThereError(Exception):
    """Another process could not do a piece of work; it is done again here."""


class Piece(Generic[S, A]):
    """A part of some work: who has it, and what came of it."""

    __slots__ = ("answer", "done", "error", "number", "remote", "span", "work")

    def __init__(self, work: Work[S, A], span: S) -> None:
        self.work = work
        self.span = span
        # Its number in the queue; None while it was not put there.
        self.number: int | None = None
        self.done = False
        # Whether another process did it.
        self.remote = False
        self.answer: A | None = None
        self.error: Exception | None = None

    def do(self) -> None:
        """Do it here; what goes wrong is raised when the answer is taken, in its place."""
        self.done, self.remote, self.error = True, False, None
        try:
            self.answer = self.work.here(self.span)
        except Exception as error:  # raised again, in its place
            self.error = error

    def done_there(self, well: bool, answer: A | None) -> None:
        """Take what another process made of it."""
        self.done, self.remote, self.answer = True, True, answer
        self.error = None if well else NotThereError()


class Work(Generic[S, A]):
    """Pieces of work of one kind, each a ``span``, whose answers are taken in order.

    ``there`` does in another process what ``here`` does in this one; it must pickle, as must spans
    and answers. What fails there, or gives an answer that is not ``sound``, is done again here.
    """

    def __init__(
        self,
        crew: Crew,
        spans: Iterable[S],
        here: Callable[[S], A],
        there: Callable[[S], A],
        sound: Callable[[S, A], bool],
        fold: Callable[[S, A], None] | None = None,
    ) -> None:
        self.here = here
        self.there = there
        self._crew = crew
        self._spans: Iterator[S] = iter(spans)
        self._sound = sound
        self._fold = fold
        # What waits for its answer to be taken, and what of that waits to be handed out.
        self._ahead: deque[Piece[S, A]] = deque()
        self._kept: deque[Piece[S, A]] = deque()
        # Whether answers are taken, or spans read, at this moment: that may come back to here.
        self._taking = False
        self._reading = False
        # Why no more spans can be read; told once all before it was.
        self._failed: Exception | None = None
        self._all_read = False

    def next_out(self) -> Piece[S, A] | None:
        """Return the next piece to hand out; None where there is none, or enough is read ahead."""
        self._drop_done()
        return self._kept[0] if self._kept else self._read_ahead()

    def handed_out(self) -> None:
        """Take note that the next piece is handed out, or never can be."""
        self._kept.popleft()

    def _drop_done(self) -> None:
        while self._kept and self._kept[0].done:
            self._kept.popleft()

    def _read_ahead(self) -> Piece[S, A] | None:
        if self._all_read or self._reading or len(self._ahead) >= AHEAD * self._crew.jobs:
            return None
        self._reading = True
        try:
            span = next(self._spans)
        except StopIteration:
            self._all_read = True
            return None
        except Exception as error:  # raised again, in its place
            self._failed, self._all_read = error, True
            return None
        finally:
            self._reading = False
        piece = Piece(self, span)
        self._ahead.append(piece)
        self._kept.append(piece)
        return piece

    def __iter__(self) -> Iterator[tuple[S, A]]:
        """Yield each span with its answer, in order; what went wrong is raised in its place."""
        while self._ahead or self._read_ahead() is not None:
            piece = self._ahead[0]
            while not piece.done:
                self._crew.go_on(piece)
            if not self._counts(piece):
                piece.do()
            if piece.error is not None:
                raise piece.error
            self._ahead.popleft()
            self._drop_done()
            yield piece.span, piece.answer  # type: ignore[misc]
        self._crew.leave(self)
        if self._failed is not None:
            raise self._failed

    def settle(self) -> None:
        """Take the answers that are there and sound, up to the first that is not.

        Only of work whose answers need nobody to wait for them.
        """
        if self._taking or self._fold is None:
            return
        self._taking = True
        try:
            while self._ahead and self._ahead[0].done:
                piece = self._ahead[0]
                if piece.error is not None or not self._counts(piece):
                    return
                self._ahead.popleft()
                self._fold(piece.span, piece.answer)  # type: ignore[arg-type]
        finally:
            self._taking = False

    def finish(self) -> None:
        """Take all answers that were not taken before."""
        self._taking = True
        for span, answer in self:
            if self._fold is not None:
                self._fold(span, answer)

    def _counts(self, piece: Piece[S, A]) -> bool:
        """Whether what came of a piece is to go by, be it an error."""
        if not piece.remote:
            return True
        return piece.error is None and self._sound(piece.span, piece.answer)  # type: ignore[arg-type]
