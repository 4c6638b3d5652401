"""Relations that are entered and of which no change of a comparison says that they are over.

They were entered in an earlier run, or rested on a notice of which not all could be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hotline.airspace.activity import Key
from hotline.journal.relations import entered_name
from hotline.node.airspace.compared import Compared
from hotline.node.airspace.entered import Entered
from hotline.node.airspace.findings import Cause, Found, Pair
from hotline.node.airspace.loading import Loading
from hotline.node.airspace.lost import Doubtful


class Endings:
    """Finds them for ``both`` centres of a line, ours first, by what stands and is entered."""

    def __init__(self, both: tuple[str, str], compared: Compared, entered: Entered) -> None:
        self._own, self._peer = both
        self._compared = compared
        self._entered = entered
        self._doubtful = Doubtful(*both)

    def after_loading(self, loading: Loading, causes: Mapping[Key, Cause]) -> list[Found]:
        """Return which relations of an earlier run are over, by what was loaded and compared."""
        gone = []
        keys = self._keys()
        for pair in self._entered.pairs:
            one, other = keys(pair)
            if self._compared.relates(one, other) or self._doubtful.holds(pair, loading.stand_ins):
                continue
            cause = causes.get(other) or causes.get(one) or Cause("start-up")
            gone.append(self._entered.end(pair, one, other, cause))
        return gone

    def _keys(self) -> Callable[[Pair], tuple[Key, Key]]:
        """Return what finds the keys of both notices of a pair, as they stand at this moment.

        What stands no more, or has no longer name, has the key that it is entered as.
        """
        whole = {
            standing.key._replace(reference=name): standing.key
            for standing in self._compared.current
            if (name := entered_name(standing.key.reference)) is not standing.key.reference
        }

        def keys(pair: Pair) -> tuple[Key, Key]:
            one, other = Key(self._own, pair[0]), Key(self._peer, pair[1])
            return whole.get(one, one), whole.get(other, other)

        return keys

    def no_more_doubtful(self) -> list[Found]:
        """Return which relations are over of which nothing was known but that they had begun."""
        ended: list[Found] = []
        over = self._doubtful.over(self._compared.current)
        if not over:
            return ended
        keys = self._keys()
        for pair in over:
            one, other = keys(pair)
            if pair in self._entered and not self._compared.relates(one, other):
                ended.append(self._entered.end(pair, one, other, Cause("expiry")))
        return ended
