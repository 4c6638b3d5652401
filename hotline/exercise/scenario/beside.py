"""Files beside a scenario: messages and letters that it names, read once, and kept with it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

from hotline.exercise.scenario.forms import Told
from hotline.model.messages import lower_first
from hotline.model.problem import Problem

MAX_FILE_BYTES: Final = 1024 * 1024
MAX_FILES: Final = 200
MAX_BYTES: Final = 16 * 1024 * 1024


class Beside:
    """The folder that a scenario lies in; without one there are no files.

    ``files`` is what was read so far, by the name that the scenario gives it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.files: dict[str, bytes] = {}

    def read(self, name: str, place: str, told: Told) -> bytes | None:
        """Return a file's bytes; None, with what is wrong added to ``told``."""
        if name in self.files:
            return self.files[name]
        try:
            data = self._bytes(name)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            told.append(
                Problem(
                    "scenario.missing-file",
                    place,
                    f"the file {name[:200]!a} cannot be read: {lower_first(why)}",
                    "put it beside the scenario, and name it as it lies there",
                )
            )
            return None
        self.files[name] = data
        return data

    def _bytes(self, name: str) -> bytes:
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
            raise ValueError("only files beside the scenario, or in folders there, are read")
        if self._folder is None:
            raise ValueError("this scenario comes without a folder")
        folder = self._folder.resolve()
        path = (folder / pure).resolve()
        if not path.is_relative_to(folder):
            raise ValueError("it lies outside of the scenario's folder")
        if not path.is_file():
            raise ValueError("there is no such file")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        total = len(data) + sum(map(len, self.files.values()))
        if len(data) > MAX_FILE_BYTES or total > MAX_BYTES or len(self.files) >= MAX_FILES:
            raise ValueError("it is larger than 1 MiB, or the files together are too many")
        return data
