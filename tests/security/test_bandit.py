"""bandit over hotline/: nothing but what tests/security/bandit.toml gives a reason for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOPPY = """
import hashlib, subprocess, tempfile, xml.etree.ElementTree, yaml
def a(text): return eval(text)
def b(text): return subprocess.run(text, shell=True)
def c(text): return yaml.load(text)
def d(text): return hashlib.md5(text).digest()
def e(text): return xml.etree.ElementTree.fromstring(text)
def f(db, name): return db.execute(f"SELECT * FROM officer WHERE name = '{name}'")
def g(): return tempfile.mktemp()
"""
RULES = {"B307", "B602", "B506", "B324", "B314", "B608", "B306"}


def found_in(target: Path) -> Counter[tuple[str, str]]:
    """Return what bandit finds in a file or directory, as (rule, path) with how often.

    It runs as it does for whoever calls it by hand: with pyproject.toml, from its directory.
    """
    command = [sys.executable, "-m", "bandit", "--quiet", "--configfile", "pyproject.toml"]
    done = subprocess.run(
        [*command, "--recursive", str(target), "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["errors"] == []
    assert report["metrics"]["_totals"]["loc"] > 0
    return Counter((one["test_id"], one["filename"]) for one in report["results"])


def test_everything_bandit_finds_has_a_reason() -> None:
    """One finding more fails, and so does a reason for what is not there any more."""
    accepted = tomllib.loads(Path(__file__).with_name("bandit.toml").read_text())["accepted"]
    assert all(len(one["why"]) > 20 for one in accepted)
    reasons = {(one["rule"], path): n for one in accepted for path, n in one["found"].items()}
    assert found_in(Path("hotline")) == reasons


def test_bandit_finds_what_is_sloppy(tmp_path: Path) -> None:
    """Under the same configuration each of some classic mistakes is found."""
    file = tmp_path / "sloppy.py"
    file.write_text(SLOPPY)
    assert {rule for rule, _ in found_in(file)} >= RULES


def test_nothing_is_silenced_without_a_reason() -> None:
    """A `nosec` names its rule and says why; so does each rule that is left out as a whole."""
    for path in (ROOT / "hotline").rglob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            if "nosec" in line:
                assert re.search(r"# nosec B\d{3} - \w+ \w+", line), f"{path}: {line}"
    table = (ROOT / "pyproject.toml").read_text().partition("[tool.bandit]")[2].partition("\n[")[0]
    skipped = [line for line in table.splitlines() if re.search(r'"B\d{3}"', line)]
    assert skipped
    assert all(re.search(r"  # \w+.*\w+", line) for line in skipped)
