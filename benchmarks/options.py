"""What ``make bench`` can be asked for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import airspace
from benchmarks.pair import ROOT
from benchmarks.peers.catalogue import FAMILIES

DIRECTORY = ROOT / "var" / "bench"
WHAT = {
    "peers": "the same work done by others: ratios and a picture (without a word: this)",
    "line": "throughput and latency of a pair",
    "audit": "verify, prove, search, export, reconcile",
    "airspace": "comparing a notice with all that is current",
    "outage": "how fast what has waited is delivered",
    "recovery": "how soon a node that was killed has its line again",
    "growth": "what a record costs as it grows",
    "all": "peers, line, audit, airspace, outage",
}


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what a command line asks for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=WHAT,
        default="peers",
        help="; ".join(f"{word}: {words}" for word, words in WHAT.items()),
    )
    _of_peers(parser)
    parser.add_argument(
        "--messages",
        type=int,
        help="line: with 1024 in flight, fewer with less (30000); outage: that wait (100000)",
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--entries",
        type=int,
        nargs="+",
        help="audit: of the record (100000); recovery: of the journal (1000000); growth: one size"
        " or more (10000 100000); line: instead, fill one journal up to so many entries",
    )
    parser.add_argument(
        "--volumes",
        type=int,
        nargs="+",
        default=[*airspace.VOLUMES],
        help="airspace: current at once (100 1000 10000 100000)",
    )
    parser.add_argument(
        "--notices", type=int, default=200, help="airspace: compared for each of these"
    )
    parser.add_argument(
        "--groups", type=int, nargs="+", default=[64, 1], help="growth: messages a signature"
    )
    parser.add_argument(
        "--profile",
        action="store_true",
        help="line: instead, say where the time goes (needs py-spy)",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=DIRECTORY,
        help="on whose disk everything is written, and removed at the end (var/bench)",
    )
    parser.add_argument(
        "--output", type=Path, help="the JSON file, in place of var/bench/TIME.json"
    )
    options = parser.parse_args(arguments)
    # An entry count alone has always meant to fill one journal of a running pair.
    if options.what == "peers" and (options.entries or options.profile):
        options.what = "line"
    return options


def _of_peers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--peers", nargs="+", choices=FAMILIES, default=[], help="peers: only these, and hotline"
    )
    parser.add_argument("--rounds", type=int, default=5, help="peers: interleaved (5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="peers: of each load (3)")
    parser.add_argument(
        "--kept-first",
        action="store_true",
        help="peers: their senders keep each message before it is sent, as hotline always does",
    )
    parser.add_argument(
        "--picture", type=Path, help="peers: the SVG file, in place of var/bench/peers.svg"
    )
    parser.add_argument(
        "--show", type=Path, help="peers: measure nothing, print and draw what a JSON file holds"
    )
    parser.add_argument(
        "--no-set-up", action="store_true", help="peers: install nothing, use what is there"
    )
