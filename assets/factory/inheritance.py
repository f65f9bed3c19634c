"""Tags that follow values downstream: a column made from personal data is personal data, unless its model says not.

Which columns a column's values come from is `lineage`'s matter; what a tag means to readers is that of its users.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from tributary.assets.factory.model import SqlModel
from tributary.assets.source import Lineage
from tributary.resources.warehouse.table import PII, Column, Table

NOT_PII = "not_pii"
"""The tag by which a model declares that a column made from personal data tells nothing personal (a count, for one)."""


def inherit_tags(
    models: Mapping[str, SqlModel], tables: Mapping[str, Table], lineage: Callable[[SqlModel], Lineage]
) -> dict[str, SqlModel]:
    """The models, with the tag `pii` on each column whose values come from a column that has it.

    Args:
        models: all models by `schema.table`.
        tables: the tables that are no models, by the same.
        lineage: derives a model's lineage; asked for only where a model reads a table with tagged columns.
    """
    tagged = {key: _tagged(table) for key, table in tables.items()}
    found = dict(models)
    for key in _upstream_first(models):
        model = models[key]
        if any(tagged.get(read) for read in model.reads):
            columns = tuple(_inherited(column, lineage(model), tagged) for column in model.table.columns)
            found[key] = replace(model, table=replace(model.table, columns=columns))
        tagged[key] = _tagged(found[key].table)
    return found


def _inherited(column: Column, lineage: Lineage, tagged: Mapping[str, set[str]]) -> Column:
    if PII in column.tags or NOT_PII in column.tags:
        return column
    sources = lineage.get(column.name, ())
    if any(source.column in tagged.get(source.table, ()) for source in sources):
        return replace(column, tags=(*column.tags, PII))
    return column


def _upstream_first(models: Mapping[str, SqlModel]) -> Iterator[str]:
    order = TopologicalSorter({key: [read for read in model.reads if read in models] for key, model in models.items()})
    yield from order.static_order()


def _tagged(table: Table) -> set[str]:
    return {column.name for column in table.columns if PII in column.tags}
