"""What is fuzzed: a function of bytes, and the contract that every one of them is held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hotline.errors import HotlineError


@dataclass(frozen=True, slots=True)
class Target:
    """One way in for bytes of strangers.

    ``covers`` names the decoders behind it as ``module:function``, without ``hotline.``. ``run``
    takes any bytes and may raise HotlineError. Inputs made up by the fuzzer have at most
    ``longest`` bytes. ``words`` are what the language read there is made of.
    """

    name: str
    covers: tuple[str, ...]
    run: Callable[[bytes], object]
    longest: int = 4096
    words: tuple[str, ...] = ()


def accepted(target: Target, data: bytes) -> bool:
    """Return whether the bytes are accepted; False where they are refused as they should be.

    Anything but HotlineError that is raised breaks the contract, and goes through.
    """
    try:
        target.run(data)
    except HotlineError:
        return False
    return True


def text(data: bytes) -> str:
    """Return bytes as the text that a decoder of text is given; it always comes as UTF-8."""
    return data.decode("utf-8", "replace")


def chosen(choices: tuple[Any, ...], data: bytes) -> tuple[Any, bytes]:
    """Let the first byte choose one of several decoders; return it and the other bytes."""
    return choices[data[0] % len(choices) if data else 0], data[1:]
