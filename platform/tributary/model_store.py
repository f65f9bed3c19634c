"""Reads the SQL models so that one bad file stops nobody, and so that a run keeps the models that it was launched with.

What was read is kept in the home: of each model the last text that was sound. A file that is refused is stood in for by
it, and the processes of runs, which read all definitions again, are given the very texts that their code server has
read, however the files were edited since.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.model import SqlModel, digest_of
from tributary.assets.factory.model_files import ModelFolders, key_of, model_files
from tributary.resources.home import put_whole
from tributary.resources.places import PACKAGE
from tributary.resources.warehouse.table import Table

HANDED_DOWN = "MODELS_OF_TRIBUTARY"
"""The variable by which a code server names what it read to the processes of the runs that it starts.

It holds the server's process id too: only a child of that process heeds it, so that a reload reads the files.
"""

_KEPT = 20
_MOST_TEXTS = 5_000
_TEXTS = "texts"
_RULES = (PACKAGE / "assets" / "factory", PACKAGE / "resources" / "warehouse")
_LATEST = "latest"
_READ = "read.pickle"
_OTHERS_MAY_WRITE = 0o022


@dataclass(frozen=True)
class Models:
    """What models there are.

    Attributes:
        models: by `schema.table`; of a refused file the last that was sound, where there was one.
        refused: by `schema.table`, why a model is not made: its own file is refused, or that of one that it reads.
        stubs: the refused files of which no sound model is known, by `schema.table`.
        errors: everything that is wrong.
    """

    models: Mapping[str, SqlModel]
    refused: Mapping[str, str]
    stubs: Mapping[str, Path]
    errors: tuple[ModelError, ...]


@dataclass(frozen=True)
class _Kept:
    """Sound texts by the names of their files, and what was wrong with the files, as name, line and problem.

    `rules` is a digest of all by which the texts were found sound.
    """

    texts: Mapping[str, str]
    errors: tuple[tuple[str, int, str], ...] = ()
    rules: str = ""

    def dumps(self) -> str:
        return json.dumps({"texts": dict(self.texts), "errors": self.errors, "rules": self.rules}, sort_keys=True)

    @staticmethod
    def loads(text: str) -> _Kept:
        held = json.loads(text)
        errors = tuple((path, line, problem) for path, line, problem in held["errors"])
        return _Kept(held["texts"], errors, held["rules"])


def load_models_kept(
    folders: ModelFolders,
    tables: Iterable[Table],
    folder: Path,
    unread: Mapping[str, ModelError] | None = None,
) -> Models:
    """Read the models; `folder` is where what was read is kept.

    `unread` are tables, by `schema.table`, of which nobody knows the columns, as what declares them is wrong.
    """
    known, unread = tuple(tables), unread or {}
    kept = _handed_down(folder)
    if kept is not None:
        return _told(folders, kept, _models_of(folders, kept, known, unread, folder), known, unread)
    # A home from before texts were kept has those of its latest state alone, whose code versions were of all the text.
    former = {} if (folder / _TEXTS).is_dir() else {digest_of(text): text for text in _latest(folder).texts.values()}
    kept, models = _read(folders, known, folder, unread)
    os.environ[HANDED_DOWN] = f"{os.getpid()}:{_keep(folder, kept)}"
    now = {model.digest: kept.texts[folders.name_of(model.path)] for model in models.values()}
    _keep_texts(folder / _TEXTS, former | now)
    return _told(folders, kept, models, known, unread)


def text_of(folder: Path, digest: str) -> str | None:
    """The text of a model's file by the code version of what was made of it; None where unknown.

    `folder` is where what was read is kept: each text that was sound at any time, but for the oldest of very many; of
    texts that differ in what they say to people alone the first.
    """
    try:
        return (folder / _TEXTS / f"{digest}.sql").read_text(encoding="utf-8")
    except OSError:
        return None


def _keep_texts(folder: Path, texts: Mapping[str, str]) -> None:
    there = {path.name for path in folder.glob("*.sql")}
    new = {f"{digest}.sql": text for digest, text in texts.items() if f"{digest}.sql" not in there}
    for name, text in new.items():
        put_whole(folder / name, text.encode())
    if new and len(there) + len(new) > _MOST_TEXTS:
        by_age = sorted(folder.glob("*.sql"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[_MOST_TEXTS:]:
            old.unlink(missing_ok=True)


def _read(
    folders: ModelFolders, tables: tuple[Table, ...], folder: Path, unread: Collection[str]
) -> tuple[_Kept, Mapping[str, SqlModel]]:
    """Read the files; those that are refused give way to the last sound text of theirs."""
    files, latest, rules = model_files(folders), _latest(folder), _rules(tables)
    before = _read_before(folder, rules)
    if _are_of(before, files):
        sound = _Kept({folders.name_of(path): model.text for path, model in before.items()}, (), rules)
        if latest == sound:
            return latest, _by_key(before)
    known = latest.texts if latest.rules == rules else {}
    unchanged = [path for path, text in files.items() if known.get(folders.name_of(path)) == text]
    from tributary.assets.factory.model_reading import read_models

    reading = read_models(folders, files, tables, unread, unchanged, before)
    if not reading.refused:
        _keep_read(folder, rules, before, reading.models.values())
    refused = dict(reading.refused)
    errors = [one for error in refused.values() for one in error.all]
    given_up: set[Path] = set()
    while not reading.refused.keys() <= given_up:
        kept = {path: latest.texts.get(folders.name_of(path)) for path in reading.refused.keys() - given_up}
        older = {path: text for path, text in kept.items() if text is not None and text != files[path]}
        # A file that did not change may be sound again beside the last sound texts of others.
        given_up |= set() if older else reading.refused.keys()
        files |= older or reading.refused
        reading = read_models(folders, files, tables, unread)
        # What is sound beside a file that is refused now may not be beside the last sound text of that.
        errors += [one for path, error in reading.refused.items() if path not in refused for one in error.all]
        refused |= reading.refused
    texts = {folders.name_of(model.path): str(files[model.path]) for model in reading.models.values()}
    told = dict.fromkeys((folders.name_of(error.path), error.line, error.problem) for error in errors)
    kept_now = _Kept(texts, tuple(told), rules)
    return kept_now, reading.models if not told else _models_of(folders, kept_now, tables, unread, folder)


def _rules(tables: tuple[Table, ...]) -> str:
    """A digest of all that decides how models are read, besides them: code, and the tables made in Python."""
    digest = hashlib.sha256(f"{sys.version} {version('sqlglot')} {version('pydantic')} {tables!r}".encode())
    for folder in _RULES:
        for path in sorted(folder.rglob("*.py")):
            status = path.stat()
            digest.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()


def _read_before(folder: Path, rules: str) -> dict[Path, SqlModel]:
    """The models that the home knows read already, by the same code; none where what is kept is not of its owner's."""
    path = folder / _READ
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or status.st_mode & _OTHERS_MAY_WRITE:
                return {}
            if file.read(len(rules)).decode() != rules:
                return {}
            models: list[SqlModel] = pickle.load(file)  # noqa: S301  (of this very user and code)
    except (OSError, UnicodeDecodeError, EOFError, pickle.UnpicklingError, AttributeError, ImportError):
        return {}  # it is only a help: without it the files are read
    return {model.path: model for model in models}


def _keep_read(folder: Path, rules: str, before: Mapping[Path, SqlModel], models: Iterable[SqlModel]) -> None:
    found = {model.path: model for model in models}
    if any(before.get(path) is not model for path, model in found.items()) or len(before) != len(found):
        put_whole(folder / _READ, rules.encode() + pickle.dumps(list(found.values()), pickle.HIGHEST_PROTOCOL))


def _models_of(
    folders: ModelFolders, kept: _Kept, tables: tuple[Table, ...], unread: Collection[str], folder: Path
) -> Mapping[str, SqlModel]:
    texts = {folders.path_of(name): text for name, text in kept.texts.items()}
    before = _read_before(folder, _rules(tables))
    if _are_of(before, texts):
        return _by_key(before)
    from tributary.assets.factory.model_reading import read_models

    return read_models(folders, texts, tables, {*unread, *_stubs(folders, kept)}, texts, before).models


def _are_of(models: Mapping[Path, SqlModel], texts: Mapping[Path, str | ModelError]) -> bool:
    """Whether models that were found sound together are of these texts, and of all of them."""
    return {path: model.text for path, model in models.items()} == texts


def _by_key(models: Mapping[Path, SqlModel]) -> dict[str, SqlModel]:
    return {model.key: model for model in models.values()}


def _stubs(folders: ModelFolders, kept: _Kept) -> dict[str, Path]:
    """The refused files of which no sound text is known, by the table that they would make."""
    paths = {folders.path_of(name) for name, _, _ in kept.errors if name not in kept.texts}
    return {key: path for path in sorted(paths) if (key := key_of(path, folders)) is not None}


def _told(
    folders: ModelFolders,
    kept: _Kept,
    models: Mapping[str, SqlModel],
    tables: tuple[Table, ...],
    unread: Mapping[str, ModelError],
) -> Models:
    errors = tuple(ModelError(folders.path_of(name), line, problem) for name, line, problem in kept.errors)
    made_in_python = {table.key for table in tables}
    broken = {key: str(error) for key, error in unread.items()}
    for error in errors:
        key = key_of(error.path, folders)
        if key is not None and key not in made_in_python:
            broken.setdefault(key, str(error))
    stubs = {key: path for key, path in _stubs(folders, kept).items() if key not in models}
    stubs |= {key: error.path for key, error in unread.items() if key not in made_in_python}
    errors = (*(one for error in unread.values() for one in error.all), *errors)
    return Models(models, broken | _hanging(models, broken), stubs, errors)


def _hanging(models: Mapping[str, SqlModel], broken: Mapping[str, str]) -> dict[str, str]:
    """The models that read a broken one, directly or by way of others, each with the reason."""
    found: dict[str, str] = {}
    roots = {key: key for key in broken}
    grows = True
    while grows:
        grows = False
        for key, model in models.items():
            cause = next((roots[read] for read in model.reads if read in roots), None)
            if cause is not None and key not in roots:
                roots[key], grows = cause, True
                found[key] = f"{key} hangs on {cause}, whose file is refused: {broken[cause]}"
    return found


def _handed_down(folder: Path) -> _Kept | None:
    process, _, name = os.environ.get(HANDED_DOWN, "").partition(":")
    if not name or process != str(os.getppid()):
        return None
    return _load(folder / name)


def _latest(folder: Path) -> _Kept:
    try:
        name = (folder / _LATEST).read_text(encoding="utf-8").strip()
    except OSError:
        return _Kept({})
    return _load(folder / name) or _Kept({})


def _load(path: Path) -> _Kept | None:
    try:
        return _Kept.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is only a help: without it the files are read as they are


def _keep(folder: Path, found: _Kept) -> str:
    """Keep what was read under its digest, as the latest; older ones go, but for some that runs may still need."""
    text = found.dumps()
    name = f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    latest = folder / _LATEST
    if (folder / name).is_file() and latest.is_file() and latest.read_text(encoding="utf-8") == name:
        return name
    put_whole(folder / name, text.encode())
    put_whole(latest, name.encode())
    by_age = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[_KEPT:]:
        old.unlink(missing_ok=True)
    return name
