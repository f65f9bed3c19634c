"""The files of SQL models: which there are, what their paths say, and their text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.lint.errors import SqlSyntaxError
from tributary.assets.factory.parameters.parameter import table_key
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.table import LAYERS, identifier

_TEMPLATE = re.compile(r"\{\{(.*?)\}\}|\{%.*?%\}|\{#.*?#\}|\$\{.*?\}|\{%", re.DOTALL)
_NO_CODE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_CALL = re.compile(r"\s*(ref|source)\s*\((.*)\)\s*", re.DOTALL)
_LAYERS = LAYERS[1:]
REPORTS = "reports"
"""The folder of a source's reports, beside those of its layers."""


@dataclass(frozen=True)
class ModelFolders:
    """Where models are: by source, the folder that holds its layers, in the order in which they are read.

    The first may have the empty name: it holds others, and what lies in it itself is a model of nobody.
    """

    by_source: Mapping[str, Path]

    @staticmethod
    def under(root: Path) -> ModelFolders:
        """A folder a source, all of them in `root`."""
        return ModelFolders({"": root, **{one.name: one for one in sorted(root.iterdir()) if one.is_dir()}})

    def name_of(self, path: Path) -> str:
        """What a file is called whatever machine it is on, `<source>/<layer>/<table>.sql`."""
        known = reversed(list(self.by_source.items()))
        source, folder = next((name, folder) for name, folder in known if path.is_relative_to(folder))
        return (PurePosixPath(source) / path.relative_to(folder).as_posix()).as_posix()

    def path_of(self, name: str) -> Path:
        """Where the file of a name is, or was."""
        source, _, rest = name.partition("/")
        return self.by_source[source] / rest if source in self.by_source else self.by_source[""] / name


def model_files(folders: ModelFolders) -> dict[Path, str | ModelError]:
    """The text of each model file, or why it cannot be read, in the order of their paths.

    What editors put beside a file while it is open (`.#x.sql`, `#x.sql#`, `._x.sql`) is none.
    """
    found: dict[Path, str | ModelError] = {}
    for source, folder in folders.by_source.items():
        for path in sorted(folder.rglob("*.sql") if source else folder.glob("*.sql")):
            if path.name.startswith((".", "#", "~")):
                continue
            try:
                found[path] = read_text(path)
            except ModelError as error:
                found[path] = error
    return found


def read_text(path: Path) -> str:
    """The text of a file, with plain line ends and without a byte order mark.

    Raises:
        ModelError: it cannot be read, or is no UTF-8 text.
    """
    try:
        data = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise ModelError(path, 1, f"the file cannot be read: {error.strerror or error}.") from None
    if data is None:
        raise ModelError(path, 1, "this is no file, or a link to none; remove or rename it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ModelError(path, line, "the file is not UTF-8 text; save it in UTF-8.") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ModelError(path, line, "the file holds a NUL character, which no SQL has; remove it.")
    if not text.strip():
        raise ModelError(path, 1, "the file is empty; write the YAML header and the SELECT, or remove it.")
    return text.replace("\r\n", "\n")


def place_of(path: Path, folders: ModelFolders) -> tuple[str, str, str]:
    """Source, layer (or `REPORTS`) and name, by the file's path.

    Raises:
        ModelError: no model stands there, or the file or its folder has a name that no table or source can have.
    """
    parts = PurePosixPath(folders.name_of(path)).with_suffix("").parts
    if len(parts) != 3 or parts[1] not in (*_LAYERS, REPORTS):
        raise ModelError(
            path, 1, "a model stands at <staged, core, gold or reports>/<name>.sql in the folder of its source."
        )
    for name in (parts[0], parts[2]):
        try:
            identifier(name)
        except ContractError as error:
            raise ModelError(path, 1, f"the path gives a name that cannot be: {error}") from None
    return parts[0], parts[1], parts[2]


def key_of(path: Path, folders: ModelFolders) -> str | None:
    """The table, as `schema.table`, that a file at this path makes; None where no model stands there."""
    try:
        _, layer, name = place_of(path, folders)
    except ModelError:
        return None
    return table_key(name) if layer == REPORTS else f"{layer}.{name}"


def template_in(sql: str) -> SqlSyntaxError | None:
    """A refusal that says what to write instead of a template such as dbt's; None where the text holds none."""
    found = _TEMPLATE.search(_NO_CODE.sub(lambda aside: "_" * len(aside[0]), sql))
    if found is None:
        return None
    text = sql[found.start() : found.end()]
    call = _CALL.fullmatch(text[2:-2])
    problem = f"{text!r} is a template, and a model is plain SQL; write what it would become."
    if call is not None:
        name = call[2].strip().split(",")[-1].strip().strip("'\"") or "table"
        problem = f"{text!r} is dbt's: write the table's own name with its schema, as in {_LAYERS[1]}.{name}."
    return SqlSyntaxError(sql.count("\n", 0, found.start()) + 1, problem)
