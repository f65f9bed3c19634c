"""What the warehouse holds at the moment, for commands that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tributary.resources.warehouse.warehouse import Warehouse


class Standing(NamedTuple):
    """A table's rows, by the server's last estimate, and its size as text."""

    rows: int
    size: str


def standing(warehouse: Warehouse) -> Mapping[str, Standing]:
    """The tables that stand, by `layer.name`, in the order of the layers; views are none."""
    rows = warehouse.rows(
        """
        SELECT n.nspname || '.' || c.relname AS key, greatest(sum(p.reltuples), 0)::bigint AS rows,
               pg_size_pretty(sum(pg_total_relation_size(p.oid))) AS size
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_inherits AS i ON i.inhparent = c.oid
        JOIN pg_class AS p ON p.oid = i.inhrelid
        WHERE n.nspname IN ('staged', 'core', 'gold')
        GROUP BY n.nspname, c.relname
        ORDER BY array_position(ARRAY['staged', 'core', 'gold'], n.nspname::text), c.relname
        """
    )
    return {row["key"]: Standing(row["rows"], row["size"]) for row in rows}
