"""The commands against two real node processes."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.command import EXAMPLES, PATIENCE_S, Pair, hotline, unmarked

pytestmark = pytest.mark.pair

PATROL = EXAMPLES / "iaf/01-patrol.json"
ADVISORY = EXAMPLES / "iaf/14-advisory.json"
reply_module = import_module("hotline.cli.reply")


def write(directory: Path, name: str, sample: str, **changes: Any) -> Path:
    """Write a sample message with some fields changed; None removes one."""
    document = json.loads((EXAMPLES / sample).read_bytes()) | changes
    path = directory / name
    path.write_text(json.dumps({k: v for k, v in document.items() if v is not None}))
    return path


def send(pair: Pair, path: Path) -> dict[str, Any]:
    """Send a file from iaf, and return what is known of the message."""
    (sent,) = pair.iaf.json("send", path, "--officer", "levy")["messages"]
    assert isinstance(sent, dict)
    return sent


@pytest.fixture
def notice(pair: Pair, tmp_path: Path) -> dict[str, Any]:
    """Return a patrol that iaf has just announced."""
    return send(pair, write(tmp_path, "notice.json", "iaf/01-patrol.json", reference=None))


def read_back_options(message: dict[str, Any]) -> list[str]:
    """Return the options that read a patrol back rightly."""
    (volume,) = message["volumes"]
    return [
        "--read-back-position=335100N 0330000E",
        f"--read-back-start={volume['time_start']}",
        f"--read-back-end={volume['time_end']}",
        "--read-back-lower=FL180",
        "--read-back-upper=FL280",
    ]


def test_send_prints_what_an_officer_notes(pair: Pair) -> None:
    """Reference, id, when it was durable there, and the warning time that this leaves."""
    result = pair.iaf.hotline("send", PATROL, "--officer", "levy")
    (title, *stamps) = unmarked(result.stdout).splitlines()
    assert title.startswith("IAF-0101  notice to hmeimim, ROUTINE ")
    assert [line.split()[0] for line in stamps] == ["id", "signed", "durable", "warning"]
    assert " at hmeimim, entry " in stamps[2]
    assert stamps[3].startswith("  warning  44 min ")
    assert stamps[3].endswith(" from receipt to start, the letter asks for 15 min")
    assert result.stderr == ""


def test_all_files_are_checked_before_one_is_signed(pair: Pair, tmp_path: Path) -> None:
    """A broken second file leaves the first one unsent; the errors name file, field and mend."""
    good = write(tmp_path, "good.json", "iaf/01-patrol.json", reference=None, title="Never sent")
    bad = write(tmp_path, "bad.json", "iaf/01-patrol.json", title="", volumes=[])
    said = pair.iaf.fails("model.title-missing", "send", good, bad, exit_code=1)
    assert f"{bad}: title" in said
    assert "[model.no-volume]" in said
    titles = [view["title"] for view in pair.iaf.json("outbox")["messages"]]
    assert "Never sent" not in titles


def test_send_takes_several_files_and_stdin(pair: Pair, tmp_path: Path) -> None:
    """The order is that of the command line; --precedence overrides what the files say."""
    text = write(tmp_path, "x.json", "iaf/13-balloon.json", reference=None).read_text()
    result = pair.iaf.hotline(
        "send", "-", EXAMPLES / "iaf/05-uas.geojson", "--precedence", "priority", "--json",
        typed=text,
    )  # fmt: skip
    first, second = json.loads(result.stdout)["messages"]
    assert (first["title"], second["reference"]) == ("Sounding balloon", "IAF-0103")
    assert (first["precedence"], second["precedence"]) == ("PRIORITY", "PRIORITY")
    assert second["seq"] == first["seq"] + 1
    assert first["receipt"]
    assert second["receipt"]


def test_send_refuses_what_the_node_refuses(pair: Pair) -> None:
    """The node's own error comes through: a reference that is taken, a peer that is not known."""
    pair.iaf.hotline("send", EXAMPLES / "iaf/09-transport.json")
    said = pair.iaf.fails(
        "model.undefined-step", "send", EXAMPLES / "iaf/09-transport.json", exit_code=2
    )
    assert "IAF-0105" in said
    pair.iaf.fails("node.unknown-peer", "send", PATROL, "--to", "nobody", exit_code=2)
    pair.iaf.fails("cli.unreadable-file", "send", "nothing.json", exit_code=2)


def test_the_desk_shows_what_came_and_show_records_who_read_it(
    pair: Pair, notice: dict[str, Any]
) -> None:
    """Unread in the inbox, read once it was shown by name, and the thread has every stamp."""
    id_, reference = notice["id"], notice["reference"]

    def state() -> str:
        views = pair.hmeimim.json("inbox")["messages"]
        return str(next(view["state"] for view in views if view["id"] == id_))

    assert state() == "unread"
    assert id_[:8] in pair.hmeimim.hotline("inbox").stdout
    pair.hmeimim.hotline("show", id_[:10], "--peek")
    assert pair.hmeimim.json("show", reference)["message"]["state"] == "unread"
    text = pair.hmeimim.hotline("show", reference, "--officer", "orlov").stdout
    for said in ("from iaf", "FL180 to FL280", "by orlov", "from receipt to start", "answer in"):
        assert said in text
    assert state() == "read"
    assert "durable there" in pair.iaf.hotline("show", reference).stdout


def test_an_answer_in_a_script_needs_the_read_back(pair: Pair, notice: dict[str, Any]) -> None:
    """Nothing is accepted without it, nor with a wrong one; with it, both sides know."""
    reference = notice["reference"]
    said = pair.hmeimim.fails("cli.read-back-needed", "reply", reference, "accept", exit_code=2)
    assert "--read-back-position" in said
    options = read_back_options(notice["message"])
    pair.hmeimim.fails(
        "model.read-back-lower", "reply", reference, "accept", *options,
        "--read-back-lower=ground", exit_code=2,
    )  # fmt: skip
    assert pair.iaf.json("show", reference)["message"]["answer"] is None
    text = pair.hmeimim.hotline("reply", reference, "accept", "--officer", "orlov", *options).stdout
    assert " at iaf, entry " in text
    shown = pair.iaf.json("show", reference)["message"]
    assert (shown["answer"], shown["answered_by"]) == ("accept", "orlov")
    assert reference not in pair.hmeimim.hotline("inbox").stdout


def test_an_answer_on_a_terminal_is_asked_for(
    pair: Pair, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each item in turn, compared at once; a reference means the newest revision."""
    monkeypatch.setattr(reply_module, "is_interactive", lambda: True)
    (volume,) = notice["message"]["volumes"]
    result = pair.hmeimim.hotline(
        "reply", notice["reference"], "accept", "--officer", "orlov", "--json",
        typed=f"33.8 33\n{volume['time_start']}\n{volume['time_end']}\nFL100\nFL180\nFL280\n",
    )  # fmt: skip
    assert "that is not what was sent" in result.stderr
    sent = json.loads(result.stdout)
    assert sent["message"]["read_back"]["altitude_lower"]["value"] == 180
    assert sent["about"] == notice["id"]


def test_another_answer_than_before_does_not_go_without_a_word(
    pair: Pair, notice: dict[str, Any]
) -> None:
    """Whoever changes an answer is told what was answered, by whom; the same again says nothing."""
    words = ("reply", notice["id"], "reject", "--officer", "ivanov")
    refused = pair.hmeimim.fails("model.reason-missing", *words, "--phrase", "201", exit_code=1)
    assert "reason" in refused
    pair.hmeimim.hotline("reply", notice["id"], "stand-by", "--officer", "orlov")
    first = pair.hmeimim.hotline(*words, "--phrase", "209")
    again = pair.hmeimim.hotline(*words, "--phrase", "209")
    assert "warning" not in first.stderr + again.stderr
    other = pair.hmeimim.hotline("reply", notice["id"], "stand-by", "--officer", "orlov")
    assert "reject was answered before, at " in other.stderr
    assert "by ivanov; the newer answer counts; sent all the same" in other.stderr


def test_what_is_over_is_not_written_without_a_word(pair: Pair, notice: dict[str, Any]) -> None:
    """A file of a withdrawn notice looks like that of one that stands."""
    words = ("airspace", "convert", notice["reference"], "--to", "cot")
    assert "[cli.over]" not in pair.hmeimim.hotline(*words).stderr
    withdrawal = {"kind": "withdrawal", "reference": notice["reference"], "reason": "weather"}
    pair.iaf.hotline("send", "-", "--officer", "levy", typed=json.dumps(withdrawal))
    assert "is withdrawn, and what is written" in pair.hmeimim.hotline(*words).stderr


def test_a_reference_means_the_newest_revision(pair: Pair, tmp_path: Path) -> None:
    """Who answers by reference answers what holds now; by id, what is named."""
    first = send(pair, write(tmp_path, "a.json", "iaf/07-strike.json", reference="IAF-7001"))
    revised = write(tmp_path, "b.json", "iaf/15-strike-revision.json", reference="IAF-7001")
    second = send(pair, revised)
    by_reference = pair.hmeimim.json("reply", "iaf-7001", "stand-by")
    by_id = pair.hmeimim.json("reply", first["id"][:12], "reject", "--reason", "too early")
    assert (by_reference["about"], by_id["about"]) == (second["id"], first["id"])


def test_a_counter_proposal_comes_from_a_file(
    pair: Pair, notice: dict[str, Any], tmp_path: Path
) -> None:
    """Every format that can be sent, or a bare list; anything else is refused by name."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"volumes": 3}')
    said = pair.hmeimim.fails(
        "model.proposal-missing", "reply", notice["id"], "counter", "--proposal", bad, exit_code=1
    )
    assert str(bad) in said
    volumes = tmp_path / "volumes.json"
    volumes.write_text(json.dumps(json.loads(PATROL.read_bytes())["volumes"]))
    drawn, f3548 = tmp_path / "drawn.kml", tmp_path / "f3548.json"
    hotline("airspace", "convert", PATROL, "--to", "kml", "-o", drawn)
    hotline("airspace", "convert", PATROL, "--to", "f3548", "-o", f3548)
    for file in (PATROL, EXAMPLES / "iaf/05-uas.geojson", volumes, drawn, f3548):
        sent = pair.hmeimim.json("reply", notice["id"], "counter", "--proposal", file)
        assert len(sent["message"]["proposal"]) == 1


def test_nobody_answers_what_is_not_there_or_their_own(pair: Pair, notice: dict[str, Any]) -> None:
    """An unknown id is a usage error; a message of one's own is not one's to answer."""
    pair.hmeimim.fails("node.no-such-message", "reply", "ffffffffffff", "stand-by", exit_code=2)
    pair.iaf.fails("node.reply-to-own", "reply", notice["id"], "stand-by", exit_code=4)


def test_the_officer_is_whoever_is_named(
    pair: Pair, notice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--officer, else HOTLINE_OFFICER, else the login name."""

    def officer(*words: str) -> str:
        sent = pair.hmeimim.json("reply", notice["id"], "stand-by", "--no-wait", *words)
        return str(sent["message"]["officer"])

    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert officer() == "login"
    monkeypatch.setenv("HOTLINE_OFFICER", "variable")
    assert officer() == "variable"
    assert officer("--officer", "option") == "option"


def test_status_says_that_all_is_well(pair: Pair) -> None:
    """With the line up and nothing wrong: the line, its peer, the queue; exit code 0 or 1."""
    text = unmarked(pair.iaf.hotline("status").stdout)
    assert text.splitlines()[0] == "all is well"
    assert "hmeimim  up for" in text
    assert pair.iaf.json("status")["lines"][0]["up"] is True
    quiet = pair.iaf.hotline("status", "--quiet")
    assert quiet.output == ""


def test_doctor_names_every_check(pair: Pair) -> None:
    """Each check has a line, and the JSON says the same."""
    found = pair.iaf.json("doctor")
    assert found["ok"] is True
    lines = unmarked(pair.iaf.hotline("doctor").stdout).splitlines()
    assert len(lines) == len(found["checks"])
    assert all(line.startswith("ok ") for line in lines)


def test_log_show_lists_messages_and_everything_else(pair: Pair, notice: dict[str, Any]) -> None:
    """Kinds, time, log and number can be chosen."""
    pair.hmeimim.hotline("show", notice["id"], "--officer", "orlov")
    entries = pair.hmeimim.json("log", "show")["entries"]
    assert {"notice", "read"} <= {entry["kind"] for entry in entries}
    (read,) = pair.hmeimim.json("log", "show", "--kind", "read", "--limit", "1")["entries"]
    assert read["what"] == {"message": notice["id"], "officer": "orlov"}
    since = ["--since", read["at"], "--log", "iaf"]
    assert read in pair.hmeimim.json("log", "show", *since)["entries"]
    text = pair.hmeimim.hotline("log", "show", "--kind", "read", "--kind", "notice").stdout
    assert f"orlov opened message {notice['id'][:8]}" in text
    assert "Patrol south of Cyprus" in text
    assert "started" in pair.hmeimim.hotline("log", "show", "--log", "node").stdout
    pair.hmeimim.fails("node.unknown-log", "log", "show", "--log", "other", exit_code=2)


def test_log_verify_checks_a_running_node(pair: Pair, notice: dict[str, Any]) -> None:
    """The verdict, and size and root of each log to compare with the peer's."""
    assert notice["receipt"]
    found = pair.iaf.json("log", "verify")
    assert found["ok"] is True
    assert found["failures"] == []
    assert found["messages"] >= 1
    text = unmarked(pair.iaf.hotline("log", "verify").stdout)
    assert text.startswith("the record holds: ")
    assert "hotline/exercise/iaf/node/1" in text


def test_watch_shows_events_as_they_come(pair: Pair, tmp_path: Path) -> None:
    """A message of the peer's is one line, with its title."""
    command = [sys.executable, "-m", "hotline", "--config", str(pair.hmeimim.site.config), "watch"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as raw:
        assert raw.stdout is not None
        assert json.loads(raw.stdout.readline())["event"] == "open"
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as plain:
            assert plain.stdout is not None
            # The mark is the first line, and it listens when it prints that.
            assert plain.stdout.readline() == "EXERCISE\n"
            end = time.monotonic() + PATIENCE_S
            heard = ""
            path = write(tmp_path, "w.json", "iaf/13-balloon.json", reference=None)
            with selectors.DefaultSelector() as selector:
                selector.register(plain.stdout, selectors.EVENT_READ)
                while not heard and time.monotonic() < end:
                    send(pair, path)
                    if selector.select(1.0):
                        heard = plain.stdout.readline()
            plain.send_signal(2)
            plain.communicate(timeout=20)
        assert "message  " in heard
        assert "ROUTINE  notice IAF-" in heard
        assert "Sounding balloon, starts in " in heard
        event = json.loads(raw.stdout.readline())
        assert (event["event"], event["line"], event["kind"]) == ("message", "iaf", "notice")
        raw.send_signal(2)
        raw.communicate(timeout=20)
    assert (plain.returncode, raw.returncode) == (0, 0)


def test_no_alarms(pair: Pair) -> None:
    """Where nothing rang, that is said; an alarm that is not there cannot be acknowledged."""
    assert unmarked(pair.iaf.hotline("alarms").stdout) == "no alarms\n"
    assert pair.iaf.json("alarms", "--all") == {"traffic": "EXERCISE", "alarms": [], "more": False}
    pair.iaf.fails("alarm.unknown", "acknowledge", "99", "--officer", "levy", exit_code=2)


def acknowledged(pair: Pair, number: str) -> Result:
    """Acknowledge an alarm of iaf by name."""
    return pair.iaf.hotline("acknowledge", number, "--officer", "levy")


def test_a_peer_that_is_gone(pair: Pair, notice: dict[str, Any], tmp_path: Path) -> None:
    """Status says so first and ends with 3, send keeps the message and ends with 6.

    Then the alarm latches, is acknowledged by name, and the restored line delivers what waited.
    The stopped node's record can be read and verified all the while.
    """
    assert pair.hmeimim.stop() == 0
    pair.iaf.wait_for_line(up=False)
    result = pair.iaf.hotline("status", exit_code=3)
    assert unmarked(result.stdout).startswith("wrong  the line with hmeimim is down")
    assert "hmeimim  DOWN for" in result.stdout
    assert pair.iaf.hotline("status", "--quiet", exit_code=3).output == ""
    waiting = write(tmp_path, "tanker.json", "iaf/03-tanker.json", reference="IAF-0150")
    result = pair.iaf.hotline("send", waiting, "--wait", "0.2", exit_code=6)
    assert "no receipt yet" in result.stdout
    assert "[cli.not-acknowledged]" in result.stderr
    assert pair.iaf.hotline("send", ADVISORY, "--no-wait").exit_code == 0
    assert "none yet" in pair.iaf.hotline("outbox").stdout

    pair.hmeimim.fails("api.no-node", "status", exit_code=1)
    pair.hmeimim.fails("api.no-node", "send", PATROL, exit_code=1)
    stopped = pair.hmeimim.hotline("show", notice["id"])
    assert "Patrol south of Cyprus" in stopped.stdout
    assert "no node runs here" in stopped.stderr
    assert pair.hmeimim.json("log", "verify")["ok"] is True

    end = time.monotonic() + PATIENCE_S
    # An alarm has a number once it is in the journal.
    while not (alarms := [a for a in pair.iaf.json("alarms")["alarms"] if a["id"]]):
        assert time.monotonic() < end
    shown = pair.iaf.hotline("alarms").stdout
    assert "STANDING, not acknowledged" in shown
    number = str(alarms[0]["id"])
    assert f"alarm {number} is acknowledged by levy" in acknowledged(pair, number).stderr
    assert "standing, acknowledged by levy" in pair.iaf.hotline("alarms").stdout

    pair.hmeimim.start()
    pair.hmeimim.wait_for_line(up=True)
    pair.iaf.wait_for_line(up=True)
    while pair.iaf.json("show", "IAF-0150")["message"]["receipt"] is None:
        assert time.monotonic() < end
    received = [view["reference"] for view in pair.hmeimim.json("inbox")["messages"]]
    assert received.count("IAF-0150") == 1
