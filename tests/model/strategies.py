"""Hypothesis strategies: lenient messages of every kind, and what a peer might send instead."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from hotline.model.messages import TYPES, Message, phrases_of


def _as_wide_as_the_wire(message: Message) -> Message:
    """Keep a number within what MessagePack can hold; nothing wider can be held either."""
    counts = ("number", "revision", "other_revision")
    clamped: dict[str, object] = {
        name: max(-(2**63), min(getattr(message, name), 2**63 - 1))
        for name in counts
        if hasattr(message, name)
    }
    if numbers := phrases_of(message):
        clamped["phrases"] = tuple(max(-(2**63), min(number, 2**63 - 1)) for number in numbers)
    return msgspec.structs.replace(message, **clamped)


messages: st.SearchStrategy[Message] = st.one_of(
    [st.from_type(type_) for type_ in TYPES.values()]
).map(_as_wide_as_the_wire)
"""Any typed message, mostly breaking many rules."""

_FIELDS = [
    "reference", "title", "activity", "volumes", "remarks", "outline_polygon", "vertices", "lat",
    "lng", "outline_circle", "center", "radius_m", "radius", "altitude_lower", "value", "units",
    "time_start", "format", "at", "kind", "type", "features", "geometry", "coordinates",
    "properties", "read_back", "proposal", "volume", "number", "position", "precedence",
]  # fmt: skip
_WORDS = [
    "notice", "reply", "advisory", "Feature", "FeatureCollection", "Polygon", "Point", "m", "M",
    "fl", "FL180", "+1h", "2026-03-01T10:00:00Z", "RFC3339", "FLASH", "accept", "",
]  # fmt: skip

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.sampled_from(_WORDS)
    | st.text(max_size=8)
    | st.binary(max_size=4)
)
keys = st.sampled_from(_FIELDS) | st.text(max_size=4)
objects = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=20,
)
"""What a strict decoder might return for any payload."""
