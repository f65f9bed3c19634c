"""The platform put together: every source's assets and models, bound to the resources of the settings' profile.

The definitions that Dagster loads, and the command line, both start here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.refused import stub_asset
from tributary.assets.factory.seed_assets import seed_asset
from tributary.assets.factory.serving_asset import SERVING, serving_asset, serving_key
from tributary.assets.factory.sql_assets import sql_asset
from tributary.assets.parts import Due, KeyRange, Parts
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.extract_asset import extract_asset
from tributary.assets.reporting.requests import OpenRequests
from tributary.assets.reporting.staged_asset import staged_asset
from tributary.assets.source import SQL, Source
from tributary.assets.sources import SourceError, Sources, as_source_error, get_sources, load_object
from tributary.automation.target_freshness import with_freshness
from tributary.contents import Contents, read_contents
from tributary.resources.addresses import table_page
from tributary.resources.lake import open_lake
from tributary.resources.lake.bundles import BundledLake
from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import Settings, get_settings
from tributary.resources.stream.naming import EVENTS
from tributary.resources.warehouse.opening import open_serving, open_warehouse
from tributary.resources.warehouse.table import Table


@dataclass(frozen=True)
class Platform:
    """Everything that exists, by what it is.

    `refused` says of each model that is not made why not: its file is wrong, or that of one that it reads, or its
    source does not work; `errors` are all that is wrong with the files. `broken` says of each source that cannot be
    loaded, or not whole, why not.
    """

    sources: Sources
    parts: Mapping[str, Parts]
    models: Mapping[str, SqlModel]
    reports: Mapping[str, Report]
    tables: Mapping[str, Table]
    assets: tuple[dg.AssetsDefinition, ...]
    refused: Mapping[str, str]
    errors: tuple[ModelError, ...]
    broken: Mapping[str, str]

    @property
    def dues(self) -> Mapping[str, Due]:
        """By source, what tells which partitions are due, of those with partitioned assets."""
        return {name: _guarded(name, parts.due) for name, parts in self.parts.items() if parts.due is not None}

    def resources(self, settings: Settings) -> dict[str, object]:
        """The resources of the settings' profile and of the sources, opened on first use."""
        location, region, endpoint = settings.lake_location, settings.aws_region, settings.aws_endpoint_url
        own = [parts.resources(settings) for parts in self.parts.values()]
        return {
            **{name: resource for resources in own for name, resource in resources.items()},
            "warehouse": open_warehouse(settings),
            SERVING: open_serving(settings),
            "lake": BundledLake(open_lake(location, region=region, endpoint_url=endpoint), EVENTS),
            "requests": OpenRequests(lambda: shared_databases(settings).url("app")),
        }

    @property
    def problems(self) -> Iterator[str]:
        """All that is wrong, in sentences."""
        yield from self.broken.values()
        yield from map(str, self.errors)


def load_platform(sources: Sources | None = None, of: Collection[str] | None = None) -> Platform:
    """Read all models, and put them together with the Python assets of the sources that are on.

    A file that is refused stops no other, and neither does a source that cannot be loaded. Where `of` names some of the
    sources, the Python of the others is not loaded, and there are assets of these alone.
    """
    sources = sources or get_sources()

    def is_meant(source: str) -> bool:
        return of is None or source in of

    parts, broken = _parts(sources, is_meant)
    contents = read_contents(sources, get_settings().home)
    found, models, tables, lineage = contents.found, contents.models, contents.tables, contents.model_lineage
    off = {key: broken[model.source] for key, model in models.items() if model.source in broken}
    refused = {**off, **found.refused}
    assets = [asset for one in parts.values() for asset in one.assets]
    assets += [sql_asset(one, lineage, refused.get(key, "")) for key, one in models.items() if is_meant(one.source)]
    assets += [seed_asset(one, broken.get(one.source, "")) for one in contents.seeds.values() if is_meant(one.source)]
    for report in contents.reports.values():
        if not is_meant(report.source):
            continue
        why = found.refused.get(report.table.key, "") or broken.get(report.source, "")
        assets += [extract_asset(report, why), staged_asset(report, lineage, why)]
    stubs = {
        key: (contents.folders.name_of(path).partition("/")[0], path, found.refused[key])
        for key, path in found.stubs.items()
        if key not in tables
    }
    stubs |= {f"raw.{name}": (name, SQL, reason) for name, reason in broken.items()}
    assets += [stub_asset(source, key, path, why) for key, (source, path, why) in stubs.items() if is_meant(source)]
    if get_settings().warehouse != "postgres":
        assets += _copies(contents, assets)
    policed = with_freshness(contents.targets, may_sleep=get_settings().profile == "local")
    linked = _linked(tables)
    # In one go, as it makes each asset anew.
    assets = [one.map_asset_specs(lambda spec: policed(linked(spec))) for one in assets]
    return Platform(sources, parts, models, contents.reports, tables, tuple(assets), refused, found.errors, broken)


def _copies(contents: Contents, assets: Iterable[dg.AssetsDefinition]) -> Iterator[dg.AssetsDefinition]:
    """What copies the tables that pages are about, of those that are made, unless their source does so by itself."""
    made = {".".join(key.path) for one in assets for key in one.keys}
    for key in sorted(contents.served & made):
        table = contents.tables[key]
        if serving_key(table) not in made:
            yield serving_asset(table, source=contents.owners[key])


def _linked(tables: Mapping[str, Table]) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Leads from a table's asset to its page of the catalogue, at whichever address Dagster's own page has."""

    def linked(spec: dg.AssetSpec) -> dg.AssetSpec:
        if (key := ".".join(spec.key.path)) not in tables:
            return spec
        link = f"[In the catalogue]({table_page(key)}): rows, checks, and the lineage of each column."
        return spec.replace_attributes(description=f"{spec.description or ''}\n\n{link}".strip())

    return linked


def _parts(sources: Sources, is_meant: Callable[[str], bool]) -> tuple[dict[str, Parts], dict[str, str]]:
    """The Dagster side of each source that is meant, and of each that has none that can be loaded the reason."""
    parts: dict[str, Parts] = {}
    broken = dict(sources.broken)
    made: dict[str, str] = {}
    for source in filter(lambda one: is_meant(one.name), sources.working):
        try:
            found = load_object(Parts, source.parts, f"The source {source.name}") if source.parts else Parts()
            with as_source_error(f"The source {source.name} cannot be loaded", source.parts.partition(":")[0]):
                _refuse_what_is_there(source, found, made)
                _refuse_without_resources(found)
        except SourceError as error:
            broken[source.name] = str(error)
        else:
            parts[source.name] = found
    return parts, broken


def _refuse_what_is_there(source: Source, parts: Parts, made: dict[str, str]) -> None:
    """Refuse what another source makes too: Dagster would refuse all definitions for it."""
    names = [".".join(key.path) for asset in parts.assets for key in asset.keys]
    names += [one.name for one in (*parts.sensors, *parts.schedules, *parts.jobs)]
    for name in names:
        if name in made:
            raise SourceError(f"it makes {name}, which {made[name]} makes")
    made |= dict.fromkeys(names, source.name)


def _refuse_without_resources(parts: Parts) -> None:
    """Refuse a source whose resources cannot be had: Dagster would refuse all definitions for those that lack."""
    there = {"warehouse", SERVING, "lake", "io_manager", *parts.resources(get_settings())}
    asking: list[Any] = [*parts.assets, *parts.sensors, *parts.schedules]
    for one in asking:
        if lacking := one.required_resource_keys - there:
            raise SourceError(f"there is no resource {', '.join(sorted(lacking))}")


def _guarded(source: str, due: Due) -> Due:
    """What a source says is due; where it fails, that is one sentence, as of all that a source has wrong."""

    def asked(resources: Mapping[str, object], everything: bool) -> list[KeyRange]:
        with as_source_error(f"The source {source} cannot tell which partitions are due", due.__module__):
            return [KeyRange(*one) for one in due(resources, everything)]

    return asked
