"""Whatever is flagged of a notice is said in three languages: each code, wherever it is raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hotline
from hotline.model.languages.flags import FLAGS, flag_lines
from hotline.model.languages.language import Language

SOURCE = Path(hotline.__file__).parent
SCRIPTS = {Language.EN: ("a", "z"), Language.RU: ("\u0430", "\u044f"), Language.HE: ("א", "ת")}
CONTRADICTIONS = {
    "airspace.area-too-large",
    "airspace.beyond-horizon",
    "airspace.direction-differs",
    "airspace.level-differs",
    "airspace.levels-upside-down",
    "airspace.place-differs",
    "airspace.time-differs",
}


def codes_given_to(name: str, path: Path) -> Iterator[str]:
    """Yield the first argument of each call of a class in a file: a text, or what names one."""
    tree = ast.parse(path.read_text())
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id == name and isinstance(node, ast.Call):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
            elif isinstance(first, ast.Name) and first.id in named:
                yield named[first.id]


FLAGGED = {code for path in SOURCE.rglob("node/**/*.py") for code in codes_given_to("Flag", path)}


def test_the_codes_are_found() -> None:
    """What is enumerated is what there is: among it what nobody says where it flies."""
    assert set(codes_given_to("Problem", SOURCE / "airspace/contradictions.py")) == CONTRADICTIONS
    assert {"airspace.possible", "airspace.more-relations", "notice.area-unknown"} <= FLAGGED


@pytest.mark.parametrize("code", sorted(CONTRADICTIONS | FLAGGED))
@pytest.mark.parametrize("language", Language)
def test_a_flag_is_said_in_the_officers_language(code: str, language: Language) -> None:
    """In letters of its script, with the code, so that two officers find the same flag."""
    first, last = SCRIPTS[language]
    said = FLAGS[code].text(language)
    assert any(first <= letter <= last for letter in said.lower())
    sentence = "possible conflict with anything: nothing says where it flies"
    lines = flag_lines(code, sentence, "", language)
    assert lines[0].startswith(sentence if language is Language.EN else said)
    assert code in lines[0]
