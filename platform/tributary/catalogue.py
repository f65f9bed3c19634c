"""The catalogue: what tables there are and what is known of each, for all who show them; without Dagster and sqlglot.

It is a value, made of the sources' records and the files of models, and kept in the home under a digest of both: where
that is another now, it is made anew. What a table holds at the moment is the warehouse's to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tributary.assets.pages import page_files
from tributary.assets.source import SEEDS, SQL, Lineage, SourceColumn, Step
from tributary.assets.sources import Sources, get_sources
from tributary.resources.home import put_whole
from tributary.resources.places import PACKAGE
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.checks import Unique
from tributary.resources.warehouse.table import LAYERS

if TYPE_CHECKING:
    from tributary.contents import Contents

FILE = "catalogue.json"

_CODE = ("assets/factory", "assets/reporting", "resources/warehouse", "catalogue.py", "contents.py", "served.py")
"""What decides how a declaration is read; what a source's own code declares is looked at as it stands."""


class ColumnEntry(msgspec.Struct, frozen=True):
    """A column.

    Attributes:
        sources: the columns that its values come from, none where they are computed.
        steps: the expressions that make its values, of a model; none where it is handed on under its name.
    """

    name: str
    type: str
    description: str
    tags: tuple[str, ...] = ()
    sources: tuple[SourceColumn, ...] = ()
    steps: tuple[Step, ...] = ()


class CheckEntry(msgspec.Struct, frozen=True):
    """A check: its name, what holds when it passes, and its severity."""

    name: str
    holds: str
    severity: str


class ChartEntry(msgspec.Struct, frozen=True):
    """A chart that a model's header asks for: an aggregate `y` for each `x`."""

    title: str
    x: str
    y: str
    kind: str


class TableEntry(msgspec.Struct, frozen=True):
    """A table or view.

    Attributes:
        key: `layer.name`.
        source: the source whose it is.
        keys: sets of columns of which no two rows share the values.
        reads: the tables that it is made of, as `layer.name`; none where Python code makes it.
        conditions: what joins, filters and groups its rows, of a model.
        partitioned: `hour`, `day` or `month`, and the column, of a model that is made by partitions; else empty.
        file: the model's file, or the YAML of a seed; empty where Python code makes it.
        refused: why it is not made for now; empty where it is.
        freshness: how old it may be before that is told; None where nobody expects it to change by itself.
        served: whether pages, dashboard and data API are about it, and so have a copy where the warehouse is elsewhere.
    """

    key: str
    source: str
    kind: str
    description: str
    grain: str
    columns: tuple[ColumnEntry, ...]
    checks: tuple[CheckEntry, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    reads: tuple[str, ...] = ()
    conditions: tuple[Step, ...] = ()
    partitioned: str = ""
    charts: tuple[ChartEntry, ...] = ()
    tags: Mapping[str, str] = {}
    file: str = ""
    refused: str = ""
    freshness: timedelta | None = None
    served: bool = False

    @property
    def layer(self) -> str:
        """The layer, which is the schema."""
        return self.key.partition(".")[0]

    @property
    def lineage(self) -> Lineage:
        """The columns that each column's values come from."""
        return {column.name: column.sources for column in self.columns}


class ReportEntry(msgspec.Struct, frozen=True):
    """A report.

    Attributes:
        grain: what one of its rows is.
        table: `staged.report_<name>`, whose columns are those of its rows and whose request they are of.
        asked: the JSON Schema of what it can be asked; empty where no sound file of it is known.
        seconds: how long it may run.
        rows: how many rows it may give.
        refused: why it cannot be asked, or is what an earlier text of its file says; empty where neither is so.
    """

    name: str
    source: str
    title: str
    description: str
    grain: str
    table: str
    asked: Mapping[str, Any]
    seconds: int = 0
    rows: int = 0
    file: str = ""
    refused: str = ""


class Catalogue(msgspec.Struct, frozen=True, dict=True):
    """All tables, by layer and name, and all reports, by name; `digest` tells of what it was made."""

    digest: str
    tables: tuple[TableEntry, ...]
    reports: tuple[ReportEntry, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, TableEntry]:
        """The tables by `layer.name`."""
        return {table.key: table for table in self.tables}


def get_catalogue() -> Catalogue:
    """The catalogue of the sources that are on, as they and their files are now."""
    return catalogue_of(get_sources(), get_settings().home)


def catalogue_of(sources: Sources, home: Path) -> Catalogue:
    """The catalogue of some sources: the one that is kept in the home where it is of them, or made anew and kept."""
    path = home / FILE
    kept, digest = _kept(path), digest_of(sources)
    if kept is not None and kept.digest == digest:
        return kept
    from tributary.contents import read_contents

    contents = read_contents(sources, home)
    tables = sorted((*_tables(contents), *_unknown(contents)), key=_place)
    reports = sorted(_reports(contents, tables), key=lambda one: one.name)
    made = Catalogue(digest, tuple(tables), tuple(reports))
    with suppress(OSError):  # where it cannot be kept, the next one makes it again
        put_whole(path, msgspec.json.encode(made))
    return made


def _kept(path: Path) -> Catalogue | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Catalogue)
    except (OSError, msgspec.MsgspecError):
        return None  # it is only a help: without it the catalogue is made anew


def digest_of(sources: Sources) -> str:
    """A digest of all that the catalogue is made of."""
    declared = [
        (one.name, one.tables, sorted(one.lineage.items()), one.freshness, one.glance, one.resources) for one in sources
    ]
    digest = hashlib.sha256(f"{version('sqlglot')} {declared!r}".encode())
    for folder in dict.fromkeys((SQL, *(source.models_folder for source in sources))):
        for path in sorted((*folder.rglob("*.sql"), *folder.rglob(f"{SEEDS}/*.*"))):
            digest.update(f"{path}\n".encode() + (path.read_bytes() if path.is_file() else b""))
    for page in (page for source in sources for page in page_files(source)):
        digest.update(f"{page.path}\n".encode() + page.path.read_bytes())
    for name in _CODE:
        for path in sorted((PACKAGE / name).rglob("*.py")) or [PACKAGE / name]:
            status = path.stat()
            digest.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()


def _tables(contents: Contents) -> Iterator[TableEntry]:
    models = {**contents.models, **{one.table.key: one.model for one in contents.reports.values()}}
    for key, table in contents.tables.items():
        model, flow, declared = models.get(key), contents.flows[key], models.get(key) or contents.seeds.get(key)
        window, chart = (model.window, model.chart) if model else (None, None)
        yield TableEntry(
            key=key,
            source=model.source if model else contents.owners[key],
            kind=table.kind,
            description=table.description,
            grain=table.grain,
            columns=tuple(
                ColumnEntry(
                    one.name,
                    one.type,
                    one.description,
                    one.tags,
                    sources=flow.columns.get(one.name, ()),
                    steps=flow.steps.get(one.name, ()),
                )
                for one in table.columns
            ),
            checks=tuple(CheckEntry(one.name, one.description, one.severity) for one in table.checks),
            keys=tuple(one.names for one in table.checks if isinstance(one, Unique) and one.severity == "error"),
            reads=model.reads if model else (),
            conditions=flow.conditions,
            partitioned=f"{window.every} of {window.column}" if window else "",
            charts=(ChartEntry(chart.title, chart.x, chart.y, chart.kind),) if chart else (),
            tags=declared.tags if declared else {},
            file=str(declared.path) if declared else "",
            refused=contents.found.refused.get(key, ""),
            freshness=contents.targets.get(key),
            served=key in contents.served,
        )


def _unknown(contents: Contents) -> Iterator[TableEntry]:
    """The tables of files that are refused and never were sound."""
    for key, path in contents.found.stubs.items():
        if key not in contents.tables:
            source = contents.folders.name_of(path).partition("/")[0]
            yield TableEntry(key, source, "table", "", "", (), file=str(path), refused=contents.found.refused[key])


def _reports(contents: Contents, tables: Iterable[TableEntry]) -> Iterator[ReportEntry]:
    from tributary.assets.factory.model_files import REPORTS
    from tributary.assets.reporting.json_schema import json_schema

    by_table = {report.table.key: report for report in contents.reports.values()}
    for table in tables:
        if table.key in by_table:
            one = by_table[table.key]
            yield ReportEntry(
                name=one.name,
                source=one.source,
                title=one.title,
                description=one.description,
                grain=one.rows.grain,
                table=table.key,
                asked=json_schema(one),
                seconds=one.limits.seconds,
                rows=one.limits.rows,
                file=table.file,
                refused=table.refused,
            )
        elif (path := Path(table.file)).parent.name == REPORTS:
            name = path.stem
            yield ReportEntry(name, table.source, name, "", "", table.key, {}, file=table.file, refused=table.refused)


def _place(table: TableEntry) -> tuple[int, str]:
    return LAYERS.index(table.layer) if table.layer in LAYERS else len(LAYERS), table.key
