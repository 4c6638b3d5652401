"""A scenario with nothing in it, and how tests ask a pair of nodes how it does."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hotline.api.client import Client
from hotline.api.schema import SendRequest, Sent
from hotline.errors import HotlineError
from hotline.exercise.ground.ground import Ground
from hotline.exercise.ground.processes import holds_within
from hotline.exercise.scenario.shape import Fault, FaultKind, Scenario

EXAMPLES = Path(__file__).parents[3] / "examples"
PATIENCE_S = 60.0
HEARTBEAT_S, RECEIVE_S = 0.5, 2.0
"""Of the tests' letter: the sample's would have a cut noticed after 12 s."""


def letter(**changes: str) -> str:
    """Return the sample letter with short timers; ``changes`` replace whole values by key."""
    text = (EXAMPLES / "letter.toml").read_text("utf-8")
    values = {"heartbeat_s": f"{HEARTBEAT_S}", "receive_s": f"{RECEIVE_S}"} | changes
    for key, value in values.items():
        lines = [
            f"{key} = {value}" if line.startswith(f"{key} =") else line
            for line in text.splitlines()
        ]
        assert lines != text.splitlines(), key
        text = "\n".join(lines) + "\n"
    return text


def scenario(**changes: Any) -> Scenario:
    """Return a scenario between the two centres of the sample letter."""
    given: dict[str, Any] = {
        "name": "drill",
        "title": "Drill",
        "summary": "",
        "objectives": (),
        "centres": ("iaf", "hmeimim"),
        "crews": {},
        "letter": letter(),
        "letters": {},
        "starts": None,
        "duration_s": 60.0,
        "time_factor": 1.0,
        "seed": 1,
        "injects": (),
    }
    return Scenario(**(given | changes))


def fault(kind: FaultKind, amount: float = 0.0, centre: str = "") -> Fault:
    """Return a fault."""
    return Fault(kind=kind, amount=amount, centre=centre)


async def is_up(client: Client) -> bool | None:
    """Return whether a node says that its line is up; None where the node does not answer."""
    try:
        (line,) = (await client.status()).lines
    except HotlineError:
        return None
    return line.up


async def line_is(ground: Ground, *, up: bool, within_s: float = PATIENCE_S) -> float:
    """Return how many seconds it took until both nodes say that the line is up, or down."""
    began = asyncio.get_running_loop().time()

    async def both() -> bool:
        return all([await is_up(client) is up for client in ground.clients.values()])

    assert await holds_within(both, within_s), f"the line is not {'up' if up else 'down'}"
    return asyncio.get_running_loop().time() - began


async def advise(client: Client, wait_s: float = 20.0) -> Sent:
    """Send an advisory, and wait for its receipt."""
    document = {
        "kind": "advisory",
        "subject": "Drill",
        "text": "Nothing is meant.",
        "precedence": "ROUTINE",
    }
    return await client.send(SendRequest(document=document, officer="director", wait_s=wait_s))


def took_s(sent: Sent) -> float:
    """Return how long a receipt took, by the sender's clock."""
    assert sent.receipt is not None
    made, taken = (
        datetime.fromisoformat(text) for text in (sent.created_at, sent.receipt.taken_at)
    )
    return (taken - made) / timedelta(seconds=1)
