"""Two messages that differ are never called the same content where a sheet does not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.formats.telephone.layout import lay_out
from hotline.formats.telephone.losses import Losses, losses_of
from hotline.formats.telephone.sheet import Sheet, sheet_of
from hotline.model.kinds import Answer, Precedence, Status
from hotline.model.messages import (
    Activation,
    Advisory,
    Message,
    Notice,
    ReadBack,
    Reply,
    Service,
)
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

SOUTH, WEST = 33.5, 32.5
LOW, HIGH = Altitude(180, "fl", "standard"), Altitude(280, "fl", "standard")
BOX = Volume4D(
    Polygon((Position(SOUTH, WEST), Position(SOUTH, 33), Position(34, 33), Position(34, WEST))),
    altitude_lower=LOW,
    altitude_upper=HIGH,
    time_start="2026-03-01T10:45:00Z",
    time_end="2026-03-01T13:00:00Z",
)
ROUND = msgspec.structs.replace(
    BOX, outline_polygon=None, outline_circle=Circle(Position(SOUTH, WEST), 5000)
)
LANE = msgspec.structs.replace(
    BOX,
    outline_polygon=None,
    corridor=Corridor((Position(SOUTH, WEST), Position(34, WEST)), 4000),
)
PLAIN = Notice("A", "Patrol", "patrol", (BOX, ROUND, LANE), remarks="no")
ADVISORY = Advisory("look out", "Drone", Position(SOUTH, WEST), LOW, 268, 420)
REPLY = Reply(
    "ab" * 32,
    "A",
    Answer.ACCEPT.value,
    ReadBack(Position(SOUTH, WEST), "the coast", BOX.time_start, BOX.time_end, LOW, HIGH),
    proposal=(BOX,),
)


def sheet(message: Message) -> Sheet:
    """Return what is read out of a message, of which ever the same id is said."""
    return sheet_of(
        message,
        status=Status.EXERCISE,
        sender="iaf",
        recipient="hmeimim",
        precedence=Precedence.ROUTINE,
        id_=bytes(32),
    )


def lost(message: Message) -> Losses:
    """Return what the sheet of a message does not say."""
    return losses_of(message, sheet(message))


def area(number: int, **changes: Any) -> Callable[[Notice], Notice]:
    """Return what changes one area of a notice."""

    def changed(notice: Notice) -> Notice:
        volumes = list(notice.volumes)
        volumes[number] = msgspec.structs.replace(volumes[number], **changes)
        return msgspec.structs.replace(notice, volumes=tuple(volumes))

    return changed


def said(**changes: Any) -> Callable[[Any], Any]:
    """Return what changes some fields of a message."""
    return lambda message: msgspec.structs.replace(message, **changes)


def back(**changes: Any) -> Callable[[Reply], Reply]:
    """Return what changes some fields of a reply's read-back."""
    return lambda reply: msgspec.structs.replace(
        reply, read_back=msgspec.structs.replace(reply.read_back, **changes)
    )


@pytest.mark.parametrize(
    "message",
    [
        PLAIN,
        ADVISORY,
        REPLY,
        msgspec.structs.replace(REPLY, read_back=None),
        Service("ok", officer="Levi"),
        Service("ok", "Levi"),
    ],
)
def test_what_is_said_in_full_has_no_losses(message: Message) -> None:
    """Letters in capitals, and only the beginning of an id, are none."""
    assert lost(message) == Losses()
    assert str(lost(message)) == ""


@pytest.mark.parametrize(
    ("plain", "change", "losses", "words"),
    [
        (PLAIN, area(0, altitude_lower=Altitude(180.4, "fl", "standard")),
         Losses(rounded=("G1",)), "levels (G1) rounded"),
        (PLAIN, area(0, altitude_upper=Altitude(279.6, "fl", "standard")),
         Losses(rounded=("G1",)), "levels (G1) rounded"),
        (PLAIN, area(0, time_start="2026-03-01T10:45:00.400Z"),
         Losses(rounded=("H1",)), "from (H1) rounded"),
        (PLAIN, area(1, time_end="2026-03-01T12:59:59.600Z"),
         Losses(rounded=("J2",)), "until (J2) rounded"),
        (PLAIN, area(1, outline_circle=Circle(Position(SOUTH, WEST), 4999.6)),
         Losses(rounded=("F2",)), "area (F2) rounded"),
        (PLAIN, area(2, corridor=Corridor(LANE.points, 3999.6)),
         Losses(rounded=("F3",)), "area (F3) rounded"),
        (PLAIN, said(title="Patrol!"), Losses(respelled=("E",)), "title (E) read without marks"),
        (PLAIN, said(remarks="no."), Losses(respelled=("U",)), "remarks (U) read without marks"),
        (ADVISORY, said(altitude=Altitude(180.4, "fl", "standard")),
         Losses(rounded=("P",)), "level (P) rounded"),
        (ADVISORY, said(track_deg=268.4), Losses(rounded=("Q",)), "track (Q) rounded"),
        (ADVISORY, said(speed_kt=419.6), Losses(rounded=("R",)), "speed (R) rounded"),
        (REPLY, back(altitude_lower=Altitude(180.4, "fl", "standard")),
         Losses(rounded=("G",)), "levels (G) rounded"),
        (REPLY, back(time_start="2026-03-01T10:45:00.400Z"), Losses(rounded=("H",)),
         "from (H) rounded"),
        (REPLY, back(place="the coast."), Losses(respelled=("M",)),
         "place (M) read without marks"),
        (Activation("A", "2026-03-01T10:45:00Z"), said(at="2026-03-01T10:45:00.400Z"),
         Losses(rounded=("K",)), "at (K) rounded"),
        (Service("ok", "Levi", "Cohen"), said(operator="Katz"), Losses(unread=("W",)),
         "officer (W) not read out"),
    ],
)  # fmt: skip
def test_what_is_read_out_like_another_is_named(
    plain: Message, change: Callable[[Any], Any], losses: Losses, words: str
) -> None:
    """The sheets are the same, the messages are not, and what was lost says where."""
    other = change(plain)
    assert other != plain
    assert lay_out(sheet(other)) == lay_out(sheet(plain))
    assert lost(other) == losses
    assert str(lost(other)) == words


@pytest.mark.parametrize(("one", "other"), [("שלום", "לא"), ("נعم", "нет"), ("a = b", "c = d")])
def test_texts_of_other_scripts_are_not_compared(one: str, other: str) -> None:
    """Both are not read: that is all that is known of them."""
    both = [msgspec.structs.replace(PLAIN, title=text, remarks=text) for text in (one, other)]
    assert lay_out(sheet(both[0])) == lay_out(sheet(both[1]))
    for message in both:
        assert str(lost(message)) == "title (E), remarks (U) not read out"


def test_position_between_two_seconds() -> None:
    """It is rounded in the item of its area."""
    moved = Polygon(tuple(Position(p.lat + 1e-4, p.lon) for p in BOX.points))
    assert lost(area(0, outline_polygon=moved)(PLAIN)) == Losses(rounded=("F1",))
    advisory = msgspec.structs.replace(ADVISORY, position=Position(SOUTH + 1e-4, WEST))
    assert lost(advisory) == Losses(rounded=("N",))


def varied(title: str, remarks: str, level: float, seconds: str, metres: float) -> Notice:
    """Return a notice that differs a little from others."""
    volume = msgspec.structs.replace(
        ROUND,
        outline_circle=Circle(Position(SOUTH, WEST), metres),
        altitude_lower=Altitude(level, "fl", "standard"),
        time_start=f"2026-03-01T10:45:{seconds}Z",
    )
    return Notice("A", title, "patrol", (volume,), remarks=remarks)


texts = st.sampled_from(["Patrol", "PATROL", "patrol.", "Patrol!", "1", "one", "\u05e9", "\u0434"])
notices = st.builds(
    varied,
    texts,
    texts,
    st.sampled_from([180.0, 180.4, 181.0]),
    st.sampled_from(["00", "00.4", "01"]),
    st.sampled_from([5000.0, 4999.6]),
)


@given(notices, notices)
@settings(max_examples=200, deadline=None)
def test_two_that_are_read_out_alike_without_losses_are_the_same(
    one: Notice, other: Notice
) -> None:
    """But for capitals."""
    if lay_out(sheet(one)) == lay_out(sheet(other)) and not lost(one) and not lost(other):
        assert one.volumes == other.volumes
        assert (one.title.upper(), one.remarks.upper()) == (
            other.title.upper(),
            other.remarks.upper(),
        )
