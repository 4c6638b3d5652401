from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from hotline.exercise.scenario.marked import Place, marked
from hotline.exercise.scenario.reading import scenario_of, scenario_of_bytes
from hotline.exercise.scenario.writing import scenario_table, scenario_yaml
from tests.exercise.scenario.strategies import Table, bare, scenarios

_FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_FEW
@given(scenarios())
def test_what_is_written_as_yaml_is_read_as_the_same(table: Table) -> None:
    """Every scenario survives being written as a file, whatever its texts contain."""
    scenario = scenario_of(marked(table, Place(1, 1)), "given")
    text = scenario_yaml(scenario)
    again = scenario_of_bytes(text.encode(), "again.yaml")
    assert bare(again) == bare(scenario)
    assert scenario_table(again) == scenario_table(scenario)
