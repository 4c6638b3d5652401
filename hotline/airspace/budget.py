"""How long a comparison may take: whoever sends us notices does not decide it."""

from __future__ import annotations

from collections.abc import Callable

from hotline.airspace.elsewhere import Elsewhere


class Budget:
    """So many pairs of volumes may be compared exactly, until a deadline that the caller tells.

    ``comparisons`` None means any number; ``late`` is asked before each one and says that the time
    is over. It is never asked what time it is. With ``elsewhere`` a pair of outlines that takes too
    long by itself ends the comparison too, until it has been measured there.
    """

    def __init__(
        self,
        comparisons: int | None = None,
        late: Callable[[], bool] | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._left = comparisons
        self._late = late
        self.elsewhere = elsewhere
        self.spent = 0
        """Comparisons that were made."""

    def spend(self) -> bool:
        """Take one comparison from the budget; False when it is used up, and for good."""
        if self._left is not None and self._left <= 0:
            return False
        if self._late is not None and self._late():
            self._left = 0
            return False
        if self._left is not None:
            self._left -= 1
        self.spent += 1
        return True
