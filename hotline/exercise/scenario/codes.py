"""Codes of alarms and flags that a scenario can expect; a test holds them against the source."""

from __future__ import annotations

from typing import Final

ALARMS: Final = frozenset(
    {
        "airspace.conflict",
        "airspace.conflicts-untold",
        "airspace.more-relations",
        "airspace.possible",
        "airspace.proximity",
        "airspace.words-unread",
        "desk.reply-overdue",
        "exercise.real-world",
        "journal.failed",
        "journal.fenced",
        "line.clock-offset",
        "line.down",
        "line.epoch-closed",
        "line.equivocation",
        "line.letter-mismatch",
        "line.mirror-shrank",
        "line.peer-misbehaved",
        "line.receipt-overdue",
        "line.rejected",
        "line.rolled-back",
        "line.unwitnessed",
        "node.clock-stepped",
        "node.disk-low",
        "node.keys-expiring",
        "notice.activation-late",
        "notice.contingency",
        "notice.end-missing",
        "notice.nonconformance",
        "notice.overrun",
        "notice.reference-ours",
        "notice.short-warning",
        "trust.fork",
        "watch.officer-disabled",
        "witness.late",
    }
)
"""What can ring at a node."""

OF_A_NOTICE: Final = frozenset(
    {
        "airspace.conflict",
        "airspace.possible",
        "airspace.proximity",
        "desk.reply-overdue",
        "notice.activation-late",
        "notice.contingency",
        "notice.end-missing",
        "notice.nonconformance",
        "notice.overrun",
        "notice.reference-ours",
        "notice.short-warning",
    }
)
"""Alarms whose subject names the notice, or the two notices, that they are about."""

FLAGS: Final = frozenset(
    {
        "airspace.area-too-large",
        "airspace.beyond-horizon",
        "airspace.compared-later",
        "airspace.conflict",
        "airspace.direction-differs",
        "airspace.disagrees",
        "airspace.level-differs",
        "airspace.levels-upside-down",
        "airspace.place-differs",
        "airspace.possible",
        "airspace.proximity",
        "airspace.resolved",
        "airspace.time-differs",
        "airspace.words-unread",
        "model.read-back-end",
        "model.read-back-lower",
        "model.read-back-position",
        "model.read-back-start",
        "model.read-back-upper",
        "model.revision-gap",
        "model.revision-old",
        "model.undefined-step",
        "model.unknown-phrase",
        "model.wrong-actor",
        "notice.activation-early",
        "notice.activation-late",
        "notice.area-unknown",
        "notice.at-in-future",
        "notice.at-long-ago",
        "notice.overrun",
        "notice.reference-ours",
        "notice.short-warning",
        "voice.differs",
    }
)
"""What a node can remark on a message that it received."""
