"""Passwords: argon2id (RFC 9106), never on the loop, and as slow for a name that nobody has."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hotline.errors import UsageError
from hotline.model.access import name_key

MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 256
"""Characters of a password; longer ones are not looked at."""
AT_ONCE: Final = 2
"""Passwords that are checked side by side: each takes 64 MiB while it is."""

# The second choice of RFC 9106, section 4, with fewer lanes: a node has few cores to spare.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


class Passwords:
    """Makes and checks what is kept of passwords, in threads, a few at a time."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        # What a password is checked against where there is none; made when it is first needed.
        self._nobodys = ""

    async def keep(self, password: str) -> str:
        """Return what is kept of a password: a salted hash with its parameters."""
        async with self._room:
            return await asyncio.to_thread(_HASHER.hash, _normal(password))

    async def check(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one that ``kept`` is of; None is of nobody's.

        It takes as long whatever the answer is.
        """
        if not self._nobodys:
            self._nobodys = await self.keep(secrets.token_urlsafe(32))
        async with self._room:
            fits = await asyncio.to_thread(
                _fits, kept or self._nobodys, _normal(password[: MAX_PASSWORD + 1])
            )
        return fits and kept is not None and len(password) <= MAX_PASSWORD

    async def renewed(self, kept: str, password: str) -> str | None:
        """Return a right password in today's form; None where ``kept`` is in it already."""
        return await self.keep(password) if _HASHER.check_needs_rehash(kept) else None


def require_strong(password: str, name: str) -> None:
    """Refuse a password that is soon guessed. Raises UsageError (``access.weak-password``)."""
    plain = _normal(password)
    if (
        not MIN_PASSWORD <= len(password) <= MAX_PASSWORD
        or len(set(plain)) < 5
        or name_key(plain).strip() == name_key(name)
    ):
        raise UsageError(
            "access.weak-password",
            f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters, 5 different ones, and"
            " is not the officer's name",
            "several words in a row are easy to remember and hard to guess",
        )


def _fits(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """Return a password as every keyboard gives it (NFC, as RFC 8265 has it)."""
    return unicodedata.normalize("NFC", password).encode(errors="replace").decode()
