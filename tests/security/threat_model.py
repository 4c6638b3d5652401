"""docs/topics/threat-model.md as data, and the table of it that is drawn from its rows.

    python -m tests.security.threat_model

writes that table into the page again: which threat is by whom against what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/topics/threat-model.md"
BEGIN, END = "<!-- drawn: python -m tests.security.threat_model -->\n", "<!-- end of drawing -->"
NONE = "\u2013"
COLUMNS = ["threat", "to", "what they would do", "control", "where", "test", "what remains"]


@dataclass(frozen=True, slots=True)
class Threat:
    """One row: ``id`` is the attacker's letter and a number, the lists are of code spans."""

    id: str
    attacker: str
    assets: tuple[str, ...]
    doing: str
    control: str
    where: tuple[str, ...]
    tests: tuple[str, ...]
    remains: str


def page() -> str:
    """Return the page's source."""
    return PAGE.read_text("utf-8")


def named(heading: str, text: str) -> dict[str, str]:
    """Return the table under a heading: its first column, in the order of the page, to its second.

    The first column has a name in bold; of attackers it begins with the letter of their threats.
    """
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| \*\*([^*]+)\*\* \| ([^|]+) \|", part, re.MULTILINE))


def threats(text: str) -> list[Threat]:
    """Return every row, by the attackers' headings; raise ValueError for other columns."""
    found = []
    for heading, body in re.findall(r"^### (.+)\n((?:(?!^##).*\n?)*)", text, re.MULTILINE):
        attacker = heading.partition(":")[0]
        rows = [_cells(line) for line in body.splitlines() if line.startswith("|")]
        if rows[:1] != [COLUMNS]:
            raise ValueError(f"{heading}: the columns are {rows[:1]}")
        for cells in rows[2:]:
            if len(cells) != len(COLUMNS):
                raise ValueError(f"{heading}: {cells}")
            id_, to, doing, control, where, tests, remains = cells
            assets = tuple(re.split(r", ", to))
            places, names = (tuple(re.findall(r"`([^`]+)`", cell)) for cell in (where, tests))
            found.append(Threat(id_, attacker, assets, doing, control, places, names, remains))
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def drawn(text: str) -> str:
    """Return the table of attackers and assets, each place with the threats that are there."""
    assets, attackers, rows = named("Assets", text), named("Attackers", text), threats(text)
    lines = [
        f"| | {' | '.join(assets)} |",
        f"|---|{'---|' * len(assets)}",
    ]
    for attacker in attackers:
        cells = [
            " ".join(one.id for one in rows if one.attacker == attacker and asset in one.assets)
            for asset in assets
        ]
        lines.append(f"| {attacker} | {' | '.join(cell or NONE for cell in cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw the table into the page."""
    text = page()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{drawn(text)}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
