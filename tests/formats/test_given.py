from __future__ import annotations

import pytest

from hotline.errors import UsageError
from hotline.formats.given import Given, split_levels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FL180-FL200", ("FL180", "FL200")),
        ("FL180 - FL200", ("FL180", "FL200")),
        ("ground to 2500 ft msl", ("ground", "2500 ft msl")),
        ("-100 ft msl-300 ft msl", ("-100 ft msl", "300 ft msl")),
        ("100 m..-5 m", ("100 m", "-5 m")),
        ("FL180\N{EN DASH}FL200", ("FL180", "FL200")),
    ],
)
def test_two_levels_are_split(text: str, expected: tuple[str, str]) -> None:
    """However people write it; a sign is no hyphen."""
    assert split_levels(text) == expected


@pytest.mark.parametrize("text", ["", "FL180", "FL180-", "-FL180", "to", " to "])
def test_what_is_not_two_levels_is_refused(text: str) -> None:
    """One level is no band."""
    with pytest.raises(UsageError) as caught:
        split_levels(text)
    assert caught.value.code == "formats.bad-levels"


def test_nothing_given_changes_nothing() -> None:
    """A file of our own passes through as it is, null fields and all."""
    fields: dict[str, object] = {"kind": "notice", "volumes": [{"time_end": None}, 3], "title": "T"}
    assert Given().added_to(fields) == fields
    assert Given(title="X").added_to({"kind": "notice"}) == {"kind": "notice", "title": "X"}
