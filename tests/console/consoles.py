"""Two real nodes with a console each: real TLS, real officers, and Chromium in front of them.

    async with consoles(tmp_path) as (iaf, hmeimim):
        page = await iaf.page("Levi")
        await page.goto("/inbox")

Whoever looks by hand runs ``python -m tests.console.consoles DIRECTORY``, which prints addresses,
names and codes and goes on until it is stopped.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyotp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hotline.api import access_shapes
from hotline.api.client import Client
from hotline.api.server import open_api
from hotline.console.access import COOKIE
from hotline.console.serving import serving, tls_context
from hotline.console.visit import Setting
from hotline.node.centre import Centre
from tests.centres import centre_pair
from tests.chromium import CHROMIUM, chromium_arguments

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

PATIENCE_S = 60
"""How long a page is waited for: on a machine with much else to do it may take so long."""
STEP_S = 30
"""Seconds for which an authenticator shows one code (RFC 6238)."""
PASSWORD = "twelve horses at the gate"
OFFICERS = {
    "iaf": {
        "Levi": ("officer", "he"),
        "Cohen": ("officer", "en"),
        "Amir": ("supervisor", "en"),
        "Noa": ("auditor", "en"),
        "Dana": ("director", "en"),
    },
    "hmeimim": {
        "Petrov": ("officer", "ru"),
        "Sokolov": ("officer", "en"),
        "Orlov": ("supervisor", "ru"),
        "Belova": ("auditor", "ru"),
    },
}
"""Names, roles and languages."""


@dataclass(slots=True)
class Console:
    """One centre with its console, and the browser that its officers sit at."""

    centre: Centre
    client: Client
    setting: Setting
    url: str
    secrets: dict[str, str]
    _contexts: dict[str, BrowserContext] = field(default_factory=dict)
    _steps: dict[str, int] = field(default_factory=dict)
    _browser: Browser | None = None

    def opened_in(self, browser: Browser) -> None:
        """Have this console's pages open in a browser."""
        self._browser = browser

    def code(self, officer: str) -> str:
        """Return the code that the officer's authenticator shows now; each is good once."""
        self._steps[officer] = int(time.time()) // STEP_S
        return pyotp.TOTP(self.secrets[officer]).at(self._steps[officer] * STEP_S)

    async def fresh_code(self, officer: str) -> str:
        """Return a code that has not been used, once there is one that the node takes."""
        step = max(int(time.time()) // STEP_S, self._steps.get(officer, 0) + 1)
        while int(time.time()) // STEP_S < step - 1:  # the next one is taken too
            await asyncio.sleep(0.1)
        self._steps[officer] = step
        return pyotp.TOTP(self.secrets[officer]).at(step * STEP_S)

    async def context(self, officer: str, **options: Any) -> BrowserContext:
        """Return the browser of an officer who has a session, always the same one.

        The session is put into it: how a page is logged in at is tried in test_officers.py.
        """
        if officer not in self._contexts:
            asked = access_shapes.LoginRequest(
                officer=officer, password=PASSWORD, code=self.code(officer), address="127.0.0.1"
            )
            token = (await self.client.log_in(asked)).token
            context = await self._new_context(**options)
            # Just as the console sets it: else another one stands beside it after a new login.
            held: Any = {"name": COOKIE, "value": token, "url": self.url, "secure": True}
            apart = {"partitionKey": "https://127.0.0.1", "_crHasCrossSiteAncestor": False}
            await context.add_cookies([held | apart])
            self._contexts[officer] = context
        return self._contexts[officer]

    async def page(self, officer: str, **options: Any) -> Page:
        """Return a new page of an officer who has logged in."""
        return await (await self.context(officer, **options)).new_page()

    async def guest(self, **options: Any) -> Page:
        """Return a page of somebody who has not logged in."""
        return await (await self._new_context(**options)).new_page()

    async def close_pages(self) -> None:
        """Close all that officers have open: a page goes on hearing its node, and drawing."""
        for context in self._contexts.values():
            for page in context.pages:
                await page.close()

    async def _new_context(self, **options: Any) -> BrowserContext:
        assert self._browser is not None, "consoles(..., browser=True)"
        context = await self._browser.new_context(
            base_url=self.url, ignore_https_errors=True, **options
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        return context


@dataclass(frozen=True, slots=True)
class Pair:
    """Both consoles."""

    iaf: Console
    hmeimim: Console

    async def close_pages(self) -> None:
        """Close all that officers of both have open."""
        await self.iaf.close_pages()
        await self.hmeimim.close_pages()


@asynccontextmanager
async def consoles(
    directory: Path, *, browser: bool = True
) -> AsyncIterator[tuple[Console, Console]]:
    """Run both nodes with the line up, a console of each, and one browser for all."""
    async with AsyncExitStack() as stack:
        centres = await stack.enter_async_context(centre_pair(directory, extra="[console]"))
        made = [
            await stack.enter_async_context(console_of(centre, directory)) for centre in centres
        ]
        if browser:
            # It goes first: what it holds open would outlive the consoles.
            running = await stack.enter_async_context(chromium())
            for console in made:
                console.opened_in(running)
        yield made[0], made[1]


@asynccontextmanager
async def console_of(
    centre: Centre, directory: Path, browser: Browser | None = None, port: int = 0
) -> AsyncIterator[Console]:
    """Serve the console of a running centre, with all its officers added."""
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(open_api(centre))
        client = await stack.enter_async_context(Client(socket))
        secrets = {}
        for name, (role, language) in OFFICERS[centre.config.centre].items():
            asked = access_shapes.OfficerRequest(
                name=name, roles=[role], language=language, password=PASSWORD, by="set-up"
            )
            secrets[name] = (await client.add_officer(asked)).secret
        setting = Setting(
            centre=centre.config.centre,
            status=centre.config.status,
            banner=centre.config.banner,
            # Where the console's own process asks: who has no session is answered nothing there.
            socket=centre.config.console.socket if centre.config.has_console else socket,
            config=centre.config.path,
        )
        context = tls_context(*_certificate(directory / centre.config.centre))
        bound = await stack.enter_async_context(serving(setting, context, "127.0.0.1", port))
        yield Console(
            centre, client, setting, f"https://127.0.0.1:{bound}", secrets, _browser=browser
        )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Debian's Chromium, headless."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=chromium_arguments()
        )
        try:
            yield running
        finally:
            await running.close()


def _certificate(directory: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console of a test")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, SHA256())
    )
    certificate, private = directory / "console.pem", directory / "console.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


async def _by_hand(directory: Path) -> None:
    async with AsyncExitStack() as stack:
        for number, centre in enumerate(
            await stack.enter_async_context(centre_pair(directory, extra="[console]"))
        ):
            console = await stack.enter_async_context(
                console_of(centre, directory, port=8441 + number)
            )
            print(console.url, "password:", PASSWORD)
            for name, secret in console.secrets.items():
                print(f"    {name:10} {OFFICERS[centre.config.centre][name]} {secret}")
        while True:
            await asyncio.sleep(3600)


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    shutil.rmtree(place, ignore_errors=True)
    asyncio.run(_by_hand(place))
