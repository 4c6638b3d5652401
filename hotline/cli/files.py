"""Message files as the command line reads them: checked here, with the file's name in the error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotline.cli.output import now_us
from hotline.errors import ModelError, UsageError
from hotline.model.messages import lower_first
from hotline.model.problem import Problem, RulesBroken
from hotline.model.reading import Draft, read_message
from hotline.model.strict_json import MAX_FILE_BYTES, read_json


def read_file(path: Path) -> tuple[Draft, dict[str, Any]]:
    """Return the message in a file, and its JSON object as the node takes it.

    ``-`` is stdin. Raises ModelError for a broken rule, UsageError for a file that is not there;
    both name the file.
    """
    data = read_bytes(path)
    with naming(path):
        draft = read_message(data, now_us())
        document = read_json(data)
    # read_message has refused everything but an object.
    assert isinstance(document, dict)  # noqa: S101
    return draft, document


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, at most one more than a file may have. Raises UsageError."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
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
