"""Message files as the command line reads them: checked here, with the file's name in the error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotline.audit.named_files import open_regular
from hotline.cli.output import now_us
from hotline.cli.root import warn
from hotline.errors import ModelError, UsageError
from hotline.formats.given import Given
from hotline.formats.reading import Read, read
from hotline.formats.safe_xml import MAX_XML_BYTES
from hotline.model.messages import lower_first
from hotline.model.problem import Problem, RulesBroken
from hotline.model.reading import Draft, read_object


def read_file(path: Path) -> tuple[Draft, dict[str, Any]]:
    """Return the message in a file, and its JSON object as the node takes it.

    ``-`` is stdin. Raises ModelError for a broken rule, UsageError for a file that is not there;
    both name the file.
    """
    with naming(path):
        found = read_any(path, Given())
        draft = read_object(found.fields, now_us())
    for loss in found.losses:
        warn(f"{path}: {loss}")
    return draft, found.fields


def read_any(path: Path, given: Given, *, unnamed: bool = False) -> Read:
    """Return the message in a file of any format that can be read; ``given`` adds to it.

    ``unnamed`` is as `hotline.formats.reading.read` has it.

    Raises ModelError, without the file's name, and UsageError for a file that is not there.
    """
    return read(read_bytes(path), given, unnamed=unnamed)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, at most one more than the largest may have. Raises UsageError."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(MAX_XML_BYTES + 1)
        with open_regular(path) as file:
            return file.read(MAX_XML_BYTES + 1)
    except OSError as error:
        raise UsageError(
            "cli.unreadable-file",
            f"{path} cannot be read: {lower_first(error.strerror or str(error))}",
            "give a file that holds one message; docs/spec/notice.md shows its form",
        ) from error


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name before the message of every ModelError raised inside."""
    try:
        yield
    except RulesBroken as broken:
        raise RulesBroken(
            [
                Problem(p.code, f"{path}: {p.field}" if p.field else str(path), p.text, p.hint)
                for p in broken.problems
            ]
        ) from None
    except ModelError as error:
        raise ModelError(error.code, f"{path}: {error.message}", error.hint) from None
