"""Where what is converted comes from, and by which letter its heights are compared."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.api.schema import MessageView, Thread
from hotline.audit.named_files import open_regular
from hotline.cli.asking import config_of, look
from hotline.cli.reply import target_of
from hotline.cli.root import warn
from hotline.errors import ModelError, UsageError
from hotline.formats.announcement import Announcement, announcement_of
from hotline.model.kinds import Precedence, Status
from hotline.model.letter import MAX_LETTER_BYTES, AltitudeMargin, banner, read_letter
from hotline.model.letter_rules import is_exercise_name
from hotline.model.lifecycle import State
from hotline.model.messages import (
    Contingency,
    Nonconformance,
    Notice,
    decode_payload,
    lower_first,
)
from hotline.model.volume import Volume4D
from hotline.node.config import read_file

_OVER = frozenset({State.ENDED.value, State.WITHDRAWN.value, State.EXPIRED.value})
OUTSIDE = frozenset({State.NONCONFORMING.value, State.CONTINGENT.value})
"""States in which it may be outside of the volumes that were announced."""


def read_sent(context: click.Context, name: str) -> tuple[Announcement, str]:
    """Return a notice of the node, by reference or id, and the peer it was exchanged with.

    Says on stderr where it is over: whoever reads the file could not know.

    Raises:
        HotlineError: the node's; ModelError ``formats.no-notice`` and those of `announced`.

    """
    file = read_file(config_of(context))
    thread = look(context, lambda node: node.message(name))
    view = target_of(thread, name)
    announcement = announced(
        view, file.centre, file.status, outside_of(thread, view.life, view.direction)
    )
    if view.life in _OVER:
        warn(
            f"{view.reference} is {view.life}, and what is written does not say so [cli.over]",
            "do not hand it on as what flies; `hotline airspace picture` lists what stands",
        )
    return announcement, view.peer


def outside_of(thread: Thread, life: str | None, direction: str) -> tuple[Volume4D, ...]:
    """Return where a notice that is nonconforming or contingent was last said to be instead.

    ``direction`` is that of its sender's messages.
    """
    if life not in OUTSIDE:
        return ()
    for said in reversed(thread.thread):
        if said.direction == direction and said.message is not None:
            message = decode_payload(said.kind, said.message)
            if isinstance(message, Nonconformance | Contingency) and message.volumes:
                return message.volumes
    return ()


def announced(
    view: MessageView,
    centre: str,
    status: Status,
    outside: tuple[Volume4D, ...] = (),
    *,
    alone: bool = False,
) -> Announcement:
    """Return what a message of the node ``centre`` announces; ``outside`` is where it is instead.

    ``alone`` is whether a nonconformance or contingency may stand for a notice that is not there.

    Raises:
        ModelError: ``formats.no-notice``; ``formats.unreadable-message`` where its payload could
            not be read as a message.

    """
    if view.message is None:
        raise ModelError(
            "formats.unreadable-message",
            f"what {view.id[:8]} holds cannot be read as a message",
            "`hotline show` shows it as it stands; ask its sender to say it again",
        )
    message = decode_payload(view.kind, view.message)
    if alone and isinstance(message, Nonconformance | Contingency) and message.volumes:
        message, outside = Notice(message.reference), message.volumes
    whose = view.peer if view.direction == "in" else centre
    named = view.traffic.removeprefix(banner(status, ())).strip()
    exercise = named if status is Status.EXERCISE and is_exercise_name(named) else ""
    return announcement_of(message, Precedence[view.precedence], whose, status, outside, exercise)


def margin_of(context: click.Context, letter: Path | None, peer: str) -> AltitudeMargin:
    """Return the margins of height of a letter: the one named, else that of the peer's line.

    Without either, those that hold everywhere on Earth. Raises ConfigError for a letter that
    cannot be used, UsageError for one that cannot be read.
    """
    if letter is None and peer:
        config = config_of(context)
        letters = {line.peer: line.letter for line in read_file(config).line}
        if peer in letters:
            letter = config.absolute().parent / letters[peer]
    if letter is None:
        return AltitudeMargin()
    try:
        with open_regular(letter) as file:
            data = file.read(MAX_LETTER_BYTES + 1)
    except OSError as error:
        raise UsageError(
            "cli.unreadable-letter",
            f"{letter} cannot be read: {lower_first(error.strerror or str(error))}",
            "give the letter of agreement that counts with --letter",
        ) from error
    return read_letter(data).altitude_margin
