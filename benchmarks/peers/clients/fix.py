"""FIX 4.4 by QuickFIX over TLS: signed octets in the RawData of a News, receipts the same way.

Both ends keep QuickFIX's own file store, by which a session resends what was missed; the engine
does not sync it. The engine is C++ with a thread of its own, which hands each message to the loop.
"""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections.abc import Callable
from pathlib import Path

import quickfix

from benchmarks.peers.application import Receiver, Sender
from benchmarks.peers.service import HOST, main, serve_receiver, serve_sender

RAW_DATA_LENGTH, RAW_DATA, HEADLINE, LINES, TEXT = 95, 96, 148, 33, 58
STEP_S = 0.01


class Session(quickfix.Application):
    """One end of the session: sends octets, and hands on those that arrive."""

    def __init__(self, own: str, peer: str, took: Callable[[bytes], None]) -> None:
        super().__init__()
        self._took = took
        self._loop = asyncio.get_running_loop()
        # The one that callbacks are given is gone when they have returned.
        self._id = quickfix.SessionID("FIX.4.4", own, peer)
        self.up = False

    def send(self, octets: bytes) -> None:
        """Send octets in a News message of the session."""
        message = quickfix.Message()
        message.getHeader().setField(quickfix.MsgType("B"))
        message.setField(quickfix.StringField(HEADLINE, "-"))
        text = base64.b64encode(octets).decode()
        message.setField(quickfix.StringField(RAW_DATA_LENGTH, str(len(text))))
        message.setField(quickfix.StringField(RAW_DATA, text))
        quickfix.Session.sendToTarget(message, self._id)

    def fromApp(self, message: quickfix.Message, session: quickfix.SessionID) -> None:  # noqa: N802
        """Hand on what came; QuickFIX calls this in its own thread."""
        field = quickfix.StringField(RAW_DATA)
        message.getField(field)
        self._loop.call_soon_threadsafe(self._took, base64.b64decode(field.getString()))

    def onCreate(self, session: quickfix.SessionID) -> None:  # noqa: N802
        """Nothing to do: there is one session."""

    def onLogon(self, session: quickfix.SessionID) -> None:  # noqa: N802
        """Say that messages may flow."""
        self.up = True

    def onLogout(self, session: quickfix.SessionID) -> None:  # noqa: N802
        """Say that none may flow."""
        self.up = False

    def toAdmin(self, message: quickfix.Message, session: quickfix.SessionID) -> None:  # noqa: N802
        """Nothing to add to what the session says by itself."""

    def fromAdmin(self, message: quickfix.Message, session: quickfix.SessionID) -> None:  # noqa: N802
        """Nothing to learn from it either."""

    def toApp(self, message: quickfix.Message, session: quickfix.SessionID) -> None:  # noqa: N802
        """Nothing to add."""


def _settings(directory: Path, name: str, peer: str, port: int) -> quickfix.SessionSettings:
    accepts = name == "receiver"
    kind, side = ("acceptor", "Server") if accepts else ("initiator", "Client")
    where = (
        f"SocketAcceptPort={port}\nSocketAcceptHost={HOST}\n"
        if accepts
        else f"SocketConnectHost={HOST}\nSocketConnectPort={port}\nReconnectInterval=1\n"
    )
    path = directory / f"{name}.fix.cfg"
    path.write_text(
        f"[DEFAULT]\nConnectionType={kind}\n{where}"
        f"FileStorePath={directory / f'{name}.fix'}\n"
        "StartTime=00:00:00\nEndTime=00:00:00\nHeartBtInt=30\nUseDataDictionary=N\n"
        "SocketNodelay=Y\nCheckLatency=N\nPersistMessages=Y\nMillisecondsInTimeStamp=Y\n"
        "SSLProtocol=+TLSv1_3\nCertificateVerifyLevel=2\n"
        f"CertificationAuthoritiesFile={directory / 'ca.pem'}\n"
        f"{side}CertificateFile={directory / f'{name}.pem'}\n"
        f"{side}CertificateKeyFile={directory / f'{name}.key'}\n"
        f"[SESSION]\nBeginString=FIX.4.4\nSenderCompID={name}\nTargetCompID={peer}\n"
    )
    return quickfix.SessionSettings(str(path))


async def receiver(directory: Path, _: int, *options: str) -> None:
    """Accept the session on a free port."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]

    def answer(receipts: list[bytes], _: list[None]) -> None:
        for octets in receipts:
            session.send(octets)

    taking = Receiver(directory, answer, *options)
    session = Session("receiver", "sender", lambda octets: taking.take(octets, None))
    settings = _settings(directory, "receiver", "sender", port)
    store = quickfix.FileStoreFactory(settings)
    engine = quickfix.ThreadedSSLSocketAcceptor(session, store, settings)
    engine.start()
    await serve_receiver(port)
    engine.stop(True)


async def sender(directory: Path, port: int, *options: str) -> None:
    """Open the session, and send."""

    async def carry(octets: bytes) -> None:
        session.send(octets)

    sending = Sender(directory, carry, *options)
    session = Session("sender", "receiver", sending.took)
    settings = _settings(directory, "sender", "receiver", port)
    store = quickfix.FileStoreFactory(settings)
    engine = quickfix.ThreadedSSLSocketInitiator(session, store, settings)
    engine.start()
    until = time.monotonic() + 30
    while not session.up:
        if time.monotonic() > until:
            raise RuntimeError("the FIX session does not come up")
        await asyncio.sleep(STEP_S)
    await serve_sender(sending.send)
    engine.stop(True)


if __name__ == "__main__":
    main({"receiver": receiver, "sender": sender})
