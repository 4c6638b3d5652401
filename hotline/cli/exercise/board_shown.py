"""The board on a terminal: who and what, the MSEL, what is owed, the last lines."""

from __future__ import annotations

from collections import Counter
from typing import Final

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hotline.cli.exercise.story import STYLES, VERDICTS, clock_of, left_of, story_line
from hotline.cli.output import MARK_STYLE, plain
from hotline.exercise.play.board import Board, CentreShown, ExpectationShown, InjectShown
from hotline.exercise.scenario.durations import duration_said

STATES = {
    "waiting": "dim",
    "due": "bold yellow",
    "delivered": "",
    "skipped": "dim strike",
    "failed": "red",
}
LEAST_ROWS, LEAST_OWED, LEAST_STORY = 4, 3, 3
SOON_S = 60.0
"""With less than this left, what is owed stands out."""
_AROUND: Final = 3
"""Lines of headings: of the table of injects, of what is owed, of what happened."""


def shown(board: Board, height: int = 50, keys: str = "") -> RenderableType:
    """Return the board as it fits into ``height`` lines; ``keys`` says what may be pressed."""
    parts: list[RenderableType] = [_head(board), _centres(board)]
    parts += [
        _line(f"broken on purpose: {one.kind} {one.centre}".rstrip(), "magenta")
        for one in board.faults
    ]
    parts += [
        _line(f"{one.centre}: {one.text}".splitlines()[0], "bold yellow")
        for one in board.tasks[-3:]
    ]
    taken = len(parts) + len(board.centres) + _AROUND + bool(keys)
    rows, owed, story = _shares(board, height - taken)
    parts.append(_msel(board, rows))
    parts += [Rule(_owed_title(board), align="left", style="dim"), *_owed(board, owed)]
    lines = [story_line(one.t, one.kind, one.text) for one in board.story[-story:]]
    parts += [Rule("what happened", align="left", style="dim"), *map(_cut, lines)]
    if keys:
        parts.append(_line(keys, "dim"))
    return Group(*parts)


def _shares(board: Board, left: int) -> tuple[int, int, int]:
    """Return how many lines the injects, what is owed and the story get of those that are left."""
    left = max(left, LEAST_ROWS + LEAST_OWED + LEAST_STORY)
    rows = max(min(len(board.injects), left * 2 // 5), LEAST_ROWS)
    wanted = len(_open(board)) + len(_missed(board))
    owed = max(min(wanted, (left - rows) // 2), LEAST_OWED)
    return rows, owed, left - rows - owed


def _line(text: str, style: str = "") -> Text:
    return _cut(plain(text, style))


def _cut(text: Text) -> Text:
    """Let a text take one line, however wide the terminal is."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _head(board: Board) -> Text:
    return _cut(
        Text.assemble(
            (f" {board.traffic} ", MARK_STYLE),
            "  ",
            (board.state.upper(), "bold green" if board.state == "running" else "bold yellow"),
            "  ",
            (clock_of(board.t), "bold"),
            f" of {left_of(board.duration_s)}, {board.factor:g}x  ",
            (board.title, "dim"),
        )
    )


def _centres(board: Board) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("centre", "crew", "line", "on duty", "unread", "no receipt", "alarms", "play"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for one in board.centres:
        table.add_row(*_centre(one))
    return table


def _centre(one: CentreShown) -> list[Text]:
    if one.gone:
        return [Text(one.centre, "bold"), Text(one.crew), Text("?", "red"), plain(one.gone, "red")]
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
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    for name in ("inject", "T+", "who"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("came to", no_wrap=True)
    for one in _around(board.injects, rows):
        at = one.t if one.t is not None and one.state != "waiting" else one.due_t
        table.add_row(
            plain(one.id, STATES[one.state]),
            clock_of(at)[2:] if at is not None else "",
            plain(f"{one.originator} > {one.recipient}" if one.recipient else one.originator),
            plain(one.title, STATES[one.state]),
            _came_to(one),
        )
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


def _came_to(one: InjectShown) -> Text:
    """Return an inject's state, and once it is delivered what its expectations came to."""
    if one.state != "delivered" or not one.expectations:
        return Text(one.state, STATES[one.state])
    counts = Counter(each.verdict for each in one.expectations)
    return Text(", ").join(
        Text(f"{counts[verdict]} {said}", STYLES.get(verdict, ""))
        for verdict, said in VERDICTS.items()
        if counts[verdict]
    )


# --- What is owed -------------------------------------------------------------------------


def _open(board: Board) -> list[ExpectationShown]:
    """Return what is owed now, what is due next first."""
    running = [
        each
        for one in board.injects
        for each in one.expectations
        if each.verdict == "open" and each.left_s is not None
    ]
    return sorted(running, key=lambda each: _real_left_s(board, each))


def _missed(board: Board) -> list[ExpectationShown]:
    """Return what failed or expired, the last first."""
    missed = [
        each
        for one in reversed(board.injects)
        for each in one.expectations
        if each.verdict in ("fail", "expired")
    ]
    return sorted(missed, key=lambda each: each.settled_at or "", reverse=True)


def _real_left_s(board: Board, one: ExpectationShown) -> float:
    """Return the real seconds that are left."""
    return (one.left_s or 0.0) / (1.0 if one.real_time else board.factor)


def _owed_title(board: Board) -> Text:
    """Return how all expectations stand, and how much of the mock traffic is out."""
    running = len(_open(board))
    text = Text(f"owed now: {running}", "bold" if running else "")
    for verdict, said in VERDICTS.items():
        count = board.counts.get(verdict, 0) - (running if verdict == "open" else 0)
        if count > 0:
            label = "to come" if verdict == "open" else said
            text.append(f"; {count} {label}", "dim" if verdict == "open" else STYLES[verdict])
    if board.traffic_total:
        text.append(f"; traffic {board.traffic_done} of {board.traffic_total}", "dim")
    return text


def _owed(board: Board, lines: int) -> list[Text]:
    """Return what is owed with what is left of its time, then what was missed."""
    running, missed = _open(board), _missed(board)
    # What is missed is mended by nobody; one line says that it is there.
    room = lines - min(len(missed), max(1, lines - len(running)))
    shown_now = running[:room] if len(running) <= room else running[: max(room - 1, 1)]
    found = [_owed_line(board, one) for one in shown_now]
    if len(shown_now) < len(running):
        found.append(_line(f"   and {len(running) - len(shown_now)} more", "dim"))
    found += [_missed_line(one) for one in missed[: max(lines - len(found), 0)]]
    # As many lines as it has, so that nothing below jumps when something is owed no more.
    return found + [Text()] * (lines - len(found))


def _missed_line(one: ExpectationShown) -> Text:
    when = f" {clock_of(one.settled_t)[2:]}" if one.settled_t is not None else ""
    said = f"{one.owed or one.kind}, {VERDICTS[one.verdict]}{when}: {one.text}"
    return _line(f"   {one.id}  {said}", "red")


def _owed_line(board: Board, one: ExpectationShown) -> Text:
    left_s = one.left_s or 0.0
    if left_s < 0:
        left = "over, and the logs are awaited"
    else:
        left = f"{duration_said(float(int(left_s)))} {'to go' if one.never else 'left'}"
    style = "bold yellow" if left_s < SOON_S and not one.never else ""
    return _line(f"   {one.id}  {one.owed or f'{one.centre}: {one.kind}'}, {left}", style)
