"""What became of one expectation."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """Everything but ``open`` is final."""

    OPEN = "open"
    """Not decided yet: its inject is not delivered, or its time is not over."""
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    """The contrary was done: another answer, or what should never happen."""
    EXPIRED = "expired"
    """Its time is over, or play is, and nothing came."""
    VOID = "void"
    """It never could be: its inject was skipped, failed, or was never delivered."""


class Ref(msgspec.Struct, frozen=True):
    """An entry of a journal: entry ``entry`` of the log ``log`` of ``centre``."""

    centre: str
    log: str
    entry: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on the expectation ``expectation`` of the inject ``inject``.

    ``since_us`` is the moment from which its time counts, None while its inject is not delivered;
    ``at_us`` the moment that decided: of the entry that did or, where none came, when its time was
    over. ``after_s`` is the seconds between the two where an entry decided: real ones where
    ``real_time`` is true, the scenario's otherwise, as its limit is. ``by`` is that entry and
    ``message`` the message that it is about, as far as there are such. Moments are microseconds
    since 1970 on the director's clock. ``text`` is for people. ``mock`` is whether the inject is of
    generated traffic.
    """

    expectation: str
    inject: str
    outcome: Outcome
    real_time: bool
    since_us: int | None = None
    at_us: int | None = None
    after_s: float | None = None
    by: Ref | None = None
    message: str = ""
    text: str = ""
    mock: bool = False
