"""Step 4: what each kind of record says, and in which logs it is entered.

Every kind has one form (``docs/spec/log.md``, section 2). A kind that is not in the table fails:
whoever verifies must know all that a record can say. So a kind of a later version is a failure to
an older program, which cannot tell what it would pass over.
"""

from __future__ import annotations

from typing import Any

from hotline.errors import HotlineError
from hotline.journal.compared import COMPARED
from hotline.journal.deadlines import ANSWER_DUE, ANSWER_TIME
from hotline.journal.duty import FORMS
from hotline.journal.forks import FORK
from hotline.journal.opening import LINE_OPENED
from hotline.journal.prune import ARCHIVED
from hotline.journal.relations import CONFLICT
from hotline.journal.remarks import REMARKED
from hotline.journal.voice import VOICE
from hotline.model.times import shorten
from hotline.trust.spoken import check_words
from hotline.wire import records
from hotline.wire.access_records import ACCESS_FORMS
from hotline.wire.audit_records import AUDIT_FORMS

OF_A_LINE: dict[str, Any] = {
    # None: it is read by the step that it is for (9, 2, 11, 6, 11, 11, 11, 11, 11, 10).
    "receipt": None,
    "equivocation": None,
    "read": None,
    "anchor": None,
    REMARKED: None,
    CONFLICT: None,
    COMPARED: None,
    ANSWER_TIME: None,
    ANSWER_DUE: None,
    FORK: None,
    "rejection": records.Rejected,
    "refusal": records.RefusedFrame,
    "association": records.Up | records.Identified | records.Down,
    "clock": records.Clock,
    VOICE: records.VoiceSpoken | records.VoiceHeard | records.VoiceConfirmed,
}
"""The kinds of record in a line's log, with the form of those that no other step reads."""

OF_THE_NODE: dict[str, Any] = {
    # By steps 10, 11, 4, 1 and 1.
    FORK: None,
    "alarm-raised": None,
    "alarm-cleared": None,
    "alarm-acknowledged": None,
    "recovered": None,
    ARCHIVED: None,
    LINE_OPENED: None,
    "refusal": records.RefusedStranger,
    "node": records.NodeState,
    "clock-stepped": records.Stepped,
    **FORMS,
    **ACCESS_FORMS,
    **AUDIT_FORMS,
}
"""The kinds of record in the node's own log, as above."""

_MISSING = object()


def check_record(kind: str, payload: bytes, *, of_line: bool) -> str:
    """Return what is wrong with a record of a line's log, or of the node's own; "" if nothing."""
    kinds = OF_A_LINE if of_line else OF_THE_NODE
    form = kinds.get(kind, _MISSING)
    if form is None:
        return ""
    if form is _MISSING:
        other = OF_THE_NODE if of_line else OF_A_LINE
        where = "does not belong in this log" if kind in other else "is not known to this version"
        return f"a record of the kind {shorten(kind, 40)} {where}"
    if len(payload) > records.MAX_RECORD:
        return f"what is entered as {kind} is too large to be read"
    try:
        said = records.decode_record(payload, form, kind)
    except HotlineError as error:
        return f"what is entered as {kind} cannot be read: {error.message}"
    spoken = isinstance(said, records.VoiceSpoken | records.VoiceHeard)
    if spoken and said.words != " ".join(check_words(said.text)):
        return f"the check words of what is entered as {kind} are not those of its text"
    return ""
