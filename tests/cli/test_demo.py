from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hotline.cli.demo import command, ground, nodes, officers, play, samples
from hotline.cli.demo.audit import Side, compare_sides, quantile
from hotline.cli.demo.story import Story
from hotline.cli.exits import Exit
from hotline.errors import ConfigError, LocalError
from hotline.exercise.ground import site
from hotline.journal.queries import StoredMessage
from hotline.model.kinds import Answer
from hotline.node.config import read_config
from tests.cli.command import EXAMPLES, PATIENCE_S, fails, hotline, hotline_json
from tests.cli.samples import view

MS = 1000
SUMMARY = play.Summary(
    notices_sent=2,
    receipts=3,
    replies=1,
    resent=1,
    lost=0,
    duplicated=0,
    journals_verified=2,
    differences=0,
    receipt_p50_ms=4.0,
    receipt_p99_ms=9.0,
    messages_sent=3,
    reordered=0,
    invented=0,
    caught_by_the_cut=1,
    delivery_after_cut_ms=12.5,
    duration_s=1.0,
    directory="var/demo",
)


def message(number: int, **changes: Any) -> StoredMessage:
    """Return an outgoing ROUTINE message, created ``number`` ms after 0, receipted 5 ms later."""
    made = StoredMessage(
        peer="hmeimim",
        epoch=1,
        log=1,
        index=number,
        direction="out",
        stream=3,
        seq=number,
        id=number.to_bytes(32, "big"),
        kind="notice",
        created_us=number * MS,
        time_us=number * MS,
        reference=None,
        about=None,
        flags=None,
        body=b"",
        receipted_us=number * MS + 3 * MS,
        receipt_taken_us=number * MS + 5 * MS,
        receipt_index=number,
        read_by=None,
        read_us=None,
        due_us=None,
    )
    return replace(made, **changes)


def side(
    sent: list[StoredMessage], received: list[StoredMessage], up: int = 0, down: int = 0
) -> Side:
    """Return a journal's messages, with the moments in ms at which its line came up again."""
    return Side(
        tuple(sent), tuple(received), (up * MS,) if up else (), (down * MS,) if down else ()
    )


# What the journals say


def test_a_perfect_line_loses_and_doubles_nothing() -> None:
    """Every message sent is received once; latencies are from signing to the receipt taken."""
    sent = [message(n) for n in (1, 2, 3)]
    found = compare_sides(side(sent, []), side([], sent), 0)
    assert (found.sent, found.receipts, found.lost, found.duplicated) == (3, 3, 0, 0)
    assert (found.reordered, found.invented, found.caught, found.resent) == (0, 0, 0, 0)
    assert found.receipt_p50_ms == found.receipt_p99_ms == 5.0


def test_what_is_missing_doubled_invented_or_out_of_order_is_counted() -> None:
    """The figures come from ids and sequences in both journals, whatever the nodes say."""
    one, two, three = (message(n) for n in (1, 2, 3))
    stranger = message(9)
    unproved = replace(three, receipt_taken_us=None)
    found = compare_sides(side([one, two, unproved], []), side([], [two, one, one, stranger]), 0)
    assert found.lost == 1
    assert found.duplicated == 1
    assert found.invented == 1
    assert found.reordered == 2
    assert found.receipts == 2


def test_what_the_cut_caught_is_measured_by_itself() -> None:
    """Given to the dead line or kept while it was cut: only the first kind was sent again."""
    before = message(10)
    swallowed = message(101, time_us=101 * MS, receipt_taken_us=520 * MS)
    kept = message(300, receipt_taken_us=530 * MS)
    after = message(600, receipt_taken_us=607 * MS)
    received = [
        replace(m, time_us=t * MS) for m, t in ((before, 12), (swallowed, 510), (kept, 511))
    ]
    found = compare_sides(
        side([before, swallowed, kept, after], [], up=500, down=200),
        side([], [*received, after], up=501, down=201),
        100 * MS,
    )
    assert (found.caught, found.resent) == (2, 1)
    assert found.caught_ms == 30.0
    assert (found.receipt_p50_ms, found.receipt_p99_ms) == (5.0, 7.0)


def test_what_arrived_before_the_cut_was_not_sent_again() -> None:
    """A message whose receipt only was lost is caught, not resent."""
    arrived = message(101, receipt_taken_us=520 * MS)
    received = replace(arrived, time_us=103 * MS)
    found = compare_sides(
        side([arrived], [], up=500, down=200), side([], [received], up=500), 100 * MS
    )
    assert (found.caught, found.resent) == (1, 0)


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, 0.0), ([7.0], 0.99, 7.0), ([3.0, 1.0, 2.0], 0.5, 2.0)],
)
def test_quantiles(values: list[float], share: float, found: float) -> None:
    """The smallest value that so large a share of all does not exceed."""
    assert quantile(values, share) == found
    assert quantile([float(n) for n in range(1, 101)], 0.99) == 99.0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, Exit.DONE),
        ({"lost": 1}, Exit.FAILED),
        ({"duplicated": 1}, Exit.FAILED),
        ({"reordered": 1}, Exit.FAILED),
        ({"invented": 1}, Exit.FAILED),
        ({"receipts": 2}, Exit.FAILED),
        ({"journals_verified": 1}, Exit.UNVERIFIED),
        ({"differences": 1}, Exit.UNVERIFIED),
    ],
)
def test_the_exit_code_is_the_summary_s(changes: dict[str, int], code: Exit) -> None:
    """Anything that is not as it should be makes the demonstration fail."""
    assert command.exit_of_demo(replace(SUMMARY, **changes)) is code


def test_the_summary_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """No word of it is broken at 80 columns, whatever the figures."""
    slow = replace(SUMMARY, receipt_p50_ms=1234.5, receipt_p99_ms=9876.5, notices_sent=1)
    play.print_summary(Story(to_stderr=False), slow)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) < 80
    assert "  99 of 100 within 9876.5 ms" in lines
    assert lines[2].startswith("  1 notice and 1 reply sent, ")


# Where it happens


def take(directory: Path) -> None:
    """Claim a directory as a demonstration does that ends at once."""
    with ground.claimed(directory):
        pass


def test_only_a_demo_directory_is_removed(tmp_path: Path) -> None:
    """Something of somebody else's is never deleted, not even when it is only a file."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("irreplaceable")
    fails("demo.not-ours", "demo", "--directory", other, exit_code=1)
    assert (other / "thesis.txt").read_text() == "irreplaceable"
    with pytest.raises(ConfigError):
        take(other / "thesis.txt")
    made = tmp_path / "a" / "demo"
    take(made)
    (made / "iaf").mkdir()
    (made / "notice.json").touch()
    take(made)
    assert [path.name for path in made.iterdir()] == [ground.MARKER]


def test_two_demos_do_not_share_a_directory(tmp_path: Path) -> None:
    """The second one is refused, and leaves the first one alone; when that ends, it is welcome."""
    made = tmp_path / "demo"
    with ground.claimed(made):
        (made / "iaf").mkdir()
        said = fails("demo.running", "demo", "--directory", made, exit_code=1)
        assert "name another directory with --directory" in said
        assert (made / "iaf").is_dir()
    take(made)
    assert not (made / "iaf").exists()


def test_the_node_of_a_killed_demo_is_ended(tmp_path: Path) -> None:
    """A process whose command line names this very node.toml is ended; any other is not."""
    take(tmp_path / "demo")
    place = tmp_path / "demo" / "iaf"
    place.mkdir()
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        subprocess.Popen([*sleep, str(place / "node.toml")]) as node,
        subprocess.Popen(sleep) as stranger,
    ):
        try:
            (place / "node.pid").write_text(f"{stranger.pid}\n")
            ground._end_leftover(place)
            assert stranger.poll() is None
            # The kernel shows the command line once the process has become what it runs.
            end = time.monotonic() + PATIENCE_S
            while b"node.toml" not in Path(f"/proc/{node.pid}/cmdline").read_bytes():
                assert time.monotonic() < end
            (place / "node.pid").write_text(f"{node.pid}\n")
            ground._end_leftover(place)
            assert node.wait(10) == -signal.SIGKILL
        finally:
            node.kill()
            stranger.kill()


def test_the_configurations_fit_together(tmp_path: Path) -> None:
    """Both node.toml are read by the node itself, and lead through the relay."""
    sites = ground.make_sites(tmp_path, (EXAMPLES / "letter.toml").read_bytes())
    site.write_configs(sites, 1111, 2222)
    iaf, hmeimim = (read_config(sites[centre].config) for centre in ("iaf", "hmeimim"))
    assert iaf.lines[0].addresses == (("127.0.0.1", 1111),)
    assert hmeimim.listen is not None
    assert hmeimim.listen.port == 2222
    assert iaf.lines[0].letter.timers.receipt_alarm_s == ground.RECEIPT_ALARM_S
    assert iaf.lines[0].letter_hash == hmeimim.lines[0].letter_hash
    with pytest.raises(ConfigError):
        ground.quicker(b"title = 'another letter'")


def test_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    """The kernel takes about a hundred bytes for a socket's path, checkouts may be deeper."""
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    sites = ground.make_sites(deep, (EXAMPLES / "letter.toml").read_bytes())
    site.write_configs(sites, 1111, 2222)
    for made in sites.values():
        assert len(os.fsencode(made.socket)) <= site.MAX_SOCKET_PATH
        assert read_config(made.config).socket == made.socket
        made.socket.parent.rmdir()


# What is sent, and who answers


def test_the_samples_are_those_of_the_repository() -> None:
    """All of them, in the order of their numbers, from both centres."""
    found = samples.read_samples(samples.samples_directory(), ground.CENTRES)
    assert [sample.number for sample in found] == list(range(1, len(found) + 1))
    assert len(found) >= 12
    assert {sample.centre for sample in found} == {"iaf", "hmeimim"}


def test_missing_samples_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation without them says so."""
    monkeypatch.setattr(samples, "__file__", str(tmp_path / "a/b/c/samples.py"))
    with pytest.raises(ConfigError) as caught:
        samples.samples_directory()
    assert caught.value.code == "demo.no-samples"


def test_the_officers_script_shows_every_answer() -> None:
    """Accept, reject, stand-by and counter-proposal all occur, and a stand-by is followed up."""
    given = {decision.answer for decision in officers.SCRIPT.values()} | {officers.ACCEPT.answer}
    assert given == set(Answer)
    assert officers.answers_wanted("notice", "IAF-0104") == 2
    assert officers.answers_wanted("revision", "IAF-0104") == 1
    assert officers.answers_wanted("advisory", None) == 1
    assert officers.answers_wanted("withdrawal", "IAF-0104") == 0


def test_a_counter_proposal_is_the_notice_at_other_levels() -> None:
    """Area and times stay, levels are the officer's."""
    decision = officers.SCRIPT["IAF-0105"]
    shown = view(message={"volumes": [{"time_start": "x", "altitude_lower": "y"}]})
    (volume,) = officers.proposal_for(shown, decision)
    assert volume == {"time_start": "x", "altitude_lower": "FL200", "altitude_upper": "FL220"}
    assert officers.proposal_for(shown, officers.ACCEPT) == []


# Waiting


async def test_waiting_ends() -> None:
    """What does not come in time is an error that names it."""

    def never() -> Awaitable[bool]:
        return asyncio.sleep(0, False)

    with pytest.raises(LocalError) as caught:
        await nodes.until(never, 0.0, "the moon")
    assert "the moon" in caught.value.message


# The story


def test_the_story_fits_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Long titles in any script are cut, long sentences folded; without a terminal no colour."""
    story = Story(to_stderr=False)
    story.heading("Chapter")
    story.event("hmeimim", "sends", "IMMEDIATE", "HMEIMIM-0206", "П" * 90, "receipt in 17 ms")
    story.event("iaf", "accept", "", "IAF-0101", "area")
    story.say("both", "word " * 40)
    story.text("closing")
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert all(len(line) <= 100 for line in shown.splitlines())
    assert "П…  receipt in 17 ms" in shown


def test_seconds_where_milliseconds_are_many() -> None:
    """Milliseconds are said as such, longer times in seconds."""
    assert (play.coarse_ms(12.4), play.coarse_ms(12_400.0)) == ("12 ms", "12 s")


@pytest.mark.parametrize(
    ("called", "name"),
    [("hotline", "hotline"), ("./bin/hotline", "bin/hotline"), ("/x/__main__.py", "-m hotline")],
)
def test_commands_to_try_are_called_as_this_one_was(
    monkeypatch: pytest.MonkeyPatch, called: str, name: str
) -> None:
    """What is printed can be copied and works from here."""
    monkeypatch.setattr(sys, "argv", [called])
    assert command.own_name().endswith(name)


# The whole of it


@pytest.mark.pair
def test_the_demonstration(tmp_path: Path) -> None:
    """Two real nodes, a real cut: nothing lost or doubled, both journals hold, and are left."""
    place = tmp_path / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "hotline", "demo", "--directory", str(place), "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["notices_sent"] == 21
    assert summary["receipts"] == summary["messages_sent"] == 21 + summary["replies"]
    assert summary["replies"] == 17
    assert summary["resent"] >= 1
    assert (summary["lost"], summary["duplicated"], summary["journals_verified"]) == (0, 0, 2)
    assert summary["differences"] == 0
    assert 0 < summary["receipt_p50_ms"] <= summary["receipt_p99_ms"]
    assert summary["duration_s"] < 60
    for said in ("the line is DOWN", "ALARM 1", "gets      FLASH", "reject", "Summary"):
        assert said in done.stderr
    assert "\x1b" not in done.stderr
    for centre in ground.CENTRES:
        assert not (place / centre / "node.pid").exists()
        config = place / centre / "node.toml"
        assert hotline_json("--config", config, "log", "verify")["ok"] is True
        assert hotline("--config", config, "show", "IAF-0104").exit_code == 0
    assert hotline_json("log", "reconcile", place / "iaf", place / "hmeimim")["agree"] is True
    dials = read_config(place / "iaf" / "node.toml").lines[0].addresses[0][1]
    listen = read_config(place / "hmeimim" / "node.toml").listen
    assert listen is not None
    assert dials == listen.port


@pytest.mark.pair
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demonstration_leaves_no_node_behind(
    tmp_path: Path, sign: signal.Signals
) -> None:
    """Ctrl-C and SIGTERM end both nodes before the demonstration ends."""
    place = tmp_path / "demo"
    with subprocess.Popen(
        [sys.executable, "-m", "hotline", "demo", "--directory", str(place), "--keep"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Notices both ways" in line:
                break
        pids = [int((place / centre / "node.pid").read_text()) for centre in ground.CENTRES]
        process.send_signal(sign)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "interrupted [cli.interrupted]" in errors
        assert "Traceback" not in errors
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
