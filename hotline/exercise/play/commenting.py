"""A comment in the record of an exercise that nobody plays any more."""

from __future__ import annotations

import time
from pathlib import Path

from hotline.errors import ExerciseError
from hotline.exercise.record.events import Commented, InjectDue, InjectSkipped
from hotline.exercise.record.writing import RecordWriter
from hotline.exercise.scenario.reading import kept


def comment_after(directory: Path, by: str, text: str, inject: str = "") -> None:
    """Add a comment behind ENDEX: what the journals hold the hash of is not touched.

    Raises ExerciseError: `record.*`, ``exercise.unknown-inject``.
    """
    with RecordWriter.resume(directory, lambda: time.time_ns() // 1000) as writer:
        if inject and writer.found is not None:
            known = {one.inject for _, one in writer.found.every(InjectDue)}
            known |= {one.inject for _, one in writer.found.every(InjectSkipped)}
            known |= {one.id for one in kept(directory).injects}
            if inject not in known:
                raise ExerciseError(
                    "exercise.unknown-inject",
                    f"there is no inject {inject[:40]!a} in this exercise",
                    "`hotline exercise show` lists those of a scenario",
                )
        entries = writer.found.entries if writer.found is not None else ()
        writer.append(Commented(by=by, text=text, inject=inject), entries[-1].t)
