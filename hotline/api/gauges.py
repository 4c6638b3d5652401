"""The gauges that are looked at rather than counted, set anew for each scrape."""

from __future__ import annotations

from hotline.node.centre import Centre


def refresh(centre: Centre) -> None:
    """Set every gauge to what the status would show now."""
    metrics = centre.metrics
    config = centre.config
    metrics.node_info.labels(config.centre, config.status.value, config.banner).set(1)
    metrics.fenced.set(int(centre.fenced is not None))
    metrics.alarms.set(len(centre.bell.standing))
    for peer, line in centre.lines.items():
        metrics.line_up.labels(peer).set(int(line.up))
        for stream, waiting in enumerate(line.backlog):
            metrics.backlog.labels(peer, stream).set(waiting)
        metrics.oldest_unreceipted.labels(peer).set(line.oldest_unreceipted_s)
        metrics.entries.labels(peer).set(line.stored.own.written)
        metrics.unwitnessed.labels(peer).set(max(0, line.stored.own.written - line.witnessed))
        # Until the peer's clock is known there is no sample, rather than a reassuring zero.
        if line.peer_clock.offset_us is not None:
            metrics.clock_offset.labels(peer).set(line.peer_clock.offset_us / 1e6)
        if line.peer_clock.round_trip_us is not None:
            metrics.round_trip.labels(peer).set(line.peer_clock.round_trip_us / 1e6)
