"""Seeds: small tables that are kept beside the models as CSV, `<source>/seeds/<name>.csv`, and need no Python.

What a seed's columns are stands in `<name>.yaml` beside it, in the words of a model's header, so that the CSV is one to
every other tool as well. Lines that do not fit go to the quarantine, as those of any delimited file. Loads without
Dagster.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tributary.assets.factory.declared import declared_table
from tributary.assets.factory.declared_yaml import DeclaredYaml
from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.header import ColumnEntry, Header
from tributary.assets.factory.model_files import ModelFolders, read_text
from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.objects import Objects, SourceObject
from tributary.assets.source import SEEDS
from tributary.resources.warehouse.delimited.contract import DELIMITERS, FileColumn, FileContract, SourceFileError
from tributary.resources.warehouse.delimited.scan import Scanner
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.table import Table, identifier

LARGEST = 16 << 20
"""Bytes of a seed, at most: it is read at every start."""


class SeedColumn(ColumnEntry):
    """A column of a seed; a line without a value that is `required` is rejected."""

    required: bool = False


class SeedHeader(Header):
    """What the YAML beside a seed says: of a model's header what a file can have, and the layer of the table."""

    columns: dict[str, SeedColumn] = Field(min_length=1)  # type: ignore[assignment]  # a mapping that is only read
    layer: Literal["staged", "core", "gold"] = "staged"
    delimiter: Literal[",", ";", "\t", "|"] = ","


_NOT_OF_FILES = ("kind", "window", "deduplicate", "incremental", "refresh", "chart")
assert set(DELIMITERS) == {",", ";", "\t", "|"}  # noqa: S101 - both say the same


@dataclass(frozen=True)
class Seed:
    """A seed: its YAML file, the source whose it is, how it becomes a table, and what tells its rows from others."""

    path: Path
    source: str
    made: ObjectTable
    tags: Mapping[str, str]
    digest: str

    @property
    def table(self) -> Table:
        """The table that it becomes."""
        return self.made.table

    @property
    def file(self) -> Path:
        """The CSV."""
        return self.path.with_suffix(".csv")

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the lines that fit, as the CSV is now."""
        from tributary.assets.factory.delimited_objects import DelimitedObject

        assert isinstance(self.made.read, FileContract)  # noqa: S101 - a seed is a delimited file
        read = DelimitedObject(self.made.read, self.file.name, self.file.read_bytes())
        found: list[dict[str, Any]] = read.table.select(self.table.column_names).to_pylist()
        return found


@dataclass(frozen=True)
class Seeds:
    """The seeds by `schema.table`; and of each other file, by the table that it would make, what is wrong with it."""

    sound: Mapping[str, Seed]
    refused: Mapping[str, ModelError]


def read_seeds(folders: ModelFolders, tables: Iterable[Table]) -> Seeds:
    """Read the seeds of all sources; one that is wrong stops no other. `tables` are those that Python code makes."""
    made = {table.key: "Python code" for table in tables}
    sound: dict[str, Seed] = {}
    refused: dict[str, ModelError] = {}
    for source, path in _files(folders):
        key = f"staged.{path.stem}"
        try:
            seed = _read(path, source)
            key = seed.table.key
            if key in made:
                raise ModelError(path, 1, f"{key} is made by {made[key]} already; rename this file and its CSV.")
        except ModelError as error:
            refused[key] = error
        else:
            made[key] = f"the seed {folders.name_of(path)}"
            sound[key] = seed
    return Seeds(sound, refused)


def _files(folders: ModelFolders) -> Iterator[tuple[str, Path]]:
    """The YAML file of each seed, there or not, with its source."""
    for source, folder in folders.by_source.items():
        if source:
            found = {
                path.with_suffix(".yaml")
                for path in (folder / SEEDS).glob("[a-z_]*.*")
                if path.suffix in (".csv", ".yaml")
            }
            yield from ((source, path) for path in sorted(found))


def _read(path: Path, source: str) -> Seed:
    csv = path.with_suffix(".csv")
    if not csv.is_file():
        raise ModelError(path, 1, f"it says what {csv.name} holds, which is not there; write that, or remove this.")
    if not path.is_file():
        raise ModelError(csv, 1, f"no {path.name} stands beside it to say what its columns are; write one.")
    try:
        identifier(path.stem)
    except ContractError as error:
        raise ModelError(path, 1, f"the path gives a name that cannot be: {error}") from None
    header = DeclaredYaml(path, read_text(path), SeedHeader)
    for key in _NOT_OF_FILES:
        if getattr(header.value, key) != SeedHeader.model_fields[key].default:
            raise ModelError(path, header.line(key), f"{key} is for models, not for seeds; remove it.")
    for place, check in enumerate(header.value.checks):
        if check.references is not None:
            problem = "a seed is read before all other tables; check references in the model that reads it."
            raise ModelError(path, header.line("checks", place), problem)
    data = csv.read_bytes()
    if len(data) > LARGEST:
        raise ModelError(csv, 1, f"a seed has at most {LARGEST >> 20} MB; have larger files dropped into the lake.")
    declared = declared_table(header, header.value.layer, path.stem)
    contract = FileContract(
        columns=tuple(
            FileColumn(name, name, one.type, one.description, required=one.required)
            for name, one in header.value.columns.items()
        ),
        delimiter=header.value.delimiter,
    )
    try:
        Scanner(contract, csv.name, [data], may_be_empty=True)
    except SourceFileError as error:
        raise ModelError(csv, 1, f"{error}") from None
    sha256 = hashlib.sha256(data).hexdigest()
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    listed = SourceObject(csv.name, csv.name, sha256, len(data), sha256, lines - 1)
    made = ObjectTable(
        table=replace(declared, file=contract),
        source=source,
        upstream=declared.key,
        objects=Objects(lambda _lake, _span: [listed]),
        read=contract,
        defined_in=str(path),
        kinds=("csv", "seed"),
        whole=True,
        mend="The file changed since it was read: reload the definitions, and run it again.",
    )
    told = f"{made.table.definition}\n{made.code_version}\n{sha256}"
    return Seed(path, source, made, header.value.tags, hashlib.sha256(told.encode()).hexdigest()[:16])
