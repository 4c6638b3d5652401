"""What Prometheus sees: every figure that the status shows, and the latencies behind them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)


class Metrics:
    """The node's own registry; ``line`` is the peer's id, ``stream`` the precedence, 0 FLASH."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        on_stream = ("line", "stream")
        self.node_info = self._gauge(
            "node_info",
            "Always 1: whose node this is, and EXERCISE and its name where nothing is actual",
            ("centre", "status", "traffic"),
        )
        self.sent = self._counter("messages_sent", "Messages durable here and released", on_stream)
        self.received = self._counter(
            "messages_received", "Messages of the peer durable and presented here", on_stream
        )
        self.receipted = self._counter(
            "messages_receipted", "Messages whose receipt is verified and durable", on_stream
        )
        self.repeated = self._counter(
            "messages_repeated", "Messages that came again and were answered", ("line",)
        )
        self.refused = self._counter(
            "refusals", "What could not be authenticated or broke the protocol", ("code",)
        )
        self.alarms_raised = self._counter("alarms_raised", "Alarms since the start", ("code",))
        self.submissions = self._counter(
            "submissions", "Answers to add-checkpoint, by HTTP status", ("status",)
        )
        self.witness_requests = self._counter(
            "witness_requests",
            "Requests of cosignatures of outside witnesses: cosigned or failed",
            ("witness", "outcome"),
        )
        self.receipt_seconds = Histogram(
            "hotline_receipt_seconds",
            "From signing a group to its verified and durable receipt",
            on_stream,
            buckets=LATENCY_S,
            registry=self.registry,
        )
        self.commit_seconds = Histogram(
            "hotline_journal_commit_seconds",
            "One durable transaction, fsync included",
            buckets=LATENCY_S,
            registry=self.registry,
        )
        self.compare_seconds = Histogram(
            "hotline_airspace_compare_seconds",
            "One notice compared with those of the other side of its line",
            buckets=LATENCY_S,
            registry=self.registry,
        )
        self.conflicts_untold = self._counter(
            "airspace_conflicts_untold",
            "Relations that the peer was not told of, being too many",
            ("line",),
        )
        self.stumbles = self._counter(
            "airspace_stumbles",
            "Faults of the program met while notices were compared, each a possible conflict",
            ("line",),
        )
        self.short_notices = self._counter(
            "short_notices", "Notices and revisions with less warning than agreed", ("line",)
        )
        self.activities = self._gauge(
            "airspace_activities",
            "Notices that stand, by who gave them: own or peer",
            ("line", "side"),
        )
        self.relations = self._gauge(
            "airspace_relations", "Relations that stand between notices", ("line", "kind")
        )
        self.line_up = self._gauge("line_up", "1 while messages may flow", ("line",))
        self.backlog = self._gauge("backlog", "Messages without a receipt", on_stream)
        self.oldest_unreceipted = self._gauge(
            "oldest_unreceipted_seconds", "Age of the oldest message without a receipt", ("line",)
        )
        self.clock_offset = self._gauge(
            "clock_offset_seconds", "The peer's clock minus this node's", ("line",)
        )
        self.round_trip = self._gauge(
            "round_trip_seconds", "Round trip of the last heartbeat", ("line",)
        )
        self.unwitnessed = self._gauge(
            "unwitnessed_entries", "Entries that the peer has not cosigned", ("line",)
        )
        self.witness_waiting = self._gauge(
            "witness_waiting_seconds",
            "For how long an outside witness has owed a cosignature",
            ("witness",),
        )
        self.alarms = self._gauge("alarms_standing", "Alarms not acknowledged or not cleared", ())
        self.entries = self._gauge("log_entries", "Entries in this line's log", ("line",))
        self.fenced = self._gauge("fenced", "1 while this node may not sign", ())

    def text(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"hotline_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(f"hotline_{name}", text, labels, registry=self.registry)
