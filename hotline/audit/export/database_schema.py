"""The tables of an exported SQLite file, and what Datasette is told about them.

Made to be browsed: every row has one number as its key, every reference is a foreign key with a
label, times are RFC 3339 text, and what people search for lies in FTS5 tables.
"""

from __future__ import annotations

from typing import Any, Final

APPLICATION_ID: Final = 0x484F544C
"""``HOTL`` in the file's header, so that ``file`` and SQLite can tell what it is."""
VERSION: Final = 1

SCHEMA: Final = """
CREATE TABLE about(
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE checkpoints(
    checkpoint INTEGER PRIMARY KEY,
    log        TEXT NOT NULL UNIQUE,
    peer       TEXT,
    epoch      INTEGER,
    size       INTEGER NOT NULL,
    root       TEXT NOT NULL,
    note       TEXT NOT NULL,
    traffic    TEXT NOT NULL
) STRICT;
CREATE TABLE messages(
    message     INTEGER PRIMARY KEY,
    entered_at  TEXT NOT NULL,
    sender      TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    precedence  TEXT NOT NULL,
    label       TEXT NOT NULL,
    warning     TEXT,
    answer      TEXT,
    answered_by TEXT,
    flags       TEXT,
    kind        TEXT NOT NULL,
    reference   TEXT,
    title       TEXT,
    activity    TEXT,
    officer     TEXT,
    about       INTEGER REFERENCES messages(message),
    created_at  TEXT NOT NULL,
    durable_at  TEXT,
    starts_at   TEXT,
    ends_at     TEXT,
    warning_s   REAL,
    answered_at TEXT,
    checkpoint  INTEGER NOT NULL REFERENCES checkpoints(checkpoint),
    entry       INTEGER NOT NULL,
    direction   TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    text        TEXT,
    payload     TEXT NOT NULL,
    id          TEXT NOT NULL,
    about_id    TEXT,
    UNIQUE(checkpoint, entry)
) STRICT;
CREATE TABLE volumes(
    volume    INTEGER PRIMARY KEY,
    message   INTEGER NOT NULL REFERENCES messages(message),
    number    INTEGER NOT NULL,
    role      TEXT NOT NULL,
    shape     TEXT NOT NULL,
    lower     TEXT,
    upper     TEXT,
    lower_m   REAL,
    upper_m   REAL,
    starts_at TEXT,
    ends_at   TEXT,
    south     REAL,
    west      REAL,
    north     REAL,
    east      REAL,
    radius_m  REAL,
    width_m   REAL,
    wkt       TEXT,
    geojson   TEXT
) STRICT;
CREATE TABLE records(
    record     INTEGER PRIMARY KEY,
    checkpoint INTEGER NOT NULL REFERENCES checkpoints(checkpoint),
    entry      INTEGER NOT NULL,
    label      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    said_by    TEXT NOT NULL,
    at         TEXT NOT NULL,
    text       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    UNIQUE(checkpoint, entry)
) STRICT;
CREATE TABLE receipts(
    receipt     INTEGER PRIMARY KEY,
    message     INTEGER NOT NULL REFERENCES messages(message),
    record      INTEGER REFERENCES records(record),
    peer_entry  INTEGER NOT NULL,
    durable_at  TEXT NOT NULL,
    taken_at    TEXT NOT NULL,
    round_trip_s REAL NOT NULL,
    entry       INTEGER NOT NULL
) STRICT;
CREATE TABLE readings(
    reading INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES messages(message),
    record  INTEGER REFERENCES records(record),
    officer TEXT NOT NULL,
    at      TEXT NOT NULL,
    entry   INTEGER NOT NULL
) STRICT;
CREATE TABLE alarms(
    alarm           INTEGER PRIMARY KEY,
    checkpoint      INTEGER NOT NULL REFERENCES checkpoints(checkpoint),
    number          INTEGER NOT NULL,
    code            TEXT NOT NULL,
    peer            TEXT NOT NULL,
    subject         TEXT NOT NULL,
    text            TEXT NOT NULL,
    raised_at       TEXT NOT NULL,
    cleared_at      TEXT,
    acknowledged_at TEXT,
    acknowledged_by TEXT,
    record          INTEGER REFERENCES records(record)
) STRICT;
CREATE VIRTUAL TABLE messages_fts USING fts5(
    reference, title, text, officer, sender,
    content="messages", content_rowid="message", tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE records_fts USING fts5(
    kind, text, content="records", content_rowid="record",
    tokenize = 'unicode61 remove_diacritics 2'
);
"""

FINISH: Final = """
CREATE INDEX messages_id ON messages(id);
UPDATE messages SET about = (SELECT other.message FROM messages other WHERE other.id =
    messages.about_id ORDER BY other.message LIMIT 1) WHERE about_id IS NOT NULL;
UPDATE receipts SET record = (SELECT r.record FROM records r JOIN messages m
    ON m.message = receipts.message AND r.checkpoint = m.checkpoint
    WHERE r.entry = receipts.entry);
UPDATE readings SET record = (SELECT r.record FROM records r JOIN messages m
    ON m.message = readings.message AND r.checkpoint = m.checkpoint
    WHERE r.entry = readings.entry);
CREATE INDEX messages_entered_at ON messages(entered_at);
CREATE INDEX messages_reference ON messages(reference);
CREATE INDEX messages_kind ON messages(kind);
CREATE INDEX messages_about ON messages(about);
CREATE INDEX volumes_message ON volumes(message);
CREATE INDEX volumes_place ON volumes(south, north, west, east);
CREATE INDEX records_at ON records(at);
CREATE INDEX records_kind ON records(kind);
CREATE INDEX receipts_message ON receipts(message);
CREATE INDEX receipts_record ON receipts(record);
CREATE INDEX readings_message ON readings(message);
CREATE INDEX alarms_record ON alarms(record);
INSERT INTO messages_fts(messages_fts) VALUES ('rebuild');
INSERT INTO records_fts(records_fts) VALUES ('rebuild');
CREATE VIEW timeline AS
    SELECT entered_at AS at, sender AS said_by, kind, precedence, reference, label AS what,
        c.log, entry, message, NULL AS record, c.traffic
    FROM messages JOIN checkpoints c USING (checkpoint)
    UNION ALL
    SELECT at, said_by, kind, NULL, NULL, text, c.log, entry, NULL, record, c.traffic
    FROM records JOIN checkpoints c USING (checkpoint)
    ORDER BY 1, 7, 8;
CREATE VIEW warning_times AS
    SELECT warning, reference, title, precedence, sender, recipient, activity, durable_at,
        starts_at, answer, answered_by, kind, created_at, warning_s, message, c.traffic
    FROM messages JOIN checkpoints c USING (checkpoint)
    WHERE warning_s IS NOT NULL ORDER BY warning_s;
"""
"""What is made once all rows are in: references between them, indexes, the search, the views."""

_TIME: Final = "RFC 3339, UTC"


def metadata(name: str, title: str, description: str) -> dict[str, Any]:
    """Return what Datasette is told: titles, explanations, facets, orders, units, labels."""
    return {
        "title": title,
        "description": description,
        "databases": {
            name: {
                "title": title,
                "description": description,
                "allow_facet": True,
                "tables": {
                    "messages": {
                        "title": "Messages",
                        "description": "What was said over the lines, one row a message",
                        "label_column": "label",
                        "sort": "entered_at",
                        "size": 50,
                        "facets": ["kind", "precedence", "sender", "activity", "answer"],
                        "columns": {
                            "durable_at": f"when it was durable at the recipient; {_TIME}",
                            "warning_s": "seconds from durable at the recipient to the start",
                            "answer": "the newest answer of the other side, at the checkpoint",
                            "payload": "what was signed, as JSON",
                        },
                    },
                    "volumes": {
                        "title": "Volumes",
                        "description": "Where, how high and when: one row an outline",
                        "facets": ["shape", "role"],
                        "columns": {
                            "lower_m": "metres above what stands in lower; likewise upper_m",
                            "west": "degrees; greater than east over the antimeridian",
                            "wkt": "WGS 84, longitude first; circles and corridors as polygons",
                        },
                    },
                    "records": {
                        "title": "Records",
                        "description": "Everything else that was entered: receipts, alarms, ...",
                        "label_column": "label",
                        "sort": "at",
                        "size": 50,
                        "facets": ["kind", "said_by"],
                        "columns": {"payload": "what was entered, as JSON"},
                    },
                    "receipts": {
                        "title": "Receipts",
                        "description": "The recipient's proof for each message of this centre",
                        "columns": {
                            "peer_entry": "the message's place in the recipient's log",
                            "durable_at": f"by the recipient's clock; {_TIME}",
                            "taken_at": f"when the receipt was entered here; {_TIME}",
                            "round_trip_s": "seconds from signing to the receipt, by this clock",
                        },
                    },
                    "readings": {
                        "title": "Readings",
                        "description": "Which officer opened which message, and when",
                        "sort": "at",
                        "facets": ["officer"],
                    },
                    "alarms": {
                        "title": "Alarms",
                        "description": "What was raised, cleared and acknowledged by then",
                        "label_column": "text",
                        "sort": "raised_at",
                        "facets": ["code", "peer"],
                    },
                    "checkpoints": {
                        "title": "Checkpoints",
                        "description": "Where the export ends, log by log, as it was signed",
                        "label_column": "log",
                        "columns": {
                            "note": "the signed checkpoint with its cosignatures",
                            "traffic": "EXERCISE and its name, or TEST; empty for actual traffic",
                        },
                    },
                    "about": {"title": "About", "description": "What this file was made from"},
                    "timeline": {
                        "title": "Timeline",
                        "description": "Everything in the order of this node's clock",
                        "facets": ["kind", "said_by"],
                    },
                    "warning_times": {
                        "title": "Warning times",
                        "description": "From durable at the recipient to the start, shortest first",
                        "facets": ["precedence", "sender"],
                    },
                },
            }
        },
    }
