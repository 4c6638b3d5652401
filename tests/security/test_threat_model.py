"""The threat model names what there is: modules that exist, and tests that pytest collects."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.security.threat_model import (
    BEGIN,
    COLUMNS,
    END,
    NONE,
    ROOT,
    Threat,
    drawn,
    named,
    page,
    threats,
)

TEXT = page()
ASSETS, ATTACKERS, THREATS = named("Assets", TEXT), named("Attackers", TEXT), threats(TEXT)


def is_collected(name: str, root: Path = ROOT / "tests") -> bool:
    """Whether pytest would find ``file::test``, and run it somewhere."""
    path, _, test = name.partition("::")
    file = root / path
    if not (file.name.startswith("test_") and file.suffix == ".py" and file.is_file()):
        return False
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == test:
            marks = [ast.unparse(one) for one in node.decorator_list]
            return test.startswith("test_") and not any(
                re.match(r"pytest\.(fixture|mark\.(skip\b|xfail))", mark) for mark in marks
            )
    return False


def test_each_threat_is_one_row_with_its_number() -> None:
    """Numbers begin with the attacker's letter and follow each other; cells are filled."""
    letters = {name: line.split("`")[1] for name, line in ATTACKERS.items()}
    assert len(set(letters.values())) == len(ATTACKERS)
    seen: Counter[str] = Counter()
    for threat in THREATS:
        seen[threat.attacker] += 1
        assert threat.id == f"{letters[threat.attacker]}{seen[threat.attacker]}"
        assert set(threat.assets) <= set(ASSETS), threat.id
        for said in (threat.doing, threat.control, threat.remains):
            assert len(said) > 3, threat.id


@pytest.mark.parametrize("asset", ASSETS)
def test_every_asset_has_threats(asset: str) -> None:
    """What nobody threatens is no asset; one attacker alone would be a gap in the thinking."""
    assert len({one.attacker for one in THREATS if asset in one.assets}) >= 3


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_every_attacker_has_threats(attacker: str) -> None:
    """Against most of the assets; where none is, the page says why."""
    mine = {asset for one in THREATS if one.attacker == attacker for asset in one.assets}
    assert len(mine) >= len(ASSETS) - 3
    reasons = TEXT.partition(f"{END}\n")[2].partition("\n## ")[0]
    for asset in set(ASSETS) - mine:
        assert re.search(rf"^- {attacker}, [^:]*\b{asset}\b[^:]*: \w+", reasons, re.MULTILINE), (
            asset
        )


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: str(threat.id))
def test_what_a_row_names_is_there(threat: Threat) -> None:
    """Modules below hotline/ or files of the project, and tests; no test where no control is."""
    assert threat.where
    for place in threat.where:
        assert (ROOT / "hotline" / place).exists() or (ROOT / place).exists(), place
    for test in threat.tests:
        assert is_collected(test), test
    assert bool(threat.tests) is not threat.control.startswith("none in the program")


def test_the_table_is_drawn_from_the_rows() -> None:
    """`python -m tests.security.threat_model` draws it."""
    assert TEXT.partition(BEGIN)[2].partition(END)[0].strip() == drawn(TEXT).strip()


def test_what_this_asks_of_the_page_can_fail(tmp_path: Path) -> None:
    """A test that is not there, is a fixture, or is left out, is none; nor is a row cut short."""
    (tmp_path / "test_some.py").write_text(
        "import pytest\n\ndef test_is(): ...\n\nasync def test_waits(): ...\n\n"
        "@pytest.mark.skip\ndef test_left_out(): ...\n\n@pytest.fixture\ndef test_made(): ...\n"
    )
    names = ("is", "waits", "left_out", "made", "none")
    found = {name for name in names if is_collected(f"test_some.py::test_{name}", tmp_path)}
    assert found == {"is", "waits"}
    assert not is_collected("some.py::test_is", tmp_path)
    head = f"### Somebody\n\n| {' | '.join(COLUMNS)} |\n|---|\n"
    with pytest.raises(ValueError, match="Somebody"):
        threats(f"{head}| X1 | messages | something |\n")
    assert NONE in drawn(re.sub(r"^\| N1 .*\n", "", TEXT, flags=re.MULTILINE))
