"""Who may work at a centre's console: the roles, and the names of officers.

A role is what somebody may do; one person may hold several. What each operation asks for stands in
the table of ``hotline/api/routes.py``, what a name may be made of in this file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from hotline.errors import UsageError
from hotline.model.text import unsafe_character

MAX_OFFICER_NAME: Final = 80
"""Characters of an officer's name, as in a message."""


class Role(StrEnum):
    """What somebody is trusted with at the console."""

    OFFICER = "officer"
    """Has the desk: reads, composes, replies, takes the watch, acknowledges alarms."""
    SUPERVISOR = "supervisor"
    """Has the desk too, adds and disables officers, and sees how the alarms behave."""
    AUDITOR = "auditor"
    """Reads everything and changes nothing, not even whether a message was opened."""
    DIRECTOR = "director"
    """Directs an exercise: play, injects, faults on purpose; nothing of the desk."""


def officer_name(text: str) -> str:
    """Return a name in the form in which it is kept: normalized (NFC), without blanks around it.

    Raises UsageError (``access.bad-name``): empty, more than 80 characters, or with characters
    that are no text or steer how text is shown.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if (
        not 1 <= len(name) <= MAX_OFFICER_NAME
        or not name.isprintable()
        or unsafe_character(name) is not None
    ):
        raise UsageError(
            "access.bad-name",
            f"an officer's name is one line of 1 to {MAX_OFFICER_NAME} plain characters",
            "leave out line breaks and characters that change the direction of text",
        )
    return name


def name_key(name: str) -> str:
    """Return what two names share that only differ in case or in how they are encoded.

    Of any text: half a character, which nothing can store, counts as a question mark.
    """
    name = name.encode(errors="replace").decode()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def roles_of(names: Iterable[str]) -> tuple[Role, ...]:
    """Return the roles of these names, each once, in the order of `Role`. Raises UsageError."""
    given = set(names)
    if not given or not given <= set(Role):
        raise UsageError(
            "access.bad-role",
            "an officer has at least one role, and each is one that there is",
            f"use {', '.join(Role)}",
        )
    return tuple(role for role in Role if role in given)
