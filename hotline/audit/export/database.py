"""A read-only SQLite file that Datasette, or anybody with SQL, opens well.

Written in one transaction into a new file, in the order of the entries, so that the same record
and arguments give the same bytes with the same release of SQLite.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from hotline.audit.entries import MessageEntry, RecordEntry
from hotline.audit.export.database_schema import APPLICATION_ID, FINISH, SCHEMA, VERSION
from hotline.audit.export.rows import (
    Numbered,
    flags_of,
    officer_in,
    other_side,
    spans_of,
    text_of,
    title_in,
    warning_s,
)
from hotline.audit.export.selection import Record
from hotline.audit.export.standing import Proof, Standing
from hotline.audit.export.values import json_text, said_in, time_text, told_in
from hotline.audit.search.decoding import message_in, precedence_name
from hotline.audit.search.decoding import told_in as map_in
from hotline.audit.search.finding import said_by
from hotline.audit.search.geometry import Shape, bounds, drawn, point_shape, shapes_of
from hotline.audit.search.words import in_words
from hotline.model.messages import Advisory, Message, Notice, Reply, Revision
from hotline.model.phrasing import altitude_text, duration_text
from hotline.model.text import printable
from hotline.model.volume import Altitude, Position, Volume4D

MAX_LABEL = 80
_INT64 = 2**63 - 1


def write_database(
    path: Path,
    record: Record,
    stood: Standing,
    entries: Iterable[Numbered],
    stated: dict[str, object],
) -> int:
    """Fill a new file with what fits; return how many entries were written.

    Raises OSError when the disk does not take it.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The file is renamed into its place when it is whole, so nothing has to be rolled back.
        connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;"
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
            f"BEGIN;{SCHEMA}"
        )
        count = _Writer(connection, record, stood).write(entries, stated)
        connection.executescript(f"BEGIN;{FINISH}COMMIT;")
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
    finally:
        connection.close()
    return count


class _Writer:
    def __init__(self, connection: sqlite3.Connection, record: Record, stood: Standing) -> None:
        self._connection = connection
        self._record = record
        self._stood = stood
        self._messages = self._records = self._volumes = 0

    def write(self, entries: Iterable[Numbered], stated: dict[str, object]) -> int:
        self._state(stated)
        for number, entry in entries:
            if isinstance(entry, MessageEntry):
                self._message(number, entry)
            else:
                self._entered(number, entry)
        return self._messages + self._records

    def _state(self, stated: dict[str, object]) -> None:
        about = {
            "centre": self._record.centre,
            "status": self._record.status,
            "filter": json_text(stated),
            "form": f"hotline-sqlite/{VERSION}, as docs/spec/export.md has it",
            "checked": "every entry against the signed roots when this was written; the rest of the"
            " record is checked by `hotline log verify`",
        }
        for item in about.items():
            self._insert("about", item)
        for number, part in enumerate(self._record.parts):
            self._insert(
                "checkpoints",
                (
                    number + 1,
                    part.log.origin,
                    part.log.peer,
                    part.log.epoch,
                    part.size,
                    part.root.hex(),
                    part.note.decode(),
                ),
            )

    def _message(self, number: int, entry: MessageEntry) -> None:
        self._messages += 1
        part = self._record.parts[number]
        message = message_in(entry.body)
        proof = self._stood.receipt(number, entry)
        answer = self._stood.answer(number, entry)
        durable_us = proof.durable_us if proof is not None else None
        starts, ends = spans_of(message)
        kind, title = printable(entry.kind), title_in(message)
        reference = None if entry.reference is None else printable(entry.reference)
        named = " ".join(word for word in (kind, reference, title) if word)
        warning = warning_s(entry, durable_us, message)
        self._insert(
            "messages",
            (
                self._messages,
                time_text(entry.time_us),
                said_by(part.log, entry),
                other_side(self._record, part, entry),
                precedence_name(entry.stream),
                named if len(named) <= MAX_LABEL else f"{named[: MAX_LABEL - 1]}…",
                None if warning is None else duration_text(round(warning * 1e6)),
                printable(answer.answer) if answer is not None else None,
                printable(answer.officer) if answer is not None else None,
                flags_of(entry),
                kind,
                reference,
                title,
                printable(message.activity) if isinstance(message, Notice | Revision) else None,
                officer_in(message),
                None,
                time_text(entry.created_us),
                _time(entry.time_us if entry.direction == "in" else durable_us),
                _time(starts),
                _time(ends),
                warning,
                _time(answer.created_us) if answer is not None else None,
                number + 1,
                entry.index,
                entry.direction,
                entry.seq,
                text_of(message),
                json_text(said_in(entry.body)),
                entry.id.hex(),
                None if entry.about is None else entry.about.hex(),
            ),
        )
        self._places(message)
        self._proof(entry, proof)
        for opened in self._stood.readings(number, entry.id):
            self._insert(
                "readings",
                (
                    None,
                    self._messages,
                    None,
                    printable(opened.officer),
                    time_text(opened.time_us),
                    opened.entry,
                ),
            )

    def _proof(self, entry: MessageEntry, proof: Proof | None) -> None:
        if proof is not None:
            self._insert(
                "receipts",
                (
                    None,
                    self._messages,
                    None,
                    proof.index,
                    time_text(proof.durable_us),
                    time_text(proof.taken_us),
                    (proof.taken_us - entry.created_us) / 1e6,
                    proof.entry,
                ),
            )

    def _places(self, message: Message | None) -> None:
        match message:
            case Notice() | Revision():
                for number, volume in enumerate(message.volumes, start=1):
                    self._volume(number, "announced", volume)
            case Reply():
                for number, volume in enumerate(message.proposal, start=1):
                    self._volume(number, "proposed", volume)
            case Advisory() if message.position is not None:
                self._position(message.position, message.altitude)
            case _:
                pass

    def _volume(self, number: int, role: str, volume: Volume4D) -> None:
        outlines = {
            "polygon": volume.outline_polygon,
            "circle": volume.outline_circle,
            "corridor": volume.corridor,
        }
        names = [name for name, outline in outlines.items() if outline is not None]
        self._place(
            number,
            role,
            " and ".join(names) or "none",
            (volume.altitude_lower, volume.altitude_upper),
            (_time(volume.start_us), _time(volume.end_us)),
            list(shapes_of(volume)),
            volume.outline_circle.radius_m if volume.outline_circle is not None else None,
            volume.corridor.width_m if volume.corridor is not None else None,
        )

    def _position(self, position: Position, altitude: Altitude | None) -> None:
        shapes = list(point_shape(position))
        self._place(1, "position", "point", (altitude, altitude), (None, None), shapes, None, None)

    def _place(
        self,
        number: int,
        role: str,
        shape: str,
        levels: tuple[Altitude | None, Altitude | None],
        times: tuple[str | None, str | None],
        shapes: Sequence[Shape],
        radius_m: float | None,
        width_m: float | None,
    ) -> None:
        self._volumes += 1
        lower, upper = levels
        place = bounds(shapes)
        west, south, east, north = place if place is not None else (None, None, None, None)
        geometry = drawn(shapes)
        self._insert(
            "volumes",
            (
                self._volumes,
                self._messages,
                number,
                role,
                shape,
                None if lower is None else altitude_text(lower),
                None if upper is None else altitude_text(upper),
                None if lower is None else lower.metres,
                None if upper is None else upper.metres,
                *times,
                south,
                west,
                north,
                east,
                radius_m,
                width_m,
                None if geometry is None else geometry.wkt,
                None if geometry is None else _geojson(geometry.__geo_interface__),
            ),
        )

    def _entered(self, number: int, entry: RecordEntry) -> None:
        self._records += 1
        part = self._record.parts[number]
        text = in_words(part.log, self._record.centre, entry)
        at = time_text(entry.time_us)
        self._insert(
            "records",
            (
                self._records,
                number + 1,
                entry.index,
                text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 1]}…",
                printable(entry.kind),
                said_by(part.log, entry),
                at,
                text,
                json_text(told_in(entry.payload)),
            ),
        )
        if entry.kind.startswith("alarm-"):
            self._alarm(number + 1, entry.kind, at, map_in(entry.payload))

    def _alarm(self, checkpoint: int, kind: str, at: str, told: dict[str, object]) -> None:
        number = told.get("alarm")
        if not isinstance(number, int) or not 0 <= number <= _INT64:
            return
        if kind == "alarm-raised":
            texts = (printable(str(told.get(name, ""))) for name in ("code", "peer", "subject"))
            text = printable(str(told.get("text", "")))
            self._insert(
                "alarms",
                (
                    None,
                    checkpoint,
                    number,
                    *texts,
                    text,
                    at,
                    None,
                    None,
                    None,
                    self._records,
                ),
            )
            return
        column, values = "cleared_at = ?", [at]
        if kind == "alarm-acknowledged":
            column = "acknowledged_at = ?, acknowledged_by = ?"
            values.append(printable(str(told.get("officer", ""))))
        self._connection.execute(
            f"UPDATE alarms SET {column} WHERE alarm = (SELECT max(alarm) FROM alarms"
            " WHERE checkpoint = ? AND number = ?)",
            (*values, checkpoint, number),
        )

    def _insert(self, table: str, values: Sequence[object]) -> None:
        self._connection.execute(
            f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values
        )


def _time(microseconds: int | None) -> str | None:
    return None if microseconds is None else time_text(microseconds)


def _geojson(geometry: object) -> str:
    return json.dumps(msgspec.to_builtins(geometry), separators=(",", ":"))
