"""The other processes that share the work, from their start to their end, and how they are told."""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from hotline.audit.verification.worker import COMMAND, HEAD, MAX_PIECE


class Others:
    """The other processes, and the queue from which all take their work.

    The queue is a socket of whole messages, of which each process has the same end: whoever is free
    reads the next. Answers come back by a pipe for each process. Raises OSError when any of them
    cannot be started; then none is left.
    """

    def __init__(self, count: int) -> None:
        self._near, self._far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._near.setblocking(False)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._poll = select.poll()
        # A child is born with Ctrl-C held back, for ever: its parent says when to end.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(count):
                process = subprocess.Popen(  # noqa: S603 (this very interpreter)
                    [sys.executable, "-I", "-c", COMMAND, *sys.path],
                    stdin=self._far.fileno(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
                self._processes.append(process)
                if process.stdout is not None:
                    self._poll.register(process.stdout, select.POLLIN)
        except OSError:
            self.end()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def put(self, number: int, task: Callable[[Any], Any], span: object) -> bool | None:
        """Put a piece of work into the queue; None when it is full, False when it never can be."""
        try:
            self._near.send(pickle.dumps((number, task, span), pickle.HIGHEST_PROTOCOL))
        except BlockingIOError:
            return None
        except OSError:  # too large, or nobody is there any more, which the pipes tell
            return False
        return True

    def take_back(self) -> int | None:
        """Take the next piece of work out of the queue; its number, None where it is empty."""
        try:
            data = self._far.recv(MAX_PIECE, socket.MSG_DONTWAIT)
        except OSError:
            return None
        number: int = pickle.loads(data)[0]  # noqa: S301 (what this process put there)
        return number

    def answers(self) -> Iterator[tuple[int, bool, Any]]:
        """Yield (number, whether it could be done, answer) for what is done by now.

        Raises EOFError when a process has ended.
        """
        while ready := self._poll.poll(0):
            for pipe, _ in ready:
                yield _answer(pipe)

    def wait(self) -> None:
        """Wait until there is an answer, or a process has ended."""
        self._poll.poll()

    def end(self) -> None:
        """End them: they hold nothing but what they read."""
        for process in self._processes:
            process.kill()
        self._near.close()
        self._far.close()
        for process in self._processes:
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _answer(pipe: int) -> tuple[int, bool, Any]:
    """Read one answer, which its writer is writing. Raises EOFError when there is no more."""
    (length,) = HEAD.unpack(_exactly(pipe, HEAD.size))
    answer: tuple[int, bool, Any] = pickle.loads(_exactly(pipe, length))  # noqa: S301 (our own)
    return answer


def _exactly(pipe: int, length: int) -> bytes:
    parts = []
    while length:
        part = os.read(pipe, length)
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
