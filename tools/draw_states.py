"""Draw the association's transition table into docs/spec/association.md.

The table in `hotline/line/states.py` is the only place where transitions are decided, so the
document is made from it: a diagram of what changes the state, and the whole table.

Usage: python tools/draw_states.py
"""

from __future__ import annotations

from pathlib import Path

from hotline.line.states import INPUT_MEANING, STATE_MEANING, TABLE, Input, State

DOCUMENT = Path(__file__).parent.parent / "docs" / "spec" / "association.md"
BEGIN, END = "<!-- drawn from hotline/line/states.py -->", "<!-- end of drawing -->"


def diagram() -> str:
    """Return a mermaid diagram; inputs that keep the state, and the ends, are left to the table."""
    lines = ["```mermaid", "stateDiagram-v2", f"  [*] --> {_id(State.IDLE)}"]
    for old, row in TABLE.items():
        arrows: dict[State, list[str]] = {}
        for input_, new in row.items():
            if new is not old and input_ is not Input.DISCONNECT:
                arrows.setdefault(new, []).append(input_)
        lines += [f"  {_id(old)} --> {_id(new)}: {', '.join(by)}" for new, by in arrows.items()]
    return "\n".join([*lines, "```"])


def tables() -> str:
    """Return the states, the inputs, and the whole transition table, as Markdown."""
    states = [f"| `{_id(state)}` | {meaning} |" for state, meaning in STATE_MEANING.items()]
    inputs = [f"| `{input_}` | {meaning} |" for input_, meaning in INPUT_MEANING.items()]
    head = "| input | " + " | ".join(f"`{_id(state)}`" for state in State) + " |"
    rule = "|---" * (len(State) + 1) + "|"
    rows = []
    for input_ in Input:
        cells = []
        for state in State:
            new = TABLE[state].get(input_)
            cells.append("" if new is None else "stays" if new is state else f"`{_id(new)}`")
        rows.append(f"| `{input_}` | " + " | ".join(cells) + " |")
    meanings = ["| state | meaning |", "|---|---|", *states, ""]
    meanings += ["| input | meaning |", "|---|---|", *inputs, ""]
    return "\n".join([*meanings, head, rule, *rows])


def draw(document: str) -> str:
    """Return the document with everything between the two marks drawn anew."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{diagram()}\n\n{tables()}\n\n{END}{after}"


def _id(state: State) -> str:
    return state.name


def main() -> None:
    """Draw the document in place."""
    DOCUMENT.write_text(draw(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
