"""Write the standard phrase book into docs/spec/phrases.md, after its heading.

Run as ``python tools/list_phrases.py``; a test holds the page against the book.
"""

from __future__ import annotations

from pathlib import Path

from hotline.model.phrases import GROUPS, standard_phrases

PAGE = Path(__file__).parent.parent / "docs/spec/phrases.md"
HEADING = "## 6. The standard book\n"


def tables() -> str:
    """Return the book as one table a group."""
    parts = []
    for group, hundred in GROUPS.items():
        rows = [
            f"| {phrase.number} | {phrase.en} | {phrase.ru} | {phrase.he} |\n"
            for phrase in standard_phrases()
            if phrase.group == group
        ]
        if rows:
            head = "| | English | Russian | Hebrew |\n|---|---|---|---|\n"
            parts.append(f"\n### {hundred}xx {group}\n\n{head}{''.join(rows)}")
    return "".join(parts)


def page() -> str:
    """Return the whole page, with what stands before the book as it is."""
    before = PAGE.read_text("utf-8").partition(HEADING)[0]
    return before + HEADING + tables()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
