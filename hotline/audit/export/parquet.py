"""Parquet for whoever analyses a record: typed columns, written batch by batch.

pyarrow is an optional part of the installation and is imported only here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from hotline.audit.export.cases import Case
from hotline.audit.export.rows import COLUMNS, IDS, NUMBERS, SECONDS, TIMES, row_of
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
        "traffic",
    }
)
"""Columns of few different texts."""


Values = tuple[Any, ...]
"""What a row holds, in the order of its columns."""


def write_parquet(out: BinaryIO, rows: Iterable[Values], stated: dict[str, object]) -> int:
    """Write the rows with the statement of the export as metadata; return how many rows.

    Raises UsageError (``export.no-parquet``) where pyarrow is not installed.
    """
    arrow, parquet = load_arrow()
    schema = _schema(arrow).with_metadata({METADATA: json_text(stated).encode()})
    count = 0
    with parquet.ParquetWriter(out, schema, compression="zstd", version="2.6") as writer:
        for batch in _batches(rows):
            columns = [
                arrow.array(values, type=field.type)
                for field, values in zip(schema, zip(*batch, strict=True), strict=True)
            ]
            writer.write_batch(arrow.record_batch(columns, schema=schema))
            count += len(batch)
    return count


def values_of(case: Case) -> Values:
    """Return what the row of an entry holds."""
    values: Values = msgspec.structs.astuple(row_of(case))
    return values


def load_arrow() -> tuple[Any, Any]:
    """Return pyarrow and its Parquet part. Raises UsageError (``export.no-parquet``)."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError(
            "export.no-parquet",
            "Parquet needs pyarrow, which is not installed here",
            "in the checkout of hotline, run `.venv/bin/pip install '.[parquet]'`",
        ) from None


def _schema(arrow: Any) -> Any:
    kinds = dict.fromkeys(NUMBERS, arrow.int64())
    kinds |= dict.fromkeys(SECONDS, arrow.float64())
    kinds |= dict.fromkeys(IDS, arrow.binary())
    kinds |= dict.fromkeys(TIMES, arrow.timestamp("us", tz="UTC"))
    kinds |= dict.fromkeys(_WORDS, arrow.dictionary(arrow.int32(), arrow.string()))
    return arrow.schema([arrow.field(name, kinds.get(name, arrow.string())) for name in COLUMNS])


def _batches(rows: Iterable[Values]) -> Iterator[list[Values]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch
