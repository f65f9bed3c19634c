"""Reads what may be chosen where that is a column's values, from the warehouse."""

from __future__ import annotations

import re

from tributary.assets.factory.parameters.parameter import Choice, Choices
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.warehouse import Warehouse

_NUMBER = re.compile(r"([0-9]{1,18})")
MOST = 1_000
"""More values than these are none to choose from: then any value may be given."""


def read_choices(warehouse: Warehouse, choices: Choices) -> tuple[Choice, ...]:
    """The distinct values of a column, each with what people call it, in the order of that.

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
    found = [Choice(row["value"], str(row["value"] if row["label"] is None else row["label"])) for row in rows]
    of_text = all(isinstance(one.value, str) for one in found)
    return tuple(sorted(found, key=lambda one: natural(one.label)) if of_text else found)


def natural(text: str) -> list[str | int]:
    """What texts are put in people's order by, numbers in them by their size: b2 before b10."""
    parts = _NUMBER.split(text.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]
