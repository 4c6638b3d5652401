from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from hotline.exercise.msel.exporting import msel_bytes
from hotline.exercise.msel.importing import import_msel
from hotline.exercise.scenario.marked import Place, marked
from hotline.exercise.scenario.reading import scenario_of, shipped, shipped_names
from tests.exercise.scenario.strategies import Table, bare, scenarios

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=50, deadline=None, suppress_health_check=_SLOW)
@given(scenarios())
def test_nothing_is_lost_by_csv(table: Table) -> None:
    """Injects, expectations, crews, traffic and letters are the same after export and import."""
    scenario = scenario_of(marked(table, Place(1, 1)), "given")
    found = import_msel(msel_bytes(scenario, ".csv"), "given.csv")
    assert bare(found.scenario) == bare(scenario)
    assert found.notes == ()


@settings(max_examples=25, deadline=None, suppress_health_check=_SLOW)
@given(scenarios())
def test_nothing_is_lost_by_a_workbook(table: Table) -> None:
    """The same by way of XLSX, whose cells are no mere text."""
    scenario = scenario_of(marked(table, Place(1, 1)), "given")
    found = import_msel(msel_bytes(scenario, ".xlsx"), "given.xlsx")
    assert bare(found.scenario) == bare(scenario)
    assert found.notes == ()


def test_every_shipped_scenario_survives_both() -> None:
    """What is shipped can be planned on in a spreadsheet."""
    for name in shipped_names():
        scenario = shipped(name)
        for suffix in (".csv", ".xlsx"):
            found = import_msel(msel_bytes(scenario, suffix), f"{name}{suffix}")
            assert bare(found.scenario) == bare(scenario), (name, suffix)
