"""The months: twelve, each with one name in each language and no other's."""

from __future__ import annotations

from hotline.model.months import MONTHS


def test_every_name_is_of_one_month() -> None:
    """So a date that is read has one month; the short one is what English begins with."""
    assert len(MONTHS) == 12
    names = [
        name.lower()
        for month in MONTHS
        for name in {month.english.upper(), month.russian, month.hebrew, *month.others}
        | ({month.short} if month.short != month.english.upper() else set())
    ]
    assert len(names) == len(set(names))
    for month in MONTHS:
        assert month.english.upper().startswith(month.short)
        assert len(month.short) == 3
        assert all(name == name.lower() for name in month.others)
