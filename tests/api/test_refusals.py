"""What does not fit is refused with a code and a hint, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.api.requests import MAX_BODY
from hotline.api.schema import ReplyRequest, SendRequest
from hotline.errors import JournalError, UsageError
from tests.api.conftest import Asked, Lone, Pair, ask
from tests.centres import PATIENCE_S, example

PATROL = example("hmeimim/02-patrol.json")


def problem(asked: Asked) -> tuple[int, str]:
    """Return status and code, having seen that the answer is a whole Problem."""
    assert asked.body.keys() == {"code", "message", "hint", "kind"}
    assert asked.body["message"]
    assert "Traceback" not in asked.body["message"]
    return asked.status, asked.body["code"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "api.bad-json"),
        (b"{", "api.bad-json"),
        (b"\xff\xfe", "api.bad-json"),
        (b'{"document": {}, "document": {}}', "api.bad-json"),
        (b'{"document": {"kind": "notice", "kind": "notice"}}', "api.bad-json"),
        (b'{"document": ' + b"[" * 5000 + b"]" * 5000 + b"}", "api.bad-json"),
        (b'{"document": {}, "wait_s": NaN}', "api.bad-json"),
        (b'{"document": {"kind": "service", "text": "\\ud800"}}', "api.bad-text"),
        (b'{"document": {"kind": "service", "\\udfff": 1}}', "api.bad-text"),
        (b'{"document": {"kind": "service", "text": "\\ude00\\ud83d"}}', "api.bad-text"),
        (b"[]", "api.bad-body"),
        (b"{}", "api.bad-body"),
        (b'{"document": {}, "urgent": true}', "api.bad-body"),
        (b'{"document": "notice"}', "api.bad-body"),
        (b'{"document": {}, "wait_s": "1"}', "api.bad-body"),
        (b'{"document": {}, "wait_s": -1}', "api.bad-wait"),
        (b'{"document": {}, "wait_s": 1e9}', "api.bad-wait"),
        (b'{"document": {}}', "model.unknown-kind"),
        (b'{"document": {"kind": "service"}}', "model.text-missing"),
        (b'{"document": {"kind": "service", "text": "x", "volume": 1}}', "model.unknown-field"),
        (
            b'{"document": {"kind": "service", "text": "x"}, "precedence": "Z"}',
            "api.bad-precedence",
        ),
        (b'{"document": {"kind": "service", "text": "x"}, "officer": "a\\nb"}', "api.bad-officer"),
    ],
)
async def test_a_bad_body_is_refused(lone: Lone, raw: bytes, code: str) -> None:
    """Each fault has its own code; nothing is signed."""
    assert problem(await ask(lone.centre, "POST", "/v1/messages", raw=raw)) == (400, code)
    assert (await lone.client.messages()).messages == []


async def test_a_body_that_is_not_encoded_as_it_says_is_refused(lone: Lone) -> None:
    """Content-Encoding promises gzip, and what comes is none: no defect of the node."""
    asked = await ask(
        lone.centre,
        "POST",
        "/v1/messages",
        raw=b'{"document": {}}',
        headers={"Content-Encoding": "gzip"},
    )
    assert problem(asked) == (400, "api.bad-encoding")


async def test_what_waits_for_an_answer_is_asked_for_as_strictly(lone: Lone) -> None:
    """A question that finds nothing in any case is still held against what may be asked."""
    for fault, code in (("since=", "model.bad-time"), ("limit=0", "api.bad-limit")):
        asked = await ask(lone.centre, "GET", f"/v1/messages?direction=out&awaiting=us&{fault}")
        assert problem(asked) == (400, code)


async def test_a_wrong_method_is_told_which_are_right(lone: Lone) -> None:
    """405 is a Problem like others, and names the methods in Allow (RFC 9110, 15.5.6)."""
    asked = await ask(lone.centre, "TRACE", "/v1/drafts/1")
    assert problem(asked) == (405, "api.wrong-method")
    assert asked.headers["Allow"] == "DELETE, GET, POST"


async def test_a_body_above_the_limit_is_not_read(lone: Lone) -> None:
    """One byte more than 1 MiB is 413; as many as allowed are read, and found not to be JSON."""
    large = await ask(lone.centre, "POST", "/v1/messages", raw=b" " * (MAX_BODY + 1))
    assert problem(large) == (413, "api.body-too-large")
    exact = await ask(lone.centre, "POST", "/v1/messages", raw=b" " * MAX_BODY)
    assert problem(exact) == (400, "api.bad-json")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (404, "api.no-such-path")),
        ("GET", "/v2/status", (404, "api.no-such-path")),
        ("GET", "/v1/status/", (404, "api.no-such-path")),
        ("DELETE", "/v1/status", (405, "api.wrong-method")),
        ("GET", "/v1/status?verbose=1", (400, "api.unknown-parameter")),
        ("GET", "/v1/messages?limit=0", (400, "api.bad-limit")),
        ("GET", "/v1/messages?limit=1001", (400, "api.bad-limit")),
        ("GET", "/v1/messages?limit=99999999999999", (400, "api.bad-limit")),
        ("GET", "/v1/messages?limit=ten", (400, "api.bad-limit")),
        ("GET", "/v1/messages?limit=1&limit=2", (400, "api.repeated-parameter")),
        ("GET", "/v1/messages?direction=up", (400, "api.bad-direction")),
        ("GET", "/v1/messages?peer=nobody", (404, "node.unknown-peer")),
        ("GET", "/v1/messages?since=yesterday", (400, "model.bad-time")),
        ("GET", "/v1/messages?since=2026-03-01T10:00:00", (400, "model.time-without-zone")),
        ("GET", "/v1/messages?name=x", (400, "api.unknown-parameter")),
        ("GET", "/v1/messages/ffffff", (404, "node.no-such-message")),
        ("GET", "/v1/messages/x", (404, "node.no-such-message")),
        ("GET", "/v1/messages/%27%3B%20--", (404, "node.no-such-message")),
        ("GET", "/v1/alarms?all=yes", (400, "api.bad-flag")),
        ("GET", "/v1/log?log=nobody", (404, "node.unknown-log")),
        ("POST", "/v1/lines/nobody/check", (404, "node.unknown-peer")),
    ],
)
async def test_a_bad_question_is_refused(
    lone: Lone, method: str, path: str, expected: tuple[int, str]
) -> None:
    """Paths, methods, parameters and names that do not exist are told apart."""
    assert problem(await ask(lone.centre, method, path)) == expected


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/messages/ffffff/read", {"officer": "a"}, (404, "node.no-such-message")),
        ("/v1/messages/ffffff/read", {"officer": " "}, (400, "api.bad-officer")),
        ("/v1/messages/ffffff/read", {"officer": "a" * 81}, (400, "api.bad-officer")),
        ("/v1/messages/ffffff/read", {}, (400, "api.bad-body")),
        ("/v1/messages/ffffff/reply", {"answer": "accept"}, (400, "api.bad-body")),
        (
            "/v1/messages/ffffff/reply",
            {"answer": "accept", "officer": "a"},
            (404, "node.no-such-message"),
        ),
        ("/v1/alarms/1/acknowledge", {"officer": "a"}, (404, "alarm.unknown")),
        ("/v1/alarms/one/acknowledge", {"officer": "a"}, (400, "api.bad-alarm")),
        ("/v1/alarms/99999999999999999999/acknowledge", {"officer": "a"}, (400, "api.bad-alarm")),
    ],
)
async def test_an_act_on_what_is_not_there_is_refused(
    lone: Lone, path: str, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Reading, answering and acknowledging need their object, and a name."""
    assert problem(await ask(lone.centre, "POST", path, body)) == expected


async def test_an_unknown_peer_and_a_step_that_does_not_fit(lone: Lone) -> None:
    """404 for a line that is not there, 409 for what a notice's life does not allow."""
    request = {"document": PATROL, "peer": "nobody"}
    asked = await ask(lone.centre, "POST", "/v1/messages", request)
    assert problem(asked) == (404, "node.unknown-peer")
    end = {"kind": "end", "reference": "HMEIMIM-0404", "at": "+0s"}
    asked = await ask(lone.centre, "POST", "/v1/messages", {"document": end})
    assert problem(asked) == (409, "model.undefined-step")


async def test_nobody_answers_himself(pair: Pair) -> None:
    """A reply to a message of one's own centre is refused."""
    sent = await pair.a.send(SendRequest(document=example("iaf/01-patrol.json")))
    with pytest.raises(UsageError) as caught:
        await pair.a.reply(sent.id, ReplyRequest(answer="reject", officer="levy", reason="no"))
    assert caught.value.code == "node.reply-to-own"


async def test_two_read_backs_are_refused(pair: Pair) -> None:
    """Whoever reads back does not have the node do it too."""
    document = example("iaf/01-patrol.json")
    sent = await pair.a.send(SendRequest(document=document, wait_s=PATIENCE_S))
    asked = ReplyRequest(answer="accept", officer="a", read_back={}, read_back_signed=True)
    with pytest.raises(UsageError) as caught:
        await pair.b.reply(sent.id, asked)
    assert caught.value.code == "api.two-read-backs"


async def test_an_acceptance_without_read_back_is_refused(pair: Pair) -> None:
    """The rule is the model's; the API passes on its code and hint."""
    document = example("iaf/01-patrol.json")
    sent = await pair.a.send(SendRequest(document=document, wait_s=PATIENCE_S))
    body = {"answer": "accept", "officer": "ivanov"}
    asked = await ask(pair.hmeimim, "POST", f"/v1/messages/{sent.id}/reply", body)
    assert problem(asked) == (400, "model.read-back-missing")
    assert asked.body["kind"] == "ModelError"


async def test_an_ambiguous_prefix_is_refused(lone: Lone, monkeypatch: Any) -> None:
    """A name that fits two messages is nobody's: 409, and more digits are asked for."""

    def ambiguous(*_: object, **__: object) -> None:
        raise UsageError("node.ambiguous-id", "'abcdef' fits 2 messages", "give more digits")

    monkeypatch.setattr("hotline.api.handlers.find_message", ambiguous)
    asked = await ask(lone.centre, "GET", "/v1/messages/abcdef")
    assert problem(asked) == (409, "node.ambiguous-id")


async def test_an_alarm_is_acknowledged_once(lone: Lone) -> None:
    """The second officer is told who was first."""
    await lone.centre.bell.ring("test.alarm", "", "", "something")
    (alarm,) = (await lone.client.alarms()).alarms
    await lone.client.acknowledge(alarm.id, "ivanov")
    asked = await ask(
        lone.centre, "POST", f"/v1/alarms/{alarm.id}/acknowledge", {"officer": "petrova"}
    )
    assert problem(asked) == (409, "alarm.already-acknowledged")
    assert "ivanov" in asked.body["message"]


async def test_a_fenced_node_sends_nothing(lone: Lone) -> None:
    """Both kinds of sending are refused with 409; reading goes on."""
    await lone.centre.fence("its log was rolled back")
    asked = await ask(lone.centre, "POST", "/v1/messages", {"document": PATROL})
    assert problem(asked) == (409, "journal.fenced")
    asked = await ask(lone.centre, "POST", "/v1/lines/iaf/check")
    assert problem(asked) == (409, "journal.fenced")
    assert (await lone.client.messages()).messages == []


async def test_a_journal_that_takes_nothing_is_503(lone: Lone, monkeypatch: Any) -> None:
    """A full disk is the node's trouble, not the request's."""

    def full(*_: object) -> None:
        raise JournalError("journal.full", "the disk is full", "free space")

    monkeypatch.setattr("hotline.journal.journal.compose", full)
    asked = await ask(lone.centre, "POST", "/v1/messages", {"document": PATROL})
    assert problem(asked) == (503, "journal.full")


async def test_a_defect_shows_a_code_and_no_traceback(lone: Lone, monkeypatch: Any) -> None:
    """What nobody foresaw is logged by the node, and told without its inside."""

    async def broken(*_: object) -> None:
        raise ValueError("secret inside")

    monkeypatch.setattr(lone.centre.reader, "run", broken)
    asked = await ask(lone.centre, "GET", "/v1/status")
    assert problem(asked) == (500, "api.defect")
    assert "secret" not in str(asked.body)
