"""The board on a terminal: who and what, the MSEL with its expectations, the last lines."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hotline.cli.exercise.story import STYLES, clock_of, left_of, story_line
from hotline.cli.output import MARK_STYLE, plain
from hotline.exercise.play.board import Board, CentreShown, ExpectationShown, InjectShown

STATES = {
    "waiting": "dim",
    "due": "bold yellow",
    "delivered": "",
    "skipped": "dim strike",
    "failed": "red",
}
MARKS = {"pass": "+", "fail": "x", "expired": "!", "void": "-", "open": "."}
"""What a verdict looks like without colours."""
LEAST_STORY, LEAST_ROWS = 6, 4


def shown(board: Board, height: int = 50, keys: str = "") -> RenderableType:
    """Return the board as it fits into ``height`` lines; ``keys`` says what may be pressed."""
    head = Text.assemble(
        (f" {board.traffic} ", MARK_STYLE),
        f"  {board.title}   ",
        (clock_of(board.t), "bold"),
        f" of {left_of(board.duration_s)}   {board.factor:g}x   ",
        (board.state.upper(), "bold green" if board.state == "running" else "bold yellow"),
    )
    parts: list[RenderableType] = [head, _centres(board)]
    parts += [
        plain(f"broken on purpose: {one.kind} {one.centre}".rstrip(), "magenta")
        for one in board.faults
    ]
    parts += [
        plain(f"{one.centre}: {one.text}".splitlines()[0], "bold yellow")
        for one in board.tasks[-3:]
    ]
    left = max(height - len(parts) - len(board.centres) - 6, LEAST_STORY + LEAST_ROWS)
    story = max(left // 3, LEAST_STORY)
    parts.append(_msel(board, left - story))
    lines = [story_line(one.t, one.kind, one.text) for one in board.story[-story:]]
    for line in lines:
        line.truncate(200)
    parts.append(Panel(Group(*lines), title="what happened", title_align="left"))
    if keys:
        parts.append(Text(keys, "dim"))
    return Group(*parts)


def _centres(board: Board) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("centre", "crew", "line", "on duty", "unread", "no receipt", "alarms", "play"):
        table.add_column(name)
    for one in board.centres:
        table.add_row(*_centre(one))
    return table


def _centre(one: CentreShown) -> list[Text]:
    if one.gone:
        return [Text(one.centre, "bold"), Text(one.crew), plain(one.gone, "red")]
    return [
        Text(one.centre, "bold"),
        Text(one.crew),
        Text("up", "green") if one.line_up else Text("DOWN", "bold red"),
        plain(one.on_duty or "nobody"),
        Text(str(one.unread)),
        Text(str(one.backlog)),
        Text(str(one.alarms), "bold red" if one.alarms else ""),
        Text(one.play),
    ]


def _msel(board: Board, rows: int) -> Table:
    """Return injects around now: what was last, what is going on, what comes next."""
    table = Table(expand=True, padding=(0, 1), header_style="dim")
    table.add_column("inject", no_wrap=True)
    table.add_column("T+", no_wrap=True)
    table.add_column("who", no_wrap=True)
    table.add_column("what", ratio=2, no_wrap=True, overflow="ellipsis")
    table.add_column("state", no_wrap=True)
    table.add_column("expected", ratio=3, no_wrap=True, overflow="ellipsis")
    for one in _around(board.injects, rows):
        at = one.t if one.t is not None and one.state != "waiting" else one.due_t
        table.add_row(
            plain(one.id, STATES[one.state]),
            clock_of(at)[2:] if at is not None else "",
            plain(f"{one.originator} > {one.recipient}" if one.recipient else one.originator),
            plain(one.title, STATES[one.state]),
            Text(one.state, STATES[one.state]),
            _expected(one.expectations),
        )
    counts = " ".join(
        f"{name} {count}" for name, count in board.counts.items() if count or name == "pass"
    )
    mock = f"; traffic {board.traffic_done} of {board.traffic_total}" if board.traffic_total else ""
    table.caption = f"expectations: {counts}{mock}"
    return table


def _around(injects: list[InjectShown], rows: int) -> list[InjectShown]:
    """Return as many injects as fit, those that are still open first, in the board's order."""
    if len(injects) <= rows:
        return injects
    settled = {"delivered", "skipped", "failed"}

    def rank(one: InjectShown) -> tuple[int, float]:
        if any(each.verdict == "open" for each in one.expectations) and one.state != "waiting":
            return (0, 0.0)
        if one.state in settled:
            return (1, -(one.t or 0.0))
        return (1, one.due_t if one.due_t is not None else 1e9)

    chosen = {one.id for one in sorted(injects, key=rank)[:rows]}
    return [one for one in injects if one.id in chosen]


def _expected(expectations: list[ExpectationShown]) -> Text:
    text = Text()
    for one in expectations:
        if text:
            text.append("  ")
        style = STYLES.get(one.verdict, "")
        not_ = "not " if one.never else ""
        text.append(f"{MARKS[one.verdict]} {not_}{one.kind} {one.centre}", style)
        if one.left_s is not None:
            text.append(f" {left_of(one.left_s)}", "bold")
    return text
