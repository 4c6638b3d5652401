"""The letter of agreement: one TOML file that both centres hold, identical byte for byte.

It fixes what both must do alike: who dials, time-outs, deadlines, minima, languages, status. Its
hash is exchanged on every association, so the smallest difference is seen by both. Every key is
described in `docs/spec/letter.md`; an unknown one is refused, because a misspelt limit that is
silently left at its default is worse than no letter.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator

import msgspec

from hotline.errors import ConfigError
from hotline.model.kinds import Precedence, Status
from hotline.model.letter_rules import letter_problems
from hotline.model.phrases import Phrase
from hotline.model.problem import LetterRefused

MAX_LETTER_BYTES = 64 * 1024


class Timers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Time-outs of the association, in seconds (FMTP: Ts, Tr, Ti; OLDI: acknowledgement)."""

    heartbeat_s: float = 5.0
    receive_s: float = 12.0
    receipt_alarm_s: float = 10.0
    line_check_s: float = 3600.0
    identification_s: float = 10.0


class ReplyDeadlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="upper"):
    """How long a human may take to answer, in seconds, by precedence (ACP 121 handling times)."""

    flash: float = 600.0
    immediate: float = 1800.0
    priority: float = 10_800.0
    routine: float = 21_600.0


class MinimumWarning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Least time between a notice's receipt and its start, in seconds.

    ``precedence`` is keyed by the names of `Precedence`, ``activity`` by those of `Activity`.
    """

    default: float = 0.0
    precedence: dict[str, float] = {}
    activity: dict[str, float] = {}


class Separation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minima below which two volumes are in proximity: metres, metres, seconds."""

    lateral_m: float
    vertical_m: float
    time_s: float


class AltitudeMargin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far heights above one reference may lie from those above another, in the letter's region.

    ``geoid_m``: least and greatest height of mean sea level above the WGS 84 ellipsoid;
    ``terrain_m``: lowest and highest ground above mean sea level; a pressure altitude lies within
    ``pressure_m`` plus ``pressure_percent`` of its value of the height above mean sea level.
    The defaults hold everywhere on Earth.
    """

    geoid_m: tuple[float, float] = (-107.0, 86.0)
    terrain_m: tuple[float, float] = (-430.0, 8849.0)
    pressure_m: float = 750.0
    pressure_percent: float = 15.0


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How large, how far ahead and how late an activity may be before it is remarked on.

    ``area_km2`` is for all volumes of a notice together, ``horizon_days`` from the notice to its
    start (F3548: 30), ``late_activation_s`` from the start to the activation, ``missing_end_s``
    from the end of the volumes to the message that says so.
    """

    area_km2: float = 1_000_000.0
    horizon_days: float = 30.0
    late_activation_s: float = 300.0
    missing_end_s: float = 300.0


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far apart the two clocks may be before both sides alarm (F3548: 5 s)."""

    maximum_offset_ms: float = 5000.0


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What two centres agreed on; ``dials`` is the centre that opens the connection.

    ``epoch`` counts the line's records: both start anew, from sequence 1, when it is raised.
    ``exercise`` is the exercise's name; the epoch's record bears it, so another has another epoch.
    ``max_unwitnessed_s`` is how long an entry may wait for the peer's cosignature.
    ``two_person_release`` has both sides say notices, revisions and advisories only after a second
    officer has released them.
    """

    title: str
    edition: str
    status: Status
    epoch: int
    centres: tuple[str, ...]
    dials: str
    separation: Separation
    timers: Timers = Timers()
    reply_deadline_s: ReplyDeadlines = ReplyDeadlines()
    minimum_warning_s: MinimumWarning = MinimumWarning()
    altitude_margin: AltitudeMargin = AltitudeMargin()
    limits: Limits = Limits()
    clock: Clock = Clock()
    languages: tuple[str, ...] = ("en",)
    max_unwitnessed_s: float = 60.0
    exercise: str = ""
    two_person_release: bool = False
    phrases: tuple[Phrase, ...] = msgspec.field(name="phrase", default=())

    @property
    def banner(self) -> str:
        """What everything about this traffic is marked with; empty for actual traffic."""
        return banner(self.status, [self.exercise])

    def peer_of(self, centre: str) -> str:
        """Return the other centre.

        Raises:
            ConfigError: ``model.letter-not-ours`` when ``centre`` is neither of the two.

        """
        if centre not in self.centres:
            raise ConfigError(
                "model.letter-not-ours",
                f"the letter is between {' and '.join(self.centres)}, not for {centre}",
                "give this line the letter that names this centre",
            )
        first, second = self.centres
        return second if centre == first else first

    def reply_deadline(self, precedence: Precedence) -> float:
        """Return the seconds within which a human must answer."""
        deadlines = self.reply_deadline_s
        return (deadlines.flash, deadlines.immediate, deadlines.priority, deadlines.routine)[
            precedence
        ]

    def warning_needed(self, precedence: Precedence, activity: str) -> float:
        """Return the least warning time in seconds: the larger of precedence's and activity's."""
        minimum = self.minimum_warning_s
        found = [
            table[key]
            for table, key in (
                (minimum.precedence, precedence.name),
                (minimum.activity, activity),
            )
            if key in table
        ]
        return max(found, default=minimum.default)


def banner(status: Status, exercises: Iterable[str]) -> str:
    """Return what all traffic of a status is marked with: ``TEST``, ``EXERCISE`` and its name.

    Of a node with lines in several exercises all names; empty for actual traffic, which alone
    bears no mark.
    """
    if status is Status.ACTUAL:
        return ""
    names = sorted({name for name in exercises if name})
    return " ".join([str(status).upper(), " / ".join(names)]).rstrip()


class LetterDifference(msgspec.Struct, frozen=True):
    """One key on which two letters differ, with both values as text; empty where absent."""

    key: str
    ours: str
    theirs: str


def read_letter(data: bytes) -> Letter:
    """Return the letter in a TOML file's bytes.

    Raises:
        ConfigError: ``model.letter-unreadable``, ``model.letter-wrong-key``, or a code of
            `letter_rules`, then as `LetterRefused` with every problem listed.

    """
    if len(data) > MAX_LETTER_BYTES:
        raise ConfigError(
            "model.letter-unreadable",
            f"the letter has more than {MAX_LETTER_BYTES} bytes",
            "check that this file is a letter of agreement",
        )
    try:
        table = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            "model.letter-unreadable",
            f"the letter is not TOML in UTF-8: {error}",
            "mend the line named; both sides then need the mended file",
        ) from None
    try:
        letter = msgspec.convert(table, Letter)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ConfigError(
            "model.letter-wrong-key",
            f"the letter does not fit: {error}",
            "docs/spec/letter.md lists every key with its type",
        ) from None
    problems = letter_problems(letter)
    if problems:
        raise LetterRefused(problems)
    return letter


def letter_hash(data: bytes) -> bytes:
    """Return the SHA-256 of the file's bytes: what HELLO carries."""
    return hashlib.sha256(data).digest()


def differences(ours: Letter, theirs: Letter) -> list[LetterDifference]:
    """Return what to talk about when the hashes differ, key by key.

    An empty list with different hashes means that only comments or layout differ.
    """
    left = dict(_flat("", msgspec.to_builtins(ours)))
    right = dict(_flat("", msgspec.to_builtins(theirs)))
    return [
        LetterDifference(key, left.get(key, ""), right.get(key, ""))
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key)
    ]


def _flat(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, inner)
    elif prefix == "phrase" and isinstance(value, list | tuple):
        # By their numbers: a phrase that one side has added moves none of the others.
        for phrase in value:
            yield from _flat(f"phrase.{phrase['number']}", phrase)
    else:
        yield prefix, str(value)
