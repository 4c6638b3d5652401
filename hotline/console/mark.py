"""What marks a text that is not actual: the word EXERCISE, with the name of what is played."""

from __future__ import annotations

from hotline.api import schema


def mark_of(traffic: str, status: schema.Status) -> str:
    """Return a mark with the name of the exercise that is played, where it does not name one."""
    name = status.play_name if status.play != "none" else ""
    return f"{traffic} {name}" if traffic and name and name not in traffic else traffic
