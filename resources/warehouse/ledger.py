"""The ledger of source objects: which of them a table's rows were made from, and in which version.

For tables that are written by windows of source objects. What is known of a table as a whole is in its note, without
which the ledger is not to be trusted: rows that others dropped or truncated are still in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tributary.resources.warehouse.engine import EngineSession
from tributary.resources.warehouse.windows import SourceObjects

LEDGER = "_parts.loaded_sources"
"""Texts `table_name`, `source`, `fingerprint`, `source_column`, and `loaded_at`; one row a table and source."""

_MOST_NAMED = 500
_COLUMNS = ("table_name", "source", "fingerprint", "source_column", "loaded_at")


def forget(session: EngineSession, names: Sequence[str] | None = None) -> None:
    """Count some objects, or all of the table's, as not loaded."""
    owned = {"table_name": session.table.key}
    session.put(LEDGER, owned if names is None else {**owned, "source": names}, _COLUMNS, ())


def note(session: EngineSession, window: SourceObjects, fingerprints: Mapping[str, str]) -> None:
    """Replace the window's objects in the ledger by those of `fingerprints`."""
    key, now = session.table.key, datetime.now(UTC)
    rows = ((key, name, mark, window.column, now) for name, mark in fingerprints.items())
    session.put(LEDGER, {"table_name": key, "source": window.names}, _COLUMNS, rows)


def has_other_column(session: EngineSession, window: SourceObjects) -> bool:
    """Whether objects are noted by another column: rows of theirs may be among those that the window replaces."""
    of_table, other = {"table_name": session.table.key}, {"source_column": window.column}
    return bool(session.records(LEDGER, of_table, ("source",), but=other, most=1))


def loaded(session: EngineSession, names: Sequence[str] | None) -> dict[str, str]:
    """The fingerprints of the objects that are loaded, of the named ones or of all."""
    owned: dict[str, str | Sequence[str]] = {"table_name": session.table.key}
    # Engines have a longest statement; of many names all objects are asked.
    if names is not None and len(names) <= _MOST_NAMED:
        owned["source"] = names
    rows = session.records(LEDGER, owned, ("source", "fingerprint"))
    wanted = None if names is None else set(names)
    return {row["source"]: row["fingerprint"] for row in rows if wanted is None or row["source"] in wanted}
