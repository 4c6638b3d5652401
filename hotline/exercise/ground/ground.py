"""What every ground offers: two nodes that can be reached, and what can be done to them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol

from hotline.api.client import Client
from hotline.exercise.scenario.shape import Fault


class Ground(Protocol):
    """Two nodes with a line between them. Use it as an asynchronous context manager.

    Entering it makes or finds the nodes and returns when both answer; it raises ExerciseError
    ``exercise.node-unreachable`` (naming the centre, and what to do) when one does not. Leaving it
    ends what was started, and only that, with every fault undone.
    """

    kind: str
    """``own``, ``elsewhere`` or ``docker``; it goes into the record."""
    clients: dict[str, Client]
    """One for each centre. A client of a node that is down raises UsageError ``api.no-node``."""

    async def __aenter__(self) -> Ground: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

    @property
    def lasting(self) -> tuple[Fault, ...]:
        """The faults that last now. Once it is entered: those of a director before that go on."""

    def keeps(self, fault: Fault) -> bool:
        """Return whether a fault outlasts the ground's being left, so that play can go on later."""

    def why_not(self, fault: Fault) -> str | None:
        """Return why a fault is not possible on this ground; None when it is."""

    async def begin(self, fault: Fault) -> str:
        """Break something; return by what means once it has taken effect. Raises ExerciseError."""

    async def end(self, fault: Fault) -> None:
        """Make it whole again; nothing where it is."""

    def seat(self, centre: str) -> str:
        """Return how every command of an officer at a centre's node begins; empty: it is elsewhere.

        Made to be pasted into a shell of this machine.
        """

    async def collect(self, into: Path) -> dict[str, Path]:
        """Copy both journals as they are now, ready to be verified: a directory for each centre.

        Each has what ``hotline log verify`` needs, at least ``journal.sqlite`` and the public keys.
        """
