import runpy
from pathlib import Path

from hotline.line import Input, State
from hotline.line.states import INPUT_MEANING, STATE_MEANING, TABLE

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "spec" / "association.md"


def test_the_specification_shows_the_table_as_it_is() -> None:
    """Whoever changes a transition draws the document anew."""
    draw = runpy.run_path(str(ROOT / "tools" / "draw_states.py"))["draw"]
    text = DOCUMENT.read_text()
    assert draw(text) == text, "run: python tools/draw_states.py"


def test_every_state_and_input_has_a_meaning_and_a_use() -> None:
    """The vocabulary holds nothing that the table does not, and the reverse."""
    assert set(STATE_MEANING) == set(State) == set(TABLE)
    assert set(INPUT_MEANING) == set(Input)
    assert {input_ for row in TABLE.values() for input_ in row} == set(Input)


def test_every_state_can_be_reached_and_left() -> None:
    """There is no way into a dead end, and every connection can be lost."""
    reached = {State.IDLE}
    while True:
        further = reached | {new for state in reached for new in TABLE[state].values()}
        if further == reached:
            break
        reached = further
    assert reached == set(State)
    for state in set(State) - {State.IDLE}:
        assert TABLE[state][Input.DISCONNECT] is State.IDLE


def test_messages_flow_only_when_associated() -> None:
    """FMTP: data is exchanged in DATA_READY only."""
    for input_ in (Input.SEND_GROUP, Input.ENVELOPE, Input.RESEND):
        assert [state for state in State if input_ in TABLE[state]] == [State.DATA_READY]
