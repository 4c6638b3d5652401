"""Passwords and codes by themselves: what is checked, how often, and what is kept of them."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import KeysError, UsageError
from hotline.node import access_passwords
from hotline.node.access_codes import (
    KEY_FILE,
    Seal,
    new_secret,
    secret_text,
    secret_uri,
    step_of,
)
from hotline.node.access_passwords import Passwords, require_strong
from hotline.node.alarm_statistics import floods

NOW_US = 1_800_000_000_000_000


async def test_a_name_that_nobody_has_costs_a_whole_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same work is done by the same parameters, whatever the answer will be."""
    done = []
    fits = access_passwords._fits

    def watched(kept: str, password: str) -> bool:
        done.append(kept.rsplit("$", 2)[0])
        return fits(kept, password)

    monkeypatch.setattr(access_passwords, "_fits", watched)
    passwords = Passwords()
    kept = await passwords.keep("correct horse battery staple")
    assert await passwords.check(kept, "correct horse battery staple")
    assert not await passwords.check(kept, "another")
    assert not await passwords.check(None, "correct horse battery staple")
    assert not await passwords.check("no hash at all", "x")
    assert done[0] == done[1] == done[2]
    assert done[0].startswith("$argon2id$v=19$m=65536,t=3")


async def test_a_password_is_the_same_however_a_keyboard_composes_it() -> None:
    """An accent as one character or as two; half a surrogate is no reason to stumble."""
    passwords = Passwords()
    assert await passwords.check(
        await passwords.keep("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 " * 2 + "cafe\u0301"
    )
    assert not await passwords.check(None, "\ud800" * 20)
    with pytest.raises(UsageError):
        require_strong("Yitzhak Levy", "yitzhak levy")


def test_codes_of_this_step_and_its_neighbours_are_taken_once() -> None:
    """RFC 6238: one step either way, and none that is not after the last one used."""
    secret = new_secret()
    totp = pyotp.TOTP(secret_text(secret))
    step = NOW_US // 30_000_000
    for away, fine in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = totp.generate_otp(step + away)
        assert (step_of(secret, code, NOW_US, 0) == step + away) is fine
    now = totp.generate_otp(step)
    assert step_of(secret, f" {now[:3]} {now[3:]} ", NOW_US, step - 1) == step
    assert step_of(secret, now, NOW_US, step) == 0
    assert pyotp.parse_uri(secret_uri(secret, "דן לוי", "iaf")).name == "דן לוי"


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=20))
def test_any_text_is_a_code_or_none(code: str) -> None:
    """Digits of other scripts, half surrogates, nothing: never anything but an answer."""
    assert step_of(b"0" * 20, code, NOW_US, NOW_US // 30_000_000 + 1) == 0


def test_a_secret_is_sealed_for_one_officer_by_one_key(tmp_path: Path) -> None:
    """In another's row, by another key, or cut short it opens nothing."""
    seal = Seal(tmp_path / "keys")
    secret = new_secret()
    sealed = seal.close_over(secret, "levy")
    assert secret not in sealed
    assert Seal(tmp_path / "keys").open(sealed, "levy") == secret
    assert seal.open(sealed, "cohen") is None
    assert seal.open(sealed[:-1], "levy") is None
    assert seal.open(b"", "levy") is None
    assert Seal(tmp_path / "other").open(sealed, "levy") is None
    assert (tmp_path / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / "keys" / KEY_FILE).write_bytes(b"short")
    with pytest.raises(KeysError):
        Seal(tmp_path / "keys").close_over(secret, "levy")


def test_floods_are_more_than_ten_in_ten_minutes() -> None:
    """Eleven are one, ten are none, and two that overlap are one."""
    minute = 60_000_000
    assert floods([number * minute for number in range(30)]) == ()
    assert floods([0] * 10) == ()
    (flood,) = floods([0] * 11)
    assert (flood.from_us, flood.until_us, flood.count) == (0, 0, 11)
    (flood,) = floods([number * minute // 2 for number in range(40)])
    assert flood.count == 40
    assert len(floods([0] * 11 + [60 * minute] * 12)) == 2
