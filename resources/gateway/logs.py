"""What a log tells of a failure: of what kind it is and where it happened, never what somebody sent.

Messages of exceptions repeat values: SQLAlchemy's the statement and its parameters, Postgres's the failing row, and
Python's the text that was no number. So they are left out, and types, SQL states, constraints and frames are told.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg


def described(error: BaseException) -> str:
    """An error and what caused it, as lines: its type, what the database says of it without values, and its frames."""
    return "\n".join(line for one in _chain(error) for line in (_kind(one), *_frames(one)))


def hide_values() -> None:
    """Have every log of this process tell failures as `described` does, whichever library logs them."""
    make = logging.getLogRecordFactory()

    def without_values(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make(*arguments, **options)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.msg, record.args = f"{record.getMessage().rstrip()}\n{described(error)}", ()
            record.exc_info = record.exc_text = None
        return record

    logging.setLogRecordFactory(without_values)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, then what caused it, and so on."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _kind(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if not isinstance(error, psycopg.Error):
        return name
    if error.sqlstate is None:
        # Without a state it is about the connection, and no statement was answered.
        return f"{name}: {str(error).strip().partition(chr(10))[0]}"
    told = {"state": error.sqlstate, "table": error.diag.table_name, "constraint": error.diag.constraint_name}
    return f"{name} ({', '.join(f'{key} {value}' for key, value in told.items() if value)})"


def _frames(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
