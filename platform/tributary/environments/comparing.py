"""Compares what an environment holds with production's tables; without Dagster, but for windows of partitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.environments.diffing import Difference, compare
from tributary.resources.warehouse.environments.holding import Ranges, read_made
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.postgres.build import window_sql
from tributary.resources.warehouse.postgres.session import open_session

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel
    from tributary.contents import Contents
    from tributary.resources.postgres.databases import Databases


def compare_all(
    contents: Contents, databases: Databases, environment: Environment, names: Sequence[str]
) -> dict[str, Difference | None]:
    """By `schema.table`, how the named tables, or all that the environment holds, differ; None where it holds none.

    Of a model that is made by windows those that the environment has made are compared.
    """
    origin = Origin(asset=f"environment {environment.name}")
    with open_session(databases.url("warehouse"), origin, read_only=True) as session:
        made = read_made(session, environment)
        found: dict[str, Difference | None] = {}
        for key in names or made:
            if key not in contents.tables:
                continue  # nothing makes it now, and production has none
            model, own = contents.models.get(key), made.get(key)
            only = _windows(model, own.partitions) if model is not None and model.window and own is not None else None
            found[key] = compare(session, environment, contents.tables[key], only)
    return found


def _windows(model: SqlModel, ranges: Ranges) -> Sql | None:
    """The condition of the rows that these ranges of partitions own."""
    if not ranges:
        return None
    import dagster as dg

    from tributary.assets.factory.sql_assets import partitions_of, window_of

    definition = partitions_of(model)
    assert definition is not None  # noqa: S101 - it has a window
    some = []
    for first, last in ranges:
        start, end = (definition.time_window_for_partition_key(key) for key in (first, last))
        some.append(window_sql(model.table, window_of(model, dg.TimeWindow(start.start, end.end))))
    text = " OR ".join(f"({one.text})" for one in some)
    return Sql(text, [value for one in some for value in one.params])
