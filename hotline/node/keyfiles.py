"""Small secret files: written whole or not at all, and refused when others can read them.

The mode of a file is given when it is created, never changed afterwards, and is looked at through
the open descriptor, so that what was checked is what is read.
"""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from hotline.errors import KeysError

MAX_SIZE = 64 * 1024
MIN_PASSPHRASE = 12


def make_directory(path: Path) -> None:
    """Make a directory that only its owner can enter (0700), unless it is there already."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot("keys.unwritable", "make", path, error) from None


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner only (0600), atomically and durably."""
    _write(path, data, 0o600)


def write_public(path: Path, data: bytes) -> None:
    """Write a file that everybody may read (0644), atomically and durably."""
    _write(path, data, 0o644)


def read_private(path: Path) -> bytes:
    """Read a secret file.

    Raises ``KeysError``: ``keys.missing``, ``keys.unreadable``, ``keys.readable-by-others``.
    """
    return _read(path, private=True)


def read_public(path: Path) -> bytes:
    """Read a file of which anybody may know; raises ``KeysError`` as ``read_private`` does."""
    return _read(path, private=False)


def read_passphrase(path: Path) -> bytes:
    """Read a passphrase: the file's first and only line.

    Raises ``KeysError`` as ``read_private`` does, and ``keys.weak-passphrase``.
    """
    try:
        found = _read(path, private=True)
    except KeysError as error:
        # What mends a file of keys does not mend this one.
        mends = {
            "keys.missing": "name the file that holds the passphrase",
            "keys.readable-by-others": f"run: chmod 600 {shlex.quote(str(path))}",
            "keys.unreadable": "name a file that holds the passphrase in its only line",
        }
        raise KeysError(error.code, error.message, mends.get(error.code, error.hint)) from None
    passphrase = found.removesuffix(b"\n").removesuffix(b"\r")
    check_passphrase(passphrase)
    return passphrase


def check_passphrase(passphrase: bytes) -> None:
    """Raise ``KeysError`` (``keys.weak-passphrase``) unless it is one line and long enough.

    PKCS#8 stretches it by 2048 rounds of PBKDF2 only: the strength has to be its own.
    """
    if len(passphrase) < MIN_PASSPHRASE or b"\n" in passphrase:
        raise KeysError(
            "keys.weak-passphrase",
            f"a passphrase is one line of at least {MIN_PASSPHRASE} characters",
            "take five or more words by chance, or what `openssl rand -base64 24` prints",
        )


def make_marker(path: Path) -> bool:
    """Create an empty file; return False when it is there already. Only one caller succeeds."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    except OSError as error:
        raise _cannot("keys.unwritable", "write", path, error) from None
    return True


def remove_marker(path: Path) -> None:
    """Remove what ``make_marker`` created, durably."""
    try:
        path.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise _cannot("keys.unwritable", "remove", path, error) from None


def _write(path: Path, data: bytes, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise _cannot("keys.unwritable", "write", path, error) from None


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, *, private: bool) -> bytes:
    try:
        # Without O_NONBLOCK, opening a pipe left in a key's place would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SIZE:
                raise KeysError(
                    "keys.unreadable",
                    f"{path} is not a small regular file",
                    "put the file that `hotline keys` wrote back in its place",
                )
            if private and status.st_mode & 0o077:
                raise KeysError(
                    "keys.readable-by-others",
                    f"{path} can be used by others than its owner",
                    f"run: chmod 600 {shlex.quote(str(path))}; where others could log in, "
                    "make new keys",
                )
            return file.read(MAX_SIZE)
    except FileNotFoundError:
        raise KeysError(
            "keys.missing",
            f"there is no {path}",
            "make keys with `hotline keys init`, or name their directory with --keys",
        ) from None
    except OSError as error:
        raise _cannot("keys.unreadable", "read", path, error) from None


def _cannot(code: str, verb: str, path: Path, error: OSError) -> KeysError:
    return KeysError(
        code,
        f"cannot {verb} {path}: {(error.strerror or 'input/output error').lower()}",
        "check the directory's owner, its mode and the free space",
    )
