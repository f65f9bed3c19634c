"""Rules of the statement's structure: what it returns, what it reads, how that is joined, grouped and ordered.

Rules of single values are in `expressions`, `dates` and `calls`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from tributary.assets.factory.lint.columns import is_of_a_table
from tributary.assets.factory.lint.families import Families
from tributary.assets.factory.lint.finding import Problem, rule, shown, typed_rule
from tributary.assets.factory.lint.vocabulary import RESERVED, words

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SELECT_PARTS = words("with_ expressions from_ joins where group having order limit offset distinct windows")
_CLAUSES = {"laterals": "lateral", "qualify": "qualify", "locks": "for update", "into": "into", "sample": "tablesample"}
_SYSTEM_SCHEMAS = ("pg_catalog", "information_schema")


@typed_rule(exp.Select)
def _select(select: exp.Select, families: Families) -> Iterator[Problem]:
    if not select.expressions:
        yield "syntax", "this SELECT returns no column; name what it returns."
    for part, value in select.args.items():
        if value and part not in _SELECT_PARTS:
            yield "clause", f"{_CLAUSES.get(part, part)} is not in the portable subset; rewrite it with joins and CTEs."
    if _starts_with_from(select):
        yield "syntax", "from stands before select; write select first."
    if _is_outermost(select):
        yield from _outermost(select, families)


@rule(exp.Limit, exp.Offset, exp.Fetch)
def _limit(cut: exp.Expr) -> Iterator[Problem]:
    if cut.parent is not None and cut.parent.args.get("order") is None:
        yield "limit-without-order", "limit without order by keeps arbitrary rows; add an order by that has no ties."
    count = cut.args.get("count") if isinstance(cut, exp.Fetch) else cut.args.get("expression")
    if not (isinstance(count, exp.Literal) and count.name.isdigit()):
        yield "limit", f"{shown(cut).strip()} is not a plain number of rows; write one."


@rule(exp.Order)
def _order(order: exp.Order) -> Iterator[Problem]:
    query = order.parent
    if isinstance(query, exp.Query) and not query.args.get("limit") and not query.args.get("offset"):
        yield "order-without-limit", "order by without limit has no effect on a table; remove it."


@rule(exp.Union, exp.Except, exp.Intersect)
def _set_operation(query: exp.SetOperation) -> Iterator[Problem]:
    if any(query.args.get(part) for part in ("by_name", "side", "kind", "on")):
        yield "clause", "this set operation matches columns by name; list them in the same order instead."


def _is_outermost(query: exp.Expr) -> bool:
    """Whether the query's columns are the model's: it is the whole, or a branch of the set operation that is."""
    return all(isinstance(above, exp.SetOperation | exp.Subquery) for above in _above(query))


def _names_columns(select: exp.Select) -> bool:
    """Whether an outermost SELECT gives the model's columns their names: only the first branch does."""
    return all(node.arg_key != "expression" for node in (select, *_above(select)))


def _above(node: exp.Expr) -> Iterator[exp.Expr]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _outermost(select: exp.Select, families: Families) -> Iterator[Problem]:
    names: set[str] = set()
    is_naming = _names_columns(select)
    for projection in select.expressions:
        if projection.is_star and not isinstance(projection, exp.Alias):
            yield "star", "the outermost select has a *; name every column, so that the table's columns are fixed."
            continue
        if is_naming and not isinstance(projection, exp.Alias | exp.Column):
            yield "unnamed-column", f"{shown(projection)} has no name; add as name."
        name = projection.alias_or_name.lower()
        if is_naming and name and name in names:
            yield "duplicate-column", f"{name} is returned twice; rename one."
        names.add(name)
        family = families.of(projection)
        if family == "numeric":
            yield (
                "untyped-number",
                f"{shown(projection)} sums bigints to a number without scale; cast it to bigint or decimal(p,s).",
            )
        if family == "interval":
            yield (
                "interval",
                f"{shown(projection)} is an interval, which no column can hold; return seconds or days.",
            )


def _starts_with_from(select: exp.Select) -> bool:
    table = select.args.get("from_")
    if table is None or not select.expressions:
        return False
    places = [
        next((part.meta["start"] for part in node.walk() if "start" in part.meta), None)
        for node in (table, select.expressions[0])
    ]
    return places[0] is not None and places[1] is not None and places[0] < places[1]


@rule(exp.Table)
def _table(table: exp.Table) -> Iterator[Problem]:
    if not isinstance(table.this, exp.Identifier):
        yield "table-function", f"{shown(table)} reads a function; read a table, such as core.dim_date for days."
        return
    if table.catalog:
        yield "table-name", f"{shown(table)} names a database; write schema.table."
    elif not table.db and _cte_of(table) is None:
        yield "table-name", f"table {table.name} needs its schema; write schema.table, such as staged.{table.name}."
    elif table.db.lower() in _SYSTEM_SCHEMAS:
        yield "table-name", f"{shown(table)} is Postgres' own catalogue; read a table of the warehouse."
    for part, value in table.args.items():
        if value and part not in ("this", "db", "catalog", "alias", "joins"):
            yield "clause", f"{part} of table {table.name} is not in the portable subset; remove it."


def _cte_of(table: exp.Table) -> exp.CTE | None:
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


@rule(exp.With)
def _with(with_: exp.With) -> Iterator[Problem]:
    if with_.args.get("recursive"):
        yield "recursive", "Trino stops a recursive CTE after a few rounds; build the levels in a Python asset."
    for cte in with_.expressions:
        if not isinstance(cte.this, exp.Query):
            yield "clause", f"the CTE {cte.alias} is not a SELECT; a model changes nothing."


@rule(exp.Join)
def _join(join: exp.Join) -> Iterator[Problem]:
    if join.method.upper() == "NATURAL":
        yield "natural-join", "natural join changes when a column is added; write join … on …."
    elif join.args.get("using"):
        yield "join-using", "after using, Trino refuses the column with its table's name; write on a.id = b.id."
    elif join.kind.upper() not in ("", "INNER", "OUTER", "CROSS") or join.method:
        yield (
            "clause",
            f"{join.kind.lower() or join.method.lower()} join is not portable; use exists or a join.",
        )
    elif join.args.get("on") is None and join.kind.upper() != "CROSS":
        yield "implicit-join", "these tables are joined without a condition; write join … on …, or cross join."


@rule(exp.Distinct)
def _distinct(distinct: exp.Distinct) -> Iterator[Problem]:
    if distinct.args.get("on"):
        yield "distinct-on", "distinct on is Postgres' own; keep the rows whose row_number() over (…) is 1."
    if isinstance(distinct.parent, exp.Func) and not distinct.expressions:
        yield "syntax", "distinct names no column; name one."
    if isinstance(distinct.parent, exp.Count) and len(distinct.expressions) > 1:
        yield "count-distinct", "count(distinct) of several columns is not portable; count over a select distinct."


@typed_rule(exp.Select)
def _group_by_alias(select: exp.Select, families: Families) -> Iterator[Problem]:
    group = select.args.get("group")
    if group is None:
        return
    if not any(group.args.get(part) for part in ("expressions", "rollup", "cube", "grouping_sets")):
        yield "syntax", "group by names no column; name one or remove it."
    names = {part.name.lower(): part for part in group.expressions if isinstance(part, exp.Column) and not part.table}
    for projection in select.expressions if names else ():
        name = projection.alias_or_name.lower()
        if name not in names or not isinstance(projection, exp.Alias):
            continue
        reads_it = any(column.name.lower() == name for column in projection.find_all(exp.Column))
        if not reads_it and not is_of_a_table(families, names[name]):
            yield (
                "group-by-alias",
                f"Trino cannot group by the alias {name}; group by the expression or its position.",
            )


@rule(exp.Identifier)
def _name(identifier: exp.Identifier) -> Iterator[Problem]:
    if identifier.args.get("quoted"):
        return
    if not _PLAIN_NAME.fullmatch(identifier.name):
        yield "name", f"{identifier.name} is not a plain name; use letters, digits and underscores."
    elif identifier.name.lower() in RESERVED:
        yield "name", f"{identifier.name} is a reserved word; choose another name."


@rule(exp.Column)
def _column(column: exp.Column) -> Iterator[Problem]:
    if column.args.get("db"):
        yield "column-name", f"{shown(column)} has too many parts; give the table an alias and write alias.column."


@rule(exp.Star)
def _star(star: exp.Star) -> Iterator[Problem]:
    if any(star.args.values()):
        yield "star", "a * with exceptions or renames is not portable; name the columns."
