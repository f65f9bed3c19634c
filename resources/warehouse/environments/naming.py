"""What environments are called, and where their tables are: `core.dim_date` of `dev` is `dev__core.dim_date`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tributary.resources.warehouse.table import Table

LONGEST = 30
"""Characters of a name at most: with the longest schema's it stays within an identifier."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_BETWEEN = "__"
_PRODUCTION = ("prod", "production")


@dataclass(frozen=True)
class Environment:
    """An environment, by its name as `environment_name` gives it."""

    name: str

    @property
    def prefix(self) -> str:
        """What stands before a schema, and so before `schema.table`, to name this environment's."""
        return f"{self.name}{_BETWEEN}"

    def key(self, key: str) -> str:
        """The environment's `schema.table` of production's, or its schema of a schema."""
        return f"{self.prefix}{key}"

    def table(self, table: Table) -> Table:
        """The table that stands in for production's; a table for a view too, so that nothing hangs on production's."""
        return replace(table, schema=self.key(table.schema), kind="table")


def environment_name(text: str) -> str:
    """The name of an environment as schemas have it: hyphens become underscores, so that `pr-12` is `pr_12`.

    Raises:
        ValueError: it cannot name one, and how names are made.
    """
    name = text.replace("-", "_")
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise ValueError(
            f"an environment's name has lower case letters and digits, with single hyphens or underscores between, and "
            f"{LONGEST} characters at most, as in dev or pr-12"
        )
    if name in _PRODUCTION:
        raise ValueError("production is what there is without an environment; choose another name")
    return name


def environment_of(schema: str) -> str | None:
    """The name of the environment that a schema is of; None where it is of none."""
    name, between, rest = schema.partition(_BETWEEN)
    return name if between and rest and _NAME.fullmatch(name) else None
