"""What the rows of a SQL model follow from, as the warehouse is asked whether they stand; without Dagster."""

from __future__ import annotations

import hashlib

from tributary.assets.factory.dialects import Dialect
from tributary.assets.factory.model import SqlModel
from tributary.resources.warehouse.base import Recipe
from tributary.resources.warehouse.following import KeyPlan


def recipe_of(model: SqlModel, dialect: Dialect, plan: KeyPlan | None = None) -> Recipe:
    """The recipe of a model that is replaced whole; `plan` says how its rows follow by keys, where they do.

    The lint lets no model read a clock, chance or the session, so that its rows follow from its file and its inputs.
    """
    digest = hashlib.sha256(f"{model.digest}\n{model.statement(dialect)}".encode()).hexdigest()
    return Recipe(digest, model.reads, model.references, plan)
