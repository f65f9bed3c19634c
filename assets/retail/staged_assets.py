"""The staged assets of the retail domain: each loads one ingested file into its table, unless it did so already."""

import hashlib
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from tributary.assets.factory.lineage import Lineage, Source
from tributary.assets.factory.loading import LAKE, loading_of
from tributary.assets.factory.outcome import Events, events
from tributary.assets.factory.specs import table_spec
from tributary.assets.factory.table_step import table_step
from tributary.assets.retail.files import SourceFile
from tributary.assets.retail.ingest import read_manifest
from tributary.assets.retail.source_files import RetailFileError
from tributary.resources.lake.errors import ObjectDamagedError, ObjectNotFoundError
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import Delimited, Origin, Warehouse, WriteReport
from tributary.resources.warehouse.delimited.contract import SOURCE_LINE, FileContract, SourceFileError
from tributary.resources.warehouse.delimited.records import READING
from tributary.resources.warehouse.table import Table


def staged_asset(source: SourceFile) -> dg.AssetsDefinition:
    """The asset that loads one file; lines that do not fit go to `quarantine.rejected_rows`."""
    table = source.table
    digest = contract_digest(source.contract)
    lineage = file_lineage(source)

    @table_step(
        table,
        table_spec(
            table,
            domain="retail",
            deps=[source.raw_key],
            kinds=("csv",),
            source=Path(__file__).with_name("files.py"),
            code_version=digest,
            metadata={"file": source.file},
        ),
        resources=(LAKE,),
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse, lake, origin, force, replay = loading_of(context, table)

        def write() -> WriteReport:
            return load(warehouse, lake, source, table, origin, anew=force or replay)

        yield from events(context, table, write, lineage=lineage)

    return run


def load(
    warehouse: Warehouse, lake: Lake, source: SourceFile, table: Table, origin: Origin, *, anew: bool = False
) -> WriteReport:
    """Load the file's current version, or look again at what was loaded from it.

    With `anew` it is loaded whatever was loaded from it.

    Raises:
        RetailFileError: the file was never ingested, or the lake does not have it as it was.
        TributaryError: the file or its rows were refused; the old rows stay.
    """
    manifest = read_manifest(lake, source.file)
    if manifest is None:
        raise RetailFileError(f"{source.file} is not in the lake yet; materialise {source.raw_key} first.")
    fingerprint = f"{manifest.sha256}:{contract_digest(source.contract)}"
    published = warehouse.published(table)
    if not anew and published is not None and published.fingerprint == fingerprint:
        return warehouse.review(table, origin=origin)

    def chunks() -> Iterator[bytes]:
        return manifest.open(lake)

    delimited = Delimited(source.contract, source.file, chunks, lines=manifest.lines)
    try:
        try:
            return warehouse.replace(table, delimited, origin=origin, fingerprint=fingerprint)
        except SourceFileError:
            # What it says is true of the file only where the lake has the file as it was.
            deque(chunks(), maxlen=0)
            raise
    except (ObjectDamagedError, ObjectNotFoundError) as error:
        raise RetailFileError(f"{error} Materialise {source.raw_key}, which puts it right from the file.") from error


def contract_digest(contract: FileContract) -> str:
    """Changes whenever what is made of the file changes."""
    return hashlib.sha256(f"{READING} {contract!r}".encode()).hexdigest()[:16]


def file_lineage(source: SourceFile) -> Lineage:
    """Each staged column's columns in the file."""
    names = {column.name: column.source for column in source.contract.columns}
    lineage: dict[str, tuple[Source, ...]] = {name: (Source(source.raw_key, of),) for name, of in names.items()}
    for derived in source.contract.derived:
        used = [name for name in names if re.search(rf"\b{name}\b", derived.expression)]
        lineage[derived.name] = tuple(Source(source.raw_key, names[name]) for name in used)
    if source.contract.key:
        lineage[SOURCE_LINE] = ()
    return lineage
