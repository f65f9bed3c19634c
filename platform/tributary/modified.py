"""Which assets are made by other code than in a Git revision, or in another home: `state:modified`.

Git is asked only what differs, so that neither the working tree nor its index is touched.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tributary.asset_graph import FILE, AssetGraph, kept_graph
from tributary.asset_store import code_places
from tributary.assets.source import SQL
from tributary.assets.sources import get_sources
from tributary.catalogue import get_catalogue
from tributary.resources.errors import UsageError

Then = Callable[[], str | None]
"""Gives the text of a file in a revision; None where it was not there."""

_SUFFIXES = (".py", ".sql", ".yaml", ".yml", ".csv")


class AgainstError(UsageError):
    """What is to be compared with is neither a revision of Git nor a home."""


def modified(graph: AssetGraph, against: str) -> set[str]:
    """The keys of the assets whose code is not what it was, and of those that were not there.

    Against another home that is by code versions, as its definitions were loaded there last. Against a revision, a
    model or report is modified where its file says something else, but for comments and descriptions, and an asset of
    Python code where a file of its source differs; what is in no repository, or in one without this revision, is not.

    Raises:
        AgainstError: `against` is neither.
    """
    folder = Path(against).expanduser()
    if (folder / FILE).is_file():
        other = kept_graph(folder)
        if other is None:
            raise AgainstError(f"{folder / FILE} cannot be read: run `tributary check` with TRIBUTARY_HOME={folder}.")
        return {
            one.key
            for one in graph.assets
            if one.key not in other.by_key or other.by_key[one.key].code_version != one.code_version
        }
    files = {one.key: Path(one.file) for one in get_catalogue().tables if one.file}
    # The extracts of a report are made by the file that makes its table.
    files |= {f"reports.{one.name}": Path(one.file) for one in get_catalogue().reports if one.file}
    places = {one.name: code_places(one) for one in get_sources()}
    roots = {_root(path) for path in (*files.values(), *(place for some in places.values() for place in some))}
    found = [changed_files(root, against) for root in roots if root is not None]
    known = [some for some in found if some is not None]
    if not known:
        raise AgainstError(
            f"--against {against} is no home (a folder with {FILE}, which `tributary check` writes), and no revision "
            "of a Git repository that holds models or sources."
        )
    changed = {path: then for some in known for path, then in some.items()}
    sources = {
        name
        for name, some in places.items()
        if any(path.suffix == ".py" and path.is_relative_to(place.resolve()) for place in some for path in changed)
    }
    return {
        one.key
        for one in graph.assets
        if (_is_other(files[one.key], changed) if one.key in files else one.source in sources)
    }


def _is_other(path: Path, changed: Mapping[Path, Then]) -> bool:
    """Whether a model's file says something else than it did, in what decides: not in comments or descriptions."""
    then = changed.get(path.resolve())
    if then is None:
        return False
    from tributary.assets.factory.errors import ModelError
    from tributary.assets.factory.model_files import ModelFolders
    from tributary.assets.factory.model_reading import read_model

    folders = ModelFolders({"": SQL, **{one.name: one.models_folder for one in get_sources()}})
    text = then()
    try:
        return text is None or read_model(path, folders, text).digest != read_model(path, folders).digest
    except ModelError:
        return True


def _root(path: Path) -> Path | None:
    """The repository that a file is in; None where it is in none, as what is installed."""
    return next((folder for folder in path.resolve().parents if (folder / ".git").exists()), None)


def changed_files(root: Path, against: str) -> dict[Path, Then] | None:
    """The files of a repository that differ from a revision, or that Git does not know yet, with what was in each.

    None where the repository has no such revision.
    """
    # What begins as an option, or is nothing, names none.
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{against}^{{commit}}")
    if commit is None:
        return None
    differing = _git(root, "diff", "--name-only", "-z", "--no-renames", commit.strip(), "--") or ""
    unknown = _git(root, "ls-files", "--others", "--exclude-standard", "-z") or ""
    names = [name for name in (differing + unknown).split("\0") if name.endswith(_SUFFIXES)]
    return {root / name: partial(_git, root, "show", f"{commit.strip()}:{name}") for name in names}


def _git(root: Path, *words: str) -> str | None:
    """What Git says; None where it refuses."""
    done = subprocess.run(
        ["git", "-C", str(root), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
    )
    return done.stdout if done.returncode == 0 else None
