"""Keeps of the rows that share a key the first by the table's order, in a relation built aside and in the table itself.

Keys are equal as SQL has it, so that a row with a null in its key shares it with none. In the order nulls come last.
"""

from __future__ import annotations

from collections.abc import Sequence

from tributary.resources.warehouse.postgres.relations import part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Deduplication, quoted


def keep_first(session: Session, rule: Deduplication, part: str) -> int:
    """Delete all but the first row of each key from `part`; the number deleted."""
    key, order = _listed(rule.key), _listed(rule.order)
    return session.execute(
        f"""
        DELETE FROM {part_sql(part)} AS p USING (
            SELECT ctid, row_number() OVER (PARTITION BY {key} ORDER BY {order}) AS place FROM {part_sql(part)}
            WHERE ({key}) IN (SELECT {key} FROM {part_sql(part)} GROUP BY {key} HAVING count(*) > 1)
        ) AS n
        WHERE p.ctid = n.ctid AND n.place > 1
        """
    ).rowcount


def settle(
    session: Session, rule: Deduplication, part: str, standing: str, source: str | None
) -> tuple[int, dict[str, int]]:
    """Let the rows of `part`, of which no two share a key, and those of `standing` settle which of each key stays.

    The later one is deleted where it stands; of two that the order does not tell apart, the new one. Gives the number
    deleted from `part`, and from `standing` by value of the column `source` (by an empty text where that is None).
    """
    column = f"o.{quoted(source)}" if source else "''::text"
    rows = session.rows(
        f"""
        WITH met AS MATERIALIZED (
            SELECT n.ctid AS new, o.ctid AS old, {column} AS source, {_order("o", rule)} <= {_order("n", rule)} AS stays
            FROM {part_sql(part)} AS n JOIN {part_sql(standing)} AS o ON {_same_key(rule)}
        ), beaten AS (
            DELETE FROM {part_sql(part)} AS n USING (SELECT DISTINCT new FROM met WHERE stays) AS m
            WHERE n.ctid = m.new RETURNING 1
        ), displaced AS (
            DELETE FROM {part_sql(standing)} AS o USING met AS m
            WHERE o.ctid = m.old AND m.new NOT IN (SELECT new FROM met WHERE stays) RETURNING m.source
        )
        SELECT NULL::text AS source, count(*) AS rows FROM beaten
        UNION ALL SELECT coalesce(source, ''), count(*) FROM displaced GROUP BY 1
        """
    )
    found = {row["source"]: row["rows"] for row in rows}
    return found.pop(None), found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _same_key(rule: Deduplication) -> str:
    return " AND ".join(f"o.{quoted(name)} = n.{quoted(name)}" for name in rule.key)


def _order(alias: str, rule: Deduplication) -> str:
    """The order's columns as one value; as such, unlike as a row of columns, it sorts nulls last."""
    return f"ROW({', '.join(f'{alias}.{quoted(name)}' for name in rule.order)})::record"
