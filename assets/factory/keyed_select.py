"""What one SELECT says of its relations: how they are joined, which columns are equal, and whether keys stay apart.

Where values come from through several SELECTs, and what is asked of tables, is `keyed`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from sqlglot import exp

from tributary.resources.errors import TributaryError


class NotByKeysError(TributaryError):
    """The rows of a key do not follow from rows of the inputs that could be told by it."""


class Same:
    """Columns that are equal in every row of a SELECT."""

    def __init__(self, pairs: Iterable[tuple[exp.Column, exp.Column]]) -> None:
        self._pairs = [(one, other) for pair in pairs for one, other in (pair, pair[::-1])]

    def all(self, column: exp.Column) -> list[exp.Column]:
        """A column and its equals."""
        found = [column]
        for one in found:
            found += [other for known, other in self._pairs if known == one and other not in found]
        return found

    def in_relation(self, column: exp.Column, alias: str) -> str | None:
        """The name of an equal column of one relation."""
        return next((one.name for one in self.all(column) if one.table == alias), None)

    def with_relation(self, alias: str) -> list[tuple[exp.Column, exp.Column]]:
        """The columns of a relation, each with an equal one of another."""
        columns = {one: None for one, _ in self._pairs if one.table == alias}
        return [(one, other) for one in columns for other in self.all(one) if other.table != alias]


def output(node: exp.Select, column: str) -> exp.Column:
    """The column of a relation that a SELECT passes on by this name.

    Raises:
        NotByKeysError: it is made of other things.
    """
    found = next(one.unalias() for one in node.selects if one.alias_or_name == column)
    if not isinstance(found, exp.Column):
        raise NotByKeysError(f"{column} is computed, so that no table can be asked for it")
    return found


def expect_apart(node: exp.Select, wanted: list[exp.Column], same: Same) -> None:
    """Expect that no row of the SELECT is made of rows of several keys.

    Raises:
        NotByKeysError: one is, as the sentence says.
    """
    group = node.args.get("group")
    named = {one.name: one for one in node.args.get("windows") or ()}
    if group is not None:
        _expect_among(group.expressions, wanted, same, "a GROUP BY")
    else:
        for one in _own(node, exp.AggFunc):
            if one.find_ancestor(exp.Window, exp.Select) is node:
                raise NotByKeysError(f"{one.sql('postgres')} takes rows of all keys together")
    for window in _own(node, exp.Window):
        name = window.alias
        by = window.args.get("partition_by") or (named[name].args.get("partition_by") if name in named else None)
        _expect_among(by or [], wanted, same, "a window")


def _expect_among(by: list[exp.Expr], wanted: list[exp.Column], same: Same, what: str) -> None:
    for column in wanted:
        if not any(one in by for one in same.all(column)):
            raise NotByKeysError(f"{what} takes rows together whose {column.name} differs; name it there")


def relations(node: exp.Select) -> Iterator[tuple[str, tuple[exp.Expr, str]]]:
    """The relations of a SELECT by alias, and how each is joined."""
    if node.args.get("from_") is None:
        raise NotByKeysError("a SELECT without FROM is of no key")
    first = node.args["from_"].this
    yield first.alias_or_name, (first, "from")
    for join in node.args.get("joins") or ():
        side = (join.side or "").lower()
        if join.kind.upper() == "CROSS" and isinstance(join.this, exp.Table) and join.this.db:
            yield join.this.alias_or_name, (join.this, "cross")
            continue
        if side not in ("", "left") or join.kind.upper() not in ("", "INNER", "OUTER"):
            words = " ".join(word for word in (join.side, join.kind) if word)
            raise NotByKeysError(f"{join.this.alias_or_name} is joined by {words} JOIN, which no key tells the rows of")
        yield join.this.alias_or_name, (join.this, side or "inner")


def equalities(node: exp.Select) -> Iterator[tuple[exp.Column, exp.Column]]:
    """The pairs of columns that are equal in every row, by WHERE and by inner joins."""
    where = node.args.get("where")
    yield from pairs(where.this if where is not None else None)
    for join in node.args.get("joins") or ():
        if not join.side:
            yield from pairs(join.args.get("on"))


def pairs(condition: exp.Expr | None) -> Iterator[tuple[exp.Column, exp.Column]]:
    """The pairs of columns that a condition says are equal."""
    if condition is None:
        return
    for one in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        one = one.unnest()
        if isinstance(one, exp.And):
            yield from pairs(one)
        elif isinstance(one, exp.EQ) and isinstance(one.this, exp.Column) and isinstance(one.expression, exp.Column):
            yield one.this, one.expression


def _own(node: exp.Select, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """Expressions of a SELECT itself, not of queries within it."""
    for part in [*node.selects, node.args.get("having"), node.args.get("where")]:
        for one in part.walk(prune=lambda found: isinstance(found, exp.Query)) if part is not None else ():
            if isinstance(one, kind):
                yield one


def nested(node: exp.Expr) -> Iterator[exp.Expr]:
    """The outermost queries within the expressions of a SELECT."""
    parts: list[exp.Expr | None] = [*cast("exp.Select", node).selects, node.args.get("having"), node.args.get("where")]
    parts += [join.args.get("on") for join in node.args.get("joins") or ()]
    for part in parts:
        if part is not None:
            found = list(part.walk(prune=lambda one: isinstance(one, exp.Select | exp.SetOperation)))
            yield from (one for one in found if isinstance(one, exp.Select | exp.SetOperation))
