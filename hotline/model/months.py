"""The months as people write them, in the three languages."""

from __future__ import annotations

from typing import Final, NamedTuple


class Month(NamedTuple):
    """One month: as in messages of aviation (``JAN``), in English, and in dates of the others.

    The Russian name is in the genitive, as it stands behind a day; a Hebrew date has ``ב`` before
    the name. ``others`` are spellings besides these, in lower case.
    """

    short: str
    english: str
    russian: str
    hebrew: str
    others: tuple[str, ...] = ()


MONTHS: Final = (
    Month("JAN", "January", "января", "ינואר"),
    Month("FEB", "February", "февраля", "פברואר"),
    Month("MAR", "March", "марта", "מרץ", ("מרס",)),
    Month("APR", "April", "апреля", "אפריל"),
    Month("MAY", "May", "мая", "מאי"),
    Month("JUN", "June", "июня", "יוני"),
    Month("JUL", "July", "июля", "יולי"),
    Month("AUG", "August", "августа", "אוגוסט"),
    Month("SEP", "September", "сентября", "ספטמבר", ("sept",)),
    Month("OCT", "October", "октября", "אוקטובר"),
    Month("NOV", "November", "ноября", "נובמבר"),
    Month("DEC", "December", "декабря", "דצמבר"),
)
"""From January to December."""
