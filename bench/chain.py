"""A copy of the project with a chain of trivial models added, so that the unchanged platform runs them as its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tributary.resources.settings import PROJECT_ROOT

MODELS = 20
FOLDERS = ("assets", "platform", "resources", "sql")
FILES = ("pyproject.toml", ".env")
SOURCE = "bench_chain"

_MODEL = """\
/*
description: Step {number} of a chain of models that do nothing.
grain: one row
columns:
  id: {{type: integer, description: "The number of the step."}}
checks:
  - unique: [id]
  - not_null: [id]
*/
{select}
"""


def make_project(folder: Path) -> Path:
    """Make the copy anew in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in FOLDERS:
        # The package's links to the top-level folders stay links, so that the copy's package is the copy itself.
        shutil.copytree(PROJECT_ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        if (PROJECT_ROOT / name).exists():
            shutil.copy2(PROJECT_ROOT / name, folder / name)
    models = folder / "sql" / SOURCE / "gold"
    models.mkdir(parents=True, exist_ok=True)
    for number in range(1, MODELS + 1):
        text = _MODEL.format(number=number, select=select(number))
        (models / f"{table(number)}.sql").write_text(text, encoding="utf-8")
    return folder


def table(number: int) -> str:
    """The name of a step's table in gold."""
    return f"bench_step_{number:02d}"


def select(number: int) -> str:
    """The SELECT of a step: the first makes a row, each other one adds 1 to that of the step before."""
    if number == 1:
        return "select 1 as id"
    return f"select id + 1 as id from gold.{table(number - 1)}"


def bare_script() -> str:
    """The chain as bare statements."""
    lines = ["CREATE SCHEMA gold;"]
    lines += [f"CREATE TABLE gold.{table(number)} AS {select(number)};" for number in range(1, MODELS + 1)]
    return "\n".join(lines) + "\n"
