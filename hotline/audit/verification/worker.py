"""What another process does of a verification: it takes work from a queue until there is no more.

It is started as ``COMMAND`` by :mod:`hotline.audit.verification.crew`. Standard input is the queue,
a socket of whole messages that all processes share; standard output is a pipe of answers. Both
sides are this program, so what they tell each other is pickled.
"""

from __future__ import annotations

import gc
import os
import pickle
import socket
import struct

COMMAND = (
    "import sys; sys.path[:] = sys.argv[1:];"
    " from hotline.audit.verification.worker import main; main()"
)
"""What the interpreter is given, with its search path as arguments: nothing else is imported."""

HEAD = struct.Struct("<Q")
"""The length of an answer, before it."""
GARBAGE = 20_000
"""Objects more than before at which those that refer to themselves are looked for."""
MAX_PIECE = 1 << 20
"""Bytes of a piece of work that are read: more than the socket takes."""


def main() -> None:
    """Serve from standard input to standard output, and end at once."""
    # What is read is gone with each piece, and seldom refers to itself: look for that less often.
    gc.freeze()
    gc.set_threshold(GARBAGE)
    serve(socket.socket(fileno=os.dup(0)), 1)
    os._exit(0)


def serve(queue: socket.socket, answers: int) -> None:
    """Do each piece of work in the queue, and write its answer to the file descriptor."""
    try:
        while piece := queue.recv(MAX_PIECE):
            number, task, span = pickle.loads(piece)  # noqa: S301 (of the parent process)
            try:
                answer = (number, True, task(span))
            except Exception:  # the parent does it again, and finds out why
                answer = (number, False, None)
            data = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
            _write(answers, HEAD.pack(len(data)) + data)
    except OSError:
        return  # the parent is gone


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
