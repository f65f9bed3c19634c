"""Follows a column to what it stands for: an expression of a CTE or subquery, or a declared column of a table.

Types are `families`' matter. A column is followed only where one source can be meant; Postgres itself refuses a name
that two sources have, so a source known to have it is the one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

Found = exp.Expr | str | None
"""An expression, the name of a portable type, or nothing."""

_MOST_HOPS = 50


class Sources:
    """Finds columns of one tree.

    Args:
        schema: portable types by column, by `schema.table`, as far as known.
    """

    def __init__(self, schema: Mapping[str, Mapping[str, str]]) -> None:
        self._schema = schema
        self._relations: dict[int, dict[str, exp.Expr]] = {}
        self._hops = 0

    def find(self, column: exp.Column) -> Found:
        """What the column stands for, or None where that cannot be told."""
        name = column.name.lower()
        self._hops += 1
        try:
            if self._hops > _MOST_HOPS:
                return None
            for select in enclosing(column):
                found = self._in_select(select, name, column.table.lower())
                if found is not None:
                    return found
                if column.table.lower() in self.relations(select):
                    return None
        finally:
            self._hops -= 1
        return None

    def has(self, select: exp.Select, name: str) -> bool:
        """Whether a source of `select` is known to have a column of this name."""
        return self._in_select(select, name.lower(), "") is not None

    def relations(self, select: exp.Select) -> dict[str, exp.Expr]:
        """The sources of a SELECT by their names in it, in lower case."""
        key = id(select)
        if key not in self._relations:
            parts = [select.args.get("from_"), *(select.args.get("joins") or [])]
            self._relations[key] = {
                part.this.alias_or_name.lower(): part.this for part in parts if part is not None and part.this
            }
        return self._relations[key]

    def _in_select(self, select: exp.Select, name: str, qualifier: str) -> Found:
        for alias, relation in self.relations(select).items():
            if not qualifier or alias == qualifier:
                found = self._in_relation(relation, name)
                if found is not None:
                    return found
        return None

    def _in_relation(self, relation: exp.Expr, name: str) -> Found:
        renamed = [part.name.lower() for part in alias_columns(relation)]
        if isinstance(relation, exp.Values):
            return self._in_values(relation, renamed, name)
        if isinstance(relation, exp.Subquery) and isinstance(relation.this, exp.Query):
            return self._in_query(relation.this, renamed, name)
        if isinstance(relation, exp.Table):
            if relation.db:
                return self._schema.get(f"{relation.db}.{relation.name}".lower(), {}).get(name)
            cte = cte_of(relation)
            if cte is not None:
                return self._in_query(cte.this, renamed or [part.name.lower() for part in alias_columns(cte)], name)
        return None

    def _in_query(self, query: exp.Expr, renamed: list[str], name: str) -> Found:
        while isinstance(query, exp.SetOperation | exp.Subquery):
            query = query.this
        if not isinstance(query, exp.Select):
            return None
        for position, projection in enumerate(query.expressions):
            output = renamed[position] if position < len(renamed) else projection.alias_or_name.lower()
            if projection.is_star:
                qualifier = projection.table.lower() if isinstance(projection, exp.Column) else ""
                self._hops += 1
                found = None if self._hops > _MOST_HOPS else self._in_select(query, name, qualifier)
                self._hops -= 1
                if found is not None:
                    return found
            elif output == name:
                return projection if isinstance(projection, exp.Expr) else None
        return None

    @staticmethod
    def _in_values(values: exp.Values, renamed: list[str], name: str) -> Found:
        if name not in renamed or not values.expressions:
            return None
        row, position = values.expressions[0], renamed.index(name)
        if not isinstance(row, exp.Tuple) or position >= len(row.expressions):
            return None
        value = row.expressions[position]
        return value if isinstance(value, exp.Expr) else None


def cte_of(table: exp.Table) -> exp.CTE | None:
    """The CTE that an unqualified table name means, if any."""
    node: exp.Expr | None = table
    while node is not None:
        with_ = node.args.get("with_")
        if isinstance(with_, exp.With):
            for cte in with_.expressions:
                if cte.alias.lower() == table.name.lower() and isinstance(cte, exp.CTE):
                    return cte
        node = node.parent
    return None


def alias_columns(node: exp.Expr) -> list[exp.Expr]:
    """The columns that are named after a relation's alias."""
    alias = node.args.get("alias")
    return list(alias.columns) if isinstance(alias, exp.TableAlias) else []


def enclosing(node: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs around a node, from the inside out."""
    parent = node.parent
    while parent is not None:
        if isinstance(parent, exp.Select):
            yield parent
        parent = parent.parent
