"""What is compared: an activity of one centre, with all that can be computed of it by itself.

Made once for each notice and each revision of it, since the engine compares it many times. Nothing
here depends on a letter, so that one activity can be compared under the letters of several lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from hotline.airspace.footprint import Footprint, footprint_of
from hotline.airspace.levels import Band, band_of
from hotline.airspace.periods import Period, period_of
from hotline.airspace.reason import Reason
from hotline.airspace.stumbling import STUMBLED, Stumble, unheard
from hotline.model.kinds import Precedence
from hotline.model.letter import AltitudeMargin
from hotline.model.messages import Notice, Revision
from hotline.model.rules import MAX_REFERENCE, is_reference
from hotline.model.volume import Volume4D
from hotline.model.volume_rules import MAX_VERTICES, MAX_VOLUMES

_NAME_BESIDE = re.compile(r"\(([0-9a-f]{8})[0-9a-f]{56}\) ?(.*)", re.DOTALL)


def name_beside(reference: str, id_: bytes) -> str:
    """Return the name of what a message announces beside the notice that it should be about.

    The whole id comes first, so that no two are alike, however much of it a record repeats.
    """
    return f"({id_.hex()}) {reference}"


def is_name_beside(reference: str) -> bool:
    """Whether a reference has the form of such a name; none that a centre may give has it."""
    return reference.startswith("(") and _NAME_BESIDE.fullmatch(reference) is not None


def shown_name(reference: str) -> str:
    """Return a reference as people read it: ``IAF-0007 (1a2b3c4d)`` for what stands beside."""
    found = _NAME_BESIDE.fullmatch(reference)
    return reference if found is None else f"{found[2]} ({found[1]})".strip()


def name_of(reference: str) -> str:
    """Return a reference as it can stand in a sentence: quoted and cut where it is none.

    A peer chooses its own, and one that reads like our words, or like a notice of ours, must not
    pass for them.
    """
    shown = shown_name(reference)
    mark = "" if shown is reference else shown[shown.rindex("(") :]
    plain = shown.removesuffix(mark).rstrip() if mark else shown
    if not plain:
        return mark or "a notice without a reference"
    if not is_reference(plain):
        plain = ascii(plain[:MAX_REFERENCE]) + ("…" if len(plain) > MAX_REFERENCE else "")
    return f"{plain} {mark}" if mark else plain


class Key(NamedTuple):
    """What names an activity: the centre that announced it, and its reference there."""

    centre: str
    reference: str

    def __str__(self) -> str:
        return name_of(self.reference) if self.reference else self.centre


def beside(key: Key, other: Key) -> str:
    """Return the name of an activity in a sentence about another one too.

    The centre stands before it (``iaf:IAF-0001``) where both have given the same reference.
    """
    name = str(key)
    return f"{key.centre}:{name}" if key.reference and key.reference == other.reference else name


class Extent(msgspec.Struct, frozen=True, gc=False):
    """One volume, computed: where, how high and when.

    ``footprint`` is None where the outline cannot be placed; the volume then reaches everywhere.
    ``number`` is the volume's place among those of the activity, from 0. ``reasons`` has all that
    made the extent larger than what was given.
    """

    number: int
    footprint: Footprint | None
    band: Band
    period: Period
    reasons: tuple[Reason, ...] = ()

    def under(self, margin: AltitudeMargin) -> Extent:
        """Return the extent as it is under a letter (`Band.under`)."""
        band = self.band.under(margin)
        if band is self.band:
            return self
        return replace(self, band=band, reasons=(*self.reasons, *band.reasons))


class Planned(msgspec.Struct, frozen=True, gc=False):
    """One activity as it stands now; ``revision`` is 0 for the notice itself.

    ``activity`` holds an `Activity` or what the peer sent. ``extents`` has at least one entry.
    """

    key: Key
    revision: int
    precedence: Precedence
    activity: str
    title: str
    extents: tuple[Extent, ...]

    @property
    def period(self) -> Period:
        """From the first start of a volume to the last end of one."""
        return Period(
            min(extent.period.start_us for extent in self.extents),
            max(extent.period.end_us for extent in self.extents),
        )

    def named(self, reference: str) -> Planned:
        """Return the activity under another reference, where it has none of its own."""
        return replace(self, key=self.key._replace(reference=reference))

    def prolonged(self, until_us: int) -> Planned:
        """Return the activity as one that has not ended by ``until_us``, though it should have.

        The volumes that were to be in use last are in use until then.
        """
        end_us = self.period.end_us
        if end_us >= until_us:
            return self
        return replace(
            self,
            extents=tuple(
                replace(extent, period=replace(extent.period, end_us=until_us))
                if extent.period.end_us == end_us
                else extent
                for extent in self.extents
            ),
        )

    def begun(self, at_us: int, announced: int) -> Planned:
        """Return the activity as one that goes on since ``at_us``, though it should begin later.

        Of the first ``announced`` volumes, those that were to be in use first are in use from then.
        """
        first_us = min((one.period.start_us for one in self.extents[:announced]), default=at_us)
        if first_us <= at_us:
            return self
        return replace(
            self,
            extents=tuple(
                replace(extent, period=replace(extent.period, start_us=at_us))
                if place < announced and extent.period.start_us == first_us
                else extent
                for place, extent in enumerate(self.extents)
            ),
        )

    def adrift(self, reach_m: float) -> Planned:
        """Return the activity as one that is outside of its volumes, and nobody says where.

        Besides its volumes it may be anywhere within ``reach_m`` of them, at any height.
        """
        text = (
            f"nobody says where it is, so it may be up to {reach_m / 1000:.0f} km off its volumes"
        )
        reason = Reason("airspace.area-unknown", text)
        around = (
            replace(
                extent,
                number=len(self.extents) + extent.number,
                footprint=extent.footprint.widened(reach_m),
                band=Band(),
                reasons=(*extent.reasons, reason),
            )
            for extent in self.extents
            if extent.footprint is not None
        )
        return replace(self, extents=(*self.extents, *around))


def plan(
    centre: str,
    message: Notice | Revision,
    precedence: Precedence,
    *,
    beside: Sequence[Volume4D] = (),
    stumble: Stumble = unheard,
) -> Planned:
    """Return what a centre's notice, or its latest revision, announces, ready to be compared.

    ``beside`` are volumes outside of those announced that are in use as well (nonconformance,
    contingency); they are numbered after these. Nothing is refused: what cannot be computed makes
    its volume reach everywhere, to all heights or through all times, with the reason. So does what
    raises an exception, of which ``stumble`` is told.
    """
    return Planned(
        key=Key(centre, message.reference),
        revision=message.number if isinstance(message, Revision) else 0,
        precedence=precedence,
        activity=message.activity,
        title=message.title,
        extents=tuple(
            _extents((*message.volumes, *beside), lambda error: stumble(message.reference, error))
        ),
    )


def _extents(volumes: Sequence[Volume4D], stumble: Callable[[Exception], None]) -> Iterator[Extent]:
    """Yield the extents; past the model's limits one that reaches everywhere stands for the rest.

    So whoever sends a line more than it may does not choose how long it computes.
    """
    vertices = 0
    for number, volume in enumerate(volumes):
        vertices += len(volume.points)
        if number >= MAX_VOLUMES or vertices > MAX_VERTICES:
            what = "volumes" if number >= MAX_VOLUMES else "vertices"
            text = f"it is one of those that follow when there are too many {what}"
            yield _anywhere(number, Reason("airspace.too-much", text))
            return
        try:
            yield _extent(number, volume)
        except Exception as error:  # a defect of ours must not make anything clear
            stumble(error)
            yield _anywhere(number, STUMBLED)
    if not volumes:
        yield _anywhere(0, Reason("airspace.no-volume", "it does not say where, how high and when"))


def _extent(number: int, volume: Volume4D) -> Extent:
    placed = footprint_of(volume)
    band, period = band_of(volume), period_of(volume)
    reasons = band.reasons + period.reasons
    if not isinstance(placed, Footprint):
        return Extent(number, None, band, period, (Reason(placed.code, placed.text), *reasons))
    if placed.larger is not None:
        reasons = (Reason(placed.larger.code, placed.larger.text), *reasons)
    return Extent(number, placed, band, period, reasons)


def _anywhere(number: int, reason: Reason) -> Extent:
    return Extent(number, None, Band(), Period(), (reason,))
