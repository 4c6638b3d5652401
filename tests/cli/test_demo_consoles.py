"""`hotline demo --consoles`: what is printed is what it takes to log in to each centre."""

from __future__ import annotations

import asyncio
import re
import signal
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pyotp
import pytest

from hotline.cli.demo.consoles import Desk, codes_now, print_desks
from hotline.cli.demo.story import Story
from hotline.cli.exits import Exit
from hotline.node.config import read_config
from tests.cli.command import PATIENCE_S, hotline

STEP_S = 30
DESKS = [
    Desk(
        "iaf", "https://127.0.0.1:1/", Path("a.pem"), "one-two", "QLQIHPGTTLDVJPWY2M4PV3AK2ZCUOZZ6"
    ),
    Desk(
        "hmeimim", "https://127.0.0.2:2/", Path("b.pem"), "x-y", "ZDG5YG5QKFM5YM46DPQNNUAPRJ6ZZ5OT"
    ),
]


@dataclass(frozen=True, slots=True)
class Printed:
    """What the demonstration has printed of one console."""

    address: str
    officer: str
    password: str
    code: str
    secret: str
    authority: Path


def printed(text: str) -> list[Printed]:
    """Read what somebody would type off the terminal."""
    names = ("address", "officer", "password", "code", "its secret", "authority")
    columns = [re.findall(rf"^    {name} +(\S+)", text, re.MULTILINE) for name in names]
    return [
        Printed(address, officer, password, code, secret, Path(authority))
        for address, officer, password, code, secret, authority in zip(*columns, strict=True)
    ]


async def logged_in(desk: Printed) -> str:
    """Log in as a browser does that trusts nothing but this centre's authority; return a page."""
    trusting = ssl.create_default_context(cafile=desk.authority)
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address, not of a name
    connector = aiohttp.TCPConnector(ssl=trusting)
    async with aiohttp.ClientSession(desk.address, connector=connector, cookie_jar=jar) as browser:
        async with browser.get("/login") as answer:
            csrf = re.search(r'name="csrf" value="(\w+)"', await answer.text())
        assert csrf is not None
        # The code that was printed is good for a minute at most; later ones come from its secret.
        for code in (desk.code, pyotp.TOTP(desk.secret).at(int(time.time()))):
            form = {
                "csrf": csrf[1],
                "to": "/watch",
                "officer": desk.officer,
                "password": desk.password,
                "code": code,
            }
            async with browser.post("/login", data=form) as answer:
                if answer.ok:
                    return await answer.text()
        raise AssertionError(f"{desk} was refused")


@pytest.mark.pair
async def test_what_is_printed_lets_in(tmp_path: Path) -> None:
    """Real processes: each console answers by its centre's own authority, and is left set up."""
    place = tmp_path / "demo"
    with subprocess.Popen(
        [sys.executable, "-m", "hotline", "demo", "--directory", str(place), "--consoles"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if "until this process is told to stop" in line:
                    break
            desks = printed("".join(said))
            assert len(desks) == 2
            assert "nobody answers but you" in "".join(said)
            pages = await asyncio.gather(*(logged_in(desk) for desk in desks))
            for desk, page, centre in zip(desks, pages, ("iaf", "hmeimim"), strict=True):
                assert "EXERCISE" in page
                assert f">{centre}<" in page
                other = ssl.create_default_context(cafile=desks[desks[0] is desk].authority)
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    async with aiohttp.ClientSession() as browser:
                        await browser.get(desk.address, ssl=other)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE_S)
    assert process.returncode == Exit.DONE
    for centre, desk in zip(("iaf", "hmeimim"), desks, strict=True):
        config = read_config(place / centre / "node.toml")
        assert f"https://{config.console.host}:{config.console.port}/" == desk.address
        with pytest.raises(aiohttp.ClientConnectorError):
            async with aiohttp.ClientSession() as browser:
                await browser.get(desk.address, ssl=False)


def test_consoles_need_nodes_that_stay_up() -> None:
    """Served by nothing they would show nothing."""
    refused = hotline("demo", "--consoles", "--no-keep", exit_code=Exit.USAGE)
    assert "leave out --no-keep" in refused.stderr


def test_codes_are_those_of_the_moment(capsys: pytest.CaptureFixture[str]) -> None:
    """One line has both; it changes with the half minute and fits a narrow terminal."""
    line = codes_now(DESKS, 59.0)
    assert line == codes_now(DESKS, 30.0).replace("30 s", " 1 s")
    assert line != codes_now(DESKS, 60.0)
    assert len(line) < 80
    for desk in DESKS:
        assert f"{desk.centre} {pyotp.TOTP(desk.secret).at(59)}" in line
    print_desks(Story(to_stderr=False), DESKS, str)
    assert [desk.address for desk in printed(capsys.readouterr().out)] == [
        desk.address for desk in DESKS
    ]
