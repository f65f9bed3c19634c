"""The tables of the source `platform`."""

from __future__ import annotations

from tributary.resources.warehouse.checks import Expression, NotNull, Unique
from tributary.resources.warehouse.table import Column, Table

TABLE_FRESHNESS = Table(
    schema="gold",
    name="table_freshness",
    description=(
        "When each table was last updated: a view of what the warehouse notes when it publishes, so that it is right "
        "at any moment. What was made again and came out the same was not updated. Views have no rows of their own: "
        "they are as fresh as the tables that they read."
    ),
    grain="one row a table that was published",
    kind="view",
    columns=(
        Column("schema_name", "text", "Its layer: staged, core or gold."),
        Column("table_name", "text", "Its name within the layer."),
        Column("updated_at", "timestamp", "When rows of it last came, went or changed, in UTC."),
        Column("rows", "bigint", "Its rows."),
    ),
    checks=(
        Unique(("schema_name", "table_name")),
        NotNull(("schema_name", "table_name", "updated_at", "rows")),
        Expression("rows >= 0", title="rows_are_counted"),
    ),
)
