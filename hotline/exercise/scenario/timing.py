"""When the injects of a scenario are due, as far as that is known before it is played."""

from __future__ import annotations

from collections.abc import Sequence

from hotline.exercise.scenario.shape import Inject


def due_s(injects: Sequence[Inject]) -> dict[str, float]:
    """Return the earliest due time of each inject of a sound scenario, seconds after STARTEX.

    What follows another inject is due after that one's delivery, which may be later.
    """
    by_id = {one.id: one for one in injects}
    due: dict[str, float] = {}
    for one in injects:
        path = [one]
        while path[-1].after and path[-1].after not in due:
            path.append(by_id[path[-1].after])
        for part in reversed(path):
            due[part.id] = part.at_s + (due[part.after] if part.after else 0.0)
    return due
