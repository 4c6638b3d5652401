"""Dialling a peer, where the letter has this side do it: address after address, for ever."""

from __future__ import annotations

import asyncio
import os
import random
from typing import TYPE_CHECKING

import aiohttp
import structlog

from hotline.errors import HotlineError, TrustError
from hotline.node.gate import MAX_MESSAGE, PATH
from hotline.node.tls import dialling_context, identify
from hotline.trust.names import tls_name

if TYPE_CHECKING:
    from hotline.node.line import Line

DIAL_S = 5.0
"""From the first packet to the open WebSocket; beyond it, the next address is tried."""
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
SETTLED_S = 1.0
"""A line that was up for less than this is dialled with growing pauses, like one that was not."""

_log = structlog.get_logger()


class Dialler:
    """Dials the peer of one line and hands it each connection that is open and identified."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def run(self) -> None:
        """Dial until cancelled; waits longer each time while the line does not settle."""
        line = self._line
        attempt = 0
        async with self._client() as session:
            while True:
                for host, port in line.settings.addresses:
                    begun, changed_us = line.centre.clock.now().mono, line.changed_us
                    await self._dial_once(session, host, port)
                    lasted_s = line.centre.clock.now().mono - begun
                    if line.changed_us != changed_us and lasted_s > SETTLED_S:
                        attempt = 0
                    wait = BACK_OFF_S[min(attempt, len(BACK_OFF_S) - 1)]
                    attempt += 1
                    # Full jitter keeps two nodes, or many lines, from knocking in step.
                    await asyncio.sleep(wait * (0.5 + random.random() / 2))  # noqa: S311

    def _client(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))

    async def _dial_once(self, session: aiohttp.ClientSession, host: str, port: int) -> None:
        line = self._line
        status = line.centre.config.status
        shown = f"[{host}]" if ":" in host else host
        try:
            # An address that takes the connection and then says nothing is as dead as any other.
            async with asyncio.timeout(DIAL_S):
                socket = await session.ws_connect(
                    f"https://{shown}:{port}{PATH}",
                    ssl=dialling_context(line.centre.keyring, line.card),
                    server_hostname=tls_name(status, line.peer),
                    max_msg_size=MAX_MESSAGE,
                    compress=0,
                    autoping=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
            async with socket:
                secured = socket.get_extra_info("ssl_object")
                der = secured.getpeercert(binary_form=True) if secured is not None else None
                identify(der, {line.peer: line.card}, status, line.centre.clock.wall_us())
                await line.serve(socket, f"{host}:{port}")
        except aiohttp.WSServerHandshakeError as error:
            self._note_failure(host, port, f"the peer refused: HTTP {error.status}")
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
            text = f"the peer's TLS does not hold: {_reason(error)}"
            self._note_failure(host, port, text)
            line.centre.note_refusal(TrustError("trust.peer-certificate", text), f"{host}:{port}")
        except TrustError as error:
            self._note_failure(host, port, str(error))
            line.centre.note_refusal(error, f"{host}:{port}")
        except (aiohttp.ClientError, OSError, TimeoutError, HotlineError) as error:
            self._note_failure(host, port, _reason(error))
        except Exception as error:  # a defect of ours must not end the dialling for ever
            self._note_failure(host, port, repr(error))
            _log.exception("dial_failed", line=line.peer)

    def _note_failure(self, host: str, port: int, text: str) -> None:
        line = self._line
        if line.centre.keyring.expires_us < line.centre.clock.wall_us():
            # In TLS 1.3 the peer's refusal comes after our side is done, and seldom says why.
            text = f"{text}; our own certificate has expired: run `hotline keys renew`"
        line.fail(f"{host}:{port}: {text}", "line.unreachable")
        _log.info("dial_failed", line=line.peer, host=host, port=port, error=text)


def _reason(error: Exception) -> str:
    """Say why dialling failed, in the words of the system rather than of the HTTP client."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        known = os.strerror(cause.errno) if cause.errno and cause.errno > 0 else ""
        return (known or cause.strerror or type(cause).__name__).lower()
    return str(error) or type(error).__name__
