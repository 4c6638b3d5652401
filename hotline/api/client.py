"""A node's API as Python methods: one a route, with the same shapes and the same errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from errno import EACCES, EPERM
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote, unquote

import aiohttp
import msgspec

import hotline.errors
from hotline.api import airspace_shapes, exercise_shapes, letter_shapes, schema, voice_shapes
from hotline.api.access_client import AccessMethods
from hotline.api.audit_client import AuditMethods
from hotline.api.routes import MAX_AREA, MAX_LIMIT, SESSION, TRAFFIC
from hotline.audit.search.terms import Words
from hotline.errors import HotlineError, UsageError

T = TypeVar("T")

ANSWER_S = 30.0
"""A node that says nothing for so long, beyond what it was asked to wait, is not well."""
MAX_LINE = 1024 * 1024

Parameters = Mapping[str, str | Sequence[str] | int | None]


class Client(AccessMethods, AuditMethods):
    """Speaks with the node behind ``socket``. Use it as an asynchronous context manager.

    Every method raises the node's own error (same class, code, message and hint), and UsageError
    ``api.no-node``, ``api.not-allowed`` or ``api.no-answer`` when the node cannot be asked.
    """

    def __init__(self, socket: Path | str) -> None:
        self.socket = Path(socket)
        self.traffic = ""
        """What the node marks its answers with, once it has answered; empty for an actual one."""
        self._session: aiohttp.ClientSession
        # The officer's session in which it speaks; empty: as the centre itself.
        self._headers: dict[str, str] = {}

    def on_behalf_of(self, token: str) -> Client:
        """Return a client that asks by the same connections for a session of an officer.

        The node then refuses what this officer may not do, or does under another name. It is open
        as long as this one is.
        """
        asking = Client(self.socket)
        asking._session = self._session
        asking._headers = {SESSION: token}
        return asking

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            "http://node",
            # Streams of events each hold one for as long as they last.
            connector=aiohttp.UnixConnector(str(self.socket), limit=0),
            read_bufsize=MAX_LINE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    # --- The node -------------------------------------------------------------------------

    async def health(self) -> schema.Health:
        """Return that the node's loop runs."""
        return await self._get("/health", schema.Health)

    async def ready(self) -> schema.Readiness:
        """Return whether the node takes messages; being unready is no error here."""
        return await self._get("/ready", schema.Readiness, fine=(200, 503))

    async def metrics(self) -> str:
        """Return the figures in the exposition format of Prometheus."""
        return (await self._ask("GET", "/metrics")).decode()

    async def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        return await self._get("/openapi.json", dict[str, Any])

    async def status(self) -> schema.Status:
        """Return the node at a glance."""
        return await self._get("/v1/status", schema.Status)

    async def doctor(self) -> schema.Doctor:
        """Return every check."""
        return await self._get("/v1/doctor", schema.Doctor)

    # --- Messages -------------------------------------------------------------------------

    async def send(self, request: schema.SendRequest) -> schema.Sent:
        """Have a message signed and kept, and wait for its receipt as the request says."""
        return await self._post("/v1/messages", request, schema.Sent, wait_s=request.wait_s)

    async def messages(
        self,
        *,
        direction: str | None = None,
        peer: str | None = None,
        kind: str | Sequence[str] | None = None,
        since: str | None = None,
        limit: int | None = None,
        awaiting: str | None = None,
        unread: bool = False,
        proposed: bool = False,
        before: str | None = None,
    ) -> schema.MessagePage:
        """Return messages, newest first; ``since`` is RFC 3339 with a zone.

        ``awaiting`` is ``us`` or ``peer``, for those that still want an answer from there;
        ``unread`` asks for those that nobody here has opened, ``proposed`` for our notices to
        which the peer proposes a change that nobody has taken up. ``before`` is that of the page
        that came before this one.
        """
        parameters = {
            "direction": direction,
            "peer": peer,
            "awaiting": awaiting,
            "kind": kind,
            "unread": "true" if unread else None,
            "proposed": "true" if proposed else None,
            "since": since,
            "before": before,
            "limit": limit,
        }
        return await self._get("/v1/messages", schema.MessagePage, parameters)

    async def message(
        self, name: str, *, language: str | None = None, checked: bool = False
    ) -> schema.Thread:
        """Return one message, by id or reference, with all that belongs to it.

        Each has its ``rendering`` in the language that is given. ``checked`` asks for what the
        node itself finds to flag in a message of its own.
        """
        asked = {"language": language, "checked": "true" if checked else None}
        return await self._get(_message_path(name), schema.Thread, asked)

    async def read(self, name: str, officer: str) -> schema.MessageView:
        """Record that an officer has opened a message."""
        body = schema.ReadRequest(officer=officer)
        return await self._post(f"{_message_path(name)}/read", body, schema.MessageView)

    async def reply(self, name: str, request: schema.ReplyRequest) -> schema.Sent:
        """Answer a message of the peer."""
        path = f"{_message_path(name)}/reply"
        return await self._post(path, request, schema.Sent, wait_s=request.wait_s)

    # --- Alarms, logs, lines --------------------------------------------------------------

    async def alarms(self, *, all: bool = False) -> schema.AlarmPage:  # noqa: A002 - as the API
        """Return the alarms that stand, or all that ever were, page by page."""
        if not all:
            return await self._get("/v1/alarms", schema.AlarmPage)
        page = await self.past_alarms(limit=MAX_LIMIT)
        pages = [page.alarms]
        while page.more:
            page = await self.past_alarms(before=page.alarms[0].id, limit=MAX_LIMIT)
            pages.append(page.alarms)
        found = [alarm for older in reversed(pages) for alarm in older]
        return msgspec.structs.replace(page, alarms=found)

    async def past_alarms(
        self, *, before: int | None = None, limit: int | None = None
    ) -> schema.AlarmPage:
        """Return a page of all alarms: the newest, or those raised before one of a number."""
        parameters = {"all": "true", "before": before, "limit": limit}
        return await self._get("/v1/alarms", schema.AlarmPage, parameters)

    async def acknowledge(self, id_: int, officer: str) -> schema.AlarmPage:
        """Take notice of an alarm, by name; return those that still stand."""
        body = schema.AcknowledgeRequest(officer=officer)
        return await self._post(f"/v1/alarms/{id_}/acknowledge", body, schema.AlarmPage)

    async def log(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        **words: Unpack[Words],
    ) -> schema.EntryPage:
        """Return entries of the node's logs, newest first; with ``after`` those next.

        ``words`` are the terms of `hotline.audit.search.terms`.
        """
        area = words.get("area")
        if area is not None and len(area) > MAX_AREA:
            raise UsageError(
                "search.area-too-large",
                f"the area takes {len(area)} characters, more than the {MAX_AREA} of a question",
                "draw it with fewer corners",
            )
        given: dict[str, Any] = {**words, "after": after, "before": before, "limit": limit}
        given["flagged"] = "true" if words.get("flagged") else None
        return await self._get("/v1/log", schema.EntryPage, given)

    async def check_line(self, peer: str) -> schema.Sent:
        """Send a line check."""
        return msgspec.json.decode(
            await self._ask("POST", f"/v1/lines/{quote(peer, safe='')}/check"), type=schema.Sent
        )

    async def letters(self) -> letter_shapes.LetterPage:
        """Return what was agreed on with every peer."""
        return await self._get("/v1/letters", letter_shapes.LetterPage)

    # --- Calls ----------------------------------------------------------------------------

    async def voice(
        self, *, peer: str | None = None, name: str | None = None, limit: int | None = None
    ) -> voice_shapes.VoicePage:
        """Return what was said over a telephone, newest first; ``name`` is of a message."""
        parameters = {"peer": peer, "name": name, "limit": limit}
        return await self._get("/v1/voice", voice_shapes.VoicePage, parameters)

    async def speak(self, name: str, officer: str) -> voice_shapes.VoiceView:
        """Record that a message of this centre is read out, and return its lines."""
        body = voice_shapes.SpeakRequest(name=name, officer=officer)
        return await self._post("/v1/voice/spoken", body, voice_shapes.VoiceView)

    async def take_down(self, text: str, officer: str, peer: str = "") -> voice_shapes.VoiceTaken:
        """Record what was heard."""
        body = voice_shapes.HearRequest(text=text, officer=officer, peer=peer)
        return await self._post("/v1/voice/heard", body, voice_shapes.VoiceTaken)

    async def confirm(
        self, name: str, words: str, officer: str, *, by_item: bool = False
    ) -> voice_shapes.VoiceView:
        """Record the words that the other side answered with."""
        body = voice_shapes.ConfirmRequest(name=name, words=words, officer=officer, by_item=by_item)
        return await self._post("/v1/voice/confirmed", body, voice_shapes.VoiceView)

    # --- The airspace ---------------------------------------------------------------------

    async def airspace(
        self,
        *,
        at: str | None = None,
        line: str | None = None,
        limit: int | None = None,
        drawn: bool = False,
    ) -> airspace_shapes.AirspaceView:
        """Return the picture around a moment; ``at`` is RFC 3339 with a zone, or now.

        ``drawn`` is whether areas come as a map can draw them, too.
        """
        parameters = {"at": at, "line": line, "limit": limit, "drawn": "true" if drawn else None}
        return await self._get("/v1/airspace", airspace_shapes.AirspaceView, parameters)

    async def check(self, request: airspace_shapes.CheckRequest) -> airspace_shapes.Checked:
        """Return what a message would mean; nothing is signed."""
        return await self._post("/v1/check", request, airspace_shapes.Checked)

    # --- Exercises and the watch ----------------------------------------------------------

    async def exercise(self) -> exercise_shapes.ExerciseView:
        """Return where play stands."""
        return await self._get("/v1/exercise", exercise_shapes.ExerciseView)

    async def tell_exercise(
        self, request: exercise_shapes.ExerciseRequest
    ) -> exercise_shapes.ExerciseView:
        """Enter an event of an exercise; real-world also tells every peer."""
        return await self._post("/v1/exercise", request, exercise_shapes.ExerciseView)

    async def real_world(self, by: str, text: str = "") -> exercise_shapes.ExerciseView:
        """Stop play at once, here and at every peer: real world, no play."""
        request = exercise_shapes.ExerciseRequest(event="real-world", by=by, text=text)
        return await self.tell_exercise(request)

    async def faults(self) -> exercise_shapes.FaultPage:
        """Return what is broken on purpose now."""
        return await self._get("/v1/faults", exercise_shapes.FaultPage)

    async def break_(self, request: exercise_shapes.FaultRequest) -> exercise_shapes.FaultPage:
        """Break something of the node on purpose, or make it whole; return what is broken then."""
        return await self._post("/v1/faults", request, exercise_shapes.FaultPage)

    async def watch(self) -> exercise_shapes.WatchView:
        """Return who has the watch, and the brief that is open."""
        return await self._get("/v1/watch", exercise_shapes.WatchView)

    async def take_step(self, request: exercise_shapes.WatchRequest) -> exercise_shapes.WatchView:
        """Take a step of the watch; return how it stands then."""
        return await self._post("/v1/watch", request, exercise_shapes.WatchView)

    async def events(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield (name, what) as things happen; ``open`` first, from which on nothing is missed.

        Ends when the node stops, or when this reader does not keep up.
        """
        # Heartbeats come every 10 s: silence for three of them is a node that is gone.
        timeout = aiohttp.ClientTimeout(total=None, sock_read=ANSWER_S)
        try:
            async with self._session.get(
                "/v1/events", timeout=timeout, headers=self._headers
            ) as response:
                if response.status != 200:
                    raise _error(response.status, await response.read())
                self._mark(response)
                name = ""
                async for raw in response.content:
                    field, _, value = raw.decode().rstrip("\n").partition(": ")
                    if field == "event":
                        name = value
                    elif field == "data":
                        yield name, msgspec.json.decode(value, type=dict[str, Any])
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from None

    # --- How --------------------------------------------------------------------------------

    async def _get(
        self,
        path: str,
        type_: type[T],
        parameters: Parameters | None = None,
        fine: tuple[int, ...] = (200,),
    ) -> T:
        return msgspec.json.decode(
            await self._ask("GET", path, parameters=parameters, fine=fine), type=type_
        )

    async def _post(
        self, path: str, body: schema.Request | None, type_: type[T], wait_s: float = 0.0
    ) -> T:
        data = None if body is None else msgspec.json.encode(body)
        return msgspec.json.decode(
            await self._ask("POST", path, data=data, wait_s=wait_s), type=type_
        )

    async def _delete(self, path: str, type_: type[T], parameters: Parameters | None = None) -> T:
        return msgspec.json.decode(
            await self._ask("DELETE", path, parameters=parameters), type=type_
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        parameters: Parameters | None = None,
        fine: tuple[int, ...] = (200, 201),
        wait_s: float = 0.0,
    ) -> bytes:
        query = [
            (name, str(value))
            for name, given in (parameters or {}).items()
            for value in ([given] if isinstance(given, str | int) else given or ())
        ]
        try:
            async with self._session.request(
                method,
                path,
                data=data,
                params=query,
                headers=self._headers
                | ({"Content-Type": "application/json"} if data is not None else {}),
                timeout=aiohttp.ClientTimeout(total=wait_s + ANSWER_S),
            ) as response:
                self._mark(response)
                answer = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from None
        if response.status not in fine:
            raise _error(response.status, answer)
        return answer

    @asynccontextmanager
    async def _stream(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        data: AsyncIterator[bytes] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask with a body, or for an answer, that is too large to be held at once."""
        # It may take as long as it takes, while something comes.
        timeout = aiohttp.ClientTimeout(total=None, sock_read=ANSWER_S)
        try:
            async with self._session.request(
                method, path, data=data, params=parameters, headers=self._headers, timeout=timeout
            ) as response:
                self._mark(response)
                if response.status not in (200, 201):
                    raise _error(response.status, await response.read())
                yield response
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from None

    def _mark(self, response: aiohttp.ClientResponse) -> None:
        self.traffic = unquote(response.headers.get(TRAFFIC, ""))

    def _unreachable(self, error: BaseException) -> UsageError:
        if getattr(error, "errno", None) in (EACCES, EPERM):
            return UsageError(
                "api.not-allowed",
                f"you may not open the node's socket {self.socket}",
                "only the node's user, and its group where the node's umask is 0007, may",
            )
        if isinstance(error, aiohttp.ClientConnectorError | FileNotFoundError):
            return UsageError(
                "api.no-node",
                f"no node answers on {self.socket}",
                "start it with `hotline --config FILE run`",
            )
        return UsageError(
            "api.no-answer",
            f"the node on {self.socket} broke off: {str(error) or type(error).__name__}",
            "see whether it still runs, and ask again; look before sending a second time",
        )


def _message_path(name: str) -> str:
    # What is no text is no message's name either; the node says so.
    return f"/v1/messages/{quote(name, safe='', errors='replace')}"


def _error(status: int, answer: bytes) -> HotlineError:
    """Return the error that a Problem tells of, in its own class."""
    return error_told(answer) or HotlineError(
        "api.strange-answer",
        f"what answered on the socket is no node: HTTP {status}",
        "check [api] socket in node.toml",
    )


def error_told(answer: bytes, otherwise: type[HotlineError] = HotlineError) -> HotlineError | None:
    """Return the error that a Problem tells of, in its own class; None for any other octets.

    ``otherwise`` is the class of one whose own is not known here.
    """
    try:
        problem = msgspec.json.decode(answer, type=schema.Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    found = getattr(hotline.errors, problem.kind, otherwise)
    if not (isinstance(found, type) and issubclass(found, HotlineError)):
        found = otherwise
    return found(problem.code, problem.message, problem.hint)
