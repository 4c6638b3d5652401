"""Look up every pin of every lock file among known vulnerabilities.

    audit_locks.py [--pip-audit PROGRAM] [LOCK...]

Without LOCK all locks of the checkout. The status is 0 when every pin was looked up and nothing is
known of any, 1 when something is known, 2 when a pin could not be looked up.

pip-audit does the asking. Three things are added here, since an audit that finds nothing because it
has not looked is worse than none. A pin that the database does not have, or has not answered for,
is a failure: pip-audit itself passes it by, also where the database is out of reach. Pins for other
machines than this one (another Python, another system) are asked for as well. And the status tells
what was found from what was not looked up.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lock_files import read_lock

ROOT = Path(__file__).resolve().parents[1]
NOTHING_KNOWN, VULNERABLE, NOT_LOOKED_UP = 0, 1, 2
ANSWER_WITHIN_S = 15
"""One request's time; a database that does not answer at all is given up after the first."""
ALL_WITHIN_S = 900


@dataclass(frozen=True, slots=True)
class Answer:
    """What the database said of one pin: ids of vulnerabilities, each with the mend, or nothing."""

    name: str
    version: str
    known: tuple[str, ...]


class NotLookedUpError(Exception):
    """The database did not answer; the text is why, as far as it was told."""


def main(arguments: list[str]) -> int:
    """Audit, print what is known, and return the status."""
    parser = argparse.ArgumentParser(description="Look up all pins among known vulnerabilities.")
    beside = Path(sys.executable).with_name("pip-audit")
    parser.add_argument("--pip-audit", type=Path, default=beside, help="the program that asks")
    parser.add_argument("locks", nargs="*", type=Path, metavar="LOCK")
    given = parser.parse_args(arguments)
    locks = given.locks or sorted([*ROOT.glob("*.lock"), *ROOT.glob("benchmarks/**/*.lock")])
    pins: dict[tuple[str, str], list[str]] = {}
    for lock in locks:
        for pin in read_lock(lock):
            pins.setdefault((pin.name, pin.version), []).append(lock.name)
    answers: dict[tuple[str, str], Answer] = {}
    try:
        for batch in batches(list(pins)):
            answers |= {(one.name, one.version): one for one in look_up(given.pip_audit, batch)}
    except NotLookedUpError as fault:
        complain(f"the database of vulnerabilities could not be asked: {fault}")
        return NOT_LOOKED_UP
    for place, answer in answers.items():
        for known in answer.known:
            locked_in = ", ".join(sorted(set(pins[place])))
            print(f"{answer.name} {answer.version} ({locked_in}): {known}")
    missing = [f"{name} {version}" for name, version in pins if (name, version) not in answers]
    vulnerable = [answer for answer in answers.values() if answer.known]
    if len(missing) == len(pins):
        complain("nothing was looked up: the database of vulnerabilities answered for no pin")
        complain("from behind a mirror it cannot be asked; try where pypi.org is in reach", "hint")
    elif missing:
        some = ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
        complain(f"{len(missing)} of {len(pins)} pins could not be looked up: {some}")
    if vulnerable:
        complain(f"{len(vulnerable)} of {len(pins)} pins have known vulnerabilities")
        return VULNERABLE
    if missing:
        return NOT_LOOKED_UP
    print(f"{len(pins)} pins of {len(locks)} locks looked up, nothing known against any")
    return NOTHING_KNOWN


def batches(pins: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Yield the pins in lists that name nothing twice, as pip-audit takes them."""
    while pins:
        now = dict(reversed(pins))
        yield [pin for pin in pins if now[pin[0]] == pin[1]]
        pins = [pin for pin in pins if now[pin[0]] != pin[1]]


def look_up(program: Path, pins: list[tuple[str, str]]) -> Iterator[Answer]:
    """Yield what is known of each pin that the database has; raise NotLookedUpError without it."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as wanted:
        wanted.writelines(f"{name}=={version}\n" for name, version in pins)
        wanted.flush()
        command = [
            *(str(program), "--requirement", wanted.name, "--no-deps", "--disable-pip"),
            *("--format", "json", "--progress-spinner", "off", "--timeout", str(ANSWER_WITHIN_S)),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=ALL_WITHIN_S, check=False
            )
        except OSError as fault:
            raise NotLookedUpError(f"{program}: {fault.strerror}") from None
        except subprocess.TimeoutExpired:
            raise NotLookedUpError(f"no end within {ALL_WITHIN_S} s") from None
    try:
        listed = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise NotLookedUpError(said[-1]) from None
    wanted_names = {canonical(name): (name, version) for name, version in pins}
    for one in listed:
        if "skip_reason" not in one and canonical(one["name"]) in wanted_names:
            name, version = wanted_names[canonical(one["name"])]
            yield Answer(name, version, tuple(map(told, one["vulns"])))


def told(vulnerability: dict[str, object]) -> str:
    """Return a vulnerability as one line: its id, and the versions without it."""
    mended = vulnerability.get("fix_versions")
    mend = f"mended in {', '.join(map(str, mended))}" if isinstance(mended, list) and mended else ""
    return f"{vulnerability['id']}, {mend or 'not mended in any version'}"


def canonical(name: str) -> str:
    """Return a name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def complain(text: str, what: str = "error") -> None:
    """Say on stderr what went wrong, or as a hint what mends it."""
    print(f"hotline: {what}: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
