"""`hotline exercise proxy`: as bad a line as its options say, told more over its socket."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from hotline.exercise.faults.conditions import WHOLE, Conditions
from hotline.exercise.faults.control import ProxyControl
from hotline.exercise.ground.processes import holds_within
from hotline.exercise.ground.site import free_port
from tests.cli.command import PATIENCE_S, fails
from tests.exercise.faults.lines import both, far, near


@pytest.mark.alone
async def test_a_line_is_as_bad_as_it_is_begun_and_then_as_it_is_told(tmp_path: Path) -> None:
    """It says where it stands, slows what passes, and ends with Ctrl-C."""
    async with far() as there:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hotline", "exercise", "proxy"),
            *("--listen", f"127.0.0.1:{port}", "--to", f"127.0.0.1:{there.proxy.port}"),
            *("--delay", "0.1", "--loss", "1.5", "--bandwidth", "64000"),
            cwd=tmp_path,
            stderr=asyncio.subprocess.PIPE,
        )
        control = ProxyControl(tmp_path / "proxy.sock")

        async def answers() -> bool:
            return control.socket.exists()

        assert await holds_within(answers, PATIENCE_S)
        begun = Conditions(delay_s=0.1, loss_percent=1.5, bits_per_s=64_000.0)
        found = await control.state()
        assert found.conditions.forth.loss_percent == pytest.approx(begun.loss_percent)
        assert found.conditions.back.bits_per_s == begun.bits_per_s
        there.proxy.port = port
        async with near(there.proxy) as here:
            assert await here.says(b"ping") >= 0.2
            await control.become(WHOLE)
            assert await here.says(b"ping") < 0.2
            await control.become(both(begun))
        os.kill(process.pid, signal.SIGINT)
        _, said = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode == 0
        assert said.decode().startswith(f"from 127.0.0.1:{port} to ")
        assert b"Traceback" not in said


def test_what_cannot_be_is_refused_with_the_mend(tmp_path: Path) -> None:
    """An amount beyond its limits, and an address that is none."""
    words = ("exercise", "proxy", "--listen", "127.0.0.1:0", "--control", tmp_path / "s")
    fails("exercise.fault-amount", *words, "--to", "h:1", "--loss", "99", exit_code=1)
    fails("exercise.bad-address", *words, "--to", "nowhere", exit_code=1)
    where = tmp_path / "not" / "there" / "s"
    fails("exercise.proxy-address", *words[:-1], where, "--to", "h:1", exit_code=1)
