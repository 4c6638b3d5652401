"""The steps of a check, and the refusal that names the one at which it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hotline.errors import HotlineError, TrustError

FORM, CARDS, CHECKPOINTS, CONSISTENCY, SIGNATURES, TOGETHER, ENTRIES, RECORDS, GAPS, FORKS = range(
    1, 11
)

STEPS = {
    FORM: "the file is an evidence file, whole and in its one spelling",
    CARDS: "the two centres' cards are sound, and those that are expected",
    CHECKPOINTS: "each checkpoint is signed by its log's key, and each cosignature holds",
    CONSISTENCY: "each log only grew from one checkpoint to the next",
    SIGNATURES: "each message is signed by its sender, for this line",
    TOGETHER: "the messages belong together",
    ENTRIES: "each message is entered in the logs, as its proofs say",
    RECORDS: "remarks, readings, receipts and clocks are entered, and are about these messages",
    GAPS: "what is not proven is said",
    FORKS: "no two files contradict each other",
}
"""What each step promises, as docs/spec/evidence.md, section 3, numbers them."""


class Refused(TrustError):  # noqa: N818 - it names what happened, and its parent is the error
    """A file, or several together, that do not hold: at which ``step``, where, and why."""

    def __init__(self, step: int, where: str, error: HotlineError) -> None:
        place = f"{where}: " if where else ""
        super().__init__(error.code, f"step {step}: {place}{error.message}", error.hint)
        self.step = step
        self.where = where
        self.reason = error.message


@contextmanager
def at(step: int, where: str = "") -> Iterator[None]:
    """Turn whatever does not hold inside into a refusal at this step."""
    try:
        yield
    except Refused:
        raise
    except HotlineError as error:
        raise Refused(step, where, error) from error
