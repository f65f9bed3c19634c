"""A chain of trivial models: as a project of its own, whose source has nothing else, and as bare statements."""

from __future__ import annotations

from pathlib import Path

MODELS = 20
SCHEMA = "gold"
SOURCE = "bench_chain"

_PROJECT = f"""\
[project]
name = "chain"
version = "1"

[project.entry-points."tributary.sources"]
{SOURCE} = "{SOURCE}.source:SOURCE"

[tool.tributary]
"""
_SOURCE = f"""\
from pathlib import Path

from tributary.sdk import Source

SOURCE = Source("{SOURCE}", "A chain of models that do nothing.", models=Path(__file__).with_name("models"))
"""

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


def write_models(folder: Path) -> Path:
    """Make a project in `folder` whose one source has nothing but the chain; the folder of its models."""
    package = folder / SOURCE
    models = package / "models" / SCHEMA
    models.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(_PROJECT, encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "source.py").write_text(_SOURCE, encoding="utf-8")
    for number in range(1, MODELS + 1):
        text = _MODEL.format(number=number, select=select(number))
        (models / f"{table(number)}.sql").write_text(text, encoding="utf-8")
    return models


def table(number: int) -> str:
    """The name of a step's table in gold."""
    return f"bench_step_{number:02d}"


def select(number: int) -> str:
    """The SELECT of a step: the first makes a row, each other one adds 1 to that of the step before."""
    if number == 1:
        return "select 1 as id"
    return f"select id + 1 as id from {SCHEMA}.{table(number - 1)}"


def bare_script() -> str:
    """The chain as bare statements."""
    lines = [f"CREATE SCHEMA {SCHEMA};"]
    lines += [f"CREATE TABLE {SCHEMA}.{table(number)} AS {select(number)};" for number in range(1, MODELS + 1)]
    return "\n".join(lines) + "\n"
