"""The way out of the fence: new logs beside the old ones, once both sides have a new letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.errors import ConfigError, FencedError, UsageError
from hotline.journal.recovery import recover
from tests.journal.ledger import (
    T0_US,
    assert_memory_is_disk,
    catch_up,
    do,
    hear,
    line_of,
    open_journal,
    say,
    transact,
)

WHY = "it was rolled back"


def test_a_fenced_node_goes_on_in_new_logs(tmp_path: Path) -> None:
    """Recovery lifts the fence, keeps the old logs, and names what may not have arrived."""
    journal, other = open_journal(tmp_path / "a"), open_journal(tmp_path / "b", "hmeimim")
    say(journal, 2)
    catch_up(journal, other)
    (lost,) = say(journal, 1, reference="IAF-0009")
    do(journal, lambda j: j.set_fence(WHY))
    journal.close()
    journal = open_journal(tmp_path / "a", lines={"hmeimim": 2})
    recovered = do(journal, lambda j: recover(j, "levy", T0_US))
    assert recovered.fence == WHY
    assert recovered.node_log == "hotline/exercise/iaf/node/2"
    assert recovered.undelivered == (("hmeimim", "IAF-0009"),)
    (group,) = say(journal)
    assert group.ids != lost.ids
    assert (group.first_seq, group.first_index) == (1, 0)
    assert_memory_is_disk(journal)
    journal.close()
    journal = open_journal(tmp_path / "a", lines={"hmeimim": 2})
    assert journal.signer.fence is None
    assert journal.node_log.origin == "hotline/exercise/iaf/node/2"
    assert journal.execute("SELECT count(*) FROM message").fetchone() == (4,)
    other.close()
    other = open_journal(tmp_path / "b", "hmeimim", lines={"iaf": 2})
    assert hear(other, group).items[0].first_index == 0
    journal.close()
    other.close()


def test_recovery_needs_a_fence_and_a_new_epoch(tmp_path: Path) -> None:
    """A node that may sign has nothing to recover; one under the old letter must not."""
    journal = open_journal(tmp_path)
    say(journal)
    with pytest.raises(UsageError) as caught:
        do(journal, lambda j: recover(j, "levy", T0_US))
    assert caught.value.code == "journal.not-fenced"
    do(journal, lambda j: j.set_fence(WHY))
    with pytest.raises(ConfigError) as refused:
        do(journal, lambda j: recover(j, "levy", T0_US))
    assert refused.value.code == "journal.epoch-not-renewed"
    assert line_of(journal).epoch == 1
    assert journal.signer.fence == WHY
    journal.close()


def test_a_recovery_that_is_not_committed_leaves_the_fence(tmp_path: Path) -> None:
    """Either the new logs are on disk, or the node is still fenced."""
    journal = open_journal(tmp_path)
    do(journal, lambda j: j.set_fence(WHY))
    with pytest.raises(ZeroDivisionError):
        transact(journal, lambda j: recover(j, "levy", T0_US), lambda j: 1 // 0)
    assert journal.signer.fence == WHY
    assert journal.node_log.origin == "hotline/exercise/iaf/node/1"
    with pytest.raises(FencedError):
        journal.signer.require_unfenced()
    journal.close()
