"""The shapes of calls: what is read out, written down and confirmed over a telephone."""

from __future__ import annotations

from hotline.api.schema import Marked, MessageView, Request, Shape


class VoiceItem(Shape, frozen=True, kw_only=True):
    """One line that is read: its label, its text, its check word."""

    label: str
    text: str
    word: str


class VoiceView(Marked, frozen=True, kw_only=True):
    """One entry about a call.

    ``state`` is spoken, heard, confirmed, or differs where the answer was another. ``subject`` is
    what item B says. ``message`` is the id of the signed message, of a heard text its first 8
    digits. ``words`` are the check words of the text; ``said`` those that the other side gave, none
    where none were typed; ``differs`` the items that they show to be other ones. ``answer`` is
    what the listener reads back: given at the listener's side only. ``confirms`` is the entry that
    a confirmation is about.
    """

    peer: str
    entry: int
    at: str
    state: str
    officer: str
    subject: str
    message: str
    text: str = ""
    items: list[VoiceItem] = []  # noqa: RUF012 - msgspec copies it
    words: list[str] = []  # noqa: RUF012
    answer: list[str] = []  # noqa: RUF012
    said: list[str] = []  # noqa: RUF012
    differs: list[str] = []  # noqa: RUF012
    confirms: int | None = None


class VoicePage(Marked, frozen=True, kw_only=True):
    """Calls, the newest first."""

    calls: list[VoiceView]


class VoiceTaken(Marked, frozen=True, kw_only=True):
    """A text that was heard, as it is entered.

    ``agrees`` says whether the check words that were typed are its own; null where none were.
    ``arrived`` is the signed message where it is here already, and ``otherwise`` the items in which
    that says something else. ``not_read_out`` says what of it is not compared, since it is not read
    out as it stands; empty for nothing.
    """

    call: VoiceView
    agrees: bool | None = None
    arrived: MessageView | None = None
    otherwise: list[str] = []  # noqa: RUF012
    not_read_out: str = ""


class SpeakRequest(Request, frozen=True, kw_only=True):
    """An officer reads a message of this centre out, named by id or reference."""

    name: str
    officer: str


class HearRequest(Request, frozen=True, kw_only=True):
    """An officer wrote down what ``peer`` read out; the only peer where none is named."""

    text: str
    officer: str
    peer: str = ""


class ConfirmRequest(Request, frozen=True, kw_only=True):
    """The words that the other side answered with; ``by_item``: those of all items, in order."""

    name: str
    words: str
    officer: str
    by_item: bool = False
