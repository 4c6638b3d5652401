"""The airspace of a running node: what stands on each line, and what it is to each other.

``LineAirspace`` belongs to one line and knows nothing of the others: only our own notices to that
peer, and that peer's to us, are compared. Messages come in as they arrive, before they are entered
in the journal, and as they are composed, once they are durable; out come flags, records, alarms,
and ``conflict`` messages to the peer. What things mean is in ``hotline.airspace``; here it is
wired to the journal, the clock and the line.
"""
