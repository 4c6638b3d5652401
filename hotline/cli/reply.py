"""``hotline reply``: a human's answer. Nothing here ever accepts by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hotline.api.client import Client
from hotline.api.schema import MessageView, ReplyRequest, Sent, Thread
from hotline.cli.asking import (
    SIGN_S,
    answering,
    config_of,
    is_interactive,
    json_option,
    officer_of,
    officer_option,
    socket_of,
    wait_options,
)
from hotline.cli.files import naming, read_bytes
from hotline.cli.output import print_json, stdout
from hotline.cli.read_back import read_back
from hotline.cli.root import warn
from hotline.cli.send import (
    WAIT_S,
    await_receipts,
    check_receipts,
    print_sent,
    tell_kept,
    warn_interrupted,
    warn_of,
)
from hotline.errors import HotlineError, ModelError, UsageError
from hotline.formats.given import OFF_NOMINAL, Given
from hotline.formats.reading import read
from hotline.model.kinds import Answer, Status
from hotline.model.messages import Notice, Revision, decode_payload
from hotline.model.reading import traffic_in
from hotline.model.strict_json import read_json
from hotline.node.config import read_file

_FORMS = "as 341530N 0334500E or 34.2583 33.75"


@click.command()
@click.argument("name", metavar="ID")
@click.argument("answer", type=click.Choice([answer.value for answer in Answer]))
@click.option("--reason", default="", help="Why; needed to reject, unless a --phrase says it.")
@click.option(
    "--proposal",
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Volumes that a counter-proposal offers: any file that `send` takes, or a list.",
)
@click.option("--read-back-position", metavar="POSITION", help=f"A position in the area, {_FORMS}.")
@click.option(
    "--read-back-start", metavar="TIME", help="Earliest start, as 10:00 (UTC) or RFC 3339."
)
@click.option("--read-back-end", metavar="TIME", help="Latest end, in the same forms.")
@click.option(
    "--read-back-lower", metavar="LEVEL", help="Lowest level, as FL180, '2500 ft msl', ground."
)
@click.option("--read-back-upper", metavar="LEVEL", help="Highest level, in the same forms.")
@click.option("--read-back-place", metavar="TEXT", default="", help="The place in words.")
@click.option(
    "--phrase",
    "phrases",
    metavar="N",
    type=int,
    multiple=True,
    help="Say phrase N of the letter too. May be given several times.",
)
@officer_option
@wait_options(WAIT_S)
@json_option
@click.pass_context
def reply(
    context: click.Context,
    name: str,
    answer: str,
    reason: str,
    proposal: Path | None,
    read_back_position: str | None,
    read_back_start: str | None,
    read_back_end: str | None,
    read_back_lower: str | None,
    read_back_upper: str | None,
    read_back_place: str,
    phrases: tuple[int, ...],
    officer: str | None,
    wait: float,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Answer a message of the peer: accept, reject, stand-by or counter.

    ID is as for `show`; a reference means the newest revision of its notice. Accepting a notice
    takes the read-back of area, times and levels: on a terminal each is asked for in turn and
    compared at once, in scripts the --read-back options say them.
    """
    given = {
        "position": read_back_position,
        "time_start": read_back_start,
        "time_end": read_back_end,
        "altitude_lower": read_back_lower,
        "altitude_upper": read_back_upper,
    }
    who = officer_of(officer)
    config = config_of(context)
    volumes = [] if proposal is None else read_proposal(proposal, read_file(config).status)
    socket = socket_of(config)

    async def thread_of() -> Thread:
        async with Client(socket) as client, answering(client):
            return await client.message(name)

    target = target_of(asyncio.run(thread_of()), name)
    said = decode_payload(target.kind, target.message) if target.message is not None else None
    back: dict[str, Any] | None = None
    if answer == Answer.ACCEPT and isinstance(said, Notice | Revision):
        spoken = {field: text for field, text in given.items() if text is not None}
        asker = _asker(target) if is_interactive() else None
        back = read_back(said, spoken, read_back_place, asker)
    request = ReplyRequest(
        answer=answer,
        officer=who,
        read_back=back,
        reason=reason,
        proposal=volumes,
        phrases=list(phrases),
    )
    wait_s = 0.0 if no_wait else wait

    kept: list[Sent] = []

    async def answer_it() -> list[MessageView]:
        async with Client(socket) as client:
            async with answering(client, SIGN_S):
                kept.append(await client.reply(target.id, request))
            return await await_receipts(client, [kept[0].id], wait_s)

    try:
        sent = asyncio.run(answer_it())
    except (KeyboardInterrupt, HotlineError) as stopped:
        tell_kept(kept, as_json=as_json)
        if isinstance(stopped, HotlineError) or not kept:
            raise
        context.exit(warn_interrupted(len(kept)))
    warn_of(f"{answer} {target.reference or target.id[:8]}", kept[0].flags, [])
    if as_json:
        print_json(sent[0])
    else:
        print_sent(stdout(), sent[0])
    context.exit(check_receipts(sent, wait_s))


def target_of(found: Thread, name: str) -> MessageView:
    """Return what is answered: as named, or the newest revision of a notice named by reference."""
    message = found.message
    if message.reference is None or name.upper() != message.reference.upper():
        return message
    given = [
        view
        for view in found.thread
        if view.kind in ("notice", "revision") and view.direction == message.direction
    ]
    return given[-1] if given else message


def read_proposal(path: Path, status: Status | None = None) -> list[dict[str, Any]]:
    """Return the volumes in a file: a list of them, or those of a file that `send` takes.

    Raises ModelError, and UsageError ``node.other-status`` for a file that says that it is of other
    traffic than ``status``; whether the volumes keep the rules is for the node to say.
    """
    data = read_bytes(path)
    with naming(path):
        if data.lstrip().startswith(b"["):
            value: object = read_json(data)
        else:
            found = read(data, Given(), may_lack=True)
            said, _ = traffic_in(found.fields)
            if None not in (said, status) and said is not status:
                raise UsageError(
                    "node.other-status",
                    f"{path} says that it is of {said} traffic, and this node is for {status}",
                    "propose what was drawn for this line; the two never mix",
                )
            value = found.fields.get("volumes")
            for loss in found.losses:
                warn(f"{path}: {loss}")
            if found.off_nominal:
                warn(f"{path}: {OFF_NOMINAL} are no part of a proposal, and are left out")
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ModelError(
                "model.proposal-missing",
                "the file holds no volumes",
                "give a file that `hotline send` takes, with the volumes that you propose, or a"
                " list of volumes",
            )
        return value


def _asker(target: MessageView) -> Callable[[str], str]:
    title = f"{target.reference or target.id[:8]} {target.title}"
    click.echo(f"read back {title}", err=True)

    def asked(question: str) -> str:
        return str(click.prompt(f"  {question}", err=True))

    return asked
