"""All that there is, without Dagster: the tables and models of the sources that are on, and where columns come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from tributary.assets.factory.flow import Flow
from tributary.assets.factory.inheritance import inherit_tags
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.seeds import Seed, read_seeds
from tributary.assets.reporting.declaration import Report, reports_of
from tributary.assets.source import ASKED, SQL
from tributary.assets.sources import Sources
from tributary.lineage_store import KeptLineage
from tributary.model_store import Models, load_models_kept
from tributary.resources.warehouse.table import Table
from tributary.served import served


@dataclass(frozen=True)
class Contents:
    """What the sources hold.

    Attributes:
        sources: those that are on.
        folders: where their models are.
        seeds: those that are sound, by `schema.table`.
        found: the models as they were read, and what is wrong with them.
        models: those that are tables, by `schema.table`, with the tags that their columns inherit.
        reports: by name, likewise.
        tables: all tables, those of models and reports too, by `schema.table`.
        model_lineage: derives a model's lineage when it is asked for.
    """

    sources: Sources
    folders: ModelFolders
    seeds: Mapping[str, Seed]
    found: Models
    models: Mapping[str, SqlModel]
    reports: Mapping[str, Report]
    tables: Mapping[str, Table]
    model_lineage: KeptLineage

    @cached_property
    def targets(self) -> Mapping[str, timedelta]:
        """How old each table that people ask may be, where its source says so; what reports make has no target."""
        asked = {report.table.key for report in self.reports.values()}
        exempt = {key for key, model in self.models.items() if not asked.isdisjoint(model.reads)}
        by_source = {source.name: source.freshness for source in self.sources if source.freshness is not None}
        return {
            key: by_source[owner]
            for key, owner in self.owners.items()
            if owner in by_source and key not in exempt and self.tables[key].schema == ASKED
        }

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """The source of each table but those of reports."""
        declared = {table.key: source.name for source in self.sources for table in source.tables}
        declared |= {key: seed.source for key, seed in self.seeds.items()}
        return declared | {key: model.source for key, model in self.models.items()}

    @cached_property
    def served(self) -> frozenset[str]:
        """The tables that pages, dashboard and data API are about."""
        return served(self.sources, {key: self.tables[key] for key in self.owners}, self.reports.values())

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """How every table comes about of others; what is not kept is derived, which takes some milliseconds a model."""
        unknown = dict.fromkeys(self.tables, Flow({}, {}, ()))
        declared = {
            key: Flow({name: tuple(columns) for name, columns in lineage.items()}, {}, ())
            for source in self.sources
            for key, lineage in source.lineage.items()
        }
        reports = [report.model for report in self.reports.values()]
        derived = {model.key: self.model_lineage.flow(model) for model in (*self.models.values(), *reports)}
        self.model_lineage.keep()
        return unknown | declared | derived


def read_contents(sources: Sources, home: Path) -> Contents:
    """Read all models beside the tables that Python code makes; a file that is refused stops no other.

    What was read of models, and the lineage that was derived, is kept in the home.
    """
    python_tables = {table.key: table for source in sources for table in source.tables}
    folders = ModelFolders({"": SQL, **{source.name: source.models_folder for source in sources}})
    seeds = read_seeds(folders, python_tables.values())
    python_tables |= {key: seed.table for key, seed in seeds.sound.items()}
    found = load_models_kept(folders, python_tables.values(), home / "models", seeds.refused)
    read = python_tables | {key: model.table for key, model in found.models.items()}
    lineage = KeptLineage(read, home / "models" / "lineage")
    every = inherit_tags(found.models, python_tables, lineage.of)
    lineage.keep()
    tables = python_tables | {key: model.table for key, model in every.items()}
    models = {key: model for key, model in every.items() if model.asked is None}
    return Contents(sources, folders, seeds.sound, found, models, reports_of(every, tables), tables, lineage)
