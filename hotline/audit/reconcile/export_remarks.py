"""That the flags which an export tells of messages are those that its ``remarked`` entries bind."""

from __future__ import annotations

import msgspec

from hotline.audit.entries import Entry, RecordEntry
from hotline.audit.reconcile.export_lines import MessageLine, RecordLine, words_differ
from hotline.errors import WireError
from hotline.journal.remarks import REMARKED
from hotline.wire.envelope import MAX_GROUP
from hotline.wire.records import Remarked, decode_record


class Flagged:
    """The flags of one log's messages that wait for their entry, as the lines are read in order.

    A node enters remarks just behind the group that they are on (docs/spec/log.md, section 2), so
    anything else that follows shows one missing. Only the end of an export may lie between them.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, list[dict[str, str]]] = {}

    def take(self, line: MessageLine | RecordLine, entry: Entry, number: int) -> None:
        """Take the next line. Raises TrustError (``export.words-differ``)."""
        if isinstance(entry, RecordEntry) and entry.kind == REMARKED:
            try:
                said = decode_record(entry.payload, Remarked, REMARKED)
            except WireError as error:
                raise words_differ(number, error.message) from error
            told = self._waiting.pop(said.message.hex(), None)
            if told != [msgspec.to_builtins(flag) for flag in said.flags]:
                raise words_differ(number, "its message is told to have other flags")
        elif isinstance(line, MessageLine) and line.direction == "in":
            if line.flags:
                self._waiting[line.id] = list(line.flags)
            if len(self._waiting) > MAX_GROUP:
                raise words_differ(number, "messages before it have flags that were not entered")
        elif self._waiting:
            raise words_differ(number, "a message before it has flags that were not entered")
