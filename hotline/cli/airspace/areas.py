"""Which areas lie on the maps of a TAK server now, and what it takes to bring them up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hotline.api.schema import MessageView
from hotline.cli.airspace.sources import announced
from hotline.cli.airspace.standing import Stands
from hotline.errors import ModelError
from hotline.formats.cot import area_events, removal_event
from hotline.formats.losses import Effect
from hotline.model.kinds import Status
from hotline.model.letter import AltitudeMargin

Said = Callable[[str], None]


@dataclass(slots=True)
class Areas:
    """The areas of a node's notices, as Cursor-on-Target events.

    ``margins`` are the letters', by peer. ``say`` is told, once a message, what cannot be shown.
    """

    centre: str
    status: Status
    margins: dict[str, AltitudeMargin]
    say: Said
    _shown: dict[str, tuple[object, bytes]] = field(default_factory=dict)  # by uid: what of, event
    _gone: set[str] = field(default_factory=set)  # a server that was away is told of these, too
    _complained: set[str] = field(default_factory=set)

    def update(self, standing: Sequence[Stands], now_us: int) -> list[bytes]:
        """Return the events that bring the maps from what was shown to what stands now."""
        wanted: dict[str, tuple[object, bytes]] = {}
        for stands in standing:
            wanted |= self._events(stands, now_us)
        changed = [
            event
            for uid, (said, event) in wanted.items()
            if uid not in self._shown or self._shown[uid][0] != said
        ]
        ended = [uid for uid in self._shown if uid not in wanted]
        self._gone = (self._gone | set(ended)) - wanted.keys()
        self._shown = wanted
        return [*(removal_event(uid, now_us) for uid in ended), *changed]

    def everything(self, now_us: int) -> list[bytes]:
        """Return all events, for a server that knows nothing, or may have missed something."""
        removed = [removal_event(uid, now_us) for uid in sorted(self._gone)]
        return [*removed, *(event for _, event in self._shown.values())]

    def _events(self, stands: Stands, now_us: int) -> dict[str, tuple[object, bytes]]:
        view = stands.view
        margin = self.margins.get(view.peer, AltitudeMargin())
        try:
            announcement = announced(
                view, self.centre, self.status, stands.outside, alone=stands.alone
            )
            events, losses = area_events(
                announcement, margin, now_us, life=stands.state, name=stands.name
            )
        except ModelError as error:
            self._complain(view, [str(error)])
            return {}
        # What is drawn wider is drawn; what is left out has to be told.
        lost = [loss for loss in losses if loss.effect is Effect.LOST and "[" in loss.field]
        self._complain(view, [str(loss) for loss in lost])
        # What begins to fly is said again, with a later end, and so is where it is instead.
        said = view.id, stands.state, stands.outside
        return {event.uid: (said, event.data) for event in events if event.stale_us > now_us}

    def _complain(self, view: MessageView, reasons: list[str]) -> None:
        if reasons and view.id not in self._complained:
            self._complained.add(view.id)
            for reason in reasons:
                self.say(f"{view.reference or view.id[:8]} of {view.peer}: {reason}")
