"""The records that did not fit, where they stood, and why: the table `quarantine.rejected_rows`.

A write of a file owns the rejected records of its table as it owns the table's rows, so that loaded plus rejected
always adds up to one reading. Who reads sources of another kind replaces the rejected records of each that it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tributary.resources.warehouse.base import Origin, Rejected, RejectedSource
from tributary.resources.warehouse.delimited.scan import DUPLICATE, Reject
from tributary.resources.warehouse.engine import EngineSession
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.table import Column, Table

QUARANTINE = "quarantine.rejected_rows"
"""One row a table, source and record: `line_number` is the line of a file on which it begins (the header is 1), or its
number in its object; `byte_offset` is null for lines. `raw_bytes` is null where `raw_text` tells them exactly."""

REJECTS = Table("quarantine", "rejected_rows", (Column("table_name", "text", "The table that took none of them."),))
"""The table itself, for a session that writes no other."""

_COLUMNS = (
    "table_name", "source", "line_number", "byte_offset", "raw_text", "raw_bytes", "reason", "detail", "run_id",
    "rejected_at",
)  # fmt: skip


def replace_lines(session: EngineSession, source: str, rejects: Sequence[Reject], origin: Origin) -> None:
    """Make `rejects` the rejected lines of the table, which is loaded from the file `source`."""
    lines = ((source, one.line, None, one.raw, one.reason, one.detail or None) for one in rejects)
    _put(session, {"table_name": session.table.key}, session.table.key, lines, origin)


def replace_records(
    session: EngineSession, table_name: str, rejects: Mapping[str, Sequence[Rejected]], origin: Origin
) -> None:
    """Make `rejects` the rejected records of each named source for the table, at once.

    Raises:
        WarehouseError: two records of a source have the same number.
    """
    for source, found in rejects.items():
        if len({record.number for record in found}) < len(found):
            raise WarehouseError(f"{table_name}: two rejected records of {source} have the same number.")
    records = (
        (source, record.number, record.offset, record.raw, record.reason, None)
        for source, found in rejects.items()
        for record in found
    )
    # Two that replace the same sources take turns, instead of one failing on the other's rows.
    with session.turn(f"rejects {table_name}"):
        _put(session, {"table_name": table_name, "source": list(rejects)}, table_name, records, origin)


def rename_records(session: EngineSession, former: str, name: str) -> None:
    """Make the rejected records of one name those of another, beside what that has of other sources.

    Where an engine cannot make it one step, what is repeated gives the same.
    """
    if not session.has(QUARANTINE):
        return
    with session.turn(f"rejects {former}"):
        columns = ", ".join(_COLUMNS[1:])
        found = session.rows(f"SELECT {columns} FROM {QUARANTINE} WHERE table_name = %s", (former,))
        if found:
            sources = sorted({row["source"] for row in found})
            rows = ((name, *(row[column] for column in _COLUMNS[1:])) for row in found)
            session.put(QUARANTINE, {"table_name": name, "source": sources}, _COLUMNS, rows)
            session.put(QUARANTINE, {"table_name": former}, _COLUMNS, ())


def count_lines(session: EngineSession) -> tuple[int, int]:
    """How many rejected lines, and how many exact duplicates, are here of a table that is loaded from a file."""
    if not session.has(QUARANTINE):
        return 0, 0
    query = f"SELECT count(*) AS n, count(*) FILTER (WHERE reason = %s) AS same FROM {QUARANTINE} WHERE table_name = %s"
    found = session.rows(query, (DUPLICATE, session.table.key))[0]
    return found["n"] - found["same"], found["same"]


def rejected_sources(session: EngineSession, table_name: str | None) -> list[RejectedSource]:
    """The sources that have rejected records, by table and source; exact duplicates are none."""
    if not session.has(QUARANTINE):
        return []
    of_one, params = ("AND table_name = %s ", (DUPLICATE, table_name)) if table_name else ("", (DUPLICATE,))
    query = f"SELECT table_name, source, count(*) AS n FROM {QUARANTINE} WHERE reason <> %s {of_one}"
    rows = session.rows(f"{query}GROUP BY table_name, source ORDER BY table_name, source", params)
    return [RejectedSource(row["table_name"], row["source"], row["n"]) for row in rows]


def _put(
    session: EngineSession,
    owned: Mapping[str, str | Sequence[str]],
    table_name: str,
    records: Iterable[tuple[str, int, int | None, bytes, str, str | None]],
    origin: Origin,
) -> None:
    now = datetime.now(UTC)

    def rows() -> Iterable[Sequence[Any]]:
        for source, number, offset, raw, reason, detail in records:
            text = raw.decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")
            exact = None if text.encode() == raw else raw
            yield table_name, source, number, offset, text, exact, reason, detail, origin.run_id or None, now

    session.put(QUARANTINE, owned, _COLUMNS, rows())
