"""``hotline duty``: what two officers type and see when the watch is relieved."""

from __future__ import annotations

import pytest

from tests.cli.command import Pair


def watch_of(printed: str) -> str:
    """Return who has the watch, by what was printed."""
    (line,) = (line for line in printed.splitlines() if line.split()[:1] == ["watch"])
    return line.split(maxsplit=1)[1]


@pytest.mark.pair
def test_the_watch_is_relieved_at_a_real_node(pair: Pair) -> None:
    """Taken, briefed, assumed by name, reviewed; each step refused where it is not the next."""
    node = pair.iaf
    assert "nobody has the watch: `hotline duty take`" in node.hotline("duty", "show").stdout
    node.fails("watch.free", "duty", "brief", "--officer", "cohen", exit_code=2)
    taken = node.hotline("duty", "take", "--officer", "levy").stdout
    assert watch_of(taken) == "levy"
    told = node.hotline("duty", "brief", "--officer", "cohen").stdout
    assert "brief for cohen, at " in told
    assert "good until " in told
    assert "hmeimim" in told
    assert "nothing of: " in told
    said = node.fails("watch.nobody-named", "duty", "assume", "--officer", "cohen", exit_code=2)
    assert "hotline duty show" in said
    node.fails("watch.not-on-duty", "duty", "assume", "orlov", "--officer", "cohen", exit_code=2)
    assumed = node.json("duty", "assume", "levy", "--officer", "cohen", "--text", "all quiet")
    assert (assumed["on_duty"], assumed["to_review"]) == ("cohen", "levy")
    shown = node.hotline("duty", "show").stdout
    assert "levy monitors, and signs off: `hotline duty review`" in shown
    assert 'cohen assumed, relieving levy: "all quiet"' in shown
    assert "cohen since " in node.hotline("status").stdout
    node.hotline("duty", "review", "--officer", "levy")
    found = node.json("log", "show", "--kind", "watch")["entries"]
    assert [entry["what"]["step"] for entry in found] == ["reviewed", "assumed", "briefed", "taken"]
    released = node.hotline("duty", "release", "--officer", "cohen", "--text", "end").stdout
    assert watch_of(released) == "nobody"
    assert "nobody has the watch" in node.hotline("status", exit_code=1).stdout
    node.hotline("duty", "take", "--officer", "levy")


@pytest.mark.pair
def test_a_brief_that_changed_says_so(pair: Pair) -> None:
    """What came meanwhile is named, and assuming the watch is refused with the mend."""
    node = pair.hmeimim
    node.hotline("duty", "take", "--officer", "orlov")
    node.hotline("duty", "brief", "--officer", "ivanov")
    pair.iaf.hotline("send", "--phrase", "307", "--officer", "levy")
    said = node.fails(
        "watch.brief-changed", "duty", "assume", "orlov", "--officer", "ivanov", exit_code=2
    )
    assert "hotline duty brief" in said
    shown = node.hotline("duty", "show").stdout
    assert "NO LONGER GOOD" in shown
    assert "changed since not read yet, answers awaited" in shown
