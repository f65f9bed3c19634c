"""Writes a whole table of which few rows are others than those that stand: these alone, in the standing partition.

Else a table that is made whole at each small change would write as many rows as it has, however few of them differ.
"""

from __future__ import annotations

from tributary.resources.warehouse.postgres.notes import read_note
from tributary.resources.warehouse.postgres.relations import part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted

MOST_ROWS = 100_000
"""A table of more rows is not compared, which would take longer than a swap of partitions does."""

MOST_SHARE = 0.1
"""The share of its rows beyond which they are not few."""


def write_differing(session: Session, table: Table, part: str, standing: str, rows: int) -> int | None:
    """Make the rows of `standing` those of `part`, which are so many; in the caller's transaction.

    Gives how many came and went; None, with nothing written, where these are not few.
    """
    note = read_note(session, table)
    most = int(MOST_SHARE * rows)
    if note is None or max(note.rows, rows) > MOST_ROWS or abs(note.rows - rows) > most:
        return None
    names = ", ".join(quoted(name) for name in table.column_names)
    made, stays = (f"SELECT {names} FROM {part_sql(one)}" for one in (part, standing))
    few = f"(SELECT differing FROM found) <= {most}"
    # Of rows that are equal, nulls included, as many go as the table has more of.
    found = session.row(
        f"""
        WITH come AS MATERIALIZED ({made} EXCEPT ALL {stays}),
        gone AS MATERIALIZED ({stays} EXCEPT ALL {made}),
        found AS MATERIALIZED (
            SELECT (SELECT count(*) FROM come) + (SELECT count(*) FROM gone) AS differing
        ),
        going AS (
            SELECT g.r, count(*) AS times FROM (SELECT ROW({names})::record AS r FROM gone) AS g
            WHERE {few} GROUP BY g.r
        ),
        placed AS (
            SELECT q.at, row_number() OVER (PARTITION BY q.r) AS number, going.times
            FROM (SELECT ctid AS at, ROW({names})::record AS r FROM {part_sql(standing)}) AS q JOIN going USING (r)
        ),
        taken AS (
            DELETE FROM {part_sql(standing)} AS s USING placed
            WHERE s.ctid = placed.at AND placed.number <= placed.times
        ),
        put AS (INSERT INTO {part_sql(standing)} ({names}) SELECT {names} FROM come WHERE {few})
        SELECT differing FROM found
        """
    )
    return int(found["differing"]) if found["differing"] <= most else None
