"""``hotline airspace bridge``: what is planned and active, on the maps of a TAK server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import click

from hotline.api.client import Client
from hotline.cli.airspace.areas import Areas
from hotline.cli.airspace.sources import margin_of
from hotline.cli.airspace.standing import Standing
from hotline.cli.airspace.tak import TakConnection, TakServer, check_server, connected
from hotline.cli.asking import config_of, socket_of
from hotline.cli.output import count_text, now_us
from hotline.cli.root import warn
from hotline.errors import HotlineError, LocalError
from hotline.model.letter import AltitudeMargin
from hotline.node.config import NodeFile, read_file

LOOK_S = 10.0
"""The node is looked at so often even if nothing is heard of it."""
QUIET_S = 0.5
"""What happens at once is looked at at once: no more than so often."""
REPEAT_S = 600.0
"""After so long all is said again, for maps that came later."""
RETRY_S = (1.0, 30.0)

_PATH = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option(
    "--to", "url", metavar="URL", required=True, help="tls://HOST:PORT, tcp://... or udp://..."
)
@click.option("--tls-cert", metavar="FILE", type=_PATH, help="This client's certificate, PEM.")
@click.option("--tls-key", metavar="FILE", type=_PATH, help="Its private key, PEM.")
@click.option("--tls-ca", metavar="FILE", type=_PATH, help="The authority of the server, PEM.")
@click.option("--once", is_flag=True, help="Send what stands now, and end.")
@click.pass_context
def bridge(
    context: click.Context,
    url: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
    once: bool,
) -> None:
    """Feed a TAK server with the areas of this node's notices; Ctrl-C ends it.

    Own and the peer's notices that are planned or active are shown until they end, also where they
    are outside of what was announced; a revision replaces what was there. Runs beside the node, and
    only reads; both it and the server may come and go. Needs the extra `tak`: in the checkout of
    hotline, run .venv/bin/pip install '.[tak]'.
    """
    server = TakServer(url, tls_cert, tls_key, tls_ca)
    check_server(server)
    config = config_of(context)
    file = read_file(config)
    areas = Areas(file.centre, file.status, _margins(context, file), warn)
    bridged = Bridge(socket_of(config), server, areas)
    with suppress(KeyboardInterrupt):
        asyncio.run(bridged.once() if once else bridged.run())


def _margins(context: click.Context, file: NodeFile) -> dict[str, AltitudeMargin]:
    return {line.peer: margin_of(context, None, line.peer) for line in file.line}


class Bridge:
    """Reads the node, and keeps a server's maps as the node says; either may be away."""

    def __init__(self, socket: Path, server: TakServer, areas: Areas) -> None:
        self._socket = socket
        self._server = server
        self._areas = areas
        self._standing = Standing(areas.margins, warn)
        self._connection: TakConnection | None = None
        self._sending = asyncio.Lock()

    async def once(self) -> None:
        """Send what stands now. Raises HotlineError where node or server do not answer."""
        async with Client(self._socket) as client:
            stands = await self._standing.look(client)
        events = self._areas.update(stands, now_us())
        try:
            async with connected(self._server) as connection:
                await connection.send(events)
        except (OSError, TimeoutError) as error:
            raise LocalError(
                "bridge.no-server",
                f"{self._server.url} does not answer: {_reason(error)}",
                "check the address, and that the server runs",
            ) from error
        click.echo(f"{count_text(len(events), 'area')} sent to {self._server.url}", err=True)

    async def run(self) -> None:
        """Go on until cancelled. Raises HotlineError when the node cannot be asked at first."""
        async with Client(self._socket) as client:
            self._areas.update(await self._standing.look(client), now_us())
        tasks = [asyncio.create_task(self._feed()), asyncio.create_task(self._follow())]
        try:
            for task in (await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED))[0]:
                task.result()  # neither ends but by an error
        finally:
            for task in tasks:
                task.cancel()

    async def _feed(self) -> None:
        """Keep a connection to the server, and say everything at its beginning and now and then."""
        retry_s, away = RETRY_S[0], False
        while True:
            try:
                async with connected(self._server) as connection:
                    async with self._sending:
                        await connection.send(self._areas.everything(now_us()))
                        self._connection = connection
                    click.echo(f"connected to {self._server.url}", err=True)
                    retry_s, away = RETRY_S[0], False
                    await self._repeat(connection)
                reason = "it closed the connection"
            except (OSError, TimeoutError) as error:
                reason = _reason(error)
            finally:
                self._connection = None
            if not away:
                warn(f"{self._server.url} is away: {reason}; it is tried again [bridge.no-server]")
            away = True
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, RETRY_S[1])

    async def _repeat(self, connection: TakConnection) -> None:
        """Say everything again every `REPEAT_S`, until the server closes the connection."""
        gone = asyncio.ensure_future(connection.broken())
        try:
            while not (await asyncio.wait([gone], timeout=REPEAT_S))[0]:
                async with self._sending:
                    await connection.send(self._areas.everything(now_us()))
        finally:
            gone.cancel()

    async def _follow(self) -> None:
        """Look at the node whenever something happens there; try again where it is away."""
        away = False
        while True:
            try:
                async with Client(self._socket) as client:
                    await self._look(client)
                    away = False
                    await self._listen(client)
                reason = "it has stopped"
            except HotlineError as error:
                reason = str(error)
            if not away:
                warn(f"the node is away: {reason}; it is tried again [bridge.no-node]")
            away = True
            await asyncio.sleep(RETRY_S[0])

    async def _listen(self, client: Client) -> None:
        """Look at the node after each event and every `LOOK_S`, until its stream ends."""
        happened = asyncio.Event()

        async def hear() -> None:
            async for _ in client.events():
                happened.set()

        hearing = asyncio.ensure_future(hear())
        waiting = asyncio.ensure_future(happened.wait())
        try:
            while not hearing.done():
                await asyncio.wait(
                    [hearing, waiting], timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED
                )
                if waiting.done():
                    happened.clear()
                    waiting = asyncio.ensure_future(happened.wait())
                await self._look(client)
                await asyncio.sleep(QUIET_S)
            hearing.result()
        finally:
            hearing.cancel()
            waiting.cancel()

    async def _look(self, client: Client) -> None:
        """Bring the maps up to what the node says now."""
        stands = await self._standing.look(client)
        async with self._sending:
            events = self._areas.update(stands, now_us())
            if self._connection is not None and events:
                # A server that breaks now is told everything when it is back.
                with suppress(OSError, TimeoutError):
                    await self._connection.send(events)


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
