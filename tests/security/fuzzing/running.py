"""Run targets under atheris: each in a child of a process that has instrumented hotline once.

    python -m tests.security.fuzzing.running [--seconds N] [--runs N] [--keep] [TARGET...]

Prints a line a target, executions a second and coverage features among them. With ``--keep`` what
reached new code is put into the corpus. A crash's bytes are written to var/fuzz/, and how to try
them again is printed; the status is then 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.security.fuzzing.target import Target

ROOT: Final = Path(__file__).parents[3]
CRASHES: Final = ROOT / "var" / "fuzz"
SLOW_S: Final = 20
"""Seconds after which one input is a hang, on a machine that does much else."""
MEMORY_MB: Final = 2048
CRASHED: Final = 77
"""What a child ends with when libFuzzer has found something."""
_PROGRESS: Final = re.compile(rb"cov: (\d+) ft: (\d+)")
_EXECUTED: Final = re.compile(rb"stat::number_of_executed_units: (\d+)")


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a target: inputs tried, features of coverage, and a crash's file if any."""

    name: str
    executed: int
    features: int
    seconds: float
    found: tuple[bytes, ...]
    crash: Path | None
    log: bytes

    def line(self) -> str:
        """Return it as a line of the table."""
        a_second = self.executed / self.seconds if self.seconds else 0.0
        return (
            f"{self.name:<18}{self.executed:>9}{a_second:>10.0f}{self.features:>10}"
            f"{len(self.found):>6}  {'CRASHED' if self.crash else 'ok'}"
        )


HEAD: Final = f"{'target':<18}{'tried':>9}{'a second':>10}{'features':>10}{'new':>6}"


def instrumented() -> dict[str, Target]:
    """Import hotline so that atheris sees which branches an input takes; return the targets."""
    import atheris

    # It names every module that it instruments.
    quiet = contextlib.redirect_stderr(io.StringIO())
    with quiet, atheris.instrument_imports(include=["hotline"], enable_loader_override=False):
        targets: dict[str, Target] = import_module("tests.security.fuzzing.table").TARGETS
    return targets


def run(target: Target, corpus: Path, *, seconds: int, runs: int) -> Ran:
    """Fuzz one target in a child, from its part of the corpus; return what came of it."""
    with directory() as work:
        new, log, words = work / "new", work / "log", work / "words"
        new.mkdir()
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        options = [
            f"-max_total_time={seconds}",
            f"-runs={runs}",
            f"-max_len={target.longest}",
            f"-timeout={SLOW_S}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-error_exitcode={CRASHED}",
            f"-timeout_exitcode={CRASHED}",
            f"-artifact_prefix={work}/",
            *([f"-dict={words}"] if target.words else []),
            "-print_final_stats=1",
            "-len_control=0",
            "-seed=1",
            str(new),
            *([str(corpus)] if corpus.is_dir() else []),
        ]
        began = time.monotonic()
        status = in_child(target, options, log)
        took = time.monotonic() - began
        told = log.read_bytes()
        artifacts = [one for one in work.iterdir() if one.name.startswith(_ARTIFACTS)]
        crash = None
        if status != 0:
            data = artifacts[0].read_bytes() if artifacts else b""
            CRASHES.mkdir(parents=True, exist_ok=True)
            crash = CRASHES / f"{target.name}-{sha256(data).hexdigest()[:12]}"
            crash.write_bytes(data)
        progress, executed = _PROGRESS.findall(told), _EXECUTED.findall(told)
        return Ran(
            target.name,
            int(executed[-1]) if executed else 0,
            int(progress[-1][1]) if progress else 0,
            took,
            tuple(one.read_bytes() for one in sorted(new.iterdir())),
            crash,
            told,
        )


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """Make a directory that only this process removes, not a child that ends within."""
    made, maker = Path(tempfile.mkdtemp(prefix="fuzz-")), os.getpid()
    try:
        yield made
    finally:
        if os.getpid() == maker:
            shutil.rmtree(made)


_ARTIFACTS: Final = ("crash-", "timeout-", "oom-", "leak-", "slow-unit-")


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


def in_child(target: Target, options: Sequence[str], log: Path) -> int:
    """Fork, let libFuzzer take the child over, and return its status."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status: object = CRASHED
        try:
            _fuzz(target, options, log)
        except SystemExit as ended:
            status = ended.code
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status if isinstance(status, int) else 0 if status is None else CRASHED)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _fuzz(target: Target, options: Sequence[str], log: Path) -> None:
    import atheris

    from hotline.errors import HotlineError

    with log.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)

    def once(data: bytes) -> None:
        try:
            target.run(data)
        except HotlineError:
            return
        except Exception:
            # Hangs and what takes too much memory libFuzzer itself writes down, beside this.
            (log.parent / "crash-raised").write_bytes(data)
            raise

    setup: Any = atheris.Setup
    setup([sys.argv[0], *options], once)
    atheris.Fuzz()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the targets that are named, or all."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=int, default=10, help="of each target")
    parser.add_argument("--runs", type=int, default=-1, help="inputs of each target, -1: no bound")
    parser.add_argument("--keep", action="store_true", help="what is new goes into the corpus")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    asked = parser.parse_args(arguments)
    targets = instrumented()
    from tests.security.fuzzing import corpus

    unknown = set(asked.targets) - set(targets)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(targets)}")
    print(HEAD, flush=True)
    crashes = []
    for name in asked.targets or targets:
        ran = run(targets[name], corpus.of(name), seconds=asked.seconds, runs=asked.runs)
        print(ran.line(), flush=True)
        if asked.keep and ran.crash is None:
            for data in ran.found:
                corpus.put(name, data)
        if ran.crash is not None:
            crashes.append(ran)
    for ran in crashes:
        sys.stdout.write(ran.log[-3000:].decode("utf-8", "replace"))
        print(f"\n{ran.name} broke its contract. The bytes are in {ran.crash}; try them again with")
        print(f"    python -m tests.security.fuzzing.corpus try {ran.name} {ran.crash}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
