"""What each item says: its text, typed in capitals with single blanks, into fields of a message.

Whatever cannot be read raises ValueError with the form that was expected: the mend of the item.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from hotline.formats.telephone import wording
from hotline.formats.telephone.sheet import MAX_AREAS, MAX_POINTS
from hotline.model.kinds import Activity, Answer, Kind, Status
from hotline.model.letter_rules import CENTRE_ID
from hotline.model.rules import is_reference
from hotline.model.volume import Altitude

_STATUS: Final = re.compile(r"(?P<status>[A-Z]+) FROM (?P<sender>\S+) TO (?P<recipient>\S+)")
_ABOUT: Final = re.compile(
    r"(?P<kind>WITHDRAWAL|ACTIVATION|END|NONCONFORMANCE|CONTINGENCY) OF (?P<name>.+)"
)
_NOTICE: Final = re.compile(r"NOTICE (?P<name>.+)")
_REVISION: Final = re.compile(r"REVISION (?P<number>.+?) OF (?P<name>.+)")
_REPLY: Final = re.compile(
    r"REPLY (?P<answer>ACCEPT|REJECT|STAND BY|COUNTER) TO MESSAGE (?P<id>.+?)(?: OF (?P<name>.+))?"
)
_PLAIN: Final = MappingProxyType(
    {"ADVISORY": Kind.ADVISORY, "LINE CHECK": Kind.LINE_CHECK, "SERVICE": Kind.SERVICE}
)
_AREA: Final = re.compile(
    r"(?P<number>\S+) OF (?P<count>\S+) (?:POLYGON (?P<corners>.+?) POINTS?"
    r"|CIRCLE RADIUS (?P<radius>.+?) MET(?:RE|ER)S?"
    r"|CORRIDOR (?P<points>.+?) POINTS? WIDTH (?P<width>.+?) MET(?:RE|ER)S?)"
)


@dataclass(frozen=True, slots=True)
class Outline:
    """What item F says of one area: its number and shape, and how many points follow."""

    number: int
    count: int
    shape: str
    points: int
    metres: float


def who(text: str) -> tuple[str, str, str]:
    """Return status, sender and recipient, as item A names them."""
    match = _STATUS.fullmatch(text)
    mend = "it says ACTUAL, EXERCISE or TEST, and the two centres: EXERCISE FROM IAF TO HMEIMIM"
    if match is None or match["status"].lower() not in set(Status):
        raise ValueError(mend)
    sender, recipient = match["sender"].lower(), match["recipient"].lower()
    if not (CENTRE_ID.fullmatch(sender) and CENTRE_ID.fullmatch(recipient)):
        raise ValueError(mend)
    return match["status"].lower(), sender, recipient


def what(text: str) -> tuple[Kind, dict[str, Any]]:
    """Return the kind that item B names, and the fields that it says at once."""
    text = text.replace("-BY", " BY").replace("LINE-CHECK", "LINE CHECK")
    if text in _PLAIN:
        return _PLAIN[text], {}
    if (match := _NOTICE.fullmatch(text)) is not None:
        return Kind.NOTICE, {"reference": _reference(match["name"])}
    if (match := _REVISION.fullmatch(text)) is not None:
        number = wording.hear_number(match["number"], 1_000_000)
        if not number:
            raise ValueError("revisions count from 1")
        return Kind.REVISION, {"number": number, "reference": _reference(match["name"])}
    if (match := _ABOUT.fullmatch(text)) is not None:
        return Kind(match["kind"].lower()), {"reference": _reference(match["name"])}
    if (match := _REPLY.fullmatch(text)) is not None:
        reference = _reference(match["name"]) if match["name"] else ""
        answer = Answer(match["answer"].lower().replace(" ", "-")).value
        to = wording.hear_hex(match["id"])
        return Kind.REPLY, {"to": to, "reference": reference, "answer": answer}
    raise ValueError(
        "it says NOTICE, REVISION n OF, WITHDRAWAL OF, ACTIVATION OF, END OF, NONCONFORMANCE OF or"
        " CONTINGENCY OF and a reference, ADVISORY, SERVICE, LINE CHECK, or REPLY and the answer"
    )


def _reference(text: str) -> str:
    name = wording.hear_name(text)
    if not is_reference(name):
        raise ValueError("a reference has letters A to Z, figures and -, as in IAF-0007")
    return name


def one_of(text: str, values: Mapping[str, object]) -> str:
    """Return a text that is one of some names."""
    if text not in values:
        raise ValueError(f"it is one of {', '.join(values)}")
    return text


def activity(text: str) -> str:
    """Return the activity of item D."""
    return one_of(text.lower(), {activity.value: activity for activity in Activity})


def area(text: str) -> Outline:
    """Return what item F says of one area."""
    match = _AREA.fullmatch(text)
    if match is None:
        raise ValueError(
            "1 OF 1, and POLYGON 4 POINTS, CIRCLE RADIUS 5000 METRES or CORRIDOR 3 POINTS WIDTH"
            " 4000 METRES"
        )
    number = wording.hear_number(match["number"], MAX_AREAS)
    count = wording.hear_number(match["count"], MAX_AREAS)
    if not 0 < number <= count:
        raise ValueError(f"areas count from 1, to {MAX_AREAS} at most")
    if match["radius"]:
        return Outline(number, count, "circle", 1, _metres(match["radius"]))
    shape, said, least = (
        ("polygon", match["corners"], 3) if match["corners"] else ("corridor", match["points"], 2)
    )
    points = wording.hear_number(said, MAX_POINTS)
    if points < least:
        raise ValueError(f"a {shape} has {least} points or more")
    return Outline(number, count, shape, points, _metres(match["width"]) if match["width"] else 0.0)


def _metres(text: str) -> float:
    metres = wording.hear_number(text, 999_999)
    if not metres:
        raise ValueError("a radius or width is 1 metre or more")
    return float(metres)


def levels(text: str) -> tuple[Altitude, Altitude]:
    """Return the lower and the upper level of item G."""
    lower, _, upper = text.partition(" TO ")
    if not upper:
        raise ValueError("two levels with TO between them: FL180 TO FL280")
    return wording.hear_altitude(lower), wording.hear_altitude(upper)


def track(text: str) -> float:
    """Return the track of item Q, in degrees."""
    return float(wording.hear_number(text.removesuffix(" DEGREES"), 360))


def speed(text: str) -> float:
    """Return the speed of item R, in knots."""
    return float(wording.hear_number(text.removesuffix(" KNOTS"), 10_000))


def phrases(text: str) -> tuple[int, ...]:
    """Return the numbers of the phrases of item X."""
    joined = wording.hear_digits(text)
    if joined is None or len(joined) % 3 or not 3 <= len(joined) <= 30:
        raise ValueError("one to ten numbers of three figures")
    numbers = tuple(int(joined[start : start + 3]) for start in range(0, len(joined), 3))
    if min(numbers) < 100:
        raise ValueError("phrases are numbered from 100 to 999")
    return numbers


def within(text: str) -> bool:
    """Say that item Y stands there as it must: True, or ValueError."""
    if text != f"{wording.WITHIN_M} METRES":
        raise ValueError(f"it says POSITIONS WITHIN {wording.WITHIN_M} METRES, or is left out")
    return True
