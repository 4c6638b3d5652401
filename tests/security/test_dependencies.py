"""What others wrote: every pin with its hashes, looked up, or said not to have been."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.lock"), *(ROOT / "benchmarks").glob("*/*.lock")]
)
PINS = {"alpha": "1.0", "beta": "2.1"}
ASKED = """#!/bin/sh
while [ "$1" != --requirement ]; do shift; done
cat "$2" >>{asked}
cat {answer}
exit {status}
"""


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_of_every_lock_has_its_hashes(name: str) -> None:
    """One pin without a hash, and pip would take any file for it that an index offers."""
    pin, hashes = "", 0
    lines = [line for line in (ROOT / name).read_text().splitlines() if line[:1] != "#"]
    for line in [*lines, "=="]:
        if not line.startswith(" "):
            assert hashes or not pin, f"{name}: {pin} has no hash"
            assert "==" in line, f"{name}: {line} is not pinned"
            pin, hashes = line, 0
        else:
            hashes += line.strip(" \\").startswith("--hash=sha256:")
    assert pin == "=="


def test_all_locks_are_known() -> None:
    """A new lock is looked up too: these are found by their names, none is listed anywhere."""
    assert {"requirements.lock", "requirements-dev.lock", "requirements-supply.lock"} <= set(LOCKS)
    assert "benchmarks/peers/requirements.lock" in LOCKS


@pytest.mark.parametrize("path", ["Dockerfile", "tools/make_venv.sh", "docs/howto/systemd.md"])
def test_every_installation_checks_hashes(path: str) -> None:
    """Wherever packages are installed from a lock, pip is told to require hashes."""
    text = (ROOT / path).read_text().replace("\\\n", " ")
    wanted = ("-r ", "--requirement ")
    lines = [
        line for line in text.splitlines() if "install" in line and any(map(line.count, wanted))
    ]
    assert lines
    assert all("--require-hashes" in line for line in lines)


def audited(tmp_path: Path, answer: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the audit of a lock of two pins, with a stand-in for pip-audit that answers so."""
    lock, program, said = tmp_path / "some.lock", tmp_path / "pip-audit", tmp_path / "answer"
    lock.write_text(
        "# A lock.\n"
        + "".join(
            f"{name}=={version} ; python_version > '3' \\\n    --hash=sha256:{'0' * 64}\n"
            for name, version in PINS.items()
        )
    )
    said.write_text(answer if isinstance(answer, str) else json.dumps({"dependencies": answer}))
    program.write_text(ASKED.format(asked=tmp_path / "asked", answer=said, status=status))
    program.chmod(0o755)
    command = [sys.executable, "tools/audit_locks.py", "--pip-audit", str(program), str(lock)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def clean(name: str) -> dict[str, object]:
    """Return what pip-audit says of a pin that nothing is known of."""
    return {"name": name, "version": PINS[name], "vulns": []}


def test_an_audit_that_finds_nothing_has_looked_at_all(tmp_path: Path) -> None:
    """Every pin was asked for, those for other machines too, and answered."""
    done = audited(tmp_path, [clean("alpha"), clean("beta")])
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 pins of 1 locks looked up" in done.stdout
    assert (tmp_path / "asked").read_text() == "alpha==1.0\nbeta==2.1\n"


def test_a_known_vulnerability_fails_the_audit(tmp_path: Path) -> None:
    """Which pin, of which lock, which vulnerability, and the version that mends it."""
    known = {**clean("beta"), "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.2"]}]}
    done = audited(tmp_path, [clean("alpha"), known], status=1)
    assert done.returncode == 1
    assert done.stdout == "beta 2.1 (some.lock): CVE-2026-1, mended in 2.2\n"
    assert "1 of 2 pins" in done.stderr


def test_a_pin_that_was_not_looked_up_fails_the_audit(tmp_path: Path) -> None:
    """pip-audit calls that a success, and its caller would think that nothing is known."""
    skipped = {"name": "beta", "skip_reason": "not found"}
    done = audited(tmp_path, [clean("alpha"), skipped])
    assert done.returncode == 2
    assert "1 of 2 pins could not be looked up: beta 2.1" in done.stderr


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        ([{"name": name, "skip_reason": "not found"} for name in PINS], 0, "nothing was looked up"),
        ([], 0, "nothing was looked up"),
        ("", 1, "could not be asked: status 1"),
        ("<html>", 0, "could not be asked"),
    ],
)
def test_a_database_out_of_reach_is_never_silently_green(
    tmp_path: Path, answer: object, status: int, why: str
) -> None:
    """However it shows: no answers, no JSON, an error."""
    done = audited(tmp_path, answer, status)
    assert done.returncode == 2
    assert why in done.stderr
    assert done.stdout == ""


def test_without_pip_audit_nothing_was_looked_up(tmp_path: Path) -> None:
    """A missing program is told as one."""
    command = [sys.executable, "tools/audit_locks.py", "--pip-audit", str(tmp_path / "none")]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "No such file" in done.stderr


def test_two_versions_of_one_name_are_both_asked_for(tmp_path: Path) -> None:
    """A lock for several Pythons pins some twice; pip-audit takes a name once."""
    (tmp_path / "more.lock").write_text(f"beta==3.0 \\\n    --hash=sha256:{'1' * 64}\n")
    audited(tmp_path, [])
    (tmp_path / "asked").unlink()
    command = [sys.executable, "tools/audit_locks.py", "--pip-audit", str(tmp_path / "pip-audit")]
    locks = [str(tmp_path / "some.lock"), str(tmp_path / "more.lock")]
    subprocess.run([*command, *locks], cwd=ROOT, capture_output=True, check=False, timeout=60)
    asked = (tmp_path / "asked").read_text().split()
    assert sorted(asked) == ["alpha==1.0", "beta==2.1", "beta==3.0"]
