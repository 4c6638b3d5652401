"""What both records have of a call: told, and never a difference."""

from __future__ import annotations

from contextlib import closing

import pytest

from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.calls import MAX_CALLS, Calls, compare_calls
from hotline.audit.reconcile.tables import Tables
from hotline.wire.records import VoiceHeard, VoiceSpoken

TEXT = """\
A EXERCISE FROM IAF TO HMEIMIM
B ADVISORY
C PRECEDENCE FLASH
S TEXT TURN LEFT
Z MESSAGE 8D41F0C2
"""
WRONG = TEXT.replace("LEFT", "RIGHT")
ID = bytes.fromhex("8d41f0c2") + bytes(28)
HOUR_US = 3_600_000_000


def side(*texts: str, spoken: bool) -> Calls:
    """Return what a side read out or wrote down, an hour apart."""
    calls = Calls()
    for hour, text in enumerate(texts, 9):
        said = VoiceSpoken(ID, text, "", "") if spoken else VoiceHeard(text, "", "", (), "")
        calls.take(said, hour * HOUR_US)
    return calls


def told(spoken: Calls, heard: Calls) -> list[tuple[str, str]]:
    """Return what is remarked of a call, by code."""
    with closing(Tables()) as tables:
        account = Account(tables)
        compare_calls(account, "iaf", spoken, "hmeimim", heard)
        return [(one.code, one.text) for one in account.remarks]


@pytest.mark.parametrize(
    ("read", "written", "code", "text"),
    [
        ([TEXT], [TEXT], "voice-agrees", "wrote it down at 09:00:00.000, with the same content"),
        (
            [TEXT],
            [WRONG, TEXT],
            "voice-agrees",
            "wrote it down at 10:00:00.000, with the same content",
        ),
        (
            [TEXT, TEXT],
            [TEXT, WRONG],
            "voice-agrees",
            "at 09:00:00.000; hmeimim wrote it down at 09:",
        ),
        ([TEXT], [WRONG], "voice-differs", "with something else in S"),
        ([TEXT], [], "voice-not-heard", "hmeimim did not write it down"),
        ([], [TEXT], "voice-not-spoken", "iaf read out no such message"),
        ([TEXT], ["sung"], "voice-not-heard", "iaf read ADVISORY (8d41f0c2) out"),
    ],
)
def test_each_message_is_told_of_once(
    read: list[str], written: list[str], code: str, text: str
) -> None:
    """It was heard if one attempt was right, as the listener's node has it."""
    (found,) = told(side(*read, spoken=True), side(*written, spoken=False))
    assert found[0] == code
    assert text in found[1]


def test_a_record_cannot_crowd_the_comparison() -> None:
    """Thousands of texts are left out, not read into memory."""
    calls = side(*[TEXT] * (MAX_CALLS + 5), spoken=False)
    assert len(calls.heard) == MAX_CALLS
