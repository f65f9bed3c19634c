"""Replaces the rows of a window in a table's standing partition, within the transaction that built the new ones.

All other rows stay, but for those that a deduplicated table now has an earlier row for. Nothing is visible before the
transaction ends, so that a check that fails undoes all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tributary.resources.warehouse.checks import CheckResult, Unique
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.audit import check_set
from tributary.resources.warehouse.postgres.build import window_sql
from tributary.resources.warehouse.postgres.deduplicate import settle
from tributary.resources.warehouse.postgres.relations import ensure_index, part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.windows import Sources, Window

SMALL = 20
"""A window is small where the table has this many times its rows: indexes then lead to its neighbours sooner."""


ANALYSE_ROWS = 1_000
ANALYSE_SHARE = 0.1


@dataclass(frozen=True)
class Cleared:
    """What made way: rows of the window deleted, new rows dropped, and rows of other windows displaced, by source."""

    deleted: int = 0
    beaten: int = 0
    displaced: Mapping[str, int] = field(default_factory=dict)


def refuse_rows_outside(session: Session, table: Table, window: Window, part: str) -> None:
    """Refuse new rows that the window does not own.

    Raises:
        WarehouseError: there are such rows.
    """
    condition, params = window_sql(window)
    outside = session.row(f"SELECT count(*) AS n FROM {part_sql(part)} WHERE ({condition}) IS NOT TRUE", params)["n"]
    if outside:
        named = f"the {len(window.names):,} named in {window.column}" if isinstance(window, Sources) else str(window)
        raise WarehouseError(
            f"{table.key}: {outside:,} of the rows lie outside the window {named}; none was published."
        )


def index_for(session: Session, table: Table, window: Window, part: str) -> None:
    """Give a partition the indexes by which windows find their rows and keys among millions."""
    if isinstance(window, Sources):
        ensure_index(session, part, (window.column,))
    if table.deduplicate is not None:
        ensure_index(session, part, table.deduplicate.key)


def has_same_rows(session: Session, table: Table, window: Window, part: str, standing: str) -> bool:
    """Whether `part` holds the very rows that the window has in `standing`, so that nothing need be moved."""
    condition, params = window_sql(window)
    held = f"{part_sql(standing)} WHERE {condition}"
    counts = session.row(
        f"SELECT (SELECT count(*) FROM {part_sql(part)}) = (SELECT count(*) FROM {held}) AS alike", params
    )
    if not counts["alike"]:
        return False
    columns = ", ".join(quoted(name) for name in table.column_names)
    other = f"SELECT {columns} FROM {part_sql(part)} EXCEPT ALL SELECT {columns} FROM {held}"
    found: bool = session.row(f"SELECT NOT EXISTS ({other}) AS alike", params)["alike"]
    return found


def clear_way(session: Session, table: Table, window: Window, part: str, standing: str) -> Cleared:
    """Delete from `standing` what the rows of `part` replace, and from `part` what `standing` keeps instead."""
    condition, params = window_sql(window)
    deleted = session.execute(f"DELETE FROM {part_sql(standing)} WHERE {condition}", params).rowcount
    if table.deduplicate is None:
        return Cleared(deleted)
    source = window.column if isinstance(window, Sources) else None
    with _by_index(session, part, standing):
        beaten, displaced = settle(session, table.deduplicate, part, standing, source)
    return Cleared(deleted, beaten, displaced)


def recheck_keys(
    session: Session, table: Table, results: Sequence[CheckResult], part: str, standing: str
) -> list[CheckResult]:
    """The results with those of `Unique` checks made again: no key of `part` may stand in `standing` either.

    `clear_way` must have been there before, so that only rows of other windows stand.
    """
    return [
        _recheck_key(session, table, result, part, standing) if isinstance(result.check, Unique) else result
        for result in results
    ]


def worth_analysing(session: Session, table: Table) -> float:
    """As many changed rows as make new statistics worth their cost, which does not shrink with the window."""
    known: float = session.row("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", (table.sql_name,))[
        "reltuples"
    ]
    return 0 if known < 0 else max(ANALYSE_ROWS, ANALYSE_SHARE * known)


def _recheck_key(session: Session, table: Table, result: CheckResult, part: str, standing: str) -> CheckResult:
    assert isinstance(result.check, Unique)  # noqa: S101 - the caller asked
    names = result.check.names
    nulls = " OR ".join(f"{quoted(name)} IS NULL" for name in names)
    has_nulls = session.row(f"SELECT EXISTS (SELECT 1 FROM {part_sql(part)} WHERE {nulls}) AS found")["found"]
    if not has_nulls and table.deduplicate is not None and set(table.deduplicate.key) <= set(names):
        return result  # what shared the key has made way
    key = ", ".join(quoted(name) for name in names)
    # Nulls are equal to a check but not to a join, so that only a look at all rows finds their like.
    rest = "" if has_nulls else f" WHERE ({key}) IN (SELECT {key} FROM {part_sql(part)})"
    union = f"(SELECT {key} FROM {part_sql(part)} UNION ALL SELECT {key} FROM {part_sql(standing)}{rest})"
    return check_set(session, result.check, union)


@contextmanager
def _by_index(session: Session, part: str, standing: str) -> Iterator[None]:
    """Keep the planner from reading a big table in full to join a few rows with it.

    It knows nothing of the new rows' values, and so takes a scan for the safer way.
    """
    sizes = session.row(
        "SELECT pg_relation_size(%s::regclass) AS new, pg_relation_size(%s::regclass) AS standing",
        (part_sql(part), part_sql(standing)),
    )
    if sizes["standing"] <= SMALL * sizes["new"]:
        yield
        return
    session.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    yield
    session.execute("SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT")
