"""A browser in which officers have logged in: it says so at the next login, and is let try."""

from __future__ import annotations

from pathlib import Path

from hotline.console import access
from hotline.console.pages import login
from tests.console.consoles import PASSWORD, Console, consoles
from tests.console.test_doors import asking

GUEST = "G" * 43


async def tried(
    console: Console, officer: str, code: str, *, password: str = PASSWORD, device: str = ""
) -> tuple[int, dict[str, str]]:
    """Send the form as a browser does; return the status, and the cookies with what they say."""
    form = {
        "officer": officer,
        "password": password,
        "code": code,
        access.FIELD: access.csrf_of(GUEST),
    }
    cookies = f"{access.GUEST}={GUEST}; {login.DEVICE}={device}"
    async with asking(console) as client:
        answer = await client.post(
            "/login", data=form, headers={"Cookie": cookies}, allow_redirects=False
        )
        given = answer.headers.getall("Set-Cookie", [])
        return answer.status, dict(one.split("=", 1) for one in given)


async def test_whoever_tries_a_name_keeps_its_officer_out_of_no_browser_that_he_has_used(
    tmp_path: Path,
) -> None:
    """The browser keeps what the node gave it, for half a year, as safely as the session."""
    async with consoles(tmp_path, browser=False) as (iaf, _):
        status, cookies = await tried(iaf, "Cohen", await iaf.fresh_code("Cohen"))
        assert status == 303
        device, _, manners = cookies[login.DEVICE].partition("; ")
        for manner in ("Secure", "HttpOnly", "SameSite=Strict", "Max-Age=15552000"):
            assert manner in manners.split("; ")
        statuses = [
            (await tried(iaf, "Cohen", "000000", password="wrong " * 3))[0] for _ in range(6)
        ]
        assert statuses == [403] * 5 + [429]
        assert (await tried(iaf, "Cohen", "000000"))[0] == 429
        assert (await tried(iaf, "Levi", await iaf.fresh_code("Levi")))[0] == 303
        status, cookies = await tried(iaf, "Cohen", await iaf.fresh_code("Cohen"), device=device)
        assert status == 303
        assert login.DEVICE in cookies
