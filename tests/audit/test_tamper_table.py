"""The table in the documentation says what the tests show, row for row."""

from __future__ import annotations

from tests.audit.attacks.catalogue import ATTACKS
from tests.audit.attacks.evidence import EVIDENCE, NAMES
from tests.audit.attacks.exports import EXPORTS
from tests.audit.attacks.table import DOCUMENT, TABLES, redrawn, tables_in
from tests.audit.attacks.wire import WIRE
from tests.audit.catalogue import CATALOGUE, UNSEEN, WHY_UNSEEN

ALL = [*CATALOGUE, *UNSEEN, *ATTACKS, *WIRE, *EXPORTS, *EVIDENCE]


def rows_in(text: str) -> list[str]:
    """Return the first cell of each row of each table."""
    return [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if "|" in line]


def test_the_tables_are_those_of_the_catalogues() -> None:
    """Every falsification has its row, every row its falsification, with just what finds it."""
    text = DOCUMENT.read_text("utf-8")
    assert sorted(tables_in(text)) == sorted(TABLES), "a table is missing or there twice"
    assert redrawn(text) == text, "run `python -m tests.audit.attacks.table`"
    rows = rows_in(text)
    for name in ALL:
        assert rows.count(name) == 1, name


def test_every_limit_has_a_reason() -> None:
    """What nobody finds is said together with why."""
    assert WHY_UNSEEN.keys() == UNSEEN.keys()
    nobody = [one for one in ATTACKS.values() if not (one.verify or one.peer or one.reconcile)]
    assert all(one.why for one in ATTACKS.values())
    assert 1 <= len(nobody) <= 3


def test_there_are_enough_of_them() -> None:
    """Two hundred ways to falsify a record are tried, each by a name of its own."""
    assert len(ALL) == len(set(ALL)) >= 200
    assert len(EVIDENCE) == len(NAMES)
