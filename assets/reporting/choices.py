"""Reads what may be chosen where that is a column's values, from the warehouse."""

from __future__ import annotations

from tributary.assets.factory.parameters.parameter import Choice, Choices
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.warehouse import Warehouse

MOST = 1_000
"""More values than these are none to choose from: then any value may be given."""


def read_choices(warehouse: Warehouse, choices: Choices) -> tuple[Choice, ...]:
    """The distinct values of a column, in their order, each with what people call it.

    None where they are too many: then any value may be given.

    Raises:
        WarehouseError: the table is not there yet, or the engine refused.
    """
    names = (choices.column, choices.label or choices.column)
    value, label = map(quoted, names)
    relation = ".".join(map(quoted, choices.table.split(".")))
    rows = warehouse.rows(
        f"SELECT {value} AS value, min({label}) AS label FROM {relation} WHERE {value} IS NOT NULL "
        f"GROUP BY {value} ORDER BY {value}",
        origin=Origin(asset=choices.table),
        limit=MOST + 1,
    )
    if len(rows) > MOST:
        return ()
    return tuple(Choice(row["value"], str(row["value"] if row["label"] is None else row["label"])) for row in rows)
