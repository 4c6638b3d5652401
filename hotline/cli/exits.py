"""The exit codes, and which error has which. Scripts depend on them: they never change."""

from __future__ import annotations

from enum import IntEnum

from hotline.errors import FencedError, HotlineError, TrustError, UsageError


class Exit(IntEnum):
    """What a finished command says to the script that called it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    LINE_DOWN = 3
    NOT_ALLOWED = 4
    UNVERIFIED = 5
    NOT_ACKNOWLEDGED = 6


_NOT_ALLOWED = frozenset(
    {
        "api.not-allowed",
        "config.letter-of-another-status",
        "exercise.actual-node",
        "exercise.not-an-exercise",
        "exercise.not-here",
        "keys.not-protected",
        "keys.readable-by-others",
        "keys.wrong-role",
        "keys.wrong-status",
        "model.wrong-actor",
        "airspace.other-status",
        "formats.other-status",
        "node.actual",
        "node.other-exercise",
        "node.other-status",
        "node.reply-to-own",
        "node.second-officer",
        "trust.certificate-wrong-status",
        "trust.wrong-status",
        "voice.not-ours",
        "voice.other-exercise",
        "voice.other-status",
    }
)
_UNVERIFIED = frozenset(
    {
        "backup.does-not-hold",
        "evidence.record-does-not-hold",
        "export.tree-differs",
        "keys.different-words",
        "record.bad-line",
        "record.chain",
        "record.no-beginning",
        "record.numbering",
        "report.journal-does-not-verify",
        "report.journals-disagree",
        "report.no-endex",
        "report.not-of-an-exercise",
        "report.other-exercise",
        "report.other-scenario",
        "report.record-not-bound",
    }
)
_LINE_DOWN = frozenset({"exercise.line-down"})
# Asked rightly, of a node that does not answer, or has nothing to be recovered.
_NOT_USAGE = frozenset({"api.no-answer", "api.no-node", "journal.not-fenced", "voice.no-node"})


def exit_of(error: HotlineError) -> Exit:
    """Return the exit code for an error: by its code where that says more than its class."""
    if isinstance(error, FencedError) or error.code in _NOT_ALLOWED:
        return Exit.NOT_ALLOWED
    if error.code in _LINE_DOWN:
        return Exit.LINE_DOWN
    if isinstance(error, TrustError) or error.code in _UNVERIFIED:
        return Exit.UNVERIFIED
    if isinstance(error, UsageError) and error.code not in _NOT_USAGE:
        return Exit.USAGE
    return Exit.FAILED
