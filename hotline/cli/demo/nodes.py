"""The demonstration's nodes, and how it waits: what goes wrong is told in its own terms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hotline.errors import ExerciseError, LocalError
from hotline.exercise.ground.processes import START_S, NodeProcess, holds_within


async def start(node: NodeProcess) -> None:
    """Start a node and return when its API answers. Raises LocalError when it ends or is silent."""
    try:
        await node.start()
    except ExerciseError as error:
        if error.code == "exercise.node-ended":
            raise LocalError("demo.node-ended", error.message, error.hint) from None
        raise _too_long(START_S, f"the node of {node.site.centre} to answer") from None


async def until(holds: Callable[[], Awaitable[bool]], within_s: float, what: str) -> None:
    """Return when something holds. Raises LocalError when it does not in time."""
    if not await holds_within(holds, within_s):
        raise _too_long(within_s, what)


def _too_long(within_s: float, what: str) -> LocalError:
    return LocalError(
        "demo.timeout",
        f"waited {within_s:g} s in vain for {what}",
        "look at the logs beside each node.toml; is the machine very busy?",
    )
