"""`tributary init`: what one begins with: a team's own project, and a terminal for Dagster's own commands."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from tributary.cli.console import out
from tributary.resources.errors import UsageError

_TEMPLATES = Path(__file__).with_name("templates") / "project"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def project(folder: Path, name: str) -> int:
    """Write the project: one source with one model, that works as it is.

    Raises:
        UsageError: the folder is not empty or cannot be written, or its name is none that a source can have.
    """
    folder = folder.expanduser().resolve()
    name = name or re.sub(r"\W+", "_", folder.name.lower()).strip("_")
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a source; give one in lower case, by --name.")
    if folder.exists() and (not folder.is_dir() or any(one.name != ".venv" for one in folder.iterdir())):
        raise UsageError(f"{folder} is not empty; name an empty folder, or one that is not there yet.")
    files = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        ".env": "env",
        ".gitignore": "gitignore",
        f"{name}/source.py": "source.py",
        f"{name}/models/gold/{name}_working_days.sql": "model.sql",
        f"{name}/models/gold/{name}_working_days.test.yaml": "model.test.yaml",
    }
    try:
        for path, template in files.items():
            text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(Template(text).substitute(name=name), encoding="utf-8")
        (folder / name / "__init__.py").write_text(f'"""The source `{name}`."""\n', encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}.") from None
    out.print(f"[green]✓[/] {folder} is a project with the source {name}.", soft_wrap=True)
    out.print("Next, in that folder: pip install -e . && tributary check && tributary up")
    return 0


def dagster() -> int:
    """Write Dagster's configuration, and print the folder that `dagster dev` and `dg` must be given as DAGSTER_HOME."""
    from tributary.instance.configuration import write_configuration
    from tributary.resources.settings import get_settings

    out.print(str(write_configuration(get_settings()).parent), markup=False, highlight=False, soft_wrap=True)
    return 0
