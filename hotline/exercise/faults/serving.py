"""A fault proxy as a process of its own, which outlives the director that started it.

::

    python -m hotline.exercise.faults.serving --listen 127.0.0.1:7401 --to 127.0.0.1:7400 \
        --control proxy.sock

It ends on SIGTERM or SIGINT. Whoever may open the control socket (its owner) may tell it what to
be.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from hotline.errors import ExerciseError
from hotline.exercise.faults.control import (
    MAX_LINE,
    Answer,
    Become,
    Question,
    Reset,
    Spoil,
    read_question,
)
from hotline.exercise.faults.proxy import Proxy

ASK_S = 10.0


async def serve(
    proxy: Proxy,
    control: Path,
    conditions: Become | None = None,
    opened: Callable[[], None] = lambda: None,
) -> None:
    """Run a proxy and its control socket until SIGTERM or SIGINT; ``opened`` once both are there.

    Raises ExerciseError (``exercise.proxy-address``) when either cannot be opened.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if conditions is not None:
        answer_of(proxy, conditions)
    server = None
    try:
        await proxy.open()
        server = await _listen(proxy, control)
        opened()
        await stop.wait()
    except OSError as error:
        raise ExerciseError(
            "exercise.proxy-address",
            f"the fault proxy cannot listen on {proxy.host}:{proxy.port} with its control at"
            f" {control}: {error.strerror or error}",
            "name a port and a socket that nothing else uses",
        ) from None
    finally:
        if server is not None:
            server.close()
            control.unlink(missing_ok=True)
        await proxy.shut()


def answer_of(proxy: Proxy, question: Question) -> Answer:
    """Do what is asked; return how the proxy does then."""
    match question:
        case Become():
            proxy.become(question.line)
        case Reset():
            proxy.reset()
        case Spoil():
            proxy.spoil(question.way, question.packets)
    return Answer(state=proxy.state())


def address_of(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port``. Raises ExerciseError (``exercise.bad-address``)."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ExerciseError(
            "exercise.bad-address", f"{text!r} is no address", "write host:port, as 10.0.0.2:7400"
        )
    return host.strip("[]"), int(port)


async def _listen(proxy: Proxy, control: Path) -> asyncio.AbstractServer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ASK_S):
                said = _answer(proxy, await reader.readline())
                writer.write(msgspec.json.encode(said) + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # too long, too slow, or gone: nobody waits for an answer
        finally:
            writer.close()

    # What a process that was killed has left; one that lives is found by its port before.
    with suppress(FileNotFoundError):
        control.unlink()
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(answer, str(control), limit=MAX_LINE)
    finally:
        os.umask(before)


def _answer(proxy: Proxy, line: bytes) -> Answer:
    try:
        return answer_of(proxy, read_question(line))
    except ExerciseError as error:
        return Answer(error=error.message)


def main(words: list[str] | None = None) -> int:
    """Run what a command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="hotline fault proxy", description=__doc__)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--control", required=True, type=Path, metavar="SOCKET")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(words)
    try:
        host, port = address_of(given.listen)
        proxy = Proxy(address_of(given.to), host=host, port=port, seed=given.seed)
        asyncio.run(serve(proxy, given.control))
    except ExerciseError as error:
        sys.stderr.write(f"hotline: error: {error}\nhotline: hint: {error.hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
