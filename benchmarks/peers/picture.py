"""The ratios as a picture: four panels of bars in SVG, readable on white and on black."""

from __future__ import annotations

from html import escape
from typing import Any

from benchmarks.peers.aims import load, p50, rate
from benchmarks.peers.rounds import IN_FLIGHT

LEFT, RIGHT, TOP, BOTTOM = 176, 40, 64, 44
PANEL, GAP, BAR, STEP = 176, 74, 14, 26
STYLE = """
  .paper { fill: #ffffff } text { fill: #24292f; font: 13px system-ui, sans-serif }
  .title { font-weight: 600 } .small { font-size: 11px; fill: #57606a }
  .hotline { fill: #0b6bcb } .product { fill: #8c959f } .bare { fill: #d0d7de }
  .range { fill: #24292f }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } text { fill: #e6edf3 } .small { fill: #9198a1 }
    .hotline { fill: #58a6ff } .product { fill: #6e7681 } .bare { fill: #484f58 }
    .range { fill: #e6edf3 }
  }
"""


def picture(found: dict[str, Any]) -> str:
    """Draw messages a second with 1, 64 and 1024 in flight, and the median latency with 1."""
    peers = found["peers"]
    panels = [
        (
            f"messages/s, {at:,} in flight",
            [(rate(peer, at), _range(peer, at, "per_s")) for peer in peers],
            ",.0f",
        )
        for at in IN_FLIGHT
    ]
    latencies = [(p50(peer, 1), _range(peer, 1, "p50_ms")) for peer in peers]
    panels.append(("p50 in ms, 1 in flight (less is better)", latencies, ",.1f"))
    width = LEFT + len(panels) * (PANEL + GAP) + RIGHT
    height = TOP + len(peers) * STEP + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(_words(found))}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" {_place(0, 0, width, height)}/>',
        *(_text(LEFT - 10, _middle(row), peer["title"], "end") for row, peer in enumerate(peers)),
    ]
    for number, (title, values, digits) in enumerate(panels):
        left = LEFT + number * (PANEL + GAP)
        parts.append(_text(left, TOP - 22, title, "start", "title"))
        parts += _bars(left, peers, values, digits)
    parts.append(_text(LEFT, height - 14, _words(found), "start", "small"))
    return "\n".join([*parts, "</svg>", ""])


def _bars(
    left: int,
    peers: list[dict[str, Any]],
    values: list[tuple[float, tuple[float, float]]],
    digits: str,
) -> list[str]:
    """Draw one panel: a bar to the median, a thin line over the range, the figure behind both."""
    scale = PANEL / max(high for _, (_, high) in values)
    parts = []
    for row, (peer, (value, (low, high))) in enumerate(zip(peers, values, strict=True)):
        top = TOP + row * STEP
        kind = "product" if peer["product"] else peer["name"].partition("-")[0]
        begin, end = left + low * scale, left + high * scale
        parts += [
            f'<rect class="{kind}" {_place(left, top, max(1.0, value * scale), BAR)}/>',
            f'<rect class="range" {_place(begin, top + BAR / 2, end - begin, 1)}/>',
            _text(end + 6, _middle(row), format(value, digits), "start"),
        ]
    return parts


def _range(peer: dict[str, Any], in_flight: int, field: str) -> tuple[float, float]:
    one = load(peer, in_flight)[field]
    return one["min"], one["max"]


def _place(x: float, y: float, width: float, height: float) -> str:
    return f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'


def _middle(row: int) -> float:
    return TOP + row * STEP + BAR / 2 + 4.5


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    chosen = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{chosen}>{escape(words)}</text>'


def _words(found: dict[str, Any]) -> str:
    return (
        f"Medians of {found['rounds']} interleaved rounds, lines from least to most; "
        f"{found['cores']} cores, load average {found['load_before']} before, {found['time'][:10]}."
        " The same signed, receipted, synced work for all over mutual TLS 1.3."
    )
