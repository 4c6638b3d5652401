"""Files that are whole or not there: written beside their place, renamed when complete."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hotline.errors import LocalError, UsageError


@contextmanager
def made_files(targets: Sequence[Path], *, force: bool, mode: int = 0o644) -> Iterator[list[Path]]:
    """Give a name to write to for each of ``targets``; they have their own when nothing was raised.

    The last one gets its name first: whoever sees the first sees all. With ``force`` what is there
    is replaced. Raises UsageError (``export.file-exists``, ``export.no-parent``) and LocalError
    (``export.cannot-write``).
    """
    for target in targets:
        if target.is_dir() or (not force and (target.exists() or target.is_symlink())):
            raise UsageError(
                "export.file-exists",
                f"{target} is there already",
                "name another file" if target.is_dir() else "name another file, or give --force",
            )
        if not target.absolute().parent.is_dir():
            raise UsageError(
                "export.no-parent",
                f"{target.absolute().parent} is not there, so nothing can be put into it",
                "make it first, or name a file in a directory that is there",
            )
    making = [target.with_name(f".{target.name}.{os.getpid()}.new") for target in targets]
    try:
        yield making
        for made, target in zip(reversed(making), reversed(targets), strict=True):
            made.chmod(mode)
            made.replace(target)
    except OSError as error:
        raise LocalError(
            "export.cannot-write",
            f"the export cannot be written: {(error.strerror or str(error)).lower()}",
            "free space on that disk, or name a file on another one",
        ) from error
    finally:
        for made in making:
            made.unlink(missing_ok=True)
