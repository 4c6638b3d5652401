"""Files that are whole or not there: written beside their place, renamed when complete.

The one place where a file is made that somebody has named: exports, evidence, pages of reports.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from stat import S_ISREG

from hotline.audit.directories import cannot_write, make_durable
from hotline.errors import UsageError

PRIVATE = 0o600
"""A file says what the journal says, so nobody else may read it either."""


@contextmanager
def made_files(
    targets: Sequence[Path], *, force: bool, mode: int = PRIVATE
) -> Iterator[list[Path]]:
    """Give an empty file to write to for each of ``targets``, of which each gets its name at last.

    They have it when nothing was raised; the last one gets its name first: whoever sees the first
    sees all. With ``force`` a file that is there is replaced, and nothing else is: no device, pipe,
    socket or link. Only this user may read the files, or as ``mode`` says.

    Raises UsageError (``export.file-exists``, ``export.no-parent``, ``files.not-a-file``) and
    LocalError (``export.cannot-write``).
    """
    for target in targets:
        _require_free(target, force=force)
    making = [target.with_name(f".{target.name}.{token_hex(4)}.new") for target in targets]
    try:
        for made in making:
            os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
        yield making
        for made in making:
            made.chmod(mode)
            make_durable(made)
        for made, target in zip(reversed(making), reversed(targets), strict=True):
            _require_free(target, force=force)
            made.replace(target)
    except OSError as error:
        raise cannot_write(targets[0], error) from error
    finally:
        for made in making:
            with suppress(OSError):
                made.unlink()


def _require_free(target: Path, *, force: bool) -> None:
    """Raise UsageError unless a file can be put there without loss."""
    try:
        found = target.lstat()
    except (FileNotFoundError, NotADirectoryError):
        parent = target.absolute().parent
        if not parent.is_dir():
            raise UsageError(
                "export.no-parent",
                f"{parent} is not there, so nothing can be put into it",
                "make it first, or name a file in a directory that is there",
            ) from None
        return
    except OSError as error:
        raise cannot_write(target, error) from error
    if not S_ISREG(found.st_mode):
        raise UsageError(
            "files.not-a-file",
            f"{target} is there already and is no file that could be replaced",
            "name another file: directories, links, devices, pipes and sockets stay as they are",
        )
    if not force:
        raise UsageError(
            "export.file-exists",
            f"{target} is there already",
            "name another file, or give --force",
        )
