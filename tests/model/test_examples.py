"""The samples: each is read, composed and rendered, and together they show every kind."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hotline.model.kinds import Activity, Kind, Precedence, Status
from hotline.model.letter import read_letter
from hotline.model.lifecycle import Actor, Life, Step, advance
from hotline.model.messages import (
    Notice,
    decode_payload,
)
from hotline.model.reading import Draft, read_message
from hotline.model.rendering import render
from hotline.model.rules import compose
from tests.model.samples import NOW_US

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(
    [path for centre in ("iaf", "hmeimim") for path in (EXAMPLES / centre).iterdir()],
    key=lambda path: path.name,
)


def draft(path: Path) -> Draft:
    """Read one sample."""
    return read_message(path.read_bytes(), NOW_US)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_breaks_no_rule(path: Path) -> None:
    """What is offered as a model is one: it is read, sent and shown."""
    read = draft(path)
    payload = msgspec.msgpack.decode(compose(read.message))
    assert decode_payload(read.kind, payload) == read.message
    assert render(read.message).startswith(read.kind.upper())


def test_the_samples_show_what_there_is() -> None:
    """At least twelve notices, every outline, three scripts, and every precedence."""
    drafts = [draft(path) for path in FILES]
    notices = [read.message for read in drafts if isinstance(read.message, Notice)]
    assert len(notices) >= 12
    assert {notice.activity for notice in notices} == set(Activity)
    volumes = [volume for notice in notices for volume in notice.volumes]
    assert any(volume.outline_polygon for volume in volumes)
    assert any(volume.outline_circle for volume in volumes)
    assert any(volume.corridor for volume in volumes)
    assert {read.precedence for read in drafts} == set(Precedence)
    assert {read.kind for read in drafts} == set(Kind) - {
        Kind.REPLY,
        Kind.LINE_CHECK,
        Kind.SERVICE,
        Kind.CONFLICT,
    }
    remarks = "".join(notice.remarks for notice in notices)
    assert any("\u05d0" <= letter <= "\u05ea" for letter in remarks)
    assert any("\u0410" <= letter <= "\u044f" for letter in remarks)


def test_the_areas_lie_over_the_eastern_mediterranean() -> None:
    """Fictional areas stay in the part of the world that the exercise is about."""
    for path in FILES:
        message = draft(path).message
        for volume in getattr(message, "volumes", ()):
            for point in volume.points:
                assert 31.5 <= point.lat <= 36.5
                assert 29.0 <= point.lon <= 36.0


def test_the_samples_can_be_sent_in_their_order() -> None:
    """Each revision, withdrawal, activation and end finds its notice in the right state."""
    lives: dict[str, Life | None] = {}
    for path in FILES:
        message = draft(path).message
        if isinstance(message, Step):
            assert message.reference.lower().startswith(path.parent.name)
            step = advance(lives.get(message.reference), message, Actor.ORIGINATOR)
            assert step.problems == ()
            lives[message.reference] = step.life
    assert len(lives) >= 12


def test_every_sample_is_described() -> None:
    """The README of the samples names each file."""
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in FILES:
        assert f"`{path.parent.name}/{path.name}`" in text


def test_the_sample_letter_can_be_used() -> None:
    """It joins the two centres of the samples, for an exercise."""
    letter = read_letter((EXAMPLES / "letter.toml").read_bytes())
    assert set(letter.centres) == {"iaf", "hmeimim"}
    assert letter.dials == "iaf"
    assert letter.status is Status.EXERCISE
