"""What docs/spec/exercise-report.md says of the report is what the report is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from hotline.exercise.report import comparing, document
from hotline.exercise.report.comparing import TRENDS_FORMAT
from hotline.exercise.report.document import FORMAT, Report
from hotline.exercise.report.proposing.improvements import IMPROVEMENTS
from hotline.exercise.report.proposing.strengths import STRENGTHS

ROOT = Path(__file__).parents[3]
SPEC = (ROOT / "docs/spec/exercise-report.md").read_text("utf-8")


def test_every_rule_is_described_and_every_described_rule_is_there() -> None:
    """A finding names its rule: whoever reads it finds when it is proposed."""
    named = {rule.name for rule in (*IMPROVEMENTS, *STRENGTHS)}
    section = SPEC.partition("## 5.")[2].partition("## 6.")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+\.[a-z-]+)`", "".join(rows))) == named


@pytest.mark.parametrize("field", Report.__struct_fields__)
def test_every_field_of_the_data_is_described(field: str) -> None:
    """With all that is in it, in one row."""
    if field == "format":
        assert f"`{FORMAT}`" in SPEC
        assert f"`{TRENDS_FORMAT}`" in SPEC
        return
    rows = [line for line in SPEC.splitlines() if line.startswith("| ") and f"`{field}`" in line]
    assert rows, field
    annotation = str(Report.__annotations__[field])
    inner = annotation.removeprefix("list[").removesuffix("]")
    form = getattr(document, inner, None)
    if form is None:
        return
    words = set(re.findall(r"[a-z0-9_]+", " ".join(rows)))
    assert {one.name for one in msgspec.structs.fields(form)} <= words


def test_every_field_of_trends_is_described() -> None:
    """All of them in the last section."""
    words = set(re.findall(r"[a-z_]+", SPEC.partition("## 8.")[2]))
    assert set(comparing.Compared.__struct_fields__) <= words


@pytest.mark.parametrize(
    "code", sorted(set(re.findall(r"`(report\.[a-z-]+)`", SPEC)) - {"report.json"})
)
def test_every_code_that_is_described_is_raised(code: str) -> None:
    """What the document says is refused is refused by that code."""
    sources = [*(ROOT / "hotline/exercise/report").rglob("*.py"),
               *(ROOT / "hotline/cli/exercise").glob("*.py")]  # fmt: skip
    assert any(f'"{code}"' in path.read_text("utf-8") for path in sources)
