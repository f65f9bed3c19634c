"""The platform put together: every domain's assets and models, bound to the resources of the settings' profile.

The definitions that Dagster loads, and the command line, both start here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import dagster as dg

from tributary.assets.domains import DOMAINS
from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.inheritance import inherit_tags
from tributary.assets.factory.lineage import Lineage
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.refused import stub_asset
from tributary.assets.factory.sql_assets import ModelLineage, sql_asset
from tributary.assets.meetup.api.opening import open_meetup
from tributary.model_store import load_models_kept
from tributary.resources.app_database import AppDatabase
from tributary.resources.lake import open_lake
from tributary.resources.postgres.held import held_databases
from tributary.resources.settings import PROJECT_ROOT, Settings, get_settings
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.table import Table

SQL_ROOT = PROJECT_ROOT / "sql"


@dataclass(frozen=True)
class Platform:
    """Everything that exists, by what it is.

    `refused` says of each model that is not made why not: its file is wrong, or that of one that it reads; `errors` are
    all that is wrong with the files.
    """

    models: Mapping[str, SqlModel]
    tables: Mapping[str, Table]
    assets: tuple[dg.AssetsDefinition, ...]
    model_lineage: ModelLineage
    refused: Mapping[str, str]
    errors: tuple[ModelError, ...]

    @cached_property
    def lineage(self) -> Mapping[str, Lineage]:
        """The column lineage of every table."""
        lineages: dict[str, Lineage] = {}
        for domain in DOMAINS:
            lineages |= domain.lineage
        return lineages | {key: self.model_lineage.of(model) for key, model in self.models.items()}


def load_platform(sql: Path = SQL_ROOT) -> Platform:
    """Read all models, and put them together with the Python assets.

    A file that is refused stops no other: see `Platform.refused`.
    """
    python_tables = {table.key: table for domain in DOMAINS for table in domain.tables}
    found = load_models_kept(sql, python_tables.values(), get_settings().home / "models")
    lineage = ModelLineage(python_tables | {key: model.table for key, model in found.models.items()})
    models = inherit_tags(found.models, python_tables, lineage.of)
    tables = python_tables | {key: model.table for key, model in models.items()}
    assets = [asset for domain in DOMAINS for asset in domain.assets]
    assets += [sql_asset(model, lineage, found.refused.get(key, "")) for key, model in models.items()]
    assets += [
        stub_asset(path.relative_to(sql).parts[0], key, path, found.refused[key])
        for key, path in found.stubs.items()
        if key not in tables
    ]
    return Platform(models, tables, tuple(assets), lineage, found.refused, found.errors)


def resources_of(settings: Settings) -> dict[str, object]:
    """The resources of the settings' profile, opened on first use."""
    return {
        "warehouse": open_warehouse(settings),
        "lake": open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url),
        "app_database": AppDatabase(lambda: held_databases(settings).url("app")),
        "meetup": open_meetup(settings),
        "retail_folder": settings.retail_folder,
    }
