"""The node at a glance: its lines, and what is wrong with it, worst first, each with its mend."""

from __future__ import annotations

from collections.abc import Iterator

import hotline
from hotline.api import schema
from hotline.api.relations import counted_now
from hotline.api.views import alarm_view
from hotline.audit.export.values import time_text
from hotline.journal.counts import Counts
from hotline.journal.queries import StoredAlarm
from hotline.model.kinds import Precedence
from hotline.model.phrasing import duration_text
from hotline.model.play import PlayEvent
from hotline.model.times import SECOND_US
from hotline.node.centre import Centre
from hotline.node.line import Line
from hotline.node.watch import DAY_US, EXPIRY_WARNING_DAYS, LOW_DISK_BYTES, free_bytes
from hotline.node.witness.asking import Asking, late_text

USE_VOICE = "use the voice line until it is back"


def status(centre: Centre, counts: Counts, proposals: int = 0) -> schema.Status:
    """Return everything that an officer sees first; ``proposals`` of the peers wait for us."""
    now_us = centre.clock.wall_us()
    play, watch = centre.exercise.play, centre.duty.watch
    held = watch.on_duty and watch.since_us is not None
    since = time_text(watch.since_us or 0) if held else None
    return schema.Status(
        centre=centre.config.centre,
        status=str(centre.config.status),
        version=hotline.__version__,
        now=time_text(now_us),
        started_at=time_text(centre.started_us),
        wrong=wrong(centre, counts),
        fenced=centre.fenced,
        lines=[line_view(line) for line in centre.lines.values()],
        alarms=[alarm_view(alarm, centre.bell.shelved(alarm.id)) for alarm in centre.bell.standing],
        unread=counts.unread,
        unanswered=counts.unanswered,
        node_log_entries=counts.node_entries,
        witnesses=[witness_view(asking) for asking in centre.witnesses.values()],
        play=str(play.state),
        play_name=centre.exercise.name,
        play_since=time_text(play.since_us) if play.since_us is not None else None,
        on_duty=watch.on_duty,
        on_duty_since=since,
        on_duty_disabled=watch.on_duty != "" and centre.duty.disabled,
        to_review=watch.to_review,
        tasks=len(centre.exercise.tasks),
        offered=counts.offered,
        proposals=proposals,
    )


def readiness(centre: Centre) -> schema.Readiness:
    """Say whether messages can be taken. A line that is down is no reason: they queue."""
    if centre.stopping:
        return schema.Readiness(ready=False, reason="the node is being stopped")
    if centre.fenced is not None:
        return schema.Readiness(ready=False, reason=f"fenced: {centre.fenced}")
    if centre.journal_error is not None:
        return schema.Readiness(ready=False, reason=str(centre.journal_error))
    return schema.Readiness(ready=True)


def line_view(line: Line) -> schema.LineView:
    """Return one line as it stands now."""
    now = line.centre.clock.now()
    association, airspace = line.association, line.airspace
    heard, recorded_us = line.heard_at, line.recorded_us
    since = line.unwitnessed_since
    offset_us, round_trip_us = line.peer_clock.offset_us, line.peer_clock.round_trip_us
    return schema.LineView(
        peer=line.peer,
        up=line.up,
        state=association.state.name if association is not None else "IDLE",
        since=time_text(line.changed_us),
        epoch=line.letter.epoch,
        dials=line.dials,
        remote=line.connection.remote if line.connection is not None else None,
        last_contact_s=max(0.0, now.mono - heard) if heard is not None else None,
        last_recorded_at=time_text(recorded_us) if heard is None and recorded_us else None,
        round_trip_ms=round_trip_us / 1000 if round_trip_us is not None else None,
        clock_offset_ms=offset_us / 1000 if offset_us is not None else None,
        backlog={Precedence(i).name: count for i, count in enumerate(line.backlog)},
        oldest_unreceipted_s=line.oldest_unreceipted_s,
        log_entries=line.stored.own.written,
        unwitnessed_entries=max(0, line.stored.own.written - line.witnessed),
        unwitnessed_s=max(0.0, now.mono - since) if since is not None else 0.0,
        letter=line.settings.letter_hash.hex(),
        letter_differs=line.letter_differs,
        last_error=line.last_error,
        activities={
            "own": airspace.compared.current.count(line.centre.config.centre),
            "peer": airspace.compared.current.count(line.peer),
        },
        relations=counted_now(line),
        comparing=airspace.compared.unfinished,
        loading=airspace.loading,
    )


def witness_view(asking: Asking) -> schema.WitnessView:
    """Return one outside witness as it stands now."""
    return schema.WitnessView(
        name=asking.name,
        url=asking.url,
        cosigned=dict(asking.cosigned),
        waiting_s=asking.waiting_s,
        late=asking.late,
        last_error=asking.last_error,
    )


def wrong(centre: Centre, counts: Counts) -> list[schema.Wrong]:
    """Return what is wrong, worst first: what stops messages, then what delays them, then care."""
    lines = list(centre.lines.values())
    found = [
        *(("", item) for item in _node_fails(centre)),
        *((line.peer, item) for line in lines for item in _line_fails(line)),
        *((line.peer, item) for line in lines for item in _line_lags(line)),
        *(("", item) for item in _officers(counts)),
        *(("", item) for item in _broken_on_purpose(centre)),
        *(("", item) for item in _watch(centre)),
        *(("", item) for item in _care(centre)),
    ]
    # An alarm whose cause is told above needs no second line; one whose cause is gone, or that
    # only the alarm knows of, stays until somebody takes notice of it by name.
    told = {(item.code, peer) for peer, item in found}
    latched = [
        _latched(alarm)
        for alarm in centre.bell.standing
        if (alarm.code, alarm.peer) not in told and (alarm.code, "") not in told
    ]
    return [*(item for _, item in found), *latched]


def _node_fails(centre: Centre) -> Iterator[schema.Wrong]:
    if centre.fenced is not None:
        yield schema.Wrong(
            code="journal.fenced",
            text=f"this node is fenced and signs nothing: {centre.fenced}",
            hint="tell the peer by voice and keep both journals; agree on a letter with a new "
            "epoch, stop the node, then run `hotline recover`",
        )
    if centre.journal_error is not None:
        yield schema.Wrong(
            code="journal.failed",
            text=f"the journal takes nothing: {centre.journal_error.message}",
            hint=centre.journal_error.hint,
        )


def _line_fails(line: Line) -> Iterator[schema.Wrong]:
    if not line.up:
        down_us = line.centre.clock.wall_us() - line.changed_us
        reason = f": {line.last_error}" if line.last_error else ""
        yield schema.Wrong(
            code="line.down",
            text=f"the line with {line.peer} is down for {duration_text(down_us)}{reason}",
            hint=f"{USE_VOICE}; {line.mend}",
        )
    if line.letter_differs:
        yield schema.Wrong(
            code="line.letter-mismatch",
            text=f"{line.peer} acts under another letter of agreement",
            hint="compare `hotline letter check` on both sides by voice; install the same file, "
            "then restart",
        )


def _line_lags(line: Line) -> Iterator[schema.Wrong]:
    waiting = sum(line.backlog)
    if waiting and line.oldest_unreceipted_s > line.letter.timers.receipt_alarm_s:
        yield schema.Wrong(
            code="line.receipt-overdue",
            text=f"{waiting} messages have no receipt of {line.peer}, the oldest for "
            f"{duration_text(round(line.oldest_unreceipted_s) * SECOND_US)}",
            hint="say them by voice; they are sent again by themselves",
        )
    limit_us = line.letter.clock.maximum_offset_ms * 1000
    offset_us = line.peer_clock.offset_us
    if offset_us is not None and abs(offset_us) > limit_us:
        yield schema.Wrong(
            code="line.clock-offset",
            text=f"the clock of {line.peer} is {offset_us / 1e6:+.1f} s off this node's",
            hint="check this machine with `timedatectl`; ask the peer to check its own",
        )
    since = line.unwitnessed_since
    if since is not None:
        for_s = line.centre.clock.now().mono - since
        if for_s > line.letter.max_unwitnessed_s:
            yield schema.Wrong(
                code="line.unwitnessed",
                text=f"entries wait for the cosignature of {line.peer} for "
                f"{duration_text(round(for_s) * SECOND_US)}",
                hint="bring the line up; nothing is lost, but the peer has not countersigned yet",
            )


def _so_many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _officers(counts: Counts) -> Iterator[schema.Wrong]:
    if counts.unread_flash:
        yield schema.Wrong(
            code="desk.unread-flash",
            text=_so_many(counts.unread_flash, "FLASH message is", "FLASH messages are")
            + " unread",
            hint="read them now: `hotline inbox`, then `hotline show ID`",
        )
    if counts.overdue_in:
        yield schema.Wrong(
            code="desk.reply-overdue",
            text=_so_many(counts.overdue_in, "message", "messages")
            + " should have been answered here",
            hint="`hotline inbox` lists them; answer with `hotline reply ID`",
        )
    if counts.overdue_out:
        yield schema.Wrong(
            code="desk.reply-overdue",
            text=f"{counts.overdue_out} messages of ours should have been answered by the peer",
            hint="ask for the answers by voice; `hotline outbox` lists the messages",
        )


def _broken_on_purpose(centre: Centre) -> Iterator[schema.Wrong]:
    """Tell of every fault that lasts, so that none is forgotten."""
    for fault in centre.faults.lasting:
        where = f" on the line with {fault.peer}" if fault.peer else ""
        amount = f" {fault.amount:g}" if fault.amount else ""
        until = "until somebody ends it"
        if fault.ends_at is not None:
            left_s = max(0.0, fault.ends_at - centre.clock.now().mono)
            until = f"for {duration_text(round(left_s) * SECOND_US)} more"
        yield schema.Wrong(
            code=f"fault.{fault.kind}",
            text=f"broken on purpose by {fault.by}: {fault.kind}{amount}{where}, {until}",
            hint="it is part of an exercise: ask the director; it ends when the node stops",
        )


def _watch(centre: Centre) -> Iterator[schema.Wrong]:
    watch = centre.duty.watch
    told = centre.exercise.events
    if told and told[0].said.event == PlayEvent.ENDEX and told[0].time_us <= (watch.since_us or 0):
        return  # whoever simulated an officer has left once play was over
    if watch.abandoned and watch.since_us is not None:
        alone_us = centre.clock.wall_us() - watch.since_us
        yield schema.Wrong(
            code="watch.nobody",
            text=f"nobody has the watch for {duration_text(max(0, alone_us))}: it was given up"
            " without a relief",
            hint="take it with `hotline duty take`",
        )


def _care(centre: Centre) -> Iterator[schema.Wrong]:
    for asking in centre.witnesses.values():
        if asking.late:
            yield schema.Wrong(
                code="witness.late",
                text=late_text(asking),
                hint=asking.mend or f"nothing waits for it; see that {asking.url} can be reached",
            )
    free = free_bytes(centre)
    if free < LOW_DISK_BYTES:
        yield schema.Wrong(
            code="node.disk-low",
            text=f"the data directory has {free // 2**20} MiB left",
            hint=f"free space on the file system of {centre.config.data}",
        )
    now_us = centre.clock.wall_us()
    for what, end_us, mend in expiries(centre):
        days = (end_us - now_us) // DAY_US
        if days < EXPIRY_WARNING_DAYS:
            ends = f"end in {days} days" if days >= 0 else "have expired"
            yield schema.Wrong(code="node.keys-expiring", text=f"{what} {ends}", hint=mend)


def expiries(centre: Centre) -> Iterator[tuple[str, int, str]]:
    """Yield whose keys end when (microseconds since 1970), and what to do about it."""
    yield (
        "the own keys",
        centre.keyring.expires_us,
        "make new ones with `hotline keys init` in a new directory and have the peers enrol them",
    )
    for line in centre.lines.values():
        yield (
            f"the keys of {line.peer}",
            line.card.expires_us,
            f"ask {line.peer} for its new card, then `hotline keys enrol --replace`",
        )


def _latched(alarm: StoredAlarm) -> schema.Wrong:
    acknowledge = f"`hotline acknowledge {alarm.id}`" if alarm.id else "acknowledge it"
    if alarm.acknowledged_us is not None:
        hint = "it was acknowledged; its cause is still there"
    elif alarm.cleared_us is not None:
        hint = f"its cause is gone: take notice of it with {acknowledge}"
    else:
        hint = f"see to its cause, and take notice of it with {acknowledge}"
    text = alarm.text if alarm.cleared_us is None else f"over, not acknowledged: {alarm.text}"
    return schema.Wrong(code=alarm.code, text=text, hint=hint, alarm=alarm.id)
