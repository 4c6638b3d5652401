"""How far a long run has come, on standard error: at a terminal in one line, else each minute."""

from __future__ import annotations

import sys
import time
from typing import TextIO

EVERY_S = {True: 1.0, False: 60.0}
"""Seconds between two tellings, at a terminal and elsewhere."""


class Progress:
    """Tells of ``whole`` histories how many are played, how fast, and how long the rest takes."""

    def __init__(self, whole: int, stream: TextIO = sys.stderr) -> None:
        self._whole = whole
        self._stream = stream
        self._begun = self._told = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def note(self, done: int) -> None:
        """Take note that ``done`` histories are played, and tell it now and then."""
        now, terminal = time.monotonic(), self._stream.isatty()
        if now - self._told < EVERY_S[terminal] and done < self._whole:
            return
        self._told = now
        begin, end = ("\r", "\x1b[K") if terminal else ("", "\n")
        if terminal and done == self._whole:
            end += "\n"
        print(begin + progress_line(done, self._whole, self.seconds), end=end, file=self._stream)
        self._stream.flush()


def progress_line(done: int, whole: int, seconds: float) -> str:
    """Say that ``done`` of ``whole`` histories took ``seconds``, and what the rest will take."""
    rate = done / seconds if seconds > 0 else 0.0
    left = f", {_span((whole - done) / rate)} left" if rate and done < whole else ""
    return f"{done} of {whole} histories, {rate:.1f}/s{left}"


def _span(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"
