from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.errors import HotlineError
from hotline.formats.announcement import Announcement, announcement_of
from hotline.formats.carries import CARRIED, WORDS, Format, words_of
from hotline.formats.given import Given
from hotline.formats.losses import Effect, Loss
from hotline.formats.reading import Read, read
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Kind, Precedence, Reference, Unit
from hotline.model.reading import read_object
from hotline.model.volume import Altitude
from tests.formats.plans import GEOD, READABLE, announcements, changed, wild
from tests.model.samples import NOW_US, notice

MODEST = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
FILLED = Given(title="T", activity="patrol")


def through(
    announcement: Announcement, to: Format, *, drawn: bool = False
) -> tuple[Announcement, list[Loss]]:
    """Return what is read back of what was written, and the losses of the writing."""
    written = write(announcement, to, Wishes(NOW_US, drawn=drawn))
    found = read(written.data, FILLED if to is Format.F3548 else Given())
    draft = read_object(found.fields, NOW_US)
    back = announcement_of(
        draft.message, Precedence(draft.precedence), announcement.centre, announcement.status
    )
    return back, list(written.losses)


@pytest.mark.parametrize("to", [Format.JSON, Format.GEOJSON, Format.KML])
@given(announcement=announcements)
@MODEST
def test_what_keeps_everything_gives_the_same_notice_back(
    to: Format, announcement: Announcement
) -> None:
    """Every field is the same, to the last digit, and nothing is said to be lost."""
    back, losses = through(announcement, to)
    assert back == announcement
    assert {loss.effect for loss in losses} <= {Effect.APPROXIMATE}


@given(announcement=announcements)
@MODEST
def test_a_drawing_for_maps_gives_the_same_notice_back(announcement: Announcement) -> None:
    """GeoJSON drawn as polygons still holds what was announced."""
    assert through(announcement, Format.GEOJSON, drawn=True)[0] == announcement


@given(announcement=announcements)
@MODEST
def test_f3548_keeps_outlines_times_and_what_is_above_the_ellipsoid(
    announcement: Announcement,
) -> None:
    """Polygons, circles and times are the same; so are WGS 84 levels; others hold the true ones."""
    back, losses = through(announcement, Format.F3548)
    said = {loss.field: loss.effect for loss in losses}
    for index, (one, other) in enumerate(
        zip(announcement.message.volumes, back.message.volumes, strict=True)
    ):
        path = f"volumes[{index}]"
        assert (one.start_us, one.end_us) == (other.start_us, other.end_us)
        if one.corridor is None:
            assert (one.outline_polygon, one.outline_circle) == (
                other.outline_polygon,
                other.outline_circle,
            )
        assert (said.get(f"{path}.corridor") is Effect.WIDENED) == (one.corridor is not None)
        for name in ("altitude_lower", "altitude_upper"):
            before: Altitude = getattr(one, name)
            after: Altitude = getattr(other, name)
            assert (after.unit, after.reference) == (Unit.METRES, Reference.WGS84)
            exact = before.reference == Reference.WGS84
            assert (f"{path}.{name}" not in said) == exact
            if exact:
                assert before.metres is not None
                assert math.isclose(after.value, before.metres, abs_tol=1e-9)


@pytest.mark.parametrize("to", Format)
@given(announcement=announcements)
@settings(MODEST, max_examples=8)
def test_lost_words_are_told_exactly(to: Format, announcement: Announcement) -> None:
    """Each word that was said and that the format has no place for is told, and no other."""
    losses = write(announcement, to, Wishes(NOW_US)).losses
    told = {loss.field for loss in losses if "[" not in loss.field}
    expected = words_of(announcement).keys() - CARRIED[to]
    if announcement.kind is Kind.NOTICE:
        expected -= {"kind"}
    assert told == expected
    assert all(loss.effect is Effect.LOST for loss in losses if loss.field in WORDS)


@given(announcement=announcements)
@MODEST
def test_a_corridor_lies_within_the_polygon_that_stands_for_it(announcement: Announcement) -> None:
    """No point of a corridor's edge is outside of what F3548 is told."""
    back, _ = through(announcement, Format.F3548)
    for one, other in zip(announcement.message.volumes, back.message.volumes, strict=True):
        if one.corridor is None or other.outline_polygon is None:
            continue
        ring = [(vertex.lon, vertex.lat) for vertex in other.outline_polygon.vertices]
        for start, end in zip(one.corridor.line, one.corridor.line[1:], strict=False):
            azimuth, _, length = GEOD.inv(start.lon, start.lat, end.lon, end.lat)
            lon, lat, back_azimuth = GEOD.fwd(start.lon, start.lat, azimuth, length / 2)
            for turn in (-90, 90):
                edge = GEOD.fwd(lon, lat, back_azimuth + 180 + turn, one.corridor.width_m / 2)
                assert winds_around(ring, (edge[0], edge[1]))


def winds_around(ring: list[tuple[float, float]], point: tuple[float, float]) -> bool:
    """Say whether a ring goes round a point, by the azimuths under which its corners are seen."""
    azimuths = [GEOD.inv(*point, *corner)[0] for corner in ring]
    turned = sum(
        (after - before + 180) % 360 - 180
        for before, after in zip(azimuths, azimuths[1:] + azimuths[:1], strict=True)
    )
    return abs(float(turned)) > 180


@pytest.mark.parametrize("to", Format)
@given(announcement=wild)
@settings(MODEST, max_examples=60)
def test_whatever_was_received_is_written_or_refused_by_name(
    to: Format, announcement: Announcement
) -> None:
    """What a peer may send never breaks a writer, and what is written can be decoded."""
    for drawn in (False, True):
        try:
            written = write(announcement, to, Wishes(NOW_US, drawn=drawn))
        except HotlineError as error:
            assert error.hint
            continue
        assert written.data.decode("utf-8")
        if to in READABLE:
            try:
                read(written.data, FILLED)
            except HotlineError as error:
                assert error.hint


@given(data=st.binary(max_size=60))
@settings(MODEST, max_examples=200)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Garbage, alone and behind the beginnings of all formats, is refused by name."""
    beginnings = (
        b"",
        b"PK\x03\x04",
        b"<kml>",
        b'<?xml version="1.0" encoding="',
        b'{"type": "Feature", ',
        b'{"volumes": ',
    )
    for beginning in beginnings:
        try:
            found = read(beginning + data, Given())
        except HotlineError as error:
            assert error.hint
        else:
            assert isinstance(found, Read)


def test_a_removed_field_is_not_missed() -> None:
    """`changed` replaces fields of the message, so that the tests above can fail."""
    sample = Announcement(notice(), Precedence.ROUTINE)
    assert changed(sample, title="Other") != sample
