"""What becomes of a fault of this program: a possible conflict, never clear, and never the end.

Whatever a peer sends is to be compared without an exception. Should one come all the same, it ends
at the volume, the pair of volumes or the activity that it came with: that stands as possible, with
`STUMBLED` as the reason, and all others are compared as if nothing had been. Whoever holds the
engine hears of it, to log, count and alarm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hotline.airspace.reason import Reason

STUMBLED: Final = Reason(
    "airspace.stumbled", "this node could not compute it, by a fault of its own"
)

Stumble = Callable[[str, Exception], None]
"""Is told the reference of an activity, and what was raised; may be called in any thread."""


def unheard(reference: str, error: Exception) -> None:
    """Tell nobody: for those who see by the result that something is possible, and why."""
