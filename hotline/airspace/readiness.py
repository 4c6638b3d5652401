"""Making ready: what is slow the first time is done before the first notice comes.

The first comparison loads the projections' tables and the first words the gazetteer: a tenth of a
second in which a notice would be entered without what is found about it.
"""

from __future__ import annotations

from hotline.airspace.activity import plan
from hotline.airspace.comparison import relate
from hotline.airspace.contradictions import contradictions
from hotline.airspace.terms import terms_of
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter
from hotline.model.messages import Notice
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

_START, _END = "2015-10-15T10:00:00Z", "2015-10-15T11:00:00Z"
_REMARKS = "Patrol north of Nicosia at FL180 from 1000Z to 1130Z. Район к югу. מצפון."


def make_ready(letter: Letter) -> None:
    """Compare two small notices, of every shape and with words: all that is loaded late is then.

    Takes about a tenth of a second the first time, and a millisecond after that. It keeps nothing
    of its own, so it may run in a thread beside others.
    """
    corners = (Position(34.0, 33.0), Position(34.0, 33.2), Position(34.2, 33.1))
    low, high = Altitude(100.0, "fl", "standard"), Altitude(9000.0, "m", "wgs84")
    shapes = (
        Volume4D(Polygon(corners), None, None, low, high, _START, _END),
        Volume4D(None, Circle(corners[1], 2_000.0), None, low, high, _START, _END),
        Volume4D(None, None, Corridor(corners[:2], 1_000.0), low, high, _START, _END),
    )
    apart = Volume4D(None, Circle(Position(34.1, 33.3), 500.0), None, low, high, _START, _END)
    notice = Notice("READY-1", "Ready", "patrol", shapes, _REMARKS)
    contradictions(notice, letter, 0)
    one = plan("one", notice, Precedence.ROUTINE)
    for volumes in (shapes, (apart,)):
        other = plan("two", Notice("READY-2", "Ready", "patrol", volumes), Precedence.ROUTINE)
        relate(one, other, terms_of(letter))
