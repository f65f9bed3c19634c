"""Keeps of the rows that share a key the first by the table's order, in a relation built aside and in the table itself.

Keys are equal as SQL has it, so that a row with a null in its key shares it with none. In the order nulls come last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tributary.resources.warehouse.engine import MadeWay
from tributary.resources.warehouse.postgres.build import window_sql
from tributary.resources.warehouse.postgres.relations import part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Deduplication, Table, quoted
from tributary.resources.warehouse.windows import Window

SMALL = 20
"""A window is small where the table has this many times its rows: indexes then lead to its neighbours sooner."""


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


def make_way(session: Session, table: Table, window: Window, part: str, standing: str, gone: str | None) -> MadeWay:
    """Delete from `standing` what the rows of `part` replace, and from `part` what `standing` keeps instead.

    What is deleted from `standing` is put into the new relation `gone`, where one is named.
    """
    owned, stays, names = window_sql(table, window), part_sql(standing), _listed(table.column_names)
    delete, move = f"DELETE FROM {stays} WHERE {owned.text}", ""
    if gone is not None:
        session.execute(f"CREATE TABLE {part_sql(gone)} (LIKE {part_sql(part)})")
        move = f"INSERT INTO {part_sql(gone)} ({names}) SELECT {names} FROM"
        delete = f"WITH d AS ({delete} RETURNING *) {move} d"
    deleted = session.execute(delete, owned.params).rowcount
    beaten = displaced = 0
    if table.deduplicate is not None:
        with _by_index(session, part, standing):
            beaten, displaced = _settle(session, table.deduplicate, part, standing, move)
    return MadeWay(stays, deleted, beaten, displaced, gone=part_sql(gone) if gone else "")


def _settle(session: Session, rule: Deduplication, part: str, standing: str, move: str) -> tuple[int, int]:
    """Let the rows of `part`, of which no two share a key, and those of `standing` settle which of each key stays.

    The later one is deleted where it stands; of two that the order does not tell apart, the new one. Gives the numbers
    deleted from `part` and from `standing`. `move` begins an INSERT of the latter, or is empty.
    """
    found = session.row(
        f"""
        WITH met AS MATERIALIZED (
            SELECT n.ctid AS new, o.ctid AS old, {_order("o", rule)} <= {_order("n", rule)} AS stays
            FROM {part_sql(part)} AS n JOIN {part_sql(standing)} AS o ON {_same_key(rule)}
        ), beaten AS (
            DELETE FROM {part_sql(part)} AS n USING (SELECT DISTINCT new FROM met WHERE stays) AS m
            WHERE n.ctid = m.new RETURNING 1
        ), displaced AS (
            DELETE FROM {part_sql(standing)} AS o USING met AS m
            WHERE o.ctid = m.old AND m.new NOT IN (SELECT new FROM met WHERE stays) RETURNING o.*
        ){f", moved AS ({move} displaced)" if move else ""}
        SELECT (SELECT count(*) FROM beaten) AS beaten, (SELECT count(*) FROM displaced) AS displaced
        """
    )
    return found["beaten"], found["displaced"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _same_key(rule: Deduplication) -> str:
    return " AND ".join(f"o.{quoted(name)} = n.{quoted(name)}" for name in rule.key)


def _order(alias: str, rule: Deduplication) -> str:
    """The order's columns as one value; as such, unlike as a row of columns, it sorts nulls last."""
    return f"ROW({', '.join(f'{alias}.{quoted(name)}' for name in rule.order)})::record"


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
