"""Injects and expectations in a few words, for boards, tables and a MSEL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.exercise.scenario.durations import duration_said
from hotline.exercise.scenario.shape import Act, Expectation, ExpectationKind, Fault, Inject
from hotline.exercise.scenario.shape import FaultKind as F
from hotline.model.text import grouped

_EXPECTED: Final[Mapping[ExpectationKind, str]] = {
    ExpectationKind.RECEIPT: "the node of {centre} receipts the message",
    ExpectationKind.READ: "{centre} opens the message",
    ExpectationKind.READ_BACK: "{centre} reads it back correctly",
    ExpectationKind.REPLY: "{centre} replies{answers}",
    ExpectationKind.CONFLICT: "{centre} acts on the conflict",
    ExpectationKind.ALARM: "{code}{about} rings at {centre}",
    ExpectationKind.ACKNOWLEDGED: "{centre} acknowledges {code}{about}",
    ExpectationKind.FLAGGED: "the node of {centre} flags {code}",
    ExpectationKind.VOICE: "{centre} uses the telephone, and confirms what was taken down",
    ExpectationKind.RELIEF: "the watch of {centre} is relieved properly",
    ExpectationKind.LINE_UP: "the node of {centre} finds the line up",
    ExpectationKind.LINE_DOWN: "the node of {centre} finds the line down",
    ExpectationKind.MESSAGE: "{centre} sends by itself: {kinds}",
}

_OWED: Final[Mapping[ExpectationKind, str]] = {
    ExpectationKind.RECEIPT: "receipt by the node",
    ExpectationKind.READ: "open the message",
    ExpectationKind.READ_BACK: "read back correctly",
    ExpectationKind.REPLY: "reply{answers}",
    ExpectationKind.CONFLICT: "act on the conflict",
    ExpectationKind.ALARM: "{code}{about} rings",
    ExpectationKind.ACKNOWLEDGED: "acknowledge {code}{about}",
    ExpectationKind.FLAGGED: "flag {code}",
    ExpectationKind.VOICE: "use the telephone",
    ExpectationKind.RELIEF: "relieve the watch",
    ExpectationKind.LINE_UP: "find the line up",
    ExpectationKind.LINE_DOWN: "find the line down",
    ExpectationKind.MESSAGE: "send {kinds}",
}

_FAULTS: Final[Mapping[F, str]] = {
    F.CUT: "the line is cut",
    F.ONE_WAY: "nothing that {centre} sends arrives",
    F.DELAY: "the line delays all by {by}",
    F.JITTER: "the line delays by up to {by}",
    F.LOSS: "the line loses {amount:g} %",
    F.BANDWIDTH: "the line carries {rate} bit/s",
    F.KILL: "the node of {centre} is killed",
    F.RESTART: "the node of {centre} restarts",
    F.CLOCK: "the clock of {centre} is {by} {way}",
    F.SLOW_DISK: "the disk of {centre} takes {by} longer",
    F.FULL_DISK: "the disk of {centre} is full",
    F.CORRUPT: "{centre} sends a corrupted frame",
    F.REPLAY: "{centre} sends an old envelope again",
}


END_TYPE: Final = "end exercise"
"""The type of an inject that ends the exercise: not ``end``, which is a kind of message."""


def clock_said(seconds: float) -> str:
    """Return ``T+01:30:00``: the time after STARTEX, with a fraction only where there is one."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    hours, rest = divmod(whole, 3600)
    fraction = f".{thousandths:03}".rstrip("0") if thousandths else ""
    return f"T+{hours:02}:{rest // 60:02}:{rest % 60:02}{fraction}"


def when_said(inject: Inject) -> str:
    """Return when an inject is due: ``T+00:05:00``, or ``+00:00:30 after 3``."""
    said = clock_said(inject.at_s)
    return f"{said[1:]} after {inject.after}" if inject.after else said


def type_said(inject: Inject) -> str:
    """Return the type of an inject: the kind of its message, ``fault: cut``, ``reply: accept``."""
    match inject.act:
        case Act.SEND:
            return str((inject.document or {}).get("kind", "message"))
        case Act.REPLY:
            return f"reply: {inject.answer}"
        case Act.FAULT if inject.fault is not None:
            return f"fault: {inject.fault.kind}"
        case Act.END:
            return END_TYPE
        case _:
            return inject.act.value


def inject_said(inject: Inject) -> str:
    """Return what an inject does: its title, else what it says by itself."""
    return inject.title or what_said(inject)


def what_said(inject: Inject) -> str:
    """Return what an inject does, in the words of what it sends, tells or breaks."""
    match inject.act:
        case Act.SEND:
            document = inject.document or {}
            said = document.get("title") or document.get("subject") or document.get("text") or ""
            reference = document.get("reference", "")
            return " ".join(f"{type_said(inject)} {reference} {said}".split())
        case Act.REPLY:
            return f"{inject.answer} to {inject.about}"
        case Act.VOICE:
            return f"reads out {inject.about}"
        case Act.FAULT if inject.fault is not None:
            return fault_said(inject.fault)
        case Act.RELIEVE:
            return f"{inject.officer} relieves the watch"
        case _:
            return f"{inject.act.value}: {' '.join(inject.text.split())}"


def fault_said(fault: Fault) -> str:
    """Return what is broken, and for how long."""
    said = _FAULTS[fault.kind].format(
        centre=fault.centre,
        amount=fault.amount,
        rate=grouped(fault.amount),
        by=duration_said(abs(fault.amount)),
        way="behind" if fault.amount < 0 else "ahead",
    )
    return said if fault.for_s is None else f"{said} for {duration_said(fault.for_s)}"


def expectation_said(expectation: Expectation) -> str:
    """Return what is expected of whom, within which time."""
    said = expectation.text or _filled(_EXPECTED[expectation.kind], expectation, ": ")
    never = "never: " if expectation.never else ""
    return f"{never}{said} within {duration_said(expectation.within_s)}"


def owed_said(expectation: Expectation) -> str:
    """Return what is owed by whom, in as few words as a board has room for."""
    said = _filled(_OWED[expectation.kind], expectation, " ")
    never = "never " if expectation.never else ""
    return f"{expectation.centre}: {never}{said}"


def _filled(words: str, expectation: Expectation, before_answers: str) -> str:
    answers = " or ".join(answer.value for answer in expectation.answers)
    return words.format(
        centre=expectation.centre,
        answers=f"{before_answers}{answers}" if answers else "",
        code=expectation.code,
        about=f" about {expectation.reference}" if expectation.reference else "",
        kinds=" or ".join(expectation.kinds),
    )
