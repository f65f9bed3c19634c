"""Writing the sample's CSV files: fast, in chunks, and whole or not at all.

Only bytes and files belong here. A column is a table of ready-made field texts and a code for every row; gathering
texts by code is several times as fast as formatting numbers row by row, and it fixes every byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tributary.assets.retail.standin.arrays import Codes, Ints, Texts

CHUNK_ROWS = 250_000


@dataclass(frozen=True)
class Column:
    """One CSV column: `texts[codes]` are its fields. The texts hold no comma, quote, line break or NUL."""

    name: str
    texts: Texts
    codes: Codes

    @classmethod
    def of(cls, name: str, texts: Texts, codes: Ints) -> Column:
        """A column with its codes in half the memory."""
        return cls(name, texts, codes.astype(np.int32))


def plain(name: str, values: Sequence[str] | Ints) -> Column:
    """A column whose values are written as they are."""
    texts = np.asarray(values).astype(np.bytes_)
    return Column.of(name, texts, np.arange(len(texts)))


def table(name: str, texts: Sequence[str], codes: Ints) -> Column:
    """A column of few distinct values, given as a table of texts and a code per row."""
    return Column.of(name, np.array(texts, dtype=np.bytes_), codes)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing under a temporary name, and put it in place only when the block ends well."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class RowFormat:
    """The layout of a file's lines: its field texts are prepared once, for any number of chunks of rows."""

    def __init__(self, names: Sequence[str], texts: Sequence[Texts]) -> None:
        ends = [b","] * (len(names) - 1) + [b"\n"]
        self._names = names
        self._texts = [np.char.add(text, end) for text, end in zip(texts, ends, strict=True)]
        self._layout = np.dtype([(name, text.dtype) for name, text in zip(names, self._texts, strict=True)])

    @property
    def header(self) -> bytes:
        """The header line."""
        return (",".join(self._names) + "\n").encode()

    def lines(self, codes: Sequence[Codes]) -> bytes:
        """The lines of the rows given by one code array per column."""
        block = np.empty(len(codes[0]), dtype=self._layout)
        for name, text, code in zip(self._names, self._texts, codes, strict=True):
            block[name] = text[code]
        # Fixed-width fields are padded with NUL bytes, which no field holds: dropping them leaves the CSV lines.
        return block.tobytes().translate(None, b"\0")


def write_table(path: Path, columns: Sequence[Column], progress: Callable[[str, float], None]) -> int:
    """Write one whole file and return its number of rows."""
    rows = len(columns[0].codes)
    progress(path.name, 0.0)
    form = RowFormat([column.name for column in columns], [column.texts for column in columns])
    with replacing(path) as file:
        file.write(form.header)
        for start in range(0, rows, CHUNK_ROWS):
            file.write(form.lines([column.codes[start : start + CHUNK_ROWS] for column in columns]))
            progress(path.name, min(start + CHUNK_ROWS, rows) / rows)
    return rows
