"""A proxy in a process of its own, told what to be over its socket."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.faults.conditions import DEAD, WHOLE, Way
from hotline.exercise.faults.control import (
    MAX_LINE,
    ProxyControl,
    Reset,
    read_answer,
    read_question,
)
from hotline.exercise.faults.serving import address_of, main
from hotline.exercise.ground.processes import holds_within
from hotline.exercise.ground.site import free_port
from tests.exercise.faults.lines import PATIENCE_S, ended, far, near


@asynccontextmanager
async def serving(directory: Path, to: int) -> AsyncIterator[ProxyControl]:
    """Run a proxy process in front of a port; it must end in order when it is told to."""
    control = ProxyControl(directory / "proxy.sock")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hotline.exercise.faults.serving"),
        *("--listen", f"127.0.0.1:{free_port()}", "--to", f"127.0.0.1:{to}"),
        *("--control", str(control.socket)),
    )

    async def answers() -> bool:
        try:
            await control.state()
        except ExerciseError:
            return False
        return True

    try:
        assert await holds_within(answers, PATIENCE_S)
        yield control
    finally:
        os.kill(process.pid, signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
        assert not control.socket.exists()


async def test_a_proxy_in_another_process_does_as_it_is_told(tmp_path: Path) -> None:
    """Held, whole, broken off, spoilt: each answer says how it is then."""
    async with far() as there, serving(tmp_path, there.proxy.port) as control:
        assert stat.S_IMODE(control.socket.stat().st_mode) == 0o600
        there.proxy.port = (await control.state()).port
        async with near(there.proxy) as here:
            await here.says(b"one")
            assert await control.become(DEAD) == "fault proxy"
            assert (await control.state()).conditions == DEAD
            here.writer.write(b"two")
            while (await control.state()).forth.waiting != 3:
                pass
            await control.become(WHOLE)
            answer = await asyncio.wait_for(here.reader.readexactly(3), PATIENCE_S)
            assert answer == b"TWO"
            await control.spoil(Way.FORTH)
            here.writer.write(b"aaa")
            assert await asyncio.wait_for(here.reader.readexactly(3), PATIENCE_S) != b"AAA"
            assert (await control.state()).connections == 1
            await control.reset()
            assert await ended(here.reader)


async def test_what_cannot_be_asked_is_answered_with_an_error(tmp_path: Path) -> None:
    """A question that is none, or too long, ends nothing but itself."""
    async with far() as there, serving(tmp_path, there.proxy.port) as control:
        for line in (b"nonsense\n", b'{"do":"become","line":{"forth":{"delay_s":-1}}}\n'):
            reader, writer = await asyncio.open_unix_connection(str(control.socket))
            writer.write(line)
            assert b"cannot be asked" in await asyncio.wait_for(reader.readline(), PATIENCE_S)
            writer.close()
        reader, writer = await asyncio.open_unix_connection(str(control.socket))
        writer.write(b"x" * (4 * MAX_LINE))
        assert await ended(reader)
        writer.close()
        assert (await control.state()).connections == 0


async def test_a_proxy_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error says which socket, and what to look at."""
    control = ProxyControl(tmp_path / "nobody.sock")
    with pytest.raises(ExerciseError) as caught:
        await control.become(DEAD)
    assert caught.value.code == "exercise.no-proxy"
    assert "nobody.sock" in caught.value.message


async def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    """And the exit status is not 0."""
    async with far() as there:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hotline.exercise.faults.serving"),
            *("--listen", f"127.0.0.1:{there.proxy.port}", "--to", "127.0.0.1:1"),
            *("--control", str(tmp_path / "proxy.sock")),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 1
    assert b"[exercise.proxy-address]" in said
    assert b"Traceback" not in said


def test_addresses() -> None:
    """A host and a port; an IPv6 address stands in brackets."""
    assert address_of("10.0.0.2:7400") == ("10.0.0.2", 7400)
    assert address_of("[::1]:7400") == ("::1", 7400)


@pytest.mark.parametrize("text", ["", "7400", ":7400", "host:", "host:x", "host:70000", "h:\u0661"])
def test_what_is_no_address_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an example of one."""
    with pytest.raises(ExerciseError) as caught:
        address_of(text)
    assert caught.value.code == "exercise.bad-address"
    words = ["--listen", text, "--to", "127.0.0.1:1", "--control", str(tmp_path / "s")]
    assert main(words) == 1
    assert "[exercise.bad-address]" in capsys.readouterr().err


def test_every_question_is_read() -> None:
    """By its name."""
    assert read_question(b'{"do":"reset"}') == Reset()


@given(st.one_of(st.binary(max_size=200), st.just(b"[" * 10_000), st.just(b'{"do":' * 2000)))
@settings(max_examples=80, deadline=None)
def test_any_bytes_are_a_question_or_an_error(line: bytes) -> None:
    """Never anything else; an answer likewise."""
    for read, code in ((read_question, "proxy-question"), (read_answer, "proxy-answer")):
        try:
            read(line)
        except HotlineError as error:
            assert error.code == f"exercise.{code}"
