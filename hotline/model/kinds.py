"""The closed vocabularies of the model: status, precedence, kind, answer, activity.

The values are what stands in payloads and files. They never change once released; a new one is
added at the end. Received values that are not listed here are kept as they came and flagged.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Status(StrEnum):
    """What the words are worth: signed into every message (CAP 1.2 has the same distinction)."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class Precedence(IntEnum):
    """Order of handling, most urgent first (ACP 121). The integer is also the stream's number."""

    FLASH = 0
    IMMEDIATE = 1
    PRIORITY = 2
    ROUTINE = 3


class Kind(StrEnum):
    """What a message is; decides the shape of its payload."""

    NOTICE = "notice"
    REVISION = "revision"
    WITHDRAWAL = "withdrawal"
    ACTIVATION = "activation"
    END = "end"
    ADVISORY = "advisory"
    REPLY = "reply"
    LINE_CHECK = "line-check"
    SERVICE = "service"
    NONCONFORMANCE = "nonconformance"
    CONTINGENCY = "contingency"
    CONFLICT = "conflict"


class Answer(StrEnum):
    """A human's answer (OLDI: ACP, RJC, SBY, CDN)."""

    ACCEPT = "accept"
    REJECT = "reject"
    STAND_BY = "stand-by"
    COUNTER = "counter"


class Activity(StrEnum):
    """What a notice announces."""

    STRIKE = "strike"
    PATROL = "patrol"
    TANKER = "tanker"
    UAS = "uas"
    SAR = "sar"
    TRANSPORT = "transport"
    TRAINING = "training"
    RECCE = "recce"
    OTHER = "other"


class Relation(StrEnum):
    """What two activities are to each other; `docs/spec/airspace.md` has the definitions.

    ``possible`` is said where something cannot be computed: it is never taken for clear.
    """

    CONFLICT = "conflict"
    PROXIMITY = "proximity"
    POSSIBLE = "possible"
    CLEAR = "clear"


class Unit(StrEnum):
    """Unit of an altitude: metres, feet, flight levels (hundreds of feet)."""

    METRES = "m"
    FEET = "ft"
    FLIGHT_LEVEL = "fl"


class Reference(StrEnum):
    """What an altitude is measured from.

    ``wgs84`` is the ellipsoid (F3548's ``W84``), ``msl`` mean sea level, ``ground`` the terrain
    below, ``standard`` the 1013.25 hPa pressure surface that flight levels count from.
    """

    WGS84 = "wgs84"
    MSL = "msl"
    GROUND = "ground"
    STANDARD = "standard"
