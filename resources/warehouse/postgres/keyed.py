"""Lets the rows of named keys make way for those built of them: what is the same stays, and is not written.

The rows that only the table has go, those that are only aside come; of equal rows as many stay as both hold.
"""

from __future__ import annotations

from tributary.resources.warehouse.checks import Unique
from tributary.resources.warehouse.engine import MadeWay
from tributary.resources.warehouse.postgres.build import window_sql
from tributary.resources.warehouse.postgres.relations import ensure_index, part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.windows import Keys


def index_keys(session: Session, table: Table, window: Keys, part: str) -> None:
    """Index the rows by the keys, and by unique values that do not hold them, so that what shares them is found."""
    ensure_index(session, part, window.columns)
    for check in table.checks:
        if isinstance(check, Unique) and not set(window.columns) <= set(check.names):
            ensure_index(session, part, check.names)


def make_way_for_keys(session: Session, table: Table, window: Keys, part: str, standing: str, gone: str) -> MadeWay:
    """Delete from `part` what `standing` has of the window, and move what only that has to the new relation `gone`."""
    names = ", ".join(quoted(name) for name in table.column_names)
    owned, stays = window_sql(table, window), part_sql(standing)
    session.execute(f"CREATE TABLE {part_sql(gone)} (LIKE {part_sql(part)})")
    counts = session.row(
        f"""
        WITH old AS MATERIALIZED ({_numbered(names, f"{stays} WHERE {owned.text}")}),
        new AS MATERIALIZED ({_numbered(names, part_sql(part))}),
        same AS MATERIALIZED (SELECT old.at AS old, new.at AS new FROM old JOIN new USING (r, n)),
        kept AS (DELETE FROM {part_sql(part)} AS p USING same WHERE p.ctid = same.new),
        taken AS (
            DELETE FROM {stays} AS s USING old
            WHERE s.ctid = old.at AND old.at NOT IN (SELECT same.old FROM same) RETURNING s.*
        ),
        moved AS (INSERT INTO {part_sql(gone)} ({names}) SELECT {names} FROM taken RETURNING 1)
        SELECT (SELECT count(*) FROM same) AS same, (SELECT count(*) FROM moved) AS gone
        """,
        owned.params,
    )
    # The planner should know how few these are, which are looked up among many.
    session.execute(f"ANALYZE {part_sql(part)}")
    return MadeWay(stays, deleted=counts["gone"], same=counts["same"], gone=part_sql(gone))


def _numbered(names: str, rows: str) -> str:
    """A query of rows as values, of which the equal ones are numbered; as such, nulls are equal."""
    values = f"SELECT ctid AS at, ROW({names})::record AS r FROM {rows}"
    return f"SELECT at, r, row_number() OVER (PARTITION BY r) AS n FROM ({values}) AS q"
