"""Mock traffic sent as its times come, through the node of this centre."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from hotline.api.client import Client
from hotline.api.schema import SendRequest
from hotline.cli.asking import SIGN_S, answering, config_of, letters_of, socket_of
from hotline.cli.exercise.traffic import letter_text, scenario_for
from hotline.cli.output import mark_traffic, plain, stdout
from hotline.cli.root import warn
from hotline.errors import ConfigError, HotlineError, UsageError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.scenario.shape import Inject, Traffic
from hotline.exercise.traffic.generator import injects_of
from hotline.model.kinds import Status
from hotline.node.config import read_file


def send_traffic(
    context: click.Context,
    asked: Traffic,
    letter: Path | None,
    hour: float,
    factor: float,
    officer: str,
) -> None:
    """Send what the node's own centre originates, each message when it is due.

    What the node refuses is told, and passed over. Raises UsageError ``node.actual``, ConfigError
    where the node has several lines, and whatever asking the node raises.
    """
    config = config_of(context)
    lines = read_file(config).line
    if len(lines) != 1:
        raise ConfigError(
            "exercise.several-lines",
            f"this node has {len(lines)} lines, and mock traffic is between two centres",
            "name the node.toml of a node with one line",
        )
    peer = lines[0].peer
    text = letter_text(letter) if letter is not None else _own_letter(config, peer)
    socket = socket_of(config)

    async def work() -> None:
        async with Client(socket) as client:
            async with answering(client):
                status = await client.status()
            if status.status == Status.ACTUAL:
                raise UsageError(
                    "node.actual",
                    "this node is for actual traffic: no mock notice is sent there",
                    "name a node of the status exercise or test, by its own node.toml",
                )
            mark_traffic(context, client.traffic)
            own = msgspec.structs.replace(asked, originator=status.centre)
            scenario = scenario_for(own, (status.centre, peer), text, hour, factor)
            await _send_all(client, injects_of(own, scenario), factor, officer)

    with suppress(KeyboardInterrupt):
        asyncio.run(work())


def _own_letter(config: Path, peer: str) -> str | None:
    """Return the letter of the node's line, None where it cannot be read."""
    if peer not in letters_of(config):
        return None
    path = config.absolute().parent / read_file(config).line[0].letter
    return path.read_text(encoding="utf-8")


async def _send_all(
    client: Client, injects: tuple[Inject, ...], factor: float, officer: str
) -> None:
    clock = ScenarioClock(factor)
    clock.start()
    out = stdout()
    delivered: dict[str, float] = {}
    references: dict[str, str | None] = {}
    # What follows on a message is due after its delivery, so the order is found as it goes.
    waiting = {inject.id: inject for inject in injects}
    while waiting:
        due = {
            name: inject.at_s + (delivered[inject.after] if inject.after else 0.0)
            for name, inject in waiting.items()
            if not inject.after or inject.after in delivered
        }
        if not due:
            return  # what they follow on was refused
        name = min(due, key=lambda one: (due[one], one))
        inject = waiting.pop(name)
        await clock.until(due[name])
        # The node numbers notices itself, since the same traffic may be sent again.
        document = {**(inject.document or {}), "reference": references.get(inject.about)}
        if document["reference"] is None:
            del document["reference"]
        try:
            async with answering(client, SIGN_S):
                sent = await client.send(SendRequest(document=document, officer=officer))
        except HotlineError as error:
            warn(f"{name}: {error.message} [{error.code}]", error.hint)
            continue
        delivered[name], references[name] = clock.now_s(), sent.reference
        what = sent.reference or sent.id[:12]
        out.print(plain(f"{sent.created_at}  {sent.precedence:<9}  {document['kind']}  {what}"))
