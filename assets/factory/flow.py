"""What is known of how tables come about of others; deriving it from a SELECT is `lineage`'s matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tributary.assets.source import Lineage, SourceColumn, Step
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel


class Flow(NamedTuple):
    """How a table comes about of others.

    Attributes:
        columns: of each of its columns, those that its values come from.
        steps: of each column the expressions that make its values, from the SELECT's own inwards through the queries
            that it reads; none for a column that is handed on under its name.
        conditions: what joins, filters and groups the rows, in any of the queries.
    """

    columns: dict[str, tuple[SourceColumn, ...]]
    steps: dict[str, tuple[Step, ...]]
    conditions: tuple[Step, ...]

    def without(self, relations: Iterable[str]) -> Flow:
        """The same, as if some relations were no tables."""
        known = set(relations)
        return Flow(
            {name: _others(sources, known) for name, sources in self.columns.items()},
            {name: tuple(_narrowed(steps, known)) for name, steps in self.steps.items()},
            tuple(step for step in _narrowed(self.conditions, known) if step.sources),
        )


class ModelLineage:
    """The lineage of models, each derived when first asked for; `tables` are all tables by `schema.table`."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._known: dict[str, Flow] = {}

    def of(self, model: SqlModel) -> Lineage:
        """The columns that the values of each of a model's columns come from."""
        return self.flow(model).columns

    def flow(self, model: SqlModel) -> Flow:
        """How a model's columns and rows come about."""
        if model.key not in self._known:
            self._known[model.key] = self._derived(model)
        return self._known[model.key]

    def _derived(self, model: SqlModel) -> Flow:
        from tributary.assets.factory.lineage import flow_of

        if model.asked is None:
            return flow_of(model.select, self.schema(model))
        # What somebody asked is of no table.
        relations = model.asked.relations
        return flow_of(model.select, {**self.schema(model), **relations}).without(relations)

    def schema(self, model: SqlModel) -> Mapping[str, Mapping[str, str]]:
        """The portable types of the columns of the tables that a model reads."""
        return {
            key: {column.name: column.type for column in self._tables[key].columns}
            for key in model.reads
            if key in self._tables
        }


def _others(sources: Iterable[SourceColumn], known: set[str]) -> tuple[SourceColumn, ...]:
    return tuple(source for source in sources if source.table not in known)


def _narrowed(steps: Iterable[Step], known: set[str]) -> Iterator[Step]:
    return (step._replace(sources=_others(step.sources, known)) for step in steps)
