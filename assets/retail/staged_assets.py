"""How the staged tables of the source `retail` are made: each of the version of its file that the lake holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.objects import Objects, SourceObject, Span
from tributary.assets.retail.files import ALL_FILES, SourceFile
from tributary.assets.retail.ingest import read_manifest
from tributary.assets.retail.source_files import RetailFileError
from tributary.resources.lake.model import Lake


def staged(file: SourceFile) -> ObjectTable:
    """The table of one file; lines that do not fit go to `quarantine.rejected_rows`."""

    def current(lake: Lake, _: Span | None) -> Iterator[SourceObject]:
        found = read_manifest(lake, file.file)
        if found is None:
            raise RetailFileError(f"{file.file} is not in the lake yet; materialise {file.raw_key} first.")
        # The header is no record.
        yield SourceObject(file.file, found.key, found.sha256, found.size, found.sha256, found.lines - 1)

    return ObjectTable(
        table=file.table,
        source="retail",
        upstream=file.raw_key,
        objects=Objects(current),
        read=file.contract,
        defined_in=str(Path(__file__).with_name("files.py")),
        kinds=("csv",),
        whole=True,
        mend=f"Materialise {file.raw_key}, which puts it right from the file.",
        metadata={"file": file.file},
    )


STAGED = tuple(staged(file) for file in ALL_FILES)
