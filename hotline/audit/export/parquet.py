"""Parquet for whoever analyses a record: typed columns, written batch by batch.

pyarrow is an optional part of the installation and is imported only here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO

from hotline.audit.export.rows import Row
from hotline.audit.export.table_csv import TIMES
from hotline.audit.export.values import json_text
from hotline.errors import UsageError

BATCH = 4096
"""Rows that are held in memory, and in one row group."""
METADATA = b"hotline-export"
"""The key of the file's metadata under which it says from which checkpoint it was taken."""
_WORDS = frozenset(
    {
        "log",
        "type",
        "kind",
        "said_by",
        "direction",
        "recipient",
        "precedence",
        "activity",
        "officer",
        "read_by",
        "answer",
        "answered_by",
    }
)
"""Columns of few different texts."""


def write_parquet(out: BinaryIO, rows: Iterable[Row], stated: dict[str, object]) -> int:
    """Write the rows with the statement of the export as metadata; return how many rows.

    Raises UsageError (``export.no-parquet``) where pyarrow is not installed.
    """
    arrow, parquet = load_arrow()
    schema = _schema(arrow).with_metadata({METADATA: json_text(stated).encode()})
    count = 0
    with parquet.ParquetWriter(out, schema, compression="zstd", version="2.6") as writer:
        for batch in _batches(rows):
            columns = [
                arrow.array([getattr(row, field.name) for row in batch], type=field.type)
                for field in schema
            ]
            writer.write_batch(arrow.record_batch(columns, schema=schema))
            count += len(batch)
    return count


def load_arrow() -> tuple[Any, Any]:
    """Return pyarrow and its Parquet part. Raises UsageError (``export.no-parquet``)."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError(
            "export.no-parquet",
            "Parquet needs pyarrow, which is not installed here",
            "install hotline with its extra: pip install 'hotline[parquet]'",
        ) from None


def _schema(arrow: Any) -> Any:
    kinds = {
        "entry": arrow.int64(),
        "seq": arrow.int64(),
        "receipt_index": arrow.int64(),
        "id": arrow.binary(),
        "about": arrow.binary(),
        "warning_s": arrow.float64(),
    }
    kinds |= {name: arrow.timestamp("us", tz="UTC") for name in TIMES}
    kinds |= {name: arrow.dictionary(arrow.int32(), arrow.string()) for name in _WORDS}
    return arrow.schema(
        [arrow.field(field.name, kinds.get(field.name, arrow.string())) for field in fields(Row)]
    )


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch
