"""A row of a MSEL as the keys of an inject."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from hotline.errors import HotlineError
from hotline.exercise.msel.exporting import IN_TEXT
from hotline.exercise.msel.times import absolute_s, after_of, relative_s
from hotline.exercise.scenario.durations import duration_said
from hotline.exercise.scenario.file_form import INJECT_ID
from hotline.exercise.scenario.forms import did_you_mean
from hotline.exercise.scenario.marked import Place
from hotline.exercise.scenario.message_form import SENT
from hotline.exercise.scenario.shape import DIRECTOR, Act
from hotline.exercise.scenario.wording import END_TYPE
from hotline.exercise.scenario.yaml_text import read_yaml
from hotline.model.problem import Problem
from hotline.model.strict_json import read_json

Table = dict[str, Any]

_YES: Final = frozenset({"yes", "y", "true", "x", "1"})
_STARTS: Final = frozenset({"startex", "start of exercise"})
_ENDS: Final = frozenset({"endex", "end of exercise"})
_MAX_TITLE: Final = 120
_MAX_ID: Final = 16


def _act_of(given: str) -> Act | None:
    """Return what an inject of a type does; None for a type that is none of ours."""
    kind = " ".join(given.lower().split())
    name = kind.partition(":")[0]
    if kind in SENT:
        return Act.SEND
    if kind == END_TYPE:
        return Act.END
    return Act(name) if name in set(Act) - {Act.SEND, Act.END} else None


class RowReader:
    """Reads rows, one after the other. ``end_s`` is where a row says ENDEX.

    ``start_s`` is what absolute times count from, seconds since 1970. What is wrong goes to
    ``told``, what is filled in to ``notes``.
    """

    CONTROLLERS: ClassVar = frozenset(
        {
            DIRECTOR, "control", "controller", "excon", "exercise control", "exercise director",
            "sim cell", "simcell", "simulation cell", "white cell", "whitecell", "msel manager",
        }
    )  # fmt: skip
    """Names of whoever is no centre: the director's side."""

    def __init__(
        self,
        centres: tuple[str, str],
        start_s: float | None,
        notes: list[str],
        told: list[Problem],
    ) -> None:
        self.end_s: float | None = None
        self._centres = centres
        self._start_s = start_s
        self._notes = notes
        self._told = told

    def read(
        self, cells: dict[str, str], places: dict[str, Place], whole: Place, count: int
    ) -> Table | None:
        """Return the keys of an inject; None for a row that is none."""
        said = {key: text for key, text in cells.items() if text.strip()}
        act = _act_of(said.get("type", ""))
        if act is None and self._is_frame(said, whole):
            return None
        table: Table = {"id": self._id(said, count, whole)}
        self._time(table, said, places, whole)
        self._ends(table, said, places)
        self._texts(table, said, places)
        self._act(table, act, said, places, whole)
        for key, column in (("by-crew", "crew"), ("flawed", "flawed")):
            if said.get(column, "").strip().lower() in _YES:
                table[key] = True
        if "expectations" in said:
            table["expect"] = self._expectations(said["expectations"], places["expectations"])
        self._objectives(table, said, places)
        return table

    def _id(self, said: dict[str, str], count: int, whole: Place) -> str:
        given = said.get("number", "").strip()
        if not given:
            self._notes.append(f"{whole}: the inject has no number: {count} is taken")
            return str(count)
        if re.fullmatch(INJECT_ID, given) and len(given) <= _MAX_ID:
            return given
        made = re.sub(r"[^A-Za-z0-9.]+", "-", given).strip("-.")[:_MAX_ID].strip("-.")
        if made:
            self._notes.append(f"{whole}: the number {given!a} becomes {made}")
            return made
        return given

    def _at_s(self, said: dict[str, str]) -> float | None:
        """Return when a row is due: by its relative time, else by its moment."""
        relative = relative_s(said.get("time", ""))
        if relative is not None or self._start_s is None:
            return relative
        moment = absolute_s(said.get("utc", "") or said.get("time", ""))
        return None if moment is None else round(moment - self._start_s, 3)

    def _time(
        self, table: Table, said: dict[str, str], places: dict[str, Place], whole: Place
    ) -> None:
        after = after_of(said.get("time", ""))
        if after is not None:
            table["after"] = {"inject": after[0], "by": after[1]}
            return
        at = self._at_s(said)
        if at is None or at < 0:
            text = said.get("time") or said.get("utc", "")
            place = places.get("utc" if "utc" in said else "time", whole)
            self._told.append(
                Problem(
                    "msel.bad-time",
                    str(place),
                    f"{text[:40]!a} is no time of an inject, or lies before STARTEX",
                    "write T+00:05:00, +00:00:30 after 3, or a moment as 2026-03-01T06:05:00Z",
                )
            )
            return
        table["at"] = duration_said(at)

    def _ends(self, table: Table, said: dict[str, str], places: dict[str, Place]) -> None:
        for key, column in (("from", "originator"), ("to", "recipient")):
            name = " ".join(said.get(column, "").lower().split())
            if not name or name in self.CONTROLLERS:
                continue
            if name not in self._centres:
                self._told.append(
                    Problem(
                        "msel.unknown-centre",
                        str(places[column]),
                        f"{said[column][:40]!a} is no centre of this exercise",
                        did_you_mean(name, self._centres),
                    )
                )
            table[key] = name

    def _texts(self, table: Table, said: dict[str, str], places: dict[str, Place]) -> None:
        title = said.get("title", "")
        if "\n" in title or len(title) > _MAX_TITLE:
            table["title"] = " ".join(title.split())[:_MAX_TITLE].rstrip()
            self._notes.append(f"{places['title']}: the title is cut to one line")
        elif title:
            table["title"] = title
        for key in ("description", "outcome", "comment"):
            if key in said:
                table[key] = said[key]
        if "officer" in said:
            table["officer"] = said["officer"]

    def _objectives(self, table: Table, said: dict[str, str], places: dict[str, Place]) -> None:
        """Take numbers of objectives; what else planners write there is noted."""
        text = said.get("objectives", "")
        if not text:
            return
        numbers = [word for word in re.split(r"[;,\s]+|\band\b", text) if word]
        if all(re.fullmatch(r"[0-9]{1,2}", word) for word in numbers) and "expect" in table:
            table["objectives"] = [int(word) for word in numbers]
            return
        why = "they are not numbers" if "expect" in table else "nothing is expected that shows them"
        self._notes.append(f"{places['objectives']}: objectives are not taken over: {why}")

    def _is_frame(self, said: dict[str, str], whole: Place) -> bool:
        """Say whether a row only says when the exercise begins or ends; note it."""
        columns = ("title", "type", "description", "number")
        words = {" ".join(said.get(key, "").lower().split()) for key in columns}
        if words & _STARTS:
            self._notes.append(f"{whole}: STARTEX is no inject: every scenario begins with it")
            return True
        if words & _ENDS:
            self.end_s = self._at_s(said)
            self._notes.append(f"{whole}: ENDEX is no inject: it is taken as the duration")
            return True
        return False

    def _act(
        self,
        table: Table,
        act: Act | None,
        said: dict[str, str],
        places: dict[str, Place],
        whole: Place,
    ) -> None:
        """Add what the inject does: by its type, or told to the recipient's crew."""
        message = said.get("message", "")
        place = places.get("message", whole)
        if act is None or (act in IN_TEXT and not message):
            self._tell(table, said, places, whole)
        elif act in IN_TEXT:
            table[act.value] = message
        else:
            table[act.value] = self._json(message, place, f"a {said['type'].strip()}")

    def _tell(
        self,
        table: Table,
        said: dict[str, str],
        places: dict[str, Place],
        whole: Place,
    ) -> None:
        """Let the director tell it: what a list made by hand wants done, people do."""
        text = next((said[key] for key in ("message", "description", "title") if key in said), "")
        if not text:
            self._told.append(
                Problem(
                    "msel.nothing-to-do",
                    str(whole),
                    "the row says nothing that could be done",
                    "write what the crew is told into Message or Description",
                )
            )
            return
        if "to" not in table and "from" in table:
            table["to"] = table["from"]
        if "to" not in table:
            self._told.append(
                Problem(
                    "msel.no-recipient",
                    str(places.get("recipient", whole)),
                    "nobody is named to whom it goes",
                    f"write {self._centres[0]} or {self._centres[1]} into Recipient",
                )
            )
        if "from" in table:
            self._notes.append(
                f"{whole}: what {table['from']} is to do is told to {table['to']} by the director"
            )
            del table["from"]
        kind = said.get("type", Act.TELL.value).strip()
        if kind != Act.TELL:
            self._notes.append(f"{whole}: {kind[:40]!a} is told to the crew on the board")
        table.pop("officer", None)
        table[Act.TELL.value] = text

    def _json(self, text: str, place: Place, what: str) -> Any:
        if not text.strip():
            self._told.append(
                Problem(
                    "msel.no-message",
                    str(place),
                    f"{what} needs its fields",
                    "write them as JSON, as docs/spec/scenario.md shows, or let the type be tell",
                )
            )
            return {}
        try:
            return read_json(text.encode())
        except (HotlineError, UnicodeEncodeError) as error:
            why = error.message if isinstance(error, HotlineError) else "it is no text"
            self._told.append(
                Problem(
                    "msel.not-json",
                    str(place),
                    f"this is not the JSON of a message: {why}",
                    "mend it in this cell, or copy it from an exported MSEL",
                )
            )
            return {}

    def _expectations(self, text: str, place: Place) -> list[Any]:
        """Return expectations, one a line: ``receipt: {within: 5 s}``."""
        found = []
        for line in text.split("\n"):
            if not line.strip():
                continue
            try:
                found.append(read_yaml(line.strip().removeprefix("- ").encode(), "").plain())
            except (HotlineError, UnicodeEncodeError):
                self._told.append(
                    Problem(
                        "msel.bad-expectation",
                        str(place),
                        f"{line.strip()[:60]!a} is no expectation",
                        "write one a line, as in receipt: {within: 5 s}",
                    )
                )
        return found
