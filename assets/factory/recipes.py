"""What the rows of a table follow from, as the warehouse is asked whether they stand; without Dagster."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tributary.assets.factory.model import SqlModel
from tributary.resources.warehouse.base import Dialect, Recipe
from tributary.resources.warehouse.following import KeyPlan
from tributary.resources.warehouse.table import Table


def recipe_of(model: SqlModel, dialect: Dialect, plan: KeyPlan | None = None) -> Recipe:
    """The recipe of a model that is replaced whole; `plan` says how its rows follow by keys, where they do.

    The lint lets no model read a clock, chance or the session, so that its rows follow from its file and its inputs.
    """
    digest = hashlib.sha256(f"{model.digest}\n{model.statement(dialect)}".encode()).hexdigest()
    # What an Iceberg table has another follow costs a commit.
    return Recipe(digest, model.reads, model.references, plan, dialect == "postgres" and bool(model.references))


def recipe_of_code(table: Table, code_version: str, deps: Sequence[str]) -> Recipe:
    """The recipe of a table whose rows Python code makes of other tables and of nothing else."""
    digest = hashlib.sha256(f"{code_version}\n{table.definition}".encode()).hexdigest()
    return Recipe(digest, tuple(deps))
