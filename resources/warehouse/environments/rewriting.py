"""Lets a statement read an environment's tables: the one place where names of production's become those of another.

Only the schema's name changes. So aliases, and columns that are named with their table, mean what they meant.
"""

from __future__ import annotations

from collections.abc import Collection

from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.table import quoted


def rewritten(sql: str, environment: Environment, held: Collection[str]) -> str:
    """The statement, in Postgres' dialect, with the environment's tables for those of `held`, by `schema.table`.

    Raises:
        WarehouseError: its words cannot be told apart, as where a quote is not closed.
    """
    schemas = {key.partition(".")[0] for key in held}
    lowered = sql.lower()
    if not any(schema in lowered for schema in schemas):
        return sql
    from sqlglot import TokenType
    from sqlglot.dialects import Postgres
    from sqlglot.errors import TokenError

    try:
        tokens = Postgres().tokenize(sql)
    except TokenError as error:
        raise WarehouseError(f"The statement cannot be read ({error}); close what it opens.") from None

    def name(at: int) -> str:
        text = str(tokens[at].text)
        return text if tokens[at].token_type is TokenType.IDENTIFIER else text.lower()

    parts, done = [], 0
    for at in range(len(tokens) - 2):
        schema, dot = tokens[at], tokens[at + 1]
        if dot.token_type is not TokenType.DOT or schema.token_type is TokenType.STRING:
            continue
        if at and tokens[at - 1].token_type is TokenType.DOT:
            continue
        if f"{name(at)}.{name(at + 2)}" in held:
            parts += [sql[done : schema.start], quoted(environment.key(name(at)))]
            done = schema.end + 1
    return "".join([*parts, sql[done:]])
