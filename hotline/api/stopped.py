"""Reading a stopped node's journal in the shapes of the API.

The record is there to be looked at after the node has ended, on the same machine or on a copy.
Only reading is possible: whoever opens a message here leaves no entry, since nobody signs.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar, Unpack

import msgspec

from hotline.api import schema, views, voice_shapes
from hotline.api.airspace_shapes import AirspaceView
from hotline.api.picture import picture, pieces_then
from hotline.api.relations import Lookup, lookup_in, thread_with_relations, with_relations
from hotline.api.routes import DEFAULT_LIMIT
from hotline.api.voice_views import page_of
from hotline.audit.search.pages import read_page
from hotline.audit.search.terms import Words, moment_in, parse_search
from hotline.errors import UsageError
from hotline.journal import queries
from hotline.journal.access_shelf import shelf
from hotline.journal.banner import banner_of
from hotline.journal.queries import centre_of
from hotline.journal.schema import connect, store_error
from hotline.journal.stood import lines_then, peers_of, relations_by
from hotline.journal.voice import calls
from hotline.model.letter import Letter
from hotline.model.times import shorten

T = TypeVar("T")
M = TypeVar("M", bound=schema.Marked)


class Reading(Protocol):
    """What can be asked of a running node and of a stopped one alike."""

    traffic: str

    async def messages(
        self,
        *,
        direction: str | None = None,
        peer: str | None = None,
        kind: str | Sequence[str] | None = None,
        since: str | None = None,
        limit: int | None = None,
    ) -> schema.MessagePage:
        """Return messages, newest first."""

    async def message(self, name: str) -> schema.Thread:
        """Return one message with all that belongs to it."""

    async def alarms(self, *, all: bool = False) -> schema.AlarmPage:  # noqa: A002 - as the API
        """Return the alarms that stand, or all that ever were."""

    async def voice(
        self, *, peer: str | None = None, name: str | None = None, limit: int | None = None
    ) -> voice_shapes.VoicePage:
        """Return what was said over a telephone, newest first."""

    async def log(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        **words: Unpack[Words],
    ) -> schema.EntryPage:
        """Return entries of the node's logs, newest first; with ``after`` those next."""

    async def airspace(
        self, *, at: str | None = None, line: str | None = None, limit: int | None = None
    ) -> AirspaceView:
        """Return the picture around a moment."""


class StoppedNode:
    """A journal's file, read without its node; raises JournalError when there is none.

    ``now_us`` is the time that the reader believes in, ``letters`` are those that are at hand, by
    peer: without one it is not known how much warning was agreed on.
    """

    def __init__(
        self, journal: Path, now_us: int, letters: Mapping[str, Letter] | None = None
    ) -> None:
        self._journal = journal
        self._seen = views.Viewpoint(now_us, letters or {})
        self._connection: sqlite3.Connection
        self._centre: str
        self.traffic = ""
        """What everything that is read here is marked with; empty for actual traffic."""

    async def __aenter__(self) -> Self:
        """Open the journal."""
        self._connection = connect(self._journal, writable=False)
        try:
            self._centre = self._ask(centre_of)
            self.traffic = self._ask(banner_of)
            self._seen = dataclasses.replace(self._seen, traffic=self.traffic)
        except BaseException:
            self._connection.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self._connection.close()

    async def messages(
        self,
        *,
        direction: str | None = None,
        peer: str | None = None,
        kind: str | Sequence[str] | None = None,
        since: str | None = None,
        limit: int | None = None,
    ) -> schema.MessagePage:
        """Return messages, newest first."""
        found = self._ask(
            lambda connection: views.message_views(
                connection,
                queries.messages(
                    connection,
                    direction=direction,
                    peer=peer,
                    kinds=_kinds(kind),
                    since_us=moment_in(since),
                    limit=limit or DEFAULT_LIMIT,
                ),
                self._seen,
            )
        )
        return self._marked(schema.MessagePage(messages=with_relations(found, self._relations())))

    async def message(self, name: str) -> schema.Thread:
        """Return one message with all that belongs to it. Raises UsageError."""
        found = self._ask(
            lambda connection: views.message_thread(
                connection, queries.find_message(connection, name), self._seen
            )
        )
        return self._marked(thread_with_relations(found, self._relations()))

    async def alarms(self, *, all: bool = False) -> schema.AlarmPage:  # noqa: A002 - as the API
        """Return the alarms that stood when the node ended, or all that ever were."""
        found = self._ask(lambda connection: queries.alarms(connection, standing_only=not all))
        quiet = {
            id_: one for id_, one in self._ask(shelf).items() if one.until_us > self._seen.now_us
        }
        return self._marked(
            schema.AlarmPage(
                alarms=[views.alarm_view(alarm, quiet.get(alarm.id)) for alarm in found]
            )
        )

    async def voice(
        self, *, peer: str | None = None, name: str | None = None, limit: int | None = None
    ) -> voice_shapes.VoicePage:
        """Return what was said over a telephone, newest first."""
        found = self._ask(lambda connection: calls(connection, peer))
        return self._marked(page_of(found, name, limit or DEFAULT_LIMIT))

    async def log(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        **words: Unpack[Words],
    ) -> schema.EntryPage:
        """Return entries of the node's logs, newest first; with ``after`` those next."""
        search = parse_search(words)
        return self._marked(
            self._ask(
                lambda connection: views.entry_page(
                    connection,
                    read_page(
                        connection,
                        search,
                        limit=limit or DEFAULT_LIMIT,
                        after=after,
                        before=before,
                    ),
                    self._centre,
                )
            )
        )

    async def airspace(
        self, *, at: str | None = None, line: str | None = None, limit: int | None = None
    ) -> AirspaceView:
        """Return the picture around a moment, by what was entered until then. Raises UsageError."""
        asked_us = moment_in(at)
        at_us = self._seen.now_us if asked_us is None else asked_us
        known_us = min(at_us, self._seen.now_us)
        if line is not None and line not in self._ask(peers_of):
            raise UsageError(
                "node.unknown-peer",
                f"this journal has no line with {shorten(line)}",
                "name a centre that it has a line with, or leave it out",
            )
        pieces = self._ask(lambda connection: pieces_then(connection, known_us, line))
        return self._marked(picture(self._centre, pieces, at_us, known_us, limit or DEFAULT_LIMIT))

    def _marked(self, answer: M) -> M:
        return msgspec.structs.replace(answer, traffic=self.traffic)

    def _relations(self) -> Lookup:
        """Return what was entered last of relations that had not ended."""
        now_us = self._seen.now_us
        stood = self._ask(
            lambda connection: {
                peer: relations_by(connection, log, now_us)
                for peer, log in lines_then(connection, now_us).items()
            }
        )
        return lookup_in(stood, now_us)

    def _ask(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return query(self._connection)
        except sqlite3.Error as error:
            raise store_error(error) from error


def _kinds(kind: str | Sequence[str] | None) -> tuple[str, ...]:
    if kind is None:
        return ()
    return (kind,) if isinstance(kind, str) else tuple(kind)
