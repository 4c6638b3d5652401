"""One inject carried out through the originator's node, as its officer would do it."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.api.client import Client
from hotline.api.schema import ReplyRequest, SendRequest
from hotline.errors import ExerciseError, HotlineError, ModelError
from hotline.exercise.crew.telephone import Telephone
from hotline.exercise.scenario.shape import DIRECTOR, Inject
from hotline.model.kinds import Answer
from hotline.model.times import parse_time


@dataclass(frozen=True, slots=True)
class Done:
    """What carried an inject; ``refused`` is the code with which its own node refused it."""

    message: str = ""
    reference: str = ""
    peer: str = ""
    originator: str = ""
    refused: str = ""


def officer_of(inject: Inject) -> str:
    """Return the name under which an inject is carried out."""
    return inject.officer or DIRECTOR


async def send(client: Client, inject: Inject) -> Done:
    """Send an inject's document. Raises the node's error, but for one that is flawed on purpose."""
    document = dict(inject.document or {})
    # A generated message names its composer already; a node takes no second one.
    named = document.get("officer") or document.get("operator")
    precedence = inject.precedence.name if inject.precedence is not None else None
    request = SendRequest(
        document=document,
        peer=inject.recipient,
        precedence=precedence,
        officer=str(named) if named else officer_of(inject),
    )
    try:
        sent = await client.send(request)
    except ModelError as error:
        if inject.flawed:
            return Done(originator=inject.originator, refused=error.code)
        raise
    return Done(sent.id, sent.reference or "", sent.peer, inject.originator)


async def reply(client: Client, inject: Inject, about: str) -> Done:
    """Answer the message ``about``. Raises the node's error."""
    if not about or inject.answer is None:
        raise _nothing_sent(inject)
    document = inject.document or {}
    read_back = document.get("read_back")
    request = ReplyRequest(
        answer=inject.answer.value,
        officer=officer_of(inject),
        read_back=read_back,
        read_back_signed=read_back is None and inject.answer is Answer.ACCEPT,
        reason=inject.reason,
        proposal=list(document.get("proposal") or ()),
        phrases=list(document.get("phrases") or ()),
    )
    try:
        sent = await client.reply(about, request)
    except ModelError as error:
        if inject.flawed:
            return Done(originator=inject.originator, refused=error.code)
        raise
    return Done(sent.id, sent.reference or "", sent.peer, inject.originator)


async def read_out(
    speaker: Client, telephone: Telephone, inject: Inject, about: str
) -> tuple[Done, str]:
    """Read the message ``about`` out, and have the answer of a simulated crew confirmed.

    Return what was done, and the text that somebody has to read to the recipient's crew, which is
    human: empty where a simulated one has heard it. Raises the node's error.
    """
    if not about:
        raise _nothing_sent(inject)
    said = await speaker.speak(about, officer_of(inject))
    done = Done(about, said.subject, inject.recipient, inject.originator)
    text = f"{said.text}CHECK {' '.join(said.words)}\n"
    answer = await telephone.read_out(inject.recipient, text)
    if answer is None:
        return done, text
    await speaker.confirm(about, answer, officer_of(inject))
    return done, ""


async def read_out_before(speaker: Client, about: str, since_us: int, *, confirmed: bool) -> bool:
    """Return whether a message was read out since a moment (microseconds since 1970).

    With ``confirmed`` only what the other side has confirmed counts: anything else is read again.
    """
    states = {"confirmed"} if confirmed else {"spoken", "confirmed"}
    page = await speaker.voice(name=about) if about else None
    calls = page.calls if page is not None else []
    return any(call.state in states and parse_time(call.at) >= since_us for call in calls)


def _nothing_sent(inject: Inject) -> HotlineError:
    return ExerciseError(
        "exercise.nothing-sent",
        f"inject {inject.id} is about {inject.about}, which was not sent",
        "skip it, or add an inject that sends it",
    )
