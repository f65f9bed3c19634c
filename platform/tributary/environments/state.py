"""An environment beside its production: the graph, what production has on record, and what the environment holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import dagster as dg

from tributary.asset_graph import AssetGraph, graph_of
from tributary.assets.factory import made as records
from tributary.environments.differing import version_of
from tributary.freshness import records_of
from tributary.instance.executor import run_executor
from tributary.instance.opening import open_instance
from tributary.platform import Platform, load_platform
from tributary.resources.lake import open_lake
from tributary.resources.lake.unwritten import Unwritten
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.environments.engine import EnvironmentEngine
from tributary.resources.warehouse.environments.holding import Made, held, read_made
from tributary.resources.warehouse.environments.session import versions
from tributary.resources.warehouse.opening import open_environment
from tributary.resources.warehouse.postgres import notes
from tributary.resources.warehouse.postgres.session import Session, open_session
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse

_LAYERS = ("staged", "core", "gold")
"""The layers whose tables an environment can hold."""


@dataclass(frozen=True)
class State:
    """An environment, the graph by the code as it is now, and production.

    Attributes:
        tables: those that an environment can hold, by `schema.table`.
        production: what its Dagster has on record, by `layer.name`.
        partitions: gives the partitions of an asset that production has made.
    """

    settings: Settings
    databases: Databases = field(repr=False)
    platform: Platform
    engine: EnvironmentEngine
    defs: dg.Definitions
    graph: AssetGraph
    tables: Mapping[str, Table]
    production: Mapping[str, records.Made]
    partitions: Callable[[str], Collection[str]]

    @property
    def job(self) -> dg.JobDefinition:
        """The job of all assets."""
        return self.defs.resolve_implicit_global_asset_job_def()

    @contextmanager
    def session(self, *, read_only: bool = False) -> Iterator[Session]:
        """A session of the warehouse's owner."""
        origin = Origin(asset=f"environment {self.engine.environment.name}")
        with open_session(self.databases.url("warehouse"), origin, read_only=read_only) as session:
            yield session

    def made(self) -> dict[str, Made]:
        """What the environment holds, by `schema.table`."""
        with self.session() as session:
            return read_made(session, self.engine.environment)

    def inputs(self, keys: Collection[str]) -> dict[str, dict[str, str]]:
        """By table, what each of its inputs is now, as it would read it: a version, empty where there is none."""
        reads = {one for key in keys for one in self.graph.by_key[key].reads}
        with self.session() as session:
            tables = held(session, self.engine.environment)
            ask = partial(notes.versions, session)
            found = versions(ask, self.engine.environment, reads & self.tables.keys(), tables, self.engine.views)
        now = {one: found.get(one) or "" for one in reads} | self.outside(reads)
        return {key: {one: now[one] for one in self.graph.by_key[key].reads} for key in keys}

    def outside(self, names: Collection[str]) -> dict[str, str]:
        """The versions of those that are no tables an environment can hold, as production has them on record."""
        known = self.graph.by_key
        return {
            one: version_of(self.production.get(one), partitioned=one in known and known[one].partitioned)
            for one in names
            if one not in self.tables
        }


@contextmanager
def open_state(settings: Settings, databases: Databases, platform: Platform | None = None) -> Iterator[State]:
    """The settings' environment; production's records are read, and nothing of them is changed."""
    platform, engine = platform or load_platform(), open_environment(settings)
    asked = {report.table.key for report in platform.reports.values()}
    tables = {key: one for key, one in platform.tables.items() if one.schema in _LAYERS and key not in asked}
    engine.views = {key: model.reads for key, model in platform.models.items() if model.table.kind == "view"}
    lake = open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    own = {"warehouse": Warehouse(engine), "lake": Unwritten(lake)}
    defs = definitions_of(platform, {**platform.resources(settings), **own})
    graph = graph_of(defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph)
    engine.reads = {one.key: [name for name in one.reads if name in tables] for one in graph.assets}
    with open_instance(settings, databases, mended=False) as instance:

        def partitions(key: str) -> Collection[str]:
            return instance.get_materialized_partitions(dg.AssetKey(key.split(".")))

        yield State(
            settings,
            databases,
            platform,
            engine,
            defs,
            graph,
            tables,
            records_of(graph, instance)[0],
            partitions,
        )


def definitions_of(platform: Platform, resources: Mapping[str, object]) -> dg.Definitions:
    """The assets alone, on these resources."""
    return dg.Definitions(assets=platform.assets, resources=resources, executor=run_executor)
