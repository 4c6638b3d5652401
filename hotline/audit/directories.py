"""Directories that are made whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from hotline.errors import LocalError, UsageError


@contextmanager
def made_whole(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a directory to fill, which becomes ``target`` when nothing was raised.

    It lies beside ``target`` under a hidden name until then, and is removed when something was
    raised. ``target`` must not exist, or be an empty directory. Only this user may read what is in
    it, as the record that it is taken from. With ``durable`` every file is on disk before
    ``target`` has its name. Raises UsageError (``files.directory-in-use``, ``files.no-parent``),
    and LocalError (``export.cannot-write``) where the disk or its permissions refuse.
    """
    target = target.absolute()
    check_free(target)
    making = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        making.mkdir(mode=0o700)
    except FileNotFoundError:
        raise UsageError(
            "files.no-parent",
            f"{target.parent} is not there, so nothing can be put into it",
            "make it first, or name a directory beside one that is there",
        ) from None
    except OSError as error:
        raise cannot_write(target, error) from error
    try:
        yield making
        _make_private(making)
        if durable:
            _sync_tree(making)
        making.rename(target)
        if durable:
            make_durable(target.parent)
    except OSError as error:
        rmtree(making, ignore_errors=True)
        raise cannot_write(target, error) from error
    except BaseException:
        rmtree(making, ignore_errors=True)
        raise


def cannot_write(target: Path, error: OSError) -> LocalError:
    """Return the error for a file or directory that was named and cannot be written."""
    hint = {
        errno.ENOSPC: "free space on that disk, or name a place on another one",
        errno.EDQUOT: "free space on that disk, or name a place on another one",
        errno.EACCES: "name a place that you may write to, or have its owner let you",
        errno.EPERM: "name a place that you may write to, or have its owner let you",
        errno.EROFS: "that disk takes nothing: name a place on another one",
        errno.ENAMETOOLONG: "give it a shorter name",
    }.get(error.errno or 0, "look at that disk, or name a place on another one")
    reason = (error.strerror or str(error)).lower()
    return LocalError("export.cannot-write", f"{target} cannot be written: {reason}", hint)


def check_free(target: Path) -> None:
    """Raise UsageError (``files.directory-in-use``) unless ``target`` can be made."""
    if target.is_symlink() or (
        target.exists() and not (target.is_dir() and next(target.iterdir(), None) is None)
    ):
        raise UsageError(
            "files.directory-in-use",
            f"{target} is there already and is not an empty directory",
            "nothing is overwritten: name a directory that is not there yet",
        )


def _make_private(directory: Path) -> None:
    for parent, _, files in os.walk(directory):
        Path(parent).chmod(0o700)
        for name in files:
            path = Path(parent, name)
            path.chmod(path.stat().st_mode & 0o700)


def _sync_tree(directory: Path) -> None:
    for parent, _, files in os.walk(directory, topdown=False):
        for name in files:
            make_durable(Path(parent, name))
        make_durable(Path(parent))


def make_durable(path: Path) -> None:
    """Return when a file or directory is on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
