"""The largest notice that may be sent goes through every format and back."""

from __future__ import annotations

import math

import pytest

from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.formats.given import Given
from hotline.formats.reading import read
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence
from hotline.model.reading import read_object
from hotline.model.rules import compose
from hotline.model.volume import Polygon, Position
from tests.model.samples import NOW_US, notice, shaped


@pytest.mark.parametrize("to", [Format.JSON, Format.GEOJSON, Format.KML, Format.F3548])
def test_as_many_vertices_as_a_payload_holds_can_be_read_back(to: Format) -> None:
    """What `compose` lets out, in clockwise order so that the exact ring stands beside it."""
    ring = tuple(
        Position(34 + math.cos(turn) / 3, 33 + math.sin(turn) / 3)
        for turn in (index * math.tau / 9_000 for index in range(9_000))
    )
    message = notice(volumes=(shaped(Polygon(ring)),))
    assert compose(message)
    written = write(Announcement(message, Precedence.ROUTINE), to, Wishes(NOW_US))
    found = read(written.data, Given(title=message.title, activity=message.activity))
    back = read_object(found.fields, NOW_US).message
    assert back.volumes[0].outline_polygon == message.volumes[0].outline_polygon  # type: ignore[union-attr]
