"""Where Tributary itself lies on the disk, and where the project is whose platform it runs.

The project is the folder that the variable TRIBUTARY_PROJECT names; else the nearest one upwards of the current folder
whose `pyproject.toml` has a table `[tool.tributary]`; else, in a checkout, the checkout. What a user's settings say of
places belongs to the settings.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import tributary

PACKAGE = Path(tributary.__file__).parent
"""The package's folder, with `assets`, `resources` and `sql` in it. In a checkout these are links to the top level."""

IMPORT_ROOT = PACKAGE.parent
"""What a process of ours must have on its path to import the package."""

PROJECT_VARIABLE = "TRIBUTARY_PROJECT"
"""The variable that names the project's folder; child processes, whose current folder is another, are handed it."""


def find_project(start: Path) -> Path | None:
    """The folder of the project that a command in `start` is about; None where there is none."""
    named = os.environ.get(PROJECT_VARIABLE)
    if named:
        return Path(named).resolve()
    for folder in (start, *start.parents):
        if _is_project(folder / "pyproject.toml"):
            return folder
    checkout = IMPORT_ROOT.parent
    return checkout if (checkout / "assets").is_dir() and (checkout / "pyproject.toml").is_file() else None


def _is_project(path: Path) -> bool:
    try:
        return "tributary" in tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False


def _current() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


FOUND = find_project(_current())
"""The project's folder, or None where there is no project: then only what needs none can be done."""

PROJECT = FOUND or _current()
"""The folder from which relative paths of settings start, and which holds `.env`."""
