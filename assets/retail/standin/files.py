"""Writing the sample's CSV files: in chunks, and whole or not at all. Only bytes and files belong here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from tributary.assets.retail.standin.draws import Ints

Progress = Callable[[str, float], None]
"""Called with a file's name and the part of it that is done, 0 to 1."""

CHUNK_ROWS = 250_000
_OPTIONS = csv.WriteOptions(include_header=False, batch_size=16_384, quoting_style="none")


def labelled(labels: Sequence[str] | pa.Array, codes: Ints) -> pa.Array:
    """A column of few distinct values, given as a table of texts and a code per row."""
    texts = labels if isinstance(labels, pa.Array) else pa.array(labels, pa.string())
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), texts)


def write_table(path: Path, table: pa.Table, progress: Progress) -> int:
    """Write one whole file and return its number of rows."""
    rows: int = table.num_rows
    starts = range(0, rows, CHUNK_ROWS)
    chunks = ((min(start + CHUNK_ROWS, rows) / rows, table.slice(start, CHUNK_ROWS)) for start in starts)
    return write_chunks(path, table.column_names, chunks, progress)


def write_chunks(path: Path, names: Sequence[str], chunks: Iterable[tuple[float, pa.Table]], progress: Progress) -> int:
    """Write a file from its rows and the part of it that each lot completes; return the number of rows.

    The file appears under its name when it is whole.
    """
    rows = 0
    partial = path.with_name(f".{path.name}.partial")
    progress(path.name, 0.0)
    try:
        with partial.open("wb") as file:
            file.write((",".join(names) + "\n").encode())
            for done, chunk in chunks:
                csv.write_csv(chunk, file, _OPTIONS)
                rows += chunk.num_rows
                progress(path.name, done)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return rows
