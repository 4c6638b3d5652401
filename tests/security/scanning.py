"""A scanner of TLS ports, by OpenSSL's own client: what a server offers, and what it refuses.

Each look is a process of `openssl s_client`, so that nothing of the program under test takes part.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 60.0
SUITES: Final = (
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
)
"""Every suite of TLS 1.3 (RFC 8446, appendix B.4)."""
GROUPS: Final = (
    "X25519",
    "P-256",
    "P-384",
    "P-521",
    "X448",
    "ffdhe2048",
    "ffdhe3072",
    "ffdhe4096",
)
"""The groups of RFC 8446, section 4.2.7, that OpenSSL 3.0's client can ask for."""
OLD: Final = ("-tls1", "-tls1_1", "-tls1_2")


@dataclass(frozen=True, slots=True)
class Look:
    """What one handshake came to: the client's own words, and the status that it ended with."""

    said: str
    status: int

    @property
    def version(self) -> str:
        """The protocol that was agreed, empty where none was."""
        found = re.search(r"^New, (TLSv[0-9.]+), Cipher is (?!\(NONE\))", self.said, re.MULTILINE)
        return found[1] if found else ""

    @property
    def suite(self) -> str:
        """The suite that was agreed."""
        found = re.search(r"Cipher is (\S+)", self.said)
        return found[1] if found else ""

    @property
    def alert(self) -> str:
        """What the server refused with, in OpenSSL's words."""
        found = re.search(r"alert ([a-z ]+):", self.said)
        return found[1] if found else ""

    @property
    def asks_for_a_certificate(self) -> bool:
        """Whether the server sent a certificate request."""
        # The signatures that it takes are in the same message, and shown with nothing else.
        return "Requested Signature Algorithms" in self.said

    @property
    def tickets(self) -> int:
        """How many session tickets came."""
        return self.said.count("Post-Handshake New Session Ticket arrived")


def openssl() -> str:
    """Return OpenSSL's program; it is part of what the tests need."""
    found = shutil.which("openssl")
    assert found, "install openssl: the TLS ports are scanned with it"
    return found


async def look(
    port: int | None,
    *options: str,
    certificate: tuple[Path, Path] | None = None,
    said: bytes = b"Q\n",
) -> Look:
    """Shake hands with a port of this machine, say something, and read until it is over.

    A line that begins with ``Q`` ends the client, one with ``R`` has it ask for a renegotiation,
    one with ``k`` for new keys.
    """
    shown: Sequence[str] = ()
    if certificate is not None:
        shown = ("-cert", str(certificate[0]), "-key", str(certificate[1]))
    process = await asyncio.create_subprocess_exec(
        openssl(),
        "s_client",
        "-connect",
        f"127.0.0.1:{port}",
        *shown,
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE_S):
        out, _ = await process.communicate(said)
    return Look(out.decode("utf-8", "replace"), process.returncode or 0)


async def offered(
    port: int | None, option: str, names: Sequence[str], certificate: tuple[Path, Path] | None
) -> list[str]:
    """Return those names that the server takes when a client offers nothing else."""
    return [
        name
        for name in names
        if (await look(port, "-tls1_3", option, name, certificate=certificate)).version
    ]
