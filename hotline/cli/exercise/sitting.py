"""How people sit down at a centre: what they type in a terminal of their own."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.exercise.play.board import CentreShown

COMMANDS = (
    ("duty take --officer NAME", "take the watch, under your name"),
    ("watch", "leave this open: what comes, and what you are told to do"),
    ("exercise tasks", "what you have been told to do"),
    ("inbox", "what is to be read or answered"),
    ("show ID --officer NAME", "open it"),
    ("reply ID accept --officer NAME", "answer it; the read-back is asked for"),
    ("send FILE --officer NAME", "announce something yourself"),
    ("alarms", "then `acknowledge NUMBER --officer NAME`"),
)
"""What an officer types, and why."""


def how_to_sit(centre: str, seat: str) -> Iterator[str]:
    """Yield the lines that say how the crew of a centre sits down at its node."""
    where = "in terminals of its own" if seat else "at its own node, wherever that is"
    yield f"the crew of {centre} works {where}:"
    if seat:
        yield f'  hotline() {{ command {seat} "$@"; }}'
    width = max(len(command) for command, _ in COMMANDS) + len("hotline ") + 2
    for command, why in COMMANDS:
        yield f"  {f'hotline {command}':<{width}}{why}"


def seats_shown(centres: list[CentreShown]) -> list[str]:
    """Return how people sit down at each centre where they play; one line where nobody does."""
    lines = [
        line for one in centres if one.crew == "human" for line in how_to_sit(one.centre, one.seat)
    ]
    return lines or ["both crews are simulated: begin with --human CENTRE to play one yourself"]
