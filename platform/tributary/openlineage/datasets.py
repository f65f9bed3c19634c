"""What tables and raw objects are called in OpenLineage, and what is told of them whoever makes them.

Names follow OpenLineage's naming of datasets (its specification, "Naming").
"""

from __future__ import annotations

from typing import NamedTuple

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import DatasetFacet, column_lineage_dataset, documentation_dataset, schema_dataset
from sqlalchemy.engine import make_url

from tributary.assets.source import SourceColumn
from tributary.catalogue import Catalogue, ColumnEntry, TableEntry
from tributary.resources.settings import Settings

_POSTGRES_PORT = 5432
_SUBTYPES = {"join": "JOIN", "filter": "FILTER", "group": "GROUP_BY"}


class Name(NamedTuple):
    """A dataset: where it is, and what it is called there."""

    namespace: str
    name: str


class Datasets:
    """Names and describes datasets.

    Args:
        catalogue: what tables there are.
        tables: the namespace of tables, and what stands before `schema.table` there.
        lake: the namespace of what is in the lake.
    """

    def __init__(self, catalogue: Catalogue, tables: Name, lake: Name) -> None:
        self._known, self._tables, self._lake = catalogue.by_key, tables, lake

    def name(self, key: str) -> Name:
        """What `layer.name` is called."""
        if key in self._known:
            return Name(self._tables.namespace, f"{self._tables.name}.{key}")
        return Name(self._lake.namespace, f"{self._lake.name}/{key.replace('.', '/', 1)}")

    def reads(self, key: str) -> list[str]:
        """What a table is made of, as far as its declaration tells."""
        entry = self._known.get(key)
        if entry is None:
            return []
        columns = (one.table for column in entry.columns for one in column.sources)
        return sorted({*entry.reads, *columns} - {key})

    def input(self, key: str) -> InputDataset:
        """A dataset that is read."""
        return InputDataset(*self.name(key), facets=self._described(key))

    def output(self, key: str) -> OutputDataset:
        """A dataset that is made, with the lineage of its columns."""
        facets, entry = self._described(key), self._known.get(key)
        if entry is not None and (fields := {one.name: self._fields(one) for one in entry.columns if one.sources}):
            conditions = [self._field(source, _SUBTYPES.get(one.how, "CONDITIONAL"), one.sql, direct=False)
                          for one in entry.conditions for source in one.sources]  # fmt: skip
            facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(fields, dataset=conditions)
        return OutputDataset(*self.name(key), facets=facets)

    def _described(self, key: str) -> dict[str, DatasetFacet]:
        entry = self._known.get(key)
        if entry is None:
            return {}
        return {
            "schema": _schema(entry),
            "documentation": documentation_dataset.DocumentationDatasetFacet(entry.description),
        }

    def _fields(self, column: ColumnEntry) -> column_lineage_dataset.Fields:
        made = "; ".join(one.sql for one in column.steps if one.how == "value")
        kind = "TRANSFORMATION" if made else "IDENTITY"
        return column_lineage_dataset.Fields([self._field(one, kind, made, direct=True) for one in column.sources])

    def _field(
        self, source: SourceColumn, subtype: str, sql: str, *, direct: bool
    ) -> column_lineage_dataset.InputField:
        kind = "DIRECT" if direct else "INDIRECT"
        how = column_lineage_dataset.Transformation(kind, subtype, sql or None, masking=False)
        return column_lineage_dataset.InputField(*self.name(source.table), source.column, [how])


def _schema(entry: TableEntry) -> schema_dataset.SchemaDatasetFacet:
    fields = [
        schema_dataset.SchemaDatasetFacetFields(one.name, one.type, one.description or None) for one in entry.columns
    ]
    return schema_dataset.SchemaDatasetFacet(fields)


def datasets_of(settings: Settings, catalogue: Catalogue, warehouse_url: str) -> Datasets:
    """The datasets of the settings' warehouse and lake; `warehouse_url` is that of the database in Postgres."""
    return Datasets(catalogue, _tables(settings, warehouse_url), _lake(settings.lake_location))


def _tables(settings: Settings, warehouse_url: str) -> Name:
    if settings.warehouse == "athena":
        return Name(f"awsathena://athena.{settings.aws_region}.amazonaws.com", "AwsDataCatalog")
    if settings.warehouse == "trino":
        return Name(f"trino://{settings.trino_address.partition('://')[2]}", settings.trino_catalog)
    url = make_url(warehouse_url)
    return Name(f"postgres://{url.host or 'localhost'}:{url.port or _POSTGRES_PORT}", url.database or "warehouse")


def _lake(location: str) -> Name:
    scheme, _, rest = location.rpartition("://")
    if scheme != "s3":
        return Name("file", rest.rstrip("/"))
    bucket, _, prefix = rest.partition("/")
    return Name(f"s3://{bucket}", prefix.strip("/"))
