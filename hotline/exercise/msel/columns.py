"""The columns of a MSEL: their headings, what else planners call them, and how wide they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key that the code uses, its heading, its width in characters."""

    key: str
    heading: str
    width: int
    others: tuple[str, ...] = ()
    """Other headings that are read as this one; small letters, digits and blanks."""


COLUMNS: Final = (
    Column("number", "MSEL No.", 9, ("msel number", "no", "number", "inject", "inject no",
                                     "inject number", "event no", "event number", "event", "id",
                                     "serial", "msel", "inject id", "event id")),
    Column("time", "Time", 19, ("t", "relative time", "time offset", "exercise time",
                                "scenario time", "t time", "planned time", "event time",
                                "inject time", "due")),
    Column("utc", "Time (UTC)", 21, ("utc", "time utc", "zulu", "time z", "dtg", "date time",
                                     "absolute time", "date time utc", "real time")),
    Column("originator", "Originator", 13, ("from", "sender", "source", "initiator",
                                            "responsible controller", "controller",
                                            "responsible")),
    Column("recipient", "Recipient", 13, ("to", "receiver", "recipient player", "player",
                                          "addressee", "training audience", "target",
                                          "recipient players")),
    Column("type", "Inject type", 16, ("type", "event type", "inject mode type")),
    Column("delivery", "Delivery", 11, ("delivery method", "method", "mode", "means", "inject mode",
                                        "how", "delivery means", "medium")),
    Column("title", "Title", 34, ("event title", "subject", "name", "short title", "headline",
                                  "inject title", "event name")),
    Column("description", "Description", 44, ("event description", "inject description", "details",
                                              "event scenario", "event scenario description",
                                              "narrative", "synopsis")),
    Column("message", "Message", 60, ("text", "message text", "content", "inject text",
                                      "inject content", "script")),
    Column("outcome", "Expected outcome", 44, ("expected action", "expected actions",
                                               "expected player action", "expected response",
                                               "expected outcome of player action", "outcome",
                                               "expected player actions", "expected outcomes",
                                               "expected results")),
    Column("expectations", "Expectations", 52, ("judged",)),
    Column("objectives", "Objectives", 11, ("objective", "objective no", "objective nos",
                                            "objective number", "objective numbers",
                                            "exercise objective", "exercise objectives")),
    Column("officer", "Officer", 14, ()),
    Column("crew", "By the crew", 9, ("by crew",)),
    Column("flawed", "Flawed", 8, ()),
    Column("comment", "Evaluator comment", 36, ("comment", "comments", "evaluator comments",
                                                "remarks", "notes", "evaluator notes",
                                                "evaluator")),
)  # fmt: skip
"""In the order in which they are written."""

OF_A_PAST_RUN: Final = frozenset(
    {
        "actual", "actual time", "completed", "delivered", "delivered at", "done", "observed",
        "observed at", "outcome observed", "result", "results", "score", "state", "status",
        "time delivered", "verdict", "verdicts", "actual outcome", "actual response", "closed",
        "time completed", "rating",
    }
)  # fmt: skip
"""Headings of what happened in a past run: never taken over, and said so."""

_BY_HEADING: Final = {
    other: column.key
    for column in COLUMNS
    for other in (re.sub(r"[^a-z0-9]+", " ", column.heading.lower()).strip(), *column.others)
}


def plain_heading(text: str) -> str:
    """Return a heading in small letters and digits, as it is looked up."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def key_of(heading: str) -> str | None:
    """Return the key of the column that a heading means; None where it is none of ours."""
    return _BY_HEADING.get(plain_heading(heading))


def is_header(cells: list[str]) -> bool:
    """Whether a row has the headings of a MSEL: a time, and something that happens."""
    keys = {key_of(cell) for cell in cells if cell.strip()}
    return (
        bool(keys & {"time", "utc"})
        and bool(keys & {"description", "title", "message", "type", "number"})
        and len(keys - {None}) > 2
    )
