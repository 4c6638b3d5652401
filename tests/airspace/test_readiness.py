"""Making ready: the first notice finds everything loaded that a comparison needs."""

from __future__ import annotations

import subprocess
import sys

from hotline.airspace.gazetteer import gazetteer
from hotline.airspace.readiness import make_ready
from tests.airspace.test_contradictions_sentences import LETTER

_PROBE = """
import sys
from hotline.airspace.activity import plan
from hotline.airspace.comparison import relate
from hotline.airspace.contradictions import contradictions
from hotline.airspace.gazetteer import gazetteer
from hotline.airspace.readiness import make_ready
from hotline.airspace.terms import terms_of
from hotline.model.kinds import Precedence
from tests.airspace.test_contradictions_sentences import LETTER
from tests.model.samples import notice

assert gazetteer.cache_info().currsize == 0
make_ready(LETTER)
assert gazetteer.cache_info().currsize == 1
loaded = set(sys.modules)
first = notice(remarks="North of Haifa at FL200 from 0900Z, к северу от Хайфы")
assert contradictions(first, LETTER, 0)
one, other = plan("iaf", first, Precedence.ROUTINE), plan("hmeimim", first, Precedence.FLASH)
assert relate(one, other, terms_of(LETTER)).conflict
print(sorted(set(sys.modules) - loaded))
"""


def test_a_ready_node_loads_nothing_more_at_the_first_notice() -> None:
    """Modules, projections and places are there, so that the first is as fast as any other."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_making_ready_may_be_done_again() -> None:
    """The second time it finds all there, and leaves it as it is."""
    make_ready(LETTER)
    places = gazetteer()
    make_ready(LETTER)
    assert gazetteer() is places
