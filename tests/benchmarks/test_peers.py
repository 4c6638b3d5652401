"""Hotline beside its peers: what needs no broker runs, and the judging of figures is right."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography.exceptions import InvalidSignature

from benchmarks.peers import catalogue, keys
from benchmarks.peers.aims import aims
from benchmarks.peers.application import BODY_OCTETS, Frames, Receiver, Sender, framed
from benchmarks.peers.shapes import Limits
from benchmarks.report import spread
from tests.benchmarks.test_smoke import bench

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.pair
def test_a_round_without_brokers(tmp_path: Path) -> None:
    """Hotline and the bare pair do the same work; figures, limits, picture and table are there."""
    found, table = bench(
        tmp_path / "found.json",
        *("peers", "--peers", "bare", "--rounds", "1", "--seconds", "0.2", "--no-set-up"),
        *("--directory", str(tmp_path / "run")),
    )
    assert [peer["name"] for peer in found["peers"]] == [
        *("hotline", "hotline-1", "bare", "bare-grouped")
    ]
    for peer in found["peers"]:
        assert [load["in_flight"] for load in peer["loads"]] == [1, 64, 1024]
        for load in peer["loads"]:
            for name in ("per_s", "p50_ms", "p99_ms", "sender_cpu_us"):
                assert 0 < load[name]["min"] <= load[name]["max"]
            assert load["octets"]["median"] > BODY_OCTETS
    assert 0 < found["limits"]["floor_ms"]["median"] < found["limits"]["kept_first_ms"]["median"]
    assert found["left_out"] == {}
    assert "No product was measured" in table
    picture = tmp_path / "run" / "peers.svg"
    assert ElementTree.parse(picture).getroot().tag == f"{SVG}svg"
    assert "bare pair, grouped" in picture.read_text()


@pytest.mark.pair
def test_what_waited_is_delivered(tmp_path: Path) -> None:
    """The peer is killed, messages wait, the peer comes back: the last receipt ends the clock."""
    found, table = bench(tmp_path / "found.json", "outage", "--messages", "300")
    outage = found["outage"]
    assert outage["messages"] == 300
    assert 0 < outage["ready_s"] < outage["up_s"] < outage["seconds"]
    assert "300 messages waited" in table


@pytest.mark.pair
def test_a_killed_node_comes_back(tmp_path: Path) -> None:
    """Each side is killed once under load, over a journal that holds a history."""
    found, table = bench(
        tmp_path / "found.json", "recovery", "--entries", "400", "--repetitions", "1"
    )
    assert [one["killed"] for one in found["recovery"]] == ["hmeimim", "iaf"]
    for one in found["recovery"]:
        assert one["entries"] > 400
        assert 0 < one["ready_s"] < one["seconds"]
    assert "Killed (-9) under load" in table


@pytest.mark.parametrize("options", [(), ("grouped",), ("kept-first",), ("grouped", "kept-first")])
async def test_message_and_receipt_are_kept_on_both_sides(
    tmp_path: Path, options: Sequence[str]
) -> None:
    """When a message counts as sent, both stores hold it; kept first, the sender's did before."""
    keys.make(tmp_path)
    kept: list[int] = []

    async def carry(octets: bytes) -> None:
        kept.append(len(rows(tmp_path / "sender.sqlite")))
        receiver.take(octets, None)

    def answer(receipts: list[bytes], _: list[None]) -> None:
        for receipt in receipts:
            sender.took(receipt)

    sender = Sender(tmp_path, carry, *options)
    receiver: Receiver[None] = Receiver(tmp_path, answer, *options)
    with closing(sender), closing(receiver):
        for _ in range(3):
            await sender.send()
    sent, taken = rows(tmp_path / "sender.sqlite"), rows(tmp_path / "receiver.sqlite")
    assert [row[0] for row in sent] == [row[0] for row in taken] == [1, 2, 3]
    assert [row[1] for row in sent] == [row[1] for row in taken]
    assert all(receipt for _, _, receipt in sent)
    assert kept == ([1, 2, 3] if "kept-first" in options else [0, 1, 2])


async def test_a_changed_message_is_refused(tmp_path: Path) -> None:
    """The peers' application verifies what it keeps, so its work is comparable."""
    keys.make(tmp_path)
    carried: list[bytes] = []

    async def carry(octets: bytes) -> None:
        carried.append(octets)
        sending.cancel()

    sender = Sender(tmp_path, carry)
    receiver: Receiver[None] = Receiver(tmp_path, lambda *_: None)
    with closing(sender), closing(receiver):
        sending = asyncio.ensure_future(sender.send())
        await asyncio.wait([sending])
        (octets,) = carried
        receiver.take(octets, None)
        with pytest.raises(InvalidSignature):
            receiver.take(octets[:-5] + b"-" + octets[-4:], None)


def test_frames_are_cut_as_they_were_sent() -> None:
    """However a stream arrives, the same octets come out."""
    stream = framed(b"one") + framed(b"") + framed(b"three")
    for size in range(1, len(stream) + 1):
        frames = Frames()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [one for piece in pieces for one in frames.cut(piece)] == [b"one", b"", b"three"]


def test_aims_are_judged_against_the_best_product() -> None:
    """The bare pair is no product; each aim is held against the one that is best at it."""
    found = {
        "peers": [
            peer("hotline", {1: 400, 64: 5000, 1024: 12_100}, 2.0),
            peer("hotline-1", {1: 390, 64: 2000, 1024: 1900}, 2.1),
            peer("as2", {1: 20, 64: 30, 1024: 30}, 50.0, product=True),
            peer("nats", {1: 200, 64: 1300, 1024: 2000}, 2.6, product=True),
            peer("bare", {1: 900, 64: 9000, 1024: 30_000}, 1.0),
        ]
    }
    judged = {aim.text: (aim.measured, aim.holds) for aim in aims(found)}
    assert judged == {
        "p50 at 1 in flight below 0.75 of the best peer's": ("0.77 of nats's", False),
        "at least 4 times the best peer at 64": ("3.8 times nats", False),
        "at least 6 times the best peer at 1024": ("6.0 times nats", True),
        "at least 100 times AS2, each at its best": ("403 times", True),
        "groups of one: p50 at 1 below every peer's": ("0.81 of nats's", True),
        "groups of one: ahead of every peer at 1": ("1.9 times nats", True),
        "groups of one: ahead of every peer at 64": ("1.5 times nats", True),
        "groups of one: ahead of every peer at 1024": ("0.9 times nats", False),
    }
    assert aims({"peers": [one for one in found["peers"] if not one["product"]]}) == []


def test_the_floor_counts_the_work_that_all_share() -> None:
    """Two signatures, two verifications, two commits, there and back; hotline keeps first."""
    limits = Limits(10, 100, 50, 1000, 20, 30)
    assert limits.floor_ms == pytest.approx(2.25)
    assert limits.kept_first_ms == pytest.approx(3.25)


def test_a_peer_that_is_not_installed_is_missed(tmp_path: Path) -> None:
    """What a peer needs is looked for, so that it is left out by name and not by a traceback."""
    broker = tmp_path / "broker"
    one = catalogue.Peer("x", "X", "x", catalogue.OURS.open, "nothing", (broker,))
    assert one.missing() == [broker]
    broker.touch()
    assert one.missing() == []
    assert [peer.name for peer in catalogue.chosen(["as2"])] == ["hotline", "hotline-1", "as2"]
    assert catalogue.chosen([]) == [*catalogue.PEERS]


def peer(name: str, rates: dict[int, float], p50_ms: float, *, product: bool = False) -> Any:
    """Make what one peer's figures look like in the JSON file."""
    loads = [
        {"in_flight": at, "per_s": spread([rate]), "p50_ms": spread([p50_ms])}
        for at, rate in rates.items()
    ]
    return json.loads(json.dumps({"name": name, "title": name, "product": product, "loads": loads}))


def rows(path: Path) -> list[tuple[int, bytes, bytes]]:
    """Return what a store of the application holds: nothing before its first commit."""
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchall():
            return []
        return connection.execute("SELECT * FROM message ORDER BY number").fetchall()
