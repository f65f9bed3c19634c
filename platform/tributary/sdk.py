"""All that a package with sources of its own imports of Tributary; what is not here may change without a word.

    from tributary.sdk import Source, Table, Column

Each is imported when it is first asked for, so that the module of a `Source` loads without what only others need.

- **The record**: `Source`, and what it consists of: `SourceSettings` with `ProjectPath`, `Table`, `Column`, checks
  (`Unique`, `NotNull`, `AcceptedValues`, `Expression`, `References`), `Deduplication`, `Lineage` of `SourceColumn`;
  `Resource` for paths of the data API, `Glance` for what the front page shows of it.
- **Tables made from source objects**: `ObjectTable`, over `DailyObjects` or `Objects` of `SourceObject` and `Span`,
  read by JSON fields (`Field`), by a reader of one's own (`read_lines`, `Content`, `DoesNotFit`, `NotWhole`), or by a
  `FileContract` of `FileColumn` and `Rule`; its `asset()` makes the table. For files that people drop, `DroppedFiles`
  with `open_drop`, `dropped_asset` and `dropped_sensor`, of which each is read as a `DelimitedObject`. For objects that
  others put into the lake by day or hour, `ArrivingObjects` with `arriving_asset`; the collector's events are such,
  below `EVENTS`, of which `read_events` takes those of `events_named`. For a form, an `EntryLog` with `entries_asset`
  and `entries_sensor`.
- **The Dagster side**: `Parts`; for a source that is pulled day by day `daily_asset`, `due_days` and `days_of_objects`;
  `due_sensor` asks for what is due;
  for assets of one's own `object_spec` and `object_step`, `asset_key` and `failure`, with the resources `LAKE` and
  `WAREHOUSE`; `table_asset` with `Made` for tables that Python makes of `Batches`; `KeyRange` for what is due; for
  sensors `remembered`, `being_made`, `assets_of`, `with_downstream`, `patience`, `Partitions`.
- **Beside Dagster**: `Services`, `Process`, `Mount`, `SampleWanted`, `Sampled`; `principal_of`, who asks a web app,
  with `Role`s and scopes; `page_templates` in the look of all pages, and `PAGE_HEADERS`, for its pages.
- **Pages of the dashboard**: `pages`, for rows and documents of the data API and for `pages.show`; `linked`, for what
  linked pictures declare.
- **Settings and errors**: `get_settings`, `own_settings`, `Settings`; `TributaryError`, which is told in one sentence.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tributary.assets import pages
    from tributary.assets.automation.asking import assets_of, being_made, with_downstream
    from tributary.assets.automation.cursors import remembered
    from tributary.assets.automation.dropped_sensor import dropped_sensor
    from tributary.assets.automation.due_sensor import due_sensor
    from tributary.assets.automation.entries_sensor import entries_sensor
    from tributary.assets.automation.partitions import Partitions
    from tributary.assets.automation.patience import patience
    from tributary.assets.factory.arriving_asset import arriving_asset
    from tributary.assets.factory.arriving_objects import ArrivingObjects
    from tributary.assets.factory.dagster_events import asset_key, failure
    from tributary.assets.factory.daily_asset import daily_asset, days_of_objects, due_days
    from tributary.assets.factory.delimited_objects import DelimitedObject
    from tributary.assets.factory.dropped_assets import dropped_asset
    from tributary.assets.factory.dropped_files import DroppedFiles, open_drop
    from tributary.assets.factory.entries_asset import entries_asset
    from tributary.assets.factory.entry_log import EntryLog
    from tributary.assets.factory.event_tables import events_named, read_events
    from tributary.assets.factory.fields import Field
    from tributary.assets.factory.loading import LAKE, WAREHOUSE
    from tributary.assets.factory.object_step import object_step
    from tributary.assets.factory.object_tables import ObjectTable
    from tributary.assets.factory.objects import DailyObjects, Objects, SourceObject, Span
    from tributary.assets.factory.reading import Content, DoesNotFit, NotWhole, read_lines
    from tributary.assets.factory.specs import object_spec
    from tributary.assets.factory.table_assets import Made, table_asset
    from tributary.assets.parts import KeyRange, Parts
    from tributary.assets.services import Mount, Process, Sampled, SampleWanted, Services, Told
    from tributary.assets.source import Glance, Lineage, Resource, Source, SourceColumn
    from tributary.resources.app_database import AppDatabase
    from tributary.resources.errors import TributaryError
    from tributary.resources.lake.model import Lake
    from tributary.resources.lake.versions import Unneeded
    from tributary.resources.linked import declaration as linked
    from tributary.resources.look.files import environment as page_templates
    from tributary.resources.look.headers import HEADERS as PAGE_HEADERS
    from tributary.resources.postgres.databases import Databases
    from tributary.resources.principal import Role, principal_of
    from tributary.resources.settings import ProjectPath, Settings, SourceSettings, get_settings, own_settings
    from tributary.resources.stream.naming import EVENTS
    from tributary.resources.warehouse.base import Batches, Origin
    from tributary.resources.warehouse.checks import AcceptedValues, Expression, NotNull, References, Unique
    from tributary.resources.warehouse.delimited.contract import FileColumn, FileContract, Rule
    from tributary.resources.warehouse.table import Column, Deduplication, Table
    from tributary.resources.warehouse.warehouse import Warehouse

_PLACES = {
    "assets.automation.asking": ("assets_of", "being_made", "with_downstream"),
    "assets.automation.cursors": ("remembered",),
    "assets.automation.dropped_sensor": ("dropped_sensor",),
    "assets.automation.due_sensor": ("due_sensor",),
    "assets.automation.entries_sensor": ("entries_sensor",),
    "assets.automation.partitions": ("Partitions",),
    "assets.automation.patience": ("patience",),
    "assets.factory.arriving_asset": ("arriving_asset",),
    "assets.factory.arriving_objects": ("ArrivingObjects",),
    "assets.factory.dagster_events": ("asset_key", "failure"),
    "assets.factory.daily_asset": ("daily_asset", "days_of_objects", "due_days"),
    "assets.factory.delimited_objects": ("DelimitedObject",),
    "assets.factory.dropped_assets": ("dropped_asset",),
    "assets.factory.dropped_files": ("DroppedFiles", "open_drop"),
    "assets.factory.entries_asset": ("entries_asset",),
    "assets.factory.entry_log": ("EntryLog",),
    "assets.factory.event_tables": ("events_named", "read_events"),
    "assets.factory.fields": ("Field",),
    "assets.factory.loading": ("LAKE", "WAREHOUSE"),
    "assets.factory.object_step": ("object_step",),
    "assets.factory.object_tables": ("ObjectTable",),
    "assets.factory.objects": ("DailyObjects", "Objects", "SourceObject", "Span"),
    "assets.factory.reading": ("Content", "DoesNotFit", "NotWhole", "read_lines"),
    "assets.factory.specs": ("object_spec",),
    "assets.factory.table_assets": ("Made", "table_asset"),
    "assets.parts": ("KeyRange", "Parts"),
    "assets.services": ("Mount", "Process", "SampleWanted", "Sampled", "Services", "Told"),
    "assets.source": ("Glance", "Lineage", "Resource", "Source", "SourceColumn"),
    "resources.app_database": ("AppDatabase",),
    "resources.errors": ("TributaryError",),
    "resources.lake.model": ("Lake",),
    "resources.lake.versions": ("Unneeded",),
    "resources.postgres.databases": ("Databases",),
    "resources.principal": ("Role", "principal_of"),
    "resources.settings": ("ProjectPath", "Settings", "SourceSettings", "get_settings", "own_settings"),
    "resources.stream.naming": ("EVENTS",),
    "resources.warehouse.base": ("Batches", "Origin"),
    "resources.warehouse.checks": ("AcceptedValues", "Expression", "NotNull", "References", "Unique"),
    "resources.warehouse.delimited.contract": ("FileColumn", "FileContract", "Rule"),
    "resources.warehouse.table": ("Column", "Deduplication", "Table"),
    "resources.warehouse.warehouse": ("Warehouse",),
}
_MODULES = {name: (module, name) for module, names in _PLACES.items() for name in names} | {
    "PAGE_HEADERS": ("resources.look.headers", "HEADERS"),
    "linked": ("resources.linked.declaration", ""),
    "page_templates": ("resources.look.files", "environment"),
    "pages": ("assets.pages", ""),
}

__all__ = [
    "EVENTS",
    "LAKE",
    "PAGE_HEADERS",
    "WAREHOUSE",
    "AcceptedValues",
    "AppDatabase",
    "ArrivingObjects",
    "Batches",
    "Column",
    "Content",
    "DailyObjects",
    "Databases",
    "Deduplication",
    "DelimitedObject",
    "DoesNotFit",
    "DroppedFiles",
    "EntryLog",
    "Expression",
    "Field",
    "FileColumn",
    "FileContract",
    "Glance",
    "KeyRange",
    "Lake",
    "Lineage",
    "Made",
    "Mount",
    "NotNull",
    "NotWhole",
    "ObjectTable",
    "Objects",
    "Origin",
    "Partitions",
    "Parts",
    "Process",
    "ProjectPath",
    "References",
    "Resource",
    "Role",
    "Rule",
    "SampleWanted",
    "Sampled",
    "Services",
    "Settings",
    "Source",
    "SourceColumn",
    "SourceObject",
    "SourceSettings",
    "Span",
    "Table",
    "Told",
    "TributaryError",
    "Unique",
    "Unneeded",
    "Warehouse",
    "arriving_asset",
    "asset_key",
    "assets_of",
    "being_made",
    "daily_asset",
    "days_of_objects",
    "dropped_asset",
    "dropped_sensor",
    "due_days",
    "due_sensor",
    "entries_asset",
    "entries_sensor",
    "events_named",
    "failure",
    "get_settings",
    "linked",
    "object_spec",
    "object_step",
    "open_drop",
    "own_settings",
    "page_templates",
    "pages",
    "patience",
    "principal_of",
    "read_events",
    "read_lines",
    "remembered",
    "table_asset",
    "with_downstream",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"tributary.sdk has no {name}; its documentation lists what it has.")
    place, own = _MODULES[name]
    module = importlib.import_module(f"tributary.{place}")
    found = globals()[name] = getattr(module, own) if own else module
    return found
