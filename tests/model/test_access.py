"""Names of officers and their roles: one way to write each, and no name that looks like another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import UsageError
from hotline.model.access import MAX_OFFICER_NAME, Role, name_key, officer_name, roles_of


def test_a_name_is_kept_normalized_and_without_blanks_around_it() -> None:
    """A letter with its accent is one character, however it was typed."""
    assert officer_name("  Zoe\u0308 Levy ") == "Zo\u00eb Levy"
    assert officer_name("x" * MAX_OFFICER_NAME) == "x" * MAX_OFFICER_NAME


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * (MAX_OFFICER_NAME + 1), "Levy\nCohen", "Levy\u202etfel", "\ud800"],
    ids=["empty", "blank", "long", "lines", "turned round", "half a character"],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    """What cannot be shown as it is could be taken for somebody else."""
    with pytest.raises(UsageError, match=r"\[access.bad-name\]"):
        officer_name(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Levy", "LEVY"), ("Zo\u00eb", "ZOE\u0308"), ("Strasse", "Stra\u00dfe"), ("\uff2c", "l")],
)
def test_names_that_differ_in_case_or_code_are_one(one: str, other: str) -> None:
    """Nobody is added beside an officer under a name that reads the same."""
    assert name_key(one) == name_key(other)


@given(st.text())
def test_a_key_of_a_key_is_the_key(name: str) -> None:
    """Also of text that nothing can store."""
    assert name_key(name_key(name)) == name_key(name)


def test_roles_come_once_each_and_in_their_order() -> None:
    """However they were given."""
    assert roles_of(["auditor", "officer", "auditor"]) == (Role.OFFICER, Role.AUDITOR)


@pytest.mark.parametrize("names", [[], ["admiral"], ["officer", "Officer"]])
def test_unknown_roles_and_none_are_refused(names: list[str]) -> None:
    """With the names of those that there are."""
    with pytest.raises(UsageError, match=r"\[access.bad-role\]") as refused:
        roles_of(names)
    assert "supervisor" in refused.value.hint
