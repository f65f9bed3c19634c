"""Reads what requests made: pages of rows, the points of a chart, and files to download, from an extract's own files.

All is read in bounded memory: of a page the sort column and the rows themselves, of a file some thousand rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tributary.assets.reporting.extract import Extracts, Manifest
from tributary.resources.errors import UsageError, nearest

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Format = Literal["csv", "parquet", "xlsx"]

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
EXCEL_ROWS = 1_048_575
"""The rows of a sheet of Excel below its header (Microsoft, Excel specifications and limits)."""

_EXCEL_DIGITS = 15
_EXCEL_TEXT = 32_767
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Page:
    """Some rows of an extract, in Python's values: `columns` are names and portable types, `total` counts all rows."""

    columns: tuple[tuple[str, str], ...]
    rows: Sequence[tuple[Any, ...]]
    total: int


class Point(NamedTuple):
    """A point of a chart: a value of its column, as text, and the number that it asks for of it."""

    x: str
    y: float


@dataclass(frozen=True)
class Download:
    """A file: its name, its media type, its bytes where they are known before, and its content in chunks."""

    name: str
    media_type: str
    size: int | None
    chunks: Iterator[bytes]


def page_of(
    extracts: Extracts, manifest: Manifest, sort: str = "", descending: bool = False, offset: int = 0, limit: int = 100
) -> Page:
    """Some rows of an extract, in its own order or in that of a column, nulls last.

    Raises:
        UsageError: there is no such column.
        ExtractError: the file is not there, or another.
    """
    import pyarrow.parquet as pq

    names = [name for name, _ in manifest.columns]
    if sort and sort not in names:
        raise UsageError(f"There is no column {sort[:64]!r} to sort by{nearest(sort[:64], names)}")
    first, last = max(offset, 0), max(offset, 0) + max(limit, 0)
    with extracts.parquet(manifest) as path, pq.ParquetFile(path) as file:
        places = range(first, min(last, manifest.rows)) if not sort else _sorted(file, sort, descending)[first:last]
        rows = _rows_at(file, list(places))
    return Page(manifest.columns, rows, manifest.rows)


def download_of(extracts: Extracts, manifest: Manifest, format: Format) -> Download:  # noqa: A002 - what people call it
    """An extract as a file; one of Excel is made now, and what looks like a formula is text in it.

    Raises:
        UsageError: there is no such format, or there are more rows than a sheet takes.
    """
    if format not in MEDIA_TYPES:
        raise UsageError(f"{format!r} is no format of a download; use {', '.join(MEDIA_TYPES)}.")
    name, media_type = f"{manifest.report}-{manifest.request}.{format}", MEDIA_TYPES[format]
    if format == "xlsx":
        if manifest.rows > EXCEL_ROWS:
            raise UsageError(
                f"{manifest.rows:,} rows are too many for a sheet of Excel ({EXCEL_ROWS:,}): take another format."
            )
        return Download(name, media_type, None, _sheet(extracts, manifest))
    part = manifest.csv if format == "csv" else manifest.parquet
    return Download(name, media_type, part.bytes, extracts.open(manifest, part))


def _sorted(file: pq.ParquetFile, column: str, descending: bool) -> Sequence[int]:
    """The places of all rows in the order of a column; rows with equal values stay in their own order."""
    import pyarrow as pa
    import pyarrow.compute as compute

    # Sorting by one column is not stable for all types: the place decides between equals.
    values = file.read(columns=[column])
    keyed = values.append_column("place_", pa.array(range(len(values)), pa.int32()))
    order: Any = [(column, "descending" if descending else "ascending"), ("place_", "ascending")]
    found: Sequence[int] = compute.sort_indices(keyed, sort_keys=order).to_numpy()
    return found


def _rows_at(file: pq.ParquetFile, places: Sequence[int]) -> list[tuple[Any, ...]]:
    """The rows at some places, in the order of `places`; a group of rows is in memory at a time."""
    wanted = sorted((int(place), position) for position, place in enumerate(places))
    found: list[tuple[Any, ...]] = [()] * len(places)
    start, taken = 0, 0
    for group in range(file.metadata.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        ours = []
        while taken < len(wanted) and wanted[taken][0] < end:
            ours.append(wanted[taken])
            taken += 1
        if ours:
            some = file.read_row_group(group).take([place - start for place, _ in ours])
            for (_, position), row in zip(ours, _tuples(some), strict=True):
                found[position] = row
        start = end
    return found


def _tuples(table: pa.Table | pa.RecordBatch) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _sheet(extracts: Extracts, manifest: Manifest) -> Iterator[bytes]:
    """A workbook, written row by row by pandas' own engine, since pandas itself would hold all of it in memory."""
    import pyarrow.parquet as pq
    from xlsxwriter import Workbook

    with tempfile.TemporaryDirectory(prefix="tributary-report-") as aside:
        place = Path(aside) / "sheet.xlsx"
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "nan_inf_to_errors": True,
            "tmpdir": aside,
        }
        with Workbook(place, options) as book:
            sheet = book.add_worksheet("rows")
            forms = {kind: book.add_format({"num_format": form}) for kind, form in _EXCEL_FORMS.items()}
            sheet.write_row(0, 0, [name for name, _ in manifest.columns], book.add_format({"bold": True}))
            sheet.freeze_panes(1, 0)
            number = 0
            with extracts.parquet(manifest) as path, pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=10_000):
                    for row in _tuples(batch):
                        number += 1
                        for column, value in enumerate(row):
                            _write_cell(sheet, number, column, value, forms.get(manifest.columns[column][1]))
        with place.open("rb") as made:
            while chunk := made.read(_CHUNK):
                yield chunk


_EXCEL_FORMS = {"date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:mm:ss"}
_EXCEL_FIRST_YEAR = 1900


def _write_cell(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """One cell; a number that Excel would round, and a day before its calendar begins, are written as text."""
    from datetime import date
    from decimal import Decimal

    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | Decimal) and len(str(value).strip("-0.").replace(".", "")) > _EXCEL_DIGITS:
        sheet.write_string(row, column, str(value))
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, value)
    elif isinstance(value, date) and value.year > _EXCEL_FIRST_YEAR:
        sheet.write_datetime(row, column, value, form)
    else:
        sheet.write_string(row, column, str(value)[:_EXCEL_TEXT])
