"""`tributary query`: what the warehouse answers to a read-only query, as a table, CSV or JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tributary.cli.console import check_format, err, out, unread
from tributary.resources.errors import UsageError
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.answers import Answer
from tributary.resources.warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from tributary.resources.warehouse.warehouse import Warehouse

FORMATS = ("table", "csv", "json")
STANDARD_INPUT = "-"
_UNKNOWN = re.compile(r"""(?:relation "|Table '(?:iceberg\.)?)([\w.]+)["'] does not exist""")
"""How Postgres and Trino say that there is no such table."""


def query(sql: str | None, file: str | None, output: str, limit: int) -> int:
    """Run the query and show its answer; only the table format says how many rows there were."""
    check_format(output, FORMATS)
    text = _text(sql, file)
    from tributary.resources.warehouse.opening import open_warehouse

    try:
        return answered(open_warehouse(get_settings()), text, output, limit)
    except WarehouseError as error:
        raise WarehouseError(f"{str(error).rstrip('.')}{_meant(str(error))}") from error


def _meant(told: str) -> str:
    """The end of what a server says, with the table that was probably meant where it knows none of the name."""
    unknown = _UNKNOWN.search(told)
    if unknown is None:
        return "."
    from tributary.catalogue import get_catalogue

    keys = {key.rpartition(".")[2]: key for key in get_catalogue().by_key} | {
        key: key for key in get_catalogue().by_key
    }
    found = get_close_matches(unknown[1], keys, n=1)
    return f"; did you mean {keys[found[0]]}?" if found else "; `tributary ls` lists the tables."


def answered(database: Warehouse, text: str, output: str, limit: int) -> int:
    """Show what a database answers to a query."""
    most = limit or None
    with database.answer(text, limit=None if most is None else most + 1) as answer:
        shown = Answer(answer.columns, answer.rows if most is None else islice(answer.rows, most))
        try:
            _WRITERS[output](shown)
            sys.stdout.flush()
        except BrokenPipeError:
            unread(sys.stdout)  # who reads has read enough
            return 0
        cut = next(answer.rows, None) is not None
    if cut:
        err.print(f"[yellow]Only the first {limit:,} rows are shown; --limit 0 shows all.[/]")
    return 0


def _text(sql: str | None, file: str | None) -> str:
    """The statement: the argument, a file, or, with `-` or nothing given, standard input."""
    if sql is not None and file is not None:
        raise UsageError("Give the statement as the argument or by --file, not both.")
    if sql not in (None, STANDARD_INPUT):
        return sql or ""
    if file in (None, STANDARD_INPUT):
        if sql is None and file is None and sys.stdin.isatty():
            raise UsageError("There is no statement to run; give it as the argument, by --file, or on standard input.")
        return _decoded(sys.stdin.buffer.read(), "Standard input")
    path = Path(file or "")
    try:
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name} is not UTF-8 text (line {line}); write it in UTF-8.") from None


def _table(answer: Answer) -> None:
    from tributary.cli.tables import Heading, print_rows

    numbers = ("integer", "double", "decimal", "number")
    headings = [Heading(column.name, right=column.kind in numbers) for column in answer.columns]
    count = print_rows(headings, answer.rows)
    sys.stdout.flush()
    out.print(f"[dim]{count:,} row{'' if count == 1 else 's'}[/]")


def _csv(answer: Answer) -> None:
    from tributary.cli.answer_files import write_csv

    write_csv(answer, sys.stdout.buffer)


def _json(answer: Answer) -> None:
    from tributary.cli.answer_files import write_json

    write_json(answer, sys.stdout.buffer)


_WRITERS: dict[str, Callable[[Answer], None]] = {"table": _table, "csv": _csv, "json": _json}
