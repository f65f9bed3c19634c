"""What the server knows of a table's values, by which it plans: gathered of the rows, and told of what people read.

Autovacuum leaves out partitioned parents, and joins are planned by the parent's statistics. With a single partition
they are those of the partition, so that one look at the rows does for both.
"""

from __future__ import annotations

from tributary.resources.warehouse.postgres.relations import PARTS, find, part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table

_CAN_BE_TOLD = 180_000
"""The server's version from which statistics can be set as they are."""

_NUMBERS = ("null_frac", "avg_width", "n_distinct", "correlation")
_FREQUENCIES = ("most_common_freqs", "most_common_elem_freqs", "elem_count_histogram")
_VALUES = ("most_common_vals", "histogram_bounds", "most_common_elems")
_TELL = f"""
SELECT pg_restore_relation_stats('schemaname', %s::text, 'relname', %s::text, 'relpages', -1, 'reltuples', c.reltuples)
FROM pg_class AS c WHERE c.oid = %s::regclass
UNION ALL
SELECT pg_restore_attribute_stats(
    'schemaname', %s::text, 'relname', %s::text, 'attname', s.attname::text, 'inherited', true,
    'version', current_setting('server_version_num')::integer,
    {", ".join(f"'{kind}', s.{kind}" for kind in (*_NUMBERS, *_FREQUENCIES))},
    {", ".join(f"'{kind}', s.{kind}::text" for kind in _VALUES)}
) FROM pg_stats AS s WHERE s.schemaname = %s AND s.tablename = %s
"""
"""The parameters and what they are called in `pg_stats`: PostgreSQL 18, Database Object Statistics Manipulation."""


def analyse_part(session: Session, part: str) -> None:
    """Look at the rows of a relation in `_parts`."""
    session.execute(f"ANALYZE {part_sql(part)}")


def analyse(session: Session, table: Table, *, analysed: str | None = None) -> None:
    """Have the statistics of a published table be those of its rows; those of the part `analysed` are so already."""
    found = find(session, table)
    if session.connection.info.server_version < _CAN_BE_TOLD or found is None or found.part is None:
        session.execute(f"ANALYZE {table.sql_name}")
        return
    if found.part != analysed:
        analyse_part(session, found.part)
    to, part = (table.schema, table.name), (PARTS, found.part)
    session.same_for_all(_TELL, (*to, part_sql(found.part), *to, *part))
