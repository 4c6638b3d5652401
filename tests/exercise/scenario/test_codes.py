from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from hotline.exercise.scenario.codes import ALARMS, FLAGS, OF_A_NOTICE
from hotline.node.airspace.lateness import Late

ROOT = Path(__file__).parents[3]


def rung() -> Iterator[str]:
    """Yield every code with which the node rings, as far as it stands at the call."""
    for path in (ROOT / "hotline/node").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            first = node.args[0] if node.args else None
            if node.func.attr in ("ring", "once") and isinstance(first, ast.Constant):
                yield str(first.value)


def test_every_alarm_that_the_node_rings_can_be_expected() -> None:
    """A new alarm is added to the list."""
    codes = {code for code in rung() if "." in code}
    assert codes
    assert codes <= ALARMS


def test_every_code_stands_in_the_source() -> None:
    """Nothing can be expected that never happens."""
    source = "".join(
        path.read_text("utf-8")
        for path in (ROOT / "hotline").rglob("*.py")
        if path.name != "codes.py"
    )
    made = {f"airspace.{kind}" for kind in ("conflict", "proximity", "possible")}
    missing = {code for code in ALARMS | FLAGS if f'"{code}"' not in source} - made
    assert not missing


def test_what_the_clock_finds_late_can_be_expected() -> None:
    """These alarms are named by an enum, so that no call of the bell holds their codes."""
    assert {late.value for late in Late} <= ALARMS


def test_only_alarms_name_a_notice() -> None:
    """And every one that a notice brings about does."""
    assert OF_A_NOTICE <= ALARMS
    assert {code for code in ALARMS if code.startswith("notice.")} <= OF_A_NOTICE
    assert {late.value for late in Late} <= OF_A_NOTICE


def test_every_code_is_in_the_list_of_codes() -> None:
    """Also one that is made from a kind, of which no literal stands beside its sentence."""
    page = (ROOT / "docs/spec/errors.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z.-]+)` \|", page, re.MULTILINE))
    assert sorted((ALARMS | FLAGS) - listed) == []


def test_the_specification_lists_every_code() -> None:
    """Whoever writes an expectation has to know what there is."""
    rows = (ROOT / "docs/spec/scenario.md").read_text("utf-8").splitlines()
    for what, codes in (("alarms", ALARMS), ("flags", FLAGS)):
        (row,) = (row for row in rows if row.startswith(f"| {what} |"))
        assert row == f"| {what} | {', '.join(f'`{code}`' for code in sorted(codes))} |"
