"""What a file proves, told in plain words and in order.

Every sentence follows from an `Exchange`, so from something signed; times are RFC 3339 in UTC, and
it is always said by whose clock. Text of the senders' is made safe to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hotline.audit.evidence.exchange import Clock, Entry, Exchange, Said
from hotline.audit.evidence.gaps import GAPS
from hotline.audit.evidence.logs import second_text
from hotline.model.kinds import Precedence
from hotline.model.messages import Notice, Reply, Revision, composer_of
from hotline.model.phrasing import duration_text
from hotline.model.readback import Difference, compare
from hotline.model.rendering import LABEL_WIDTH, render
from hotline.model.text import printable
from hotline.model.times import SECOND_US, format_time

Row = tuple[str, str]
"""A label and a text; an empty label goes on with the row above."""


@dataclass(frozen=True, slots=True)
class Warned:
    """The warning time of one notice or revision; ``good`` unless it began before it was told."""

    amount: str
    good: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One message: a title, what happened to it, and what it says."""

    title: str
    rows: tuple[Row, ...]
    text: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The whole of it: who and what, how much warning, message by message, and the limits.

    ``traffic`` is what marks it, empty for actual traffic.
    """

    traffic: str
    headline: str
    warned: tuple[Warned, ...]
    chapters: tuple[Chapter, ...]
    clocks: tuple[Row, ...]
    logs: tuple[Row, ...]
    unproven: tuple[str, ...]


LIMITS = (
    "that nothing else was said: whoever made the file chose what is in it",
    "that a clock was right: each time is what its centre's clock showed",
    "who sat at the desk: names of officers are as their centre recorded them",
)
"""What no evidence file proves."""


def tell(exchange: Exchange) -> Story:
    """Return the story of an exchange."""
    course = Course(exchange)
    told = course.order
    centres = " and ".join(card.centre for card in exchange.cards)
    count = f"{len(told)} message{'' if len(told) == 1 else 's'}"
    return Story(
        exchange.traffic,
        f"{count} between {centres}, status {exchange.status.upper()}, epoch {exchange.epoch}",
        tuple(_warned(exchange, said) for said in told if said.start_us is not None),
        tuple(_chapter(exchange, course, said) for said in told),
        tuple(_clock_row(exchange, clock) for clock in exchange.clocks),
        tuple(_log_rows(exchange)),
        (*_unproven(exchange, course), *LIMITS),
    )


class Course:
    """The messages in order, and which of them answer which.

    In order as they were signed, but a reply never before what it answers: clocks differ.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._messages = {said.id: said for said in exchange.messages}
        moments: dict[bytes, int] = {}
        for said in exchange.messages:
            # Up to what is known or answers nothing, then down again: an id holds a hash, so
            # there is no circle.
            chain = [said]
            while chain[-1].id not in moments and (asked := self.find(chain[-1].answers)):
                chain.append(asked)
            earliest = 0
            for one in reversed(chain):
                earliest = moments.setdefault(one.id, max(one.body.created_us, earliest)) + 1
        self.order = sorted(exchange.messages, key=lambda said: (moments[said.id], said.id))
        self.numbers = {said.id: number for number, said in enumerate(self.order, 1)}
        self._replies: dict[bytes, list[Said]] = {}
        for said in self.order:
            asked = self.find(said.answers)
            if asked is not None and asked.body.sender != said.body.sender:
                self._replies.setdefault(asked.id, []).append(said)

    def find(self, id_: bytes | None) -> Said | None:
        """Return the message of that id, if the file has it."""
        return None if id_ is None else self._messages.get(id_)

    def replies_to(self, said: Said) -> list[Said]:
        """Return what the other side answered to a message; what the same side says is no reply."""
        return self._replies.get(said.id, [])


def stamp(us: int) -> str:
    """Return RFC 3339 in UTC, always with six decimals."""
    text = format_time(us)
    return text if "." in text else f"{text[:-1]}.000000Z"


def seconds(us: int) -> str:
    """Return microseconds as seconds with three decimals."""
    return f"{us / SECOND_US:.3f} s"


# --- Warning times ----------------------------------------------------------------------------


def _warned(exchange: Exchange, said: Said) -> Warned:
    start, warning = said.start_us or 0, said.warning_us
    title = title_of(said)
    begin = ("start", f"{stamp(start)}, as {said.body.sender} announced it")
    if said.received is None or warning is None:
        amount = "not proven"
        return Warned(amount, False, (("of", title), begin, ("durable", "no receipt")))
    there = said.body.recipient
    rows = [
        ("of", title),
        begin,
        ("durable", f"{stamp(said.received.time_us)} at {there}, by {there}'s clock"),
    ]
    known = list(offsets(exchange, said))
    if known:
        low, high = min(low for low, _ in known), max(high for _, high in known)
        amount_there = f"between {seconds(warning + low)} and {seconds(warning + high)}"
        rows.append(("", f"by {said.body.sender}'s clock the warning was {amount_there}"))
    if warning < 0:
        late = f"NONE: it began {_length(-warning)} before it was durable"
        return Warned(late, False, tuple(rows))
    return Warned(_length(warning), True, tuple(rows))


def _length(us: int) -> str:
    return f"{duration_text(us)} ({seconds(us)})" if us >= SECOND_US else seconds(us)


def offsets(exchange: Exchange, said: Said) -> Iterator[tuple[int, int]]:
    """Yield lower and upper bounds of the recipient's clock minus the sender's, where measured."""
    for clock in clocks_near(exchange, said):
        sign = 1 if clock.entry.centre == said.body.sender else -1
        offset = sign * clock.offset_us
        yield offset - clock.uncertainty_us, offset + clock.uncertainty_us


def clocks_near(exchange: Exchange, said: Said) -> list[Clock]:
    """Return the clock measurements nearest to a message, before and after it in one log."""
    found: list[Clock] = []
    for entry in (said.sent, said.received):
        if entry is None:
            continue
        here = [clock for clock in exchange.clocks if clock.entry.origin == entry.origin]
        before = [clock for clock in here if clock.entry.index < entry.index]
        after = [clock for clock in here if clock.entry.index > entry.index]
        found += [*before[-1:], *after[:1]]
    return found


# --- Messages ---------------------------------------------------------------------------------


def _chapter(exchange: Exchange, course: Course, said: Said) -> Chapter:
    body = said.body
    precedence = Precedence(body.precedence).name
    way = f"{body.sender} to {body.recipient}, {precedence}"
    title = f"{course.numbers[said.id]}  {title_of(said)}  ({way})"
    text = render(said.message).split("\n")[1:] if said.message is not None else ()
    said_rows = ((line[:LABEL_WIDTH].strip(), line[LABEL_WIDTH:]) for line in text)
    rows = [
        ("id", said.id.hex()),
        ("signed", f"{stamp(body.created_us)} by {body.sender}, by its clock"),
        *_composed(said),
        *_entered(said),
        *_flagged(exchange, said),
        *_taken(exchange, said),
        *_read(exchange, said),
        *_answer(course, said),
        *(
            ("answered", f"{course.numbers[reply.id]}, {_word(reply)}, by {_officer(reply)}")
            for reply in course.replies_to(said)
        ),
        *(("remark", remark) for remark in _remarks(exchange, course, said)),
    ]
    return Chapter(title, tuple(rows), tuple(said_rows))


def title_of(said: Said) -> str:
    """Return a message's title in one line."""
    if said.message is None:
        return f"{printable(said.body.kind).upper()} (its payload cannot be read)"
    return render(said.message).partition("\n")[0]


def _entered(said: Said) -> Iterator[Row]:
    body = said.body
    if said.sent is not None:
        yield "logged", f"entry {said.sent.index} of {body.sender}'s log{_sights(said.sent)}"
    if said.received is None:
        yield "durable", f"not proven: no receipt of {body.recipient}"
        return
    there = body.recipient
    yield (
        "durable",
        f"{stamp(said.received.time_us)} at {there}, by its clock",
    )
    yield "", f"entry {said.received.index} of {there}'s log{_sights(said.received)}"
    yield "receipt", f"{there}'s signature over the first {said.received.size} entries of its log"


def _sights(entry: Entry) -> str:
    if not entry.witnessed:
        return ", not witnessed"
    seen = (f"{printable(one.witness)} {second_text(one.at_s)}" for one in entry.witnessed)
    return f", witnessed by {', '.join(seen)}"


def _flagged(exchange: Exchange, said: Said) -> Iterator[Row]:
    """Yield what the recipient's desk flagged when the message came."""
    for remarks in exchange.remarks:
        if remarks.message == said.id:
            for flag in remarks.flags:
                field = f" ({printable(flag.field)})" if flag.field else ""
                yield "flagged", f"{printable(flag.text)}{field} [{flag.code}]"
            there = remarks.entry.centre
            yield "", f"on arrival at {there}, entry {remarks.entry.index} of its log"


def _taken(exchange: Exchange, said: Said) -> Iterator[Row]:
    for taken in exchange.taken:
        if said.id in taken.messages:
            entry = taken.entry
            yield "", f"entered by {entry.centre} {stamp(entry.time_us)}, entry {entry.index}"


def _clock_row(exchange: Exchange, clock: Clock) -> Row:
    here = clock.entry.centre
    there = exchange.other(here)
    way = "ahead of" if clock.offset_us >= 0 else "behind"
    offset, within = seconds(abs(clock.offset_us)), seconds(clock.uncertainty_us)
    measured = f"{there} {offset} {way} {here}, ± {within}, as {here} measured"
    return stamp(clock.entry.time_us), measured


def _read(exchange: Exchange, said: Said) -> Iterator[Row]:
    for reading in exchange.readings:
        if reading.message == said.id:
            entry = reading.entry
            who = f"{printable(reading.officer)} at {entry.centre}"
            where = f"entry {entry.index} of its log"
            yield "read", f"{stamp(entry.time_us)} by {who}, {where}"


def _answer(course: Course, said: Said) -> Iterator[Row]:
    """Yield what a reply is to, and whether it read back what was sent."""
    if not isinstance(said.message, Reply):
        return
    asked = course.find(said.answers)
    if asked is None:
        yield "answers", "a message that is not in this file"
        return
    yield "answers", f"{course.numbers[asked.id]}, {title_of(asked)}"
    if asked.body.sender == said.body.sender:
        return
    differences = read_back_differences(course, said)
    if differences is None:
        return
    if not differences:
        yield "read back", "AS SENT: area, times and levels agree"
    for difference in differences:
        yield "read back", f"OTHERWISE: {printable(str(difference))}"


def read_back_differences(course: Course, said: Said) -> list[Difference] | None:
    """Return what a reply read back otherwise than sent; None where nothing was read back."""
    asked = course.find(said.answers)
    if (
        not isinstance(said.message, Reply)
        or said.message.read_back is None
        or asked is None
        or not isinstance(asked.message, Notice | Revision)
    ):
        return None
    return compare(said.message.read_back, asked.message)


def _word(reply: Said) -> str:
    return printable(reply.message.answer) if isinstance(reply.message, Reply) else ""


def _composed(said: Said) -> Iterator[tuple[str, str]]:
    """Who composed it. Only the centre signs, so the name is the centre's word."""
    name = printable(composer_of(said.message)) if said.message is not None else ""
    if name:
        yield "composed", f"by {name}, as {said.body.sender} says"


def _officer(reply: Said) -> str:
    officer = reply.message.officer if isinstance(reply.message, Reply) else ""
    return f"{printable(officer) or 'nobody by name'}, {reply.body.sender}"


def _remarks(exchange: Exchange, course: Course, said: Said) -> Iterator[str]:
    """Yield what a reader has to know who takes the above at its word."""
    body = said.body
    asked = course.find(said.answers)
    if asked is not None and asked.body.sender == body.sender:
        yield f"{body.sender} answers a message of its own: that is no answer"
    if said.received is not None and said.received.time_us < body.created_us:
        earlier = seconds(body.created_us - said.received.time_us)
        yield f"durable {earlier} before it was signed: the two clocks differ by that or more"
    card = next(card for card in exchange.cards if card.centre == body.sender)
    if not card.issued_us <= body.created_us <= card.expires_us:
        yield (
            f"signed outside the validity of {card.centre}'s card, "
            f"{stamp(card.issued_us)} to {stamp(card.expires_us)}"
        )


# --- Logs and limits --------------------------------------------------------------------------


def _log_rows(exchange: Exchange) -> Iterator[Row]:
    for seen in exchange.logs:
        if not seen.checkpoints:
            yield seen.origin, "no checkpoint"
            continue
        newest = seen.checkpoints[-1]
        yield seen.origin, f"{newest.size} entries"
        yield "", f"root {newest.root.hex()}"
        newest_sights = [sight for sight in seen.witnessed if sight.size == newest.size]
        for sight in newest_sights:
            yield "", f"witnessed by {printable(sight.witness)} {second_text(sight.at_s)}"


def _unproven(exchange: Exchange, course: Course) -> Iterator[str]:
    if exchange.exercise:
        yield (
            f"the name of the exercise: it is as the record of {exchange.stated_by} has it;"
            f" that this is {exchange.status.upper()} is signed"
        )
    for gap in exchange.unproven:
        said = course.find(gap.message)
        if said is None:
            yield GAPS[gap.code]
        else:
            body = said.body
            sentence = GAPS[gap.code].format(sender=body.sender, recipient=body.recipient)
            yield f"of {course.numbers[said.id]}: {sentence}"
    opened = {(reading.message, reading.entry.centre) for reading in exchange.readings}
    unseen: dict[str, list[str]] = {}
    for said in course.order:
        recipient = said.body.recipient
        if said.received is not None and (said.id, recipient) not in opened:
            unseen.setdefault(recipient, []).append(str(course.numbers[said.id]))
    for recipient, numbers in unseen.items():
        # A reading is entered by its own centre alone: no file of the other side has one.
        yield (
            f"of {', '.join(numbers)}: whether it was opened at {recipient}:"
            f" only {recipient}'s record can say"
        )
