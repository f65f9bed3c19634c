"""The record of a source, which loads without Dagster: what the platform, its command line and its web pages go by.

What of a source needs Dagster is in `parts`, what stands beside Dagster (processes, pages, samples, commands) is in
`services`. Both are imported when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tributary.resources.places import PACKAGE
from tributary.resources.settings import Settings, SourceSettings
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    from tributary.resources.warehouse.warehouse import Warehouse


class SourceColumn(NamedTuple):
    """A column of a table, which is `schema.table` for the warehouse's own, or a field of a raw asset's objects."""

    table: str
    column: str


class Step(NamedTuple):
    """A part of a SELECT that makes a table of others: its SQL, and the columns of other tables that it looks at.

    `how` is `value` where it makes the values of a column, and `join`, `filter` or `group` where it decides which rows
    there are.
    """

    how: str
    sql: str
    sources: tuple[SourceColumn, ...]


class Resource(NamedTuple):
    """A path of the data API that gives rows of one table.

    `path` holds columns of the table in braces, which the rows equal: `/households/{household_key}/daily`. `many` is
    whether a page of rows is given, or the one that there is. `summary` says in some words what that is.
    """

    path: str
    table: str
    summary: str
    many: bool = False


class Glance(NamedTuple):
    """What the front page shows of a source: how new its data are, and a line over one of its tables.

    `newest` is a column of a day or moment, `schema.table.column`, whose greatest value is that of the newest data. The
    line has the `title`, and for each `x` of `table` the aggregate `y`: `"day"`, `"sum(sales)"`.
    """

    newest: str
    title: str
    table: str
    x: str
    y: str


ASKED = "gold"
"""The layer of what people ask."""

SEEDS = "seeds"
"""The folder of a source's seeds, beside those of its models' layers."""

Lineage = Mapping[str, tuple[SourceColumn, ...]]
"""The columns that the values of each column of one table come from."""

SQL = (PACKAGE / "sql").resolve()
"""The folder of the models of the sources that come with Tributary, one folder a source."""


Stands = Callable[[Settings, "Warehouse"], Iterable[tuple[str, str]]]
"""Gives, without Dagster, the keys of assets that would come out as they are, each with the data version that a run
would tell of it; empty where it tells none."""


@dataclass(frozen=True)
class Source:
    """All that the platform knows of a source: the one thing that a source registers.

    Attributes:
        name: a lower-case word; the group of its assets, the folder of its models, and in upper case a part of the
            names of its settings, `TRIBUTARY_<NAME>_<FIELD>`.
        description: what it is, in one sentence for people.
        tables: the tables that Python code makes; those of SQL models are found by their files.
        lineage: of each of these tables, as `schema.table`, where its columns come from.
        settings: the class of its own settings.
        freshness: how old its tables in the layer `ASKED` may be before that is told, where something new always comes.
        glance: what the front page shows of it.
        every_partition: whether, between two of its partitions that are made, none may be missing: where each is
            pulled, and not only those that hold something.
        models: the folder of its SQL models, `<layer>/<table>.sql`; default: `sql/<name>` of Tributary itself.
        pages: the folder of its pages in the dashboard, a Python file each (`assets/pages.py`).
        resources: its paths in the data API, beside those that all tables have.
        needs: names of sources that must be on with it, as its models read their tables.
        formerly: names that assets had before, as `layer.name`, each with the one of now; what is recorded of them is
            carried over when a home is opened.
        stands: what tells which of its assets beside models would come out as they are, a `Stands` as
            `package.module:NAME`; asked where nothing else is to be made, so that nothing need be loaded and run.
        parts: what of it needs Dagster, a `Parts` as `package.module:NAME`.
        services: what stands beside Dagster, a `Services` as `package.module:NAME`.
    """

    name: str
    description: str = ""
    tables: tuple[Table, ...] = ()
    lineage: Mapping[str, Lineage] = field(default_factory=dict)
    settings: type[SourceSettings] | None = None
    freshness: timedelta | None = None
    glance: Glance | None = None
    every_partition: bool = False
    models: Path | None = None
    pages: Path | None = None
    resources: tuple[Resource, ...] = ()
    needs: tuple[str, ...] = ()
    formerly: Mapping[str, str] = field(default_factory=dict)
    stands: str = ""
    parts: str = ""
    services: str = ""

    @property
    def models_folder(self) -> Path:
        """Where its SQL models are; there may be none."""
        return self.models or SQL / self.name
