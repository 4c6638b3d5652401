"""A console for each centre of a demonstration, to be looked at with a browser.

``consoles_up`` serves both consoles by processes of their
own, and lets one made-up officer into each. What it takes to log in is printed, as nothing here is
real. ``codes_now`` is what an authenticator would show.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyotp

from hotline.api.access_shapes import OfficerRequest
from hotline.cli.demo.nodes import until
from hotline.cli.demo.stage import Stage
from hotline.cli.demo.story import Story
from hotline.errors import LocalError
from hotline.exercise.ground.processes import START_S
from hotline.exercise.ground.site import Site
from hotline.model.access import Role
from hotline.node.access_codes import STEP_S
from hotline.node.console_keys import authority_pem
from hotline.node.keyfiles import write_public
from hotline.trust.words import WORDS

OFFICER: Final = "visitor"
ROLES: Final = (Role.SUPERVISOR, Role.AUDITOR)
"""Together they open every page but the director's."""
PASSWORD_WORDS: Final = 4
AUTHORITY_FILE: Final = "console-authority.pem"
LOG_FILE: Final = "console.log"
END_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Desk:
    """One console: where it is, and how its officer gets in.

    ``authority`` is the certificate that a browser is to trust; ``secret`` makes the codes.
    """

    centre: str
    address: str
    authority: Path
    password: str
    secret: str

    def code(self, now_s: float) -> str:
        """Return the code of a moment, in seconds since 1970."""
        return pyotp.TOTP(self.secret).at(int(now_s))


@asynccontextmanager
async def consoles_up(scene: Stage) -> AsyncIterator[list[Desk]]:
    """Serve a console of each centre while the context is open.

    Raises LocalError ``demo.console-ended``, ``demo.timeout``.
    """
    scene.consoles.update(scene.places)
    async with AsyncExitStack() as stack:
        desks = []
        for centre, site in scene.sites.items():
            address = await stack.enter_async_context(_served(site, *scene.consoles[centre]))
            desks.append(await _let_in(scene, site, address))
        yield desks


def print_desks(story: Story, desks: Sequence[Desk], shortest: Callable[[Path], str]) -> None:
    """Print how to get into each console; ``shortest`` writes a path as it works from here."""
    story.heading("A console of each centre, for a browser")
    for desk in desks:
        story.text()
        story.text(f"  {desk.centre}", "bold")
        story.text(f"    address      {desk.address}", "cyan")
        story.text(f"    officer      {OFFICER}")
        story.text(f"    password     {desk.password}")
        story.text(f"    code         {desk.code(time.time())} (a new one every {STEP_S} s)")
        story.text(f"    its secret   {desk.secret}")
        story.text(f"    authority    {shortest(desk.authority)}")
    story.text()
    story.text(
        "Have the browser trust each authority, or take its warning for what it is here. Any"
    )
    story.text(
        "authenticator makes the codes from their secret, as does `oathtool --totp -b SECRET`."
    )


def codes_now(desks: Sequence[Desk], now_s: float) -> str:
    """Return the codes of all consoles on one line, and how long they are good for."""
    codes = ", ".join(f"{desk.centre} {desk.code(now_s)}" for desk in desks)
    return f"Codes now: {codes}; the next in {STEP_S - int(now_s) % STEP_S:2} s"


@asynccontextmanager
async def _served(site: Site, host: str, port: int) -> AsyncIterator[str]:
    """Run `hotline console`; yield its address once it answers by the centre's certificate."""
    log = site.directory / LOG_FILE
    with log.open("ab") as output:
        # In a session of its own, so that Ctrl-C reaches it through us, and with a pipe as its
        # standard input, which ends with us however that happens.
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "hotline", "--config", str(site.config), "console", "--until-stdin-ends"),
            stdin=PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    trusting = ssl.create_default_context(cadata=authority_pem(site.directory / "keys"))

    async def answers() -> bool:
        if child.returncode is not None:
            said = log.read_text("utf-8", "replace").strip().splitlines()
            raise LocalError(
                "demo.console-ended",
                f"the console of {site.centre} ended: {said[-1] if said else 'it said nothing'}",
                f"{log} says more",
            )
        with suppress(OSError):  # among them: a certificate that is not this centre's
            _, writer = await asyncio.open_connection(host, port, ssl=trusting)
            writer.close()
            return True
        return False

    try:
        await until(answers, START_S, f"the console of {site.centre} to answer")
        yield f"https://{host}:{port}/"
    finally:
        await _end(child)


async def _end(child: asyncio.subprocess.Process) -> None:
    assert child.stdin is not None  # noqa: S101 - it is a pipe
    child.stdin.close()
    try:
        await asyncio.wait_for(child.wait(), END_S)
    except TimeoutError:
        child.kill()
        await child.wait()


async def _let_in(scene: Stage, site: Site, address: str) -> Desk:
    """Add the officer to a centre, with a password that nobody has used before."""
    password = "-".join(secrets.choice(WORDS) for _ in range(PASSWORD_WORDS))
    request = OfficerRequest(
        name=OFFICER,
        roles=[role.value for role in ROLES],
        language="en",
        password=password,
        by="hotline demo",
    )
    added = await scene.clients[site.centre].add_officer(request)
    authority = site.directory / AUTHORITY_FILE
    write_public(authority, authority_pem(site.directory / "keys").encode())
    return Desk(site.centre, address, authority, password, added.secret)
